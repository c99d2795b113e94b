#include "model/volume/invariants.hpp"

#include <algorithm>

#include "model/api/server.hpp"
#include "model/cluster.hpp"
#include "model/volume/pods_of_claims.hpp"
#include "model/volume/pvc_protection.hpp"

namespace model::volume {

namespace {

constexpr std::string_view kClaimProtection = "pvc-protection-controller",
                           kVolumeProtection = "pv-protection-controller",
                           kStatefulSets = "statefulset-controller";

bool is_write(const Committed& c) { return c.verb == Verb::Update || c.verb == Verb::Patch; }

bool has_new_finalizer(const api::ObjectMeta& before, const api::ObjectMeta& after) {
    for (const api::Text& f : after.finalizers)
        if (!before.has_finalizer(f)) return true;
    return false;
}

bool same_source(const PV& a, const PV& b) {
    const api::PersistentVolumeSource &x = a.spec.source, &y = b.spec.source;
    if (x.csi.has_value() != y.csi.has_value()) return false;
    if (x.csi && (x.csi->driver != y.csi->driver || x.csi->volumeHandle != y.csi->volumeHandle))
        return false;
    return x.hostPath == y.hostPath && x.nfs == y.nfs && x.local == y.local && x.others == y.others;
}

}  // namespace

Invariants::Invariants(Journal& journal) : journal_(journal) { journal_.listen(this); }
Invariants::~Invariants() { journal_.ignore(this); }

void Invariants::violated(const Commit& c, std::string invariant, std::string detail) {
    Violated v;
    v.invariant = std::move(invariant);
    v.detail = c.told.object->key().to_string() + ", written by " + c.told.by.str() + ": " +
               std::move(detail);
    journal_.emit(c.stamp, v);
}

void Invariants::on(const Stamp& stamp, const Happening& happening) {
    const auto* told = std::get_if<Committed>(&happening);
    if (!told || !told->object) return;
    const Commit c{stamp,
                   *told,
                   api::as<PV>(told->object),
                   api::as<PV>(told->previous),
                   api::as<PVC>(told->object),
                   api::as<PVC>(told->previous)};
    check_versions(c);
    check_deletion(c);
    if (c.volume || c.claim) {
        check_parts(c);
        check_protection(c);
        if (c.volume && c.told.change == Change::Modified) check_binder_on_volume(c);
        if (c.volume && c.told.change != Change::Added) check_release(c);
        if (c.claim && c.told.change == Change::Modified) check_binder_on_claim(c);
        if (c.claim) check_one_claim(c);
    }
    check_immutable(c);
    check_new_pod(c);
    remember(c);
}

void Invariants::check_versions(const Commit& c) {
    const std::uint64_t version = c.told.object->metadata.resourceVersion;
    if (version <= last_version_)
        violated(c, "resourceVersion strictly increases with every stored change",
                 std::to_string(version) + " came after " + std::to_string(last_version_));
    last_version_ = std::max(last_version_, version);
    const Objects* mirror = c.volume ? &volumes_ : c.claim ? &claims_ : nullptr;
    if (mirror && c.told.change == Change::Added && mirror->contains(c.told.object->key()))
        violated(c, "two objects with the same name never coexist",
                 "added while one of that name is there");
}

void Invariants::check_deletion(const Commit& c) {
    const api::ObjectMeta& now = c.told.object->metadata;
    if (c.told.change == Change::Deleted && !now.finalizers.empty())
        violated(c, "an object is removed when its last finalizer goes",
                 "removed with " + now.finalizers.front().str());
    if (c.told.change != Change::Modified || !c.told.previous) return;
    const api::ObjectMeta& before = c.told.previous->metadata;
    if ((c.volume || c.claim) && now.terminating() && now.finalizers.empty())
        violated(c, "an object is removed when its last finalizer goes",
                 "still there, terminating, without any");
    if (!before.terminating()) return;
    if (!now.terminating()) violated(c, "deletionTimestamp never clears", "it is gone");
    // A DELETE may still ask for orphaning or foreground deletion, which are finalizers.
    if (is_write(c.told) && has_new_finalizer(before, now))
        violated(c, "a terminating object gains no finalizer", now.finalizers.back().str());
}

// Writes to the main resource and to /status keep off each other's part.
void Invariants::check_parts(const Commit& c) {
    if (c.told.change != Change::Modified || !c.told.previous || !is_write(c.told)) return;
    const bool to_status = c.told.subresource == api::Subresource::Status;
    const bool status_same = c.volume ? c.volume->status == c.volume_before->status
                                      : c.claim->status == c.claim_before->status;
    const bool spec_same =
        c.volume ? c.volume->spec == c.volume_before->spec : c.claim->spec == c.claim_before->spec;
    if (!to_status && !status_same)
        violated(c, "a write to the object does not change its status", "it did");
    if (to_status && !spec_same)
        violated(c, "a write to the status does not change the spec", "it did");
    if (c.volume && c.told.by != "client" &&
        c.volume->status.phase == c.volume_before->status.phase &&
        c.volume->status.lastPhaseTransitionTime != c.volume_before->status.lastPhaseTransitionTime)
        violated(c, "lastPhaseTransitionTime changes with the phase only",
                 "the phase stayed " + c.volume->status.phase.str());
}

void Invariants::check_immutable(const Commit& c) {
    if (c.told.change != Change::Modified || !c.told.previous) return;
    if (c.volume && !same_source(*c.volume, *c.volume_before))
        violated(c, "a volume's source never changes", "it did");
    if (c.claim) {
        const api::Text& was = c.claim_before->spec.volumeName;
        if (!was.empty() && c.claim->spec.volumeName != was)
            violated(c, "a claim's volumeName is written once",
                     was.str() + " became " + c.claim->spec.volumeName.str());
        if (c.claim_before->status.phase == api::phase::kPending &&
            requested_storage(*c.claim) != requested_storage(*c.claim_before))
            violated(c, "a Pending claim's size does not change",
                     requested_storage(*c.claim).to_string());
    }
    const auto cls = api::as<api::StorageClass>(c.told.object),
               before = api::as<api::StorageClass>(c.told.previous);
    if (cls &&
        (cls->provisioner != before->provisioner || !(cls->parameters == before->parameters) ||
         cls->reclaimPolicy != before->reclaimPolicy ||
         cls->volumeBindingMode != before->volumeBindingMode))
        violated(c, "a StorageClass never changes what it provisions", "it did");
}

void Invariants::check_protection(const Commit& c) {
    const std::string_view finalizer =
        c.volume ? api::finalizer::kPVProtection : api::finalizer::kPVCProtection;
    if (c.told.change == Change::Added && c.told.verb == Verb::Create &&
        !c.told.object->metadata.has_finalizer(finalizer))
        violated(c, "an object made through the API starts protected",
                 "it has no " + std::string(finalizer));
    if (c.told.change != Change::Deleted) return;
    if (c.volume && c.told.by == kVolumeProtection && c.volume->status.phase == api::phase::kBound)
        violated(c, "a Bound volume is not removed", "its protection was taken away");
    if (!c.claim || c.told.by != kClaimProtection) return;
    const std::vector<ScheduledPod>* holders = pods_of_.find(c.claim->key());
    if (!holders) return;
    for (const ScheduledPod& holder : *holders)
        if (c.stamp.at - holder.since > grace_ && keeps_from_deletion(*holder.pod, *c.claim))
            violated(c, std::string(rule::kNotUnderPod), "pod " + holder.pod->key().to_string());
}

// What its controller cannot have heard of yet does not count.
void Invariants::check_new_pod(const Commit& c) {
    const auto pod = api::as<api::Pod>(c.told.object);
    if (!pod || c.told.change != Change::Added || c.told.by != kStatefulSets) return;
    for (const api::Key& key : claims_of(*pod)) {
        const auto claim = current<PVC>(key);
        const sim::Time* since = deleting_.find(key);
        if (claim && since && c.stamp.at - *since > grace_)
            violated(c, std::string(rule::kClaimStays), "claim " + key.to_string());
    }
}

void Invariants::remember_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& now,
                              sim::Time at) {
    const bool held = before && !before->spec.nodeName.empty();
    const bool holds = now && !now->spec.nodeName.empty();
    if (!held && !holds) return;
    const api::Pod& pod = now ? *now : *before;
    for (const api::Key& claim : claims_of(pod)) {
        std::vector<ScheduledPod>& pods = pods_of_[claim];
        const auto known = std::find_if(pods.begin(), pods.end(), [&pod](const ScheduledPod& p) {
            return p.pod->key() == pod.key();
        });
        if (holds && known != pods.end()) {
            known->pod = now;
        } else if (holds) {
            pods.push_back({now, at});
        } else if (known != pods.end()) {
            pods.erase(known);
        }
        if (pods.empty()) pods_of_.erase(claim);
    }
}

void Invariants::remember(const Commit& c) {
    const api::Object& object = *c.told.object;
    const bool gone = c.told.change == Change::Deleted;
    if (const auto pod = api::as<api::Pod>(c.told.object)) {
        const auto before = api::as<api::Pod>(c.told.previous);
        return remember_pod(before, gone ? api::Ref<api::Pod>() : pod, c.stamp.at);
    }
    Objects* mirror = c.volume                                 ? &volumes_
                      : c.claim                                ? &claims_
                      : object.kind == api::Kind::StorageClass ? &classes_
                                                               : nullptr;
    if (!mirror) return;
    const api::Key key = object.key();
    if (c.claim && object.metadata.terminating() && !gone && !deleting_.contains(key))
        deleting_[key] = c.stamp.at;
    if (gone) {
        deleting_.erase(key);
        mirror->erase(key);
        if (c.volume) last_writer_.erase(key);
        return;
    }
    (*mirror)[key] = c.told.object;
    if (c.volume) last_writer_[key] = c.told.by;
}

void Invariants::learn(const api::ObjectReader& reader) {
    const auto into = [](Objects& objects) {
        return [&objects](const api::ObjectRef& o) { objects[o->key()] = o; };
    };
    reader.for_each(api::Kind::PersistentVolume, "", into(volumes_));
    reader.for_each(api::Kind::PersistentVolumeClaim, "", into(claims_));
    reader.for_each(api::Kind::StorageClass, "", into(classes_));
    reader.for_each(api::Kind::Pod, "", [this](const api::ObjectRef& o) {
        remember_pod(nullptr, api::as<api::Pod>(o), sim::Time());
    });
    reader.for_each(api::Kind::PersistentVolumeClaim, "", [this](const api::ObjectRef& o) {
        const auto claim = api::as<PVC>(o);
        if (claim->status.phase == api::phase::kBound && !claim->spec.volumeName.empty())
            if (api::Key& bound = bound_claim_[api::Key(api::Text(), claim->spec.volumeName)];
                bound == api::Key())
                bound = claim->key();
    });
}

std::unique_ptr<Listener> make_invariants(Cluster& cluster) {
    auto invariants = std::make_unique<Invariants>(cluster.journal());
    invariants->set_grace(cluster.race_grace());
    invariants->learn(cluster.server());
    return invariants;
}

}  // namespace model::volume
