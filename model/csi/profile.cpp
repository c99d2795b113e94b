#include "model/csi/profile.hpp"

namespace model::csi {

namespace {

template <class E>
std::string list(const Capabilities<E>& all) {
    std::string out;
    for (E e : all.all()) out += (out.empty() ? "" : ", ") + std::string(to_string(e));
    return out;
}

std::string list(const std::vector<std::string>& all) {
    std::string out;
    for (const std::string& word : all) out += (out.empty() ? "" : ", ") + word;
    return out;
}

// 107374182400 as "100 GiB", where a binary unit divides it.
std::string bytes(std::int64_t n) {
    constexpr std::string_view kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    for (; n != 0 && n % 1024 == 0 && unit + 1 < std::size(kUnits); n /= 1024) ++unit;
    return std::to_string(n) + " " + std::string(kUnits[unit]);
}

std::string_view word(Concurrency c) {
    switch (c) {
        case Concurrency::Free:
            return "side by side";
        case Concurrency::AbortsSameVolume:
            return "ABORTED for a second call of a volume";
        case Concurrency::OneAtATime:
            return "one at a time";
    }
    return "";
}

std::string_view yes_or_no(bool yes) { return yes ? "yes" : "no"; }

class Rows {
  public:
    explicit Rows(const DriverProfile& profile) : profile_(profile) {}
    void add(std::string name, std::string_view value) {
        if (value.empty()) return;
        std::string source;
        for (const Citation& c : profile_.sources)
            if (c.value == name) source = c.source;
        rows_.push_back({std::move(name), std::string(value), std::move(source)});
    }
    void add_bytes(std::string name, std::int64_t n, std::int64_t without) {
        if (n != without) add(std::move(name), bytes(n));
    }
    void add_duration(std::string name, const std::optional<sim::Duration>& d) {
        if (d) add(std::move(name), sim::to_text(*d));
    }
    std::vector<std::array<std::string, 3>> take() { return std::move(rows_); }

  private:
    const DriverProfile& profile_;
    std::vector<std::array<std::string, 3>> rows_;
};

void add_object(Rows& rows, const DriverProfile& p) {
    const DriverProfile usual;
    if (p.attach_required != usual.attach_required)
        rows.add("attach required", yes_or_no(p.attach_required));
    if (p.pod_info_on_mount) rows.add("pod info on mount", "yes");
    if (p.storage_capacity) rows.add("storage capacity", "yes");
    if (p.fs_group_policy != usual.fs_group_policy) rows.add("fsGroupPolicy", p.fs_group_policy);
}

void add_timing(Rows& rows, const DriverProfile& p) {
    for (std::size_t i = 0; i < kMethods; ++i)
        if (p.latency[i])
            rows.add("latency " + std::string(to_string(static_cast<Method>(i))),
                     p.latency[i]->describe());
    for (std::size_t i = 0; i < kMethods; ++i)
        for (const sim::Duration period : p.polls[i])
            rows.add("poll " + std::string(to_string(static_cast<Method>(i))),
                     sim::to_text(period));
    rows.add("latency otherwise", p.latency_otherwise.describe());
    if (p.concurrency != Concurrency::Free) rows.add("concurrency", word(p.concurrency));
    if (p.parallel_calls > 0) rows.add("parallel calls", std::to_string(p.parallel_calls));
    if (p.rate.qps == 0) return;
    rows.add("rate",
             std::to_string(p.rate.qps) + " a second, burst " + std::to_string(p.rate.burst));
    if (p.rate.refuses)
        rows.add("rate refusal", std::string(to_string(p.rate.code)) + " " + p.rate.message);
}

void add_limits(Rows& rows, const DriverProfile& p) {
    rows.add_bytes("minimum size", p.min_volume_bytes, 0);
    rows.add_bytes("maximum size", p.max_volume_bytes, 0);
    rows.add_bytes("capacity", p.capacity_bytes, 0);
    rows.add_bytes("default size", p.default_volume_bytes, 0);
    rows.add_bytes("rounds up to", p.rounds_up_to, 1);
    if (!p.reports_capacity) rows.add("reports capacity", "no");
    if (p.attach_limit > 0) rows.add("attach limit", std::to_string(p.attach_limit));
}

void add_names(Rows& rows, const DriverProfile& p) {
    rows.add("topology key", p.topology_key);
    rows.add("parameters", list(p.known_parameters));
    rows.add("mutable parameters", list(p.mutable_parameters));
    if (!p.handle_prefix.empty()) rows.add("volume ids", p.handle_prefix + "...");
    if (!p.snapshot_prefix.empty()) rows.add("snapshot ids", p.snapshot_prefix + "...");
    if (!p.publish_context_key.empty())
        rows.add("publish context", p.publish_context_key + ": " + p.device_prefix + "...");
    if (!p.checks_attachment) rows.add("checks attachment", "no");
    for (const auto& [name, value] : p.options) rows.add("option " + name, value);
    rows.add_duration("provisioner timeout", p.provisioner_timeout);
    rows.add_duration("provisioner retry max", p.provisioner_retry_max);
    if (p.extra_create_metadata) rows.add("extra create metadata", "yes");
}

}  // namespace

std::vector<std::array<std::string, 3>> rows(const DriverProfile& p) {
    Rows rows(p);
    rows.add("plugin capabilities", list(p.plugin));
    rows.add("controller capabilities", list(p.controller));
    rows.add("node capabilities", list(p.node));
    rows.add("group capabilities", list(p.group));
    rows.add("access modes", list(p.access_modes));
    if (!p.block) rows.add("block", "no");
    add_object(rows, p);
    add_timing(rows, p);
    add_limits(rows, p);
    add_names(rows, p);
    return rows.take();
}

DriverProfile offered(const DriverSettings& settings) {
    DriverProfile p = settings.profile;
    if (p.topology_on_request && !settings.topology)
        p.plugin.remove(PluginCapability::VolumeAccessibilityConstraints);
    if (!p.snapshots_on_request || settings.snapshots) return p;
    p.controller.remove(ControllerCapability::CreateDeleteSnapshot);
    p.controller.remove(ControllerCapability::ListSnapshots);
    p.controller.remove(ControllerCapability::GetSnapshot);
    p.plugin.remove(PluginCapability::GroupControllerService);
    p.plugin.remove(PluginCapability::SnapshotMetadataService);
    return p;
}

sim::Duration DriverProfile::polled(Method m, sim::Duration latency) const {
    const std::vector<sim::Duration>& periods = polls[static_cast<std::size_t>(m)];
    if (periods.empty()) return latency;
    const sim::Duration part = latency / static_cast<std::int64_t>(periods.size());
    sim::Duration whole{};
    for (const sim::Duration period : periods)
        whole += (part + period - sim::Duration(1)) / period * period;
    return whole;
}

}  // namespace model::csi
