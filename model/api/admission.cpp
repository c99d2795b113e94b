#include "model/api/admission.hpp"

#include <algorithm>

namespace model::api {

namespace {

constexpr std::string_view kNoResize =
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
    "must support resize";

// The name in a refusal: a name that is still to be made is told by its prefix.
std::string_view name_of(const Object& object) {
    if (!object.metadata.name.empty()) return object.metadata.name;
    return object.metadata.generateName.empty() ? std::string_view("Unknown")
                                                : object.metadata.generateName.view();
}

Status forbidden(const Object& object, const ObjectReader& reader, std::string_view why) {
    return Status::forbidden(reader.scheme().info(object.kind).qualified_resource(),
                             name_of(object), why);
}

// NamespaceLifecycle.
Status check_namespace_lives(const Object& object, const ObjectReader& reader) {
    const Text& ns = object.metadata.ns;
    if (ns.empty()) return Status();  // cluster-scoped
    const Ref<Namespace> found = as<Namespace>(reader.find(Kind::Namespace, Key(Text(), ns)));
    if (!found) return Status::not_found("namespaces", ns);
    if (found->status.phase != "Terminating") return Status();
    return forbidden(object, reader,
                     "unable to create new content in namespace " + ns.str() +
                         " because it is being terminated");
}

bool names_class(const PersistentVolumeClaim& claim) {
    return claim.spec.storageClassName ||
           claim.metadata.annotations.contains(annotation::kBetaStorageClass);
}

// DefaultStorageClass.
void choose_default_class(PersistentVolumeClaim& claim, const ObjectReader& reader) {
    if (names_class(claim)) return;  // the user has chosen, be it none ("")
    std::vector<Ref<StorageClass>> classes;
    reader.for_each(Kind::StorageClass, {},
                    [&](const ObjectRef& o) { classes.push_back(as<StorageClass>(o)); });
    if (const Ref<StorageClass> chosen = default_class(classes))
        claim.spec.storageClassName = chosen->metadata.name;
}

// StorageObjectInUseProtection.
void protect(Object& object, const ObjectReader& reader, const Profile& profile) {
    std::string_view finalizer;
    if (object.kind == Kind::PersistentVolume) finalizer = finalizer::kPVProtection;
    if (object.kind == Kind::PersistentVolumeClaim) finalizer = finalizer::kPVCProtection;
    if (profile.on(Gate::VolumeAttributesClass) && object.kind >= Kind::FirstUnstructured &&
        reader.scheme().info(object.kind).kind == "VolumeAttributesClass")
        finalizer = finalizer::kVACProtection;
    if (!finalizer.empty() && !object.metadata.has_finalizer(finalizer))
        object.metadata.finalizers.emplace_back(finalizer);
}

std::string_view text_at(const Value& v, std::string_view name) {
    const Value* member = v.find(name);
    return member ? member->as_string() : std::string_view();
}

std::optional<Quantity> amount(const Value& v) {
    if (v.is_int()) return Quantity::of(v.as_int());
    return Quantity::parse(v.as_string());
}

// The complaint of one bound of a LimitRange, "" where it is kept.
std::string bound_text(bool minimum, std::string_view resource, const Quantity& bound,
                       const Quantity* request) {
    const std::string text = std::string(minimum ? "minimum " : "maximum ") +
                             std::string(resource) + " usage per PersistentVolumeClaim is " +
                             bound.to_string();
    if (!request) return text + ".  No request is specified";
    const bool broken = minimum ? *request < bound : *request > bound;
    return broken ? text + ", but request is " + request->to_string() : std::string();
}

void check_limit(const Value& limit, const ResourceList& requests,
                 std::vector<std::string>& complaints) {
    if (text_at(limit, "type") != "PersistentVolumeClaim")
        return;  // containers and pods are not limited here
    for (const bool minimum : {true, false}) {
        const Value* bounds = limit.find(minimum ? "min" : "max");
        if (!bounds) continue;
        for (const auto& [resource, value] : bounds->as_map()) {
            const std::optional<Quantity> bound = amount(value);
            if (!bound) continue;  // no quantity: the real server would not have stored it
            std::string text = bound_text(minimum, resource, *bound, requests.find(resource));
            if (!text.empty()) complaints.push_back(std::move(text));
        }
    }
}

std::string joined(const std::vector<std::string>& complaints) {
    if (complaints.size() == 1) return complaints[0];
    std::string out;
    for (const std::string& c : complaints) out += (out.empty() ? "" : ", ") + c;
    return "[" + out + "]";
}

// LimitRanger. LimitRange has no struct of its own.
Status check_limit_ranges(const PersistentVolumeClaim& claim, const ObjectReader& reader) {
    const KindInfo* info = reader.scheme().find("LimitRange");
    if (!info) return Status();  // none was ever made
    Status refusal;
    reader.for_each(info->id, claim.metadata.ns, [&](const ObjectRef& o) {
        const Value* limits = o->extra.at({"spec", "limits"});
        if (!refusal.ok() || !limits) return;
        std::vector<std::string> complaints;
        for (const Value& limit : limits->as_list())
            check_limit(limit, claim.spec.resources.requests, complaints);
        if (!complaints.empty()) refusal = forbidden(claim, reader, joined(complaints));
    });
    return refusal;
}

bool may_grow(const PersistentVolumeClaim& claim, const PersistentVolumeClaim& old,
              const ObjectReader& reader) {
    const std::string_view name = claim_class(claim);
    if (name.empty() || name != claim_class(old)) return false;
    const Ref<StorageClass> sc =
        as<StorageClass>(reader.find(Kind::StorageClass, Key(Text(), Text(name))));
    return sc && sc->allowVolumeExpansion.value_or(false);
}

// PersistentVolumeClaimResize.
Status check_resize(const PersistentVolumeClaim& claim, const PersistentVolumeClaim& old,
                    const ObjectReader& reader) {
    const Quantity* now = claim.spec.resources.requests.find("storage");
    const Quantity* was = old.spec.resources.requests.find("storage");
    if (!now || *now <= (was ? *was : Quantity())) return Status();  // no growth
    if (old.status.phase != phase::kBound)
        return forbidden(claim, reader, "Only bound persistent volume claims can be expanded");
    return may_grow(claim, old, reader) ? Status() : forbidden(claim, reader, kNoResize);
}

bool is_default(const StorageClass& sc) {
    return sc.metadata.annotations.get(annotation::kDefaultClass) == "true" ||
           sc.metadata.annotations.get(annotation::kBetaDefaultClass) == "true";
}

// Newest first, then by name.
bool goes_before(const StorageClass& a, const StorageClass& b) {
    const auto time = [](const StorageClass& sc) {
        return sc.metadata.creationTimestamp.value_or(Timestamp());
    };
    if (time(a) != time(b)) return time(a) > time(b);
    return a.metadata.name < b.metadata.name;
}

}  // namespace

Status admit_create(Object& object, const ObjectReader& reader, const Profile& profile) {
    if (Status s = check_namespace_lives(object, reader); !s.ok()) return s;
    if (object.kind == Kind::PersistentVolumeClaim)
        choose_default_class(static_cast<PersistentVolumeClaim&>(object), reader);
    protect(object, reader, profile);
    if (object.kind == Kind::Pod && profile.on(Gate::PodTopologyLabelsAdmission))
        add_topology_labels(static_cast<Pod&>(object), reader);
    return Status();
}

void add_topology_labels(Pod& pod, const ObjectReader& reader) {
    if (pod.spec.nodeName.empty()) return;
    const ObjectRef node = reader.find(Kind::Node, Key(Text(), pod.spec.nodeName));
    if (!node) return;
    for (std::string_view key : {"topology.kubernetes.io/region", "topology.kubernetes.io/zone"})
        if (const Text* value = node->metadata.labels.find(key))
            pod.metadata.labels.set(key, *value);
}

Status validate_admitted_create(const Object& object, const ObjectReader& reader,
                                const Profile& profile) {
    if (object.kind == Kind::PersistentVolumeClaim) {
        Status s = check_limit_ranges(static_cast<const PersistentVolumeClaim&>(object), reader);
        if (!s.ok()) return s;
    }
    return check_quotas(object, nullptr, reader, profile);
}

Status validate_admitted_update(const Object& object, const Object& old, Subresource sub,
                                const ObjectReader& reader, const Profile& profile) {
    // Of what the model acts on, only claims are limited after they were made, and only by their
    // main resource.
    if (object.kind != Kind::PersistentVolumeClaim || sub != Subresource::None) return Status();
    const auto& claim = static_cast<const PersistentVolumeClaim&>(object);
    const auto& before = static_cast<const PersistentVolumeClaim&>(old);
    if (claim.spec == before.spec) return Status();  // nothing that a plugin looks at has changed
    if (!old.metadata.terminating())
        if (Status s = check_limit_ranges(claim, reader); !s.ok()) return s;
    if (Status s = check_resize(claim, before, reader); !s.ok()) return s;
    return check_quotas(object, &old, reader, profile);
}

std::string_view claim_class(const PersistentVolumeClaim& claim) {
    if (const Text* beta = claim.metadata.annotations.find(annotation::kBetaStorageClass))
        return beta->view();
    return claim.spec.storageClassName ? claim.spec.storageClassName->view() : std::string_view();
}

Ref<StorageClass> default_class(const std::vector<Ref<StorageClass>>& classes) {
    Ref<StorageClass> best;
    for (const Ref<StorageClass>& sc : classes)
        if (is_default(*sc) && (!best || goes_before(*sc, *best))) best = sc;
    return best;
}

}  // namespace model::api
