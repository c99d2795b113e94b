#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/scenarios/played.hpp"

using namespace scenarios;
using namespace scenarios::test;
using namespace std::chrono_literals;

namespace {

template <class T>
const T& action_of(const Step& step) {
    REQUIRE(std::holds_alternative<T>(step.action));
    return std::get<T>(step.action);
}

std::string metadata(const Value& manifest) { return manifest.find("metadata")->to_json(); }

struct Folder {
    std::filesystem::path path;
    Folder() : path(std::filesystem::temp_directory_path() / "stowage-loader-test") {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path / "manifests");
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
};

}  // namespace

TEST_CASE("an empty spec is a scenario with all defaults") {
    const Scenario s = load("  {}\n");
    CHECK(s.name == "test");
    CHECK(s.cluster.profile.minor == 36);
    CHECK(s.cluster.seed == 1);
    CHECK(s.cluster.start_unix_seconds == 1767225600);
    CHECK(s.cluster.controller_manager_on);
    CHECK_FALSE(s.until);
    CHECK(s.steps.empty());
    REQUIRE(s.notices.size() == 1);
    CHECK(s.notices[0].starts_with("not modelled yet, and so absent: "));
}

TEST_CASE("the cluster is as the file says") {
    const Scenario s = load(
        "  kubernetes: 1.30\n"
        "  featureGates: {ReadWriteOncePod: true}\n"
        "  seed: 7\n"
        "  startTime: 2026-02-03T04:05:06Z\n"
        "  until: 30m\n"
        "  cluster:\n"
        "    kubeControllerManager: {kubeAPIQPS: 5, kubeAPIBurst: 6, pvClaimBinderSyncPeriod: 10s, "
        "startDelay: 1s}\n"
        "    phases: {pvBinderResync: 7.9s}\n"
        "    apiServer: {latency: {write: {distribution: lognormal, median: 3ms, p99: 9ms}, read: "
        "1ms,\n"
        "                          watch: {distribution: empirical, quantiles: {p50: 1ms, p99: "
        "5ms}},\n"
        "                          response: {distribution: uniform, min: 1ms, max: 2ms}}}\n"
        "    controllers: {kubeControllerManager: false, scheduler: false}\n");
    CHECK(s.cluster.profile.minor == 30);
    CHECK(s.cluster.profile.on(model::Gate::ReadWriteOncePod));
    CHECK(s.cluster.seed == 7);
    CHECK(s.cluster.start_unix_seconds == 1770091506);
    CHECK(*s.until == 30min);
    CHECK(*s.cluster.controller_manager.kube_api_qps == 5);
    CHECK(*s.cluster.controller_manager.kube_api_burst == 6);
    CHECK(*s.cluster.controller_manager.pv_claim_binder_sync_period == 10s);
    CHECK(s.cluster.controller_manager.start_delay == 1s);
    CHECK(s.cluster.phases.at("pvBinderResync") == 7900ms);
    CHECK(s.cluster.latencies.write == sim::Distribution::lognormal(3ms, 9ms));
    CHECK(s.cluster.latencies.read == sim::Distribution::constant(1ms));
    CHECK(s.cluster.latencies.response == sim::Distribution::uniform(1ms, 2ms));
    CHECK_FALSE(s.cluster.controller_manager_on);
}

TEST_CASE("nodes are made by count or one by one") {
    const Scenario three = load("  cluster: {nodes: 4}\n");
    REQUIRE(three.objects.size() == 4);
    CHECK(metadata(three.objects[3]).find("\"topology.kubernetes.io/zone\":\"zone-a\"") !=
          std::string::npos);
    CHECK(metadata(three.objects[1]).find("\"name\":\"node-2\"") != std::string::npos);
    const Scenario named = load(
        "  cluster: {nodes: [{name: big, zone: z9, labels: {disk: ssd}, capacity: {cpu: 128}}]}\n");
    REQUIRE(named.objects.size() == 1);
    CHECK(metadata(named.objects[0]).find("\"disk\":\"ssd\"") != std::string::npos);
    CHECK(named.objects[0].at({"status", "capacity", "cpu"})->as_string() == "128");
    CHECK(named.objects[0].at({"status", "allocatable", "memory"})->as_string() == "256Gi");
}

TEST_CASE("of two objects of one name the later counts, with a warning") {
    const Loaded loaded = load_text(
        test::scenario_of("  cluster: {nodes: 2, objects: [{apiVersion: v1, kind: Node, metadata: "
                          "{name: node-1, labels: {later: 'yes'}}}]}\n"),
        "test.yaml");
    REQUIRE(loaded.scenario);
    REQUIRE(loaded.scenario->objects.size() == 2);
    CHECK(loaded.scenario->objects[1].at({"metadata", "labels", "later"})->as_string() == "yes");
    REQUIRE(loaded.scenario->warnings.size() == 1);
    CHECK(loaded.scenario->warnings[0].message ==
          "Node node-1 stands twice in spec.cluster (first at test.yaml:5:20); this one counts");
}

TEST_CASE("an object that a step creates is not there before") {
    const std::string text =
        "  cluster: {objects: [{apiVersion: v1, kind: Node, metadata: {name: a}}]}\n"
        "  steps:\n"
        "  - {at: 0s, create: {apiVersion: v1, kind: Node, metadata: {name: a}}";
    const Scenario created = load(text + "}\n");
    CHECK(created.objects.empty());
    REQUIRE(created.warnings.size() == 1);
    CHECK(created.warnings[0].message ==
          "Node a is created here, and so does not exist before, as spec.cluster has it");
    // One that is to be refused says the contrary.
    CHECK(load(text + ", rejected: {code: 409}}\n").objects.size() == 1);
}

TEST_CASE("manifests are pasted as kubectl prints them") {
    const std::string printed =
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, uid: u-1, "
        "resourceVersion: '5',\n"
        "      creationTimestamp: 2025-01-01T00:00:00Z, managedFields: [{manager: kubectl}]},\n"
        "      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}, "
        "status: {phase: Bound}}\n";
    std::string other = printed;
    other.replace(other.find("name: data"), 10, "name: more");
    const Scenario s =
        load("  cluster:\n    objects:\n    - " + printed + "  steps:\n  - apply: " + printed +
             "  - create: " + other + "  - replace: " + printed);
    CHECK(metadata(s.objects[0]) == R"({"creationTimestamp":"2025-01-01T00:00:00Z","name":"data",)"
                                    R"("namespace":"default","uid":"u-1"})");
    CHECK(s.objects[0].at({"status", "phase"})->as_string() == "Bound");
    CHECK(metadata(action_of<action::Apply>(s.steps[0]).manifests[0]) ==
          R"({"name":"data","namespace":"default"})");
    CHECK(action_of<action::Create>(s.steps[1])
              .manifest.at({"metadata", "resourceVersion"})
              ->as_string() == "5");
    CHECK(action_of<action::Replace>(s.steps[2])
              .manifest.at({"metadata", "resourceVersion"})
              ->as_string() == "5");
    CHECK(metadata(action_of<action::Create>(s.steps[1]).manifest).find("managedFields") ==
          std::string::npos);
}

TEST_CASE("apply takes objects, lists, kind List, several documents and files") {
    const Folder folder;
    folder.write("manifests/one.yaml", "---\n" + volume("pv-1") + "\n---\n{file: two.json}\n");
    folder.write(
        "two.json",
        R"({"apiVersion": "v1", "kind": "List", "items": [)" +
            std::string(
                R"({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}]})"));
    const std::string file =
        folder.write("scenario.yaml", scenario_of("  steps:\n"
                                                  "  - apply: {file: manifests/one.yaml}\n"
                                                  "  - apply: [" +
                                                  volume("a") + ", " + volume("b") +
                                                  "]\n"
                                                  "  - apply: |\n"
                                                  "      " +
                                                  volume("c") +
                                                  "\n"
                                                  "      ---\n"
                                                  "      " +
                                                  claim("d") + "\n"));
    const Loaded loaded = load_file(file);
    INFO(complaints(loaded));
    REQUIRE(loaded.scenario);
    const auto& steps = loaded.scenario->steps;
    const auto& from_file = action_of<action::Apply>(steps[0]).manifests;
    REQUIRE(from_file.size() == 2);
    CHECK(from_file[1].find("kind")->as_string() == "Namespace");
    CHECK(steps[0].text == "apply PersistentVolume pv-1 and 1 more");
    CHECK(action_of<action::Apply>(steps[1]).manifests.size() == 2);
    CHECK(action_of<action::Apply>(steps[2])
              .manifests[1]
              .at({"metadata", "namespace"})
              ->as_string() == "default");
}

TEST_CASE("files that include each other are refused") {
    const Folder folder;
    folder.write("a.yaml", "{file: b.yaml}\n");
    folder.write("b.yaml", "{file: a.yaml}\n");
    const std::string file =
        folder.write("scenario.yaml", scenario_of("  steps:\n  - apply: {file: a.yaml}\n"));
    const Loaded loaded = load_file(file);
    CHECK_FALSE(loaded.scenario);
    CHECK(complaints(loaded).find("this file includes itself") != std::string::npos);
}

TEST_CASE("files that cannot be read say so") {
    CHECK(complaints(load_file("/nowhere/at/all.yaml")) ==
          "/nowhere/at/all.yaml: there is no such file\n");
    CHECK(complaints(load_file("/tmp")) == "/tmp: this is a folder, not a file\n");
    CHECK(complaints(load_file("/dev/zero")) == "/dev/zero: this is no regular file\n");
}

TEST_CASE("steps say in one line what they do") {
    const Scenario s = load(
        "  steps:\n"
        "  - create: " +
        claim("data") +
        "\n"
        "  - {after: 2s, note: hello}\n"
        "  - {when: {gone: {kind: Pod, name: web-0}}, timeout: 1m, crash: {component: "
        "kube-controller-manager}}\n"
        "  - {start: {component: kube-controller-manager}}\n"
        "  - patch: {kind: PersistentVolume, name: pv-a, subresource: status, type: merge, body: "
        "{status: {phase: Failed}}}\n"
        "  - delete: {kind: Pod, name: web-0, gracePeriodSeconds: 0}\n"
        "  - taint: {node: node-1, key: a, effect: NoSchedule}\n"
        "  - cordon: {node: node-1}\n"
        "  - expect: {within: 10s, object: {kind: PersistentVolumeClaim, name: data, status: "
        "{phase: Bound}}}\n"
        "  - {when: [{kind: Node}, {kind: Pod, name: a}]}\n");
    std::vector<std::string> texts;
    for (const Step& step : s.steps) texts.push_back(step.text);
    CHECK(texts ==
          std::vector<std::string>{
              "create PersistentVolumeClaim default/data", "note hello",
              "crash kube-controller-manager", "start kube-controller-manager",
              "patch PersistentVolume pv-a/status", "delete Pod default/web-0",
              "taint node-1 {effect: NoSchedule, key: a}", "cordon node-1",
              "expect within 10s: PersistentVolumeClaim default/data {status: {phase: Bound}}",
              "wait"});
    CHECK(*s.steps[1].after == 2s);
    CHECK(s.steps[2].when[0].gone);
    CHECK(s.steps[2].timeout == 1min);
    CHECK(action_of<action::Patch>(s.steps[4]).type == model::api::PatchType::Merge);
    CHECK(*action_of<action::Delete>(s.steps[5]).options.gracePeriodSeconds == 0);
    CHECK(s.steps[9].when.size() == 2);
}

TEST_CASE("values are set from outside") {
    LoadOptions options;
    options.set = {"spec.cluster.phases.pvBinderResync=3s",
                   "spec.steps[1].at=7s",
                   "spec.seed=9",
                   "metadata.labels[\"a.b/c\"]=x",
                   "spec.featureGates.ReadWriteOncePod=false",
                   "spec.steps[2]={at: 8s, note: added}"};
    const Scenario s = load("  steps:\n  - {at: 1s, note: a}\n  - {at: 2s, note: b}\n", options);
    CHECK(s.cluster.phases.at("pvBinderResync") == 3s);
    CHECK(*s.steps[1].at == 7s);
    CHECK(s.steps[2].text == "note added");
    CHECK(s.cluster.seed == 9);
    CHECK(s.labels.get("a.b/c") == "x");
    CHECK_FALSE(s.cluster.profile.on(model::Gate::ReadWriteOncePod));
    options.seed = 11;
    CHECK(load("  steps: [{note: a}, {note: b}]\n", options).cluster.seed == 11);
}

TEST_CASE("a value that cannot be set is told with what was asked") {
    auto told = [](const std::string& assignment) {
        LoadOptions options;
        options.set = {assignment};
        return complaints(load_text(scenario_of("  steps: [{note: a}]\n"), "test.yaml", options));
    };
    CHECK(told("spec.seed") == "--set spec.seed: expected path=value such as spec.seed=7\n");
    CHECK(told("spec..x=1") ==
          "--set spec..x=1: malformed path; expected one such as spec.steps[2].at\n");
    CHECK(told("spec.steps[5].at=1s") ==
          "--set spec.steps[5].at=1s: [5]: the list has 1 elements\n");
    CHECK(told("metadata.name.x=1") ==
          "--set metadata.name.x=1: \"x\" needs a map, found the text \"test\"\n");
    CHECK(told("spec.clutser.nodes=3") ==
          "--set spec.clutser.nodes=3: unknown key \"clutser\" in spec (nearest known: "
          "\"cluster\")\n");
    CHECK(told("spec.seed=many") ==
          "--set spec.seed=many: spec.seed: expected a whole number, found the text \"many\"\n");
}

TEST_CASE("options of the attach/detach controller are read") {
    const Scenario s = load(
        "  cluster:\n"
        "    kubeControllerManager: {attachDetachReconcileSyncPeriod: 5m, "
        "disableAttachDetachReconcileSync: true, disableForceDetachOnTimeout: true}\n"
        "    phases: {attachDetachReconciler: 20ms, attachDetachSync: 3s}\n");
    const model::ControllerManagerOptions& o = s.cluster.controller_manager;
    CHECK(o.attach_sync_period == std::chrono::minutes(5));
    CHECK_FALSE(o.attach_sync);
    CHECK_FALSE(o.force_detach_on_timeout);
    CHECK(s.cluster.phases.at("attachDetachReconciler") == std::chrono::milliseconds(20));
    const Scenario plain = load("  cluster: {kubeControllerManager: {}}\n");
    CHECK(plain.cluster.controller_manager.attach_sync);
    CHECK(plain.cluster.controller_manager.force_detach_on_timeout);
}

TEST_CASE("keys that name absent actors are noted, keys that turn them off accepted") {
    const Scenario s = load(
        "  cluster:\n"
        "    controllers: {scheduler: true, kubelet: [node-1], externalProvisioner: true, "
        "externalAttacher: false, externalSnapshotter: true}\n"
        "    scheduler: {choice: {default/web-0: node-2}}\n"
        "    phases: {attachDetachSync: 3s, podGC: 4s}\n"
        "    drivers: []\n");
    auto noted = [&](const std::string& text) {
        return std::find(s.notices.begin(), s.notices.end(), text) != s.notices.end();
    };
    CHECK(noted("spec.cluster.controllers.externalSnapshotter: snapshots are not modelled yet"));
    CHECK_FALSE(
        noted("spec.cluster.controllers.externalProvisioner: CSI drivers are not modelled yet"));
    const Scenario off = load("  cluster: {controllers: {scheduler: false, kubelet: false}}\n");
    CHECK(off.notices[0].find("kube-scheduler") == std::string::npos);
    CHECK(off.notices[0].find("kubelet") == std::string::npos);
}

TEST_CASE("the scheduler's options") {
    const Scenario s = load(
        "  cluster:\n"
        "    controllers: {scheduler: true}\n"
        "    scheduler: {startDelay: 2s, choice: {default/web-0: node-2}}\n");
    CHECK(s.cluster.scheduler_on);
    CHECK(s.cluster.scheduler.start_delay == 2s);
    CHECK(s.cluster.scheduler.choice.at("default/web-0") == "node-2");
    CHECK(load("  cluster: {}\n").cluster.scheduler_on);
    CHECK_FALSE(load("  cluster: {controllers: {scheduler: false}}\n").cluster.scheduler_on);
}

TEST_CASE("kinds that nothing acts on are stored with a warning") {
    const Scenario s = load(
        "  steps:\n"
        "  - apply:\n"
        "    - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
        "    - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"
        "    - {apiVersion: example.com/v1, kind: Backup, metadata: {name: c}}\n");
    REQUIRE(s.warnings.size() == 2);
    CHECK(s.warnings[0].message ==
          "ConfigMap objects are stored as they are; nothing acts on them");
    CHECK(s.warnings[1].message == "Backup objects are stored as they are; nothing acts on them");
}
