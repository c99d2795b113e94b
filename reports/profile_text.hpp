// Driver profiles for people and for programs: every value that is not left at its default, with
// where it comes from.
#pragma once

#include <string>
#include <vector>

#include "model/csi/profile.hpp"
#include "reports/ink.hpp"

namespace reports {

// A line a value; where value and source do not fit beside each other, the source goes below.
std::string text_of(const model::csi::DriverProfile& profile, const Ink& ink);

// [{name, summary, values: [{name, value, source}]}]; a source that is not given is "".
std::string profiles_json(const std::vector<model::csi::DriverProfile>& profiles);

}  // namespace reports
