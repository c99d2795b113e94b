// The generic driver: what csi-sanity does not ask.
#include <doctest/doctest.h>

#include <set>

#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

Topology zone(std::string_view name) {
    Topology t;
    t.segments.set("zone", name);
    return t;
}

std::unique_ptr<Driver> zonal(DriverProfile profile) {
    DriverSettings s;
    s.profile = std::move(profile);
    s.topology = true;
    s.topology_of_node["node-1"] = zone("a");
    s.topology_of_node["node-2"] = zone("b");
    return make_driver(std::move(s));
}

CreateVolumeRequest wish(const World& w, std::string_view name,
                         std::initializer_list<std::string_view> zones) {
    CreateVolumeRequest r = w.create_request(name);
    r.accessibility_requirements.emplace();
    for (std::string_view z : zones) {
        r.accessibility_requirements->requisite.push_back(zone(z));
        r.accessibility_requirements->preferred.push_back(zone(z));
    }
    return r;
}

}  // namespace

TEST_CASE("a driver that looks at periods ends a call at one of them") {
    using namespace std::chrono_literals;
    DriverProfile p = *find_profile("instant");
    constexpr Method kAttach = Method::ControllerPublishVolume;
    CHECK(p.polled(kAttach, 4s) == 4s);
    p.polls[static_cast<std::size_t>(kAttach)] = {5s};
    CHECK(p.polled(kAttach, 4s) == 5s);
    CHECK(p.polled(kAttach, 5s) == 5s);
    CHECK(p.polled(kAttach, 5s + 1ns) == 10s);
    p.polls[static_cast<std::size_t>(kAttach)] = {5s, 3s};
    CHECK(p.polled(kAttach, 4s) == 8s);  // 2 s each
    CHECK(p.polled(Method::CreateVolume, 4s) == 4s);
}

TEST_CASE("the recorded driver counts volumes and snapshots together") {
    World w(*find_profile("instant"));
    Text volume, snapshot, second;
    CHECK(w.create("a", volume) == Code::Ok);
    CHECK(volume == "lab-vol-1");
    w.snapshot("s", volume, snapshot);
    CHECK(snapshot == "lab-snap-2");
    w.create("b", second);
    CHECK(second == "lab-vol-3");
    CHECK(w.call(w.publish_request(volume)) == Code::Ok);
    CHECK(w.answer<ControllerPublishVolumeRequest>().publish_context.get("dev") ==
          "/dev/lab-lab-vol-1");
}

TEST_CASE("topology and snapshots are offered where they are asked for") {
    DriverSettings s;
    s.profile = *find_profile("instant");
    CHECK(!offered(s).controller.has(ControllerCapability::CreateDeleteSnapshot));
    CHECK(!offered(s).plugin.has(PluginCapability::VolumeAccessibilityConstraints));
    s.snapshots = s.topology = true;
    CHECK(offered(s).controller.has(ControllerCapability::CreateDeleteSnapshot));
    CHECK(offered(s).plugin.has(PluginCapability::VolumeAccessibilityConstraints));
    s.profile = *find_profile("host-path");
    s.snapshots = false;
    CHECK(offered(s).controller.has(ControllerCapability::CreateDeleteSnapshot));
}

TEST_CASE("other ids belong to the seed and the name") {
    World w(*find_profile("block-cloud")), again(*find_profile("block-cloud"));
    Text a, b, same;
    w.create("a", a);
    w.create("b", b);
    again.create("b", same);
    CHECK(b == same);
    CHECK(a != b);
    CHECK(a.size() == std::string_view("vol-0a1b2c3d4e5f60718").size());
}

TEST_CASE("a volume goes to the first wished-for segment with room, a clone to its source's") {
    DriverProfile p = *find_profile("instant");
    p.capacity_bytes = 2 * kGiB;
    World w(p);
    w.driver = zonal(p);
    const auto place = [&](const CreateVolumeRequest& r) {
        const Code code = w.call(r);
        return code == Code::Ok
                   ? w.answer<CreateVolumeRequest>().volume.accessible_topology.at(0).text()
                   : std::string(to_string(code));
    };
    CHECK(place(wish(w, "1", {"b", "a"})) == "zone=b");
    CHECK(place(wish(w, "2", {"b", "a"})) == "zone=b");
    CHECK(place(wish(w, "3", {"b", "a"})) == "zone=a");
    CHECK(place(wish(w, "4", {"b"})) == "ResourceExhausted");
    CreateVolumeRequest clone = wish(w, "5", {"b", "a"});
    clone.volume_content_source.emplace().volume_id = w.driver->backend().find_named("3")->id;
    CHECK(place(clone) == "zone=a");
    clone = wish(w, "6", {"b"});
    clone.volume_content_source.emplace().volume_id = w.driver->backend().find_named("3")->id;
    CHECK(place(clone) == "ResourceExhausted");
    // Without a wish: somewhere a node is; both are full now.
    CHECK(place(w.create_request("7")) == "ResourceExhausted");
    GetCapacityRequest capacity;
    capacity.accessible_topology = zone("c");
    w.call(capacity);
    CHECK(w.answer<GetCapacityRequest>().available_capacity == 2 * kGiB);
    ControllerPublishVolumeRequest far = w.publish_request(w.driver->backend().find_named("1")->id);
    CHECK(w.call(far) == Code::FailedPrecondition);
    far.node_id = "node-2";
    CHECK(w.call(far) == Code::Ok);
}

TEST_CASE("a volume for one writer is attached to one node") {
    World w(*find_profile("instant"));
    Text id;
    w.create("a", id);
    CHECK(w.call(w.publish_request(id)) == Code::Ok);
    ControllerPublishVolumeRequest other = w.publish_request(id);
    other.node_id = "node-2";
    CHECK(w.call(other) == Code::FailedPrecondition);
    CHECK(w.last.status.message.view().find("node-1") != std::string_view::npos);
    DeleteVolumeRequest gone;
    gone.volume_id = id;
    CHECK(w.call(gone) == Code::FailedPrecondition);
}

TEST_CASE("sizes are rounded up and kept within what both sides allow") {
    World w(*find_profile("block-cloud"));
    CreateVolumeRequest r = w.create_request("a");
    r.capacity_range = CapacityRange{kGiB + 1, 0};
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.answer<CreateVolumeRequest>().volume.capacity_bytes == 2 * kGiB);
    r.name = "b";
    r.capacity_range->limit_bytes = kGiB + 2;
    CHECK(w.call(r) == Code::OutOfRange);
    r.capacity_range.reset();
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.answer<CreateVolumeRequest>().volume.capacity_bytes == 100 * kGiB);
    r.name = "c";
    r.capacity_range = CapacityRange{65 * 1024 * kGiB, 0};
    CHECK(w.call(r) == Code::OutOfRange);
    r.capacity_range = CapacityRange{kGiB, 0};
    r.volume_content_source.emplace().volume_id = w.driver->backend().find_named("a")->id;
    CHECK(w.call(r) == Code::OutOfRange);  // below its source
}

TEST_CASE("an array expands only what nobody uses") {
    World w(*find_profile("block-array"));
    ControllerExpandVolumeRequest r;
    w.create("a", r.volume_id);
    r.capacity_range = CapacityRange{2 * kGiB, 0};
    w.call(w.publish_request(r.volume_id));
    CHECK(w.call(r) == Code::FailedPrecondition);
    ControllerUnpublishVolumeRequest detach;
    detach.volume_id = r.volume_id;
    w.call(detach);
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.answer<ControllerExpandVolumeRequest>().node_expansion_required);
    r.volume_capability = mount_capability();
    r.volume_capability->block = true;
    CHECK(w.call(r) == Code::Ok);
    CHECK(!w.answer<ControllerExpandVolumeRequest>().node_expansion_required);
}

TEST_CASE("a list goes on behind its last entry, whatever went meanwhile") {
    World w(*find_profile("block-array"));
    Text id;
    for (int i = 0; i < 5; ++i) w.create("v" + std::to_string(i), id);
    std::set<std::string> seen;
    ListVolumesRequest r;
    r.max_entries = 2;
    do {
        REQUIRE(w.call(r) == Code::Ok);
        const ListVolumesResponse page = w.answer<ListVolumesRequest>();
        for (const ListedVolume& entry : page.entries) seen.insert(entry.volume.volume_id.str());
        r.starting_token = page.next_token;
        DeleteVolumeRequest gone;  // the last of the page
        gone.volume_id = page.entries.back().volume.volume_id;
        CHECK(w.call(gone) == Code::Ok);
    } while (!r.starting_token.empty());
    CHECK(seen.size() == 5);
}

TEST_CASE("a group is cut of all its volumes or of none, and goes as a whole") {
    World w(*find_profile("block-array"));
    CreateVolumeGroupSnapshotRequest r;
    r.name = "group";
    r.source_volume_ids.resize(2);
    w.create("a", r.source_volume_ids[0]);
    r.source_volume_ids[1] = "no-such-volume";
    CHECK(w.call(r) == Code::NotFound);
    CHECK(w.driver->backend().snapshots().empty());
    w.create("b", r.source_volume_ids[1]);
    CHECK(w.call(r) == Code::Ok);
    const VolumeGroupSnapshot group = w.answer<CreateVolumeGroupSnapshotRequest>().group_snapshot;
    REQUIRE(group.snapshots.size() == 2);
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.driver->backend().snapshots().size() == 2);
    r.source_volume_ids.pop_back();
    CHECK(w.call(r) == Code::AlreadyExists);
    DeleteSnapshotRequest one;
    one.snapshot_id = group.snapshots[0].snapshot_id;
    CHECK(w.call(one) == Code::InvalidArgument);
    DeleteVolumeGroupSnapshotRequest all;
    all.group_snapshot_id = group.group_snapshot_id;
    CHECK(w.call(all) == Code::InvalidArgument);
    for (const Snapshot& s : group.snapshots) all.snapshot_ids.push_back(s.snapshot_id);
    CHECK(w.call(all) == Code::Ok);
    CHECK(w.driver->backend().snapshots().empty());
}

TEST_CASE("the blocks of a snapshot come in order, from an offset, so many at a time") {
    World w(*find_profile("block-array"));
    Text volume;
    GetMetadataAllocatedRequest r;
    w.create("a", volume);
    w.snapshot("s", volume, r.snapshot_id);
    r.starting_offset = kGiB - (8 << 20);
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.answer<GetMetadataAllocatedRequest>().block_metadata.size() == 2);
    r.max_results = 1;
    w.call(r);
    CHECK(w.answer<GetMetadataAllocatedRequest>().block_metadata.size() == 1);
    r.starting_offset = kGiB + 1;
    CHECK(w.call(r) == Code::OutOfRange);
    GetMetadataDeltaRequest delta;
    delta.base_snapshot_id = r.snapshot_id;
    delta.target_snapshot_id = "none";
    CHECK(w.call(delta) == Code::NotFound);
}

TEST_CASE("staging and publishing again is fine, in another way is not") {
    World w(*find_profile("block-array"));
    Text id;
    w.create("a", id);
    CHECK(w.call(w.stage_request(id)) == Code::InvalidArgument);  // no device
    CHECK(w.bring_to_node(id) == Code::Ok);
    NodeStageVolumeRequest stage = w.stage_request(id);
    stage.volume_capability->fs_type = "xfs";
    CHECK(w.call(stage) == Code::AlreadyExists);
    NodePublishVolumeRequest mount = w.mount_request(id, "/target");
    CHECK(w.call(mount) == Code::Ok);
    mount.readonly = true;
    CHECK(w.call(mount) == Code::AlreadyExists);
    mount.target_path = "/second";
    CHECK(w.call(mount) == Code::Ok);  // a second pod of the node
    mount.staging_target_path = "/elsewhere";
    CHECK(w.call(mount) == Code::InvalidArgument);
    mount.staging_target_path = "";
    CHECK(w.call(mount) == Code::FailedPrecondition);
    NodeUnstageVolumeRequest down;
    down.volume_id = id;
    down.staging_target_path = "/staging";
    CHECK(w.call(down) == Code::FailedPrecondition);
}

TEST_CASE("calls for one volume share a key, reading has none") {
    World w(*find_profile("block-cloud"));
    CHECK(w.driver->lock_key(Request(w.publish_request("v"))) == "v");
    CHECK(w.driver->lock_key(Request(w.create_request("pvc"))) == "pvc");
    CHECK(w.driver->lock_key(Request(NodeGetVolumeStatsRequest())) == "");
    CHECK(w.driver->busy("v").code == Code::Aborted);
}

TEST_CASE("every value of a profile has its source, and every source a value") {
    for (const DriverProfile& p : profiles()) {
        std::set<std::string> shown;
        for (const auto& row : rows(p)) {
            INFO(p.name, ": ", row[0], " = ", row[1]);
            CHECK(!row[2].empty());
            shown.insert(row[0]);
        }
        for (const Citation& c : p.sources) {
            INFO(p.name, ": ", c.value);
            CHECK(shown.contains(c.value));
        }
    }
}

}  // namespace model::csi::sanity
