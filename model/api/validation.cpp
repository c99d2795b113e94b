#include "model/api/validation.hpp"

#include <algorithm>

#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

MetaRules rules_of(const Object& object, const KindInfo& info) {
    MetaRules rules;
    rules.namespaced = info.namespaced;
    if (object.kind == Kind::Namespace) rules.name = NameRule::Label;
    // Kinds of extensions know no standard finalizers; nor does the model know theirs.
    rules.kubernetes_finalizers = info.typed;
    return rules;
}

MetaRules common_rules(const KindInfo& info) {
    MetaRules rules;
    rules.name = NameRule::PathSegment;
    rules.namespaced = info.namespaced;
    rules.kubernetes_finalizers = false;
    return rules;
}

// Metadata that has the same names and texts as an older version, which was judged when it came in.
bool same_texts(const ObjectMeta& a, const ObjectMeta& b) {
    return a.name == b.name && a.generateName == b.generateName && a.ns == b.ns &&
           a.labels == b.labels && a.annotations == b.annotations && a.finalizers == b.finalizers &&
           a.ownerReferences == b.ownerReferences;
}

// The rules of the kind are the stricter ones: what keeps them keeps the common ones too. But for a
// generateName, of which they look at less.
bool keeps_all_rules(const Object& object, const KindInfo& info, const Profile& profile) {
    if (!object.metadata.generateName.empty()) return false;
    Findings f(profile);
    check_meta(object.metadata, rules_of(object, info), f);
    return f.size() == 0;
}

template <class T>
const T* typed(const Object* object) {
    return static_cast<const T*>(object);
}

void check_unstructured(const Object& object, const Object* old, const KindInfo& info,
                        Findings& f) {
    if (info.kind == "VolumeAttributesClass") check_attributes_class(object, old, f);
}

void check_kind(const Object& object, const Object* old, Subresource sub, const KindInfo& info,
                Findings& f) {
    const Object* o = &object;
    switch (object.kind) {
        case Kind::Namespace:
            return check_namespace(*typed<Namespace>(o), typed<Namespace>(old), sub, f);
        case Kind::Node:
            return check_node(*typed<Node>(o), typed<Node>(old), sub, f);
        case Kind::Pod:
            return check_pod(*typed<Pod>(o), typed<Pod>(old), sub, f);
        case Kind::PersistentVolume:
            return check_volume(*typed<PersistentVolume>(o), typed<PersistentVolume>(old), sub, f);
        case Kind::PersistentVolumeClaim:
            return check_claim(*typed<PersistentVolumeClaim>(o), typed<PersistentVolumeClaim>(old),
                               sub, f);
        case Kind::StorageClass:
            return check_class(*typed<StorageClass>(o), typed<StorageClass>(old), f);
        case Kind::Event:
            return check_event(*typed<Event>(o), f);
        case Kind::ResourceQuota:
            return check_quota(*typed<ResourceQuota>(o), typed<ResourceQuota>(old), sub, f);
        case Kind::VolumeAttachment:
            return check_attachment(*typed<VolumeAttachment>(o), typed<VolumeAttachment>(old), f);
        case Kind::CSIDriver:
            return check_csi_driver(*typed<CSIDriver>(o), typed<CSIDriver>(old), f);
        case Kind::CSINode:
            return check_csi_node(*typed<CSINode>(o), typed<CSINode>(old), f);
        case Kind::CSIStorageCapacity:
            return check_capacity(*typed<CSIStorageCapacity>(o), typed<CSIStorageCapacity>(old), f);
        default:
            return check_unstructured(object, old, info, f);
    }
}

// An update without a version, of a kind that asks for one. The store refuses it before anything
// else is looked at.
constexpr std::string_view kVersionMissing = "must be specified for an update";
constexpr std::string_view kVersionPath = "metadata.resourceVersion: Invalid value: 0";

}  // namespace

FieldErrors validate_create(const Object& object, const KindInfo& info, const Profile& profile) {
    Findings f(profile);
    const bool judged = keeps_all_rules(object, info, profile);
    // Events are judged by a rule of their own, which knows the names that recorders make.
    if (!judged && object.kind != Kind::Event)
        check_meta(object.metadata, rules_of(object, info), f);
    check_kind(object, nullptr, Subresource::None, info, f);
    if (!judged && f.size() == 0) check_meta(object.metadata, common_rules(info), f);
    return f.take();
}

FieldErrors validate_update(const Object& object, const Object& old, Subresource sub,
                            const KindInfo& info, const Profile& profile) {
    Findings f(profile);
    if (object.metadata.resourceVersion == 0 && !info.unconditional_update) {
        f.invalid(Path("metadata").child("resourceVersion"), Shown{"0x0", "0"}, kVersionMissing);
        return f.take();
    }
    const bool judged =
        same_texts(object.metadata, old.metadata) || keeps_all_rules(object, info, profile);
    if (!judged) check_meta(object.metadata, common_rules(info), f);
    check_meta_update(object.metadata, old.metadata, f);
    if (!judged) check_texts_update(object.metadata, old.metadata, f);
    if (!judged && sub == Subresource::None && object.kind != Kind::Event)
        check_meta(object.metadata, rules_of(object, info), f);
    check_kind(object, &old, sub, info, f);
    return f.take();
}

Status invalid_status(const KindInfo& info, std::string_view name, const FieldErrors& errors) {
    FieldErrors unique;
    for (const std::string& e : errors)
        if (std::find(unique.begin(), unique.end(), e) == unique.end()) unique.push_back(e);
    std::string details;
    for (const std::string& e : unique) details += (details.empty() ? "" : ", ") + e;
    if (unique.size() > 1) details = "[" + details + "]";
    // The store names the resource, not the kind.
    const bool version_missing = unique.size() == 1 && unique[0].starts_with(kVersionPath) &&
                                 unique[0].ends_with(kVersionMissing);
    return Status::invalid(version_missing ? info.qualified_resource() : info.qualified_kind(),
                           name, details);
}

std::string_view to_string(Subresource s) {
    switch (s) {
        case Subresource::None:
            return "";
        case Subresource::Status:
            return "status";
        case Subresource::Finalize:
            return "finalize";
        case Subresource::Binding:
            return "binding";
        case Subresource::Eviction:
            return "eviction";
    }
    return "";
}

}  // namespace model::api
