// --set spec.cluster.phases.pvBinderResync=3s: changes one value of a scenario before it is read.
#pragma once

#include <string>

#include "scenarios/load_context.hpp"

namespace scenarios {

// A path is keys apart by dots, [2] for the element of a list, ["a.b"] for a key with dots. Maps on
// the way are made where they are missing; elements of lists are not, but [n] just behind the last
// one appends. The value is YAML.
void override_value(Node& document, const std::string& assignment, LoadContext& context);

}  // namespace scenarios
