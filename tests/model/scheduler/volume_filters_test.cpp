#include <doctest/doctest.h>

#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

namespace {

// A bound pair of a CSI driver.
void disk(SchedulerWorld& world, std::string_view name, std::string_view mode = "ReadWriteOnce") {
    auto volume = world.volume("pv-" + std::string(name)).of_class("csi").reserved_for(name);
    volume.v["spec"].erase("hostPath");
    volume.v["spec"]["csi"]["driver"] = "csi.example.com";
    volume.v["spec"]["csi"]["volumeHandle"] = "vol-" + std::string(name);
    volume.v["spec"]["accessModes"] = api::Value::list();
    volume.v["spec"]["accessModes"].push_back(mode);
    volume.made();
    auto claim = world.claim(name).of_class("csi").names("pv-" + std::string(name));
    claim.v["spec"]["accessModes"] = api::Value::list();
    claim.v["spec"]["accessModes"].push_back(mode);
    claim.made();
}

api::Value csi_node(std::string_view node, int limit) {
    api::Value v, driver;
    v["apiVersion"] = "storage.k8s.io/v1";
    v["kind"] = "CSINode";
    v["metadata"]["name"] = node;
    driver["name"] = "csi.example.com";
    driver["nodeID"] = node;
    driver["allocatable"]["count"] = limit;
    v["spec"]["drivers"].push_back(std::move(driver));
    return v;
}

void settle_claims(SchedulerWorld& world) { world.pass(35s); }

}  // namespace

TEST_CASE("a node takes as many volumes as its CSINode says") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(1);
        world.create(csi_node("node-1", 1));
        for (std::string_view name : {"a", "b"}) disk(world, name);
        settle_claims(world);
        world.pod("first").uses("a").made();
        world.pass(1s);
        world.pod("same").uses("a").made();
        world.pod("second").uses("b").made();
        world.pass(1s);
        CHECK(world.node_of("first") == "node-1");
        CHECK(world.node_of("same") == "node-1");  // the volume is there already
        CHECK(world.why_not("second").starts_with(
            "0/1 nodes are available: 1 node(s) exceed max volume count."));
        // More room.
        api::Value grown = csi_node("node-1", 2);
        const auto now =
            api::as<api::CSINode>(world.server->find(api::Kind::CSINode, api::Key("", "node-1")));
        if (version == "1.36") {
            world.edit<api::CSINode>(
                now, [](api::CSINode& n) { n.spec.drivers[0].allocatable->count = 2; });
        } else {
            api::DeleteOptions at_once;
            at_once.gracePeriodSeconds = 0;
            for (std::string_view pod : {"first", "same"})
                world.remove(api::Kind::Pod, api::Key("default", pod), at_once);
        }
        world.pass(12s);
        CHECK(world.node_of("second") == "node-1");
    }
}

TEST_CASE("a volume that is still being detached counts since 1.32") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(1);
        world.create(csi_node("node-1", 1));
        for (std::string_view name : {"a", "b"}) disk(world, name);
        settle_claims(world);
        api::Value va;
        va["apiVersion"] = "storage.k8s.io/v1";
        va["kind"] = "VolumeAttachment";
        va["metadata"]["name"] = "va";
        va["spec"]["attacher"] = "csi.example.com";
        va["spec"]["nodeName"] = "node-1";
        va["spec"]["source"]["persistentVolumeName"] = "pv-a";
        CHECK(world.create(va).status.ok());
        world.pass(1s);
        world.pod("second").uses("b").made();
        world.pass(1s);
        CHECK(world.node_of("second") == (version == "1.26" ? "node-1" : ""));
        world.remove(api::Kind::VolumeAttachment, api::Key("", "va"));
        world.pass(12s);
        CHECK(world.node_of("second") == "node-1");
    }
}

TEST_CASE("a claim for one pod only waits for that pod's end") {
    struct Row {
        std::string_view version, message;
    };
    for (const Row& row :
         {Row{"1.28",
              "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same "
              "name and ReadWriteOncePod access mode. preemption: 0/1 nodes are available: 1 No "
              "preemption victims found for incoming pod."},
          Row{"1.36",
              "0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with "
              "ReadWriteOncePod access mode already in-use by another pod. no new claims to "
              "deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for "
              "incoming pod."}}) {
        CAPTURE(row.version);
        SchedulerWorld world(row.version);
        world.start_all(1);
        disk(world, "a", "ReadWriteOncePod");
        settle_claims(world);
        world.pod("first").uses("a").made();
        world.pass(1s);
        world.pod("second").uses("a").made();
        world.pass(1s);
        CHECK(world.why_not("second") == row.message);
        // Who matters more takes it.
        world.ranks(world.pod("urgent").uses("a"), 10).made();
        world.pass(1s);
        CHECK(world.pod_now("first")->metadata.terminating());
        api::DeleteOptions now;
        now.gracePeriodSeconds = 0;
        world.remove(api::Kind::Pod, api::Key("default", "first"), now);
        world.pass(12s);
        CHECK(world.node_of("urgent") != "");
        CHECK(world.node_of("second") == "");
    }
}

TEST_CASE("a pod that has ended holds neither its claim nor its node") {
    SchedulerWorld world;
    world.start_all(1);
    disk(world, "a", "ReadWriteOncePod");
    settle_claims(world);
    SchedulerWorld::asks(world.pod("first").uses("a"), "4").made();
    world.pass(1s);
    SchedulerWorld::asks(world.pod("second").uses("a"), "4").made();
    world.pass(1s);
    CHECK(world.node_of("second") == "");
    world.edit<api::Pod>(
        world.pod_now("first"), [](api::Pod& p) { p.status.phase = "Succeeded"; },
        api::Subresource::Status);
    world.pass(3s);
    CHECK(world.node_of("second") == "node-1");
}

TEST_CASE("a claim bound to a volume that is gone, and one that no node reaches") {
    struct Row {
        std::string_view version, there, nowhere;
    };
    for (const Row& row :
         {Row{"1.26", "1 node(s) had volume node affinity conflict. ",
              "1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). "},
          // VolumeZone asks for the volume before the nodes.
          Row{"1.36", "1 node(s) didn't match PersistentVolume's node affinity. ",
              "persistentvolume \"gone\" not found. not found"}}) {
        CAPTURE(row.version);
        SchedulerWorld world(row.version);
        world.start_all(1);
        world.local_volume("far", "node-9").reserved_for("lonely").made();
        world.claim("lonely").of_class("local").names("far").made();
        auto orphan =
            world.claim("orphan").names("gone").annotated("pv.kubernetes.io/bind-completed", "yes");
        world.pass(35s);
        world.pod("there").uses("lonely").made();
        world.crash();  // who would call the claim lost
        orphan.made();
        world.pod("nowhere").uses("orphan").made();
        world.pass(1s);
        const std::string begin = "0/1 nodes are available: ";
        CHECK(world.why_not("there").starts_with(begin + std::string(row.there)));
        CHECK(world.why_not("nowhere").starts_with(begin + std::string(row.nowhere)));
    }
}

TEST_CASE("a bound volume's zone binds the pod, by either label") {
    SchedulerWorld world;
    world.start();
    world.local_class();
    world.node("node-1", "zone-a").made();
    world.node("node-2", "zone-b").made();
    world.start_scheduler();
    auto volume = world.volume("disk");
    volume.v["metadata"]["labels"]["failure-domain.beta.kubernetes.io/zone"] = "zone-b__zone-c";
    volume.made();
    world.pass(1s);
    world.claim("data").made();
    world.pass(20s);
    world.pod("web").uses("data").made();
    world.pass(1s);
    CHECK(world.node_of("web") == "node-2");
    auto far = world.pod("far").uses("data");
    far.v["spec"]["nodeSelector"]["kubernetes.io/hostname"] = "node-1";
    far.made();
    world.pass(1s);
    CHECK(world.why_not("far").starts_with(
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) "
        "had no available volume zone. "));
}

TEST_CASE("where capacity is published a node needs some, and its growth wakes the pod") {
    SchedulerWorld world;
    world.start_all(2);
    world.storage_class("fast", "csi.example.com", "WaitForFirstConsumer").made();
    api::Value driver;
    driver["apiVersion"] = "storage.k8s.io/v1";
    driver["kind"] = "CSIDriver";
    driver["metadata"]["name"] = "csi.example.com";
    driver["spec"]["storageCapacity"] = true;
    CHECK(world.create(driver).status.ok());
    api::Value room;
    room["apiVersion"] = "storage.k8s.io/v1";
    room["kind"] = "CSIStorageCapacity";
    room["metadata"]["name"] = "room";
    room["metadata"]["namespace"] = "default";
    room["storageClassName"] = "fast";
    room["capacity"] = "512Mi";
    room["nodeTopology"]["matchLabels"]["kubernetes.io/hostname"] = "node-2";
    CHECK(world.create(room).status.ok());
    world.claim("data").of_class("fast").made();
    world.pass(1s);
    world.pod("web").uses("data").made();
    world.pass(1s);
    CHECK(world.why_not("web").starts_with(
        "0/2 nodes are available: 2 node(s) did not have enough free storage. "));
    const auto now = api::as<api::CSIStorageCapacity>(
        world.server->find(api::Kind::CSIStorageCapacity, api::Key("default", "room")));
    world.edit<api::CSIStorageCapacity>(
        now, [](api::CSIStorageCapacity& c) { c.capacity = api::Quantity::parse("2Gi"); });
    world.pass(2s);
    CHECK(world.claim_now("data")->metadata.annotations.get(api::annotation::kSelectedNode) ==
          "node-2");
}

TEST_CASE("allowed topologies and volumes that are elsewhere") {
    SchedulerWorld world;
    world.start_all(2);
    auto cls = world.storage_class("zonal", "csi.example.com", "WaitForFirstConsumer");
    api::Value term, label;
    label["key"] = "kubernetes.io/hostname";
    label["values"].push_back("node-2");
    term["matchLabelExpressions"].push_back(std::move(label));
    cls.v["allowedTopologies"].push_back(std::move(term));
    cls.made();
    world.claim("new").of_class("zonal").made();
    world.local_volume("disk", "node-1").made();
    world.claim("old").of_class("local").made();
    world.pass(1s);
    auto both = world.pod("both").uses("new").uses("old");
    both.v["spec"]["volumes"].edit_list()[1]["name"] = "more";
    both.made();
    world.pass(1s);
    CHECK(world.why_not("both").starts_with(
        "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. "));
    world.pod("one").uses("new").made();
    world.pass(1s);
    CHECK(world.claim_now("new")->metadata.annotations.get(api::annotation::kSelectedNode) ==
          "node-2");
}

TEST_CASE("what keeps a pod from its claims, before the nodes") {
    SchedulerWorld world;
    world.start_all(1);
    auto own = world.pod("own");
    api::Value volume;
    volume["name"] = "scratch";
    volume["ephemeral"]["volumeClaimTemplate"]["spec"]["accessModes"].push_back("ReadWriteOnce");
    volume["ephemeral"]["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"] = "1Gi";
    own.v["spec"]["volumes"].push_back(std::move(volume));
    own.made();
    world.pass(1s);
    CHECK(world.why_not("own").starts_with(
        "0/1 nodes are available: waiting for ephemeral volume controller to create the "
        "persistentvolumeclaim \"own-scratch\". "));
    world.claim("own-scratch").made();
    world.pass(2s);
    CHECK(world.why_not("own").starts_with(
        "0/1 nodes are available: PVC default/own-scratch was not created for pod default/own "
        "(pod is not owner). "));
}

}  // namespace model::scheduler
