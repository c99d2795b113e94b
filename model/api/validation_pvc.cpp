// Rules of PersistentVolumeClaim. Counterpart:
// ValidatePersistentVolumeClaim{,Spec,Update,StatusUpdate} of pkg/apis/core/validation.
#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

// The value that upstream shows here is a path, of which Go prints the struct and JSON nothing.
Shown shown_path(std::string_view name) {
    return Shown{
        "field.Path{name:" + in_quotes(name) + ", index:\"\", parent:(*field.Path)(0xc000000000)}",
        "{}"};
}

void check_data_source(const TypedObjectReference& ref, bool any_group, bool with_namespace,
                       const Path& at, Findings& f) {
    if (ref.name.empty()) f.required(at.child("name"));
    if (ref.kind.empty()) f.required(at.child("kind"));
    const Text group = ref.apiGroup.value_or(Text());
    if (group.empty() && ref.kind != "PersistentVolumeClaim")
        f.invalid(at, shown(ref.kind.view()),
                  "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    if (!group.empty() && f.wording.data_source_group && !any_group)
        check_subdomain(group, at.child("apiGroup"), f);
    if (with_namespace && ref.ns && !ref.ns->empty())
        check_label_name(*ref.ns, at.child("namespace"), f);
}

bool has_invalid_group(const Boxed<TypedObjectReference>& ref) {
    return ref && ref->apiGroup && !ref->apiGroup->empty() && !is_dns_subdomain(*ref->apiGroup);
}

void check_data_sources(const PersistentVolumeClaimSpec& spec, const PersistentVolumeClaimSpec* old,
                        const Path& at, Findings& f) {
    const bool any_group =
        old && (has_invalid_group(old->dataSource) || has_invalid_group(old->dataSourceRef));
    if (spec.dataSource)
        check_data_source(*spec.dataSource, any_group, false, at.child("dataSource"), f);
    if (spec.dataSourceRef)
        check_data_source(*spec.dataSourceRef, any_group, true, at.child("dataSourceRef"), f);
    if (!spec.dataSource || !spec.dataSourceRef) return;  // one alone contradicts nothing
    const TypedObjectReference &a = *spec.dataSource, &b = *spec.dataSourceRef;
    if (b.ns && !b.ns->empty())
        f.invalid(at, shown_path("dataSource"),
                  "may not be specified when dataSourceRef.namespace is specified");
    else if (a.apiGroup != b.apiGroup || a.kind != b.kind || a.name != b.name)
        f.invalid(at, shown_path("dataSource"), "must match dataSourceRef");
}

void check_request(const ResourceList& requests, const Path& at, Findings& f) {
    const Quantity* storage = requests.find("storage");
    if (!storage)
        f.required(at.key("storage"));
    else
        check_positive(*storage, at.key("storage"), f);
}

Quantity storage_of(const ResourceList& list) {
    const Quantity* q = list.find("storage");
    return q ? *q : Quantity();
}

// A claim that named its class by the beta annotation may move it to the field, with the same name.
bool moves_class_from_annotation(const PersistentVolumeClaim& now,
                                 const PersistentVolumeClaim& old) {
    const Text* was = old.metadata.annotations.find(annotation::kBetaStorageClass);
    const Text* is = now.metadata.annotations.find(annotation::kBetaStorageClass);
    return was && !old.spec.storageClassName && now.spec.storageClassName &&
           *now.spec.storageClassName == *was && (!is || *is == *was);
}

// A claim without a class may be given one: what the PersistentVolume controller does with the
// default class.
bool gains_class(const PersistentVolumeClaim& now, const PersistentVolumeClaim& old,
                 const Profile& profile) {
    const Text* was = old.metadata.annotations.find(annotation::kBetaStorageClass);
    return profile.on(Gate::RetroactiveDefaultStorageClass) && now.spec.storageClassName &&
           !old.spec.storageClassName && (!was || *now.spec.storageClassName == *was);
}

void check_class_annotation(const PersistentVolumeClaim& now, const PersistentVolumeClaim& old,
                            Findings& f) {
    const std::string_view is = now.metadata.annotations.get(annotation::kBetaStorageClass);
    if (is != old.metadata.annotations.get(annotation::kBetaStorageClass))
        f.immutable(Path("metadata").child("annotations").child(annotation::kBetaStorageClass),
                    shown(is));
}

void check_immutable_spec(const PersistentVolumeClaim& now, const PersistentVolumeClaim& old,
                          Findings& f) {
    PersistentVolumeClaimSpec is = now.spec, was = old.spec;
    normalize_data_sources(was,
                           f.profile);  // an object put in before time 0 may lack the second field
    if (was.volumeName.empty()) was.volumeName = is.volumeName;  // binding, once
    if (moves_class_from_annotation(now, old)) {
        is.storageClassName.reset();
    } else {
        check_class_annotation(now, old, f);
        if (gains_class(now, old, f.profile)) is.storageClassName = was.storageClassName;
    }
    if (now.status.phase == phase::kBound) {
        if (!is.resources.requests.empty())
            is.resources.requests.set("storage", storage_of(was.resources.requests));
        is.volumeAttributesClassName = was.volumeAttributesClassName;
    }
    if (is == was) return;  // everything that changed may change
    f.forbidden(
        Path("spec"),
        (f.wording.claim_attributes_text
             ? "spec is immutable after creation except resources.requests and "
               "volumeAttributesClassName "
               "for bound claims"
             : "spec is immutable after creation except resources.requests for bound claims") +
            member_diff(encode(was), encode(is)));
}

void check_shrink(const PersistentVolumeClaim& now, const PersistentVolumeClaim& old, Findings& f) {
    const Quantity size = storage_of(now.spec.resources.requests);
    if (size >= storage_of(old.spec.resources.requests)) return;  // growth is judged by admission
    const Path at = Path("spec").child("resources").child("requests").child("storage");
    const bool recovers = f.profile.on(Gate::RecoverVolumeExpansionFailure) ||
                          !old.status.allocatedResources.empty() ||
                          !old.status.allocatedResourceStatuses.empty();
    if (!recovers)
        f.forbidden(at, "field can not be less than previous value");
    else if (size <= storage_of(old.status.capacity))
        f.forbidden(at, "field can not be less than status.capacity");
}

void check_attributes_update(const PersistentVolumeClaim& now, const PersistentVolumeClaim& old,
                             Findings& f) {
    const auto& name = now.spec.volumeAttributesClassName;
    if (name == old.spec.volumeAttributesClassName) return;
    const Path at = Path("spec").child("volumeAttributesClassName");
    if (!f.profile.on(Gate::VolumeAttributesClass))
        f.forbidden(at,
                    "update is forbidden when the VolumeAttributesClass feature gate is disabled");
    if (!old.status.currentVolumeAttributesClassName)
        return;  // none applied yet: may be taken back
    if (!name)
        f.forbidden(
            at,
            "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil");
    else if (name->empty())
        f.forbidden(at,
                    "update to empty string is forbidden when "
                    "status.currentVolumeAttributesClassName is not nil");
}

bool check_resource_key(std::string_view name, const Path& at, Findings& f) {
    const std::size_t before = f.size();
    check_label_key(name, at, f);
    const bool native = name.find('/') == std::string_view::npos ||
                        name.find("kubernetes.io/") != std::string_view::npos;
    if (f.size() == before && native && name != "storage")
        f.unsupported(at, shown(name), {"storage"});
    return f.size() == before;
}

bool is_resize_status(std::string_view s) {
    return s == "ControllerResizeInProgress" || s == "ControllerResizeInfeasible" ||
           s == "NodeResizePending" || s == "NodeResizeInProgress" || s == "NodeResizeInfeasible";
}

void check_allocated(const PersistentVolumeClaimStatus& status, Findings& f) {
    const Path statuses = Path("status").child("allocatedResourceStatuses");
    for (const auto& [name, state] : status.allocatedResourceStatuses) {
        check_resource_key(name, statuses, f);
        // Upstream shows the resource's name here, not the state that it refuses.
        if (!is_resize_status(state))
            f.unsupported(statuses, shown(name.view()),
                          {"ControllerResizeInProgress", "ControllerResizeInfeasible",
                           "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"});
    }
    const Path resources = Path("status").child("allocatedResources");
    for (const auto& [name, q] : status.allocatedResources.items) {
        if (!check_resource_key(name, resources, f)) continue;
        check_basic_quantity(q, resources.key(name), f);
        if (q.value() >= 0) check_quantity("storage", q, resources.key(name), f);
    }
}

void check_claim_status(const PersistentVolumeClaim& pvc, const PersistentVolumeClaim& old,
                        Findings& f) {
    if (pvc.metadata.resourceVersion == 0) f.required(Path("resourceVersion"));
    if (pvc.spec.accessModes.empty()) f.required(Path("Spec").child("accessModes"));
    for (const auto& [name, q] : pvc.status.capacity.items)
        check_basic_quantity(q, Path("status").child("capacity").key(name), f);
    if (f.profile.on(Gate::RecoverVolumeExpansionFailure) ||
        !old.status.allocatedResources.empty() || !old.status.allocatedResourceStatuses.empty())
        check_allocated(pvc.status, f);
}

}  // namespace

void check_claim_spec(const PersistentVolumeClaimSpec& spec, const PersistentVolumeClaimSpec* old,
                      const Path& at, Findings& f) {
    if (spec.accessModes.empty())
        f.required(at.child("accessModes"), "at least 1 access mode is required");
    if (spec.selector)
        check_label_selector(*spec.selector,
                             old && old->selector && has_invalid_value(*old->selector, f.wording),
                             at.child("selector"), f);
    check_access_modes(spec.accessModes, at.child("accessModes"), f);
    check_request(spec.resources.requests, at.child("resources"), f);
    if (spec.storageClassName && !spec.storageClassName->empty())
        check_subdomain(*spec.storageClassName, at.child("storageClassName"), f);
    check_volume_mode(spec.volumeMode, at.child("volumeMode"), f);
    check_data_sources(spec, old, at, f);
    const bool attributes =
        f.profile.on(Gate::VolumeAttributesClass) || (old && old->volumeAttributesClassName);
    if (attributes && spec.volumeAttributesClassName && !spec.volumeAttributesClassName->empty())
        check_subdomain(*spec.volumeAttributesClassName, at.child("volumeAttributesClassName"), f);
}

void check_claim(const PersistentVolumeClaim& pvc, const PersistentVolumeClaim* old,
                 Subresource sub, Findings& f) {
    if (old && sub == Subresource::Status) {
        check_claim_status(pvc, *old, f);
        return;  // spec was taken from the old version
    }
    const bool changed = !old || pvc.spec != old->spec;
    if (changed) check_claim_spec(pvc.spec, old ? &old->spec : nullptr, Path("spec"), f);
    if (!old) return;
    if (!changed) {
        check_class_annotation(pvc, *old, f);
        return;  // what did not change was judged when it came in
    }
    check_immutable_spec(pvc, *old, f);
    check_shrink(pvc, *old, f);
    if (pvc.spec.volumeMode != old->spec.volumeMode)
        f.immutable(Path("volumeMode"), shown_or_null(pvc.spec.volumeMode));
    check_attributes_update(pvc, *old, f);
}

}  // namespace model::api
