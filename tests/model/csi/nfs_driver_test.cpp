// The habits of csi-driver-nfs that a user meets.
#include <doctest/doctest.h>

#include "model/csi/nfs_volume.hpp"
#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

struct Nfs : World {
    Nfs() : World(*find_profile("nfs")) {}
    CreateVolumeRequest request(std::string_view name, std::string_view sub_dir = "",
                                std::string_view on_delete = "") const {
        CreateVolumeRequest r = create_request(name);
        if (!sub_dir.empty()) r.parameters.set("subDir", sub_dir);
        if (!on_delete.empty()) r.parameters.set("onDelete", on_delete);
        return r;
    }
    Text make(const CreateVolumeRequest& r) {
        REQUIRE(call(r) == Code::Ok);
        const Text id = answer<CreateVolumeRequest>().volume.volume_id;
        BackendVolume* volume = driver->backend().find(id);
        if (volume->data.empty()) volume->data.emplace_back().by = "pod";
        return id;
    }
    Code remove(const Text& id, std::int64_t at_second = 0) {
        DeleteVolumeRequest r;
        r.volume_id = id;
        CallContext context;
        context.clock_nanos = at_second * 1'000'000'000;
        last = driver->handle(Request(r), context);
        return last.status.code;
    }
};

}  // namespace

TEST_CASE("nfs: a volume's id says all there is to know of it") {
    Nfs w;
    CHECK(w.make(w.request("pvc-1")) == "nfs.example.com#export#pvc-1##");
    CHECK(w.answer<CreateVolumeRequest>().volume.capacity_bytes == 0);
    CHECK(w.answer<CreateVolumeRequest>().volume.volume_context.get("subdir") == "pvc-1");
    CHECK(w.make(w.request("pvc-2", "all", "Retain")) == "nfs.example.com#export#all#pvc-2#Retain");
    const auto old = NfsVolume::parse("server/a/b/dir");
    REQUIRE(old);
    CHECK(old->share == "a/b");
    CHECK(old->sub_dir == "dir");
    CHECK(!NfsVolume::parse("nothing"));
    CHECK(!NfsVolume::parse("one/two"));
}

TEST_CASE("nfs: subDir takes names from the claim") {
    Nfs w;
    CreateVolumeRequest r =
        w.request("pvc-1", "${pvc.metadata.namespace}/${pvc.metadata.name}-${pv.metadata.name}");
    r.parameters.set("csi.storage.k8s.io/pvc/name", "data");
    r.parameters.set("csi.storage.k8s.io/pvc/namespace", "web");
    r.parameters.set("csi.storage.k8s.io/pv/name", "pvc-1");
    CHECK(w.make(r) == "nfs.example.com#export#web/data-pvc-1#pvc-1#");
    CHECK(w.answer<CreateVolumeRequest>().volume.volume_context.get("subDir") == "web/data-pvc-1");
}

TEST_CASE("nfs: parameters it does not know or like") {
    Nfs w;
    CreateVolumeRequest r = w.request("pvc-1");
    r.parameters.set("color", "red");
    CHECK(w.call(r) == Code::InvalidArgument);
    CHECK(w.last.status.message == "invalid parameter \"color\" in storage class");
    CHECK(w.call(w.request("pvc-1", "", "burn")) == Code::InvalidArgument);
    CHECK(w.last.status.message ==
          "invalid value burn for OnDelete, supported values are [ delete retain archive]");
    CreateVolumeRequest no_server = w.request("pvc-1");
    no_server.parameters.erase("server");
    CHECK(w.call(no_server) == Code::InvalidArgument);
    CHECK(w.last.status.message == "server is a required parameter");
    CreateVolumeRequest block = w.request("pvc-1");
    block.volume_capabilities[0].block = true;
    CHECK(w.call(block) == Code::InvalidArgument);
    CHECK(w.last.status.message == "block volume capability not supported");
}

TEST_CASE("nfs: deleting one volume of a shared subDir erases the data of all") {
    Nfs w;
    const Text first = w.make(w.request("pvc-1", "shared"));
    const Text second = w.make(w.request("pvc-2", "shared"));
    const Text nested = w.make(w.request("pvc-3", "shared/inner"));
    const Text apart = w.make(w.request("pvc-4", "shared-not"));
    CHECK(w.remove(first) == Code::Ok);
    Backend& b = w.driver->backend();
    CHECK(b.find(first) == nullptr);
    CHECK(b.find(second)->data.empty());
    CHECK(b.find(nested)->data.empty());
    CHECK(b.find(apart)->data.size() == 1);
    NodePublishVolumeRequest mount = w.mount_request(second, "/target");
    mount.volume_context.set("subDir", "shared");
    CHECK(w.call(mount) == Code::Internal);
    CHECK(w.last.status.message.view().find("No such file or directory") != std::string_view::npos);
}

TEST_CASE("nfs: an archive does not take the place of another") {
    Nfs w;
    const Text first = w.make(w.request("pvc-1", "dir", "archive"));
    CHECK(w.remove(first) == Code::Ok);
    REQUIRE(w.driver->backend().kept().size() == 1);
    CHECK(w.driver->backend().kept()[0].kept_as == "archived-dir");
    CHECK(w.driver->backend().kept()[0].data.size() == 1);
    const Text second = w.make(w.request("pvc-2", "dir", "archive"));
    CHECK(w.remove(second) == Code::Internal);
    CHECK(w.last.status.message ==
          "archive subdirectory(/tmp/pvc-2/dir, /tmp/pvc-2/archived-dir) failed with rename "
          "/tmp/pvc-2/dir /tmp/pvc-2/archived-dir: file exists");
    // For a minute the first is known to be deleted; then its directory is looked for again.
    const Text third = w.make(w.request("pvc-3", "other", "archive"));
    CHECK(w.remove(third, 100) == Code::Ok);
    CHECK(w.remove(third, 159) == Code::Ok);
    CHECK(w.remove(third, 160) == Code::Internal);
    CHECK(w.last.status.message.view().ends_with("no such file or directory"));
}

TEST_CASE("nfs: retained data stays") {
    Nfs w;
    const Text id = w.make(w.request("pvc-1", "", "retain"));
    CHECK(w.remove(id) == Code::Ok);
    CHECK(w.driver->backend().volumes().empty());
    REQUIRE(w.driver->backend().kept().size() == 1);
    CHECK(w.driver->backend().kept()[0].data.size() == 1);
}

TEST_CASE("nfs: a failed copy leaves the directory that it made") {
    Nfs w;
    CreateVolumeRequest r = w.request("pvc-1");
    r.volume_content_source.emplace().volume_id = "nfs.example.com#export#gone##";
    CHECK(w.call(r) == Code::Internal);
    CHECK(w.driver->backend().volumes().size() == 1);
}

TEST_CASE(
    "nfs: locks are for names, ids and targets, and refusals without capability have no text") {
    Nfs w;
    CHECK(w.driver->lock_key(Request(w.request("pvc-1"))) == "pvc-1");
    const Text key = w.driver->lock_key(Request(w.mount_request("some-id", "/target")));
    CHECK(key == "some-id-/target");
    CHECK(w.driver->busy(key).message ==
          "An operation with the given Volume ID some-id already exists");
    CHECK(w.driver->lock_key(Request(CreateSnapshotRequest())) == "");
    CHECK(w.call(ListVolumesRequest()) == Code::Unimplemented);
    CHECK(w.last.status.message == "");
}

}  // namespace model::csi::sanity
