#include "model/sidecar/snapshot_finalizers.hpp"

#include <set>

#include "model/api/constants.hpp"
#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/plain_objects.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kSweep = 5min;  // snapshot-orphan-sweep-interval

bool is_snapshot(const api::Boxed<api::TypedObjectReference>& source) {
    return source && source->kind == "VolumeSnapshot" &&
           source->apiGroup.value_or(kSnapshotGroup) == kSnapshotGroup;
}

// The snapshot that a claim is made from; "" where it is made from none.
api::Key snapshot_of(const PVC& claim) {
    if (is_snapshot(claim.spec.dataSource))
        return api::Key(claim.metadata.ns, claim.spec.dataSource->name);
    if (!is_snapshot(claim.spec.dataSourceRef)) return api::Key();
    const api::TypedObjectReference& ref = *claim.spec.dataSourceRef;
    const bool elsewhere = ref.ns && !ref.ns->empty();
    return api::Key(elsewhere ? *ref.ns : claim.metadata.ns, ref.name);
}

}  // namespace

SnapshotFinalizers::SnapshotFinalizers(control::Process& process, control::Client& client,
                                       sim::Duration first_sweep)
    : process_(process),
      client_(client),
      first_sweep_(first_sweep),
      snapshots_(process.informer(
          process.server().scheme().resolve("snapshot.storage.k8s.io/v1", "VolumeSnapshot"))),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      any_held_(process.engine()) {
    snapshots_.add_handler([this](const api::ObjectRef&, const api::ObjectRef& after) {
        if (after && after->metadata.has_finalizer(kSnapshotFinalizer)) any_held_.open();
    });
}

void SnapshotFinalizers::start() {
    first_ = process_.engine().now() + first_sweep_;
    process_.spawn(process_.name() + " snapshot sweep", run());
}

sim::Task<void> SnapshotFinalizers::run() {
    sim::Engine& engine = process_.engine();
    for (;;) {
        co_await any_held_.wait(kind_of(Wait::Resync), "no snapshot is held");
        const sim::Duration since = engine.now() - first_;
        const sim::Duration rest = since < 0ns ? -since : (kSweep - since % kSweep) % kSweep;
        co_await engine.sleep_for(rest, kind_of(Wait::Resync));
        for (bool held = true; held;) {
            auto sweeping = sweep();
            co_await std::move(sweeping);
            held = false;
            snapshots_.for_each([&held](const api::ObjectRef& snapshot) {
                held = held || snapshot->metadata.has_finalizer(kSnapshotFinalizer);
            });
            if (held) co_await engine.sleep_for(kSweep, kind_of(Wait::Resync));
        }
        any_held_.close();
    }
}

std::vector<api::ObjectRef> SnapshotFinalizers::orphaned() const {
    std::set<api::Key> wanted;
    claims_.for_each([&wanted](const api::ObjectRef& object) {
        const auto& claim = static_cast<const PVC&>(*object);
        if (claim.status.phase.empty() || claim.status.phase == api::phase::kPending)
            wanted.insert(snapshot_of(claim));
    });
    std::vector<api::ObjectRef> orphans;
    snapshots_.for_each([&](const api::ObjectRef& snapshot) {
        if (snapshot->metadata.has_finalizer(kSnapshotFinalizer) &&
            !wanted.contains(snapshot->key()))
            orphans.push_back(snapshot);
    });
    return orphans;
}

// What fails waits for the next sweep.
sim::Task<void> SnapshotFinalizers::sweep() {
    const std::vector<api::ObjectRef> orphans = orphaned();
    for (const api::ObjectRef& snapshot : orphans) {
        auto saving = set_finalizers(client_, snapshot,
                                     without(snapshot->metadata.finalizers, kSnapshotFinalizer));
        co_await std::move(saving);
    }
}

}  // namespace model::sidecar
