#include <doctest/doctest.h>

#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

namespace {

using Draft = SchedulerWorld::Draft;

Draft labelled(Draft draft, std::string_view app) {
    draft.v["metadata"]["labels"]["app"] = app;
    return draft;
}

// "podAffinity" or "podAntiAffinity" towards pods of that app, by node.
Draft near(Draft draft, std::string_view which, std::string_view app) {
    api::Value term;
    term["labelSelector"]["matchLabels"]["app"] = app;
    term["topologyKey"] = "kubernetes.io/hostname";
    draft.v["spec"]["affinity"][which]["requiredDuringSchedulingIgnoredDuringExecution"].push_back(
        std::move(term));
    return draft;
}

Draft spread(Draft draft, std::string_view app, bool required) {
    api::Value c;
    c["maxSkew"] = 1;
    c["topologyKey"] = "topology.kubernetes.io/zone";
    c["whenUnsatisfiable"] = required ? "DoNotSchedule" : "ScheduleAnyway";
    c["labelSelector"]["matchLabels"]["app"] = app;
    draft.v["spec"]["topologySpreadConstraints"].push_back(std::move(c));
    return draft;
}

void start(SchedulerWorld& world) {
    world.start();
    world.node("node-1", "zone-a").made();
    world.node("node-2", "zone-b").made();
    world.start_scheduler();
    world.pass(100ms);
}

}  // namespace

TEST_CASE("affinity and anti-affinity to pods that are there, and theirs to new ones") {
    SchedulerWorld world;
    start(world);
    world.setting.scheduler.choices = {};
    near(labelled(world.pod("db"), "db"), "podAffinity", "db").made();  // the first of its kind
    world.pass(1s);
    const std::string home = world.node_of("db");
    REQUIRE(home != "");
    near(world.pod("close"), "podAffinity", "db").made();
    near(labelled(world.pod("loner"), "loner"), "podAntiAffinity", "db").made();
    world.pass(1s);
    CHECK(world.node_of("close") == home);
    CHECK(world.node_of("loner") == (home == "node-1" ? "node-2" : "node-1"));
    near(near(world.pod("torn"), "podAffinity", "db"), "podAntiAffinity", "db").made();
    near(world.pod("friendless"), "podAffinity", "nobody").made();
    world.pass(1s);
    CHECK(
        world.why_not("torn").starts_with("0/2 nodes are available: 1 node(s) didn't match pod "
                                          "affinity rules, 1 node(s) didn't match "
                                          "pod anti-affinity rules. "));
    CHECK(world.why_not("friendless")
              .starts_with("0/2 nodes are available: 2 node(s) didn't match pod affinity rules. "));
    labelled(world.pod("friend"), "nobody").made();
    world.pass(3s);
    CHECK(world.node_of("friendless") == world.node_of("friend"));
}

TEST_CASE("the anti-affinity of a pod that is there keeps others off") {
    SchedulerWorld world;
    start(world);
    for (int i = 1; i <= 2; ++i) {
        near(labelled(world.pod("shy-" + std::to_string(i)), "shy"), "podAntiAffinity", "shy")
            .made();
        world.pass(1s);
    }
    CHECK(world.node_of("shy-1") != world.node_of("shy-2"));
    labelled(world.pod("third"), "shy").made();
    world.pass(1s);
    CHECK(world.why_not("third").starts_with(
        "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules. "));
}

TEST_CASE("pods spread over zones, by rule and by wish") {
    for (bool required : {true, false}) {
        CAPTURE(required);
        SchedulerWorld world;
        start(world);
        int in_a = 0;
        for (int i = 0; i < 6; ++i) {
            const std::string name = "web-" + std::to_string(i);
            spread(labelled(world.pod(name), "web"), "web", required).made();
            world.pass(1s);
            in_a += world.node_of(name) == "node-1" ? 1 : 0;
        }
        CHECK(in_a == 3);
    }
}

TEST_CASE("a zone that is full keeps a spread pod waiting") {
    SchedulerWorld world;
    start(world);
    SchedulerWorld::asks(world.pod("large"), "4").made();
    world.pass(1s);
    const std::string full = world.node_of("large");
    spread(SchedulerWorld::asks(labelled(world.pod("web-1"), "web"), "1"), "web", true).made();
    world.pass(1s);
    CHECK(world.node_of("web-1") != full);
    spread(SchedulerWorld::asks(labelled(world.pod("web-2"), "web"), "1"), "web", true).made();
    world.pass(1s);
    CHECK(world.why_not("web-2").starts_with(
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread "
        "constraints. "));
}

TEST_CASE("the pods of a service spread without being told to") {
    SchedulerWorld world;
    start(world);
    api::Value service;
    service["apiVersion"] = "v1";
    service["kind"] = "Service";
    service["metadata"]["name"] = "web";
    service["spec"]["selector"]["app"] = "web";
    CHECK(world.create(service).status.ok());
    world.pass(1s);
    int in_a = 0;
    for (int i = 0; i < 6; ++i) {
        const std::string name = "web-" + std::to_string(i);
        labelled(world.pod(name), "web").made();
        world.pass(1s);
        in_a += world.node_of(name) == "node-1" ? 1 : 0;
    }
    CHECK(in_a == 3);
}

}  // namespace model::scheduler
