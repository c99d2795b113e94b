// What becomes of a volume. Counterpart: pv_controller.go syncVolume.
#include "model/volume/migration.hpp"
#include "model/volume/persistent_volume_controller.hpp"

namespace model::volume {

namespace {

bool is_released_or_failed(const PV& volume) {
    return volume.status.phase == api::phase::kReleased ||
           volume.status.phase == api::phase::kFailed;
}

}  // namespace

sim::Task<api::Status> PersistentVolumeController::sync_volume(api::Ref<PV> volume, Pass& pass) {
    if (std::optional<PV> next =
            with_migration_and_finalizers(*volume, plugins_, honors_policy())) {
        auto saving = save_volume(api::freeze(std::move(*next)), api::Subresource::None, pass);
        VolumeResult saved = co_await std::move(saving);
        if (!saved) {
            co_return failure(
                "persistent Volume Controller can't anneal migration annotations or finalizer: " +
                saved.error().message.str());
        }
        volume = *saved;
    }
    const auto& ref = volume->spec.claimRef;
    if (!ref || ref->uid.empty()) {
        // Free, or reserved for a claim that has not been bound to it yet. From Released too:
        // whoever clears claimRef by hand gives the volume back.
        auto setting = set_volume_phase(volume, api::phase::kAvailable, api::Text(), pass);
        VolumeResult set = co_await std::move(setting);
        co_return set.ok() ? Status() : set.error();
    }
    auto syncing = sync_reserved_volume(volume, pass);
    Status result = co_await std::move(syncing);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::sync_reserved_volume(api::Ref<PV> volume,
                                                                        Pass& pass) {
    auto finding = find_claim(volume);
    ClaimResult found = co_await std::move(finding);
    if (!found) co_return found.error();
    const api::Ref<PVC> claim = *found;
    if (!claim) {
        auto releasing = release(volume, pass);
        Status result = co_await std::move(releasing);
        co_return result;
    }
    if (claim->spec.volumeName.empty()) {
        wake_unbound_claim(*volume, *claim, pass);
        co_return Status();
    }
    if (claim->spec.volumeName == volume->metadata.name) {
        auto setting = set_volume_phase(volume, api::phase::kBound, api::Text(), pass);
        VolumeResult set = co_await std::move(setting);
        co_return set.ok() ? Status() : set.error();
    }
    // The claim is bound elsewhere. What was made for it is not needed any more; what was found for
    // it is free again.
    if (volume->metadata.annotations.contains(api::annotation::kProvisionedBy) &&
        volume->spec.persistentVolumeReclaimPolicy == api::policy::kDelete) {
        auto releasing = release(volume, pass);
        Status result = co_await std::move(releasing);
        co_return result;
    }
    auto unbinding = unbind(volume, pass);
    Status result = co_await std::move(unbinding);
    co_return result;
}

// The claim that a volume's claimRef means, null where it is gone. The private store may be behind
// (a volume bound by the scheduler or made by a provisioner), so before a volume is released for
// the first time the server is asked.
sim::Task<api::Result<api::Ref<PVC>>> PersistentVolumeController::find_claim(api::Ref<PV> volume) {
    const api::Key key = claim_key(*volume->spec.claimRef);
    const api::Text uid = volume->spec.claimRef->uid;
    api::Ref<PVC> claim = claims_.get(key);
    const Profile& profile = options_.profile;
    if (!claim && !is_released_or_failed(*volume) && profile.on(Guard::MissingClaimLookup)) {
        claim = claim_informer_.get<PVC>(key);
        if (!claim) {
            auto getting = client_.get<PVC>(key);
            ClaimResult live = co_await std::move(getting);
            if (!live && !live.error().is(api::Reason::NotFound)) co_return live;
            if (live) claim = *live;
        }
    }
    if (claim && claim->metadata.uid != uid) {
        if (!profile.on(Guard::RenewedClaimLookup)) co_return ClaimResult(api::Ref<PVC>());
        // One of that name came after it, or the one known here is older than the volume's.
        auto getting = client_.get<PVC>(key);
        ClaimResult live = co_await std::move(getting);
        if (!live && !live.error().is(api::Reason::NotFound)) co_return live;
        claim = live && (*live)->metadata.uid == uid ? *live : api::Ref<PVC>();
    }
    ClaimResult answer = claim;
    co_return answer;
}

// Failed is not overwritten: the user shall see that something went wrong. Reclaiming is tried all
// the same.
sim::Task<api::Status> PersistentVolumeController::release(api::Ref<PV> volume, Pass& pass) {
    if (!is_released_or_failed(*volume)) {
        auto setting = set_volume_phase(volume, api::phase::kReleased, api::Text(), pass);
        VolumeResult set = co_await std::move(setting);
        if (!set) co_return set.error();
        volume = *set;
    }
    auto reclaiming = reclaim(volume, pass);
    Status result = co_await std::move(reclaiming);
    co_return result;
}

// A provisioner only saves the volume; its claim is bound by the claim's own sync, which is asked
// for here.
void PersistentVolumeController::wake_unbound_claim(const PV& volume, const PVC& claim,
                                                    Pass& pass) {
    if (volume_modes_differ(claim, volume)) {
        const std::string claim_name = "\"" + claim.metadata.name.str() + "\"";
        const std::string volume_name = "\"" + volume.metadata.name.str() + "\"";
        say(volume, control::EventType::Warning, "VolumeMismatch",
            "Cannot bind PersistentVolume to requested PersistentVolumeClaim " + claim_name +
                " due to incompatible volumeMode.",
            pass);
        say(claim, control::EventType::Warning, "VolumeMismatch",
            "Cannot bind PersistentVolume " + volume_name +
                " to requested PersistentVolumeClaim due to incompatible volumeMode.",
            pass);
        return;
    }
    pass.hung = true;
    claim_queue_.add(claim.key());
}

}  // namespace model::volume
