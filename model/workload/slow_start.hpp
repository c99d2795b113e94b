// Work on many things at once, in batches of 1, 2, 4, ... so that what fails for all fails once.
// Counterpart: slowStartBatch of pkg/controller/replicaset, job and statefulset. Left out: upper
// bounds of a batch, which callers set by what they ask for.
#pragma once

#include <functional>
#include <string>

#include "model/control/process.hpp"

namespace model::workload {

struct Batches {
    std::size_t first = 1, count = 0;
    std::function<sim::Task<api::Status>(std::size_t)> work;
    // Optional: the work would end well without waiting for anything, so it takes no actor.
    std::function<bool(std::size_t)> nothing_to_do;
    std::string actor;  // what the actors that do it are called
    Batches() = default;
};
struct BatchResult {
    std::size_t done = 0;  // that succeeded
    api::Status status;    // the first failure
    BatchResult() = default;
};
// Ends with the first batch in which something failed.
sim::Task<BatchResult> slow_start(control::Process& process, Batches batches);

}  // namespace model::workload
