#include "model/scheduler/verdict.hpp"

#include <algorithm>

namespace model::scheduler {

namespace {

constexpr std::size_t kNoteBytes = 1024;

// "1 node(s) had ..., 2 node(s) didn't ...", sorted as text.
std::string histogram(const Diagnosis& d) {
    std::map<std::string, std::size_t> count;
    for (const auto& [node, verdict] : d.nodes)
        for (const std::string& reason : verdict.reasons) ++count[reason];
    if (!d.absent_reason.empty() && d.nodes.size() < d.all_nodes)
        count[d.absent_reason] += d.all_nodes - d.nodes.size();
    std::vector<std::string> parts;
    for (const auto& [reason, n] : count) parts.push_back(std::to_string(n) + " " + reason);
    std::sort(parts.begin(), parts.end());
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

}  // namespace

std::string_view to_string(Plugin p) {
    constexpr std::string_view kNames[] = {"SchedulingGates",  "NodeUnschedulable",
                                           "NodeName",         "TaintToleration",
                                           "NodeAffinity",     "NodePorts",
                                           "NodeResourcesFit", "VolumeRestrictions",
                                           "NodeVolumeLimits", "VolumeBinding",
                                           "VolumeZone",       "PodTopologySpread",
                                           "InterPodAffinity", ""};
    return kNames[static_cast<std::size_t>(p)];
}

std::string fit_error(const Diagnosis& d, const Release& release) {
    std::string text = "0/" + std::to_string(d.all_nodes) + " nodes are available:";
    if (!d.before_nodes.empty()) text += " " + d.before_nodes + ".";
    const std::string reasons = d.before_nodes.empty() ? histogram(d) : std::string();
    if (!reasons.empty()) text += " " + reasons + ".";
    if (!d.after.empty()) text += " " + d.after + (release.dot_after_preemption ? "." : "");
    return text;
}

std::string truncated_note(const std::string& message) {
    constexpr std::string_view kEnd = " ...";
    if (message.size() <= kNoteBytes) return message;
    return message.substr(0, kNoteBytes - kEnd.size()) + std::string(kEnd);
}

}  // namespace model::scheduler
