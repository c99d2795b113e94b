// End to end: static pairs from creation to Bound, fan-out of one write to ten informers, an idle
// day of a large cluster. Counters: pairs a second, cost a pair, and for the idle day the events
// that the engine ran.
#include <benchmark/benchmark.h>

#include "model/cluster.hpp"

namespace {

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

api::Value volume(int i) {
    api::Value v;
    v["apiVersion"] = "v1";
    v["kind"] = "PersistentVolume";
    v["metadata"]["name"] = "pv-" + std::to_string(i);
    v["spec"]["accessModes"].push_back("ReadWriteOnce");
    v["spec"]["capacity"]["storage"] = std::to_string(1 + i % 64) + "Gi";
    v["spec"]["hostPath"]["path"] = "/tmp/v";
    v["spec"]["storageClassName"] = "manual";
    return v;
}

api::Value claim(int i) {
    api::Value v;
    v["apiVersion"] = "v1";
    v["kind"] = "PersistentVolumeClaim";
    v["metadata"]["name"] = "claim-" + std::to_string(i);
    v["metadata"]["namespace"] = "default";
    v["spec"]["accessModes"].push_back("ReadWriteOnce");
    v["spec"]["resources"]["requests"]["storage"] = std::to_string(1 + i % 64) + "Gi";
    v["spec"]["storageClassName"] = "manual";
    return v;
}

api::Value node(int i) {
    api::Value v;
    v["apiVersion"] = "v1";
    v["kind"] = "Node";
    v["metadata"]["name"] = "node-" + std::to_string(i);
    return v;
}

ClusterOptions unlimited() {
    ClusterOptions o;
    o.profile = *Profile::of("1.36");
    o.controller_manager.kube_api_qps = 0;
    o.controller_manager.kube_api_burst = 0;
    return o;
}

void create(Cluster& cluster, api::Value manifest, sim::Time at) {
    cluster.engine().call_at(at, kind_of(Wait::User), [&cluster, manifest = std::move(manifest)] {
        api::Request r;
        r.verb = Verb::Create;
        r.kind = cluster.server().scheme().find(manifest.find("kind")->as_string())->id;
        if (cluster.server().scheme().info(r.kind).namespaced) r.key.ns = "default";
        r.manifest = manifest;
        cluster.user().send(std::move(r), [](const api::Response&) {});
    });
}

std::size_t bound(Cluster& cluster) {
    std::size_t n = 0;
    cluster.server().for_each(Kind::PersistentVolumeClaim, "", [&](const api::ObjectRef& o) {
        n += static_cast<const api::PersistentVolumeClaim&>(*o).status.phase == "Bound";
    });
    return n;
}

void static_pairs(benchmark::State& state) {
    const int n = static_cast<int>(state.range(0));
    for (auto _ : state) {
        Cluster cluster(unlimited());
        for (int i = 0; i < n; ++i) create(cluster, volume(i), sim::Time(1ms * i));
        for (int i = 0; i < n; ++i) create(cluster, claim(i), sim::Time(1ms * n + 10s + 1ms * i));
        cluster.start();
        while (bound(cluster) < static_cast<std::size_t>(n))
            cluster.engine().run_until(cluster.engine().now() + 1ms * n + 60s);
        state.counters["events/pair"] = static_cast<double>(cluster.engine().events_run()) / n;
    }
    state.SetItemsProcessed(state.iterations() * n);
    state.counters["us/pair"] =
        benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate |
                                                       benchmark::Counter::kInvert);
}
BENCHMARK(static_pairs)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void fan_out_to_ten_informers(benchmark::State& state) {
    constexpr int kObjects = 10'000;
    sim::Engine engine;
    Journal journal;
    api::ServerOptions options;
    options.raw = true;
    options.profile = *Profile::of("1.36");
    api::Server server(engine, journal, std::move(options));
    control::Latencies latencies;
    std::vector<std::unique_ptr<control::Informer>> informers;
    std::size_t heard = 0;
    for (int i = 0; i < kObjects; ++i) (void)server.preload(volume(i));
    for (int i = 0; i < 10; ++i) {
        informers.push_back(std::make_unique<control::Informer>(
            server, latencies, Kind::PersistentVolume, "informer/" + std::to_string(i)));
        informers.back()->start();
        informers.back()->add_handler(
            [&](const api::ObjectRef&, const api::ObjectRef&) { ++heard; });
    }
    const api::Text by("bench");
    int i = 0;
    std::int64_t delivered = 0;
    for (auto _ : state) {
        api::Request r;
        r.verb = Verb::Update;
        r.kind = Kind::PersistentVolume;
        r.key = Key("", "pv-" + std::to_string(i++ % kObjects));
        r.body = api::freeze(api::copy_of(*server.find(r.kind, r.key)));
        (void)server.handle(r, by);
        if (i % 64 == 0) engine.run();
        delivered += 10;
    }
    engine.run();
    if (heard != static_cast<std::size_t>(delivered)) state.SkipWithError("an event was lost");
    state.SetItemsProcessed(delivered);
}
BENCHMARK(fan_out_to_ten_informers);

void idle_day(benchmark::State& state) {
    constexpr int kNodes = 5'000, kClaims = 100'000;
    Cluster cluster(unlimited());
    for (int i = 0; i < kNodes; ++i) (void)cluster.preload(node(i));
    for (int i = 0; i < kClaims; ++i) create(cluster, volume(i), sim::Time(1ms * i));
    for (int i = 0; i < kClaims; ++i)
        create(cluster, claim(i), sim::Time(1ms * kClaims + 10s + 1ms * i));
    cluster.start();
    while (bound(cluster) < static_cast<std::size_t>(kClaims))
        cluster.engine().run_until(cluster.engine().now() + 100s);
    cluster.engine().run_until(cluster.engine().now() + 60s);
    const std::uint64_t before = cluster.engine().events_run();
    const std::uint64_t version = cluster.server().resource_version();
    for (auto _ : state) cluster.engine().run_until(cluster.engine().now() + 24h);
    state.counters["events"] = static_cast<double>(cluster.engine().events_run() - before);
    state.counters["writes"] = static_cast<double>(cluster.server().resource_version() - version);
}
BENCHMARK(idle_day)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
