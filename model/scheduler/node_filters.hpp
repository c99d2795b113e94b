// The filters that look at a pod and a node alone: name, cordon, taints, selector and affinity,
// host ports, resources. Counterparts: pkg/scheduler/framework/plugins/{nodename,nodeunschedulable,
// tainttoleration,nodeaffinity,nodeports,noderesources}. Pure functions.
#pragma once

#include "model/scheduler/scheduler_cache.hpp"
#include "model/scheduler/verdict.hpp"

namespace model::scheduler {

Verdict check_unschedulable(const PodInfo& pod, const NodeInfo& node);
Verdict check_node_name(const PodInfo& pod, const NodeInfo& node);
Verdict check_taints(const PodInfo& pod, const NodeInfo& node, const Release& release);
Verdict check_node_affinity(const PodInfo& pod, const NodeInfo& node);
Verdict check_ports(const PodInfo& pod, const NodeInfo& node);
// Every resource that lacks is told.
Verdict check_resources(const PodInfo& pod, const NodeInfo& node, const Release& release);

// NoSchedule and NoExecute; null where all are tolerated.
const api::Taint* untolerated_taint(const PodInfo& pod, const api::Node& node);
// What an event about a node must pass before it wakes a pod (AdmissionCheck without preemption).
bool might_run_on(const PodInfo& pod, const NodeInfo& node, const Release& release);

}  // namespace model::scheduler
