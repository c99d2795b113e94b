#include <doctest/doctest.h>

#include "model/sidecar/attach_controller.hpp"
#include "model/sidecar/external_attacher.hpp"
#include "tests/model/sidecar/sidecar_world.hpp"

using namespace model;
using namespace model::sidecar;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("external-attacher");

namespace {

constexpr std::string_view kFinalizer = "external-attacher/lab-csi-example-com";

struct World : SidecarWorld {
    explicit World(std::string_view version = "1.36",
                   csi::DriverProfile driver = *csi::find_profile("instant"))
        : SidecarWorld(version, std::move(driver)) {
        // The echo of a write comes before its answer, so that no sync works on an old version.
        latencies.watch = sim::Distribution::constant(500us);
        make_csi_node("node-a");
        csi::BackendVolume disk;
        disk.id = disk.name = "disk";
        endpoint->driver().backend().add(std::move(disk));
        REQUIRE(create(csi_volume("disk")).status.code == 201);
    }
    void start(bool runs_since_long = true) {
        auto s = setting<AttacherSetting>();
        bring_up_attacher(new_process("external-attacher/lab"), std::move(s), runs_since_long);
    }
    void attach(std::string_view name = "a", std::string_view node = "node-a") {
        api::Value v;
        v["spec"]["attacher"] = kDriver;
        v["spec"]["nodeName"] = node;
        v["spec"]["source"]["persistentVolumeName"] = "disk";
        REQUIRE(make("storage.k8s.io/v1", "VolumeAttachment", name, v).status.code == 201);
    }
    void detach(std::string_view name = "a") {
        (void)remove(Kind::VolumeAttachment, Key("", name));
    }
    api::Ref<Attachment> attachment(std::string_view name = "a") { return find<Attachment>(name); }
};

}  // namespace

TEST_CASE("an attachment takes three writes around the driver's call") {
    World w;
    w.start();
    w.attach();
    w.run_for(100ms);
    CHECK(w.taken(w.writes) ==
          "patch:persistentvolumes:200 patch:volumeattachments:200 "
          "patch:volumeattachments/status:200");
    CHECK(w.taken(w.calls) == "ControllerPublishVolume");
    CHECK(w.attachment()->status.attached);
    CHECK(w.attachment()->metadata.has_finalizer(kFinalizer));
    CHECK(w.attachment()->metadata.annotations.get("csi.alpha.kubernetes.io/node-id") == "node-a");
    CHECK(w.find<api::PersistentVolume>("disk")->metadata.has_finalizer(kFinalizer));
}

TEST_CASE("an attachment whose echo is late is attached twice") {
    World w;
    w.latencies.watch = sim::Distribution::constant(2ms);
    w.start();
    w.attach();
    w.run_for(100ms);
    CHECK(w.taken(w.calls) == "ControllerPublishVolume ControllerPublishVolume");
    CHECK(w.attachment()->status.attached);
}

TEST_CASE("a detach gives the finalizer back before it writes the status, and once only") {
    World w;
    w.start();
    w.attach();
    w.run_for(100ms);
    w.writes.clear();
    w.calls.clear();
    w.detach();
    w.run_for(5s);
    CHECK(w.taken(w.calls) == "ControllerUnpublishVolume");
    CHECK(w.taken(w.writes) == "patch:volumeattachments:200 patch:volumeattachments/status:404");
    CHECK_FALSE(w.attachment());
}

TEST_CASE("before 1.33 the status goes first, and its echo detaches a second time") {
    World w("1.26");
    w.start();
    w.attach();
    w.run_for(100ms);
    w.writes.clear();
    w.calls.clear();
    w.latencies.watch = sim::Distribution::constant(8ms);  // the finalizer's going is seen later
    w.detach();
    w.run_for(5s);
    CHECK(w.taken(w.calls) == "ControllerUnpublishVolume ControllerUnpublishVolume");
    CHECK(w.taken(w.writes) ==
          "patch:volumeattachments/status:200 patch:volumeattachments:200 "
          "patch:volumeattachments/status:404 patch:volumeattachments/status:404");
}

TEST_CASE("a failing attach is told on the object and backs off by itself") {
    World w;
    w.start();
    w.fail(csi::Method::ControllerPublishVolume, csi::Code::Internal, 3);
    w.attach();
    w.run_for(300ms);
    // The first retry comes at once, by the finalizer's echo; its own errors wake nothing.
    CHECK(w.taken(w.calls) == "ControllerPublishVolume ControllerPublishVolume");
    CHECK(w.attachment()->status.attachError->message == "rpc error: code = Internal desc = no");
    CHECK(w.attachment()->status.attachError->errorCode == 13);
    w.run_for(1s);
    CHECK(w.taken(w.calls) == "ControllerPublishVolume");
    w.run_for(4s);
    CHECK(w.taken(w.calls) == "ControllerPublishVolume");
    CHECK(w.attachment()->status.attached);
    CHECK_FALSE(w.attachment()->status.attachError);
}

TEST_CASE("without a CSINode entry nothing is held and nothing is called") {
    World w;
    w.start();
    w.attach("a", "node-x");
    w.run_for(100ms);
    CHECK(w.attachment()->status.attachError->message ==
          "csinode.storage.k8s.io \"node-x\" not found");
    CHECK_FALSE(w.attachment()->status.attachError->errorCode);
    CHECK(w.attachment()->metadata.finalizers.empty());
    CHECK(w.calls.empty());
}

TEST_CASE("a detach goes on without the node's CSINode, by the annotation") {
    World w;
    w.start();
    w.attach();
    w.run_for(100ms);
    (void)w.remove(Kind::CSINode, Key("", "node-a"));
    w.detach();
    w.run_for(100ms);
    CHECK_FALSE(w.attachment());
}

TEST_CASE("a volume that is being deleted is not attached any more, and let go last") {
    World w;
    w.start();
    w.attach();
    w.run_for(100ms);
    (void)w.remove(Kind::PersistentVolume, Key("", "disk"));
    w.attach("late");
    w.run_for(100ms);
    CHECK(w.attachment("late")->status.attachError->message ==
          "PersistentVolume \"disk\" is marked for deletion");
    CHECK(w.find<api::PersistentVolume>("disk")->metadata.has_finalizer(kFinalizer));
    w.detach();
    w.detach("late");
    w.run_for(100ms);
    CHECK_FALSE(w.find<api::PersistentVolume>("disk")->metadata.has_finalizer(kFinalizer));
}

TEST_CASE("a driver that does not attach: attached at once, without finalizers") {
    csi::DriverProfile driver = *csi::find_profile("instant");
    driver.controller.remove(csi::ControllerCapability::PublishUnpublishVolume);
    World w("1.36", driver);
    w.start();
    w.attach();
    w.run_for(100ms);
    CHECK(w.attachment()->status.attached);
    CHECK(w.taken(w.writes) == "patch:volumeattachments/status:200");
    CHECK(w.calls.empty());
    w.detach();
    CHECK_FALSE(w.attachment());
}

TEST_CASE("what the driver's list denies is attached once more") {
    csi::DriverProfile driver = *csi::find_profile("instant");
    driver.controller.add(csi::ControllerCapability::ListVolumes);
    driver.controller.add(csi::ControllerCapability::ListVolumesPublishedNodes);
    World w("1.36", driver);
    w.start();
    w.attach();
    w.run_for(61s);
    w.taken(w.calls);
    csi::Backend& backend = w.endpoint->driver().backend();
    backend.detach(*backend.find("disk"), "node-a");
    w.run_for(60s);
    CHECK(w.taken(w.calls) == "ListVolumes ControllerPublishVolume");
    w.run_for(60s);
    CHECK(w.taken(w.calls) == "ListVolumes");
}

TEST_CASE("a fresh attacher asks its driver before it works") {
    World w;
    w.attach();
    w.start(false);
    w.run_for(220ms);
    CHECK(w.taken(w.calls) ==
          "Probe GetPluginInfo GetPluginCapabilities ControllerGetCapabilities");
    CHECK(w.writes.empty());
    w.run_for(100ms);
    CHECK(w.attachment()->status.attached);
}

TEST_CASE("an idle attacher costs no event") {
    World w;
    w.start();
    w.attach();
    w.run_for(1s);
    const auto events = w.engine.events_run();
    w.run_for(24h);
    CHECK(w.engine.events_run() == events);
}

TEST_CASE("names and modes") {
    CHECK(attacher_finalizer("ebs.csi.aws.com") == "external-attacher/ebs-csi-aws-com");
    CHECK(attacher_finalizer("odd.") == "external-attacher/odd-X");
    CHECK(*attach_mode({"ReadWriteMany", "ReadOnlyMany"}, false) ==
          csi::AccessMode::MultiNodeMultiWriter);
    CHECK(*attach_mode({"ReadWriteOnce", "ReadWriteOnce"}, true) ==
          csi::AccessMode::SingleNodeMultiWriter);
    CHECK(attach_mode({"ReadOnlyMany", "ReadWriteOnce"}, false).error().message ==
          "CSI does not support ReadOnlyMany and ReadWriteOnce on the same PersistentVolume");
    CHECK_FALSE(attach_mode({"ReadWriteOncePod", "ReadWriteOnce"}, false).ok());
    CHECK(attach_mode({}, false).error().message == "unsupported AccessMode combination: []");
}

TEST_SUITE_END();
