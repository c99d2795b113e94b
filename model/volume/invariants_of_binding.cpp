// What the PersistentVolume controller promises about its own writes.
#include "model/volume/invariants.hpp"

namespace model::volume {

namespace {

constexpr std::string_view kBinder = "persistent-volume-binder";

std::string_view claim_uid(const PV& volume) {
    return volume.spec.claimRef ? volume.spec.claimRef->uid.view() : std::string_view();
}

bool is_released_or_failed(const PV& volume) {
    return volume.status.phase == api::phase::kReleased ||
           volume.status.phase == api::phase::kFailed;
}

api::Key volume_key(const api::Text& name) { return api::Key(api::Text(), name); }

}  // namespace

void Invariants::check_binder_on_volume(const Commit& c) {
    if (c.told.by != kBinder || !c.volume_before) return;
    const PV &now = *c.volume, &before = *c.volume_before;
    const std::string_view had = claim_uid(before), has = claim_uid(now);
    if (!had.empty() && !has.empty() && had != has)
        violated(c, "a volume goes from one claim to another only by way of none",
                 std::string(had) + " to " + std::string(has));
    // Only the scheduler, the claim itself or a person gives a free volume to a claim that waits
    // for its first consumer.
    if (!before.spec.claimRef && now.spec.claimRef) {
        const auto claim = current<PVC>(claim_key(*now.spec.claimRef));
        const auto cls = claim ? current<api::StorageClass>(volume_key(storage_class_of(*claim)))
                               : api::Ref<api::StorageClass>();
        if (cls && claim->spec.volumeName.empty() && cls->volumeBindingMode &&
            *cls->volumeBindingMode == api::mode::kWaitForFirstConsumer)
            violated(c, "a WaitForFirstConsumer claim gets no free volume from the controller",
                     claim->key().to_string());
    }
    if (before.spec.persistentVolumeReclaimPolicy != api::policy::kRetain ||
        before.status.phase != api::phase::kReleased || had.empty())
        return;
    const auto claim = current<PVC>(claim_key(*before.spec.claimRef));
    if ((has.empty() && !claim) || (now.status.phase == api::phase::kAvailable && !has.empty()))
        violated(c, "a retained volume keeps its claimRef and does not become Available by itself",
                 "it did");
}

// Releasing and reclaiming, both of which must not happen to a volume that a claim still has.
void Invariants::check_release(const Commit& c) {
    if (c.told.by != kBinder || !c.volume_before) return;
    const PV& before = *c.volume_before;
    if (c.told.verb == Verb::Delete && !is_released_or_failed(before))
        violated(c, "only Released and Failed volumes are reclaimed",
                 "deleted while " + before.status.phase.str());
    if (c.told.change != Change::Modified || c.volume->status.phase != api::phase::kReleased ||
        is_released_or_failed(before) || !before.spec.claimRef)
        return;
    const auto claim = current<PVC>(claim_key(*before.spec.claimRef));
    if (claim && claim->metadata.uid == before.spec.claimRef->uid &&
        claim->spec.volumeName == c.volume->metadata.name)
        violated(c, std::string(rule::kClaimGone), "the claim is there and names it");
}

void Invariants::check_binder_on_claim(const Commit& c) {
    if (c.told.by != kBinder || !c.claim_before) return;
    const PVC &now = *c.claim, &before = *c.claim_before;
    const api::TextMap &marks = now.metadata.annotations,
                       &marks_before = before.metadata.annotations;
    const bool completed = marks.contains(api::annotation::kBindCompleted);
    if (completed && !marks_before.contains(api::annotation::kBindCompleted) &&
        now.spec.volumeName.empty())
        violated(c, "bind-completed comes with volumeName", "volumeName is empty");
    if (before.spec.volumeName.empty() && !now.spec.volumeName.empty()) {
        const api::Key key = volume_key(now.spec.volumeName);
        const auto volume = current<PV>(key);
        const api::Text* writer = last_writer_.find(key);
        // Somebody else may have changed the volume in between.
        if (volume && writer && *writer == kBinder && claim_uid(*volume) != now.metadata.uid.view())
            violated(c, "the volume's claimRef is stored before the claim's volumeName",
                     "the volume does not name it");
    }
    const bool was_bound = before.status.phase == api::phase::kBound,
               is_bound = now.status.phase == api::phase::kBound;
    if (is_bound && !was_bound && (now.spec.volumeName.empty() || !completed))
        violated(c, "the claim's phase Bound is the last write of a bind",
                 "volumeName or bind-completed is missing");
    if (is_bound && was_bound && !(now.status.capacity == before.status.capacity))
        violated(c, "a Bound claim's capacity is not the controller's to change", "it did");
    if (marks.get(api::annotation::kStorageProvisioner) !=
            marks_before.get(api::annotation::kStorageProvisioner) &&
        marks.get(api::annotation::kStorageProvisioner) !=
            marks.get(api::annotation::kBetaStorageProvisioner))
        violated(c, "both storage-provisioner annotations are written together", "they differ");
}

void Invariants::check_one_claim(const Commit& c) {
    const PVC& now = *c.claim;
    if (now.spec.volumeName.empty()) return;
    const api::Key volume = volume_key(now.spec.volumeName);
    const api::Key* mine = bound_claim_.find(volume);
    const bool bound = c.told.change != Change::Deleted && now.status.phase == api::phase::kBound;
    if (!bound) {
        if (mine && *mine == now.key()) bound_claim_.erase(volume);
        return;
    }
    if (!mine) {
        bound_claim_[volume] = now.key();
    } else if (*mine != now.key() && c.told.by == kBinder) {
        violated(c, "at most one claim is Bound to a volume",
                 mine->to_string() + " is Bound to it too");
    }
}

}  // namespace model::volume
