#include "model/attachdetach/node_status_updater.hpp"

namespace model::attachdetach {

sim::Task<bool> NodeStatusUpdater::update(api::Text node) {
    if (!world_.actual.needs_update(node)) co_return true;
    auto patching = patch(node, world_.actual.take_report(node));
    const bool fine = co_await std::move(patching);
    co_return fine;
}

sim::Task<void> NodeStatusUpdater::update_all() {
    // All needs are taken before the first write.
    std::vector<std::pair<api::Text, api::List<api::AttachedVolume>>> reports;
    for (const api::Text& node : world_.actual.nodes_to_update())
        reports.emplace_back(node, world_.actual.take_report(node));
    for (auto& report : reports) {
        auto patching = patch(report.first, std::move(report.second));
        co_await std::move(patching);
    }
}

// What has not changed is sent all the same, as an empty patch.
sim::Task<bool> NodeStatusUpdater::patch(api::Text node, api::List<api::AttachedVolume> volumes) {
    const api::Key key(api::Text(), node);
    const auto cached = nodes_.get<api::Node>(key);
    if (!cached) co_return true;
    api::Value body = api::Value::map();
    if (!(cached->status.volumesAttached == volumes)) {
        api::Value list = api::Value::list();
        for (const api::AttachedVolume& v : volumes) {
            api::Value entry;
            entry["name"] = v.name;
            entry["devicePath"] = v.devicePath;
            list.push_back(std::move(entry));
        }
        body["status"]["volumesAttached"] = volumes.empty() ? api::Value() : std::move(list);
    }
    auto patching = client_.patch<api::Node>(key, std::move(body), api::PatchType::Strategic,
                                             api::Subresource::Status);
    const api::Result<api::Ref<api::Node>> patched = co_await std::move(patching);
    if (patched || patched.error().is(api::Reason::NotFound)) co_return true;
    world_.actual.need_update(node);
    co_return false;
}

}  // namespace model::attachdetach
