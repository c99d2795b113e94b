// A pass's look at one node: its signs of life, its conditions, and its pods.
#include <algorithm>

#include "model/workload/node_conditions.hpp"
#include "model/workload/node_lifecycle.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kStartupGrace = 60s;  // --node-startup-grace-period

// Condition types that only a kubelet posts.
constexpr std::string_view kPostedTypes[] = {"Ready", "MemoryPressure", "DiskPressure",
                                             "PIDPressure"};

api::Condition never_posted(const api::Node& node, std::string_view type, api::Timestamp now) {
    api::Condition c;
    c.type = type;
    c.status = "Unknown";
    c.reason = "NodeStatusNeverUpdated";
    c.message = "Kubelet never posted node status.";
    c.lastHeartbeatTime = node.metadata.creationTimestamp;
    c.lastTransitionTime = now;
    return c;
}

api::Node with_unknown_status(const api::Node& node, api::Timestamp now) {
    api::Node next = node;
    for (std::string_view type : kPostedTypes) {
        const api::Condition* known = find_condition(next.status.conditions, type);
        if (!known) {
            next.status.conditions.push_back(never_posted(node, type, now));
            continue;
        }
        if (known->status == "Unknown") continue;
        const auto at = known - std::as_const(next.status.conditions).begin();
        api::Condition& c = next.status.conditions[static_cast<std::size_t>(at)];
        c.status = "Unknown";
        c.reason = "NodeStatusUnknown";
        c.message = "Kubelet stopped posting node status.";
        c.lastTransitionTime = now;
    }
    return next;
}

}  // namespace

// A sign of life is a renewed lease, or a Ready condition with another heartbeat.
void NodeLifecycle::observe(const api::Node& node, Health& health) {
    const api::Condition* ready = find_condition(node.status.conditions, "Ready");
    const auto heartbeat = ready ? ready->lastHeartbeatTime : std::nullopt;
    if (!health.observed) {
        health.observed = true;
        const auto born = node.metadata.creationTimestamp.value_or(api::Timestamp());
        const std::int64_t since =
            born.unix_seconds - process_.server().options().start_unix_seconds;
        health.probe = ready ? now() : sim::Time(std::chrono::seconds(since));
    } else if (health.ready.empty() != !ready || (ready && health.heartbeat != heartbeat)) {
        health.probe = now();
    }
    health.ready = ready ? ready->status : api::Text();
    health.heartbeat = heartbeat;
    const std::optional<sim::Time> renewed = heartbeats_.renewed(node.metadata.name, now());
    if (renewed && (!health.lease || *health.lease < *renewed)) {
        health.probe = std::max(health.probe, health.lease ? seen_at(*renewed) : now());
        health.lease = renewed;
    }
}

void NodeLifecycle::set_deadline(const api::Text& node, Health& health, const api::Text& ready) {
    deadlines_.erase({health.deadline, node});
    health.deadline = sim::kNever;
    if (ready == "Unknown") return;
    const sim::Time end =
        health.probe + (ready.empty() ? kStartupGrace : options_.profile.node_monitor_grace);
    // A lease that is renewed before then is seen in time: nothing is to be done about it.
    if (heartbeats_.beats(node) && heartbeats_.next_renewal(node, now()) <= end) return;
    health.deadline = end;
    deadlines_.insert({end, node});
}

sim::Task<api::Status> NodeLifecycle::try_update_health(api::Ref<api::Node> node,
                                                        Verdict& verdict) {
    const api::Text name = node->metadata.name;
    Health& health = health_[name];
    observe(*node, health);
    verdict.node = node;
    verdict.current = health.ready;
    verdict.observed = health.ready.empty() ? api::Text("Unknown") : health.ready;
    const sim::Duration grace =
        health.ready.empty() ? kStartupGrace : options_.profile.node_monitor_grace;
    if (now() < health.probe + grace || health.ready == "Unknown") {
        set_deadline(name, health, health.ready);
        co_return api::Status();
    }
    api::Node next = with_unknown_status(*node, process_.server().wall_clock());
    auto updating = client_.update<api::Node>(std::move(next), api::Subresource::Status);
    api::Result<api::Ref<api::Node>> updated = co_await std::move(updating);
    if (!updated) co_return updated.error();
    verdict.node = *updated;
    verdict.current = "Unknown";
    health.ready = "Unknown";
    set_deadline(name, health, health.ready);
    co_return api::Status();
}

void NodeLifecycle::uncount(Known& known) {
    if (!known.counted) return;
    ZoneCount& count = zones_[known.zone].count;
    --(known.counted_ready ? count.ready : count.not_ready);
    known.counted = false;
}

void NodeLifecycle::count(const api::Node& node, std::string_view ready) {
    const auto it = known_.find(node.metadata.name);
    if (it == known_.end()) return;
    Known& known = it->second;
    uncount(known);
    if (node.metadata.labels.contains("node.kubernetes.io/exclude-disruption")) return;
    known.zone = zone_of(node);
    known.counted = true;
    known.counted_ready = ready == "True";
    ZoneCount& count = zones_[known.zone].count;
    ++(known.counted_ready ? count.ready : count.not_ready);
}

// Ready and lost nodes' NoExecute taints exclude each other.
sim::Task<api::Status> NodeLifecycle::taint_by(api::Ref<api::Node> node, api::Text ready) {
    if (ready == "True") {
        auto marking = mark_reachable(node);
        api::Status status = co_await std::move(marking);
        co_return status;
    }
    const bool silent = ready == "Unknown";
    const std::string_view wanted = silent ? taint::kUnreachable : taint::kNotReady;
    const std::string_view opposite = silent ? taint::kNotReady : taint::kUnreachable;
    if (has_taint(*node, opposite, taint::kNoExecute)) {
        const api::Timestamp clock = process_.server().wall_clock();
        std::vector<api::Taint> added = {new_taint(wanted, taint::kNoExecute, clock)};
        std::vector<api::Taint> gone = {new_taint(opposite, taint::kNoExecute, clock)};
        auto swapping = swap_taints(client_, node, std::move(added), std::move(gone));
        api::Status status = co_await std::move(swapping);
        co_return status;
    }
    Zone& zone = zone_of_new(*node);
    if (!has_taint(*node, wanted, taint::kNoExecute)) zone.queue.remove(node->metadata.name);
    zone.queue.add(node->metadata.name, now());
    plan_tainting();
    co_return api::Status();
}

sim::Task<api::Status> NodeLifecycle::mark_reachable(api::Ref<api::Node> node) {
    for (std::string_view key : {taint::kUnreachable, taint::kNotReady}) {
        std::vector<api::Taint> gone = {
            new_taint(key, taint::kNoExecute, process_.server().wall_clock())};
        auto swapping = swap_taints(client_, node, {}, std::move(gone));
        api::Status status = co_await std::move(swapping);
        if (!status.ok()) co_return status;
    }
    zone_of_new(*node).queue.remove(node->metadata.name);
    co_return api::Status();
}

sim::Task<api::Status> NodeLifecycle::mark_pods_not_ready(std::vector<api::Ref<api::Pod>> pods) {
    api::Status first;
    for (const api::Ref<api::Pod>& pod : pods) {
        const api::Condition* ready = find_condition(pod->status.conditions, "Ready");
        if (!ready) continue;
        api::Pod next = *pod;
        api::Condition not_ready = *ready;
        not_ready.status = "False";
        if (!set_condition(next.status.conditions, std::move(not_ready),
                           process_.server().wall_clock()))
            continue;
        auto updating = client_.update<api::Pod>(std::move(next), api::Subresource::Status);
        api::Result<api::Ref<api::Pod>> updated = co_await std::move(updating);
        if (!updated && updated.error().is(api::Reason::NotFound)) continue;
        if (!updated && first.ok()) first = updated.error();
        recorder_.record(*pod, control::EventType::Warning, "NodeNotReady", "Node is not ready");
    }
    co_return first;
}

}  // namespace model::workload
