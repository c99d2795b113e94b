// What is done to an object before it is validated, and the warnings that go with the answer.
// Counterparts: the strategies of pkg/registry/{core,storage},
// pkg/api/persistentvolume{,claim}/util.go and rest.BeforeUpdate. Left out: warnings about pods,
// and fields behind gates that the model does not act on.
#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

bool names_namespace(const Boxed<TypedObjectReference>& ref) {
    return ref && ref->ns && !ref->ns->empty();
}

bool is_claim_or_snapshot(const Boxed<TypedObjectReference>& ref) {
    if (!ref) return false;
    const Text group = ref->apiGroup.value_or(Text());
    return (ref->kind == "PersistentVolumeClaim" && group.empty()) ||
           (ref->kind == "VolumeSnapshot" && group == "snapshot.storage.k8s.io");
}

void prepare_claim_spec(PersistentVolumeClaimSpec& spec, const PersistentVolumeClaimSpec* old,
                        const Profile& profile) {
    if (!profile.on(Gate::VolumeAttributesClass) && !(old && old->volumeAttributesClassName))
        spec.volumeAttributesClassName.reset();
    const bool ref_in_use = old && old->dataSourceRef;
    if (!profile.on(Gate::AnyVolumeDataSource) && !ref_in_use) spec.dataSourceRef.reset();
    if (!profile.on(Gate::CrossNamespaceVolumeDataSource) && names_namespace(spec.dataSourceRef) &&
        !ref_in_use)
        spec.dataSourceRef.reset();
    // Other data sources than claims and snapshots were always ignored in this field, and still
    // are, without a word.
    const bool source_in_use = old && (old->dataSource || old->dataSourceRef);
    if (!source_in_use && !spec.dataSourceRef && !is_claim_or_snapshot(spec.dataSource))
        spec.dataSource.reset();
    normalize_data_sources(spec, profile);
}

void prepare_volume_spec(PersistentVolumeSpec& spec, const PersistentVolumeSpec* old,
                         const Profile& profile) {
    if (!profile.on(Gate::VolumeAttributesClass) && !(old && old->volumeAttributesClassName))
        spec.volumeAttributesClassName.reset();
    const bool secret_in_use = old && old->source.csi && old->source.csi->nodeExpandSecretRef;
    if (!Wording::of(profile).node_expand_secret && spec.source.csi && !secret_in_use)
        spec.source.csi->nodeExpandSecretRef.reset();
}

void prepare_driver_spec(CSIDriverSpec& spec, const CSIDriverSpec* old, const Profile& profile) {
    if (!Wording::of(profile).selinux_mount_field && !(old && old->seLinuxMount))
        spec.seLinuxMount.reset();
    if (!profile.on(Gate::MutableCSINodeAllocatableCount) &&
        !(old && old->nodeAllocatableUpdatePeriodSeconds))
        spec.nodeAllocatableUpdatePeriodSeconds.reset();
    if (!profile.on(Gate::CSIServiceAccountTokenSecrets) &&
        !(old && old->serviceAccountTokenInSecrets))
        spec.serviceAccountTokenInSecrets.reset();
}

void prepare_claim_status(PersistentVolumeClaimStatus& status,
                          const PersistentVolumeClaimStatus& old, const Profile& profile) {
    if (!profile.on(Gate::VolumeAttributesClass)) {
        if (!old.currentVolumeAttributesClassName) status.currentVolumeAttributesClassName.reset();
        if (old.modifyVolumeStatus.is_null()) status.modifyVolumeStatus = Value();
    }
    if (!profile.on(Gate::RecoverVolumeExpansionFailure)) {
        if (old.allocatedResources.empty()) status.allocatedResources = ResourceList();
        if (old.allocatedResourceStatuses.empty()) status.allocatedResourceStatuses = TextMap();
    }
}

void prepare_volume_status(PersistentVolumeStatus& status, const PersistentVolumeStatus& old,
                           const Profile& profile, Timestamp now) {
    auto& time = status.lastPhaseTransitionTime;
    if (!profile.on(Gate::PersistentVolumeLastPhaseTransitionTime)) {
        if (!old.lastPhaseTransitionTime) time.reset();  // a field that this version does not know
    } else if (status.phase == old.phase) {
        if (!time) time = old.lastPhaseTransitionTime;
    } else if (!time || time == old.lastPhaseTransitionTime) {
        time = now;
    }
}

// Status writes of an attachment touch nothing of its metadata: a finalizer needs the main
// resource.
void reset_metadata(ObjectMeta& meta, const ObjectMeta& old) {
    meta.deletionTimestamp = old.deletionTimestamp;
    meta.generation = old.generation;
    meta.labels = old.labels;
    meta.annotations = old.annotations;
    meta.finalizers = old.finalizers;
    meta.ownerReferences = old.ownerReferences;
}

void drop_error_code(std::optional<VolumeError>& error, const std::optional<VolumeError>& old) {
    if (error && !(old && old->errorCode)) error->errorCode.reset();
}

bool has_amounts(const Value& container) {
    const Value* resources = container.find("resources");
    if (!resources) return false;
    for (std::string_view part : {"requests", "limits"})
        if (const Value* list = resources->find(part); list && !list->is_empty()) return true;
    return false;
}

// Both cpu and memory limited, and requested as limited (or not said, which means the same).
bool is_guaranteed(const Value& container) {
    for (std::string_view name : {"cpu", "memory"}) {
        const Value* limit = container.at({"resources", "limits", name});
        const Value* request = container.at({"resources", "requests", name});
        if (!limit || (request && !(*request == *limit))) return false;
    }
    return true;
}

std::string_view quality_of_service(const PodSpec& spec) {
    bool any = false, all = true;
    for (const Value* list : {&spec.containers, &spec.initContainers})
        for (const Value& c : list->as_list()) {
            any |= has_amounts(c);
            all &= is_guaranteed(c);
        }
    if (!any) return "BestEffort";
    return all ? "Guaranteed" : "Burstable";
}

void create_namespace(Namespace& ns) {
    ns.status = NamespaceStatus();
    ns.status.phase = "Active";
    auto& finalizers = ns.spec.finalizers;
    if (std::find(finalizers.begin(), finalizers.end(), Text("kubernetes")) == finalizers.end())
        finalizers.emplace_back("kubernetes");
}

// A pod with scheduling gates says so from the beginning (applySchedulingGatedCondition).
void tell_scheduling_gates(Pod& pod) {
    const Value* gates = pod.spec.extra.find("schedulingGates");
    if (!gates || gates->as_list().empty()) return;
    Condition gated;
    gated.type = "PodScheduled";
    gated.status = "False";
    gated.reason = "SchedulingGated";
    gated.message = "Scheduling is blocked due to non-empty scheduling gates";
    pod.status.conditions.push_back(std::move(gated));
}

void create_pod(Pod& pod, const Profile& profile) {
    pod.status = PodStatus();
    pod.status.phase = "Pending";
    if (profile.on(Gate::PodSchedulingReadiness)) {
        tell_scheduling_gates(pod);
    } else {
        pod.spec.extra.erase("schedulingGates");
    }
    pod.status.extra["qosClass"] = Value(quality_of_service(pod.spec));
}

void create_volume(PersistentVolume& pv, const Profile& profile, Timestamp now) {
    pv.status = PersistentVolumeStatus();
    pv.status.phase = Text(phase::kPending);
    if (profile.on(Gate::PersistentVolumeLastPhaseTransitionTime))
        pv.status.lastPhaseTransitionTime = now;
    prepare_volume_spec(pv.spec, nullptr, profile);
}

void create_claim(PersistentVolumeClaim& pvc, const Profile& profile) {
    pvc.status = PersistentVolumeClaimStatus();
    pvc.status.phase = Text(phase::kPending);
    prepare_claim_spec(pvc.spec, nullptr, profile);
}

void update_main(Object& object, const Object& old, const Profile& profile) {
    copy_status(object, old);
    switch (object.kind) {
        case Kind::Namespace:
            // Only the finalize subresource changes these.
            static_cast<Namespace&>(object).spec.finalizers =
                static_cast<const Namespace&>(old).spec.finalizers;
            return;
        case Kind::PersistentVolume:
            return prepare_volume_spec(static_cast<PersistentVolume&>(object).spec,
                                       &static_cast<const PersistentVolume&>(old).spec, profile);
        case Kind::PersistentVolumeClaim:
            return prepare_claim_spec(static_cast<PersistentVolumeClaim&>(object).spec,
                                      &static_cast<const PersistentVolumeClaim&>(old).spec,
                                      profile);
        case Kind::CSIDriver:
            return prepare_driver_spec(static_cast<CSIDriver&>(object).spec,
                                       &static_cast<const CSIDriver&>(old).spec, profile);
        default:
            return;  // nothing more to keep
    }
}

void update_pod_status(Pod& pod, const Pod& old) {
    pod.metadata.ownerReferences = old.metadata.ownerReferences;
    const Value* quality = old.status.extra.find("qosClass");
    if (quality && !pod.status.extra.find("qosClass")) pod.status.extra["qosClass"] = *quality;
}

void update_attachment_status(VolumeAttachment& va, const VolumeAttachment& old,
                              const Profile& profile) {
    reset_metadata(va.metadata, old.metadata);
    if (profile.on(Gate::MutableCSINodeAllocatableCount)) return;  // error codes are known
    drop_error_code(va.status.attachError, old.status.attachError);
    drop_error_code(va.status.detachError, old.status.detachError);
}

void update_status(Object& object, const Object& old, const Profile& profile, Timestamp now) {
    copy_spec(object, old);
    switch (object.kind) {
        case Kind::Pod:
            return update_pod_status(static_cast<Pod&>(object), static_cast<const Pod&>(old));
        case Kind::PersistentVolume:
            return prepare_volume_status(static_cast<PersistentVolume&>(object).status,
                                         static_cast<const PersistentVolume&>(old).status, profile,
                                         now);
        case Kind::PersistentVolumeClaim:
            return prepare_claim_status(static_cast<PersistentVolumeClaim&>(object).status,
                                        static_cast<const PersistentVolumeClaim&>(old).status,
                                        profile);
        case Kind::VolumeAttachment:
            return update_attachment_status(static_cast<VolumeAttachment&>(object),
                                            static_cast<const VolumeAttachment&>(old), profile);
        default:
            return;  // status as sent
    }
}

// Kinds without a struct keep both halves in `extra`.
void keep_half_of_unstructured(Object& object, const Object& old, Subresource sub) {
    Value status = sub == Subresource::Status ? object.extra : old.extra;
    const Value* found = status.find("status");
    const Value kept = found ? *found : Value();
    if (sub == Subresource::Status) object.extra = old.extra;
    if (kept.is_null())
        object.extra.erase("status");
    else
        object.extra["status"] = kept;
}

bool spec_changed(const Object& object, const Object& old) {
    if (object.kind < Kind::FirstUnstructured) return !same_spec(object, old);
    Value now = object.extra, was = old.extra;
    now.erase("status");
    was.erase("status");
    return !(now == was);
}

void keep_system_fields(ObjectMeta& meta, const ObjectMeta& old) {
    if (meta.uid.empty()) meta.uid = old.uid;
    if (old.creationTimestamp) meta.creationTimestamp = old.creationTimestamp;
    if (old.deletionTimestamp) meta.deletionTimestamp = old.deletionTimestamp;
    if (old.deletionGracePeriodSeconds && !meta.deletionGracePeriodSeconds)
        meta.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
}

}  // namespace

void prepare_for_create(Object& object, const Profile& profile, Timestamp now) {
    switch (object.kind) {
        case Kind::Namespace:
            return create_namespace(static_cast<Namespace&>(object));
        case Kind::Pod:
            return create_pod(static_cast<Pod&>(object), profile);
        case Kind::PersistentVolume:
            return create_volume(static_cast<PersistentVolume&>(object), profile, now);
        case Kind::PersistentVolumeClaim:
            return create_claim(static_cast<PersistentVolumeClaim&>(object), profile);
        case Kind::ResourceQuota:
            static_cast<ResourceQuota&>(object).status = ResourceQuotaStatus();
            return;
        case Kind::VolumeAttachment:
            static_cast<VolumeAttachment&>(object).status = VolumeAttachmentStatus();
            return;
        case Kind::CSIDriver:
            return prepare_driver_spec(static_cast<CSIDriver&>(object).spec, nullptr, profile);
        case Kind::Node:
        case Kind::StorageClass:
        case Kind::Event:
        case Kind::CSINode:
        case Kind::CSIStorageCapacity:
            return;  // stored as sent
        default:
            object.extra.erase("status");
    }
}

void prepare_for_update(Object& object, const Object& old, Subresource sub, const KindInfo& info,
                        const Profile& profile, Timestamp now) {
    object.metadata.generation = old.metadata.generation;
    if (object.metadata.resourceVersion == 0 && info.unconditional_update)
        object.metadata.resourceVersion = old.metadata.resourceVersion;
    const bool unstructured = object.kind >= Kind::FirstUnstructured;
    if (unstructured && info.has_status)
        keep_half_of_unstructured(object, old, sub);
    else if (!unstructured && sub == Subresource::None)
        update_main(object, old, profile);
    else if (!unstructured && sub == Subresource::Status)
        update_status(object, old, profile, now);
    else if (sub == Subresource::Finalize)
        copy_status(object, old);
    // Bindings and evictions are made by the server itself and come as they are to be stored.
    keep_system_fields(object.metadata, old.metadata);
    if (info.has_generation && spec_changed(object, old)) ++object.metadata.generation;
}

void normalize_data_sources(PersistentVolumeClaimSpec& spec, const Profile& profile) {
    if (!profile.on(Gate::AnyVolumeDataSource)) return;
    if (spec.dataSource && !spec.dataSourceRef) {
        spec.dataSourceRef.emplace();
        spec.dataSourceRef->apiGroup = spec.dataSource->apiGroup;
        spec.dataSourceRef->kind = spec.dataSource->kind;
        spec.dataSourceRef->name = spec.dataSource->name;
    } else if (spec.dataSourceRef && !spec.dataSource && !names_namespace(spec.dataSourceRef)) {
        spec.dataSource.emplace();
        spec.dataSource->apiGroup = spec.dataSourceRef->apiGroup;
        spec.dataSource->kind = spec.dataSourceRef->kind;
        spec.dataSource->name = spec.dataSourceRef->name;
    }
}

}  // namespace model::api
