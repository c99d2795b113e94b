// Each kind of expectation is seen to hold and to fail.
#include "tests/scenarios/played.hpp"

using namespace scenarios;
using namespace scenarios::test;
using namespace std::chrono_literals;

namespace {

// A claim is bound at about 5 s; another waits for ever. Ends at 40 s.
std::string story(const std::string& expect) {
    return "  until: 40s\n"
           "  steps:\n"
           "  - {at: 0s, create: " +
           claim("lonely", "9Gi") +
           "}\n"
           "  - {at: 4s, create: " +
           volume("pv") +
           "}\n"
           "  - {at: 5s, create: " +
           claim("data") +
           "}\n"
           "  - {at: 20s, delete: {kind: PersistentVolumeClaim, name: data}}\n" +
           expect;
}

ExpectationResult judge(const std::string& expectation) {
    auto run = play(story("  expect:\n  - " + expectation + "\n"));
    REQUIRE(run->outcome().expectations.size() == 1);
    const ExpectationResult result = run->outcome().expectations[0];
    CHECK((run->outcome().exit == Exit::Fine) == (result.verdict == Verdict::Held));
    CHECK(run->outcome().checks == 1);
    CHECK(result.reason.empty() == (result.verdict == Verdict::Held));
    return result;
}

void holds(const std::string& expectation) {
    CAPTURE(expectation);
    const ExpectationResult result = judge(expectation);
    INFO(result.reason);
    CHECK(result.verdict == Verdict::Held);
}

std::string fails(const std::string& expectation) {
    CAPTURE(expectation);
    const ExpectationResult result = judge(expectation);
    CHECK(result.verdict == Verdict::Failed);
    return result.reason;
}

// A volume is left in the storage for ever: a hazard.
std::string leak(const std::string& expect) {
    return "  cluster: {drivers: [{name: a.example.com}]}\n"
           "  steps:\n"
           "  - {at: 0s, create: {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: "
           "{name: c}, provisioner: a.example.com, reclaimPolicy: Delete}}\n"
           "  - {at: 1s, faults: {CreateVolume: [{code: DeadlineExceeded, after: true}]}}\n"
           "  - {at: 1s, create: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "
           "d}, "
           "spec: {accessModes: [ReadWriteOnce], storageClassName: c, resources: {requests: "
           "{storage: 1Gi}}}}}\n"
           "  - {at: 1.5s, crash: {component: external-provisioner}}\n"
           "  - {at: 2s, delete: {kind: PersistentVolumeClaim, name: d}}\n"
           "  - {at: 3s, start: {component: external-provisioner}}\n" +
           expect;
}

ExpectationResult judge_step(const std::string& step) {
    auto run = play(story("  - " + step + "\n"));
    REQUIRE(run->outcome().expectations.size() == 1);
    return run->outcome().expectations[0];
}

// The step stands before the claim is deleted.
ExpectationResult judge_early_step(const std::string& step, const std::string& expect = "") {
    std::string spec = story(expect);
    spec.insert(spec.find("  - {at: 20s"), "  - " + step + "\n");
    auto run = play(spec);
    REQUIRE(run->outcome().expectations.size() == 1);
    return run->outcome().expectations[0];
}

}  // namespace

TEST_CASE("within an object") {
    holds(
        "{within: 6s, object: {kind: PersistentVolumeClaim, name: data, status: {phase: Bound}}}");
    holds("{within: 40s, object: {kind: PersistentVolume, status: {phase: Released}}}");
    CHECK(fails("{within: 5s, object: {kind: PersistentVolumeClaim, name: data, status: {phase: "
                "Bound}}}") == "there is no PersistentVolumeClaim default/data");
    CHECK(fails("{within: 6s, object: {kind: PersistentVolumeClaim, name: lonely, status: {phase: "
                "Bound}}}") ==
          "PersistentVolumeClaim default/lonely: status.phase: expected Bound, found Pending");
    CHECK(
        fails("{within: 6s, object: {kind: PersistentVolume, spec: {capacity: {storage: 7Gi}}}}") ==
        "nearest is PersistentVolume pv: spec.capacity.storage: expected 7Gi, found 1Gi");
    CHECK(fails("{within: 6s, object: {kind: Pod}}") == "there is no Pod");
}

TEST_CASE("a failed expectation carries the last events about the object") {
    const auto result = judge(
        "{within: 6s, object: {kind: PersistentVolumeClaim, name: lonely, status: {phase: "
        "Bound}}}");
    REQUIRE(result.events.size() == 1);
    CHECK(result.events[0].find("Normal FailedBinding") != std::string::npos);
    CHECK(result.decided == sim::Time(6s));
}

TEST_CASE("within something gone") {
    holds("{within: 30s, gone: {kind: PersistentVolumeClaim, name: data}}");  // it is not there yet
                                                                              // at 0
    CHECK(judge_step(
              "{at: 20s, expect: {within: 3s, gone: {kind: PersistentVolumeClaim, name: data}}}")
              .verdict == Verdict::Held);
    const auto there = judge_step(
        "{at: 20s, expect: {within: 3s, gone: {kind: PersistentVolumeClaim, name: lonely}}}");
    CHECK(there.verdict == Verdict::Failed);
    CHECK(there.reason == "PersistentVolumeClaim default/lonely is there");
}

TEST_CASE("within an event") {
    holds("{within: 3s, event: FailedBinding}");
    holds(
        "{within: 3s, event: {reason: FailedBinding, type: Normal, about: "
        "PersistentVolumeClaim/lonely,\n"
        "     from: persistentvolume-controller, message: no persistent volumes*}}");
    CHECK(fails("{within: 3s, event: {reason: FailedBinding, about: {name: data}}}") ==
          "no such event was written");
    CHECK(fails("{within: 3s, event: {reason: FailedBinding, message: no persistent volumes}}") ==
          "no such event was written");
}

TEST_CASE("within a number of objects") {
    holds("{within: 6s, exactly: 2, of: {kind: PersistentVolumeClaim}}");
    CHECK(fails("{within: 6s, atLeast: 3, of: {kind: PersistentVolumeClaim}}") ==
          "expected at least 3, found 2: default/data default/lonely");
}

TEST_CASE("an expectation of a step counts from that step") {
    const auto held =
        judge_step("{at: 21s, expect: {within: 3s, object: {kind: PersistentVolume, name: pv}}}");
    CHECK(held.verdict == Verdict::Held);
    CHECK(held.step == 4);
    CHECK(held.decided > sim::Time(21s));
    CHECK(held.decided < sim::Time(22s));
    const auto late = judge_step(
        "{at: 21s, expect: {within: 9s, object: {kind: PersistentVolume, name: pv, status: {phase: "
        "Bound}}}}");
    CHECK(late.verdict == Verdict::Failed);
    CHECK(late.decided == sim::Time(30s));
    // The event of 5 s lies before the step.
    CHECK(judge_step("{at: 30s, expect: {count: {request: {verb: create}, exactly: 0}}}").verdict ==
          Verdict::Held);
}

TEST_CASE("an expectation that the end of the run cuts short fails and says so") {
    const auto result = judge_step("{at: 35s, expect: {within: 1m, object: {kind: Pod, name: a}}}");
    CHECK(result.verdict == Verdict::Failed);
    CHECK(
        result.reason ==
        "the run ended at 40s, before the deadline at 1m35s; till then: there is no Pod default/a");
}

TEST_CASE("always a number of objects") {
    holds("{always: {noMoreThan: 2, of: {kind: PersistentVolumeClaim}}}");
    holds(
        "{always: {noMoreThan: 1, object: {kind: PersistentVolumeClaim, status: {phase: Bound}}}}");
    const auto result = judge("{always: {noMoreThan: 1, of: {kind: PersistentVolumeClaim}}}");
    CHECK(result.verdict == Verdict::Failed);
    CHECK(result.reason == "expected at most 1, found 2: default/data default/lonely");
    CHECK(result.decided > sim::Time(5s));
    CHECK(result.decided < sim::Time(5100ms));
}

TEST_CASE("always an object") {
    CHECK(judge_early_step(
              "{at: 10s, expect: {always: {object: {kind: PersistentVolumeClaim, name: lonely}}}}")
              .verdict == Verdict::Held);
    const auto result = judge_early_step(
        "{at: 10s, expect: {always: {object: {kind: PersistentVolumeClaim, name: data, status: "
        "{phase: Bound}}}}}");
    CHECK(result.verdict == Verdict::Failed);
    CHECK(result.reason == "there is no PersistentVolumeClaim default/data");
    CHECK(result.decided > sim::Time(20s));
    // From the beginning it is not there.
    CHECK(fails("{always: {object: {kind: PersistentVolumeClaim, name: lonely}}}") ==
          "there is no PersistentVolumeClaim default/lonely");
}

TEST_CASE("never an object") {
    holds("{never: {object: {kind: PersistentVolumeClaim, name: lonely, status: {phase: Bound}}}}");
    CHECK(fails("{never: {object: {kind: PersistentVolumeClaim, status: {phase: Bound}}}}") ==
          "PersistentVolumeClaim default/data is there {status: {phase: Bound}}");
}

TEST_CASE("never an event") {
    holds("{never: {event: {type: Warning}}}");
    CHECK(fails("{never: {event: {reason: FailedBinding}}}")
              .starts_with("Normal FailedBinding about PersistentVolumeClaim lonely: "));
}

TEST_CASE("never a request") {
    holds("{never: {request: {by: persistent-volume-binder, code: 500}}}");
    CHECK(fails("{never: {request: {verb: delete, kind: PersistentVolumeClaim, by: client}}}") ==
          "delete PersistentVolumeClaim default/data by client was answered with 200");
}

TEST_CASE("count events, counted up ones included") {
    holds("{count: {event: FailedBinding, atLeast: 3}}");  // 0 s and each resync
    CHECK(fails("{count: {event: FailedBinding, atMost: 1}}")
              .starts_with("expected at most 1, counted "));
}

TEST_CASE("count requests") {
    holds("{count: {request: {verb: create, by: client}, exactly: 3}}");
    holds("{count: {request: {verb: create, resource: persistentvolumeclaims}, exactly: 2}}");
    CHECK(fails("{count: {request: {verb: create, by: client}, exactly: 2}}") ==
          "expected exactly 2, counted 3; the last: create PersistentVolumeClaim default/data by "
          "client was answered with 201");
}

TEST_CASE("count objects at the end") {
    holds("{count: {object: {kind: PersistentVolumeClaim}, exactly: 1}}");
    CHECK(fails("{count: {object: {kind: PersistentVolumeClaim, name: data}, atLeast: 1}}") ==
          "expected at least 1, counted 0; there is no PersistentVolumeClaim default/data");
}

TEST_CASE("latencies") {
    holds("{latency: {of: claim-deleted, max: 1s, p50: 500ms}}");
    CHECK(fails("{latency: {of: claim-deleted, max: 1us}}")
              .starts_with("max: expected at most 1\u00b5s, found "));
    CHECK(fails("{latency: {of: volume-reclaimed, p99: 1s}}") ==
          "p99: expected at most 1s, found none, since 1 of 1 had not come so far when the run "
          "ended (pv)");
    // One of two claims is bound, so half were quick and the slowest never came.
    holds("{latency: {of: claim-bound, p50: 1s}}");
    CHECK(fails("{latency: {of: claim-bound, max: 1h}}") ==
          "max: expected at most 1h0m0s, found none, since 1 of 2 had not come so far when the run "
          "ended (default/lonely)");
    auto none = play("  until: 3s\n  expect:\n  - {latency: {of: claim-bound, max: 1s}}\n");
    CHECK(none->outcome().expectations[0].reason == "there was nothing to measure");
}

TEST_CASE("patterns may name uids that are not known yet") {
    const std::string owned =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {of: "
        "'${uid:PersistentVolumeClaim/data}'}}";
    const std::string expect =
        "  expect:\n  - {within: 8s, object: {kind: ConfigMap, data: {of: "
        "'${uid:PersistentVolumeClaim/data}'}}}\n";
    CHECK(judge_early_step("{at: 7s, create: " + owned + "}", expect).verdict == Verdict::Held);
    CHECK(fails("{within: 8s, object: {kind: ConfigMap, name: '${uid:Pod/a}'}}") ==
          "${uid:Pod/a}: there is no such object");
}

TEST_CASE("a hazard is told at the end of a run, ends none, and is counted") {
    const std::string rule = "\"a volume of the storage is named by a volume object\"";
    CHECK(play(leak(""))->outcome().exit == Exit::Fine);
    const auto verdict = [&](const std::string& expectation) {
        auto run = play(leak("  expect: [" + expectation + "]\n"));
        REQUIRE(run->outcome().expectations.size() == 1);
        return run->outcome().expectations[0].verdict;
    };
    CHECK(verdict("{count: {violated: " + rule + ", exactly: 1}}") == Verdict::Held);
    CHECK(verdict("{count: {violated: " + rule + ", exactly: 0}}") == Verdict::Failed);
    CHECK(verdict("{never: {violated: " + rule + "}}") == Verdict::Failed);
    CHECK(verdict("{within: 2s, violated: " + rule + "}") == Verdict::Failed);
}
