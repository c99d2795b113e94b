// Choosing a volume for a claim: the index against upstream's scan, on the same volumes in the same
// run.
//
// 16 sets of labels, 8 classes, 4 sets of access modes; one claim in four has a selector. `find`
// asks only; `find_and_take` also stores the volume as claimed and puts it back, which is what a
// bind and a release do to the index.
#include <benchmark/benchmark.h>

#include <memory>

#include "model/volume/volume_index.hpp"
#include "sim/random.hpp"

namespace {

using namespace model;
using namespace model::volume;

std::string class_name(std::uint64_t i) { return "class-" + std::to_string(i % 8); }

api::List<api::Text> modes(std::uint64_t i) {
    api::List<api::Text> all = {"ReadWriteOnce"};
    if (i & 1) all.emplace_back("ReadOnlyMany");
    if (i & 2) all.emplace_back("ReadWriteMany");
    return all;
}

struct Volumes {
    explicit Volumes(std::int64_t n) : random(1, "bench") {
        for (std::int64_t i = 0; i < n; ++i) {
            PV v;
            v.metadata.name = "pv-" + std::to_string(i);
            v.metadata.labels.set("zone", "zone-" + std::to_string(random.below(4)));
            v.metadata.labels.set("tier", "tier-" + std::to_string(random.below(4)));
            v.spec.storageClassName = class_name(random.below(8));
            v.spec.accessModes = modes(random.below(4));
            v.spec.capacity.set("storage",
                                api::Quantity::of(std::int64_t(1 + random.below(1000)) << 30,
                                                  api::Quantity::Format::BinarySI));
            v.status.phase = "Available";
            owned.push_back(api::freeze(std::move(v)));
            list.push_back(owned.back().get());
            index.put(owned.back());
        }
        for (int i = 0; i < 4096; ++i) {
            PVC c;
            c.metadata.ns = "default";
            c.metadata.name = "claim-" + std::to_string(i);
            c.metadata.uid = "uid-" + std::to_string(i);
            c.spec.storageClassName = class_name(random.below(8));
            c.spec.accessModes = modes(random.below(4));
            c.spec.resources.requests.set(
                "storage", api::Quantity::of(std::int64_t(1 + random.below(1000)) << 30,
                                             api::Quantity::Format::BinarySI));
            if (random.below(4) == 0) {
                c.spec.selector = api::LabelSelector();
                c.spec.selector->matchLabels.set("zone", "zone-" + std::to_string(random.below(4)));
            }
            claims.push_back(std::move(c));
        }
    }
    sim::Stream random;
    std::vector<api::Ref<PV>> owned;
    std::vector<const PV*> list;
    std::vector<PVC> claims;
    VolumeIndex index;
};

Volumes& volumes_of(std::int64_t n) {
    // One size at a time is kept: a million volumes take most of a gigabyte.
    static std::unique_ptr<Volumes> kept;
    static std::int64_t size = 0;
    if (size != n) {
        kept.reset();
        kept = std::make_unique<Volumes>(n);
        size = n;
    }
    return *kept;
}

void find(benchmark::State& state) {
    Volumes& v = volumes_of(state.range(0));
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(v.index.find(v.claims[i++ % v.claims.size()], {}));
}

void find_and_take(benchmark::State& state) {
    Volumes& v = volumes_of(state.range(0));
    std::size_t i = 0;
    for (auto _ : state) {
        const PVC& claim = v.claims[i++ % v.claims.size()];
        const auto found = v.index.find(claim, {});
        if (!found || !*found) continue;
        v.index.put(api::freeze(*bound_volume(**found, claim)));
        v.index.put(*found);
    }
}

void scan(benchmark::State& state) {
    Volumes& v = volumes_of(state.range(0));
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(find_best_match(v.claims[i++ % v.claims.size()], v.list, {}));
}

}  // namespace

// Sizes outermost, so that each set of volumes is made once.
int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    for (std::int64_t n : {1'000, 10'000, 100'000, 1'000'000}) {
        benchmark::RegisterBenchmark("find", find)->Arg(n);
        benchmark::RegisterBenchmark("find_and_take", find_and_take)->Arg(n);
        benchmark::RegisterBenchmark("scan", scan)->Arg(n)->Unit(benchmark::kMicrosecond);
    }
    benchmark::RunSpecifiedBenchmarks();
}
