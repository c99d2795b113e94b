#include "model/api/scheme.hpp"

#include <vector>

namespace model::api {

namespace {

enum Trait : unsigned {
    kCluster = 1,       // not namespaced
    kStatus = 2,        // has a /status subresource
    kGeneration = 4,    // counts changes of spec
    kNeedsVersion = 8,  // an update without resourceVersion is refused
    kGrace = 16,        // DELETE waits for gracePeriodSeconds
};

struct Row {
    std::string_view apiVersion, kind, short_name;
    unsigned traits;
};

// In the order of enum Kind. Traits as in pkg/registry/*/strategy.go.
constexpr Row kTyped[] = {
    {"v1", "Namespace", "ns", kCluster | kStatus},
    {"v1", "Node", "no", kCluster | kStatus},
    {"v1", "Pod", "po", kStatus | kGrace},
    {"v1", "PersistentVolume", "pv", kCluster | kStatus},
    {"v1", "PersistentVolumeClaim", "pvc", kStatus},
    {"storage.k8s.io/v1", "StorageClass", "sc", kCluster},
    {"v1", "Event", "ev", 0},
    {"v1", "ResourceQuota", "quota", kStatus},
    {"storage.k8s.io/v1", "VolumeAttachment", "", kCluster | kStatus | kNeedsVersion},
    {"storage.k8s.io/v1", "CSIDriver", "", kCluster | kGeneration | kNeedsVersion},
    {"storage.k8s.io/v1", "CSINode", "", kCluster | kNeedsVersion},
    {"storage.k8s.io/v1", "CSIStorageCapacity", "", kNeedsVersion},
};
static_assert(std::size(kTyped) == kTypedKinds);

// Kinds of the server itself that are kept as given.
constexpr Row kBuiltIn[] = {
    {"v1", "ConfigMap", "cm", 0},
    {"v1", "Secret", "", 0},
    {"v1", "Service", "svc", kStatus},
    {"v1", "ServiceAccount", "sa", 0},
    {"v1", "Endpoints", "ep", 0},
    {"v1", "LimitRange", "limits", 0},
    {"v1", "PodTemplate", "", kGeneration},
    {"v1", "ReplicationController", "rc", kStatus | kGeneration},
    {"apps/v1", "Deployment", "deploy", kStatus | kGeneration},
    {"apps/v1", "ReplicaSet", "rs", kStatus | kGeneration},
    {"apps/v1", "StatefulSet", "sts", kStatus | kGeneration},
    {"apps/v1", "DaemonSet", "ds", kStatus | kGeneration},
    {"apps/v1", "ControllerRevision", "", 0},
    {"batch/v1", "Job", "", kStatus | kGeneration},
    {"batch/v1", "CronJob", "cj", kStatus | kGeneration},
    {"coordination.k8s.io/v1", "Lease", "", kNeedsVersion},
    {"discovery.k8s.io/v1", "EndpointSlice", "", kGeneration},
    {"networking.k8s.io/v1", "Ingress", "ing", kStatus | kGeneration},
    {"networking.k8s.io/v1", "IngressClass", "", kCluster | kGeneration},
    {"networking.k8s.io/v1", "NetworkPolicy", "netpol", kGeneration},
    {"policy/v1", "PodDisruptionBudget", "pdb", kStatus | kGeneration | kNeedsVersion},
    {"scheduling.k8s.io/v1", "PriorityClass", "pc", kCluster | kGeneration},
    {"storage.k8s.io/v1", "VolumeAttributesClass", "vac", kCluster},
    {"autoscaling/v2", "HorizontalPodAutoscaler", "hpa", kStatus},
    {"node.k8s.io/v1", "RuntimeClass", "", kCluster},
    {"rbac.authorization.k8s.io/v1", "Role", "", 0},
    {"rbac.authorization.k8s.io/v1", "RoleBinding", "", 0},
    {"rbac.authorization.k8s.io/v1", "ClusterRole", "", kCluster},
    {"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", kCluster},
    {"apiextensions.k8s.io/v1", "CustomResourceDefinition", "crd",
     kCluster | kStatus | kGeneration},
    {"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", kCluster | kGeneration},
    {"admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "",
     kCluster | kGeneration},
};

// Custom resources of the storage projects: their updates must carry a resourceVersion.
constexpr unsigned kCustom = kGeneration | kNeedsVersion;
constexpr Row kStorageProjects[] = {
    {"snapshot.storage.k8s.io/v1", "VolumeSnapshot", "vs", kStatus | kCustom},
    {"snapshot.storage.k8s.io/v1", "VolumeSnapshotContent", "vsc", kCluster | kStatus | kCustom},
    {"snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", "vsclass", kCluster | kCustom},
    {"groupsnapshot.storage.k8s.io/v1beta2", "VolumeGroupSnapshot", "vgs", kStatus | kCustom},
    {"groupsnapshot.storage.k8s.io/v1beta2", "VolumeGroupSnapshotContent", "vgsc",
     kCluster | kStatus | kCustom},
    {"groupsnapshot.storage.k8s.io/v1beta2", "VolumeGroupSnapshotClass", "vgsclass",
     kCluster | kCustom},
    {"populator.storage.k8s.io/v1beta1", "VolumePopulator", "", kCluster | kCustom},
    {"gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "refgrant", kCustom},
    {"objectstorage.k8s.io/v1alpha1", "Bucket", "", kCluster | kStatus | kCustom},
    {"objectstorage.k8s.io/v1alpha1", "BucketClaim", "", kStatus | kCustom},
    {"objectstorage.k8s.io/v1alpha1", "BucketClass", "", kCluster | kCustom},
    {"objectstorage.k8s.io/v1alpha1", "BucketAccess", "", kStatus | kCustom},
    {"objectstorage.k8s.io/v1alpha1", "BucketAccessClass", "", kCluster | kCustom},
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// meta.UnsafeGuessKindToResource: the guess that kubectl and CRD authors share.
std::string plural(std::string_view kind) {
    std::string name = lower(kind);
    if (name.empty() || name == "endpoints") return name;
    if (name.back() == 's') return name + "es";
    if (name.back() != 'y') return name + "s";
    name.pop_back();
    return name + "ies";
}

std::string_view group_of(std::string_view apiVersion) {
    const std::size_t slash = apiVersion.find('/');
    return slash == apiVersion.npos ? std::string_view() : apiVersion.substr(0, slash);
}

KindInfo info_of(const Row& row, std::size_t id) {
    KindInfo info;
    info.id = static_cast<Kind>(id);
    info.kind = row.kind;
    info.apiVersion = row.apiVersion;
    info.group = group_of(row.apiVersion);
    info.resource = plural(row.kind);
    info.short_name = row.short_name;
    info.namespaced = (row.traits & kCluster) == 0;
    info.has_status = (row.traits & kStatus) != 0;
    info.has_generation = (row.traits & kGeneration) != 0;
    info.unconditional_update = (row.traits & kNeedsVersion) == 0;
    info.pod_like_grace = (row.traits & kGrace) != 0;
    info.typed = id < kTypedKinds;
    return info;
}

std::vector<KindInfo> known_kinds() {
    std::vector<KindInfo> kinds;
    for (const Row& row : kTyped) kinds.push_back(info_of(row, kinds.size()));
    for (const Row& row : kBuiltIn) kinds.push_back(info_of(row, kinds.size()));
    for (const Row& row : kStorageProjects) kinds.push_back(info_of(row, kinds.size()));
    return kinds;
}

// events.k8s.io serves the core group's events under another name.
std::string_view home_group(std::string_view group, std::string_view kind) {
    return kind == "Event" && group == "events.k8s.io" ? std::string_view() : group;
}

}  // namespace

Scheme::Scheme() {
    static const std::vector<KindInfo> kKnown = known_kinds();
    known_ = kKnown;
}

template <class Wanted>
const KindInfo* Scheme::find_if(Wanted wanted) const {
    for (std::size_t i = 0; i < size(); ++i)
        if (wanted(info(i))) return &info(i);
    return nullptr;
}

const KindInfo* Scheme::find(std::string_view kind) const {
    return find_if([&](const KindInfo& k) { return k.kind == kind; });
}

const KindInfo* Scheme::find(std::string_view group, std::string_view kind) const {
    const std::string_view home = home_group(group, kind);
    return find_if([&](const KindInfo& k) { return k.kind == kind && k.group == home; });
}

const KindInfo* Scheme::find_resource(std::string_view resource) const {
    const std::string wanted = lower(resource);
    const KindInfo* named = find_if([&](const KindInfo& k) {
        return k.resource == wanted || k.qualified_resource() == wanted;
    });
    if (named) return named;
    return find_if([&](const KindInfo& k) {
        return lower(k.kind) == wanted || (!k.short_name.empty() && k.short_name == wanted);
    });
}

Kind Scheme::resolve(std::string_view apiVersion, std::string_view kind, bool namespaced) {
    const KindInfo* known = apiVersion.empty() ? find(kind) : find(group_of(apiVersion), kind);
    if (known) return known->id;
    Row row{apiVersion, kind, "", kNeedsVersion};
    if (!namespaced) row.traits |= kCluster;
    seen_.push_back(info_of(row, size()));
    return seen_.back().id;
}

}  // namespace model::api
