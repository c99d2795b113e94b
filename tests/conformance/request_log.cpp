#include "tests/conformance/request_log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

namespace conformance {

using nlohmann::json;

namespace {

using ByComponent = std::map<std::string, std::vector<std::string>>;

// "claim.18ea915b9e8dba96" -> "claim.*": an event's name ends with the instant of its making.
std::string stable_name(const std::string& what, const std::string& name) {
    if (!what.starts_with("events")) return name;
    const std::size_t dot = name.rfind('.');
    return dot == std::string::npos ? name : name.substr(0, dot) + ".*";
}

ByComponent read_log(const std::string& path) {
    ByComponent log;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const json j = json::parse(line, nullptr, false);
        if (!j.is_object()) continue;
        const std::string what = j.value("what", "");
        // A component's recorder writes events beside its workers: two senders, two orders.
        const std::string sender = j.value("by", "") + (what == "events" ? " (events)" : "");
        log[sender].push_back(j.value("verb", "") + " " + what + " " +
                              stable_name(what, j.value("name", "")) + " " +
                              std::to_string(j.value("code", 0)));
    }
    return log;
}

// The lines that differ, by the longest common subsequence: "- recorded" and "+ got".
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

// Events: how often each was written, give or take 1 or 20 %, whatever the order. Whether a claim's
// second event of an instant is said at all is a race within the controller.
std::vector<std::string> event_differences(const std::vector<std::string>& want,
                                           const std::vector<std::string>& got) {
    std::map<std::string, std::pair<std::size_t, std::size_t>> counts;
    for (const std::string& line : want) ++counts[line].first;
    for (const std::string& line : got) ++counts[line].second;
    std::vector<std::string> lines;
    for (const auto& [line, n] : counts) {
        const std::size_t off = n.first > n.second ? n.first - n.second : n.second - n.first;
        const bool created = line.starts_with("create");
        const bool fits = off * 5 <= n.first || (off <= 1 && !created);
        if (!fits)
            lines.push_back(line + ": recorded " + std::to_string(n.first) + " times, here " +
                            std::to_string(n.second));
    }
    return lines;
}

bool is_of_events(std::string_view sender) { return sender.ends_with("(events)"); }

}  // namespace

LogResult check_request_log(const std::string& case_dir, const std::string& log) {
    LogResult best;
    if (!std::filesystem::is_directory(case_dir) || !std::filesystem::exists(log)) {
        best.lines.push_back("no such case or log");
        return best;
    }
    const ByComponent got = read_log(log);
    std::vector<std::filesystem::path> recordings;
    for (const auto& entry : std::filesystem::directory_iterator(case_dir)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("writes") && name.ends_with(".jsonl"))
            recordings.push_back(entry.path());
    }
    std::sort(recordings.begin(), recordings.end());
    bool first = true;
    for (const std::filesystem::path& path : recordings) {
        ByComponent want = read_log(path.string());
        for (const auto& [by, lines] : got) want.try_emplace(by);
        std::vector<std::string> lines;
        for (const auto& [by, requests] : want) {
            const auto mine = got.find(by);
            const std::vector<std::string> none;
            const std::vector<std::string>& here = mine == got.end() ? none : mine->second;
            const std::vector<std::string> differences = is_of_events(by)
                                                             ? event_differences(requests, here)
                                                             : line_differences(requests, here);
            for (const std::string& d : differences) lines.push_back(by + ": " + d);
        }
        if (!first && lines.size() >= best.lines.size()) continue;
        first = false;
        best.nearest = path.filename().string();
        best.lines = std::move(lines);
    }
    best.holds = !first && best.lines.empty();
    return best;
}

}  // namespace conformance
