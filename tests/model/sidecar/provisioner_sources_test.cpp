// What volumes are made from: clones and snapshots, and the finalizers that keep their sources.
#include <doctest/doctest.h>

#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/external_provisioner.hpp"
#include "tests/model/sidecar/sidecar_world.hpp"

using namespace model;
using namespace model::sidecar;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("external-provisioner: sources");

namespace {

struct World : SidecarWorld {
    explicit World(std::string_view version = "1.36") : SidecarWorld(version) {
        api::Value v;
        v["provisioner"] = kDriver;
        v["reclaimPolicy"] = "Delete";
        v["volumeBindingMode"] = "Immediate";
        REQUIRE(make("storage.k8s.io/v1", "StorageClass", "fast", v).status.code == 201);
        bring_up_provisioner(new_process("external-provisioner/lab"), setting<ProvisionerSetting>(),
                             true);
    }
    api::Value wanted(std::string_view name, std::string_view size = "1Gi") {
        api::Value v = claim(name, size);
        v["spec"]["storageClassName"] = "fast";
        v["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] = kDriver;
        return v;
    }
    void make_claim(api::Value v) { REQUIRE(create(v).status.code == 201); }
    // Bound, as the PersistentVolume controller would have it.
    void bind(std::string_view name) {
        const auto claim = find<PVC>(name, "default");
        const std::string volume = "pvc-" + claim->metadata.uid.str();
        api::Value to_claim, to_volume, spec;
        to_claim["status"]["phase"] = "Bound";
        to_volume["status"]["phase"] = "Bound";
        spec["spec"]["volumeName"] = volume;
        (void)patch(Kind::PersistentVolumeClaim, claim->key(), spec);
        set_status(Kind::PersistentVolumeClaim, claim->key(), to_claim);
        set_status(Kind::PersistentVolume, Key("", volume), to_volume);
    }
    void set_status(Kind kind, const Key& key, const api::Value& body) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = kind;
        r.key = key;
        r.subresource = api::Subresource::Status;
        r.patch = body;
        REQUIRE(server->handle(r, "test").status.code == 200);
    }
    Kind kind_of(std::string_view kind) {
        return server->scheme().resolve("snapshot.storage.k8s.io/v1", kind);
    }
    // A snapshot of a backend volume, ready.
    void make_snapshot(std::string_view name, std::string_view size = "1Gi") {
        csi::BackendSnapshot stored;
        stored.id = stored.name = "handle";
        stored.size_bytes = 1 << 30;
        endpoint->driver().backend().add(stored);
        const auto made = make("snapshot.storage.k8s.io/v1", "VolumeSnapshot", name);
        REQUIRE(made.status.code == 201);
        api::Value content;
        content["spec"]["driver"] = kDriver;
        content["spec"]["volumeSnapshotRef"]["name"] = name;
        content["spec"]["volumeSnapshotRef"]["namespace"] = "default";
        content["spec"]["volumeSnapshotRef"]["uid"] = made.object->metadata.uid;
        content["spec"]["sourceVolumeMode"] = "Filesystem";
        REQUIRE(make("snapshot.storage.k8s.io/v1", "VolumeSnapshotContent", "content", content)
                    .status.code == 201);
        api::Value status;
        status["status"]["boundVolumeSnapshotContentName"] = "content";
        status["status"]["readyToUse"] = true;
        status["status"]["restoreSize"] = size;
        set_status(kind_of("VolumeSnapshot"), Key("default", name), status);
        api::Value of_content;
        of_content["status"]["snapshotHandle"] = "handle";
        set_status(kind_of("VolumeSnapshotContent"), Key("", "content"), of_content);
    }
    api::Value restored(std::string_view name, std::string_view snapshot,
                        std::string_view size = "1Gi") {
        api::Value v = wanted(name, size);
        v["spec"]["dataSource"]["apiGroup"] = "snapshot.storage.k8s.io";
        v["spec"]["dataSource"]["kind"] = "VolumeSnapshot";
        v["spec"]["dataSource"]["name"] = snapshot;
        return v;
    }
    api::ObjectRef snapshot(std::string_view name) {
        return server->find(kind_of("VolumeSnapshot"), Key("default", name));
    }
    std::string failure() {
        run_for(100ms);
        for (const std::string& e : events)
            if (e.starts_with("ProvisioningFailed: ")) return e.substr(e.find(": ", 21) + 2);
        return "";
    }
};

const std::string kHandle =
    "error getting handle for DataSource Type VolumeSnapshot by Name snap: ";

}  // namespace

TEST_CASE(
    "a clone's source keeps its finalizer until it is deleted and no pending claim needs it") {
    World w;
    w.make_claim(w.wanted("source"));
    w.run_for(100ms);
    w.bind("source");
    w.run_for(100ms);
    api::Value clone = w.wanted("copy");
    clone["spec"]["dataSource"]["kind"] = "PersistentVolumeClaim";
    clone["spec"]["dataSource"]["name"] = "source";
    w.make_claim(clone);
    w.run_for(100ms);
    CHECK(w.find<PVC>("source", "default")->metadata.has_finalizer(kCloneFinalizer));
    (void)w.remove(Kind::PersistentVolumeClaim, Key("default", "source"));
    w.run_for(10s);
    // The copy is not bound yet.
    CHECK(w.find<PVC>("source", "default")->metadata.has_finalizer(kCloneFinalizer));
    w.bind("copy");
    w.run_for(10s);
    const auto source = w.find<PVC>("source", "default");
    CHECK((!source || !source->metadata.has_finalizer(kCloneFinalizer)));
}

TEST_CASE("a snapshot is restored, kept by a finalizer meanwhile") {
    World w;
    w.make_snapshot("snap");
    w.writes.clear();
    w.make_claim(w.restored("data", "snap"));
    w.run_for(1s);
    CHECK(w.taken(w.writes) ==
          "update:volumesnapshots:200 update:volumesnapshots:200 create:persistentvolumes:201");
    CHECK(w.snapshot("snap")->metadata.finalizers.empty());
    CHECK(w.endpoint->driver().backend().volumes().size() == 1);
}

TEST_CASE("before 1.36 nothing is written to the snapshot") {
    World w("1.26");
    w.make_snapshot("snap");
    w.writes.clear();
    w.make_claim(w.restored("data", "snap"));
    w.run_for(1s);
    CHECK(w.taken(w.writes) == "create:persistentvolumes:201");
}

TEST_CASE("why a snapshot cannot be restored") {
    SUBCASE("it is not there") {
        World w;
        w.make_claim(w.restored("data", "snap"));
        CHECK(w.failure() == kHandle +
                                 "error getting snapshot snap from api server: "
                                 "volumesnapshots.snapshot.storage.k8s.io \"snap\" not found");
    }
    SUBCASE("it is not bound") {
        World w;
        (void)w.make("snapshot.storage.k8s.io/v1", "VolumeSnapshot", "snap");
        w.make_claim(w.restored("data", "snap"));
        CHECK(w.failure() == kHandle + "snapshot snap not bound");
    }
    SUBCASE("it is larger") {
        World w;
        w.make_snapshot("snap", "2Gi");
        w.make_claim(w.restored("data", "snap"));
        CHECK(w.failure() == kHandle +
                                 "requested volume size 1073741824 is less than the size "
                                 "2147483648 for the source snapshot snap");
    }
    SUBCASE("it is not ready") {
        World w;
        w.make_snapshot("snap");
        api::Value status;
        status["status"]["readyToUse"] = false;
        w.set_status(w.kind_of("VolumeSnapshot"), Key("default", "snap"), status);
        w.make_claim(w.restored("data", "snap"));
        CHECK(w.failure() == kHandle + "snapshot snap is not Ready");
    }
    SUBCASE("its content is another driver's") {
        World w;
        w.make_snapshot("snap");
        api::Value content;
        content["spec"]["driver"] = "other";
        (void)w.patch(w.kind_of("VolumeSnapshotContent"), Key("", "content"), content);
        w.make_claim(w.restored("data", "snap"));
        CHECK(w.failure() ==
              kHandle +
                  "snapshotcontent content for snapshot snap is not handled by CSI driver of "
                  "StorageClass fast");
    }
    SUBCASE("its content is another driver's, as it was told before") {
        World w("1.35");
        w.make_snapshot("snap");
        api::Value content;
        content["spec"]["driver"] = "other";
        (void)w.patch(w.kind_of("VolumeSnapshotContent"), Key("", "content"), content);
        w.make_claim(w.restored("data", "snap"));
        CHECK(w.failure() == kHandle + "snapshot snap not bound");
    }
    SUBCASE("its mode would change") {
        World w;
        w.make_snapshot("snap");
        api::Value v = w.restored("data", "snap");
        v["spec"]["volumeMode"] = "Block";
        w.make_claim(v);
        CHECK(w.failure() ==
              kHandle +
                  "requested volume default/data modifies the mode of the source volume but "
                  "does not have permission to do so. "
                  "snapshot.storage.kubernetes.io/allow-volume-mode-change annotation is not "
                  "present on snapshotcontent content");
    }
}

TEST_CASE("what a withdrawn claim leaves of its finalizer is swept up within five minutes") {
    World w;
    w.make_snapshot("snap");
    w.fail(csi::Method::CreateVolume, csi::Code::Internal, 1000);
    w.make_claim(w.restored("data", "snap"));
    w.run_for(1s);
    CHECK(w.snapshot("snap")->metadata.has_finalizer(kSnapshotFinalizer));
    w.run_for(6min);
    CHECK(w.snapshot("snap")->metadata.has_finalizer(kSnapshotFinalizer));
    (void)w.remove(Kind::PersistentVolumeClaim, Key("default", "data"));
    api::Value none;
    none["metadata"]["finalizers"] = api::Value();
    (void)w.patch(Kind::PersistentVolumeClaim, Key("default", "data"), none);
    w.run_for(6min);
    CHECK(w.snapshot("snap")->metadata.finalizers.empty());
}

TEST_SUITE_END();
