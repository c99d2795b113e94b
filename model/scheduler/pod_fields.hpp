// The parts of a pod's spec that the API keeps as given text, read into the scheduler's structs:
// tolerations, affinity, spread constraints, amounts. What cannot be read is left out, as the API
// server would not have stored it.
#pragma once

#include "model/scheduler/pod_info.hpp"

namespace model::scheduler {

// {"cpu": "1", "memory": "1Gi"}; "pods" is left out.
Amounts read_amounts(const api::Value& resources);
Amounts read_amounts(const api::ResourceList& resources);
std::vector<Toleration> read_tolerations(const api::Value& list);
void read_affinity(const api::Pod& pod, PodInfo& info);
std::vector<SpreadConstraint> read_spread(const api::Pod& pod);
std::optional<api::LabelSelector> read_selector(const api::Value* v);
// As api::matches; a selector that is none matches nothing.
bool selects(const api::LabelSelector& selector, const api::TextMap& labels);

}  // namespace model::scheduler
