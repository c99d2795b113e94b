// A cluster with volumes and claims made at drawn times, and the listeners of the reports on it.
#pragma once

#include "model/cluster.hpp"
#include "reports/causal_graph.hpp"
#include "reports/matches.hpp"
#include "reports/paths.hpp"

namespace reports {

struct ReportedCluster {
    explicit ReportedCluster(std::uint64_t seed, std::string_view kubernetes = "1.36")
        : cluster(options(seed, kubernetes)),
          trace(cluster.engine(), cluster.journal()),
          graph(cluster.server().scheme()) {
        cluster.engine().set_observer(&trace);
        cluster.journal().keep_links(true);
        cluster.journal().want_matches(true);
        for (model::Listener* l : std::initializer_list<model::Listener*>{&paths, &matches, &graph})
            cluster.journal().listen(l);
    }

    static model::ClusterOptions options(std::uint64_t seed, std::string_view kubernetes) {
        model::ClusterOptions o;
        o.profile = *model::Profile::of(kubernetes);
        o.seed = seed;
        return o;
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
            r.kind = scheme.resolve("v1", object.find("kind")->as_string());
            r.key.ns = scheme.info(r.kind).namespaced ? "default" : "";
            r.key.name = object.at({"metadata", "name"})->as_text();
            r.manifest = object;
            cluster.user().send(r, [](const model::api::Response&) {});
        });
    }

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

    ClaimPaths paths;
    Matches matches;
    model::Cluster cluster;
    EventTrace trace;
    CausalGraph graph;
};

}  // namespace reports
