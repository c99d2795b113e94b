#include <doctest/doctest.h>

#include "tests/model/volume/volume_world.hpp"

namespace model::volume {

namespace {

// A volume that is Available and a claim that fits it, with the controller at work; the next write
// is the bind's first.
void make_pair(VolumeWorld& world) {
    world.volume("pv").holds("2Gi").made();
    world.start();
    world.pass(1s);
    REQUIRE(world.volume_phase("pv") == "Available");
    world.writes.clear();
    world.claim("data").wants("1Gi").made();
}

const Writes kBind = {"update persistentvolumes pv 200", "update persistentvolumes/status pv 200",
                      "update persistentvolumeclaims data 200",
                      "update persistentvolumeclaims/status data 200"};

void check_bound(const VolumeWorld& world) {
    const auto claim = world.claim_now("data");
    const auto volume = world.volume_now("pv");
    CHECK(claim->status.phase == "Bound");
    CHECK(volume->status.phase == "Bound");
    CHECK(claim->spec.volumeName == "pv");
    CHECK(volume->spec.claimRef->uid == claim->metadata.uid);
    CHECK(claim->status.capacity.find("storage")->to_string() == "2Gi");
    CHECK(world.broken.empty());
}

}  // namespace

TEST_CASE("a bind is four writes, the volume's first, and no event") {
    VolumeWorld world;
    make_pair(world);
    world.settle();
    CHECK(world.writes == kBind);
    CHECK(world.events_about("data").empty());
    check_bound(world);
}

TEST_CASE(
    "a bind that died after any of its writes is finished by whoever comes back, without writing "
    "twice") {
    for (std::size_t done = 1; done <= 4; ++done) {
        CAPTURE(done);
        VolumeWorld world;
        make_pair(world);
        world.run_to_write(done);
        world.crash();
        world.pass(3s);
        REQUIRE(world.writes.size() == done);
        world.start();
        world.settle();
        CHECK(world.writes == kBind);
        check_bound(world);
    }
}

TEST_CASE(
    "a claim that comes before its volume waits for the resync after the volume is Available") {
    VolumeWorld world;
    world.start();
    world.claim("data").made();
    world.pass(1s);
    CHECK(world.events_about("data") == Writes{"FailedBinding: no persistent volumes available for "
                                               "this claim and no storage class is set"});
    world.volume("pv").made();
    world.pass(8s);
    CHECK(world.volume_phase("pv") == "Available");
    CHECK(world.claim_phase("data") == "Pending");
    CHECK(
        world.controller->explain(api::Kind::PersistentVolumeClaim, api::Key("default", "data")) ==
        "no Available volume of class \"\" with >= 1Gi; looked at again at the resync at "
        "10.000s");
    world.pass(2s);
    CHECK(world.claim_phase("data") == "Bound");
}

TEST_CASE("after a conflict 1.36 tries again at once, and 1.26 at the next event or resync") {
    for (std::string_view version : {"1.36", "1.26"}) {
        CAPTURE(version);
        VolumeWorld world(version);
        make_pair(world);
        // The first write meets a version that somebody else has made meanwhile, of which no watch
        // tells in time.
        int conflicts = 0;
        world.server->add_fault([&](const api::Request& r,
                                    const api::Text& by) -> std::optional<api::Status> {
            if (by != "persistent-volume-binder" || r.verb != Verb::Update || conflicts++ > 0)
                return std::nullopt;
            return api::Status::conflict("persistentvolumes", "pv", "the object has been modified");
        });
        world.pass(1s);
        CHECK(world.writes.front() == "update persistentvolumes pv 409");
        CHECK(world.claim_phase("data") == (version == "1.36" ? "Bound" : "Pending"));
        CHECK(world.controller->next_action() == sim::Time(10s));
        CHECK_FALSE(world.controller->repeats_only());
        world.settle();
        CHECK(world.claim_phase("data") == "Bound");
        CHECK(world.controller->next_action() == sim::kNever);
    }
}

TEST_CASE("of two claims for one volume one is bound and the other goes on waiting") {
    VolumeWorld world;
    world.volume("pv").made();
    world.start();
    world.pass(1s);
    world.claim("a").made();
    world.claim("b").made();
    world.settle();
    CHECK(world.claim_phase("a") == "Bound");
    CHECK(world.claim_phase("b") == "Pending");
    CHECK(world.controller->repeats_only());
    CHECK(world.broken.empty());
}

TEST_CASE("a named volume that does not fit, or is another's, is told of") {
    VolumeWorld world;
    world.volume("small").holds("1Gi").made();
    world.volume("taken").reserved_for("somebody").made();
    world.start();
    world.pass(1s);
    world.claim("big").wants("2Gi").names("small").made();
    world.claim("late").names("taken").made();
    world.pass(1s);
    CHECK(world.events_about("big") == Writes{"VolumeMismatch: Cannot bind to requested volume "
                                              "\"small\": requested PV is too small"});
    CHECK(world.events_about("late") ==
          Writes{"FailedBinding: volume \"taken\" already bound to a different claim."});
    CHECK(world.claim_phase("big") == "Pending");
}

TEST_CASE(
    "a bound claim whose volume is taken away is Lost once, and found again with the volume") {
    VolumeWorld world;
    make_pair(world);
    world.settle();
    const auto volume = world.volume_now("pv");
    world.remove_volume("pv");
    world.edit<PV>(world.volume_now("pv"), [](PV& v) { v.metadata.finalizers.clear(); });
    world.settle();
    CHECK(world.claim_phase("data") == "Lost");
    CHECK(world.claim_now("data")->status.capacity.empty());
    CHECK(world.events_about("data") ==
          Writes{
              "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"});
    world.volume("pv")
        .holds("2Gi")
        .reserved_for("data", world.claim_now("data")->metadata.uid)
        .made();
    world.settle();
    CHECK(world.claim_phase("data") == "Bound");
}

TEST_CASE("policy Retain leaves a released volume with its claimRef until somebody clears it") {
    VolumeWorld world;
    make_pair(world);
    world.settle();
    world.remove_claim("data");
    world.settle();
    CHECK(world.claim_phase("data") == "gone");
    CHECK(world.volume_phase("pv") == "Released");
    CHECK(world.volume_now("pv")->spec.claimRef->name == "data");
    CHECK(world.controller->next_action() == sim::kNever);
    world.edit<PV>(world.volume_now("pv"), [](PV& v) { v.spec.claimRef.reset(); });
    world.settle();
    CHECK(world.volume_phase("pv") == "Available");
    CHECK(world.broken.empty());
}

TEST_CASE(
    "policy Delete deletes host paths below /tmp, fails without a deleter, and waits for an "
    "external one") {
    VolumeWorld world;
    world.volume("host").policy("Delete").made();
    api::Value nfs = SmallServer::volume("nfs");
    nfs["spec"].erase("hostPath");
    nfs["spec"]["nfs"]["server"] = "s";
    nfs["spec"]["nfs"]["path"] = "/";
    nfs["spec"]["persistentVolumeReclaimPolicy"] = "Delete";
    world.create(nfs);
    world.volume("external")
        .policy("Delete")
        .annotated("pv.kubernetes.io/provisioned-by", "csi.example.com")
        .made();
    world.start();
    world.pass(1s);
    for (std::string_view name : {"host", "nfs", "external"}) world.claim(name).names(name).made();
    world.settle();
    for (std::string_view name : {"host", "nfs", "external"}) world.remove_claim(name);
    world.settle();
    CHECK(world.volume_phase("host") == "gone");
    CHECK(world.volume_phase("nfs") == "Failed");
    CHECK(world.events_about("nfs") ==
          Writes{"VolumeFailedDelete: error getting deleter volume plugin for volume "
                 "\"nfs\": no deletable volume plugin matched"});
    CHECK(world.volume_phase("external") == "Released");
    CHECK(world.controller->next_action() == sim::kNever);
    CHECK(world.broken.empty());
}

TEST_CASE(
    "policy Recycle runs a pod, tells its events on the volume, and makes the volume Available") {
    VolumeWorld world;
    world.volume("pv").holds("3Gi").policy("Recycle").made();
    world.start();
    world.pass(1s);
    world.claim("data").made();
    world.settle();
    world.remove_claim("data");
    world.pass(1s);
    const api::Key key("default", "recycler-for-pv");
    const auto pod = api::as<api::Pod>(world.server->find(api::Kind::Pod, key));
    REQUIRE(pod);
    CHECK(pod->spec.activeDeadlineSeconds == 90);
    api::Value event;
    event["apiVersion"] = "v1";
    event["kind"] = "Event";
    event["metadata"]["name"] = "e";
    event["metadata"]["namespace"] = "default";
    event["involvedObject"]["name"] = "recycler-for-pv";
    event["involvedObject"]["namespace"] = "default";
    event["reason"] = "Started";
    event["message"] = "Started container pv-recycler";
    event["type"] = "Normal";
    CHECK(world.create(event).status.ok());
    world.pass(1s);
    world.edit<api::Pod>(
        pod, [](api::Pod& p) { p.status.phase = "Succeeded"; }, api::Subresource::Status);
    world.pass(5s);
    CHECK(world.volume_phase("pv") == "Available");
    CHECK_FALSE(world.volume_now("pv")->spec.claimRef);
    CHECK_FALSE(world.server->find(api::Kind::Pod, key));
    CHECK(world.events_about("pv") ==
          Writes{"RecyclerPod: Recycler pod: Started container pv-recycler",
                 "VolumeRecycled: Volume recycled"});
}

TEST_CASE("a recycler pod that failed fails the volume, and each resync tries again") {
    VolumeWorld world;
    world.volume("pv").policy("Recycle").made();
    world.start();
    world.pass(1s);
    world.claim("data").made();
    world.settle();
    world.remove_claim("data");
    world.pass(1s);
    const api::Key key("default", "recycler-for-pv");
    world.edit<api::Pod>(
        api::as<api::Pod>(world.server->find(api::Kind::Pod, key)),
        [](api::Pod& p) {
            p.status.phase = "Failed";
            p.status.message = "no such path";
        },
        api::Subresource::Status);
    world.pass(1s);
    CHECK(world.volume_phase("pv") == "Failed");
    CHECK(world.events_about("pv") ==
          Writes{"VolumeFailedRecycle: Recycle failed: failed to recycle volume: no such path"});
    world.settle();
    CHECK(world.server->find(api::Kind::Pod, key));
}

TEST_CASE("a recycler pod that outlived its controller is deleted, and the volume recycled later") {
    VolumeWorld world;
    world.volume("pv").policy("Recycle").made();
    world.start();
    world.pass(1s);
    world.claim("data").made();
    world.settle();
    world.remove_claim("data");
    world.pass(1s);
    const api::Key key("default", "recycler-for-pv");
    const auto old = world.server->find(api::Kind::Pod, key);
    REQUIRE(old);
    world.crash();
    world.pass(1s);
    world.start();
    world.pass(1s);
    CHECK(world.volume_phase("pv") == "Failed");
    CHECK(world.volume_now("pv")->status.message ==
          "Recycle failed: old recycler pod found, will retry later");
    world.pass(20s);
    const auto fresh = world.server->find(api::Kind::Pod, key);
    REQUIRE(fresh);
    CHECK(fresh->metadata.uid != old->metadata.uid);
}

TEST_CASE("a claim that waits for its first consumer tells for whom it waits") {
    VolumeWorld world;
    world.storage_class("wait", "csi.example.com", "WaitForFirstConsumer").made();
    world.volume("pv").of_class("wait").made();
    world.start();
    world.claim("alone").of_class("wait").made();
    world.pod("web-1").uses("one").made();
    world.claim("one").of_class("wait").made();
    world.pod("web-2").uses("two").made();
    world.pod("web-3").uses("two").made();
    world.claim("two").of_class("wait").made();
    world.settle();
    CHECK(world.events_about("alone") ==
          Writes{"WaitForFirstConsumer: waiting for first consumer to be created before binding"});
    CHECK(world.events_about("one") ==
          Writes{"WaitForPodScheduled: waiting for pod web-1 to be scheduled"});
    CHECK(world.events_about("two") ==
          Writes{"WaitForPodScheduled: waiting for pods web-2,web-3 to be scheduled"});
    CHECK(world.volume_phase("pv") == "Available");
}

TEST_CASE(
    "an external provisioner is asked by both annotations, and its volume is bound without a "
    "resync") {
    VolumeWorld world;
    world.storage_class("fast", "csi.example.com").made();
    world.start();
    world.claim("data").of_class("fast").made();
    world.pass(1s);
    const auto claim = world.claim_now("data");
    CHECK(claim->metadata.annotations.get(api::annotation::kStorageProvisioner) ==
          "csi.example.com");
    CHECK(claim->metadata.annotations.get(api::annotation::kBetaStorageProvisioner) ==
          "csi.example.com");
    CHECK(world.events_about("data").front().starts_with(
        "ExternalProvisioning: Waiting for a volume to be created either by the external "
        "provisioner 'csi.example.com'"));
    world.volume("pvc-1").of_class("fast").reserved_for("data", claim->metadata.uid).made();
    world.writes.clear();
    world.pass(1s);
    CHECK(world.writes == Writes{"update persistentvolumes/status pvc-1 200",
                                 "update persistentvolumeclaims data 200",
                                 "update persistentvolumeclaims/status data 200"});
    CHECK_FALSE(world.volume_now("pvc-1")->metadata.annotations.contains(
        api::annotation::kBoundByController));
}

TEST_CASE("what cannot be provisioned is told at each sync") {
    VolumeWorld world;
    world.storage_class("none", "kubernetes.io/no-provisioner").made();
    world.start();
    world.claim("a").of_class("missing").made();
    world.claim("b").of_class("none").made();
    world.pass(1s);
    CHECK(world.events_about("a") ==
          Writes{"ProvisioningFailed: storageclass.storage.k8s.io \"missing\" not found"});
    CHECK(
        world.events_about("b") ==
        Writes{"ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner"});
}

TEST_CASE("cleaning up is tried again where only the finalizer could not be taken away") {
    for (std::string_view version : {"1.36", "1.26"}) {
        CAPTURE(version);
        VolumeWorld world(version);
        world.options.profile.set_gate("HonorPVReclaimPolicy", true);
        world.options.save_interval = 1s;
        int creates = 0, reads_afterwards = 0;
        world.server->add_fault(
            [&](const api::Request& r, const api::Text&) -> std::optional<api::Status> {
                if (r.kind != api::Kind::PersistentVolume) return std::nullopt;
                if (r.verb == Verb::Get && creates > 0) ++reads_afterwards;
                if (r.verb != Verb::Create) return std::nullopt;
                ++creates;
                return api::Status(500, api::Reason::InternalError, "no");
            });
        world.storage_class("local", "kubernetes.io/host-path").made();
        world.start();
        world.claim("data").of_class("local").made();
        world.pass(14s);
        CHECK(creates == 5);
        CHECK(reads_afterwards == 5);
        const std::vector<std::string> told = world.events_about("data");
        REQUIRE(told.size() == 2);
        CHECK(
            told.back().starts_with("ProvisioningCleanupFailed: Error cleaning provisioned volume "
                                    "for claim default/data: persistentvolumes \"pvc-"));
    }
}

TEST_CASE(
    "the host path provisioner makes a volume that is bound to its claim and deleted after it") {
    VolumeWorld world;
    world.storage_class("local", "kubernetes.io/host-path").made();
    world.start();
    world.claim("data").of_class("local").made();
    world.settle();
    CHECK(world.claim_phase("data") == "Bound");
    const std::string name = world.claim_now("data")->spec.volumeName.str();
    CHECK(name == "pvc-" + world.claim_now("data")->metadata.uid.str());
    CHECK(world.volume_now(name)->metadata.has_finalizer(api::finalizer::kPVController));
    CHECK(world.events_about("data") ==
          Writes{"ProvisioningSucceeded: Successfully provisioned volume " + name +
                 " using kubernetes.io/host-path"});
    world.remove_claim("data");
    world.settle();
    CHECK(world.volume_phase(name) == "gone");
    CHECK(world.broken.empty());
}

TEST_CASE("a claim without a class first tries volumes without one, then takes the default") {
    VolumeWorld world;
    world.start();
    world.claim("data").without_class().made();
    world.pass(1s);
    world.storage_class("fast", "csi.example.com")
        .annotated("storageclass.kubernetes.io/is-default-class", "true")
        .made();
    world.settle();
    CHECK(world.claim_now("data")->spec.storageClassName == api::Text("fast"));
}

TEST_CASE("a volume bound for a claim that was bound elsewhere is given back") {
    VolumeWorld world;
    make_pair(world);
    world.settle();
    world.volume("pv-2")
        .reserved_for("data", world.claim_now("data")->metadata.uid)
        .annotated("pv.kubernetes.io/bound-by-controller", "yes")
        .made();
    world.settle();
    CHECK(world.volume_phase("pv-2") == "Available");
    CHECK_FALSE(world.volume_now("pv-2")->spec.claimRef);
    CHECK(world.broken.empty());
}

TEST_CASE("a claim made anew under the same name does not get the old one's volume") {
    VolumeWorld world;
    make_pair(world);
    world.settle();
    world.remove_claim("data");
    world.pass(1s);
    REQUIRE(world.claim_phase("data") == "gone");
    world.claim("data").wants("1Gi").made();
    world.settle();
    CHECK(world.claim_phase("data") == "Pending");
    CHECK(world.volume_phase("pv") == "Released");
}

TEST_CASE("matches are told while somebody asks for them") {
    struct Matches : Listener {
        std::vector<Matched> seen;
        void on(const Stamp&, const Happening& h) override {
            if (const auto* m = std::get_if<Matched>(&h)) seen.push_back(*m);
        }
    };
    VolumeWorld world;
    Matches matches;
    world.journal.listen(&matches);
    world.journal.want_matches(true);
    world.volume("small").holds("1Mi").made();
    make_pair(world);
    world.settle();
    REQUIRE(matches.seen.size() == 1);
    CHECK(matches.seen[0].volume == "pv");
    CHECK(matches.seen[0].passed_over ==
          std::vector<std::pair<api::Text, std::string_view>>{{api::Text("small"), "too small"}});
    world.journal.ignore(&matches);
}

}  // namespace model::volume
