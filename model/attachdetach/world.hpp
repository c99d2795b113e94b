// World: what the parts of the attach/detach controller share, and how they tell each other that it
// has changed. Plain values; one a process, gone with it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "model/attachdetach/actual_state.hpp"
#include "model/attachdetach/desired_state.hpp"
#include "model/attachdetach/pending_operations.hpp"

namespace model::attachdetach {

struct World {
    DesiredState desired;
    ActualState actual;
    PendingOperations operations;
    std::map<VolumeOnNode, std::string> errors;  // of the last operation, where it failed
    std::vector<VolumeOnNode> ended;             // operations on them have, since a pass
    std::function<void()> changed = [] {};       // wakes the reconciler at its next instant
};

}  // namespace model::attachdetach
