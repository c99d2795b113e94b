#include "tests/scenarios/played.hpp"

using namespace scenarios;
using namespace scenarios::test;
using namespace std::chrono_literals;

namespace {

sim::Duration ended(const Run& run) { return run.outcome().ended.time_since_epoch(); }

}  // namespace

TEST_CASE("a run ends when every loop has passed once since the last write") {
    auto run = play("  steps:\n  - {at: 1s, create: " + volume("pv") +
                    "}\n  - {at: 2s, create: " + claim("a") + "}\n");
    INFO(run->outcome().first_failure());
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(ended(*run) > 2s + run->cluster().settle_period());
    CHECK(ended(*run) < 4s + run->cluster().settle_period());
    CHECK(run->outcome().checks == 0);
}

TEST_CASE("a run does not end before its last step or an open expectation") {
    auto late = play("  steps:\n  - {at: 10m, note: the end}\n");
    CHECK(ended(*late) >= 10min);
    CHECK(late->outcome().exit == Exit::Fine);
    auto open = play("  expect:\n  - {within: 20m, object: {kind: Pod, name: a}}\n");
    CHECK(ended(*open) >= 20min);
    CHECK(open->outcome().exit == Exit::ExpectationFailed);
    CHECK(open->outcome().expectations[0].decided == sim::Time(20min));
}

TEST_CASE("always and never keep no run from ending") {
    auto run = play(
        "  expect:\n  - {never: {object: {kind: Pod}}}\n  - {always: {noMoreThan: 0, of: {kind: "
        "Pod}}}\n");
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(ended(*run) < 5min);
}

TEST_CASE("a run that writes for ever does not settle and says what was written") {
    std::string steps = "  steps:\n";
    for (int i = 0; i < 121; ++i) {
        steps += "  - {at: " + std::to_string(i * 30) +
                 "s, patch: {kind: Node, name: node-1, body: {metadata: {labels: {a: '" +
                 std::to_string(i) + "'}}}}}\n";
    }
    auto run = play("  cluster: {nodes: 1}\n" + steps);
    CHECK(run->outcome().exit == Exit::NotSettled);
    CHECK(ended(*run) == 1h);
    REQUIRE_FALSE(run->outcome().unsettled.empty());
    CHECK(run->outcome().first_failure().starts_with("did not settle: "));
}

TEST_CASE("a run with until never counts as unsettled, and ends just then") {
    auto run = play("  until: 10s\n  steps:\n  - {at: 9s, create: " + claim("a") + "}\n");
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(ended(*run) == 10s);
    Run::Options options;
    options.until = 7s;
    auto shorter =
        play("  until: 10s\n  steps:\n  - {at: 9s, create: " + claim("a") + "}\n", options);
    CHECK(shorter->outcome().exit == Exit::Fine);
    CHECK(ended(*shorter) == 7s);
    CHECK(shorter->outcome().steps[0].state == StepResult::State::Waiting);
}

TEST_CASE("without controllers a run ends soon") {
    auto run = play(
        "  cluster: {controllers: {kubeControllerManager: false}}\n  steps:\n  - {at: 1s, "
        "create: " +
        claim("a") + "}\n");
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(ended(*run) < 2min);
}

TEST_CASE("events and heartbeats keep no run from ending") {
    // A claim without a volume is told of at every resync.
    auto run = play("  steps:\n  - {create: " + claim("a") + "}\n");
    INFO(run->outcome().first_failure());
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(ended(*run) < 3min);
}
