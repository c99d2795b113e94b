// Reclaiming released volumes: retain, recycle, delete.
// Counterpart: pv_controller.go reclaimVolume, deleteVolumeOperation, doDeleteVolume,
// findDeletablePlugin, recycleVolumeOperation.
#include "model/volume/persistent_volume_controller.hpp"

namespace model::volume {

namespace {

using control::EventType;

std::string operation_name(std::string_view what, const PV& volume) {
    return std::string(what) + "-" + volume.metadata.name.str() + "[" + volume.metadata.uid.str() +
           "]";
}

}  // namespace

sim::Task<api::Status> PersistentVolumeController::reclaim(api::Ref<PV> volume, Pass& pass) {
    if (!volume->metadata.annotations.get(api::annotation::kMigratedTo).empty()) co_return Status();
    const std::string_view policy = volume->spec.persistentVolumeReclaimPolicy;
    if (policy == api::policy::kRetain) {
        // Nothing, for ever: the user decides.
    } else if (policy == api::policy::kRecycle) {
        schedule(
            operation_name("recycle", *volume), [this, volume] { return recycle_volume(volume); },
            pass);
    } else if (policy == api::policy::kDelete) {
        if (!leaves_deletion_alone(*volume))
            schedule(
                operation_name("delete", *volume), [this, volume] { return delete_volume(volume); },
                pass);
    } else {
        Announcement event(EventType::Warning, "VolumeUnknownReclaimPolicy",
                           "Volume has unrecognized PersistentVolumeReclaimPolicy");
        auto setting =
            set_volume_phase_and_say(volume, api::phase::kFailed, std::move(event), pass);
        VolumeResult set = co_await std::move(setting);
        if (!set) co_return set.error();
    }
    co_return Status();
}

PersistentVolumeController::Deleter PersistentVolumeController::find_deleter(
    const PV& volume) const {
    Deleter deleter;
    const std::string_view made_by =
        volume.metadata.annotations.get(api::annotation::kProvisionedBy);
    if (!made_by.empty()) {
        deleter.in_tree = plugins_.has_deleter(made_by);
        if (!deleter.in_tree && made_by.starts_with("kubernetes.io/"))
            deleter.error = plugins_.not_found(made_by, "deletable");
        return deleter;
    }
    if (options_.profile.binder_leaves_csi_volumes &&
        (volume.metadata.annotations.contains(api::annotation::kMigratedTo) ||
         volume.spec.source.csi))
        return deleter;
    deleter.in_tree = plugins_.can_delete(volume);
    if (!deleter.in_tree)
        deleter.error = "error getting deleter volume plugin for volume \"" +
                        volume.metadata.name.str() + "\": " + plugins_.no_deleter(volume);
    return deleter;
}

// An operation that is known to end at once without having done anything needs no start, and the
// key stays clean.
bool PersistentVolumeController::leaves_deletion_alone(const PV& volume) const {
    if (!options_.profile.binder_finds_deleter_first || options_.before_operation) return false;
    const Deleter deleter = find_deleter(volume);
    if (deleter.in_tree) return false;
    return deleter.error.empty() || volume.status.phase == api::phase::kFailed;
}

bool PersistentVolumeController::is_still_released(const PV& volume) const {
    if (!volume.spec.claimRef) return false;
    const api::Ref<PVC> cached = claims_.get(claim_key(*volume.spec.claimRef));
    return is_released(volume, cached.get());
}

sim::Task<api::Status> PersistentVolumeController::delete_volume(api::Ref<PV> volume) {
    Pass pass;
    Deleter deleter = find_deleter(*volume);
    if (options_.profile.binder_finds_deleter_first && !deleter.in_tree) {
        if (deleter.error.empty()) co_return Status();
        Announcement event(EventType::Warning, "VolumeFailedDelete", deleter.error);
        auto setting =
            set_volume_phase_and_say(volume, api::phase::kFailed, std::move(event), pass);
        VolumeResult set = co_await std::move(setting);
        co_return set.ok() ? Status() : set.error();
    }
    // Time may have passed since the sync: look at the volume as it is now.
    auto getting = client_.get<PV>(volume->key());
    VolumeResult live = co_await std::move(getting);
    if (!live) co_return Status();
    if (!honors_policy() && (*live)->metadata.terminating()) co_return Status();
    if (!is_still_released(**live)) co_return Status();
    auto deleting = delete_released_volume(volume, std::move(deleter), pass);
    Status result = co_await std::move(deleting);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::delete_released_volume(api::Ref<PV> volume,
                                                                          Deleter deleter,
                                                                          Pass& pass) {
    Status result;
    if (deleter.in_tree) {
        bool deleted = false;
        auto deleting = delete_storage(volume, pass, &deleted);
        result = co_await std::move(deleting);
    } else if (deleter.error.empty()) {
        co_return Status();  // an external deleter's business
    } else {
        result = failure(deleter.error);
    }
    if (result.ok()) {
        const api::DeleteOptions options;
        auto removing = client_.remove(api::Kind::PersistentVolume, volume->key(), options);
        api::Response ignored =
            co_await std::move(removing);  // an error is tried again with the next sync
        co_return Status();
    }
    if (plugins_.is_in_use(result.message)) {
        say(*volume, EventType::Normal, "VolumeDelete", result.message.str(), pass);
        co_return result;
    }
    Announcement event(EventType::Warning, "VolumeFailedDelete", result.message.str());
    auto setting = set_volume_phase_and_say(volume, api::phase::kFailed, std::move(event), pass);
    VolumeResult set = co_await std::move(setting);
    co_return set.ok() ? result : set.error();
}

sim::Task<api::Status> PersistentVolumeController::delete_storage(api::Ref<PV> volume, Pass& pass,
                                                                  bool* deleted) {
    const std::string error = plugins_.remove(*volume);
    *deleted = error.empty();
    if (!error.empty()) co_return failure(error);
    if (!honors_policy()) co_return Status();
    auto dropping = drop_deletion_finalizer(volume->metadata.name, pass);
    Status result = co_await std::move(dropping);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::drop_deletion_finalizer(api::Text name,
                                                                           Pass& pass) {
    auto getting = client_.get<PV>(api::Key(api::Text(), name));
    VolumeResult live = co_await std::move(getting);
    if (!live) co_return live.error();
    if (!(*live)->metadata.has_finalizer(api::finalizer::kPVController)) co_return Status();
    PV next = **live;
    erase_if(next.metadata.finalizers,
             [](const api::Text& f) { return f == api::finalizer::kPVController; });
    const api::Ref<PV> sent = api::freeze(PV(next));
    pass.wrote = true;
    auto saving = client_.update<PV>(std::move(next), api::Subresource::None);
    VolumeResult saved = co_await std::move(saving);
    if (!saved)
        co_return failure("persistent volume controller can't update finalizer: " +
                          saved.error().message.str());
    store(sent);  // what was sent, not what was answered, as upstream
    co_return Status();
}

// Never an error, so there is no backoff: every sync of the volume tries again.
sim::Task<api::Status> PersistentVolumeController::recycle_volume(api::Ref<PV> volume) {
    Pass pass;
    auto getting = client_.get<PV>(volume->key());
    VolumeResult live = co_await std::move(getting);
    if (!live || !is_still_released(**live)) co_return Status();
    // A claim of that name that is known here is another one, which has its own volume: its pods do
    // not count.
    const std::string pods = pods_using(**live);
    if (!pods.empty() && !claims_.get(claim_key(*volume->spec.claimRef))) {
        say(*volume, EventType::Normal, "VolumeFailedRecycle", "Volume is used by pods: " + pods,
            pass);
        co_return Status();
    }
    auto recycling = recycle_released_volume(*live, pass);
    Status ignored = co_await std::move(recycling);
    co_return Status();
}

sim::Task<api::Status> PersistentVolumeController::recycle_released_volume(api::Ref<PV> volume,
                                                                           Pass& pass) {
    std::string error = "No recycler plugin found for the volume!";
    if (plugins_.can_recycle(*volume)) {
        std::optional<std::string> done = plugins_.recycle(*volume);
        if (!done) {
            auto running = run_recycler_pod(volume);
            done = co_await std::move(running);
        }
        error = done->empty() ? std::string() : "Recycle failed: " + *done;
    }
    if (!error.empty()) {
        Announcement event(EventType::Warning, "VolumeFailedRecycle", std::move(error));
        auto setting =
            set_volume_phase_and_say(volume, api::phase::kFailed, std::move(event), pass);
        VolumeResult set = co_await std::move(setting);
        co_return set.ok() ? Status() : set.error();
    }
    say(*volume, EventType::Normal, "VolumeRecycled", "Volume recycled", pass);
    auto unbinding = unbind(volume, pass);
    Status result = co_await std::move(unbinding);
    co_return result;
}

// "ns/a,ns/b": pods not terminated that name the volume's claim, sorted.
std::string PersistentVolumeController::pods_using(const PV& volume) const {
    std::string names;
    if (!volume.spec.claimRef) return names;
    for (const api::Ref<api::Pod>& pod : pods_.of(claim_key(*volume.spec.claimRef))) {
        if (is_terminated(*pod)) continue;
        if (!names.empty()) names += ",";
        names += pod->key().to_string();
    }
    return names;
}

}  // namespace model::volume
