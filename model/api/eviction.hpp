// Whether a pod may be evicted: the eviction subresource and PodDisruptionBudgets. Counterparts:
// pkg/registry/core/pod/storage/eviction.go and the counting of pkg/controller/disruption, which
// here is done at the instant of the question instead of being kept in the budget's status. Left
// out: pods that were let go and not heard of yet, custom resources with a scale.
#pragma once

#include "model/api/admission.hpp"
#include "model/api/objects_core.hpp"

namespace model::api {

// Ended, pending or terminating pods disturb nobody.
bool disrupts_nobody(const Pod& pod);
// Errors: 429 where a budget would be broken, 500 where several budgets select the pod.
Status check_budgets(const Pod& pod, const ObjectReader& reader);

}  // namespace model::api
