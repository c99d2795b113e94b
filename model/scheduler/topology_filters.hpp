// The filters that look at the pods of other nodes too: topology spread constraints and pod
// (anti-)affinity. Counterparts: plugins/{podtopologyspread,interpodaffinity}. Left out:
// constraints set for the whole cluster.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "model/control/process.hpp"
#include "model/scheduler/scheduler_cache.hpp"
#include "model/scheduler/verdict.hpp"

namespace model::scheduler {

using TopologyPair = std::pair<api::Text, api::Text>;  // label of nodes, and its value

class TopologyFilters {
  public:
    struct State {
        struct Spread {
            SpreadConstraint constraint;
            std::map<api::Text, std::int64_t> matching;  // by value of the topology key
        };
        std::vector<Spread> spread;  // the required ones
        // How many pods lie there that the terms match; `repelled`: whose own terms repel the pod.
        std::map<TopologyPair, std::int64_t> affinity, anti_affinity, repelled;
    };

    TopologyFilters(control::Process& process, const SchedulerCache& cache);

    void prepare(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes, State& state) const;
    Verdict check_spread(const PodInfo& pod, const State& state, const NodeInfo& node) const;
    Verdict check_affinity(const PodInfo& pod, const State& state, const NodeInfo& node) const;

    // The constraints that only score: the pod's own, or those that every pod of a service, replica
    // set or stateful set has. `own`: which of the two.
    std::vector<SpreadConstraint> wished_spread(const PodInfo& pod, bool& own) const;
    api::TextMap namespace_labels(const api::Text& ns) const;
    const SchedulerCache& cache() const { return cache_; }

  private:
    std::vector<api::LabelSelector> selectors_of_owners(const PodInfo& pod) const;
    control::Informer* owners(std::string_view kind) const;

    const SchedulerCache& cache_;
    control::Informer& namespaces_;
    std::map<std::string, control::Informer*, std::less<>> owners_;  // by kind
};

bool includes_node(const SpreadConstraint& c, const PodInfo& pod, const api::Node& node);
// Living pods of the pod's namespace that the constraint counts.
std::int64_t count_matching(const SpreadConstraint& c, const PodInfo& pod, const NodeInfo& node);

}  // namespace model::scheduler
