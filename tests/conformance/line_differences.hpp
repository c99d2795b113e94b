// The lines in which two logs differ: "- recorded" and "+ got", in order, by their longest common
// subsequence.
#pragma once

#include <string>
#include <vector>

namespace conformance {

std::vector<std::string> line_differences(const std::vector<std::string>& want,
                                          const std::vector<std::string>& got);

// The files of a folder named PREFIX.jsonl, PREFIX-2.jsonl, ..., sorted.
std::vector<std::string> recordings(const std::string& folder, const std::string& prefix);

}  // namespace conformance
