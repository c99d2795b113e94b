// ScenarioFiles: the scenario files at paths, folders searched recursively, in the order of their
// names.
//
// In a folder only *.yaml and *.yml files with a line `kind: Scenario` count, since manifests lie
// beside scenarios; a file that is named outright always counts.
#pragma once

#include <string>
#include <vector>

namespace cli {

struct ScenarioFiles {
    std::vector<std::string> files;
    std::vector<std::string> errors;  // a sentence each: no such path, nothing in a folder
};
ScenarioFiles find_scenarios(const std::vector<std::string>& paths);

}  // namespace cli
