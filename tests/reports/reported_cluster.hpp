// A cluster with volumes and claims made at drawn times, and the listeners of the reports on it.
#pragma once

#include "model/cluster.hpp"
#include "model/csi/endpoint.hpp"
#include "reports/causal_graph.hpp"
#include "reports/driver_calls.hpp"
#include "reports/matches.hpp"
#include "reports/paths.hpp"
#include "reports/pod_lives.hpp"
#include "reports/volume_lives.hpp"

namespace reports {

struct ReportedCluster {
    explicit ReportedCluster(std::uint64_t seed, std::string_view kubernetes = "1.36")
        : ReportedCluster(options(seed, kubernetes)) {}
    explicit ReportedCluster(model::ClusterOptions options)
        : lives({std::string(kDriver)}),
          cluster(std::move(options)),
          trace(cluster.engine(), cluster.journal()),
          graph(cluster.server().scheme()) {
        cluster.engine().set_observer(&trace);
        cluster.journal().keep_links(true);
        cluster.journal().want_matches(true);
        for (model::Listener* l : std::initializer_list<model::Listener*>{
                 &trace, &paths, &matches, &graph, &lives, &calls, &pods})
            cluster.journal().listen(l);
    }

    static model::ClusterOptions options(std::uint64_t seed, std::string_view kubernetes) {
        model::ClusterOptions o;
        o.profile = *model::Profile::of(kubernetes);
        o.seed = seed;
        return o;
    }

    // With one driver of that profile, and its provisioner.
    static model::ClusterOptions with_driver(std::uint64_t seed, std::string_view profile) {
        model::ClusterOptions o = options(seed, "1.36");
        model::DriverOptions driver;
        driver.name = kDriver;
        driver.profile = *model::csi::find_profile(profile);
        o.drivers.push_back(std::move(driver));
        return o;
    }
    static model::api::Value driver_class() {
        model::api::Value v = manifest("StorageClass", "fast");
        v["apiVersion"] = "storage.k8s.io/v1";
        v["provisioner"] = kDriver;
        v["reclaimPolicy"] = "Delete";
        v["volumeBindingMode"] = "Immediate";
        return v;
    }
    static model::api::Value driver_claim(const std::string& name) {
        model::api::Value v = claim(name);
        v["spec"]["storageClassName"] = "fast";
        return v;
    }

    static model::api::Value claim(const std::string& name, const std::string& size = "1Gi") {
        model::api::Value v = manifest("PersistentVolumeClaim", name);
        v["metadata"]["namespace"] = "default";
        v["spec"]["accessModes"].push_back("ReadWriteOnce");
        v["spec"]["resources"]["requests"]["storage"] = size;
        v["spec"]["storageClassName"] = "";
        return v;
    }
    static model::api::Value volume(const std::string& name, const std::string& size = "1Gi") {
        model::api::Value v = manifest("PersistentVolume", name);
        v["spec"]["accessModes"].push_back("ReadWriteOnce");
        v["spec"]["capacity"]["storage"] = size;
        v["spec"]["hostPath"]["path"] = "/tmp/" + name;
        return v;
    }
    static model::api::Value manifest(const char* kind, const std::string& name) {
        model::api::Value v;
        v["apiVersion"] = "v1";
        v["kind"] = kind;
        v["metadata"]["name"] = name;
        return v;
    }

    void create_at(sim::Duration at, const model::api::Value& object) {
        cluster.engine().call_at(sim::Time(at), model::kind_of(model::Wait::User), [this, object] {
            model::api::Scheme& scheme = cluster.server().scheme();
            model::api::Request r;
            r.verb = model::Verb::Create;
            r.kind = scheme.resolve(object.find("apiVersion")->as_string(),
                                    object.find("kind")->as_string());
            r.key.ns = scheme.info(r.kind).namespaced ? "default" : "";
            r.key.name = object.at({"metadata", "name"})->as_text();
            r.manifest = object;
            cluster.user().send(r, [](const model::api::Response&) {});
        });
    }

    void delete_at(sim::Duration at, model::api::Kind kind, const std::string& name) {
        cluster.engine().call_at(sim::Time(at), model::kind_of(model::Wait::User), [=, this] {
            model::api::Request r;
            r.verb = model::Verb::Delete;
            r.kind = kind;
            r.key.ns = cluster.server().scheme().info(kind).namespaced ? "default" : "";
            r.key.name = name;
            cluster.user().send(r, [](const model::api::Response&) {});
        });
    }
    model::csi::Endpoint& endpoint() { return *cluster.endpoint(kDriver); }

    // Pairs at drawn times within ten seconds, played for a minute.
    void play_random_pairs(int pairs) {
        sim::Stream& stream = cluster.engine().stream("test/pairs");
        const auto drawn = [&] { return sim::Duration(stream.below(10'000'000'000)); };
        for (int i = 0; i < pairs; ++i) {
            const std::string n = std::to_string(i);
            create_at(drawn(), claim("claim-" + n, std::to_string(1 + i % 3) + "Gi"));
            create_at(drawn(), volume("pv-" + n, std::to_string(1 + i % 4) + "Gi"));
        }
        cluster.start();
        cluster.engine().run_until(sim::Time(std::chrono::minutes(1)));
    }

    static constexpr std::string_view kDriver = "disk.example.com";
    ClaimPaths paths;
    VolumeLives lives;
    DriverCalls calls;
    PodLives pods;
    Matches matches;
    model::Cluster cluster;
    EventTrace trace;
    CausalGraph graph;
};

}  // namespace reports
