// Placement: which node for a pod: the plugins before the nodes, the filters on each node, the
// scores, and the choice among the best. Counterpart: pkg/scheduler/schedule_one.go schedulePod.
// It takes no time. Where several nodes are equally good one is drawn, or taken as the scenario
// says. Left out: extenders, batching of equal pods.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/scheduler/scheduler_cache.hpp"
#include "model/scheduler/topology_filters.hpp"
#include "model/scheduler/volume_binder.hpp"
#include "model/scheduler/volume_filters.hpp"

namespace model::scheduler {

// What the plugins keep from one step of an attempt to the next.
struct Attempt {
    PodClaims claims;
    VolumeFilters::State volumes;
    TopologyFilters::State topology;
};

class Placement {
  public:
    struct Outcome {
        api::Text node;     // empty: none
        std::string error;  // a plugin failed; otherwise `diagnosis` tells why there is none
        Diagnosis diagnosis;
    };
    using Choices = std::map<std::string, std::string, std::less<>>;

    Placement(control::Process& process, const SchedulerCache& cache, const VolumeBinder& binder,
              const VolumeFilters& volumes, const TopologyFilters& topology, Choices choices);

    Outcome place(const PodInfo& pod, Attempt& attempt, int attempts);
    // The filters on one node, nominated pods of at least its priority counted as being there.
    Verdict check(const PodInfo& pod, Attempt& attempt, const NodeInfo& node) const;

    // A pod that is to come to that node once its victims are gone.
    void nominate(const PodRef& pod, const api::Text& node);
    void drop_nomination(const api::Text& uid);
    api::Text nominated_node_of(const api::Text& uid) const;
    // Of lower priority than that, on that node.
    std::vector<PodRef> nominated_below(const api::Text& node, std::int64_t priority) const;

  private:
    struct Nomination {
        PodRef pod;
        api::Text node;
    };
    Verdict before_nodes(const PodInfo& pod, Attempt& attempt) const;
    Verdict filter(const PodInfo& pod, Attempt& attempt, const NodeInfo& node) const;
    std::vector<const NodeInfo*> feasible(const PodInfo& pod, Attempt& attempt, Outcome& out);
    bool check_all(const PodInfo& pod, Attempt& attempt, const std::vector<const NodeInfo*>& nodes,
                   std::size_t enough, Outcome& out, std::vector<const NodeInfo*>& fit);
    const NodeInfo* choose(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes,
                           int attempts) const;

    control::Process& process_;
    const SchedulerCache& cache_;
    const VolumeBinder& binder_;
    const VolumeFilters& volumes_;
    const TopologyFilters& topology_;
    Choices choices_;
    Release release_;
    std::map<api::Text, Nomination> nominations_;  // by uid
    std::size_t start_index_ = 0;                  // of the next search among many nodes
};

}  // namespace model::scheduler
