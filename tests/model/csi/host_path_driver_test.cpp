// Limits and codes of csi-driver-host-path.
#include <doctest/doctest.h>

#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

DriverProfile host_path() { return *find_profile("host-path"); }

CreateVolumeRequest of_kind(const World& w, std::string_view name, std::string_view kind,
                            std::int64_t bytes = kGiB) {
    CreateVolumeRequest r = w.create_request(name);
    r.capacity_range->required_bytes = bytes;
    if (!kind.empty()) r.parameters.set("kind", kind);
    return r;
}

DriverProfile with_kinds() {
    DriverProfile p = host_path();
    p.options["capacity/fast"] = "2Gi";
    p.options["capacity/slow"] = "3Gi";
    return p;
}

}  // namespace

TEST_CASE("host path: each kind of storage has its capacity") {
    World w(with_kinds());
    CHECK(w.call(of_kind(w, "a", "fast", 2 * kGiB)) == Code::Ok);
    CHECK(w.call(of_kind(w, "b", "fast")) == Code::ResourceExhausted);
    CHECK(w.last.status.message ==
          "requested capacity 1073741824 exceeds remaining capacity for \"fast\", 2Gi out of 2Gi "
          "already used");
    CHECK(w.call(of_kind(w, "c", "", 3 * kGiB)) == Code::Ok);  // goes to slow
    CHECK(w.call(of_kind(w, "d", "")) == Code::ResourceExhausted);
    CHECK(w.last.status.message ==
          "requested capacity 1073741824 of arbitrary storage exceeds all remaining capacity");
    GetCapacityRequest capacity;
    CHECK(w.call(capacity) == Code::Ok);
    CHECK(w.answer<GetCapacityRequest>().available_capacity == 0);
    DeleteVolumeRequest gone;
    gone.volume_id = w.driver->backend().find_named("a")->id;
    CHECK(w.call(gone) == Code::Ok);
    capacity.parameters.set("kind", "fast");
    w.call(capacity);
    CHECK(w.answer<GetCapacityRequest>().available_capacity == 2 * kGiB);
}

TEST_CASE("host path: a kind without capacities, and a volume that is too large") {
    World w(host_path());
    CHECK(w.call(of_kind(w, "a", "fast")) == Code::InvalidArgument);
    CHECK(w.last.status.message ==
          "capacity tracking disabled, specifying kind \"fast\" is invalid");
    CHECK(w.call(of_kind(w, "a", "", 2048 * kGiB)) == Code::OutOfRange);
    CHECK(w.last.status.message ==
          "Requested capacity 2199023255552 exceeds maximum allowed 1099511627776");
    ControllerModifyVolumeRequest modify;
    CHECK(w.call(modify) == Code::InvalidArgument);
    CHECK(w.last.status.message == "unsupported capability MODIFY_VOLUME");
}

TEST_CASE("host path: attaching needs its flag, keeps its limit, and must come before staging") {
    DriverProfile p = host_path();
    p.controller.add(ControllerCapability::PublishUnpublishVolume);
    p.attach_limit = 1;
    World w(p);
    Text a, b;
    w.create("a", a);
    w.create("b", b);
    CHECK(w.call(w.stage_request(a)) == Code::Internal);
    CHECK(w.call(w.publish_request(a)) == Code::Ok);
    CHECK(w.call(w.publish_request(b)) == Code::ResourceExhausted);
    CHECK(w.last.status.message == "Cannot attach any more volumes to this node ('node-1')");
    CHECK(w.call(w.stage_request(a)) == Code::Ok);
    NodeStageVolumeRequest elsewhere = w.stage_request(a);
    elsewhere.staging_target_path = "/other";
    CHECK(w.call(elsewhere) == Code::FailedPrecondition);
}

TEST_CASE("host path: it minds a volume in use only when told to") {
    DriverProfile p = host_path();
    for (const bool minds : {false, true}) {
        if (minds) p.options["checkVolumeLifecycle"] = "true";
        World w(p);
        DeleteVolumeRequest gone;
        w.create("a", gone.volume_id);
        w.call(w.stage_request(gone.volume_id));
        CHECK(w.call(gone) == (minds ? Code::Internal : Code::Ok));
        if (minds)
            CHECK(w.last.status.message == "Volume '" + gone.volume_id +
                                               "' is still used (attached: false, staged: true, "
                                               "published: false) by 'node-1' node");
    }
}

TEST_CASE("host path: pages of volumes beyond the first are lost") {
    World w(host_path());
    Text id;
    for (const char* name : {"a", "b", "c"}) w.create(name, id);
    ListVolumesRequest r;
    r.max_entries = 2;
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.answer<ListVolumesRequest>().entries.size() == 2);
    CHECK(w.answer<ListVolumesRequest>().next_token == "");
    r.starting_token = "3";
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.answer<ListVolumesRequest>().entries.empty());
}

TEST_CASE("host path: an inline volume lives from publish to unpublish") {
    World w(host_path());
    NodePublishVolumeRequest r = w.mount_request("csi-1", "/target");
    CHECK(w.call(r) == Code::NotFound);
    r.volume_context.set("csi.storage.k8s.io/ephemeral", "true");
    r.staging_target_path = Text();
    CHECK(w.call(r) == Code::Ok);
    CHECK(w.driver->backend().find("csi-1")->size_bytes == 100 << 20);
    NodeUnpublishVolumeRequest down;
    down.volume_id = "csi-1";
    down.target_path = "/target";
    CHECK(w.call(down) == Code::Ok);
    CHECK(w.driver->backend().volumes().empty());
}

}  // namespace model::csi::sanity
