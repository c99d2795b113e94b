// RunSummary: what a run came to, as plain values: the form in which steps, expectations and the
// outcome reach the reports, which know no scenarios.
//
// Filled by the command line from scenarios::Outcome; read by the JSON report, JUnit and the text
// at the end of a run. Left out: everything that the journal tells by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/comparison.hpp"
#include "sim/time.hpp"

namespace reports {

struct StepLine {
    std::string text, place, state;  // state: waiting, sent, done, failed
    std::optional<sim::Time> sent, answered;
    int code = 0;         // of the answer; 0: no request, or none came
    std::string message;  // of a refusal
    std::string failure;  // why the step fails the scenario; "": it does not
};

struct ExpectationLine {
    std::string text, place, verdict;  // verdict: held, failed, open
    std::optional<sim::Time> decided;
    std::string reason;               // why it failed
    std::vector<std::string> events;  // last events about the object where it failed
    int step = -1;                    // -1: of the scenario
    bool failed() const { return verdict != "held"; }
};

struct BrokenInvariant {
    std::string invariant, detail;
    sim::Time at;
};

struct RunSummary {
    std::string scenario, file, description, kubernetes, order;  // order: fifo, shuffle
    std::uint64_t seed = 1;
    std::vector<std::pair<std::string, sim::Duration>> phases;
    std::vector<std::string> notices;
    std::vector<StepLine> steps;
    std::vector<ExpectationLine> expectations;
    std::vector<ComparisonLine> comparisons;
    std::vector<BrokenInvariant> broken;
    std::vector<BrokenInvariant> hazards;  // told, and no failure
    std::vector<std::string> unsettled;
    sim::Time ended;
    std::uint64_t fingerprint = 0, final_draw = 0, events = 0;
    std::size_t checks = 0;
    int exit = 0;
    std::string first_failure;  // one line; "": none
};

// "1f2e3d4c5b6a7988": 16 hexadecimal digits.
std::string fingerprint_text(std::uint64_t fingerprint);

}  // namespace reports
