// Each rule holds a write of the scheduler against what is stored at that instant.
#include "model/scheduler/placement_rules.hpp"

#include <algorithm>

#include "model/api/constants.hpp"
#include "model/cluster.hpp"
#include "model/scheduler/volume_binder.hpp"
#include "model/volume/pods_of_claims.hpp"

namespace model::scheduler {

namespace {

constexpr std::string_view kScheduler = "scheduler";

bool has_ended(const api::Pod& pod) {
    return pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
}

}  // namespace

PlacementRules::PlacementRules(Journal& journal, const api::ObjectReader& reader, bool once_per_pod)
    : journal_(journal), reader_(reader), once_per_pod_(once_per_pod) {
    journal_.listen(this);
}
PlacementRules::~PlacementRules() { journal_.ignore(this); }

void PlacementRules::violated(const Stamp& stamp, std::string_view rule, std::string detail) {
    Violated v;
    v.invariant = std::string(rule);
    v.detail = std::move(detail);
    journal_.emit(stamp, v);
}

void PlacementRules::on(const Stamp& stamp, const Happening& happening) {
    const auto* commit = std::get_if<Committed>(&happening);
    if (!commit) return;
    const auto pod = api::as<api::Pod>(commit->object);
    if (pod && (commit->change == Change::Deleted || has_ended(*pod)))
        std::erase_if(user_of_, [&](const auto& use) { return use.second == pod->metadata.uid; });
    if (commit->by != kScheduler) return;
    if (pod && commit->subresource == api::Subresource::Binding) check_placed(stamp, *pod);
    if (!pod) check_storage_write(stamp, *commit);
}

void PlacementRules::check_storage_write(const Stamp& stamp, const Committed& commit) {
    const auto claim = api::as<PVC>(commit.object);
    const auto before = api::as<PVC>(commit.previous);
    const bool is_volume = commit.object->kind == api::Kind::PersistentVolume;
    const bool removes = commit.change == Change::Deleted && (claim || is_volume);
    const bool rewrites =
        claim && before && (claim->spec != before->spec || claim->status != before->status);
    if (removes || rewrites) violated(stamp, rule::kOnlyReserves, commit.object->key().to_string());
}

void PlacementRules::check_placed(const Stamp& stamp, const api::Pod& pod) {
    for (const api::Key& key : volume::claims_of(pod)) {
        const auto claim = api::as<PVC>(reader_.find(api::Kind::PersistentVolumeClaim, key));
        if (claim) check_claim(stamp, pod, *claim);  // one that is gone by now was there
    }
}

void PlacementRules::check_claim(const Stamp& stamp, const api::Pod& pod, const PVC& claim) {
    const std::string who = pod.key().to_string() + " on " + pod.spec.nodeName.str() + ", claim " +
                            claim.metadata.name.str();
    if (claim.spec.volumeName.empty() ||
        !claim.metadata.annotations.contains(api::annotation::kBindCompleted))
        violated(stamp, rule::kBoundFirst, who + " is not bound");
    const auto v = api::as<PV>(
        reader_.find(api::Kind::PersistentVolume, api::Key(api::Text(), claim.spec.volumeName)));
    const auto node =
        api::as<api::Node>(reader_.find(api::Kind::Node, api::Key(api::Text(), pod.spec.nodeName)));
    if (v && node && !reaches(*v, *node))
        violated(stamp, rule::kBoundFirst, who + ": its volume does not reach the node");
    const auto& modes = claim.spec.accessModes;
    if (!once_per_pod_ ||
        std::find(modes.begin(), modes.end(), api::mode::kReadWriteOncePod) == modes.end())
        return;
    const auto [user, fresh] = user_of_.emplace(claim.key(), pod.metadata.uid);
    if (!fresh && user->second != pod.metadata.uid)
        violated(stamp, rule::kOnePod, who + " is used by another pod");
}

std::unique_ptr<Listener> make_placement_rules(Cluster& cluster) {
    return std::make_unique<PlacementRules>(cluster.journal(), cluster.server(),
                                            cluster.options().profile.on(Gate::ReadWriteOncePod));
}

}  // namespace model::scheduler
