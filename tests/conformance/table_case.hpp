// A table case: read from its JSON file, run in a TableWorld, and held against what
// Kubernetes 1.26.1 did (or, for cases that describe later versions, against what the table
// expects).
#pragma once

#include <string>
#include <vector>

namespace conformance {

struct CaseResult {
    std::string name;
    bool holds = false;
    std::string reason;              // why not, in a few words
    std::vector<std::string> lines;  // the differences
};

CaseResult run_table_case(const std::string& path);

}  // namespace conformance
