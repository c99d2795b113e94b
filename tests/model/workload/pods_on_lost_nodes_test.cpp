// Taint eviction and pod garbage collection.
#include <doctest/doctest.h>

#include "tests/model/workload/node_world.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;
namespace taint = workload::taint;

TEST_SUITE_BEGIN("pods on lost nodes");

TEST_CASE("a pod that tolerates nothing is evicted at once, with a condition and an event") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    w.run_to(1s);
    w.add_taint("node-1", "maintenance", taint::kNoExecute);
    w.run_to(1100ms);
    const auto pod = w.find_pod("p");
    REQUIRE(pod);
    CHECK(pod->metadata.terminating());
    const api::Condition* c = workload::find_condition(pod->status.conditions, "DisruptionTarget");
    REQUIRE(c);
    CHECK(c->reason == "DeletionByTaintManager");
    CHECK(w.events("TaintManagerEviction") == 1);
}

TEST_CASE("an eviction waits for the least toleration, and is cancelled with the taint") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(366s);  // unknown at 66 s, 300 s of default toleration
    CHECK_FALSE(w.find_pod("p")->metadata.terminating());
    w.run_to(366500ms);
    CHECK(w.find_pod("p")->metadata.terminating());

    NodeWorld back;
    (void)back.create(NodeWorld::pod("p", "node-1"));
    back.run_pod("p");
    back.run_to(14s);
    (void)back.cluster.heartbeats().stop("node-1");
    back.run_to(200s);
    (void)back.cluster.heartbeats().start("node-1");
    back.run_to(10min);
    CHECK_FALSE(back.find_pod("p")->metadata.terminating());
    CHECK(back.events("TaintManagerEviction") == 1);  // the cancellation
}

TEST_CASE("a restarted controller manager counts tolerations from the beginning") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(300s);
    (void)w.cluster.stop_component("kube-controller-manager");
    (void)w.cluster.start_component("kube-controller-manager");
    w.run_to(600s);
    CHECK_FALSE(w.find_pod("p")->metadata.terminating());
    w.run_to(602s);  // up at 300.95 s
    CHECK(w.find_pod("p")->metadata.terminating());
}

TEST_CASE("pods of a node that is gone are collected by a pass forty seconds after the first") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    w.run_to(3s);
    (void)w.remove(Kind::Node, Key("", "node-1"));
    w.run_to(61900ms);  // the first pass is at 22 s
    REQUIRE(w.find_pod("p"));
    CHECK(w.find_pod("p")->status.phase == "Running");
    w.run_to(63s);
    CHECK_FALSE(w.find_pod("p"));
}

TEST_CASE("a node that comes back within the quarantine keeps its pods") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    w.run_to(3s);
    (void)w.cluster.heartbeats().stop("node-1");
    (void)w.remove(Kind::Node, Key("", "node-1"));
    w.run_to(30s);
    (void)w.cluster.heartbeats().start("node-1");
    w.run_to(5min);
    REQUIRE(w.node("node-1"));
    CHECK(w.find_pod("p"));
}

TEST_CASE("out of service and not ready together end a terminating pod within twenty seconds") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    w.run_pod("p");
    w.run_to(14s);
    (void)w.cluster.heartbeats().stop("node-1");
    w.run_to(65s);
    w.add_taint("node-1", taint::kOutOfService, taint::kNoExecute);
    w.run_to(65900ms);
    REQUIRE(w.find_pod("p"));  // evicted, but its node counts as ready
    CHECK(w.find_pod("p")->metadata.terminating());
    w.run_to(82s + 100ms);  // unknown at 66 s, passes at 2 s + 20 s each
    CHECK_FALSE(w.find_pod("p"));
}

TEST_CASE("deleting a pod marks it before it goes, in two writes") {
    NodeWorld w;
    (void)w.create(NodeWorld::pod("p", "node-1"));
    const auto before = w.cluster.server().resource_version();
    (void)w.remove(Kind::Pod, Key("default", "p"), 0);
    CHECK(w.cluster.server().resource_version() == before + 2);
    CHECK_FALSE(w.find_pod("p"));
}

TEST_CASE("the eviction subresource keeps to a disruption budget") {
    NodeWorld w;
    api::Value pod = NodeWorld::pod("p", "node-1");
    pod["metadata"]["labels"]["app"] = "db";
    (void)w.create(pod);
    w.run_pod("p");
    api::Value budget;
    budget["apiVersion"] = "policy/v1";
    budget["kind"] = "PodDisruptionBudget";
    budget["metadata"]["name"] = "b";
    budget["metadata"]["namespace"] = "default";
    budget["spec"]["minAvailable"] = 1;
    budget["spec"]["selector"]["matchLabels"]["app"] = "db";
    REQUIRE(w.create(budget).status.code == 201);
    api::Request evict;
    evict.verb = Verb::Create;
    evict.kind = Kind::Pod;
    evict.subresource = api::Subresource::Eviction;
    evict.key = Key("default", "p");
    const api::Response refused = w.send(evict);
    CHECK(refused.status.code == 429);
    CHECK(refused.status.message ==
          "Cannot evict pod as it would violate the pod's disruption budget.");
    const Kind kind = w.cluster.server().scheme().find("PodDisruptionBudget")->id;
    (void)w.remove(kind, Key("default", "b"));
    CHECK(w.send(evict).status.code == 201);
    CHECK(w.find_pod("p")->metadata.terminating());
}
