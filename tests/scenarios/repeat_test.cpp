// Steps with `repeat`, and the figures of `spec.compare`.
#include <doctest/doctest.h>

#include "scenarios/run.hpp"
#include "tests/scenarios/played.hpp"

namespace scenarios {

using namespace std::chrono_literals;

TEST_SUITE("repeat") {
    TEST_CASE("a repeated step is done at each of its times, numbered from 1") {
        const Scenario s = test::load(
            "  steps:\n"
            "  - at: 1s\n"
            "    repeat: {times: 3, every: 2s}\n"
            "    note: 'number ${i}'\n"
            "  - {at: 2s, note: between}\n");
        REQUIRE(s.steps.size() == 4);
        const auto text = [&](std::size_t i) {
            return std::get<action::Note>(s.steps[i].action).text;
        };
        CHECK(text(0) == "number 1");
        CHECK(text(1) == "between");
        CHECK(text(2) == "number 2");
        CHECK(text(3) == "number 3");
        CHECK(*s.steps[3].at == 5s);
    }

    TEST_CASE("what is odd about a repeated step is told once") {
        const Loaded loaded =
            load_text(test::scenario_of(
                          "  steps:\n"
                          "  - at: 1s\n"
                          "    repeat: {times: 50, every: 1ms}\n"
                          "    create: {apiVersion: v1, kind: PersistentVolume, metadata: {name: "
                          "'p-${i}'}, spec: {extraordinarilyUnknown: 1}}\n"),
                      "test.yaml");
        REQUIRE(loaded.scenario);
        CHECK(loaded.scenario->steps.size() == 50);
        CHECK(loaded.diagnostics.size() + loaded.scenario->warnings.size() < 4);
    }

    TEST_CASE("a bound on steps counts repetitions") {
        LoadOptions options;
        options.most_steps = 10;
        const std::string text =
            test::scenario_of("  steps:\n  - {at: 0s, repeat: {times: 11, every: 1ms}, note: x}\n");
        CHECK_FALSE(load_text(text, "test.yaml", options).scenario);
        options.most_steps = 11;
        CHECK(load_text(text, "test.yaml", options).scenario);
    }
}

TEST_SUITE("compare") {
    constexpr const char* kPair =
        "  steps:\n"
        "  - at: 0s\n"
        "    create: {apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: "
        "{capacity: "
        "{storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}}}\n"
        "  - at: 1s\n"
        "    create: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: "
        "{storageClassName: '', resources: {requests: {storage: 1Gi}}, accessModes: "
        "[ReadWriteOnce]}}\n"
        "  - at: 2s\n"
        "    create: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: never}, spec: "
        "{storageClassName: '', resources: {requests: {storage: 1Gi}}, accessModes: "
        "[ReadWriteOnce]}}\n"
        "  until: 5s\n";

    TEST_CASE("a share counts those that came to their end within the bounds, of all that began") {
        const Scenario s = test::load(
            std::string(kPair) +
            "  compare:\n"
            "  - {what: soon, share: {of: claim-bound, upTo: 500ms}, recorded: {count: 1, of: 2}}\n"
            "  - {what: late, share: {of: claim-bound, over: 500ms}, recorded: {count: 1, of: "
            "2}}\n");
        Run run(s, {});
        const Outcome& outcome = run.play();
        REQUIRE(outcome.figures.size() == 2);
        CHECK(outcome.figures[0].count == 1);
        CHECK(outcome.figures[0].of == 2);
        // One that never came to its end took longer than any bound.
        CHECK(outcome.figures[1].count == 1);
    }

    TEST_CASE("a point is the time at which so many of all had come to their end") {
        const Scenario s = test::load(std::string(kPair) +
                                      "  compare:\n"
                                      "  - {what: half, reached: {of: claim-bound, percent: 50, "
                                      "since: 1s}, recorded: 20ms}\n");
        Run run(s, {});
        const Outcome& outcome = run.play();
        REQUIRE(outcome.figures.size() == 1);
        REQUIRE(outcome.figures[0].reached);
        CHECK(*outcome.figures[0].reached > 5ms);
        CHECK(*outcome.figures[0].reached < 100ms);
    }

    TEST_CASE("a percentile counts from the beginning of each object, whenever that was") {
        const Scenario s = test::load(std::string(kPair) +
                                      "  compare:\n"
                                      "  - {what: half, took: {of: claim-bound, percent: 50}, "
                                      "recorded: 20ms}\n"
                                      "  - {what: all, took: {of: claim-bound, percent: 100}, "
                                      "recorded: 20ms}\n");
        Run run(s, {});
        const Outcome& outcome = run.play();
        REQUIRE(outcome.figures.size() == 2);
        REQUIRE(outcome.figures[0].reached);
        CHECK(*outcome.figures[0].reached > 5ms);
        CHECK(*outcome.figures[0].reached < 100ms);
        // One claim is never bound.
        CHECK(!outcome.figures[1].reached);
    }
}

TEST_CASE("an instant is that at which the nth object came to a state, or the nth event came") {
    const Scenario s = test::load(
        "  steps:\n"
        "  - {at: 0s, create: " +
        test::volume("a") +
        "}\n"
        "  - {at: 1s, create: " +
        test::claim("a") +
        "}\n"
        "  - {at: 2s, create: " +
        test::claim("never", "9Gi") +
        "}\n"
        "  until: 5s\n"
        "  compare:\n"
        "  - {what: one, came: {object: {kind: PersistentVolumeClaim, status: {phase: Bound}}, "
        "since: 1s}, recorded: 20ms}\n"
        "  - {what: two, came: {object: {kind: PersistentVolumeClaim, status: {phase: Bound}}, "
        "nth: 2}, recorded: 20ms}\n"
        "  - {what: said, came: {event: {reason: FailedBinding}, since: 2s}, recorded: 20ms}\n");
    Run run(s, {});
    const Outcome& outcome = run.play();
    REQUIRE(outcome.figures.size() == 3);
    REQUIRE(outcome.figures[0].reached);
    CHECK(*outcome.figures[0].reached > 5ms);
    CHECK(*outcome.figures[0].reached < 100ms);
    CHECK(!outcome.figures[1].reached);
    REQUIRE(outcome.figures[2].reached);
    CHECK(*outcome.figures[2].reached > 0ms);
    CHECK(*outcome.figures[2].reached < 100ms);
}

}  // namespace scenarios
