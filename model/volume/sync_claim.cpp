// What becomes of a claim. Counterpart: pv_controller.go syncClaim, syncUnboundClaim,
// syncBoundClaim.
#include "model/api/admission.hpp"
#include "model/volume/migration.hpp"
#include "model/volume/persistent_volume_controller.hpp"

namespace model::volume {

namespace {

using api::phase::kPending;
using control::EventType;

constexpr std::size_t kVolumesTold = 1000;  // more than a person reads of one choice

std::string in_quotes(std::string_view s) { return "\"" + std::string(s) + "\""; }

}  // namespace

sim::Task<api::Status> PersistentVolumeController::sync_claim(api::Ref<PVC> claim, Pass& pass) {
    if (std::optional<PVC> next = with_migration(*claim, plugins_)) {
        auto saving = save_claim(api::freeze(std::move(*next)), api::Subresource::None, pass);
        ClaimResult saved = co_await std::move(saving);
        if (!saved) {
            co_return failure("persistent Volume Controller can't anneal migration annotations: " +
                              saved.error().message.str());
        }
        claim = *saved;
    }
    // The annotation decides, never the phase: status is only what was last told to the user.
    if (!claim->metadata.annotations.contains(api::annotation::kBindCompleted)) {
        auto syncing = sync_unbound_claim(claim, pass);
        Status result = co_await std::move(syncing);
        co_return result;
    }
    auto syncing = sync_bound_claim(claim, pass);
    Status result = co_await std::move(syncing);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::sync_unbound_claim(api::Ref<PVC> claim,
                                                                      Pass& pass) {
    if (claim->spec.volumeName.empty()) {
        auto syncing = sync_claim_of_any_volume(claim, pass);
        Status result = co_await std::move(syncing);
        co_return result;
    }
    auto syncing = sync_claim_of_named_volume(claim, pass);
    Status result = co_await std::move(syncing);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::sync_claim_of_any_volume(api::Ref<PVC> claim,
                                                                            Pass& pass) {
    const api::Result<bool> delay = delays_binding(*claim);
    if (!delay) co_return delay.error();
    const VolumeResult found = find_match(*claim, *delay);
    if (!found) {
        co_return failure("error finding PV for claim " + in_quotes(claim->key().to_string()) +
                          ": " + found.error().message.str());
    }
    if (const api::Ref<PV> volume = *found) {
        auto binding = bind(volume, claim, pass);
        Status result = co_await std::move(binding);
        co_return result;
    }
    // Any volume that becomes Available may change the answer, so the key is never clean.
    pass.hung = true;
    auto going_on = sync_claim_without_match(claim, *delay, pass);
    Status result = co_await std::move(going_on);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::sync_claim_without_match(api::Ref<PVC> claim,
                                                                            bool delay_binding,
                                                                            Pass& pass) {
    if (options_.profile.on(Gate::RetroactiveDefaultStorageClass)) {
        auto assigning = assign_default_class(claim, pass);
        ClaimResult assigned = co_await std::move(assigning);
        if (!assigned) {
            co_return failure("can't update PersistentVolumeClaim[" +
                              in_quotes(claim->key().to_string()) +
                              "]: " + assigned.error().message.str());
        }
        // The event of this write brings the claim back.
        if (*assigned) co_return Status();
    }
    const bool node_chosen = claim->metadata.annotations.contains(api::annotation::kSelectedNode);
    if (delay_binding && !node_chosen) {
        say_what_delays_binding(*claim, pass);
    } else if (!storage_class_of(*claim).empty()) {
        // The operation, if one is started, writes the claim; its status stays as the API server
        // made it.
        provision(claim, pass);
        co_return Status();
    } else {
        say(*claim, EventType::Normal, "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set", pass);
    }
    auto leaving = leave_pending(claim, pass);
    Status result = co_await std::move(leaving);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::sync_claim_of_named_volume(api::Ref<PVC> claim,
                                                                              Pass& pass) {
    const api::Ref<PV> volume = volumes_.get(claim->spec.volumeName);
    bool fits = false;
    if (!volume) {
        // It may come yet. Nothing to say: the user knows best when.
    } else if (!volume->spec.claimRef) {
        const std::string why = mismatch(*volume, *claim, attributes_classes());
        fits = why.empty();
        if (!fits) {
            say(*claim, EventType::Warning, "VolumeMismatch",
                "Cannot bind to requested volume " + in_quotes(volume->metadata.name) + ": " + why,
                pass);
        }
    } else if (is_bound_to(*volume, *claim)) {
        fits = true;  // both sides name each other: size, class and modes are not asked for
    } else {
        say(*claim, EventType::Warning, "FailedBinding",
            "volume " + in_quotes(volume->metadata.name) + " already bound to a different claim.",
            pass);
        if (claim->metadata.annotations.contains(api::annotation::kBoundByController)) {
            // Only by somebody taking bind-completed away.
            co_return failure("invalid binding of claim " + in_quotes(claim->key().to_string()) +
                              " to volume " + in_quotes(claim->spec.volumeName) +
                              ": volume already claimed by " +
                              in_quotes(claim_key(*volume->spec.claimRef).to_string()));
        }
    }
    if (fits) {
        auto binding = bind(volume, claim, pass);
        Status result = co_await std::move(binding);
        co_return result;
    }
    auto leaving = leave_pending(claim, pass);
    Status result = co_await std::move(leaving);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::sync_bound_claim(api::Ref<PVC> claim,
                                                                    Pass& pass) {
    std::string_view reason = "ClaimLost";
    std::string message;
    api::Ref<PV> volume;
    if (claim->spec.volumeName.empty()) {
        message = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
    } else if (volume = volumes_.get(claim->spec.volumeName); !volume) {
        message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
    } else if (volume->spec.claimRef && volume->spec.claimRef->uid != claim->metadata.uid) {
        reason = "ClaimMisbound";
        message = "Two claims are bound to the same volume, this one is bound incorrectly";
    }
    if (message.empty()) {
        // All is well, or somebody took the claimRef away: bind() writes what is missing.
        auto binding = bind(volume, claim, pass);
        Status result = co_await std::move(binding);
        co_return result;
    }
    Announcement event(EventType::Warning, reason, std::move(message));
    auto losing = lose_claim(claim, std::move(event), pass);
    Status result = co_await std::move(losing);
    co_return result;
}

// The claim as saved with a class; null where it has one, or none is the default.
sim::Task<api::Result<api::Ref<PVC>>> PersistentVolumeController::assign_default_class(
    api::Ref<PVC> claim, Pass& pass) {
    const ClaimResult none = api::Ref<PVC>();
    if (has_class(*claim, options_.profile.binder_counts_beta_class)) co_return none;
    std::vector<api::Ref<api::StorageClass>> classes;
    class_informer_.for_each(
        [&](const api::ObjectRef& o) { classes.push_back(api::as<api::StorageClass>(o)); });
    const api::Ref<api::StorageClass> chosen = api::default_class(classes);
    if (!chosen) co_return none;
    pass.wrote = true;
    PVC next = *claim;
    next.spec.storageClassName = chosen->metadata.name;
    // Not into the private store: upstream waits for the event here.
    auto saving = client_.update<PVC>(std::move(next), api::Subresource::None);
    ClaimResult saved = co_await std::move(saving);
    co_return saved;
}

api::Result<bool> PersistentVolumeController::delays_binding(const PVC& claim) const {
    const std::string_view name = storage_class_of(claim);
    if (name.empty()) return false;
    const auto cls = class_informer_.get<api::StorageClass>(api::Key(api::Text(), name));
    if (!cls) return false;
    if (!cls->volumeBindingMode)
        return failure("VolumeBindingMode not set for StorageClass " + in_quotes(name));
    return *cls->volumeBindingMode == api::mode::kWaitForFirstConsumer;
}

api::Result<api::Ref<PV>> PersistentVolumeController::find_match(const PVC& claim,
                                                                 bool delay_binding) {
    const MatchOptions options = match_options(delay_binding);
    VolumeResult found = volumes_.find(claim, options);
    if (found && process_.journal().wants_matches()) tell_match(claim, found->get(), options);
    return found;
}

// The rules come from the scan, which looks at a bounded number of volumes: with all of them, a
// run's cost would grow with its square.
void PersistentVolumeController::tell_match(const PVC& claim, const PV* found,
                                            MatchOptions options) const {
    const std::vector<const PV*> volumes = volumes_.in_order(kVolumesTold, found);
    const api::Result<Match> match = find_best_match(claim, volumes, options);
    if (!match) return;
    Matched told;
    told.claim = claim.key();
    if (match->volume) told.volume = match->volume->metadata.name;
    for (std::size_t i = 0; i < volumes.size(); ++i)
        if (volumes[i] != match->volume)
            told.passed_over.emplace_back(volumes[i]->metadata.name, match->passed_over[i]);
    told.not_told = volumes_.size() - volumes.size();
    process_.journal().emit(Stamp{engine().now(), engine().current().seq}, told);
}

void PersistentVolumeController::say_what_delays_binding(const PVC& claim, Pass& pass) {
    std::string names;
    int unscheduled = 0;
    for (const api::Ref<api::Pod>& pod : pods_.of(claim.key())) {
        if (is_terminated(*pod) || !pod->spec.nodeName.empty()) continue;
        if (unscheduled++ > 0) names += ",";
        names += pod->metadata.name.view();
    }
    if (unscheduled == 0) {
        say(claim, EventType::Normal, "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding", pass);
        return;
    }
    const std::string pods = unscheduled > 1 ? "pods " : "pod ";
    say(claim, EventType::Normal, "WaitForPodScheduled",
        "waiting for " + pods + names + " to be scheduled", pass);
}

}  // namespace model::volume
