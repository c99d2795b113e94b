// VerdictText: steps, expectations and the outcome of a run as text: what held, what failed and
// why.
//
// `run` prints all of it, `test` only the failures under a scenario's line. Left out: what happened
// in the run; the time line tells that.
#pragma once

#include <string>

#include "reports/ink.hpp"
#include "reports/run_summary.hpp"

namespace cli {

// Expectations one a line, failed ones with their reasons; "" where there are none.
std::string expectations_text(const reports::RunSummary& run, const reports::Ink& ink);
// Hazards, a rule at a time with its first; "" where there are none.
std::string hazards_text(const reports::RunSummary& run, const reports::Ink& ink);
// All that failed: steps, expectations, invariants, and what never settled; "" where nothing did.
std::string failures_text(const reports::RunSummary& run, const reports::Ink& ink);
// "ok: 3 checks held; ended at 25.220s after 1234 events; fingerprint 1f..."
std::string last_line(const reports::RunSummary& run, const reports::Ink& ink);

// Every line behind the first of them is put in by that much.
std::string indented(const std::string& text, std::size_t by);

}  // namespace cli
