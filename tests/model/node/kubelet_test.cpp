#include <doctest/doctest.h>

#include "tests/model/node/node_world.hpp"

using namespace model;
using namespace model::node;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("kubelet");

TEST_CASE("a pod without volumes runs, and goes after its grace period") {
    NodeWorld w;
    w.start();
    (void)w.create(w.pod("p"));
    w.run_for(300ms);
    CHECK(w.taken(w.writes) == "patch:pods/status:200");
    CHECK(w.phase("p") == "Pending");
    w.run_for(1s);
    CHECK(w.phase("p") == "Running");
    CHECK(w.find_pod("p")->status.startTime);
    CHECK_FALSE(w.find_pod("p")->status.podIP.empty());
    CHECK(w.taken(w.events) == "Created: Container created Started: Container started");
    w.run_for(1s);
    w.taken(w.writes);
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(2s);
    CHECK(w.phase("p") == "Running");
    w.run_for(2s);
    CHECK(w.phase("p") == "gone");
    CHECK(w.taken(w.writes) == "patch:pods/status:200 delete:pods:200");
    CHECK(w.taken(w.events) == "Killing: Stopping container c");
}

TEST_CASE("a container that was created waits for the look at the runtime before it counts") {
    NodeWorld w;
    w.start();
    (void)w.create(w.pod("p"));
    w.run_for(390ms);  // up since 0.1 s, seen at 0.4 s
    CHECK(w.phase("p") == "Pending");
    w.run_for(30ms);
    CHECK(w.phase("p") == "Running");
}

TEST_CASE("1.26: a pod that is deleted keeps its phase to the end") {
    NodeWorld w("1.26");
    w.start();
    (void)w.create(w.pod("p", w.empty_dir()));
    w.run_for(3s);
    w.taken(w.writes);
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(5s);
    CHECK(w.phase("p") == "gone");
    CHECK(w.taken(w.writes) == "patch:pods/status:200 delete:pods:200");
}

TEST_CASE("containers that end by themselves end the pod") {
    NodeWorld w;
    w.start();
    api::Value p = w.pod("p", w.empty_dir());
    p["spec"]["restartPolicy"] = "Never";
    p["metadata"]["annotations"]["stowage.dev/run-for"] = "2s";
    SUBCASE("well") {}
    SUBCASE("badly") { p["metadata"]["annotations"]["stowage.dev/exit-code"] = "3"; }
    const bool well = !p["metadata"]["annotations"].find("stowage.dev/exit-code");
    (void)w.create(p);
    w.run_for(5s);
    CHECK(w.phase("p") == (well ? "Succeeded" : "Failed"));
    w.run_for(5s);
    CHECK(w.find_pod("p"));
}

TEST_CASE("a container that ends again and again waits longer each time") {
    NodeWorld w;
    w.start();
    api::Value p = w.pod("p");
    p["metadata"]["annotations"]["stowage.dev/run-for"] = "1s";
    p["metadata"]["annotations"]["stowage.dev/exit-code"] = "1";
    (void)w.create(p);
    w.run_for(60s);
    std::size_t started = 0;
    for (const std::string& e : w.events) started += e.starts_with("Started") ? 1 : 0;
    CHECK(started == 4);  // at 0 s, 1 s, then 10 s and 20 s after an end
    const api::Value& statuses = w.find_pod("p")->status.containerStatuses;
    const api::Value* waiting = statuses.as_list()[0].at({"state", "waiting", "reason"});
    REQUIRE(waiting);
    CHECK(waiting->as_string() == "CrashLoopBackOff");
}

TEST_CASE("init containers run one after the other before the others") {
    NodeWorld w;
    w.start();
    api::Value p = w.pod("p");
    for (const char* name : {"i1", "i2"}) {
        api::Value c;
        c["name"] = name;
        c["image"] = "i";
        p["spec"]["initContainers"].push_back(c);
    }
    (void)w.create(p);
    w.run_for(10s);
    CHECK(w.phase("p") == "Running");
    CHECK(w.kubelets->machine("n")
              .containers.find(w.find_pod("p")->metadata.uid)
              ->containers.size() == 3);
}

TEST_CASE("a pod deleted by force is killed with the grace of its spec") {
    NodeWorld w;
    w.start();
    const std::string uid = w.create(w.pod("p")).object->metadata.uid.str();
    w.run_for(3s);
    api::DeleteOptions now;
    now.gracePeriodSeconds = 0;
    (void)w.remove(Kind::Pod, Key("default", "p"), now);
    CHECK(w.phase("p") == "gone");
    w.run_for(1900ms);
    CHECK(w.kubelets->machine("n").containers.find(uid)->is_running());
    w.run_for(2s);
    CHECK_FALSE(w.kubelets->machine("n").containers.find(uid));
}

TEST_CASE("a container that listens ends before the grace period has passed") {
    NodeWorld w;
    w.start();
    api::Value p = w.pod("p");
    p["spec"]["terminationGracePeriodSeconds"] = 30;
    p["metadata"]["annotations"]["stowage.dev/stop-time"] = "300ms";
    (void)w.create(p);
    w.run_for(3s);
    (void)w.remove(Kind::Pod, Key("default", "p"));
    w.run_for(3s);
    CHECK(w.phase("p") == "gone");
}

TEST_CASE("a node that is shut down in order ends its pods, the critical ones last") {
    NodeWorld w("1.36", *csi::find_profile("instant"), 10s);
    w.driver_object(false);
    w.make_volume("a");
    w.start();
    api::Value important;
    important["apiVersion"] = "scheduling.k8s.io/v1";
    important["kind"] = "PriorityClass";
    important["metadata"]["name"] = "critical";
    important["value"] = std::int64_t{2'000'000'000};
    (void)w.server->preload(important);
    api::Value critical = w.pod("critical", w.empty_dir());
    critical["spec"]["priorityClassName"] = "critical";
    (void)w.create(critical);
    (void)w.create(w.pod("web", w.of_claim("a")));
    w.run_for(3s);
    w.taken(w.calls);
    bool done = false;
    static_cast<Kubelet&>(*w.process->controllers()[0]).shut_down([&] { done = true; });
    w.run_for(3s);
    CHECK(w.phase("web") == "Failed");
    CHECK(w.find_pod("web")->status.reason == "Terminated");
    CHECK(w.taken(w.calls) == "NodeUnpublishVolume NodeUnstageVolume");
    CHECK_FALSE(done);
    w.run_for(3s);
    CHECK(w.phase("critical") == "Failed");
    CHECK(done);
}

TEST_CASE("after a loss of power containers are started again") {
    NodeWorld w;
    w.start();
    (void)w.create(w.pod("p"));
    w.run_for(3s);
    w.process.reset();
    w.kubelets->set_power("n", false);
    w.run_for(10s);
    w.kubelets->set_power("n", true);
    w.start(false);
    w.run_for(5s);
    CHECK(w.phase("p") == "Running");
    const api::Value& status = w.find_pod("p")->status.containerStatuses.as_list()[0];
    CHECK(status.find("restartCount")->as_int() == 1);
}

TEST_CASE("a kubelet without pods costs no events") {
    NodeWorld w;
    w.start();
    const std::uint64_t before = w.engine.events_run();
    w.run_for(1h);
    CHECK(w.engine.events_run() == before);
}

TEST_CASE("a node with a pod that runs costs no events") {
    NodeWorld w;
    w.start();
    (void)w.create(w.pod("p", w.empty_dir()));
    w.run_for(10s);
    const std::uint64_t before = w.engine.events_run();
    w.run_for(1h);
    CHECK(w.engine.events_run() == before);
}

TEST_SUITE_END();
