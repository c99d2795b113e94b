#include <nlohmann/json.hpp>

#include "reports/driver_report.hpp"

namespace reports {

namespace {

using Json = nlohmann::ordered_json;
using model::csi::BackendVolume;

Json seconds(sim::Duration d) { return static_cast<double>(d.count()) / 1e9; }

Json json_of(const Percentiles& p) {
    return Json{{"count", p.count},      {"p50", seconds(p.p50)},   {"p90", seconds(p.p90)},
                {"p99", seconds(p.p99)}, {"p999", seconds(p.p999)}, {"max", seconds(p.max)},
                {"sum", seconds(p.sum)}};
}

Json json_of(model::csi::Method method, const MethodCalls& calls) {
    Json outcomes = Json::object();
    for (const auto& entry : calls.outcomes)
        outcomes[std::string(to_string(entry.first))] = entry.second;
    Json changes = Json::array();
    for (const Concurrency::Change& change : calls.concurrency.changes())
        changes.push_back(Json::array({seconds(change.at.time_since_epoch()), change.running}));
    return Json{{"method", to_string(method)},
                {"calls", calls.calls},
                {"outcomes", std::move(outcomes)},
                {"lost", calls.lost},
                {"running", calls.concurrency.running()},
                {"unawaited", calls.unawaited},
                {"took", json_of(percentiles_of(calls.took))},
                {"mostAtATime", calls.concurrency.most()},
                {"concurrency", std::move(changes)}};
}

Json json_of(const BackendVolume& volume, const model::csi::Inventory& inventory) {
    Json names = Json::array(), nodes = Json::array();
    const auto named = inventory.named_by.find(volume.id);
    const bool leaked = named == inventory.named_by.end();
    if (!leaked)
        for (const auto& name : named->second) names.push_back(name.view());
    for (const auto& entry : volume.attached) nodes.push_back(entry.first.view());
    return Json{{"id", volume.id.view()},       {"name", volume.name.view()},
                {"bytes", volume.size_bytes},   {"volumes", std::move(names)},
                {"attached", std::move(nodes)}, {"leaked", leaked}};
}

}  // namespace

Json json_of(const DriverState& driver) {
    Json calls = Json::array(), volumes = Json::array(), dangling = Json::array(),
         kept = Json::array();
    for (const auto& entry : driver.calls) calls.push_back(json_of(entry.first, entry.second));
    std::size_t attachments = 0;
    for (const auto& entry : driver.backend.volumes()) {
        volumes.push_back(json_of(entry.second, driver.inventory));
        attachments += entry.second.attached.size();
    }
    for (const auto& missing : driver.inventory.dangling)
        dangling.push_back({{"volume", missing.volume.view()}, {"handle", missing.handle.view()}});
    for (const BackendVolume& volume : driver.backend.kept())
        kept.push_back({{"id", volume.id.view()},
                        {"name", volume.name.view()},
                        {"bytes", volume.size_bytes},
                        {"as", volume.kept_as.view()}});
    return Json{{"name", driver.name},
                {"profile", driver.profile},
                {"calls", std::move(calls)},
                {"volumes", std::move(volumes)},
                {"dangling", std::move(dangling)},
                {"kept", std::move(kept)},
                {"leaked", driver.inventory.leaked.size()},
                {"attachments", attachments},
                {"snapshots", driver.backend.snapshots().size()},
                {"created", driver.backend.created()}};
}

}  // namespace reports
