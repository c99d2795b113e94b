#include <doctest/doctest.h>

#include "model/node/grid.hpp"
#include "model/node/node_invariants.hpp"
#include "model/node/pod_status.hpp"
#include "model/node/volume_spec.hpp"
#include "tests/model/node/node_world.hpp"

using namespace model;
using namespace model::node;
using api::Value;

TEST_SUITE_BEGIN("kubelet pieces");

TEST_CASE("a grid has its first look, and then one each period") {
    const Grid grid(sim::Time(30ms), 100ms);
    CHECK(grid.next(sim::Time()) == sim::Time(30ms));
    CHECK(grid.next(sim::Time(30ms)) == sim::Time(30ms));
    CHECK(grid.after(sim::Time(30ms)) == sim::Time(130ms));
    CHECK(grid.next(sim::Time(131ms)) == sim::Time(230ms));
    CHECK(grid.last(sim::Time(131ms)) == sim::Time(130ms));
    CHECK(grid.last(sim::Time(130ms)) == sim::Time(130ms));
    CHECK(grid.last(sim::Time(29ms)) < sim::Time(0ms));
}

namespace {

// States such as "run wait exit0 exit3" as container statuses.
Value statuses(std::initializer_list<std::string_view> states) {
    Value all = Value::list();
    for (std::string_view s : states) {
        Value c;
        c["name"] = "c" + std::to_string(all.as_list().size());
        if (s == "run") c["state"]["running"]["startedAt"] = "t";
        if (s == "wait") c["state"]["waiting"]["reason"] = "ContainerCreating";
        if (s.starts_with("exit"))
            c["state"]["terminated"]["exitCode"] = std::stoi(std::string(s.substr(4)));
        all.push_back(std::move(c));
    }
    return all;
}

}  // namespace

TEST_CASE("the phase that containers amount to") {
    struct Row {
        const char* policy;
        Value containers, init;
        bool terminal;
        const char* phase;
    };
    const Row rows[] = {
        {"Always", statuses({"wait"}), Value(), false, "Pending"},
        {"Always", statuses({"run", "wait"}), Value(), false, "Pending"},
        {"Always", statuses({"run", "exit0"}), Value(), false, "Running"},
        {"Always", statuses({"exit1"}), Value(), false, "Running"},
        {"Always", statuses({"exit0"}), Value(), true, "Succeeded"},
        {"Always", statuses({"exit137", "exit0"}), Value(), true, "Failed"},
        {"OnFailure", statuses({"exit0"}), Value(), false, "Succeeded"},
        {"OnFailure", statuses({"exit1"}), Value(), false, "Running"},
        {"Never", statuses({"exit1"}), Value(), false, "Failed"},
        {"Never", statuses({"exit0"}), Value(), false, "Succeeded"},
        {"Always", statuses({"wait"}), statuses({"exit0", "run"}), false, "Pending"},
        {"Never", statuses({"wait"}), statuses({"exit2"}), false, "Failed"},
        {"Always", statuses({"run"}), statuses({"exit0"}), false, "Running"},
    };
    for (const Row& row : rows) {
        api::Pod pod;
        pod.spec.restartPolicy = row.policy;
        CAPTURE(row.containers.to_json());
        CHECK(phase_of(pod, row.containers, row.init, row.terminal) == row.phase);
    }
}

TEST_CASE("a final phase is not told while containers may run") {
    api::PodStatus on_server, mine;
    on_server.phase = "Running";
    mine.phase = "Failed";
    CHECK(merged(on_server, mine, true).phase == "Running");
    CHECK(merged(on_server, mine, false).phase == "Failed");
}

TEST_CASE("a patch holds what differs, and conditions by their type") {
    api::PodStatus from, to;
    from.phase = "Pending";
    to.phase = "Running";
    api::Condition ready;
    ready.type = "Ready";
    ready.status = "False";
    ready.reason = "ContainersNotReady";
    from.conditions.push_back(ready);
    ready.status = "True";
    ready.reason = api::Text();
    to.conditions.push_back(ready);
    CHECK(status_patch(from, to).to_json() ==
          R"({"$setElementOrder/conditions":[{"type":"Ready"}],"conditions":[{"reason":null,)"
          R"("status":"True","type":"Ready"}],"phase":"Running"})");
    CHECK(status_patch(to, to).is_null());
}

TEST_CASE("the pod of a path") {
    CHECK(pod_of_path("/var/lib/kubelet/pods/u-1/volumes/kubernetes.io~csi/a/mount") == "u-1");
    CHECK(pod_of_path("/r/plugins/kubernetes.io/csi/volumeDevices/publish/pv/u-2") == "u-2");
    CHECK(pod_of_path("/r/plugins/kubernetes.io/csi/d/h/globalmount").empty());
}

TEST_CASE("unique names: shared by pods where somebody attaches or stages, else each its own") {
    NodeWorld w;
    w.make_volume("a");
    const auto pv = api::as<PV>(w.server->find(api::Kind::PersistentVolume, api::Key("", "a")));
    const api::Result<VolumeSpec> spec = spec_of(pv, false);
    REQUIRE(spec);
    CHECK(unique_name(*spec, "u") == "kubernetes.io/csi/lab.csi.example.com^" + w.handles["a"]);
    api::Volume scratch;
    scratch.name = "s";
    scratch.extra["emptyDir"] = Value::map();
    CHECK(unique_name(spec_of(scratch), "u") == "kubernetes.io/empty-dir/u-s");
}

TEST_CASE("a failed operation waits, another on the same volume does not") {
    NodeWorld w;
    w.start();
    bool ended = false;
    PendingOperations operations(*w.process, [&] { ended = true; });
    const auto fails = [](sim::Engine& engine) -> sim::Task<std::string> {
        co_await engine.yield_now();
        co_return std::string("no");
    };
    REQUIRE(operations.may_begin("v", {}, "mount"));
    operations.begin("v", {}, "mount", fails(w.engine));
    CHECK_FALSE(operations.may_begin("v", {}, "unmount"));
    CHECK_FALSE(operations.may_begin("v", "pod", "unmount"));
    CHECK(operations.may_begin("other", {}, "mount"));
    w.run_for(1ms);
    CHECK(ended);
    CHECK_FALSE(operations.may_begin("v", {}, "mount"));
    CHECK(operations.may_begin("v", {}, "unmount"));
    w.run_for(500ms);
    REQUIRE(operations.may_begin("v", {}, "mount"));
    operations.begin("v", {}, "mount", fails(w.engine));
    w.run_for(900ms);
    CHECK_FALSE(operations.may_begin("v", {}, "mount"));
    w.run_for(200ms);
    CHECK(operations.may_begin("v", {}, "mount"));
}

TEST_CASE("what failed for other pods does not hide an operation that runs") {
    NodeWorld w;
    w.start();
    PendingOperations operations(*w.process, [] {});
    const auto ends = [](sim::Engine& engine, sim::Duration after,
                         std::string error) -> sim::Task<std::string> {
        co_await engine.sleep_for(after, kind_of(Wait::Timer));
        co_return error;
    };
    operations.begin("v", "one", "unmount", ends(w.engine, 1ms, "no"));
    operations.begin("v", "two", "unmount", ends(w.engine, 1ms, "no"));
    w.run_for(2ms);
    // It takes the place of the first; the second stays.
    REQUIRE(operations.may_begin("v", {}, "map"));
    operations.begin("v", {}, "map", ends(w.engine, 1min, ""));
    CHECK_FALSE(operations.may_begin("v", {}, "map"));
    CHECK_FALSE(operations.may_begin("v", "two", "unmount"));
    CHECK(operations.is_pending("v", {}));
    w.run_for(1min);
    CHECK(operations.may_begin("v", {}, "map"));
    CHECK(operations.may_begin("v", "one", "unmount"));
}

TEST_SUITE_END();
