// SchedulerCache: nodes with the pods on them, those included that the scheduler has placed and
// nobody has confirmed yet (assumed pods). Counterpart: pkg/scheduler/backend/cache. A scheduling
// cycle of the model takes no time, so it reads the cache itself instead of a snapshot; assumed
// pods never expire, as upstream (durationToExpireAssumedPod 0).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/scheduler/pod_info.hpp"

namespace model::scheduler {

// A label that tells a zone or a region, by its name of today or the older one.
bool is_zone_label(std::string_view key);

struct NodeInfo {
    api::Ref<api::Node> node;  // null: pods are on it, and it is not known (any more)
    std::vector<PodRef> pods;
    Amounts requested, allocatable;
    std::int64_t scored_cpu = 0, scored_memory = 0;
    std::int64_t pods_allowed = 0;
    std::size_t claims = 0;      // uses of claims by the pods
    std::size_t with_disks = 0;  // pods with has_disks
    bool zoned = false;          // has a label of a zone or a region
    bool open = true;            // neither unschedulable nor tainted
    // Of its CSINode: how many volumes it takes of the driver with the least; and the names of its
    // VolumeAttachments.
    std::optional<std::int64_t> least_limit;
    std::set<api::Text> attachments;

    void add(const PodRef& pod);
    void remove(const api::Text& uid);
    void set_node(api::Ref<api::Node> n);
    bool empty() const { return !node && pods.empty() && !least_limit && attachments.empty(); }
    const api::Text& name() const { return node->metadata.name; }
};

class SchedulerCache {
  public:
    void put_node(const api::Ref<api::Node>& node);
    void remove_node(const api::Text& name);

    void set_least_limit(const api::Text& node, std::optional<std::int64_t> limit);
    void put_attachment(const api::Text& node, const api::Text& name);
    void remove_attachment(const api::Text& node, const api::Text& name);

    // A pod with a node, as the informer has it; confirms an assumed one, wherever it was assumed.
    void put_pod(const PodRef& pod);
    void remove_pod(const api::Text& uid);
    // The pod is taken to be on that node from now on.
    void assume(const PodRef& pod, const api::Text& node);
    void forget(const api::Text& uid);  // an assumed pod that did not get its node
    bool is_assumed(const api::Text& uid) const;

    const std::map<api::Text, NodeInfo>& nodes() const { return nodes_; }
    const NodeInfo* find(const api::Text& name) const;
    // Those that have an object; nodes of the zones in turn, each zone's by name.
    const std::vector<const NodeInfo*>& in_order() const;
    std::size_t node_count() const { return known_nodes_; }
    // Where a pod with that uid is counted; empty: nowhere.
    api::Text node_of(const api::Text& uid) const;
    // How many pods that have a node, or are assumed to, use the claim.
    std::size_t users_of(const api::Key& claim) const;
    // Placed pods with terms about other pods, required or preferred.
    std::size_t pods_with_affinity() const { return with_affinity_; }

  private:
    struct Placed {
        PodRef pod;
        api::Text node;
        bool assumed = false;
    };
    struct TextHash {
        std::size_t operator()(const api::Text& t) const { return t.hash(); }
    };
    void drop_if_empty(const api::Text& node);
    void place(const PodRef& pod, const api::Text& node, bool assumed);
    void count_claims(const PodInfo& pod, int by);

    std::map<api::Text, NodeInfo> nodes_;
    std::size_t known_nodes_ = 0, with_affinity_ = 0;
    mutable std::vector<const NodeInfo*> order_;
    mutable bool order_valid_ = false;
    std::unordered_map<api::Text, Placed, TextHash> pods_;  // by uid; looked up only
    std::unordered_map<api::Key, int, api::KeyHash> claim_users_;
};

}  // namespace model::scheduler
