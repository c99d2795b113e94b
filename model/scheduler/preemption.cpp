#include "model/scheduler/preemption.hpp"

#include <algorithm>
#include <tuple>

namespace model::scheduler {

namespace {

// DefaultPreemptionArgs: at least so many nodes are tried, and a tenth of them.
constexpr std::size_t kCandidates = 100;

std::int64_t started_at(const PodInfo& pod) {
    const auto& start = pod.pod->status.startTime;
    return start ? start->unix_seconds : INT64_MAX;  // not started yet: now
}

// util.MoreImportantPod.
bool more_important(const PodRef& a, const PodRef& b) {
    if (a->priority != b->priority) return a->priority > b->priority;
    return started_at(*a) < started_at(*b);
}

// pickOneNodeForPreemption without budgets: the candidate with the least key is the best.
std::tuple<std::int64_t, std::int64_t, std::size_t, std::int64_t> cost(
    const std::vector<PodRef>& victims) {
    constexpr std::int64_t kShift = INT64_C(1) << 31;
    std::int64_t sum = 0, earliest = INT64_MAX;
    const std::int64_t highest = victims.front()->priority;
    for (const PodRef& v : victims) {
        sum += v->priority + kShift;
        if (v->priority == highest) earliest = std::min(earliest, started_at(*v));
    }
    return {highest, sum, victims.size(), -earliest};
}

}  // namespace

Preemption::Preemption(control::Process& process, const SchedulerCache& cache,
                       const Placement& placement, const TopologyFilters& topology)
    : process_(process),
      cache_(cache),
      placement_(placement),
      topology_(topology),
      release_(Release::of(process.server().profile())) {}

std::string Preemption::not_eligible(const PodInfo& pod, const Diagnosis& diagnosis) const {
    if (!pod.preempts) return "not eligible due to preemptionPolicy=Never.";
    const NodeInfo* nominated = cache_.find(pod.pod->status.nominatedNodeName);
    if (!nominated) return {};
    const auto verdict = diagnosis.nodes.find(nominated->name());
    if (verdict != diagnosis.nodes.end() && verdict->second.code == Code::Unresolvable) return {};
    for (const PodRef& other : nominated->pods)
        if (other->pod->metadata.terminating() && other->priority < pod.priority)
            return "not eligible due to a terminating pod on the nominated node.";
    return {};
}

bool Preemption::may_help(const NodeInfo& node, const Diagnosis& diagnosis) const {
    const auto verdict = diagnosis.nodes.find(node.name());
    if (verdict != diagnosis.nodes.end()) return verdict->second.code == Code::Unschedulable;
    if (!release_.early_refusal_is_of_all_nodes) return true;
    return diagnosis.before_nodes_code == Code::Unschedulable;
}

// The filters with the node as it would be; what they know of the pods is corrected for those that
// are gone.
Verdict Preemption::check_without(const PodInfo& pod, const Attempt& attempt,
                                  const NodeInfo& original, const NodeInfo& now) const {
    Attempt changed = attempt;
    for (const PodRef& other : original.pods) {
        const bool stays = std::find(now.pods.begin(), now.pods.end(), other) != now.pods.end();
        if (!stays)
            changed.volumes.once_conflicts -= VolumeFilters::uses_of(attempt.volumes, *other);
    }
    std::vector<const NodeInfo*> nodes = cache_.in_order();
    std::replace(nodes.begin(), nodes.end(), &original, &now);
    topology_.prepare(pod, nodes, changed.topology);
    return placement_.check(pod, changed, now);
}

Verdict Preemption::try_node(const PodInfo& pod, const Attempt& attempt, const NodeInfo& node,
                             std::vector<PodRef>& victims) const {
    NodeInfo now = node;
    std::vector<PodRef> lower;
    for (const PodRef& other : node.pods)
        if (other->priority < pod.priority) lower.push_back(other);
    for (const PodRef& other : lower) now.remove(other->uid());
    if (lower.empty())
        return Verdict::never(Plugin::None, "No preemption victims found for incoming pod");
    Verdict v = check_without(pod, attempt, node, now);
    if (!v.ok()) return v;
    std::stable_sort(lower.begin(), lower.end(), more_important);
    for (const PodRef& other : lower) {
        now.add(other);
        if (check_without(pod, attempt, node, now).ok()) continue;
        now.remove(other->uid());
        victims.push_back(other);
    }
    return {};
}

Victims Preemption::find(const PodInfo& pod, const Attempt& attempt,
                         const Diagnosis& diagnosis) const {
    Victims found;
    const std::string why_not = not_eligible(pod, diagnosis);
    if (!why_not.empty()) {
        found.message = "preemption: " + why_not;
        return found;
    }
    Diagnosis told;
    told.all_nodes = diagnosis.all_nodes;
    std::vector<const NodeInfo*> promising;
    for (const NodeInfo* node : cache_.in_order()) {
        if (may_help(*node, diagnosis)) {
            promising.push_back(node);
        } else {
            told.nodes[node->name()] =
                Verdict::never(Plugin::None, "Preemption is not helpful for scheduling");
        }
    }
    const std::size_t enough = std::max(kCandidates, promising.size() / 10);
    sim::Stream& stream = process_.engine().stream("kube-scheduler/preemption");
    const std::size_t offset = promising.size() > enough ? stream.below(promising.size()) : 0;
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < promising.size() && candidates.size() < enough; ++i) {
        const NodeInfo* node = promising[(offset + i) % promising.size()];
        Candidate candidate;
        candidate.node = node;
        Verdict v = try_node(pod, attempt, *node, candidate.victims);
        if (v.ok() && !candidate.victims.empty()) {
            candidates.push_back(std::move(candidate));
        } else if (!v.ok()) {
            told.nodes[node->name()] = std::move(v);
        }
    }
    if (candidates.empty()) {
        Release plain = release_;
        plain.dot_after_preemption = false;
        found.message = "preemption: " + fit_error(told, plain);
        found.clears_nomination = true;
        return found;
    }
    const auto best = std::min_element(
        candidates.begin(), candidates.end(),
        [](const auto& a, const auto& b) { return cost(a.victims) < cost(b.victims); });
    found.node = best->node->name();
    found.pods = std::move(best->victims);
    return found;
}

}  // namespace model::scheduler
