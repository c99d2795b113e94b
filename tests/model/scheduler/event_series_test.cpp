#include <doctest/doctest.h>

#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

namespace {

// "web 3": each event about the pod, with the count of its series.
std::vector<std::string> series_of(const SchedulerWorld& world, std::string_view reason) {
    std::vector<std::string> texts;
    world.server->for_each(api::Kind::Event, "", [&](const api::ObjectRef& o) {
        const auto e = api::as<api::Event>(o);
        const api::Value* count = e->series.find("count");
        if (e->reason == reason)
            texts.push_back(e->involvedObject.name.str() + " " +
                            std::to_string(count ? count->as_int() : 0));
    });
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

// One attempt each few seconds: a change of the node wakes the pod.
TEST_CASE("what is said again becomes a series, whose first repetition is seen at once") {
    SchedulerWorld world("1.36");
    world.start_all(1);
    const auto wake = [&] {
        const api::Key key("", "node-1");
        const auto node = api::as<api::Node>(world.server->find(api::Kind::Node, key));
        world.edit<api::Node>(
            node,
            [](api::Node& n) {
                n.status.allocatable.set("cpu", api::Quantity::of(4));
                n.status.allocatable.set(
                    "pods", api::Quantity::of(n.status.allocatable.find("pods")->value() + 1));
            },
            api::Subresource::Status);
        world.pass(12s);
    };
    SchedulerWorld::asks(world.pod("large"), "4").made();
    world.pass(1s);
    SchedulerWorld::asks(world.pod("second"), "4").made();
    world.pass(1s);
    CHECK(series_of(world, "FailedScheduling") == Texts{"second 0"});
    wake();  // the pod's version has changed by its condition: another event
    CHECK(series_of(world, "FailedScheduling") == Texts{"second 0", "second 0"});
    wake();
    CHECK(series_of(world, "FailedScheduling") == Texts{"second 0", "second 2"});
    wake();
    CHECK(series_of(world, "FailedScheduling") == Texts{"second 0", "second 2"});
    // One try each five minutes keeps the series alive; in half an hour it is written.
    world.pass(1700s);
    CHECK(series_of(world, "FailedScheduling") == Texts{"second 0", "second 2"});
    world.pass(100s);
    CHECK(series_of(world, "FailedScheduling") == Texts{"second 0", "second 8"});
}

TEST_CASE("up to 1.26 the server refuses a series of one, so that it is not seen") {
    SchedulerWorld world("1.26");
    world.start_all(1);
    world.claim("a").made();
    world.pod("web").uses("a").made();
    world.pass(1s);
    for (int i = 0; i < 3; ++i) {
        world.claim("other-" + std::to_string(i)).made();  // wakes every pod that waits for claims
        world.pass(12s);
    }
    CHECK(series_of(world, "FailedScheduling") == Texts{"web 0", "web 0"});
    const auto refused = [](const std::string& line) {
        return line.find("scheduler patch events") != std::string::npos && line.ends_with(" 422");
    };
    CHECK(std::count_if(world.all_writes.begin(), world.all_writes.end(), refused) == 1);
}

}  // namespace model::scheduler
