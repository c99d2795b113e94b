#include "tests/conformance/line_differences.hpp"

#include <algorithm>
#include <filesystem>

namespace conformance {

std::vector<std::string> line_differences(const std::vector<std::string>& want,
                                          const std::vector<std::string>& got) {
    const std::size_t n = want.size(), m = got.size();
    std::vector<std::vector<std::size_t>> common(n + 1, std::vector<std::size_t>(m + 1, 0));
    for (std::size_t i = n; i-- > 0;)
        for (std::size_t j = m; j-- > 0;)
            common[i][j] = want[i] == got[j] ? common[i + 1][j + 1] + 1
                                             : std::max(common[i + 1][j], common[i][j + 1]);
    std::vector<std::string> lines;
    std::size_t i = 0, j = 0;
    while (i < n || j < m) {
        if (i < n && j < m && want[i] == got[j]) {
            ++i;
            ++j;
        } else if (j >= m || (i < n && common[i + 1][j] >= common[i][j + 1])) {
            lines.push_back("- " + want[i++]);
        } else {
            lines.push_back("+ " + got[j++]);
        }
    }
    return lines;
}

std::vector<std::string> recordings(const std::string& folder, const std::string& prefix) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.ends_with(".jsonl"))
            paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace conformance
