#include <doctest/doctest.h>

#include "tests/model/volume/volume_world.hpp"

namespace model::volume {

TEST_CASE("a claim in use outlives its deletion until the pod is gone") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        VolumeWorld world(version);
        world.start();
        world.claim("data").made();
        world.pod("web").uses("data").on_node("node-1").made();
        world.pass(1s);
        world.remove_claim("data");
        world.pass(1s);
        REQUIRE(world.claim_now("data"));
        CHECK(world.process->controllers()[1]->explain(api::Kind::PersistentVolumeClaim,
                                                       api::Key("default", "data")) ==
              "being deleted; kept until pod default/web is deleted");
        api::DeleteOptions now;
        now.gracePeriodSeconds = 0;
        world.remove(api::Kind::Pod, api::Key("default", "web"), now);
        world.pass(1s);
        CHECK(world.claim_phase("data") == "gone");
        CHECK(world.broken.empty());
    }
}

TEST_CASE("a pod without a node holds no claim") {
    VolumeWorld world;
    world.start();
    world.claim("data").made();
    world.pod("web").uses("data").made();
    world.pass(1s);
    world.remove_claim("data");
    world.pass(1s);
    CHECK(world.claim_phase("data") == "gone");
}

TEST_CASE("who holds a claim") {
    api::Pod pod;
    pod.metadata.ns = "default";
    pod.metadata.name = "web";
    pod.metadata.uid = "pod-uid";
    api::Volume v;
    v.name = "data";
    v.persistentVolumeClaim = api::PersistentVolumeClaimVolumeSource();
    v.persistentVolumeClaim->claimName = "data";
    pod.spec.volumes.push_back(v);
    PVC claim;
    claim.metadata.ns = "default";
    claim.metadata.name = "data";
    CHECK_FALSE(keeps_from_deletion(pod, claim));
    CHECK(counts_as_user(pod, claim));
    pod.spec.nodeName = "node-1";
    CHECK(keeps_from_deletion(pod, claim));
    pod.status.phase = "Succeeded";  // the kubelet may still be unmounting
    CHECK(keeps_from_deletion(pod, claim));
    CHECK_FALSE(counts_as_user(pod, claim));

    SUBCASE("a generic ephemeral volume holds only the claim that was made for it") {
        pod.spec.volumes[0].persistentVolumeClaim.reset();
        pod.spec.volumes[0].ephemeral = api::EphemeralVolumeSource();
        claim.metadata.name = "web-data";
        CHECK_FALSE(keeps_from_deletion(pod, claim));
        api::OwnerReference owner;
        owner.uid = "pod-uid";
        owner.controller = true;
        claim.metadata.ownerReferences.push_back(owner);
        CHECK(keeps_from_deletion(pod, claim));
        pod.metadata.deletionTimestamp = api::Timestamp{};
        pod.metadata.deletionGracePeriodSeconds = 0;
        CHECK_FALSE(keeps_from_deletion(pod, claim));
    }
}

TEST_CASE("claims of one namespace that are deleted together share a live list from 1.32 on") {
    for (std::string_view version : {"1.31", "1.32"}) {
        CAPTURE(version);
        struct Lists : Listener {
            int count = 0;
            void on(const Stamp&, const Happening& h) override {
                const auto* r = std::get_if<Requested>(&h);
                if (r && r->verb == Verb::List && r->by == "pvc-protection-controller") ++count;
            }
        };
        VolumeWorld world(version);
        Lists lists;
        world.journal.listen(&lists);
        world.start();
        for (std::string_view name : {"a", "b", "c"}) world.claim(name).made();
        world.pass(1s);
        for (std::string_view name : {"a", "b", "c"}) world.remove_claim(name);
        world.pass(1s);
        CHECK(world.claim_phase("c") == "gone");
        // They come within one instant, before the first is looked at.
        CHECK(lists.count == (version == "1.31" ? 3 : 1));
        world.journal.ignore(&lists);
    }
}

TEST_CASE("a removal that fails is tried again after 5 ms, and so on") {
    VolumeWorld world;
    int refused = 0;
    world.server->add_fault(
        [&](const api::Request& r, const api::Text& by) -> std::optional<api::Status> {
            if (by != "pvc-protection-controller" || r.verb != Verb::Update || refused++ >= 3)
                return std::nullopt;
            return api::Status(500, api::Reason::InternalError, "etcd is away");
        });
    world.start();
    world.claim("data").made();
    world.pass(1s);
    world.remove_claim("data");
    world.pass(1s);
    CHECK(refused == 4);
    CHECK(world.claim_phase("data") == "gone");
}

TEST_CASE("a Bound volume outlives its deletion until it is released") {
    VolumeWorld world;
    world.volume("pv").made();
    world.start();
    world.pass(1s);
    world.claim("data").made();
    world.settle();
    world.remove_volume("pv");
    world.pass(1s);
    CHECK(world.volume_phase("pv") == "Bound");
    world.remove_claim("data");
    world.pass(1s);
    CHECK(world.volume_phase("pv") == "gone");
    CHECK(world.broken.empty());
}

TEST_CASE("a volume and a claim that somebody stripped of their protection get it back") {
    VolumeWorld world;
    world.start();
    world.volume("pv").made();
    world.claim("data").made();
    world.pass(1s);
    world.edit<PV>(world.volume_now("pv"), [](PV& v) { v.metadata.finalizers.clear(); });
    world.edit<PVC>(world.claim_now("data"), [](PVC& c) { c.metadata.finalizers.clear(); });
    world.pass(1s);
    CHECK(world.volume_now("pv")->metadata.has_finalizer(api::finalizer::kPVProtection));
    CHECK(world.claim_now("data")->metadata.has_finalizer(api::finalizer::kPVCProtection));
}

TEST_CASE(
    "with the gate PersistentVolumeClaimUnusedSinceTime claims tell whether a pod uses them") {
    VolumeWorld world;
    api::ServerOptions o;
    o.profile = *Profile::of("1.36");
    o.profile.set_gate("PersistentVolumeClaimUnusedSinceTime", true);
    world.server = std::make_unique<api::Server>(world.engine, world.journal, std::move(o));
    api::Value ns;
    ns["apiVersion"] = "v1";
    ns["kind"] = "Namespace";
    ns["metadata"]["name"] = "default";
    (void)world.server->preload(ns);
    world.start();
    world.claim("data").made();
    world.pass(1s);
    REQUIRE(world.claim_now("data")->status.conditions.size() == 1);
    CHECK(world.claim_now("data")->status.conditions[0].reason == "NoPodsUsingPVC");
    world.pod("web").uses("data").made();
    world.pass(1s);
    CHECK(world.claim_now("data")->status.conditions[0].reason == "PodUsingPVC");
    CHECK(world.claim_now("data")->status.conditions[0].status == "False");
}

}  // namespace model::volume
