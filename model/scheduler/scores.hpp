// Scores: how good each node that fits is, by the default plugins and their weights. Counterpart:
// prioritizeNodes and the plugins TaintToleration, NodeAffinity, NodeResourcesFit (least
// allocated), NodeResourcesBalancedAllocation, PodTopologySpread, InterPodAffinity. Integers
// throughout; upstream's fractions are computed exactly. Left out: ImageLocality, VolumeBinding's
// (gate StorageCapacityScoring), and resources other than cpu and memory.
#pragma once

#include <vector>

#include "model/scheduler/topology_filters.hpp"

namespace model::scheduler {

// One total for each of `nodes`. `all`: every node, since pods on those that do not fit count too.
std::vector<std::int64_t> total_scores(const PodInfo& pod, const Release& release,
                                       const TopologyFilters& topology,
                                       const std::vector<const NodeInfo*>& nodes,
                                       const std::vector<const NodeInfo*>& all);

// Each plugin's part, before its weight.
using Scores = std::vector<std::int64_t>;
Scores score_taints(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes);
Scores score_node_affinity(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes);
Scores score_least_allocated(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes);
Scores score_balance(const PodInfo& pod, const Release& release,
                     const std::vector<const NodeInfo*>& nodes);

}  // namespace model::scheduler
