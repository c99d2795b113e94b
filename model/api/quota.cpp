// ResourceQuota: what an object uses, and whether a quota has room for it. Counterparts:
// CheckRequest of apiserver/pkg/admission/plugin/resourcequota and pkg/quota/v1/evaluator/core. A
// quota binds from when its controller has written its status, as upstream. Left out: cpu, memory
// and the scopes of pods, services' ports and load balancers.
#include <algorithm>

#include "model/api/admission.hpp"

namespace model::api {

namespace {

constexpr std::string_view kClassSuffix = ".storageclass.storage.k8s.io/";
constexpr std::string_view kRequestsStorage = "requests.storage",
                           kClaims = "persistentvolumeclaims";

void add(ResourceList& to, std::string_view name, const Quantity& q) {
    Quantity sum = q;
    if (const Quantity* had = to.find(name); had && !had->is_zero()) {
        sum = *had;  // keeps the format of the first amount, as upstream does
        sum += q;
    }
    to.set(name, sum);
}

void add(ResourceList& to, const ResourceList& other) {
    for (const auto& [name, q] : other.items) add(to, name, q);
}

// a - b, but never below zero.
ResourceList growth(const ResourceList& a, const ResourceList& b) {
    ResourceList out;
    for (const auto& [name, q] : a.items) {
        Quantity left = q;
        if (const Quantity* before = b.find(name)) left -= *before;
        if (left.sign() > 0) out.set(name, left);
    }
    return out;
}

ResourceList only(const ResourceList& list, const ResourceList& names) {
    ResourceList out;
    for (const auto& [name, q] : list.items)
        if (names.find(name)) out.set(name, q);
    return out;
}

std::string text_of(const ResourceList& list) {
    std::string out;
    for (const auto& [name, q] : list.items)
        out += (out.empty() ? "" : ",") + name.str() + "=" + q.to_string();
    return out;
}

Quantity whole(const Quantity& q) { return q.is_whole() ? q : Quantity::of(q.value(), q.format()); }

// Names without "count/" that still mean a number of objects.
bool has_plain_count(std::string_view resource) {
    for (std::string_view r :
         {"pods", "services", "secrets", "configmaps", "replicationcontrollers", "resourcequotas"})
        if (r == resource) return true;
    return false;
}

bool is_terminal(const Object& object) {
    if (object.kind != Kind::Pod) return false;
    const Text& phase = static_cast<const Pod&>(object).status.phase;
    return phase == "Succeeded" || phase == "Failed";
}

ResourceList usage_of(const Object& object, const KindInfo& info) {
    if (object.kind == Kind::PersistentVolumeClaim)
        return quota_usage(static_cast<const PersistentVolumeClaim&>(object));
    ResourceList out;
    out.set("count/" + info.qualified_resource(), Quantity::of(1));
    if (info.group.empty() && has_plain_count(info.resource) && !is_terminal(object))
        out.set(info.resource, Quantity::of(1));
    return out;
}

bool counts_kind(std::string_view name, const KindInfo& info) {
    if (name.starts_with("count/")) return name.substr(6) == info.qualified_resource();
    if (info.id == Kind::PersistentVolumeClaim)
        return name == kRequestsStorage || name == kClaims ||
               name.find(kClassSuffix) != std::string_view::npos;
    return info.group.empty() && has_plain_count(info.resource) && name == info.resource;
}

struct Scope {
    std::string_view name, op;
    std::vector<std::string_view> values;
};

std::vector<Scope> scopes_of(const ResourceQuota& quota) {
    std::vector<Scope> out;
    if (const Value* names = quota.spec.extra.find("scopes"))
        for (const Value& v : names->as_list()) out.push_back(Scope{v.as_string(), "Exists", {}});
    const Value* expressions = quota.spec.extra.at({"scopeSelector", "matchExpressions"});
    if (!expressions) return out;
    for (const Value& e : expressions->as_list()) {
        Scope scope;
        if (const Value* v = e.find("scopeName")) scope.name = v->as_string();
        if (const Value* v = e.find("operator")) scope.op = v->as_string();
        if (const Value* values = e.find("values"))
            for (const Value& v : values->as_list()) scope.values.push_back(v.as_string());
        out.push_back(std::move(scope));
    }
    return out;
}

std::vector<std::string_view> attributes_classes(const PersistentVolumeClaim& claim) {
    std::vector<std::string_view> out;
    const auto take = [&](std::string_view name) {
        if (!name.empty()) out.push_back(name);
    };
    if (claim.spec.volumeAttributesClassName) take(*claim.spec.volumeAttributesClassName);
    if (claim.status.currentVolumeAttributesClassName)
        take(*claim.status.currentVolumeAttributesClassName);
    if (const Value* v = claim.status.modifyVolumeStatus.find("targetVolumeAttributesClassName"))
        take(v->as_string());
    return out;
}

bool in_attributes_scope(const Scope& scope, const PersistentVolumeClaim& claim) {
    const std::vector<std::string_view> names = attributes_classes(claim);
    const auto listed = [&](std::string_view name) {
        return std::find(scope.values.begin(), scope.values.end(), name) != scope.values.end();
    };
    if (scope.op == "Exists") return !names.empty();
    if (scope.op == "DoesNotExist") return names.empty();
    if (scope.op == "In") return std::any_of(names.begin(), names.end(), listed);
    return names.empty() || !std::all_of(names.begin(), names.end(), listed);  // NotIn
}

bool in_scope(const ResourceQuota& quota, const Object& object, const Profile& profile) {
    for (const Scope& scope : scopes_of(quota)) {
        const bool judged = object.kind == Kind::PersistentVolumeClaim &&
                            scope.name == "VolumeAttributesClass" &&
                            profile.on(Gate::VolumeAttributesClass);
        if (!judged ||
            !in_attributes_scope(scope, static_cast<const PersistentVolumeClaim&>(object)))
            return false;
    }
    return true;
}

// What all objects of a kind in the quota's namespace use.
ResourceList used_by_kind(const ResourceQuota& quota, const KindInfo& info,
                          const ObjectReader& reader, const Profile& profile) {
    ResourceList used;
    reader.for_each(info.id, quota.metadata.ns, [&](const ObjectRef& o) {
        if (in_scope(quota, *o, profile)) add(used, usage_of(*o, info));
    });
    return used;
}

// The resources of a quota that count this kind, with their limits.
ResourceList restricted(const ResourceQuota& quota, const KindInfo& info) {
    ResourceList out;
    for (const auto& [name, q] : quota.status.hard.items)
        if (counts_kind(name, info)) out.set(name, q);
    return out;
}

// What a write asks of one quota beyond what is used already; empty where it does not concern the
// quota.
ResourceList asked_of(const ResourceQuota& quota, const Object& object, const Object* old,
                      const KindInfo& info, const Profile& profile) {
    if (!in_scope(quota, object, profile)) return {};
    const ResourceList now = only(usage_of(object, info), quota.status.hard);
    if (!old || !in_scope(quota, *old, profile)) return growth(now, ResourceList());
    return growth(now, usage_of(*old, info));
}

// Names of what the quota limits but whose use its controller has not counted yet.
std::string unknown_resources(const ResourceQuota& quota, const ResourceList& limited) {
    std::string all;
    bool missing = false;
    for (const auto& [name, q] : limited.items) {
        all += (all.empty() ? "" : ",") + name.str();
        missing |= !quota.status.used.find(name);
    }
    return missing ? all : std::string();
}

std::string excess(const ResourceQuota& quota, const ResourceList& asked) {
    ResourceList requested, used, limits;
    for (const auto& [name, q] : asked.items) {
        const Quantity* limit = quota.status.hard.find(name);
        const Quantity* had = quota.status.used.find(name);
        Quantity total = q;
        if (had) total += *had;
        if (total <= *limit) continue;
        requested.set(name, q);
        used.set(name, had ? *had : Quantity());
        limits.set(name, *limit);
    }
    if (requested.empty()) return {};
    return "exceeded quota: " + quota.metadata.name.str() + ", requested: " + text_of(requested) +
           ", used: " + text_of(used) + ", limited: " + text_of(limits);
}

template <class Visit>
void for_each_quota(const Object& object, const ObjectReader& reader, const Visit& visit) {
    if (object.metadata.ns.empty()) return;  // quotas are of namespaces
    reader.for_each(Kind::ResourceQuota, object.metadata.ns,
                    [&](const ObjectRef& o) { visit(static_cast<const ResourceQuota&>(*o)); });
}

std::vector<std::unique_ptr<Object>> updates(const Object& object, const Object* old,
                                             const ObjectReader& reader, const Profile& profile) {
    std::vector<std::unique_ptr<Object>> out;
    const KindInfo& info = reader.scheme().info(object.kind);
    for_each_quota(object, reader, [&](const ResourceQuota& quota) {
        const ResourceList asked = asked_of(quota, object, old, info, profile);
        if (asked.empty()) return;
        auto next = std::make_unique<ResourceQuota>(quota);
        add(next->status.used, asked);
        out.push_back(std::move(next));
    });
    return out;
}

}  // namespace

ResourceList quota_usage(const PersistentVolumeClaim& claim) {
    ResourceList out;
    out.set(kClaims, Quantity::of(1));
    out.set("count/persistentvolumeclaims", Quantity::of(1));
    const std::string class_name(claim_class(claim));
    if (!class_name.empty())
        out.set(class_name + std::string(kClassSuffix) + std::string(kClaims), Quantity::of(1));
    const Quantity* request = claim.spec.resources.requests.find("storage");
    if (!request) return out;  // refused by validation
    Quantity size = whole(*request);
    // An expansion that was taken back counts until the resizer has lowered what it allocated.
    const Quantity* allocated = claim.status.allocatedResources.find("storage");
    if (allocated && *allocated > size) size = whole(*allocated);
    out.set(kRequestsStorage, size);
    if (!class_name.empty())
        out.set(class_name + std::string(kClassSuffix) + std::string(kRequestsStorage), size);
    return out;
}

ResourceQuotaStatus quota_status(const ResourceQuota& quota, const ObjectReader& reader,
                                 const Profile& profile) {
    ResourceQuotaStatus status;
    status.hard = quota.spec.hard;
    for (std::size_t i = 0; i < reader.scheme().size(); ++i) {
        const KindInfo& info = reader.scheme().info(static_cast<Kind>(i));
        ResourceList zero;
        for (const auto& [name, q] : quota.spec.hard.items)
            if (counts_kind(name, info)) zero.set(name, Quantity());
        if (zero.empty()) continue;
        add(zero, only(used_by_kind(quota, info, reader, profile), zero));
        for (const auto& [name, q] : zero.items) status.used.set(name, q);
    }
    return status;
}

Status check_quotas(const Object& object, const Object* old, const ObjectReader& reader,
                    const Profile& profile) {
    const KindInfo& info = reader.scheme().info(object.kind);
    // A quota that is not counted yet refuses before one that is full, whatever their names.
    std::string unknown, full;
    for_each_quota(object, reader, [&](const ResourceQuota& quota) {
        const ResourceList limited = restricted(quota, info);
        if (limited.empty() || !in_scope(quota, object, profile)) return;
        const std::string missing = unknown_resources(quota, limited);
        if (unknown.empty() && !missing.empty())
            unknown = "status unknown for quota: " + quota.metadata.name.str() +
                      ", resources: " + missing;
        if (full.empty()) full = excess(quota, asked_of(quota, object, old, info, profile));
    });
    const std::string& why = unknown.empty() ? full : unknown;
    if (why.empty()) return Status();
    return Status::forbidden(info.qualified_resource(), object.metadata.name, why);
}

std::vector<std::unique_ptr<Object>> quota_updates_for_create(const Object& object,
                                                              const ObjectReader& reader,
                                                              const Profile& profile) {
    return updates(object, nullptr, reader, profile);
}

std::vector<std::unique_ptr<Object>> quota_updates_for_update(const Object& object,
                                                              const Object& old,
                                                              const ObjectReader& reader,
                                                              const Profile& profile) {
    return updates(object, &old, reader, profile);
}

}  // namespace model::api
