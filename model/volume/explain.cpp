// One line about a claim or volume: what is missing, whose turn it is, and when this controller
// looks again.
#include "model/volume/persistent_volume_controller.hpp"

namespace model::volume {

namespace {

std::string in_quotes(std::string_view s) { return "\"" + std::string(s) + "\""; }

}  // namespace

std::string PersistentVolumeController::explain(api::Kind kind, const api::Key& key) const {
    if (kind == api::Kind::PersistentVolumeClaim) return explain_claim(key);
    if (kind == api::Kind::PersistentVolume) return explain_volume(key);
    return {};
}

std::string PersistentVolumeController::when_next(const RestlessKeys& keys,
                                                  const control::WorkQueue& queue,
                                                  const api::Key& key) const {
    if (const sim::Time due = queue.due(key); due != sim::kNever)
        return "; tried again at " + sim::seconds_text(due) + "s";
    const RestlessKeys::Entry* entry = keys.find(key);
    if (!entry) return "";
    if (!entry->operation.empty() && operations_.is_running(entry->operation))
        return "; " + entry->operation + " is running";
    std::string text = "; looked at again at the resync at " + sim::seconds_text(next_tick()) + "s";
    if (const OperationBackoff* backoff = operations_.backoff(entry->operation))
        text += " (" + entry->operation + " is held back until " +
                sim::seconds_text(backoff->refused_until()) + "s)";
    if (!entry->error.empty()) text += "; the last sync failed: " + entry->error;
    return text;
}

std::string PersistentVolumeController::explain_unmatched(const PVC& claim) const {
    const std::string_view name = storage_class_of(claim);
    const std::string none = "no Available volume of class " + in_quotes(name) +
                             " with >= " + requested_storage(claim).to_string();
    if (name.empty()) return none;
    const auto cls = class_informer_.get<api::StorageClass>(api::Key(api::Text(), name));
    if (!cls) return none + ", and there is no storage class " + in_quotes(name) + " to make one";
    const bool node_chosen = claim.metadata.annotations.contains(api::annotation::kSelectedNode);
    if (cls->volumeBindingMode && *cls->volumeBindingMode == api::mode::kWaitForFirstConsumer &&
        !node_chosen) {
        for (const api::Ref<api::Pod>& pod : pods_.of(claim.key()))
            if (!is_terminated(*pod) && pod->spec.nodeName.empty())
                return "waits until the scheduler has chosen a node for pod " +
                       pod->key().to_string();
        return "waits for a pod that uses it (class " + in_quotes(name) +
               " binds with the first consumer)";
    }
    if (!options_.dynamic_provisioning) return none + ", and dynamic provisioning is switched off";
    const std::string_view driver = plugins_.csi_driver_of(cls->provisioner);
    if (driver.empty() && plugins_.can_provision(cls->provisioner))
        return none + "; provisioned in tree by " + cls->provisioner.str();
    if (driver.empty() && cls->provisioner.view().starts_with("kubernetes.io/"))
        return none + ", and nothing provisions for " + in_quotes(cls->provisioner);
    return none + "; provisioner " + in_quotes(driver.empty() ? cls->provisioner.view() : driver) +
           " must create one";
}

std::string PersistentVolumeController::explain_claim(const api::Key& key) const {
    const api::Ref<PVC> claim = claims_.get(key);
    if (!claim) return "";
    const std::string next = when_next(restless_claims_, claim_queue_, key);
    const api::Text& name = claim->spec.volumeName;
    if (name.empty() && claim->metadata.annotations.contains(api::annotation::kBindCompleted))
        return "was bound and has lost its spec.volumeName; nobody restores it" + next;
    if (name.empty()) return explain_unmatched(*claim) + next;
    const api::Ref<PV> volume = volumes_.get(name);
    if (!volume) {
        const bool bound = claim->metadata.annotations.contains(api::annotation::kBindCompleted);
        return (bound ? "its volume " + in_quotes(name) + " is gone"
                      : "the volume " + in_quotes(name) + " that it names does not exist") +
               std::string("; somebody must create it") + next;
    }
    const auto& ref = volume->spec.claimRef;
    if (ref && !is_bound_to(*volume, *claim))
        return "its volume " + in_quotes(name) + " is bound to claim " +
               claim_key(*ref).to_string() + (claim_key(*ref) == key ? " of an earlier uid" : "") +
               next;
    if (!ref) {
        const std::string why = mismatch(*volume, *claim, attributes_classes());
        if (!why.empty() && !claim->metadata.annotations.contains(api::annotation::kBindCompleted))
            return "cannot have volume " + in_quotes(name) + ": " + why + next;
    }
    if (claim->status.phase == api::phase::kBound)
        return "bound to volume " + in_quotes(name) + next;
    return "being bound to volume " + in_quotes(name) + next;
}

std::string PersistentVolumeController::explain_volume(const api::Key& key) const {
    const api::Ref<PV> volume = volumes_.get(key.name);
    if (!volume) return "";
    const std::string next = when_next(restless_volumes_, volume_queue_, key);
    const auto& ref = volume->spec.claimRef;
    if (!ref) return "free; a claim that it fits takes it" + next;
    const std::string claim_name = claim_key(*ref).to_string();
    if (ref->uid.empty()) return "reserved for claim " + claim_name + next;
    if (!is_still_released(*volume)) return "bound to claim " + claim_name + next;
    const std::string_view policy = volume->spec.persistentVolumeReclaimPolicy;
    std::string what;
    if (policy == api::policy::kRetain) {
        what = "kept; somebody must delete it or clear spec.claimRef";
    } else if (policy == api::policy::kRecycle) {
        const std::string pods = pods_using(*volume);
        what = pods.empty() ? "to be recycled"
                            : "to be recycled once it is not used any more by pods " + pods;
    } else if (policy == api::policy::kDelete) {
        const Deleter deleter = find_deleter(*volume);
        what = deleter.in_tree         ? "to be deleted"
               : deleter.error.empty() ? "an external provisioner must delete it"
                                       : "nobody can delete it: " + deleter.error;
    } else {
        what = "its reclaim policy " + in_quotes(policy) + " is unknown";
    }
    return "claim " + claim_name + " is gone; policy " + std::string(policy) + ": " + what + next;
}

}  // namespace model::volume
