#include "model/volume/binding.hpp"

namespace model::volume {

namespace {

using api::annotation::kBetaStorageClass;
using api::annotation::kBindCompleted;
using api::annotation::kBoundByController;

std::string in_quotes(std::string_view s) { return "\"" + std::string(s) + "\""; }

std::string_view mode_or_default(const std::optional<api::Text>& mode) {
    return mode ? mode->view() : api::mode::kFilesystem;
}

api::ObjectReference reference_to(const PVC& claim) {
    api::ObjectReference ref;
    ref.apiVersion = "v1";
    ref.kind = "PersistentVolumeClaim";
    ref.ns = claim.metadata.ns;
    ref.name = claim.metadata.name;
    ref.uid = claim.metadata.uid;
    if (claim.metadata.resourceVersion != 0)
        ref.resourceVersion = std::to_string(claim.metadata.resourceVersion);
    return ref;
}

// What the claim shall show as its capacity: a volume that is being resized shows the size before
// (its file system has that still); otherwise all that the volume has. True if it is to be written.
bool set_capacity(PVC& claim, const PV& volume, const api::Quantity& storage) {
    if (const api::Text* before =
            volume.metadata.annotations.find(api::annotation::kPreResizeCapacity)) {
        claim.status.capacity.set("storage", api::Quantity::parse(*before).value_or(storage));
        return true;
    }
    const api::Quantity* shown = claim.status.capacity.find("storage");
    if (shown && *shown == storage) return false;
    claim.status.capacity = volume.spec.capacity;
    return true;
}

bool clear_what_a_volume_gave(PVC& claim) {
    api::PersistentVolumeClaimStatus& s = claim.status;
    if (s.accessModes.empty() && s.capacity.empty() && !s.currentVolumeAttributesClassName)
        return false;
    s.accessModes.clear();
    s.capacity = api::ResourceList();
    s.currentVolumeAttributesClassName.reset();
    return true;
}

}  // namespace

std::string_view storage_class_of(const PVC& claim) {
    if (const api::Text* beta = claim.metadata.annotations.find(kBetaStorageClass)) return *beta;
    return claim.spec.storageClassName ? claim.spec.storageClassName->view() : std::string_view();
}

std::string_view storage_class_of(const PV& volume) {
    if (const api::Text* beta = volume.metadata.annotations.find(kBetaStorageClass)) return *beta;
    return volume.spec.storageClassName;
}

bool has_class(const PVC& claim, bool annotation_counts) {
    return claim.spec.storageClassName.has_value() ||
           (annotation_counts && claim.metadata.annotations.contains(kBetaStorageClass));
}

bool is_bound_to(const PV& volume, const PVC& claim) {
    if (!volume.spec.claimRef) return false;
    const api::ObjectReference& ref = *volume.spec.claimRef;
    return ref.name == claim.metadata.name && ref.ns == claim.metadata.ns &&
           (ref.uid.empty() || ref.uid == claim.metadata.uid);
}

api::Quantity requested_storage(const PVC& claim) {
    const api::Quantity* q = claim.spec.resources.requests.find("storage");
    return q ? *q : api::Quantity();
}

api::Quantity storage_capacity(const PV& volume) {
    const api::Quantity* q = volume.spec.capacity.find("storage");
    return q ? *q : api::Quantity();
}

bool volume_modes_differ(const PVC& claim, const PV& volume) {
    return mode_or_default(claim.spec.volumeMode) != mode_or_default(volume.spec.volumeMode);
}

std::string_view attributes_class(const PVC& claim) {
    const auto& name = claim.spec.volumeAttributesClassName;
    return name ? name->view() : std::string_view();
}

std::string_view attributes_class(const PV& volume) {
    const auto& name = volume.spec.volumeAttributesClassName;
    return name ? name->view() : std::string_view();
}

bool offers_access_modes(const PV& volume, const PVC& claim) {
    for (const api::Text& wanted : claim.spec.accessModes) {
        bool offered = false;
        for (const api::Text& mode : volume.spec.accessModes) offered = offered || mode == wanted;
        if (!offered) return false;
    }
    return true;
}

std::string mismatch(const PV& volume, const PVC& claim, bool attributes_classes_known) {
    if (volume.metadata.terminating())
        return "the volume is marked for deletion " + in_quotes(volume.metadata.name);
    if (storage_capacity(volume).value() < requested_storage(claim).value())
        return "requested PV is too small";
    if (storage_class_of(volume) != storage_class_of(claim))
        return "storageClassName does not match";
    if (attributes_classes_known) {
        if (attributes_class(volume) != attributes_class(claim))
            return "volumeAttributesClassName does not match";
    } else if (!attributes_class(volume).empty() || !attributes_class(claim).empty()) {
        return "volumeAttributesClassName is not supported when the feature-gate "
               "VolumeAttributesClass is disabled";
    }
    if (volume_modes_differ(claim, volume)) return "incompatible volumeMode";
    if (!offers_access_modes(volume, claim)) return "incompatible accessMode";
    return "";
}

std::optional<PV> bound_volume(const PV& volume, const PVC& claim) {
    const auto& ref = volume.spec.claimRef;
    const bool names_it = ref && ref->name == claim.metadata.name && ref->ns == claim.metadata.ns &&
                          ref->uid == claim.metadata.uid;
    const bool ours =
        !is_bound_to(volume, claim) && !volume.metadata.annotations.contains(kBoundByController);
    if (names_it && !ours) return std::nullopt;
    PV next = volume;
    if (!names_it) next.spec.claimRef = reference_to(claim);
    if (ours) next.metadata.annotations.set(kBoundByController, "yes");
    return next;
}

std::optional<PVC> bound_claim(const PVC& claim, const PV& volume) {
    const bool names_it = claim.spec.volumeName == volume.metadata.name;
    if (names_it && claim.metadata.annotations.contains(kBindCompleted)) return std::nullopt;
    PVC next = claim;
    if (!names_it) {
        next.spec.volumeName = volume.metadata.name;
        if (!next.metadata.annotations.contains(kBoundByController))
            next.metadata.annotations.set(kBoundByController, "yes");
    }
    if (!next.metadata.annotations.contains(kBindCompleted))
        next.metadata.annotations.set(kBindCompleted, "yes");
    return next;
}

api::Result<std::optional<PVC>> claim_in_phase(const PVC& claim, std::string_view phase,
                                               const PV* volume, bool attributes_classes_known) {
    PVC next = claim;
    bool changed = claim.status.phase != phase;
    next.status.phase = phase;
    if (!volume) {
        changed = clear_what_a_volume_gave(next) || changed;
        return changed ? std::optional<PVC>(std::move(next)) : std::nullopt;
    }
    if (claim.status.accessModes != volume->spec.accessModes) {
        next.status.accessModes = volume->spec.accessModes;
        changed = true;
    }
    // Only a claim that is becoming bound takes the volume's capacity: later a difference may be
    // meant (a file system that is not grown yet).
    if (claim.status.phase != phase) {
        const api::Quantity* storage = volume->spec.capacity.find("storage");
        if (!storage)
            return api::Status(500, api::Reason::InternalError,
                               "PersistentVolume " + in_quotes(volume->metadata.name) +
                                   " is without a storage capacity");
        changed = set_capacity(next, *volume, *storage) || changed;
        // Later changes belong to the resizer.
        if (attributes_classes_known && claim.status.phase == api::phase::kPending &&
            phase == api::phase::kBound &&
            claim.status.currentVolumeAttributesClassName !=
                volume->spec.volumeAttributesClassName) {
            next.status.currentVolumeAttributesClassName = volume->spec.volumeAttributesClassName;
            changed = true;
        }
    }
    return changed ? std::optional<PVC>(std::move(next)) : std::nullopt;
}

PV unbound(const PV& volume) {
    PV next = volume;
    if (next.metadata.annotations.erase(kBoundByController)) {
        next.spec.claimRef.reset();
    } else if (next.spec.claimRef) {
        next.spec.claimRef->uid = api::Text();
    }
    return next;
}

bool is_released(const PV& volume, const PVC* cached) {
    const auto& ref = volume.spec.claimRef;
    // Without a uid the bind has not got as far as this volume.
    if (!ref || ref->uid.empty()) return false;
    if (!cached || cached->metadata.uid != ref->uid) return true;
    return !cached->spec.volumeName.empty() && cached->spec.volumeName != volume.metadata.name;
}

bool is_terminated(const api::Pod& pod) {
    if (pod.status.phase == api::phase::kFailed || pod.status.phase == "Succeeded") return true;
    if (!pod.metadata.terminating()) return false;
    for (const api::Value& status : pod.status.containerStatuses.as_list()) {
        const api::Value* terminated = status.at({"state", "terminated"});
        const api::Value* waiting = status.at({"state", "waiting"});
        if ((!terminated || terminated->is_null()) && (!waiting || waiting->is_null()))
            return false;
    }
    return true;
}

}  // namespace model::volume
