// JUnit XML of test runs, for CI servers: a suite is a scenario (under one seed), its cases are its
// steps and expectations.
//
// A step is a failed case where it fails the scenario, an expectation where it did not hold;
// whatever else ended a run badly is a case "run" of its own. Real time is not told: the same input
// gives the same file; `time` is virtual seconds.
#pragma once

#include <string>
#include <vector>

#include "reports/run_summary.hpp"

namespace reports {

struct JunitSuite {
    RunSummary run;
    std::string problem;  // bad input, not deterministic, nothing checked: why there is more to say
    std::string skipped;  // why it was not run; "": it was
};

std::string junit_xml(const std::vector<JunitSuite>& suites);

// For element text and attributes: & < > " ' and line breaks; what XML cannot hold becomes '?'.
std::string xml_escaped(std::string_view text);

}  // namespace reports
