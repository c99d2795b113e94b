#include <doctest/doctest.h>

#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

using volume::Writes;

TEST_CASE("a pod gets a node, and an event of events.k8s.io says so") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(1);
        world.pod("web").made();
        world.pass(1s);
        CHECK(world.node_of("web") == "node-1");
        CHECK(world.scheduler_writes() == Writes{"create pods/binding web 201"});
        CHECK(world.events_about("web") ==
              Writes{"Scheduled: Successfully assigned default/web to node-1"});
        world.server->for_each(api::Kind::Event, "", [](const api::ObjectRef& o) {
            const auto e = api::as<api::Event>(o);
            if (e->reason != "Scheduled") return;
            CHECK(e->eventTime);
            CHECK(e->action == "Binding");
            CHECK(e->reportingComponent == "default-scheduler");
            CHECK(e->count == 0);
        });
    }
}

TEST_CASE("pods that are not its own are left alone") {
    SchedulerWorld world;
    world.start_all(1);
    auto other = world.pod("other");
    other.v["spec"]["schedulerName"] = "mine";
    other.made();
    world.pod("placed").on_node("node-9").made();
    auto gated = world.pod("gated");
    gated.v["spec"]["schedulingGates"].push_back(api::Value::map({{"name", "example.com/wait"}}));
    gated.made();
    world.pass(400s);
    CHECK(world.scheduler_writes().empty());
    CHECK(world.why_not("gated") == "Scheduling is blocked due to non-empty scheduling gates");
    CHECK(world.explained("gated") == "is not scheduled before its scheduling gates are gone");
    world.edit<api::Pod>(world.pod_now("gated"),
                         [](api::Pod& p) { p.spec.extra.erase("schedulingGates"); });
    world.pass(1s);
    CHECK(world.node_of("gated") == "node-1");
}

TEST_CASE("the message of a pod that no node takes, by version") {
    struct Row {
        std::string_view version, message;
    };
    for (const Row& row :
         {Row{"1.26",
              "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: "
              "2 No preemption victims found for incoming pod.."},
          Row{"1.30",
              "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: "
              "2 No preemption victims found for incoming pod."},
          Row{"1.36",
              "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, "
              "preemption: 0/2 nodes are available: 2 Preemption is not helpful for "
              "scheduling."}}) {
        CAPTURE(row.version);
        SchedulerWorld world(row.version);
        world.start_all(2);
        SchedulerWorld::asks(world.pod("large"), "5").made();
        world.pass(1s);
        CHECK(world.why_not("large") == row.message);
        CHECK(world.node_of("large") == "");
    }
}

TEST_CASE("a refusal before the nodes, by version") {
    struct Row {
        std::string_view version, message;
    };
    for (const Row& row :
         {Row{"1.26",
              "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. "
              "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming "
              "pod.."},
          Row{"1.36",
              "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not "
              "found"}}) {
        CAPTURE(row.version);
        SchedulerWorld world(row.version);
        world.start_all(2);
        world.claim("data").made();
        world.pod("web").uses("data").made();
        world.pass(1s);
        CHECK(world.why_not("web") == row.message);
        // What it waited for: the claim's binding.
        world.volume("disk").made();
        world.pass(22s);
        CHECK(world.claim_phase("data") == "Bound");
        CHECK(world.node_of("web") != "");
    }
}

TEST_CASE("among equal nodes the scenario's word counts, among unequal ones the better") {
    SchedulerWorld world;
    world.setting.scheduler.choices["default/free"] = "node-2";
    world.setting.scheduler.choices["default/next"] = "node-1";
    world.start_all(3);
    SchedulerWorld::asks(world.pod("free"), "1").made();
    world.pass(1s);
    CHECK(world.node_of("free") == "node-2");
    world.setting.scheduler.choices["default/next"] = "node-2";
    SchedulerWorld::asks(world.pod("next"), "1").made();
    world.pass(1s);
    CHECK(world.node_of("next") == "node-1");
    SchedulerWorld::asks(world.pod("third"), "1").made();
    world.pass(1s);
    CHECK(world.node_of("third") == "node-3");
}

TEST_CASE("without nodes a pod waits for one") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(0);
        world.pod("web").made();
        world.pass(5s);
        CHECK(world.why_not("web") == "no nodes available to schedule pods");
        world.node("node-1").made();
        world.pass(12s);
        CHECK(world.node_of("web") == "node-1");
    }
}

TEST_CASE("a cordoned or tainted node is passed over, and its return wakes the pod") {
    SchedulerWorld world;
    world.start_all(1);
    const auto node = [&] {
        return api::as<api::Node>(world.server->find(api::Kind::Node, api::Key("", "node-1")));
    };
    world.edit<api::Node>(node(), [](api::Node& n) {
        n.spec.unschedulable = true;
        api::Taint taint;
        taint.key = "example.com/old";
        taint.effect = "NoSchedule";
        n.spec.taints.push_back(taint);
    });
    world.pass(1s);
    world.pod("web").made();
    world.pass(5s);
    CHECK(world.why_not("web") ==
          "0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, "
          "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
    world.edit<api::Node>(node(), [](api::Node& n) { n.spec.unschedulable = false; });
    world.pass(5s);
    CHECK(world.why_not("web").starts_with(
        "0/1 nodes are available: 1 node(s) had untolerated taint(s). "));
    world.edit<api::Node>(node(), [](api::Node& n) { n.spec.taints.clear(); });
    world.pass(5s);
    CHECK(world.node_of("web") == "node-1");
}

TEST_CASE("a pod of higher priority takes the place of the least important") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(1);
        world.ranks(SchedulerWorld::asks(world.pod("lower"), "2"), 0).made();
        world.pass(1s);
        world.ranks(SchedulerWorld::asks(world.pod("low"), "2"), 1).made();
        world.pass(1s);
        world.ranks(SchedulerWorld::asks(world.pod("high"), "2"), 10).made();
        world.pass(1s);
        REQUIRE(world.pod_now("lower"));
        REQUIRE(world.pod_now("lower")->metadata.terminating());
        CHECK(!world.pod_now("low")->metadata.terminating());
        CHECK(world.pod_now("high")->status.nominatedNodeName == "node-1");
        CHECK(world.why_not("high") == "0/1 nodes are available: 1 Insufficient cpu.");
        const std::string by =
            version == "1.26" ? "a pod" : "pod " + world.pod_now("high")->metadata.uid.str();
        CHECK(world.events_about("lower").back() ==
              "Preempted: Preempted by " + by + " on node node-1");
        // Nobody takes the freed place before it.
        api::DeleteOptions now;
        now.gracePeriodSeconds = 0;
        world.ranks(SchedulerWorld::asks(world.pod("late"), "2"), 1).made();
        world.remove(api::Kind::Pod, api::Key("default", "lower"), now);
        world.pass(12s);
        CHECK(world.node_of("high") == "node-1");
        CHECK(world.node_of("late") == "");
        if (version == "1.36") CHECK(world.pod_now("high")->status.nominatedNodeName == "");
    }
}

TEST_CASE("a pod and its claim's volume go to one node, the volume first") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(3);
        world.local_volume("disk", "node-2").made();
        world.claim("data").of_class("local").made();
        world.pass(1s);
        world.pod("web").uses("data").made();
        world.pass(900ms);
        CHECK(world.claim_phase("data") == "Bound");
        CHECK(world.node_of("web") == "");
        CHECK(world.explained("web").starts_with("placed on node-2, waits for "));
        world.pass(400ms);
        CHECK(world.node_of("web") == "node-2");
        const Writes old = {"update persistentvolumes disk 200", "create pods/binding web 201"};
        const Writes with_nomination = {"patch pods/status web 200",
                                        "update persistentvolumes disk 200",
                                        "create pods/binding web 201"};
        CHECK(world.scheduler_writes() == (version == "1.26" ? old : with_nomination));
        CHECK(world.broken.empty());
    }
}

TEST_CASE("two pods at once do not take one volume") {
    SchedulerWorld world;
    world.start_all(1);
    for (std::string_view name : {"a", "b"}) {
        world.local_volume("disk-" + std::string(name), "node-1").made();
        world.claim(name).of_class("local").made();
    }
    world.pass(1s);
    world.pod("web-a").uses("a").made();
    world.pod("web-b").uses("b").made();
    world.pass(3s);
    CHECK(world.node_of("web-a") == "node-1");
    CHECK(world.node_of("web-b") == "node-1");
    CHECK(world.claim_now("a")->spec.volumeName != world.claim_now("b")->spec.volumeName);
    CHECK(world.broken.empty());
}

TEST_CASE("what nobody provisions is given up after ten minutes, and stays on its node") {
    struct Row {
        std::string_view version, error;
    };
    for (const Row& row : {Row{"1.26", "timed out waiting for the condition"},
                           Row{"1.36", "context deadline exceeded"}}) {
        CAPTURE(row.version);
        SchedulerWorld world(row.version);
        world.start_all(2);
        world.storage_class("fast", "csi.example.com", "WaitForFirstConsumer").made();
        world.claim("data").of_class("fast").made();
        world.pass(1s);
        world.pod("web").uses("data").made();
        world.pass(599s);
        CHECK(world.why_not("web") == "");
        const std::string selected(
            world.claim_now("data")->metadata.annotations.get(api::annotation::kSelectedNode));
        CHECK(selected != "");
        world.pass(2s);
        CHECK(world.why_not("web") ==
              "running PreBind plugin \"VolumeBinding\": binding volumes: " +
                  std::string(row.error));
        world.pass(60s);
        CHECK(world.claim_now("data")->metadata.annotations.get(api::annotation::kSelectedNode) ==
              selected);
        CHECK(world.explained("web").starts_with("placed on " + selected));
    }
}

TEST_CASE("who takes the annotation away sends the pod to another node") {
    SchedulerWorld world;
    world.start_all(2);
    world.storage_class("fast", "csi.example.com", "WaitForFirstConsumer").made();
    world.claim("data").of_class("fast").made();
    world.pass(1s);
    world.pod("web").uses("data").made();
    world.pass(2500ms);
    world.edit<volume::PVC>(world.claim_now("data"), [](volume::PVC& c) {
        c.metadata.annotations.erase(api::annotation::kSelectedNode);
    });
    world.pass(2s);
    CHECK(world.events_about("web").front() ==
          "FailedScheduling: running PreBind plugin \"VolumeBinding\": binding volumes: "
          "provisioning failed for PVC \"data\"");
    world.pass(3s);
    CHECK(world.claim_now("data")->metadata.annotations.contains(api::annotation::kSelectedNode));
}

TEST_CASE("a scheduler that died over a binding takes it up again on the same node") {
    SchedulerWorld world;
    world.start_all(3);
    world.storage_class("fast", "csi.example.com", "WaitForFirstConsumer").made();
    world.claim("data").of_class("fast").made();
    world.pass(1s);
    world.pod("web").uses("data").made();
    world.pass(1500ms);
    const std::string selected(
        world.claim_now("data")->metadata.annotations.get(api::annotation::kSelectedNode));
    world.crash_scheduler();
    world.pass(2s);
    world.start_scheduler(false);
    world.pass(700ms);
    const std::size_t before = world.scheduler_writes().size();
    world.pass(1s);
    CHECK(world.scheduler_writes().size() > before);
    CHECK(world.explained("web").starts_with("placed on " + selected));
    // Somebody makes the volume at last.
    world.volume("made")
        .of_class("fast")
        .reserved_for("data", world.claim_now("data")->metadata.uid.view())
        .made();
    world.pass(20s);
    CHECK(world.node_of("web") == selected);
    CHECK(world.broken.empty());
}

}  // namespace model::scheduler
