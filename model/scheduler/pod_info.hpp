// PodInfo: what the scheduler reads out of a pod, once: requests, tolerations, selectors, affinity
// terms, ports, claims. Counterpart: pkg/scheduler/framework/types.go PodInfo and
// component-helpers resource/helpers.go. Left out: pod-level resources, resize in place, images.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/api/objects_core.hpp"

namespace model::scheduler {

// Amounts as the scheduler counts them: thousandths of a core, bytes, pieces.
struct Amounts {
    std::int64_t milli_cpu = 0, memory = 0, ephemeral_storage = 0;
    std::map<api::Text, std::int64_t> others;
    void add(const Amounts& o);
    void subtract(const Amounts& o);
    void raise_to(const Amounts& o);
    bool empty() const;
};

struct Toleration {
    api::Text key, op, value, effect;
    bool tolerates(const api::Taint& taint) const;
};

struct AffinityTerm {
    std::optional<api::LabelSelector> selector;  // none: matches nothing
    std::vector<api::Text> namespaces;
    std::optional<api::LabelSelector> namespace_selector;
    api::Text topology_key;
    std::int64_t weight = 0;  // of a preferred term
    // `ns_labels`: of the pod's namespace.
    bool matches(const api::Pod& pod, const api::TextMap& ns_labels) const;
};

struct PreferredNodes {
    std::int64_t weight = 0;
    api::NodeSelectorTerm term;
};

struct SpreadConstraint {
    std::int64_t max_skew = 1, min_domains = 1;
    api::Text topology_key;
    bool required = true;  // DoNotSchedule
    std::optional<api::LabelSelector> selector;
    bool honours_affinity = true, honours_taints = false;
};

struct HostPort {
    api::Text ip, protocol;
    std::int64_t port = 0;
    bool conflicts_with(const HostPort& o) const;
};

// A volume of the pod that stands for a claim.
struct ClaimUse {
    api::Text claim;
    bool ephemeral = false;  // made for this pod
};

struct PodInfo {
    api::Ref<api::Pod> pod;
    Amounts requests;
    // As the scores count them: a container that asks for nothing counts 100m and 200Mi.
    std::int64_t scored_cpu = 0, scored_memory = 0;
    std::vector<Toleration> tolerations;
    std::optional<api::NodeSelector> required_nodes;  // of the affinity, not of nodeSelector
    std::vector<PreferredNodes> preferred_nodes;
    std::vector<AffinityTerm> affinity, anti_affinity, preferred_affinity, preferred_anti_affinity;
    std::vector<SpreadConstraint> spread;
    std::vector<HostPort> ports;
    std::vector<ClaimUse> claims;  // in the order of the volumes
    std::int64_t priority = 0;
    bool has_disks = false;  // written into the pod, of a kind that two pods may not share
    bool gated = false;
    bool preempts = true;

    api::Key key() const { return pod->key(); }
    const api::Text& uid() const { return pod->metadata.uid; }
    bool tolerates(const api::Taint& taint) const;
    // nodeSelector and required node affinity together.
    bool wants_node(const api::Node& node) const;
};
using PodRef = std::shared_ptr<const PodInfo>;

PodRef make_pod_info(api::Ref<api::Pod> pod);

// The pod's volume has a claim of its own, made by the ephemeral volume controller. Errors are
// upstream's text; "" where the claim is the pod's.
std::string not_for_pod(const api::Pod& pod, const api::PersistentVolumeClaim& claim);

}  // namespace model::scheduler
