#include "tests/conformance/call_log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "tests/conformance/line_differences.hpp"

namespace conformance {

using nlohmann::json;

namespace {

struct LoggedCall {
    std::string method;
    json request, outcome;
};

std::vector<LoggedCall> read_calls(const std::string& path) {
    std::vector<LoggedCall> calls;
    std::map<std::int64_t, std::size_t> by_id;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const json j = json::parse(line, nullptr, false);
        if (!j.is_object()) continue;
        const std::string method = j.value("method", "");
        if (method == "Probe" || method == "GetPluginInfo") continue;
        const std::int64_t id = j.value("id", std::int64_t{0});
        if (j.value("ev", "") == "start") {
            by_id[id] = calls.size();
            calls.push_back({method, j.value("req", json::object()), "no end"});
        } else if (const auto call = by_id.find(id); call != by_id.end()) {
            calls[call->second].outcome =
                j.contains("err") ? j["err"] : j.value("resp", json::object());
        }
    }
    return calls;
}

// Names of volumes and snapshots to what they are called here: "volume 1".
class Names {
  public:
    void learn(const LoggedCall& call) {
        const bool snapshot = call.method == "CreateSnapshot";
        if (snapshot || call.method == "CreateVolume")
            add(call.request.value("name", ""), snapshot ? "<snapshot " : "<volume ");
        const char* what = snapshot ? "snapshot" : "volume";
        if (call.outcome.is_object() && call.outcome.contains(what)) {
            const json& made = call.outcome[what];
            const std::string id = made.value(snapshot ? "snapshot_id" : "volume_id", "");
            handles_.emplace(id, "<handle of " + names_[call.request.value("name", "")] + ">");
        }
    }
    // The longest first: lab-vol-12 begins with lab-vol-1.
    std::string replaced(std::string text) const {
        for (const auto* names : {&handles_, &names_})
            for (auto name = names->rbegin(); name != names->rend(); ++name)
                replace_words(text, name->first, name->second);
        return text;
    }

  private:
    struct LongerLast {
        bool operator()(const std::string& a, const std::string& b) const {
            return a.size() != b.size() ? a.size() < b.size() : a < b;
        }
    };
    using Map = std::map<std::string, std::string, LongerLast>;

    void add(const std::string& name, const char* as) {
        names_.emplace(name, as + std::to_string(names_.size() + 1) + ">");
    }
    static void replace_words(std::string& text, const std::string& from, const std::string& to) {
        if (from.empty()) return;
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
            text.replace(at, from.size(), to);
            at += to.size();
        }
    }

    Map names_, handles_;
};

// A path under the kubelet's directory, wherever that is, without the uids of pods and the hashes
// of handles, which a real driver counts.
std::string stable_path(const std::string& text) {
    std::size_t begin = std::min(text.find("/plugins/kubernetes.io/"), text.find("/pods/"));
    if (text.empty() || text[0] != '/' || begin == std::string::npos) return text;
    std::string path, parts = text.substr(begin) + "/";
    // The recordings' word for a uid, <uid:Pod/web>, has a slash of its own.
    if (const std::size_t uid = parts.find("<uid:"); uid != std::string::npos)
        parts.replace(uid, parts.find('>', uid) + 1 - uid, "<uid>");
    for (std::size_t at = 0; at < parts.size();) {
        const std::size_t end = parts.find('/', at);
        const std::string part = parts.substr(at, end - at);
        const bool hash = part.size() == 64;
        const bool uid = part.size() == 36 && part[8] == '-';
        path += (hash ? "<hash>" : uid ? "<uid>" : part) + "/";
        at = end + 1;
    }
    path.pop_back();
    return path;
}

json normal(const json& value, const std::string& key, const Names& names) {
    if (key.ends_with("csiProvisionerIdentity") || key == "secrets") return "<present>";
    if (value.is_string()) return stable_path(names.replaced(value.get<std::string>()));
    if (value.is_object()) {
        json out = json::object();
        for (const auto& [name, member] : value.items()) out[name] = normal(member, name, names);
        return out;
    }
    if (!value.is_array()) return value;
    json out = json::array();
    for (const json& item : value) out.push_back(normal(item, "", names));
    if (key == "requisite") std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::string> lines_of(const std::vector<LoggedCall>& calls) {
    Names names;
    for (const LoggedCall& call : calls) names.learn(call);
    std::vector<std::string> lines;
    for (const LoggedCall& call : calls)
        lines.push_back(call.method + " " + normal(call.request, "", names).dump() + " -> " +
                        normal(call.outcome, "", names).dump());
    return lines;
}

}  // namespace

LogResult check_call_log(const std::string& case_dir, const std::string& log) {
    LogResult best;
    if (!std::filesystem::is_directory(case_dir) || !std::filesystem::exists(log)) {
        best.lines.push_back("no such case or log");
        return best;
    }
    const std::vector<std::string> got = lines_of(read_calls(log));
    const std::vector<std::string> files = recordings(case_dir, "rpc");
    if (files.empty()) {
        best.nearest = "no calls recorded";
        best.lines = line_differences({}, got);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::vector<std::string> lines = line_differences(lines_of(read_calls(files[i])), got);
        if (i != 0 && lines.size() >= best.lines.size()) continue;
        best.nearest = std::filesystem::path(files[i]).filename().string();
        best.lines = std::move(lines);
    }
    best.holds = best.lines.empty();
    return best;
}

}  // namespace conformance
