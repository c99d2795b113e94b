// StatefulSets, ReplicaSets, Deployments and claims of ephemeral volumes.
#include <doctest/doctest.h>

#include "model/workload/owned_pods.hpp"
#include "model/workload/replica_set.hpp"
#include "model/workload/stateful_set_view.hpp"
#include "tests/model/workload/node_world.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;
using api::Value;

TEST_SUITE_BEGIN("workloads");

namespace {

Value of_kind(std::string_view kind, std::string_view name, int replicas) {
    Value v;
    v["apiVersion"] = "apps/v1";
    v["kind"] = kind;
    v["metadata"]["name"] = name;
    v["metadata"]["namespace"] = "default";
    v["spec"]["replicas"] = replicas;
    v["spec"]["selector"]["matchLabels"]["app"] = name;
    v["spec"]["template"]["metadata"]["labels"]["app"] = name;
    Value c = Value::map({{"name", "c"}, {"image", "busybox"}});
    v["spec"]["template"]["spec"]["containers"].push_back(std::move(c));
    return v;
}

Value stateful_set(int replicas) {
    Value v = of_kind("StatefulSet", "web", replicas);
    v["spec"]["serviceName"] = "web";
    Value claim;
    claim["metadata"]["name"] = "data";
    claim["spec"]["accessModes"].push_back("ReadWriteOnce");
    claim["spec"]["resources"]["requests"]["storage"] = "1Gi";
    v["spec"]["volumeClaimTemplates"].push_back(std::move(claim));
    return v;
}

Kind kind_of_name(NodeWorld& w, std::string_view name) {
    return w.cluster.server().scheme().find(name)->id;
}

Value replicas(int n) {
    Value body;
    body["spec"]["replicas"] = n;
    return body;
}

bool has_claim(NodeWorld& w, std::string_view name) {
    return static_cast<bool>(
        w.cluster.server().find(Kind::PersistentVolumeClaim, Key("default", api::Text(name))));
}

std::size_t active_pods(NodeWorld& w) {
    std::size_t n = 0;
    w.cluster.server().for_each(Kind::Pod, "default", [&](const api::ObjectRef& o) {
        n += workload::is_active(static_cast<const api::Pod&>(*o)) ? 1 : 0;
    });
    return n;
}

}  // namespace

TEST_CASE("a revision is named as upstream names it") {
    // Recorded on 1.26.1 (t15-statefulset): web-6fcb8fb9c4.
    NodeWorld w(1, "1.26");
    Value v = of_kind("StatefulSet", "web", 3);
    Value& spec = v["spec"]["template"]["spec"];
    spec["terminationGracePeriodSeconds"] = 1;
    Value c = Value::map({{"name", "c"}, {"image", "busybox"}});
    Value mount = Value::map({{"name", "data"}, {"mountPath", "/data"}});
    c["volumeMounts"].push_back(std::move(mount));
    spec["containers"] = Value::list({c});
    const api::Response made = w.create(v);
    REQUIRE(made.status.code == 201);
    const Profile profile = *Profile::of("1.26");
    const workload::StatefulSetView view(made.object, w.cluster.server().scheme(), profile);
    CHECK(workload::revision_hash(workload::revision_data(view, profile), 0) == "6fcb8fb9c4");
}

TEST_CASE("pods of a StatefulSet come one after the other, each with its claims") {
    NodeWorld w;
    REQUIRE(w.create(stateful_set(2)).status.code == 201);
    w.run_to(1s);
    REQUIRE(w.find_pod("web-0"));
    CHECK(has_claim(w, "data-web-0"));
    CHECK_FALSE(w.find_pod("web-1"));
    CHECK(w.find_pod("web-0")->metadata.labels.get("apps.kubernetes.io/pod-index") == "0");
    w.run_pod("web-0");
    w.run_to(2s);
    CHECK(w.find_pod("web-1"));
    CHECK(has_claim(w, "data-web-1"));
    CHECK(w.events("SuccessfulCreate") == 4);
}

TEST_CASE("policy Parallel waits for nobody") {
    NodeWorld w;
    Value v = stateful_set(3);
    v["spec"]["podManagementPolicy"] = "Parallel";
    (void)w.create(v);
    w.run_to(1s);
    CHECK(w.count(Kind::Pod) == 3);
}

TEST_CASE("a StatefulSet's pod is replaced only once it is gone") {
    NodeWorld w;
    Value v = stateful_set(1);
    v["spec"]["template"]["spec"]["nodeName"] = "node-1";
    (void)w.create(v);
    w.run_to(1s);
    w.run_pod("web-0");
    const api::Text uid = w.find_pod("web-0")->metadata.uid;
    (void)w.remove(Kind::Pod, Key("default", "web-0"));
    w.run_to(2s);
    REQUIRE(w.find_pod("web-0"));
    CHECK(w.find_pod("web-0")->metadata.uid == uid);
    CHECK(w.find_pod("web-0")->metadata.terminating());
    (void)w.remove(Kind::Pod, Key("default", "web-0"), 0);
    w.run_to(3s);
    REQUIRE(w.find_pod("web-0"));
    CHECK(w.find_pod("web-0")->metadata.uid != uid);
}

TEST_CASE("scaling down ends the last pod and keeps its claim, unless the policy says Delete") {
    for (const bool deletes : {false, true}) {
        CAPTURE(deletes);
        NodeWorld w;
        Value v = stateful_set(2);
        if (deletes) v["spec"]["persistentVolumeClaimRetentionPolicy"]["whenScaled"] = "Delete";
        (void)w.create(v);
        w.run_to(1s);
        w.run_pod("web-0");
        w.run_to(2s);
        w.run_pod("web-1");
        w.run_to(3s);
        (void)w.patch(kind_of_name(w, "StatefulSet"), Key("default", "web"), replicas(1));
        w.run_to(60s);
        CHECK_FALSE(w.find_pod("web-1"));
        CHECK(has_claim(w, "data-web-1") == !deletes);
        CHECK(has_claim(w, "data-web-0"));
    }
}

TEST_CASE("a new template replaces pods from the highest ordinal") {
    NodeWorld w;
    Value v = stateful_set(2);
    (void)w.create(v);
    w.run_to(1s);
    w.run_pod("web-0");
    w.run_to(2s);
    w.run_pod("web-1");
    w.run_to(3s);
    const api::Text old_uid = w.find_pod("web-1")->metadata.uid;
    Value body;
    Value c = Value::map({{"name", "c"}, {"image", "busybox:2"}});
    body["spec"]["template"]["spec"]["containers"] = Value::list({c});
    (void)w.patch(kind_of_name(w, "StatefulSet"), Key("default", "web"), body);
    w.run_to(4s);
    REQUIRE(w.find_pod("web-1"));
    CHECK(w.find_pod("web-1")->metadata.uid != old_uid);
    const auto revision = [&](const char* pod) {
        return std::string(w.find_pod(pod)->metadata.labels.get("controller-revision-hash"));
    };
    CHECK(revision("web-0") != revision("web-1"));  // it waits for the first one to be ready
    w.run_pod("web-1");
    w.run_to(5s);
    CHECK(revision("web-0") == revision("web-1"));
}

TEST_CASE("a ReplicaSet replaces a pod as soon as its deletion is asked for") {
    NodeWorld w;
    Value v = of_kind("ReplicaSet", "rs", 3);
    v["spec"]["template"]["spec"]["nodeName"] = "node-1";
    (void)w.create(v);
    w.run_to(1s);
    REQUIRE(w.count(Kind::Pod) == 3);
    std::string name;
    w.cluster.server().for_each(Kind::Pod, "default",
                                [&](const api::ObjectRef& o) { name = o->metadata.name.str(); });
    w.run_pod(name);
    (void)w.remove(Kind::Pod, Key("default", api::Text(name)));
    w.run_to(2s);
    CHECK(w.count(Kind::Pod) == 4);
    CHECK(active_pods(w) == 3);
    (void)w.patch(kind_of_name(w, "ReplicaSet"), Key("default", "rs"), replicas(1));
    w.run_to(3s);
    CHECK(active_pods(w) == 1);
}

TEST_CASE("a ReplicaSet adopts an orphan that it selects") {
    NodeWorld w;
    Value pod = NodeWorld::pod("stray", "");
    pod["metadata"]["labels"]["app"] = "rs";
    (void)w.create(pod);
    (void)w.create(of_kind("ReplicaSet", "rs", 2));
    w.run_to(1s);
    CHECK(w.count(Kind::Pod) == 2);
    CHECK(w.find_pod("stray")->metadata.ownerReferences.size() == 1);
}

TEST_CASE("expectations hold a sync until what was asked for was seen") {
    workload::Expectations e;
    const Key rs("default", "rs"), pod("default", "p");
    CHECK(e.satisfied(rs, sim::Time(0s)));
    e.expect(rs, 1, {pod}, sim::Time(0s));
    CHECK_FALSE(e.satisfied(rs, sim::Time(1s)));
    e.saw_creation(rs);
    CHECK_FALSE(e.satisfied(rs, sim::Time(1s)));
    e.saw_deletion(rs, pod);
    CHECK(e.satisfied(rs, sim::Time(1s)));
    e.expect(rs, 1, {}, sim::Time(2s));
    CHECK_FALSE(e.satisfied(rs, sim::Time(302s)));
    CHECK(e.satisfied(rs, sim::Time(303s)));
}

TEST_CASE("a Deployment rolls: new pods beside the old, Recreate after them") {
    for (const bool recreate : {false, true}) {
        CAPTURE(recreate);
        NodeWorld w;
        Value v = of_kind("Deployment", "d", 1);
        v["spec"]["template"]["spec"]["nodeName"] = "node-1";
        if (recreate) v["spec"]["strategy"]["type"] = "Recreate";
        REQUIRE(w.create(v).status.code == 201);
        w.run_to(1s);
        REQUIRE(w.count(Kind::Pod) == 1);
        std::string first;
        w.cluster.server().for_each(
            Kind::Pod, "default", [&](const api::ObjectRef& o) { first = o->metadata.name.str(); });
        w.run_pod(first);
        w.run_to(2s);
        Value body;
        Value c = Value::map({{"name", "c"}, {"image", "busybox:2"}});
        body["spec"]["template"]["spec"]["containers"] = Value::list({c});
        (void)w.patch(kind_of_name(w, "Deployment"), Key("default", "d"), body);
        w.run_to(3s);
        CHECK(w.count(kind_of_name(w, "ReplicaSet")) == (recreate ? 1 : 2));
        CHECK(active_pods(w) == (recreate ? 0 : 2));
        (void)w.remove(Kind::Pod, Key("default", api::Text(first)), 0);
        w.run_to(4s);
        CHECK(w.count(kind_of_name(w, "ReplicaSet")) == 2);
    }
}

TEST_CASE("an ephemeral volume's claim belongs to its pod, and comes back when it is deleted") {
    NodeWorld w;
    Value pod = NodeWorld::pod("p", "");
    Value volume;
    volume["name"] = "scratch";
    Value& spec = volume["ephemeral"]["volumeClaimTemplate"]["spec"];
    spec["accessModes"].push_back("ReadWriteOnce");
    spec["resources"]["requests"]["storage"] = "1Gi";
    pod["spec"]["volumes"].push_back(std::move(volume));
    REQUIRE(w.create(pod).status.code == 201);
    w.run_to(1s);
    const api::ObjectRef claim =
        w.cluster.server().find(Kind::PersistentVolumeClaim, Key("default", "p-scratch"));
    REQUIRE(claim);
    REQUIRE(claim->metadata.ownerReferences.size() == 1);
    CHECK(claim->metadata.ownerReferences[0].uid == w.find_pod("p")->metadata.uid);
    (void)w.remove(Kind::PersistentVolumeClaim, Key("default", "p-scratch"));
    w.run_to(2s);
    const api::ObjectRef again =
        w.cluster.server().find(Kind::PersistentVolumeClaim, Key("default", "p-scratch"));
    REQUIRE(again);
    CHECK(again->metadata.uid != claim->metadata.uid);
    (void)w.remove(Kind::Pod, Key("default", "p"), 0);
    w.run_to(30s);
    CHECK_FALSE(has_claim(w, "p-scratch"));
}

TEST_CASE("a claim of that name that is not the pod's is said to be in the way") {
    NodeWorld w;
    Value claim;
    claim["apiVersion"] = "v1";
    claim["kind"] = "PersistentVolumeClaim";
    claim["metadata"]["name"] = "p-scratch";
    claim["metadata"]["namespace"] = "default";
    claim["spec"]["accessModes"].push_back("ReadWriteOnce");
    claim["spec"]["resources"]["requests"]["storage"] = "1Gi";
    (void)w.create(claim);
    Value pod = NodeWorld::pod("p", "");
    Value volume;
    volume["name"] = "scratch";
    volume["ephemeral"]["volumeClaimTemplate"]["spec"] = *claim.find("spec");
    pod["spec"]["volumes"].push_back(std::move(volume));
    (void)w.create(pod);
    w.run_to(1s);
    bool told = false;
    w.cluster.server().for_each(Kind::Event, {}, [&](const api::ObjectRef& o) {
        const auto& e = static_cast<const api::Event&>(*o);
        told = told || (e.reason == "FailedBinding" && e.source.component == "ephemeral_volume" &&
                        e.message ==
                            "ephemeral volume scratch: PVC default/p-scratch was not "
                            "created for pod default/p (pod is not owner)");
    });
    CHECK(told);
}

TEST_CASE("a Job replaces a failed pod after ten seconds, counts each once and completes") {
    NodeWorld w;
    Value v = of_kind("Job", "once", 1);
    v["apiVersion"] = "batch/v1";
    v["spec"].erase("replicas");
    v["spec"].erase("selector");
    v["spec"]["template"]["spec"]["restartPolicy"] = "Never";
    REQUIRE(w.create(v).status.code == 201);
    w.run_to(1s);
    const auto running = [&] {
        api::Text name;
        w.cluster.server().for_each(Kind::Pod, "default", [&](const api::ObjectRef& o) {
            if (workload::is_active(static_cast<const api::Pod&>(*o))) name = o->metadata.name;
        });
        return name;
    };
    const auto end = [&](const api::Text& pod, std::string_view phase) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = Kind::Pod;
        r.key = Key("default", pod);
        r.subresource = api::Subresource::Status;
        r.patch["status"]["phase"] = phase;
        (void)w.send(std::move(r));
    };
    const auto job = [&] {
        return w.cluster.server().find(kind_of_name(w, "Job"), Key("default", "once"));
    };
    const auto count = [&](std::string_view what) {
        const Value* n = job()->extra.at({"status", what});
        return n ? n->as_int() : 0;
    };
    REQUIRE_FALSE(running().empty());
    CHECK(w.find_pod(running())->metadata.has_finalizer("batch.kubernetes.io/job-tracking"));
    end(running(), "Failed");
    w.run_to(5s);
    CHECK(running().empty());
    CHECK(count("failed") == 1);
    w.run_to(20s);
    REQUIRE_FALSE(running().empty());
    end(running(), "Succeeded");
    w.run_to(30s);
    CHECK(count("succeeded") == 1);
    CHECK(count("failed") == 1);
    CHECK(w.events("Completed") == 1);
    const Value* conditions = job()->extra.at({"status", "conditions"});
    REQUIRE(conditions);
    CHECK(conditions->as_list()[0].find("type")->as_string() == "Complete");
    w.cluster.server().for_each(Kind::Pod, "default", [&](const api::ObjectRef& o) {
        CHECK(o->metadata.finalizers.empty());
    });
}

TEST_CASE("a DaemonSet has one pod on each node that can take it") {
    NodeWorld w;
    Value v = of_kind("DaemonSet", "agent", 1);
    v["spec"].erase("replicas");
    w.add_taint("node-3", "maintenance", "NoSchedule");
    (void)w.create(v);
    w.run_to(1s);
    CHECK(w.count(Kind::Pod) == 2);
    api::Value body;
    body["spec"]["taints"] = api::Value();
    (void)w.patch(Kind::Node, Key("", "node-3"), body);
    w.run_to(2s);
    CHECK(w.count(Kind::Pod) == 3);
    w.add_taint("node-1", "maintenance", "NoExecute");
    w.run_to(3s);
    CHECK(w.count(Kind::Pod) == 2);
}
