// The rules that an expectation may name by `violated`: those that a real cluster is known to break
// under faults, and hazards. Others are bugs of whoever breaks them, and cannot be announced.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"

namespace scenarios {

const std::vector<std::string>& oracle_names();

// The rules that some expectation wants to see broken: `within` and `count`. They end no run.
std::set<std::string, std::less<>> announced_rules(const Scenario& scenario);

}  // namespace scenarios
