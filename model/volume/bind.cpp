// The writes of the PersistentVolume controller, and the two that are made of several: bind and
// unbind. Counterpart: pv_controller.go bind, unbindVolume, update*. What the server answers goes
// into the private store at once, so that the controller sees its own writes before its informers
// do.
#include "model/volume/persistent_volume_controller.hpp"

namespace model::volume {

sim::Task<api::Result<api::Ref<PV>>> PersistentVolumeController::save_volume(api::Ref<PV> next,
                                                                             api::Subresource part,
                                                                             Pass& pass) {
    pass.wrote = true;
    auto saving = client_.update(std::move(next), part);
    VolumeResult saved = co_await std::move(saving);
    if (saved) store(*saved);
    co_return saved;
}

sim::Task<api::Result<api::Ref<PVC>>> PersistentVolumeController::save_claim(api::Ref<PVC> next,
                                                                             api::Subresource part,
                                                                             Pass& pass) {
    pass.wrote = true;
    auto saving = client_.update(std::move(next), part);
    ClaimResult saved = co_await std::move(saving);
    if (saved) store(*saved);
    co_return saved;
}

sim::Task<api::Result<api::Ref<PV>>> PersistentVolumeController::set_volume_phase(
    api::Ref<PV> volume, api::Text phase, api::Text message, Pass& pass) {
    VolumeResult result = volume;
    if (volume->status.phase == phase) co_return result;
    PV next = *volume;
    next.status.phase = phase;
    next.status.message = message;
    auto saving = save_volume(api::freeze(std::move(next)), api::Subresource::Status, pass);
    result = co_await std::move(saving);
    co_return result;
}

// The event belongs to the change of phase: it is told once.
sim::Task<api::Result<api::Ref<PV>>> PersistentVolumeController::set_volume_phase_and_say(
    api::Ref<PV> volume, api::Text phase, Announcement event, Pass& pass) {
    VolumeResult result = volume;
    if (volume->status.phase == phase) co_return result;
    const api::Text message(event.message);
    auto setting = set_volume_phase(volume, phase, message, pass);
    result = co_await std::move(setting);
    if (result) say(**result, event.type, event.reason, event.message, pass);
    co_return result;
}

sim::Task<api::Result<api::Ref<PVC>>> PersistentVolumeController::set_claim_phase(
    api::Ref<PVC> claim, api::Text phase, api::Ref<PV> volume, Pass& pass) {
    api::Result<std::optional<PVC>> next =
        claim_in_phase(*claim, phase, volume.get(), attributes_classes());
    if (!next) co_return next.error();
    ClaimResult result = claim;
    if (!*next) co_return result;
    auto saving = save_claim(api::freeze(std::move(**next)), api::Subresource::Status, pass);
    result = co_await std::move(saving);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::lose_claim(api::Ref<PVC> claim,
                                                              Announcement event, Pass& pass) {
    if (claim->status.phase == api::phase::kLost) co_return Status();
    const api::Ref<PV> no_volume;
    auto setting = set_claim_phase(claim, api::phase::kLost, no_volume, pass);
    ClaimResult set = co_await std::move(setting);
    if (!set) co_return set.error();
    say(**set, event.type, event.reason, event.message, pass);
    co_return Status();
}

sim::Task<api::Status> PersistentVolumeController::leave_pending(api::Ref<PVC> claim, Pass& pass) {
    const api::Ref<PV> no_volume;
    auto setting = set_claim_phase(claim, api::phase::kPending, no_volume, pass);
    ClaimResult set = co_await std::move(setting);
    co_return set.ok() ? Status() : set.error();
}

// Four writes, the volume's first: whoever dies in between leaves a volume that nobody else takes,
// and the next sync goes on at the first write that is missing.
sim::Task<api::Status> PersistentVolumeController::bind(api::Ref<PV> volume, api::Ref<PVC> claim,
                                                        Pass& pass) {
    if (std::optional<PV> next = bound_volume(*volume, *claim)) {
        auto saving = save_volume(api::freeze(std::move(*next)), api::Subresource::None, pass);
        VolumeResult saved = co_await std::move(saving);
        if (!saved) co_return saved.error();
        volume = *saved;
    }
    auto setting_volume = set_volume_phase(volume, api::phase::kBound, api::Text(), pass);
    VolumeResult volume_set = co_await std::move(setting_volume);
    if (!volume_set) co_return volume_set.error();
    volume = *volume_set;

    if (std::optional<PVC> next = bound_claim(*claim, *volume)) {
        auto saving = save_claim(api::freeze(std::move(*next)), api::Subresource::None, pass);
        ClaimResult saved = co_await std::move(saving);
        if (!saved) co_return saved.error();
        claim = *saved;
    }
    auto setting_claim = set_claim_phase(claim, api::phase::kBound, volume, pass);
    ClaimResult claim_set = co_await std::move(setting_claim);
    co_return claim_set.ok() ? Status() : claim_set.error();
}

sim::Task<api::Status> PersistentVolumeController::unbind(api::Ref<PV> volume, Pass& pass) {
    auto saving = save_volume(api::freeze(unbound(*volume)), api::Subresource::None, pass);
    VolumeResult saved = co_await std::move(saving);
    if (!saved) co_return saved.error();
    auto setting = set_volume_phase(*saved, api::phase::kAvailable, api::Text(), pass);
    VolumeResult set = co_await std::move(setting);
    co_return set.ok() ? Status() : set.error();
}

}  // namespace model::volume
