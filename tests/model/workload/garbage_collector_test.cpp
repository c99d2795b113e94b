#include "model/workload/garbage_collector.hpp"

#include <doctest/doctest.h>

#include "tests/model/small_server.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("garbage collector");

namespace {

struct World : SmallServer {
    World() : process(*server, latencies, "kube-controller-manager") {
        control::Client& client = process.client("generic-garbage-collector", 20, 30);
        control::EventRecorder& recorder = process.recorder(client, "garbage-collector-controller");
        process.add(std::make_unique<workload::GarbageCollector>(process, client, recorder));
        process.start();
    }
    api::Value config_map(std::string_view name) {
        api::Value v;
        v["apiVersion"] = "v1";
        v["kind"] = "ConfigMap";
        v["metadata"]["name"] = name;
        v["metadata"]["namespace"] = "default";
        return v;
    }
    api::Value owned(std::string_view name, const api::ObjectRef& owner, bool blocks = false) {
        api::Value v = config_map(name);
        api::Value reference;
        reference["apiVersion"] = "v1";
        reference["kind"] = "ConfigMap";
        reference["name"] = owner->metadata.name;
        reference["uid"] = owner->metadata.uid;
        if (blocks) reference["blockOwnerDeletion"] = true;
        v["metadata"]["ownerReferences"].push_back(reference);
        return v;
    }
    bool exists(std::string_view name) {
        const Kind kind = server->scheme().resolve("v1", "ConfigMap");
        return static_cast<bool>(server->find(kind, Key("default", name)));
    }
    void run_for(sim::Duration d) { engine.run_until(engine.now() + d); }

    control::Process process;
};

}  // namespace

TEST_CASE("what is owned goes after its owner, through every generation") {
    World w;
    const api::ObjectRef root = w.create(w.config_map("root")).object;
    const api::ObjectRef child = w.create(w.owned("child", root)).object;
    (void)w.create(w.owned("grandchild", child));
    w.run_for(1s);
    REQUIRE(w.remove(root->kind, root->key()).status.ok());
    w.run_for(1s);
    CHECK_FALSE(w.exists("child"));
    CHECK_FALSE(w.exists("grandchild"));
}

TEST_CASE("an object with one living owner stays and loses the dangling reference") {
    World w;
    const api::ObjectRef a = w.create(w.config_map("a")).object;
    const api::ObjectRef b = w.create(w.config_map("b")).object;
    api::Value both = w.owned("both", a);
    api::Value second = w.owned("x", b);
    both["metadata"]["ownerReferences"].push_back(
        second.at({"metadata", "ownerReferences"})->as_list()[0]);
    (void)w.create(both);
    w.run_for(1s);
    (void)w.remove(a->kind, a->key());
    w.run_for(1s);
    REQUIRE(w.exists("both"));
    const api::ObjectRef left = w.server->find(a->kind, Key("default", "both"));
    REQUIRE(left->metadata.ownerReferences.size() == 1);
    CHECK(left->metadata.ownerReferences[0].uid == b->metadata.uid);
}

TEST_CASE("an owner that never existed counts as absent once it was looked up") {
    World w;
    const api::ObjectRef root = w.create(w.config_map("root")).object;
    api::Value orphan = w.owned("orphan", root);
    orphan["metadata"]["ownerReferences"].edit_list()[0]["uid"] =
        "11111111-2222-4333-8444-555555555555";
    (void)w.create(orphan);
    w.run_for(1s);
    CHECK_FALSE(w.exists("orphan"));
    CHECK(w.exists("root"));
}

TEST_CASE("orphan deletion keeps the dependents and takes their references away") {
    World w;
    const api::ObjectRef root = w.create(w.config_map("root")).object;
    (void)w.create(w.owned("child", root));
    w.run_for(1s);
    api::DeleteOptions options;
    options.propagationPolicy = "Orphan";
    (void)w.remove(root->kind, root->key(), options);
    w.run_for(1s);
    CHECK_FALSE(w.exists("root"));
    REQUIRE(w.exists("child"));
    CHECK(w.server->find(root->kind, Key("default", "child"))->metadata.ownerReferences.empty());
}

TEST_CASE("foreground deletion keeps the owner until the dependents that block it are gone") {
    World w;
    const api::ObjectRef root = w.create(w.config_map("root")).object;
    api::Value child = w.owned("child", root, true);
    child["metadata"]["finalizers"].push_back("example.com/hold");
    (void)w.create(child);
    w.run_for(1s);
    api::DeleteOptions options;
    options.propagationPolicy = "Foreground";
    (void)w.remove(root->kind, root->key(), options);
    w.run_for(5s);
    CHECK(w.exists("root"));
    CHECK(w.server->find(root->kind, Key("default", "child"))->metadata.terminating());
    api::Value release;
    release["metadata"]["finalizers"] = api::Value();
    (void)w.patch(root->kind, Key("default", "child"), release);
    w.run_for(5s);
    CHECK_FALSE(w.exists("child"));
    CHECK_FALSE(w.exists("root"));
}

TEST_SUITE_END();
