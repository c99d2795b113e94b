#include <algorithm>

#include "tests/scenarios/played.hpp"

using namespace scenarios;
using namespace scenarios::test;
using namespace std::chrono_literals;
using model::api::Key;
using model::api::Kind;

namespace {

constexpr const char* kInstant =
    "  cluster: {apiServer: {latency: {write: 2ms, read: 1ms, response: 1ms, watch: 1ms}}}\n";

sim::Duration since_start(sim::Time t) { return t.time_since_epoch(); }

const model::api::ObjectRef find(Run& run, Kind kind, const std::string& name,
                                 const std::string& ns = "default") {
    const bool namespaced = run.cluster().server().scheme().info(kind).namespaced;
    return run.cluster().server().find(kind, Key(namespaced ? ns : "", name));
}

struct Notes : model::Listener {
    std::vector<std::string> texts;
    void on(const model::Stamp& stamp, const model::Happening& happening) override {
        if (const auto* noted = std::get_if<model::Noted>(&happening)) {
            texts.push_back(sim::seconds_text(stamp.at) + " " + noted->text.str());
        }
    }
};

}  // namespace

TEST_CASE("a request leaves at its time, is committed after the latency and answered after it") {
    auto run =
        play(std::string(kInstant) + "  until: 3s\n  steps:\n  - {at: 1s, create: " + claim("a") +
             "}\n  - {after: 500ms, create: " + claim("b") + "}\n");
    const auto& steps = run->outcome().steps;
    CHECK(since_start(steps[0].sent) == 1s);
    CHECK(since_start(steps[0].answered) == 1003ms);
    CHECK(steps[0].code == 201);
    CHECK(steps[0].state == StepResult::State::Done);
    CHECK(since_start(steps[1].sent) == 1500ms);
    CHECK(find(*run, Kind::PersistentVolumeClaim, "b"));
    CHECK(run->outcome().exit == Exit::Fine);
}

TEST_CASE("when waits for a state, and with at for the later of the two") {
    auto run = play(
        std::string(kInstant) +
        "  until: 30s\n  steps:\n"
        "  - {at: 1s, create: " +
        volume("pv") +
        "}\n"
        "  - {when: {kind: PersistentVolume, name: pv, status: {phase: Available}}, note: early}\n"
        "  - {at: 2s, when: {kind: PersistentVolume, name: pv}, note: later}\n"
        "  - {after: 1s, when: {gone: {kind: PersistentVolumeClaim}}, note: gone}\n");
    const auto& steps = run->outcome().steps;
    CHECK(since_start(steps[1].sent) > 1002ms);
    CHECK(since_start(steps[1].sent) < 1100ms);
    CHECK(since_start(steps[2].sent) == 2s);
    CHECK(since_start(steps[3].sent) == 3s);
    CHECK(run->outcome().checks == 3);
}

TEST_CASE("a step whose time is over when its condition comes starts at once") {
    auto run = play(std::string(kInstant) +
                    "  until: 30s\n  steps:\n"
                    "  - {at: 5s, create: " +
                    claim("a") +
                    "}\n"
                    "  - {when: {kind: PersistentVolumeClaim, name: a}, note: seen}\n"
                    "  - {at: 1s, note: late}\n");
    CHECK(since_start(run->outcome().steps[2].sent) == 5002ms);
}

TEST_CASE("a condition that is not met in time ends the run and fails it") {
    auto run = play(
        "  until: 10m\n  steps:\n"
        "  - {create: " +
        claim("a") +
        "}\n"
        "  - {when: {kind: PersistentVolumeClaim, name: a, status: {phase: Bound}}, timeout: 30s, "
        "note: never}\n");
    const Outcome& outcome = run->outcome();
    CHECK(outcome.exit == Exit::ExpectationFailed);
    CHECK(outcome.steps[1].state == StepResult::State::Failed);
    CHECK(outcome.steps[1].failure.starts_with(
        "`when` was not met within 30s: PersistentVolumeClaim default/a {status: {phase: Bound}}: "
        "PersistentVolumeClaim default/a: status.phase: expected Bound, found Pending"));
    CHECK(outcome.steps[1].failure.find("FailedBinding") != std::string::npos);
    CHECK(since_start(outcome.ended) == 30s);
}

TEST_CASE("a condition that the end of the run cuts short fails") {
    auto run = play("  until: 10s\n  steps:\n  - {when: {kind: Pod, name: a}, note: never}\n");
    CHECK(run->outcome().exit == Exit::ExpectationFailed);
    CHECK(run->outcome().steps[0].failure ==
          "the run ended at 10s while this step waited: Pod default/a: there is no Pod default/a");
}

TEST_CASE("a refusal must be announced, and an announced one must come as it is") {
    auto refused = [](const std::string& rejected) {
        const std::string step =
            "  - {create: {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: "
            "{resources: {requests: {storage: 1Gi}}}}" +
            rejected + "}\n";
        auto run = play("  until: 1s\n  steps:\n" + step);
        return std::pair(run->outcome().exit, run->outcome().steps[0].failure);
    };
    const std::string message =
        "PersistentVolumeClaim \"a\" is invalid: spec.accessModes: Required value: at least 1 "
        "access mode is required";
    CHECK(refused("") == std::pair(Exit::ExpectationFailed, "refused: 422 " + message));
    CHECK(refused(", rejected: {code: 422}").first == Exit::Fine);
    CHECK(refused(", rejected: {code: 422, message: '" + message + "'}").first == Exit::Fine);
    CHECK(refused(", rejected: {code: 403, message: '" + message + "'}").second ==
          "expected the refusal 403 " + message + ", found 422 " + message);
    CHECK(refused(", rejected: {code: 422, message: other}").second ==
          "expected the refusal 422 other, found 422 " + message);
    auto run =
        play("  until: 1s\n  steps:\n  - {create: " + claim("a") + ", rejected: {code: 409}}\n");
    CHECK(run->outcome().steps[0].failure ==
          "expected the refusal 409, but it was answered with 201");
    CHECK(run->outcome().exit == Exit::ExpectationFailed);
}

TEST_CASE("a refusal that may come is none, another one is") {
    auto run = play("  until: 5s\n  steps:\n  - {create: " + claim("a") +
                    ", mayBeRejected: [409]}\n  - {at: 1s, create: " + claim("a") +
                    ", mayBeRejected: [404, 409]}\n"
                    "  - {at: 2s, delete: {kind: Pod, name: p}, mayBeRejected: [409]}\n");
    const auto& steps = run->outcome().steps;
    CHECK(steps[0].state == StepResult::State::Done);
    CHECK(steps[1].state == StepResult::State::Done);
    CHECK(steps[1].code == 409);
    CHECK(steps[2].failure == "refused: 404 pods \"p\" not found");
    CHECK(run->outcome().checks == 3);
    CHECK(run->outcome().exit == Exit::ExpectationFailed);
}

TEST_CASE("patch, replace and delete do what they say") {
    auto run = play(
        "  until: 20s\n  steps:\n"
        "  - {at: 0s, create: " +
        volume("pv") +
        "}\n"
        "  - {at: 1s, patch: {kind: PersistentVolume, name: pv, body: {metadata: {labels: {a: "
        "b}}}}}\n"
        "  - {at: 2s, patch: {kind: PersistentVolume, name: pv, type: json, body: [{op: add, path: "
        "/metadata/labels/c, value: d}]}}\n"
        "  - {at: 3s, patch: {kind: PersistentVolume, name: pv, type: merge, subresource: status, "
        "body: {status: {message: hi}}}}\n"
        "  - {at: 4s, replace: " +
        volume("pv", "3Gi") +
        "}\n"
        "  - {at: 5s, create: " +
        volume("gone") +
        "}\n"
        "  - {at: 6s, delete: {kind: PersistentVolume, name: gone}}\n");
    INFO(run->outcome().first_failure());
    CHECK(run->outcome().exit == Exit::Fine);
    const auto pv =
        model::api::as<model::api::PersistentVolume>(find(*run, Kind::PersistentVolume, "pv"));
    REQUIRE(pv);
    CHECK(pv->metadata.labels.empty());  // the whole object was replaced
    CHECK(pv->status.message == "hi");
    CHECK_FALSE(find(*run, Kind::PersistentVolume, "gone"));
}

TEST_CASE("a replace with an old resourceVersion is refused") {
    const std::string old =
        "{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv, resourceVersion: '1'}, "
        "spec: "
        "{accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /tmp/pv}}}";
    auto run = play("  until: 5s\n  steps:\n  - {create: " + volume("pv") +
                    "}\n  - {at: 1s, replace: " + old + ", rejected: {code: 409}}\n");
    INFO(run->outcome().first_failure());
    CHECK(run->outcome().exit == Exit::Fine);
}

TEST_CASE("apply creates what is missing, changes what is there, one after the other") {
    auto run = play(
        "  until: 20s\n  steps:\n"
        "  - apply: [" +
        volume("one") + ", " + volume("two") +
        "]\n"
        "  - at: 1s\n"
        "    apply: {apiVersion: v1, kind: PersistentVolume, metadata: {name: one, labels: {a: "
        "b}}}\n");
    INFO(run->outcome().first_failure());
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(find(*run, Kind::PersistentVolume, "one")->metadata.labels.get("a") == "b");
    CHECK(find(*run, Kind::PersistentVolume, "two")->metadata.resourceVersion > 0);
    CHECK(run->outcome().steps[0].code == 201);
    CHECK(run->outcome().steps[1].code == 200);
}

TEST_CASE("uids are those of this run, also of the second object of a name") {
    auto run = play(
        "  until: 20s\n  steps:\n"
        "  - {at: 0s, create: " +
        claim("a") +
        "}\n"
        "  - {at: 1s, delete: {kind: PersistentVolumeClaim, name: a}}\n"
        "  - {at: 3s, create: " +
        claim("a") +
        "}\n"
        "  - {at: 4s, create: {apiVersion: v1, kind: ConfigMap, metadata: {name: "
        "'x-${uid:PersistentVolumeClaim/a}'},\n"
        "      data: {second: '${uid:PersistentVolumeClaim/a#2}'}}}\n"
        "  - {when: {kind: ConfigMap, name: 'x-${uid:PersistentVolumeClaim/a}'}, note: found}\n"
        "  - {at: 6s, delete: {kind: Pod, name: 'p-${uid:Pod/nobody}'}}\n");
    const auto& steps = run->outcome().steps;
    CHECK(steps[3].code == 201);
    CHECK(steps[4].state == StepResult::State::Done);
    CHECK(steps[5].failure == "${uid:Pod/nobody}: there is no such object yet");
    const auto second = find(*run, Kind::PersistentVolumeClaim, "a");
    bool seen = false;
    const auto* info = run->cluster().server().scheme().find("ConfigMap");
    run->cluster().server().for_each(info->id, "default", [&](const model::api::ObjectRef& o) {
        seen = true;
        CHECK(o->extra.at({"data", "second"})->as_string() == second->metadata.uid.view());
        CHECK(o->metadata.name.view() != "x-" + second->metadata.uid.str());
    });
    CHECK(seen);
}

TEST_CASE("taints and cordons are changes of the node") {
    auto run = play(
        "  until: 20s\n  cluster: {nodes: 1}\n  steps:\n"
        "  - {at: 0s, taint: {node: node-1, key: a, value: v, effect: NoSchedule}}\n"
        "  - {at: 1s, taint: {node: node-1, key: b, effect: NoExecute}}\n"
        "  - {at: 2s, taint: {node: node-1, key: a, effect: NoSchedule, remove: true}}\n"
        "  - {at: 3s, cordon: {node: node-1}}\n"
        "  - {at: 4s, expect: {within: 1s, object: {kind: Node, name: node-1, spec: "
        "{unschedulable: true,\n"
        "      taints: [{key: b, effect: NoExecute}]}}}}\n"
        "  - {at: 6s, uncordon: {node: node-1}}\n"
        "  - {at: 7s, expect: {within: 1s, object: {kind: Node, name: node-1, spec: "
        "{unschedulable: false}}}}\n"
        "  expect:\n  - {always: {noMoreThan: 0, of: {kind: Node, spec: {taints: [{key: c}]}}}}\n");
    INFO(run->outcome().first_failure());
    CHECK(run->outcome().exit == Exit::Fine);
}

TEST_CASE("a crashed controller manager binds nothing until it is started again") {
    auto run = play(
        "  until: 40s\n  steps:\n"
        "  - {at: 0s, crash: {component: kube-controller-manager}}\n"
        "  - {at: 1s, create: " +
        volume("pv") +
        "}\n"
        "  - {at: 2s, create: " +
        claim("a") +
        "}\n"
        "  - {at: 10s, start: {component: kube-controller-manager}}\n"
        "  - {at: 10s, expect: {within: 17s, object: {kind: PersistentVolumeClaim, name: a, "
        "status: "
        "{phase: Bound}}}}\n"
        "  - {at: 30s, start: {component: kube-controller-manager}}\n");
    const Outcome& outcome = run->outcome();
    REQUIRE(outcome.expectations.size() == 1);
    CHECK(outcome.expectations[0].verdict == Verdict::Held);
    CHECK(since_start(outcome.expectations[0].decided) > 10900ms);
    CHECK(outcome.steps[5].state == StepResult::State::Failed);  // it runs already
    CHECK_FALSE(outcome.steps[5].failure.empty());
}

TEST_CASE("requests to a dead API server are not answered") {
    auto run = play(
        "  until: 10s\n  steps:\n"
        "  - {at: 0s, stop: {component: kube-apiserver}}\n"
        "  - {at: 1s, create: " +
        claim("a") +
        ", rejected: {code: 0}}\n"
        "  - {at: 2s, restart: {component: kube-apiserver}}\n");
    CHECK(run->outcome().steps[1].failure == "");
    CHECK(run->outcome().steps[1].state == StepResult::State::Done);
}

TEST_CASE("a partition with a duration heals by itself, and the run waits for that") {
    auto run = play(
        "  cluster: {nodes: 3}\n  steps:\n"
        "  - {at: 0s, partition: {node: node-1, for: 5m}}\n"
        "  - {at: 1s, expect: {within: 70s, object: {kind: Node, name: node-1, status: "
        "{conditions: [{type: Ready, status: Unknown}]}}}}\n"
        "  - {at: 5m, expect: {within: 40s, object: {kind: Node, name: node-1, status: "
        "{conditions: [{type: Ready, status: 'True'}]}}}}\n");
    CHECK(run->outcome().exit == Exit::Fine);
    CHECK(since_start(run->outcome().ended) > 5min);
}

TEST_CASE("what is cut off cannot be cut off again, nor healed twice") {
    auto run = play(
        "  cluster: {nodes: 2}\n  until: 1m\n  steps:\n"
        "  - {at: 1s, partition: {node: node-1}}\n"
        "  - {at: 2s, partition: {component: kubelet/node-1}}\n"
        "  - {at: 3s, heal: {node: node-1}}\n"
        "  - {at: 4s, heal: {node: node-1}}\n"
        "  - {at: 5s, heal: {node: node-9}}\n");
    const auto& steps = run->outcome().steps;
    REQUIRE(steps.size() == 5);
    CHECK(steps[1].failure == "node-1 is cut off already");
    CHECK(steps[2].state == StepResult::State::Done);
    CHECK(steps[3].failure == "node-1 is not cut off");
    CHECK(steps[4].failure == "there is no node node-9");
}

TEST_CASE("a component that is cut off says so where somebody asks who acts next") {
    auto run = play(
        "  cluster: {nodes: 2}\n  until: 1m\n  steps:\n"
        "  - {at: 1s, partition: {node: node-1}}\n"
        "  - {at: 2s, partition: {node: node-2, for: 1s}}\n");
    const std::vector<std::string> lines =
        run->cluster().explain(model::api::Kind::Pod, model::api::Key("default", "web"));
    CHECK(lines == std::vector<std::string>{"kubelet/node-1 is cut off from the API server"});
}

TEST_CASE("a deletion by what matches takes all of them, and fails where there is none") {
    auto run = play(
        "  until: 20s\n  steps:\n"
        "  - {at: 0s, create: " +
        claim("a") +
        "}\n"
        "  - {at: 0s, create: " +
        claim("b") +
        "}\n"
        "  - {at: 0s, create: " +
        claim("c", "2Gi") +
        "}\n"
        "  - {at: 1s, delete: {kind: PersistentVolumeClaim, matching: {spec: {resources: "
        "{requests: {storage: 1Gi}}}}}}\n"
        "  - {at: 5s, expect: {within: 1s, exactly: 1, of: {kind: PersistentVolumeClaim}}}\n"
        "  - {at: 6s, delete: {kind: PersistentVolumeClaim, matching: {metadata: {name: z}}}}\n");
    const Outcome& outcome = run->outcome();
    CHECK(outcome.steps[3].state == StepResult::State::Done);
    REQUIRE(outcome.expectations.size() == 1);
    CHECK(outcome.expectations[0].verdict == Verdict::Held);
    CHECK(outcome.steps[5].failure == "no PersistentVolumeClaim matches");
}

TEST_CASE("notes appear on the time line") {
    Run run(
        load("  until: 3s\n  steps:\n  - {at: 1s, note: first}\n  - {after: 1s, note: second}\n"),
        {});
    Notes notes;
    run.cluster().journal().listen(&notes);
    run.play();
    auto has = [&](const std::string& text) {
        return std::find(notes.texts.begin(), notes.texts.end(), text) != notes.texts.end();
    };
    CHECK(has("1.000 first"));
    CHECK(has("2.000 second"));
    run.cluster().journal().ignore(&notes);
}

TEST_CASE("objects that cannot be there before time 0 are bad input") {
    auto run = play(
        "  cluster:\n    objects:\n"
        "    - {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {}}\n");
    CHECK(run->outcome().exit == Exit::BadInput);
    CHECK(run->outcome().first_failure().starts_with(
        "spec.cluster: PersistentVolumeClaim default/a: "));
}

TEST_CASE("a run that stops in between can be asked what is then") {
    Run run(load("  steps:\n  - {at: 1s, create: " + claim("a") +
                 "}\n  - {at: 9s, create: " + claim("b") + "}\n"),
            {});
    run.play_until(sim::Time(5s));
    CHECK(since_start(run.cluster().engine().now()) == 5s);
    CHECK(find(run, Kind::PersistentVolumeClaim, "a"));
    CHECK_FALSE(find(run, Kind::PersistentVolumeClaim, "b"));
}

TEST_CASE("the same scenario and seed give the same run, another seed another one") {
    const std::string spec = "  until: 60s\n  steps:\n  - {create: " + volume("pv") +
                             "}\n  - {create: " + claim("a") + "}\n";
    const auto first = play(spec);
    const auto again = play(spec);
    const auto other = play("  seed: 2\n" + spec);
    CHECK(first->outcome().fingerprint == again->outcome().fingerprint);
    CHECK(first->outcome().final_draw == again->outcome().final_draw);
    CHECK(first->outcome().fingerprint != other->outcome().fingerprint);
}
