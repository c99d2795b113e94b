// Trial: one scenario under one seed as `test` plays it: the run, the second run that must equal
// it, and what is to be told of both as plain values that may leave the thread.
//
// Everything of the model lives and dies within `play_trial`, since its objects belong to one
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/paths.hpp"
#include "reports/run_summary.hpp"
#include "tools/cli/options.hpp"

namespace cli {

struct Trial {
    std::string file;
    std::optional<std::uint64_t> seed;  // of --seeds
};

struct TrialResult {
    reports::RunSummary run;
    std::vector<reports::ClaimPath> claims;  // only under --seeds
    std::string warnings;                    // of the file
    std::string problem;  // beside what the run itself says: bad input, nothing checked, a defect
    std::string skipped;  // why it was not played
    double real_seconds = 0;
    int exit = 0;
    bool passed() const { return exit == 0 && skipped.empty(); }
};

TrialResult play_trial(const Trial& trial, const Options& options);

}  // namespace cli
