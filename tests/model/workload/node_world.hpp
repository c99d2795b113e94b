// A cluster of so many nodes without kubelets, with constant latencies and known phases: for tests
// of what watches over nodes and makes pods.
#pragma once

#include "model/cluster.hpp"
#include "model/workload/heartbeats.hpp"
#include "model/workload/node_conditions.hpp"

namespace model {

struct NodeWorld {
    explicit NodeWorld(int nodes = 3, std::string_view version = "1.36", bool one_zone = false)
        : cluster(options(version)) {
        for (int i = 1; i <= nodes; ++i) {
            const std::string name = "node-" + std::to_string(i);
            api::Value v;
            v["apiVersion"] = "v1";
            v["kind"] = "Node";
            v["metadata"]["name"] = name;
            v["metadata"]["labels"]["topology.kubernetes.io/zone"] = one_zone ? "a" : name;
            (void)cluster.preload(v);
        }
        cluster.start();
    }

    static ClusterOptions options(std::string_view version) {
        using namespace std::chrono_literals;
        ClusterOptions o;
        o.profile = *Profile::of(version);
        o.kubelet.on = o.scheduler_on = false;
        o.latencies.write = sim::Distribution::constant(3ms);
        o.latencies.read = sim::Distribution::constant(1ms);
        o.latencies.response = sim::Distribution::constant(1ms);
        o.latencies.watch = sim::Distribution::constant(1ms);
        o.phases["nodeMonitor"] = 1s;
        o.phases["podGC"] = 2s;
        o.phases["nodeHeartbeat"] = 3s;
        o.phases["pvBinderResync"] = 10s;
        return o;
    }

    static api::Value pod(std::string_view name, std::string_view node) {
        api::Value v;
        v["apiVersion"] = "v1";
        v["kind"] = "Pod";
        v["metadata"]["name"] = name;
        v["metadata"]["namespace"] = "default";
        if (!node.empty()) v["spec"]["nodeName"] = node;
        api::Value c = api::Value::map({{"name", "c"}, {"image", "busybox"}});
        v["spec"]["containers"].push_back(std::move(c));
        return v;
    }

    api::Response send(api::Request r) { return cluster.server().handle(std::move(r), "test"); }
    api::Response create(const api::Value& manifest) {
        api::Request r;
        r.verb = Verb::Create;
        r.kind = cluster.server().scheme().resolve(manifest.find("apiVersion")->as_string(),
                                                   manifest.find("kind")->as_string());
        r.manifest = manifest;
        r.key.ns = "default";
        return send(std::move(r));
    }
    // Running and ready, as a kubelet would say.
    void run_pod(std::string_view name, bool ready = true) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = api::Kind::Pod;
        r.key = api::Key("default", api::Text(name));
        r.subresource = api::Subresource::Status;
        r.patch_type = api::PatchType::Strategic;
        r.patch["status"]["phase"] = "Running";
        r.patch["status"]["conditions"].push_back(
            api::Value::map({{"type", "Ready"}, {"status", ready ? "True" : "False"}}));
        (void)send(std::move(r));
    }
    api::Response remove(api::Kind kind, const api::Key& key,
                         std::optional<std::int64_t> grace = std::nullopt) {
        api::Request r;
        r.verb = Verb::Delete;
        r.kind = kind;
        r.key = key;
        r.options.gracePeriodSeconds = grace;
        return send(std::move(r));
    }
    api::Response patch(api::Kind kind, const api::Key& key, api::Value body) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = kind;
        r.key = key;
        r.patch = std::move(body);
        return send(std::move(r));
    }
    void add_taint(std::string_view node, std::string_view key, std::string_view effect) {
        api::Value body;
        body["spec"]["taints"].push_back(
            api::Value::map({{"key", api::Value(key)}, {"effect", api::Value(effect)}}));
        (void)patch(api::Kind::Node, api::Key("", api::Text(node)), std::move(body));
    }

    void run_to(sim::Duration at) { cluster.engine().run_until(sim::Time(at)); }
    api::Ref<api::Node> node(std::string_view name) {
        return api::as<api::Node>(
            cluster.server().find(api::Kind::Node, api::Key("", api::Text(name))));
    }
    api::Ref<api::Pod> find_pod(std::string_view name) {
        return api::as<api::Pod>(
            cluster.server().find(api::Kind::Pod, api::Key("default", api::Text(name))));
    }
    bool is_tainted(std::string_view name, std::string_view key, std::string_view effect) {
        return workload::has_taint(*node(name), key, effect);
    }
    std::size_t events(std::string_view reason) {
        std::size_t n = 0;
        cluster.server().for_each(api::Kind::Event, {}, [&](const api::ObjectRef& o) {
            n += static_cast<const api::Event&>(*o).reason == reason ? 1 : 0;
        });
        return n;
    }
    std::size_t count(api::Kind kind) {
        std::size_t n = 0;
        cluster.server().for_each(kind, "default", [&](const api::ObjectRef&) { ++n; });
        return n;
    }

    Cluster cluster;
};

}  // namespace model
