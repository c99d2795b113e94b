#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

VolumeCapability mount_capability() {
    VolumeCapability c;
    c.access_mode = AccessMode::SingleNodeWriter;
    return c;
}

World::World(const DriverProfile& profile) {
    DriverSettings settings;
    settings.name = "sanity.example.com";
    settings.profile = profile;
    settings.snapshots = true;
    settings.seed = 1;
    settings.nodes = {"node-1", "node-2"};
    driver = make_driver(std::move(settings));
}

CreateVolumeRequest World::create_request(std::string_view name) const {
    CreateVolumeRequest r;
    r.name = name;
    r.volume_capabilities = {mount_capability()};
    r.capacity_range = CapacityRange{kGiB, 0};
    if (profile().behaviour == Behaviour::Nfs) {
        r.parameters.set("server", "nfs.example.com");
        r.parameters.set("share", "/export");
    }
    return r;
}

Code World::create(std::string_view name, Text& id) {
    const Code code = call(create_request(name));
    if (code == Code::Ok) id = answer<CreateVolumeRequest>().volume.volume_id;
    return code;
}

Code World::snapshot(std::string_view name, const Text& volume, Text& id) {
    CreateSnapshotRequest r;
    r.name = name;
    r.source_volume_id = volume;
    const Code code = call(r);
    if (code == Code::Ok) id = answer<CreateSnapshotRequest>().snapshot.snapshot_id;
    return code;
}

ControllerPublishVolumeRequest World::publish_request(const Text& volume) const {
    ControllerPublishVolumeRequest r;
    r.volume_id = volume;
    r.node_id = "node-1";
    r.volume_capability = mount_capability();
    return r;
}

NodeStageVolumeRequest World::stage_request(const Text& volume) const {
    NodeStageVolumeRequest r;
    r.volume_id = volume;
    r.staging_target_path = "/staging";
    r.volume_capability = mount_capability();
    r.publish_context = publish_context;
    return r;
}

NodePublishVolumeRequest World::mount_request(const Text& volume, std::string_view path) const {
    NodePublishVolumeRequest r;
    r.volume_id = volume;
    r.target_path = path;
    r.volume_capability = mount_capability();
    r.publish_context = publish_context;
    r.volume_context = create_request("").parameters;
    if (has(Need::Stage)) r.staging_target_path = "/staging";
    return r;
}

Code World::bring_to_node(const Text& volume) {
    if (has(Need::Publish)) {
        if (const Code code = call(publish_request(volume)); code != Code::Ok) return code;
        publish_context = answer<ControllerPublishVolumeRequest>().publish_context;
    }
    return has(Need::Stage) ? call(stage_request(volume)) : Code::Ok;
}

bool World::has(Need need) const {
    using C = ControllerCapability;
    const DriverProfile& p = profile();
    switch (need) {
        case Need::Nothing:
            return true;
        case Need::Publish:
            return p.controller.has(C::PublishUnpublishVolume);
        case Need::AttachLimit:
            return p.attach_limit > 0;
        case Need::List:
            return p.controller.has(C::ListVolumes);
        case Need::Capacity:
            return p.controller.has(C::GetCapacity);
        case Need::Snapshots:
            return p.controller.has(C::CreateDeleteSnapshot);
        case Need::ListSnapshots:
            return p.controller.has(C::ListSnapshots);
        case Need::GetSnapshot:
            return p.controller.has(C::GetSnapshot);
        case Need::Clone:
            return p.controller.has(C::CloneVolume);
        case Need::Expand:
            return p.controller.has(C::ExpandVolume);
        case Need::Modify:
            return p.controller.has(C::ModifyVolume);
        case Need::Stage:
            return p.node.has(NodeCapability::StageUnstageVolume);
        case Need::Stats:
            return p.node.has(NodeCapability::GetVolumeStats);
        case Need::NodeExpand:
            return p.node.has(NodeCapability::ExpandVolume);
        case Need::SingleWriter:
            return p.node.has(NodeCapability::SingleNodeMultiWriter);
        case Need::Groups:
            return p.plugin.has(PluginCapability::GroupControllerService);
    }
    return false;
}

}  // namespace model::csi::sanity
