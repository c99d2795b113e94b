#include "tests/conformance/request_log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

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

struct Request {
    std::string by, verb, what, name;
    int code = 0;
};

std::vector<Request> read_log(const std::string& path) {
    std::vector<Request> log;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const json j = json::parse(line, nullptr, false);
        if (!j.is_object()) continue;
        log.push_back({j.value("by", ""), j.value("verb", ""), j.value("what", ""),
                       j.value("name", ""), j.value("code", 0)});
    }
    return log;
}

// The recorded controller still had to do with objects of the cases recorded before: attachments
// that this log never made, and pods that nobody asks for in it.
void drop_of_other_cases(std::vector<Request>& log) {
    std::set<std::string> made, pods;
    for (const Request& r : log) {
        if (r.what == "volumeattachments" && r.verb == "create") made.insert(r.name);
        if (r.what.starts_with("pods")) pods.insert(r.name);
    }
    std::erase_if(log, [&](const Request& r) {
        if (r.by != "attachdetach-controller") return false;
        if (r.what == "volumeattachments" && r.verb == "delete")
            return r.code == 404 && !made.contains(r.name);
        return r.what == "events" && !pods.contains(r.name.substr(0, r.name.rfind('.')));
    });
}

// An attachment's name is a hash of the volume's handle, which a driver counts over all cases.
// Those that stand in one log only are numbered as it first speaks of them.
void number_attachments(std::vector<Request>& log, const std::vector<Request>& other) {
    std::set<std::string> known;
    for (const Request& r : other) known.insert(r.name);
    std::map<std::string, std::size_t> numbers;
    for (Request& r : log) {
        if (!r.what.starts_with("volumeattachments") || known.contains(r.name)) continue;
        const auto number = numbers.emplace(r.name, numbers.size() + 1).first->second;
        r.name = "<attachment " + std::to_string(number) + ">";
    }
}

ByComponent by_component(const std::vector<Request>& requests) {
    ByComponent log;
    MadeVolumes made;
    for (const Request& r : requests) {
        if (r.what.starts_with("resourcequotas")) continue;  // the recorder left them out
        // A component's recorder writes events beside its workers: two senders, two orders.
        // The scheduler's go to events.k8s.io, which the recorder left out; of the kubelet's some
        // tell of what is not modelled (images, DNS). compare.py judges both.
        if (r.what == "events" && (r.by == "scheduler" || r.by == "kubelet")) continue;
        const std::string sender = r.by + (r.what == "events" ? " (events)" : "");
        log[sender].push_back(r.verb + " " + r.what + " " +
                              stable_name(r.what, made.renamed(r.name)) + " " +
                              std::to_string(r.code));
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
    const std::vector<Request> here_all = read_log(log);
    bool first = true;
    for (const std::string& path : recordings(case_dir, "writes")) {
        std::vector<Request> recorded = read_log(path), mine_all = here_all;
        drop_of_other_cases(recorded);
        number_attachments(mine_all, recorded);
        number_attachments(recorded, here_all);
        const ByComponent got = by_component(mine_all);
        ByComponent want = by_component(recorded);
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
