#include "model/scheduler/requeue_rules.hpp"

#include <algorithm>

#include "model/scheduler/node_filters.hpp"
#include "model/scheduler/pod_fields.hpp"

namespace model::scheduler {

namespace {

using namespace action;

bool uses_claim(const PodInfo& pod, const ClusterEvent& e, bool ephemeral_too = true) {
    const api::ObjectRef& claim = e.after ? e.after : e.before;
    if (claim->metadata.ns != pod.pod->metadata.ns) return false;
    return std::any_of(pod.claims.begin(), pod.claims.end(), [&](const ClaimUse& use) {
        return use.claim == claim->metadata.name && (ephemeral_too || !use.ephemeral);
    });
}

NodeInfo empty_node(const api::ObjectRef& node) {
    NodeInfo info;
    info.set_node(api::as<api::Node>(node));
    return info;
}

std::map<api::Text, std::int64_t> limits_of(const api::ObjectRef& node) {
    std::map<api::Text, std::int64_t> limits;
    for (const api::CSINodeDriver& d : static_cast<const api::CSINode&>(*node).spec.drivers)
        limits[d.name] = d.allocatable ? d.allocatable->count.value_or(0) : 0;
    return limits;
}

bool any_limit_grew(const ClusterEvent& e) {
    std::map<api::Text, std::int64_t> before = limits_of(e.before);
    for (const auto& [driver, limit] : limits_of(e.after))
        if (limit > before[driver]) return true;
    return false;
}

bool capacity_grew(const ClusterEvent& e) {
    const auto limit = [](const api::ObjectRef& o) {
        const auto& c = static_cast<const api::CSIStorageCapacity&>(*o);
        return c.maximumVolumeSize ? c.maximumVolumeSize : c.capacity;
    };
    const auto now = limit(e.after), was = limit(e.before);
    return now && (!was || now->value() > was->value());
}

bool is_delayed(const api::ObjectRef& cls) {
    const auto& mode = static_cast<const api::StorageClass&>(*cls).volumeBindingMode;
    return mode && *mode == api::mode::kWaitForFirstConsumer;
}

std::vector<api::TextMap::Member> zone_labels(const api::ObjectRef& volume) {
    std::vector<api::TextMap::Member> found;
    for (std::string_view key :
         {"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
          "topology.kubernetes.io/zone", "topology.kubernetes.io/region"})
        if (const api::Text* value = volume->metadata.labels.find(key))
            found.emplace_back(key, *value);
    return found;
}

bool shares_claim(const PodInfo& pod, const api::Pod& other) {
    if (other.metadata.ns != pod.pod->metadata.ns) return false;
    for (const api::Volume& v : other.spec.volumes)
        for (const ClaimUse& use : pod.claims)
            if (v.persistentVolumeClaim && !use.ephemeral &&
                v.persistentVolumeClaim->claimName == use.claim)
                return true;
    return false;
}

bool has_claims(const api::Pod& pod) {
    return std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(),
                       [](const api::Volume& v) { return v.persistentVolumeClaim || v.ephemeral; });
}

bool is_or_was_placed(const api::ObjectRef& o) {
    const auto& pod = static_cast<const api::Pod&>(*o);
    return !pod.spec.nodeName.empty() || !pod.status.nominatedNodeName.empty();
}

bool tolerated(const PodInfo& pod, const api::ObjectRef& node) {
    return !untolerated_taint(pod, static_cast<const api::Node&>(*node));
}

bool more_than_before(const PodInfo& pod, const NodeInfo& was, const NodeInfo& is) {
    if (is.pods_allowed > was.pods_allowed) return true;
    const Amounts& a = was.allocatable;
    const Amounts& b = is.allocatable;
    const Amounts& asked = pod.requests;
    if ((asked.milli_cpu > 0 && b.milli_cpu > a.milli_cpu) ||
        (asked.memory > 0 && b.memory > a.memory) ||
        (asked.ephemeral_storage > 0 && b.ephemeral_storage > a.ephemeral_storage))
        return true;
    return std::any_of(asked.others.begin(), asked.others.end(), [&](const auto& wanted) {
        const auto x = a.others.find(wanted.first), y = b.others.find(wanted.first);
        return y != b.others.end() && (x == a.others.end() || y->second > x->second);
    });
}

}  // namespace

RequeueRules::RequeueRules(const Profile& profile, control::Informer& namespaces)
    : release_(Release::of(profile)),
      hints_(profile.on(Gate::SchedulerQueueingHints)),
      namespaces_(namespaces) {}

bool RequeueRules::wakes(const QueuedPod& entry, const ClusterEvent& event) const {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Plugin::None); ++i) {
        const auto plugin = static_cast<Plugin>(i);
        if (!entry.rejected_by.has(plugin) || !registered(plugin, event)) continue;
        if (!hints_ || hint(plugin, *entry.pod, event)) return true;
    }
    return false;
}

// Tables of the two ages, one line a plugin.
bool RequeueRules::registered(Plugin plugin, const ClusterEvent& e) const {
    using R = Resource;
    const bool own = hints_ && e.resource == R::UnplacedPod;
    switch (plugin) {
        case Plugin::SchedulingGates:
            return own;
        case Plugin::NodeUnschedulable:
        case Plugin::TaintToleration:
            return e.is(R::Node, kAdd | (hints_ ? kNodeTaint : kUpdate)) || own;
        case Plugin::NodeName:
            return e.is(R::Node, kAdd | (hints_ ? 0 : kUpdate));
        case Plugin::NodeAffinity:
            return e.is(R::Node, kAdd | (hints_ ? kNodeLabel : kUpdate));
        case Plugin::NodePorts:
            return e.is(R::Pod, kDelete) || e.is(R::Node, kAdd | (hints_ ? 0 : kUpdate));
        case Plugin::NodeResourcesFit:
            return e.is(R::Pod, kDelete) ||
                   e.is(R::Node, kAdd | (hints_ ? kNodeAllocatable : kUpdate)) || own;
        case Plugin::VolumeRestrictions:
            return e.is(R::Pod, kDelete) || e.is(R::Node, kAdd) ||
                   e.is(R::PersistentVolumeClaim, kAdd | (hints_ ? 0 : kUpdate));
        case Plugin::NodeVolumeLimits:
            return e.is(R::Pod, kDelete) || e.is(R::CSINode, kAdd | (hints_ ? kUpdate : 0)) ||
                   (hints_ && e.is(R::PersistentVolumeClaim, kAdd)) ||
                   (release_.counts_attachments && e.is(R::VolumeAttachment, kDelete));
        case Plugin::VolumeBinding:
            return e.is(R::StorageClass, kAdd | kUpdate) || e.is(R::CSINode, kAdd | kUpdate) ||
                   e.is(R::PersistentVolumeClaim, kAdd | kUpdate) ||
                   e.is(R::PersistentVolume, kAdd | kUpdate) ||
                   e.is(R::CSIStorageCapacity, kAdd | kUpdate) ||
                   e.is(R::CSIDriver, kUpdate | (hints_ ? 0 : kAdd)) ||
                   e.is(R::Node, kAdd | kNodeLabel);
        case Plugin::VolumeZone:
            return e.is(R::StorageClass, kAdd) || e.is(R::PersistentVolume, kAdd | kUpdate) ||
                   e.is(R::PersistentVolumeClaim, kAdd | (hints_ ? kUpdate : 0)) ||
                   e.is(R::Node, kAdd | kNodeLabel);
        case Plugin::PodTopologySpread:
            return e.is(R::Pod, kAll) || own ||
                   e.is(R::Node, kAdd | kDelete | kNodeLabel | (hints_ ? kNodeTaint : 0));
        case Plugin::InterPodAffinity:
            return e.is(R::Pod, kAll) || own || e.is(R::Node, kAdd | kNodeLabel);
        case Plugin::None:
            break;  // refuses nobody
    }
    return false;
}

bool RequeueRules::hint(Plugin plugin, const PodInfo& pod, const ClusterEvent& e) const {
    if (e.resource == Resource::UnplacedPod) return hint_of_own_change(plugin, pod, e);
    switch (plugin) {
        case Plugin::NodeUnschedulable: {
            const bool was =
                e.before && static_cast<const api::Node&>(*e.before).spec.unschedulable;
            const bool is = static_cast<const api::Node&>(*e.after).spec.unschedulable;
            return !is && (!e.before || was);
        }
        case Plugin::TaintToleration:
            return tolerated(pod, e.after) && !(e.before && tolerated(pod, e.before));
        case Plugin::NodeAffinity:
            return pod.wants_node(static_cast<const api::Node&>(*e.after)) &&
                   !(e.before && pod.wants_node(static_cast<const api::Node&>(*e.before)));
        case Plugin::NodeResourcesFit:
            return hint_of_resources(pod, e);
        case Plugin::NodePorts:
            return e.resource != Resource::Pod || is_or_was_placed(e.before);
        case Plugin::VolumeRestrictions:
            return hint_of_restrictions(pod, e);
        case Plugin::NodeVolumeLimits:
            return hint_of_limits(pod, e);
        case Plugin::VolumeBinding:
            return hint_of_binding(pod, e);
        case Plugin::VolumeZone:
            return hint_of_zones(pod, e);
        case Plugin::PodTopologySpread:
            return hint_of_spread(pod, e);
        case Plugin::InterPodAffinity:
            return hint_of_affinity(pod, e);
        case Plugin::SchedulingGates:
        case Plugin::NodeName:
        case Plugin::None:
            break;  // no hint of their own
    }
    return true;
}

// The pod itself has changed: only what its refusals hang on counts.
bool RequeueRules::hint_of_own_change(Plugin plugin, const PodInfo& pod,
                                      const ClusterEvent& e) const {
    if (!e.before || !e.after || e.after->metadata.uid != pod.uid()) return false;
    const auto& was = static_cast<const api::Pod&>(*e.before);
    const auto& is = static_cast<const api::Pod&>(*e.after);
    const bool tolerations = !(was.spec.tolerations == is.spec.tolerations);
    switch (plugin) {
        case Plugin::TaintToleration:
        case Plugin::NodeUnschedulable:
            return tolerations;
        case Plugin::NodeResourcesFit:
            return !(was.spec.containers == is.spec.containers);
        case Plugin::PodTopologySpread:
        case Plugin::InterPodAffinity:
            return !(was.metadata.labels == is.metadata.labels) || tolerations;
        default:
            return false;
    }
}

bool RequeueRules::hint_of_binding(const PodInfo& pod, const ClusterEvent& e) const {
    switch (e.resource) {
        case Resource::StorageClass:
            return !e.before ||
                   !(static_cast<const api::StorageClass&>(*e.before).allowedTopologies ==
                     static_cast<const api::StorageClass&>(*e.after).allowedTopologies);
        case Resource::PersistentVolumeClaim:
            return uses_claim(pod, e);
        case Resource::CSINode: {
            constexpr std::string_view kMigrated = "storage.alpha.kubernetes.io/migrated-plugins";
            return !e.before || e.before->metadata.annotations.get(kMigrated) !=
                                    e.after->metadata.annotations.get(kMigrated);
        }
        case Resource::CSIStorageCapacity:
            return !e.before || capacity_grew(e);
        case Resource::CSIDriver:
            return false;  // concerns volumes written into pods only
        default:
            return true;
    }
}

bool RequeueRules::hint_of_limits(const PodInfo& pod, const ClusterEvent& e) const {
    switch (e.resource) {
        case Resource::CSINode:
            return !e.before || any_limit_grew(e);
        case Resource::Pod:
            return is_or_was_placed(e.before) &&
                   has_claims(static_cast<const api::Pod&>(*e.before));
        case Resource::PersistentVolumeClaim:
            return uses_claim(pod, e);
        case Resource::VolumeAttachment:
            return std::any_of(pod.claims.begin(), pod.claims.end(),
                               [](const ClaimUse& use) { return !use.ephemeral; });
        default:
            return true;
    }
}

bool RequeueRules::hint_of_restrictions(const PodInfo& pod, const ClusterEvent& e) const {
    if (e.resource == Resource::Pod)
        return shares_claim(pod, static_cast<const api::Pod&>(*e.before));
    if (e.resource == Resource::PersistentVolumeClaim) return uses_claim(pod, e, false);
    return true;
}

bool RequeueRules::hint_of_zones(const PodInfo& pod, const ClusterEvent& e) const {
    if (e.resource == Resource::StorageClass) return is_delayed(e.after);
    if (e.resource == Resource::PersistentVolumeClaim) return uses_claim(pod, e, false);
    if (e.resource == Resource::PersistentVolume)
        return !e.before || zone_labels(e.before) != zone_labels(e.after);
    return true;
}

bool RequeueRules::hint_of_resources(const PodInfo& pod, const ClusterEvent& e) const {
    if (e.resource == Resource::Pod) return is_or_was_placed(e.before);
    const NodeInfo is = empty_node(e.after);
    if (!check_resources(pod, is, release_).ok()) return false;
    return !e.before || more_than_before(pod, empty_node(e.before), is);
}

bool RequeueRules::hint_of_affinity(const PodInfo& pod, const ClusterEvent& e) const {
    if (e.resource == Resource::Pod) {
        const auto& placed = static_cast<const api::Pod&>(e.after ? *e.after : *e.before);
        if (!is_or_was_placed(e.after ? e.after : e.before)) return false;
        if (!e.after && pod.anti_affinity.empty()) return true;  // its own terms may have refused
        return concerns_terms(pod, placed);
    }
    const auto differs = [&](const AffinityTerm& term) {
        const api::Text* is = e.after->metadata.labels.find(term.topology_key);
        const api::Text* was =
            e.before ? e.before->metadata.labels.find(term.topology_key) : nullptr;
        return is && !(was && *was == *is);
    };
    return std::any_of(pod.affinity.begin(), pod.affinity.end(), differs) ||
           std::any_of(pod.anti_affinity.begin(), pod.anti_affinity.end(), differs);
}

bool RequeueRules::hint_of_spread(const PodInfo& pod, const ClusterEvent& e) const {
    if (e.resource != Resource::Pod) return true;
    const auto& placed = static_cast<const api::Pod&>(e.after ? *e.after : *e.before);
    if (placed.metadata.ns != pod.pod->metadata.ns) return false;
    return std::any_of(pod.spread.begin(), pod.spread.end(), [&](const SpreadConstraint& c) {
        return c.selector && selects(*c.selector, placed.metadata.labels);
    });
}

bool RequeueRules::concerns_terms(const PodInfo& waiting, const api::Pod& placed) const {
    const api::ObjectRef ns = namespaces_.get(api::Key(api::Text(), placed.metadata.ns));
    const api::TextMap labels = ns ? ns->metadata.labels : api::TextMap();
    const auto matches = [&](const AffinityTerm& term) { return term.matches(placed, labels); };
    return std::any_of(waiting.affinity.begin(), waiting.affinity.end(), matches) ||
           std::any_of(waiting.anti_affinity.begin(), waiting.anti_affinity.end(), matches);
}

unsigned node_changes(const api::Node& before, const api::Node& after) {
    unsigned changes = 0;
    if (before.spec.unschedulable && !after.spec.unschedulable) changes |= kNodeTaint;
    if (!(before.status.allocatable == after.status.allocatable)) changes |= kNodeAllocatable;
    if (!(before.metadata.labels == after.metadata.labels)) changes |= kNodeLabel;
    if (!(before.spec.taints == after.spec.taints)) changes |= kNodeTaint;
    const auto statuses = [](const api::Node& node) {
        std::map<api::Text, api::Text> all;
        for (const api::Condition& c : node.status.conditions) all[c.type] = c.status;
        return all;
    };
    if (statuses(before) != statuses(after)) changes |= kNodeCondition;
    return changes;
}

}  // namespace model::scheduler
