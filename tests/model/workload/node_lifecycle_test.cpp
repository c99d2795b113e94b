#include <doctest/doctest.h>

#include "model/workload/node_zones.hpp"
#include "tests/model/workload/node_world.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;
namespace taint = workload::taint;

TEST_SUITE_BEGIN("nodes");

TEST_CASE("an idle cluster of nodes costs nothing, however long it idles") {
    NodeWorld w(50);
    w.run_to(2min);
    const auto before = w.cluster.engine().events_run();
    w.run_to(24h);
    CHECK(w.cluster.engine().events_run() - before < 10);
}

TEST_CASE("a silent node is unknown a grace after its last renewal was seen, and then tainted") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    // Renewed at 13 s, which the pass at 16 s sees; 50 s later is 66 s.
    w.run_to(14s);
    REQUIRE_FALSE(w.cluster.heartbeats().stop("node-1"));
    w.run_to(65900ms);
    CHECK(workload::is_ready(*w.node("node-1")));
    w.run_to(66s + 200ms);
    const auto node = w.node("node-1");
    const api::Condition* ready = workload::find_condition(node->status.conditions, "Ready");
    REQUIRE(ready);
    CHECK(ready->status == "Unknown");
    CHECK(ready->reason == "NodeStatusUnknown");
    CHECK(w.is_tainted("node-1", taint::kUnreachable, taint::kNoSchedule));
    CHECK(w.is_tainted("node-1", taint::kUnreachable, taint::kNoExecute));
    CHECK_FALSE(workload::is_ready(*w.find_pod("p")));
    w.run_to(67s);
    CHECK(w.events("NodeNotReady") == 2);  // about the node and about its pod
}

TEST_CASE("a node that is cut off falls silent, and is ready with its next renewal after that") {
    NodeWorld w;
    w.run_to(14s);
    REQUIRE_FALSE(w.cluster.cut_off_node("node-1"));
    CHECK(w.cluster.cut_off_node("node-1"));  // it is already
    CHECK(w.cluster.cut_off_node("node-9"));
    w.run_to(65900ms);
    CHECK(workload::is_ready(*w.node("node-1")));
    w.run_to(66s + 200ms);
    CHECK_FALSE(workload::is_ready(*w.node("node-1")));
    CHECK(w.is_tainted("node-1", taint::kUnreachable, taint::kNoExecute));
    w.run_to(90s);
    REQUIRE_FALSE(w.cluster.heal_node("node-1"));
    CHECK(w.cluster.heal_node("node-1"));  // it is not cut off
    w.run_to(92900ms);
    CHECK_FALSE(workload::is_ready(*w.node("node-1")));
    w.run_to(93s + 200ms);
    CHECK(workload::is_ready(*w.node("node-1")));
}

TEST_CASE("heartbeats that were stopped stay so when the node is reached again") {
    NodeWorld w;
    (void)w.cluster.cut_off_node("node-1");
    (void)w.cluster.heartbeats().stop("node-1");
    (void)w.cluster.heal_node("node-1");
    CHECK_FALSE(w.cluster.heartbeats().beats("node-1"));
    (void)w.cluster.heartbeats().start("node-1");
    CHECK(w.cluster.heartbeats().beats("node-1"));
}

TEST_CASE("up to 1.28 the NoExecute taint comes with the next pass") {
    NodeWorld w(3, "1.26");
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(56500ms);  // 40 s of grace
    CHECK(w.is_tainted("node-1", taint::kUnreachable, taint::kNoSchedule));
    CHECK_FALSE(w.is_tainted("node-1", taint::kUnreachable, taint::kNoExecute));
    w.run_to(61500ms);
    CHECK(w.is_tainted("node-1", taint::kUnreachable, taint::kNoExecute));
}

TEST_CASE("a node that comes back posts its status and loses its taints") {
    NodeWorld w;
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(100s);
    REQUIRE(w.is_tainted("node-1", taint::kUnreachable, taint::kNoExecute));
    REQUIRE_FALSE(w.cluster.heartbeats().start("node-1"));
    w.run_to(103500ms);  // the renewal at 103 s
    CHECK(workload::is_ready(*w.node("node-1")));
    CHECK_FALSE(w.is_tainted("node-1", taint::kUnreachable, taint::kNoSchedule));
    w.run_to(107s);
    CHECK(w.node("node-1")->spec.taints.empty());
}

TEST_CASE("a short silence is not noticed") {
    NodeWorld w;
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(30s);
    (void)w.cluster.heartbeats().start("node-1");
    w.run_to(10min);
    CHECK(w.events("NodeNotReady") == 0);
}

TEST_CASE("nodes of one zone are tainted ten seconds apart") {
    NodeWorld w(6, "1.36", true);
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    (void)w.cluster.heartbeats().stop("node-2");
    w.run_to(67s);
    const auto tainted = [&] {
        return int(w.is_tainted("node-1", taint::kUnreachable, taint::kNoExecute)) +
               int(w.is_tainted("node-2", taint::kUnreachable, taint::kNoExecute));
    };
    CHECK(tainted() == 1);
    w.run_to(77s);
    CHECK(tainted() == 2);
}

TEST_CASE("when no node answers nobody is evicted") {
    NodeWorld w(2);
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    (void)w.cluster.heartbeats().stop("node-2");
    w.run_to(10min);
    for (const char* node : {"node-1", "node-2"}) {
        CHECK(w.is_tainted(node, taint::kUnreachable, taint::kNoSchedule));
        CHECK_FALSE(w.is_tainted(node, taint::kUnreachable, taint::kNoExecute));
    }
    // With the first that is back the other is judged again.
    (void)w.cluster.heartbeats().start("node-1");
    w.run_to(11min);
    CHECK(w.node("node-1")->spec.taints.empty());
    CHECK(w.is_tainted("node-2", taint::kUnreachable, taint::kNoExecute));
}

TEST_CASE("a small zone that is mostly lost evicts nothing; a zone's state is a share") {
    using workload::state_of;
    using workload::ZoneCount;
    using workload::ZoneState;
    CHECK(state_of(ZoneCount{0, 3}) == ZoneState::Full);
    CHECK(state_of(ZoneCount{1, 2}) == ZoneState::Normal);   // not more than two
    CHECK(state_of(ZoneCount{2, 3}) == ZoneState::Partial);  // 60 %
    CHECK(state_of(ZoneCount{3, 3}) == ZoneState::Normal);   // 50 %
    workload::Zone zone;
    zone.count = ZoneCount{2, 3};
    zone.set_limiter(ZoneState::Partial, sim::Time(1s));
    CHECK_FALSE(zone.limiter.try_accept(sim::Time(1h)));
    zone.count = ZoneCount{40, 60};
    zone.set_limiter(ZoneState::Partial, sim::Time(1h));
    CHECK(zone.limiter.try_accept(sim::Time(2h)));
    CHECK_FALSE(zone.limiter.try_accept(sim::Time(2h + 99s)));
    CHECK(zone.limiter.try_accept(sim::Time(2h + 100s)));
}

TEST_CASE("a cordoned node has the taint that says so, until it is uncordoned") {
    NodeWorld w;
    api::Value body;
    body["spec"]["unschedulable"] = true;
    (void)w.patch(Kind::Node, Key("", "node-1"), body);
    w.run_to(1s);
    CHECK(w.is_tainted("node-1", taint::kUnschedulable, taint::kNoSchedule));
    body["spec"]["unschedulable"] = api::Value();
    (void)w.patch(Kind::Node, Key("", "node-1"), body);
    w.run_to(2s);
    CHECK(w.node("node-1")->spec.taints.empty());
}

TEST_CASE("a new node takes pods once it was seen ready, and is told of") {
    NodeWorld w(1);
    api::Value v;
    v["apiVersion"] = "v1";
    v["kind"] = "Node";
    v["metadata"]["name"] = "late";
    REQUIRE(w.create(v).status.code == 201);
    CHECK(w.is_tainted("late", taint::kNotReady, taint::kNoSchedule));
    w.run_to(4s);  // the heartbeat at 3 s
    CHECK(workload::is_ready(*w.node("late")));
    CHECK(w.node("late")->spec.taints.empty());
    w.run_to(7s);
    CHECK(w.events("RegisteredNode") == 1);
    (void)w.remove(Kind::Node, Key("", "late"));
    w.run_to(13s);
    CHECK(w.events("RemovingNode") == 1);
}

TEST_CASE("a restarted controller manager counts a node's grace from its own beginning") {
    NodeWorld w;
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(60s);
    (void)w.cluster.crash_component("kube-controller-manager", InFlight::Deliver);
    (void)w.cluster.start_component("kube-controller-manager");
    w.run_to(110s);
    CHECK(workload::is_ready(*w.node("node-1")));
    w.run_to(112s);  // up at 60.95 s
    CHECK_FALSE(workload::is_ready(*w.node("node-1")));
    CHECK(w.events("RegisteredNode") == 3);
}
