#include <doctest/doctest.h>

#include "model/scheduler/placement_rules.hpp"
#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

namespace {

// Somebody who says that he is the scheduler.
void place(SchedulerWorld& world, std::string_view pod, std::string_view node) {
    api::Request r;
    r.verb = Verb::Create;
    r.kind = api::Kind::Pod;
    r.key = api::Key("default", pod);
    r.subresource = api::Subresource::Binding;
    r.manifest["metadata"]["name"] = pod;
    r.manifest["target"]["name"] = node;
    CHECK(world.server->handle(r, "scheduler").status.ok());
}

}  // namespace

TEST_CASE("a scheduler that breaks its word is told so") {
    SchedulerWorld world;
    PlacementRules rules(world.journal, *world.server, true);
    world.start_all(2);
    world.crash_scheduler();
    world.claim("unbound").made();
    world.pod("hasty").uses("unbound").made();
    place(world, "hasty", "node-1");
    REQUIRE(world.broken.size() == 1);
    CHECK(world.broken[0] ==
          std::string(rule::kBoundFirst) + ": default/hasty on node-1, claim unbound is not bound");
    world.local_volume("disk", "node-1").reserved_for("local").made();
    world.claim("local").of_class("local").names("disk").made();
    world.pass(35s);
    world.pod("astray").uses("local").made();
    place(world, "astray", "node-2");
    REQUIRE(world.broken.size() == 2);
    CHECK(world.broken[1].ends_with("its volume does not reach the node"));
    PVC next = *world.claim_now("local");
    next.status.phase = "Pending";
    api::Request r;
    r.verb = Verb::Update;
    r.kind = api::Kind::PersistentVolumeClaim;
    r.key = next.key();
    r.subresource = api::Subresource::Status;
    r.body = api::freeze(std::move(next));
    CHECK(world.server->handle(r, "scheduler").status.ok());
    REQUIRE(world.broken.size() == 3);
    CHECK(world.broken[2].starts_with(rule::kOnlyReserves));
}

TEST_CASE("a claim for one pod only, twice") {
    SchedulerWorld world;
    PlacementRules rules(world.journal, *world.server, true);
    world.start_all(1);
    world.crash_scheduler();
    auto volume = world.volume("disk").reserved_for("single");
    volume.v["spec"]["accessModes"] = api::Value::list();
    volume.v["spec"]["accessModes"].push_back("ReadWriteOncePod");
    volume.made();
    auto claim = world.claim("single").names("disk");
    claim.v["spec"]["accessModes"] = api::Value::list();
    claim.v["spec"]["accessModes"].push_back("ReadWriteOncePod");
    claim.made();
    world.pass(35s);
    for (std::string_view pod : {"first", "second"}) world.pod(pod).uses("single").made();
    place(world, "first", "node-1");
    CHECK(world.broken.empty());
    place(world, "second", "node-1");
    REQUIRE(world.broken.size() == 1);
    CHECK(world.broken[0].starts_with(rule::kOnePod));
}

}  // namespace model::scheduler
