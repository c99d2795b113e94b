// Preemption: which pods of lower priority would have to go so that a pod finds room. Counterparts:
// pkg/scheduler/framework/preemption and plugins/defaultpreemption. It only decides; the victims
// are deleted by the scheduler. Left out: PodDisruptionBudgets, extenders, pod groups.
#pragma once

#include <string>
#include <vector>

#include "model/scheduler/placement.hpp"

namespace model::scheduler {

struct Victims {
    api::Text node;  // empty: nobody's end would help
    std::vector<PodRef> pods;
    std::string message;  // for the pod's condition; "" where there is a node
    bool clears_nomination = false;
};

class Preemption {
  public:
    Preemption(control::Process& process, const SchedulerCache& cache, const Placement& placement,
               const TopologyFilters& topology);
    // `attempt`, `diagnosis`: of the attempt that found no node.
    Victims find(const PodInfo& pod, const Attempt& attempt, const Diagnosis& diagnosis) const;

  private:
    struct Candidate {
        const NodeInfo* node = nullptr;
        std::vector<PodRef> victims;  // most important first
    };
    std::string not_eligible(const PodInfo& pod, const Diagnosis& diagnosis) const;
    bool may_help(const NodeInfo& node, const Diagnosis& diagnosis) const;
    Verdict check_without(const PodInfo& pod, const Attempt& attempt, const NodeInfo& original,
                          const NodeInfo& now) const;
    Verdict try_node(const PodInfo& pod, const Attempt& attempt, const NodeInfo& node,
                     std::vector<PodRef>& victims) const;

    control::Process& process_;
    const SchedulerCache& cache_;
    const Placement& placement_;
    const TopologyFilters& topology_;
    Release release_;
};

}  // namespace model::scheduler
