#include <doctest/doctest.h>

#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

namespace {

api::Response post_binding(SchedulerWorld& world, std::string_view pod, std::string_view node,
                           std::string_view uid = "") {
    api::Request r;
    r.verb = Verb::Create;
    r.kind = api::Kind::Pod;
    r.key = api::Key("default", pod);
    r.subresource = api::Subresource::Binding;
    r.manifest["metadata"]["name"] = pod;
    if (!uid.empty()) r.manifest["metadata"]["uid"] = uid;
    r.manifest["target"]["kind"] = "Node";
    r.manifest["target"]["name"] = node;
    return world.server->handle(r, "test");
}

}  // namespace

TEST_CASE("a binding gives a pod its node, its condition, and the node's zone") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.node("node-1", "zone-a").made();
        world.pod("web").made();
        CHECK(post_binding(world, "web", "node-1").status.code == 201);
        CHECK(world.node_of("web") == "node-1");
        REQUIRE(world.pod_now("web")->status.conditions.size() == 1);
        CHECK(world.pod_now("web")->status.conditions[0].type == "PodScheduled");
        CHECK(world.pod_now("web")->status.conditions[0].status == "True");
        CHECK(world.pod_now("web")->metadata.labels.get("topology.kubernetes.io/zone") ==
              (version == "1.36" ? "zone-a" : ""));
    }
}

TEST_CASE("whom the server does not bind") {
    SchedulerWorld world;
    world.node("node-1").made();
    const auto refused = [&](std::string_view pod, std::string_view node, std::string_view uid) {
        const api::Response r = post_binding(world, pod, node, uid);
        return std::to_string(r.status.code) + " " + r.status.message.str();
    };
    CHECK(refused("web", "node-1", "") == "404 pods \"web\" not found");
    world.pod("web").made();
    const std::string uid = world.pod_now("web")->metadata.uid.str();
    CHECK(refused("web", "node-1", "other") ==
          "409 Operation cannot be fulfilled on pods/binding \"web\": Precondition failed: UID in "
          "precondition: other, UID in object meta: " +
              uid);
    CHECK(refused("web", "", "") == "500 target.name: Required value");
    CHECK(post_binding(world, "web", "node-1", uid).status.ok());
    CHECK(refused("web", "node-2", "") ==
          "409 Operation cannot be fulfilled on pods/binding \"web\": pod web is already assigned "
          "to node \"node-1\"");
    world.remove(api::Kind::Pod, api::Key("default", "web"));
    CHECK(refused("web", "node-2", "") ==
          "409 Operation cannot be fulfilled on pods/binding \"web\": pod web is being deleted, "
          "cannot be assigned to a host");
    auto gated = world.pod("gated");
    gated.v["spec"]["schedulingGates"].push_back(api::Value::map({{"name", "example.com/wait"}}));
    gated.made();
    CHECK(refused("gated", "node-1", "") ==
          "409 Operation cannot be fulfilled on pods/binding \"gated\": pod gated has non-empty "
          ".spec.schedulingGates");
}

TEST_CASE("a pod that somebody else binds first is let go") {
    SchedulerWorld world;
    world.start_all(1);
    world.pod("web").made();
    world.engine.run_until(world.engine.now() + 3ms);  // chosen, and the binding under way
    CHECK(post_binding(world, "web", "node-9").status.ok());
    world.pass(30s);
    CHECK(world.node_of("web") == "node-9");
    CHECK(world.explained("web") == "");
    CHECK(world.scheduler_writes().front() == "create pods/binding web 409");
}

}  // namespace model::scheduler
