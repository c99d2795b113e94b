// What a driver's storage holds, by the words of expectations: {driver: ebs.csi.example.com, state:
// leaked}.
#pragma once

#include <string>
#include <vector>

#include "model/cluster.hpp"

namespace scenarios {

// Handles, or for `dangling` names of volume objects, that are in the state now; in their order.
std::vector<std::string> stored_volumes(model::Cluster& cluster, const model::api::Value& written);

}  // namespace scenarios
