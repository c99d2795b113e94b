#include <doctest/doctest.h>

#include "model/sidecar/external_provisioner.hpp"
#include "tests/model/sidecar/sidecar_world.hpp"

using namespace model;
using namespace model::sidecar;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("external-provisioner: capacity");

namespace {

csi::DriverProfile limited() {
    csi::DriverProfile profile = *csi::find_profile("instant");
    profile.capacity_bytes = std::int64_t{10} << 30;
    profile.topology_key = "topology.lab/zone";
    return profile;
}

struct World : SidecarWorld {
    World() : SidecarWorld("1.36", limited(), true) {
        api::Value ns;
        ns["apiVersion"] = "v1";
        ns["kind"] = "Namespace";
        ns["metadata"]["name"] = "kube-system";
        (void)server->preload(ns);
        for (const char* zone : {"a", "b"}) make_node(std::string("node-") + zone, zone);
        make_class("fast");
    }
    void make_node(const std::string& name, std::string_view zone) {
        api::Value v;
        v["metadata"]["labels"]["topology.lab/zone"] = zone;
        (void)make("v1", "Node", name, v);
        make_csi_node(name);
    }
    void make_class(std::string_view name, std::string_view mode = "WaitForFirstConsumer") {
        api::Value v;
        v["provisioner"] = kDriver;
        v["volumeBindingMode"] = mode;
        REQUIRE(make("storage.k8s.io/v1", "StorageClass", name, v).status.code == 201);
    }
    void start() {
        auto s = setting<ProvisionerSetting>();
        s.options.enable_capacity = true;
        bring_up_provisioner(new_process("external-provisioner/lab"), std::move(s), true);
        run_for(100ms);
    }
    // "fast@a=10Gi fast@b=10Gi"
    std::string capacities() {
        std::vector<std::string> all;
        server->for_each(Kind::CSIStorageCapacity, "", [&](const api::ObjectRef& object) {
            const auto& c = static_cast<const api::CSIStorageCapacity&>(*object);
            all.push_back(c.storageClassName.str() + "@" +
                          std::string(c.nodeTopology->matchLabels.get("topology.lab/zone")) + "=" +
                          c.capacity->to_string());
        });
        std::sort(all.begin(), all.end());
        return taken(all);
    }
};

}  // namespace

TEST_CASE("an object for each segment and class that waits for its consumer") {
    World w;
    w.make_class("soon", "Immediate");
    w.start();
    CHECK(w.capacities() == "fast@a=10Gi fast@b=10Gi");
    w.server->for_each(Kind::CSIStorageCapacity, "kube-system", [](const api::ObjectRef& c) {
        CHECK(c->metadata.name.view().starts_with("csisc-"));
        CHECK(c->metadata.labels.get("csi.storage.k8s.io/drivername") == World::kDriver);
        CHECK(c->metadata.labels.get("csi.storage.k8s.io/managed-by") == "external-provisioner");
        CHECK(c->metadata.ownerReferences.empty());
    });
}

TEST_CASE("each minute the driver is asked, and nothing is written where nothing has changed") {
    World w;
    w.start();
    w.writes.clear();
    w.run_for(60s);
    w.calls.clear();
    w.run_for(60s);
    CHECK(w.taken(w.calls) == "GetCapacity GetCapacity");
    CHECK(w.writes.empty());
}

TEST_CASE("a volume made is taken off where it was made, at once") {
    World w;
    w.start();
    w.run_for(61s);
    w.calls.clear();
    api::Value v = w.claim("data", "4Gi");
    v["spec"]["storageClassName"] = "fast";
    v["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] = World::kDriver;
    v["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = "node-b";
    REQUIRE(w.create(v).status.code == 201);
    w.run_for(1s);
    CHECK(w.taken(w.calls) == "CreateVolume GetCapacity");
    CHECK(w.capacities() == "fast@a=10Gi fast@b=6Gi");
}

TEST_CASE("objects follow classes and nodes, and come back when somebody deletes them") {
    World w;
    w.start();
    w.make_node("node-c", "c");
    w.run_for(3s);
    CHECK(w.capacities() == "fast@a=10Gi fast@b=10Gi fast@c=10Gi");
    (void)w.remove(Kind::CSINode, Key("", "node-a"));
    w.run_for(3s);
    CHECK(w.capacities() == "fast@b=10Gi fast@c=10Gi");
    Key some;
    w.server->for_each(Kind::CSIStorageCapacity, "",
                       [&](const api::ObjectRef& c) { some = c->key(); });
    (void)w.remove(Kind::CSIStorageCapacity, some);
    w.run_for(3s);
    CHECK(w.capacities() == "fast@b=10Gi fast@c=10Gi");
    (void)w.remove(Kind::StorageClass, Key("", "fast"));
    w.run_for(3s);
    CHECK(w.capacities() == "");
}

TEST_CASE("without a class of the driver the poll costs no event") {
    World w;
    (void)w.remove(Kind::StorageClass, Key("", "fast"));
    w.start();
    const auto events = w.engine.events_run();
    w.run_for(24h);
    CHECK(w.engine.events_run() == events);
}

TEST_SUITE_END();
