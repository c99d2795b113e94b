#include "tests/conformance/request_log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "tests/conformance/line_differences.hpp"

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

// A volume made for a claim is named after the claim's uid, which the recordings write
// "<uid:...>". Such names are numbered in the order in which the log first speaks of them.
class MadeVolumes {
  public:
    std::string renamed(const std::string& name) {
        const std::size_t end = uid_end(name);
        if (end == 0) return name;
        const auto [known, is_new] = numbers_.emplace(name.substr(0, end), numbers_.size() + 1);
        return "pvc-<claim " + std::to_string(known->second) + ">" + name.substr(end);
    }

  private:
    static constexpr std::string_view kPrefix = "pvc-", kRecorded = "pvc-<uid:";
    static constexpr std::size_t kUidLength = 36;

    // Where the name's uid ends; 0 where it has none.
    static std::size_t uid_end(const std::string& name) {
        if (name.starts_with(kRecorded)) return name.find('>') + 1;
        const std::size_t end = kPrefix.size() + kUidLength;
        if (!name.starts_with(kPrefix) || name.size() < end) return 0;
        const std::string uid = name.substr(kPrefix.size(), kUidLength);
        const bool is_uid = uid.find_first_not_of("0123456789abcdef-") == std::string::npos;
        return is_uid ? end : 0;
    }

    std::map<std::string, std::size_t> numbers_;
};

ByComponent read_log(const std::string& path) {
    ByComponent log;
    MadeVolumes made;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const json j = json::parse(line, nullptr, false);
        if (!j.is_object()) continue;
        const std::string what = j.value("what", "");
        if (what.starts_with("resourcequotas")) continue;  // the recorder left them out
        // A component's recorder writes events beside its workers: two senders, two orders.
        // The scheduler's go to events.k8s.io, which the recorder left out.
        if (what == "events" && j.value("by", "") == "scheduler") continue;
        const std::string sender = j.value("by", "") + (what == "events" ? " (events)" : "");
        log[sender].push_back(j.value("verb", "") + " " + what + " " +
                              stable_name(what, made.renamed(j.value("name", ""))) + " " +
                              std::to_string(j.value("code", 0)));
    }
    return log;
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
    bool first = true;
    for (const std::string& path : recordings(case_dir, "writes")) {
        ByComponent want = read_log(path);
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
        best.nearest = std::filesystem::path(path).filename().string();
        best.lines = std::move(lines);
    }
    best.holds = !first && best.lines.empty();
    return best;
}

}  // namespace conformance
