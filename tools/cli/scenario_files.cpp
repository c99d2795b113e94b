#include "tools/cli/scenario_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace cli {

namespace {

namespace fs = std::filesystem;

bool is_scenario(const fs::path& path) {
    if (path.extension() != ".yaml" && path.extension() != ".yml") return false;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        if (line.rfind("kind:", 0) != 0) continue;
        const std::size_t from = line.find_first_not_of(" \t\"'", 5);
        return from != std::string::npos && line.compare(from, 8, "Scenario") == 0;
    }
    return false;
}

void search(const fs::path& folder, std::vector<std::string>& files) {
    std::error_code error;
    fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied,
                                        error);
    std::vector<std::string> found;
    for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
        if (it->path().filename().string().starts_with(".")) {
            if (it->is_directory()) it.disable_recursion_pending();
        } else if (it->is_regular_file() && is_scenario(it->path())) {
            found.push_back(it->path().string());
        }
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
}

}  // namespace

ScenarioFiles find_scenarios(const std::vector<std::string>& paths) {
    ScenarioFiles found;
    for (const std::string& path : paths) {
        std::error_code error;
        if (fs::is_directory(path, error)) {
            const std::size_t before = found.files.size();
            search(path, found.files);
            if (found.files.size() == before)
                found.errors.push_back("no scenario in " + path +
                                       ": a *.yaml file with a line "
                                       "`kind: Scenario` was expected");
        } else if (fs::exists(path, error)) {
            found.files.push_back(path);
        } else {
            found.errors.push_back("no such file or folder: " + path);
        }
    }
    return found;
}

}  // namespace cli
