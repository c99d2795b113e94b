#include "model/scheduler/placement.hpp"

#include <algorithm>
#include <set>

#include "model/scheduler/node_filters.hpp"
#include "model/scheduler/scores.hpp"

namespace model::scheduler {

namespace {

// numFeasibleNodesToFind: with many nodes only some are looked for.
constexpr std::size_t kEnoughNodes = 100;
constexpr std::size_t kLeastPercent = 5;

std::size_t nodes_to_find(std::size_t all) {
    if (all < kEnoughNodes) return all;
    const std::size_t less = all / 125;
    const std::size_t percent = less + kLeastPercent > 50 ? kLeastPercent : 50 - less;
    return std::max(kEnoughNodes, all * percent / 100);
}

std::string reasons_of(const Verdict& v) {
    std::string text;
    for (const std::string& reason : v.reasons) text += (text.empty() ? "" : ", ") + reason;
    return text;
}

// The nodes that an affinity for metadata.name leaves; nothing where it does not speak of names.
std::optional<std::set<api::Text>> nodes_by_name(const PodInfo& pod) {
    if (!pod.required_nodes || pod.required_nodes->nodeSelectorTerms.empty()) return std::nullopt;
    std::set<api::Text> names;
    for (const api::NodeSelectorTerm& term : pod.required_nodes->nodeSelectorTerms) {
        bool named = false;
        for (const api::SelectorRequirement& r : term.matchFields)
            if (r.key == "metadata.name" && r.op == "In") {
                named = true;
                for (const api::Text& name : r.values) names.insert(name);
            }
        if (!named) return std::nullopt;
    }
    return names;
}

}  // namespace

Placement::Placement(control::Process& process, const SchedulerCache& cache,
                     const VolumeBinder& binder, const VolumeFilters& volumes,
                     const TopologyFilters& topology, Choices choices)
    : process_(process),
      cache_(cache),
      binder_(binder),
      volumes_(volumes),
      topology_(topology),
      choices_(std::move(choices)),
      release_(Release::of(process.server().profile())) {}

Verdict Placement::before_nodes(const PodInfo& pod, Attempt& attempt) const {
    Verdict v = volumes_.restrictions_before_nodes(pod, attempt.volumes);
    if (v.ok()) v = volumes_.limits_before_nodes(pod, attempt.volumes);
    if (v.ok()) v = binder_.before_nodes(pod, attempt.claims);
    if (v.ok()) v = volumes_.zones_before_nodes(pod, attempt.volumes);
    if (v.ok()) topology_.prepare(pod, cache_.in_order(), attempt.topology);
    return v;
}

Verdict Placement::filter(const PodInfo& pod, Attempt& attempt, const NodeInfo& node) const {
    Verdict v = check_unschedulable(pod, node);
    if (v.ok()) v = check_node_name(pod, node);
    if (v.ok()) v = check_taints(pod, node, release_);
    if (v.ok()) v = check_node_affinity(pod, node);
    if (v.ok()) v = check_ports(pod, node);
    if (v.ok()) v = check_resources(pod, node, release_);
    if (v.ok()) v = volumes_.check_restrictions(pod, attempt.volumes, node);
    if (v.ok()) v = volumes_.check_limits(pod, attempt.volumes, node);
    if (v.ok()) v = binder_.filter(attempt.claims, *node.node);
    if (v.ok()) v = volumes_.check_zones(attempt.volumes, node);
    if (v.ok()) v = topology_.check_spread(pod, attempt.topology, node);
    if (v.ok()) v = topology_.check_affinity(pod, attempt.topology, node);
    return v;
}

Verdict Placement::check(const PodInfo& pod, Attempt& attempt, const NodeInfo& node) const {
    std::optional<NodeInfo> fuller;
    int more_users = 0;
    for (const auto& [uid, nomination] : nominations_) {
        if (nomination.node != node.name() || uid == pod.uid()) continue;
        if (nomination.pod->priority < pod.priority) continue;
        if (!fuller) fuller = node;
        fuller->add(nomination.pod);
        more_users += VolumeFilters::uses_of(attempt.volumes, *nomination.pod);
    }
    if (fuller) {
        Attempt with = attempt;
        with.volumes.once_conflicts += more_users;
        std::vector<const NodeInfo*> nodes = cache_.in_order();
        for (const NodeInfo*& n : nodes)
            if (n->name() == node.name()) n = &*fuller;
        topology_.prepare(pod, nodes, with.topology);
        Verdict v = filter(pod, with, *fuller);
        if (!v.ok()) return v;
    }
    return filter(pod, attempt, node);
}

bool Placement::check_all(const PodInfo& pod, Attempt& attempt,
                          const std::vector<const NodeInfo*>& nodes, std::size_t enough,
                          Outcome& out, std::vector<const NodeInfo*>& fit) {
    for (std::size_t i = 0; i < nodes.size() && fit.size() < enough; ++i) {
        const NodeInfo& node = *nodes[(start_index_ + i) % nodes.size()];
        Verdict v = check(pod, attempt, node);
        if (v.code == Code::Error) {
            out.error = "running \"" + std::string(to_string(v.plugin)) +
                        "\" filter plugin: " + v.reasons.front();
            return false;
        }
        if (v.ok()) {
            fit.push_back(&node);
        } else {
            out.diagnosis.rejected_by.insert(v.plugin);
            out.diagnosis.nodes[node.name()] = std::move(v);
        }
    }
    return true;
}

std::vector<const NodeInfo*> Placement::feasible(const PodInfo& pod, Attempt& attempt,
                                                 Outcome& out) {
    std::vector<const NodeInfo*> fit;
    const api::Text nominated = nominated_node_of(pod.uid());
    if (const NodeInfo* first = nominated.empty() ? nullptr : cache_.find(nominated)) {
        const std::size_t start = std::exchange(start_index_, 0);
        const bool fine = check_all(pod, attempt, {first}, 1, out, fit);
        start_index_ = start;
        if (!fine || !fit.empty()) return fit;
    }
    const std::optional<std::set<api::Text>> names = nodes_by_name(pod);
    std::vector<const NodeInfo*> named;
    if (names) {
        for (const NodeInfo* n : cache_.in_order())
            if (names->contains(n->name())) named.push_back(n);
        if (release_.early_refusal_is_of_all_nodes)
            out.diagnosis.absent_reason = "node(s) didn't satisfy plugin(s) [NodeAffinity]";
        out.diagnosis.rejected_by.insert(Plugin::NodeAffinity);
    }
    const std::vector<const NodeInfo*>& nodes = names ? named : cache_.in_order();
    if (nodes.empty()) return fit;
    start_index_ %= nodes.size();
    const std::size_t before = out.diagnosis.nodes.size();
    if (!check_all(pod, attempt, nodes, nodes_to_find(nodes.size()), out, fit)) return {};
    start_index_ = (start_index_ + fit.size() + out.diagnosis.nodes.size() - before) % nodes.size();
    return fit;
}

Placement::Outcome Placement::place(const PodInfo& pod, Attempt& attempt, int attempts) {
    Outcome out;
    out.diagnosis.all_nodes = cache_.node_count();
    const Verdict before = before_nodes(pod, attempt);
    if (before.code == Code::Error) {
        out.error = "running PreFilter plugin \"" + std::string(to_string(before.plugin)) +
                    "\": " + before.reasons.front();
        return out;
    }
    if (!before.ok()) {
        out.diagnosis.before_nodes = reasons_of(before);
        out.diagnosis.before_nodes_code = before.code;
        out.diagnosis.rejected_by.insert(before.plugin);
        return out;
    }
    const std::vector<const NodeInfo*> fit = feasible(pod, attempt, out);
    if (!out.error.empty() || fit.empty()) return out;
    out.node = choose(pod, fit, attempts)->name();
    return out;
}

const NodeInfo* Placement::choose(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes,
                                  int attempts) const {
    if (nodes.size() == 1) return nodes.front();
    const std::vector<std::int64_t> scores =
        total_scores(pod, release_, topology_, nodes, cache_.in_order());
    const std::int64_t highest = *std::max_element(scores.begin(), scores.end());
    std::vector<const NodeInfo*> best;
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (scores[i] == highest) best.push_back(nodes[i]);
    const std::string key = pod.key().to_string();
    if (const auto wanted = choices_.find(key); wanted != choices_.end())
        for (const NodeInfo* node : best)
            if (node->name() == wanted->second) return node;
    sim::Stream stream(process_.engine().seed(),
                       "kube-scheduler/choice/" + key + "#" + std::to_string(attempts));
    // The draw is among the names in their order.
    const auto drawn = best.begin() + static_cast<std::ptrdiff_t>(stream.below(best.size()));
    std::nth_element(best.begin(), drawn, best.end(),
                     [](const NodeInfo* a, const NodeInfo* b) { return a->name() < b->name(); });
    return *drawn;
}

void Placement::nominate(const PodRef& pod, const api::Text& node) {
    nominations_[pod->uid()] = Nomination{pod, node};
}

void Placement::drop_nomination(const api::Text& uid) { nominations_.erase(uid); }

api::Text Placement::nominated_node_of(const api::Text& uid) const {
    const auto at = nominations_.find(uid);
    return at == nominations_.end() ? api::Text() : at->second.node;
}

std::vector<PodRef> Placement::nominated_below(const api::Text& node, std::int64_t priority) const {
    std::vector<PodRef> found;
    for (const auto& [uid, nomination] : nominations_)
        if (nomination.node == node && nomination.pod->priority < priority)
            found.push_back(nomination.pod);
    return found;
}

}  // namespace model::scheduler
