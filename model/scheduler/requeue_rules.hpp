// RequeueRules: which events may make room for a pod that was refused. Counterpart:
// EventsToRegister of the plugins and their queueing hints (v1.36); before hints an event that one
// of the refusing plugins has registered for was enough. Left out: hints about volumes written into
// pods.
#pragma once

#include "model/scheduler/scheduling_queue.hpp"
#include "model/scheduler/volume_binder.hpp"

namespace model::scheduler {

class RequeueRules {
  public:
    RequeueRules(const Profile& profile, control::Informer& namespaces);

    bool wakes(const QueuedPod& entry, const ClusterEvent& event) const;
    // Whether a pod with a node (or one that changed) concerns a waiting pod's affinity terms.
    bool concerns_terms(const PodInfo& waiting, const api::Pod& placed) const;

  private:
    bool registered(Plugin plugin, const ClusterEvent& event) const;
    bool hint(Plugin plugin, const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_binding(const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_limits(const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_restrictions(const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_zones(const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_resources(const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_own_change(Plugin plugin, const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_affinity(const PodInfo& pod, const ClusterEvent& event) const;
    bool hint_of_spread(const PodInfo& pod, const ClusterEvent& event) const;

    Release release_;
    bool hints_;
    control::Informer& namespaces_;
};

// What of a node has changed, as the queue is told: bits of action; 0 where no pod needs to know.
unsigned node_changes(const api::Node& before, const api::Node& after);

}  // namespace model::scheduler
