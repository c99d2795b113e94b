#include "model/scheduler/topology_filters.hpp"

#include <algorithm>

#include "model/scheduler/node_filters.hpp"
#include "model/scheduler/pod_fields.hpp"

namespace model::scheduler {

namespace {

constexpr std::string_view kHostname = "kubernetes.io/hostname";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";

void count(std::map<TopologyPair, std::int64_t>& into, const AffinityTerm& term,
           const api::Node& node) {
    if (const api::Text* value = node.metadata.labels.find(term.topology_key))
        ++into[{term.topology_key, *value}];
}

std::int64_t found(const std::map<TopologyPair, std::int64_t>& counts, const AffinityTerm& term,
                   const api::Text& value) {
    const auto at = counts.find({term.topology_key, value});
    return at == counts.end() ? 0 : at->second;
}

}  // namespace

bool includes_node(const SpreadConstraint& c, const PodInfo& pod, const api::Node& node) {
    if (c.honours_affinity && !pod.wants_node(node)) return false;
    return !c.honours_taints || !untolerated_taint(pod, node);
}

std::int64_t count_matching(const SpreadConstraint& c, const PodInfo& pod, const NodeInfo& node) {
    if (!c.selector) return 0;
    return std::count_if(node.pods.begin(), node.pods.end(), [&](const PodRef& other) {
        const api::ObjectMeta& m = other->pod->metadata;
        return !m.terminating() && m.ns == pod.pod->metadata.ns && selects(*c.selector, m.labels);
    });
}

TopologyFilters::TopologyFilters(control::Process& process, const SchedulerCache& cache)
    : cache_(cache), namespaces_(process.informer(api::Kind::Namespace)) {
    for (std::string_view kind : {"Service", "ReplicationController", "ReplicaSet", "StatefulSet"})
        if (const api::KindInfo* info = process.server().scheme().find(kind))
            owners_[std::string(kind)] = &process.informer(info->id);
}

api::TextMap TopologyFilters::namespace_labels(const api::Text& ns) const {
    const api::ObjectRef found = namespaces_.get(api::Key(api::Text(), ns));
    return found ? found->metadata.labels : api::TextMap();
}

void TopologyFilters::prepare(const PodInfo& pod, const std::vector<const NodeInfo*>& nodes,
                              State& state) const {
    state = State();
    for (const SpreadConstraint& c : pod.spread)
        if (c.required) state.spread.push_back({c, {}});
    const auto has_all_keys = [&](const api::Node& node) {
        return std::all_of(state.spread.begin(), state.spread.end(), [&](const auto& s) {
            return node.metadata.labels.contains(s.constraint.topology_key);
        });
    };
    if (!state.spread.empty())
        for (const NodeInfo* node : nodes) {
            if (!has_all_keys(*node->node)) continue;
            for (State::Spread& s : state.spread)
                if (includes_node(s.constraint, pod, *node->node))
                    s.matching[*node->node->metadata.labels.find(s.constraint.topology_key)] +=
                        count_matching(s.constraint, pod, *node);
        }
    const bool looks = !pod.affinity.empty() || !pod.anti_affinity.empty();
    if (!looks && cache_.pods_with_affinity() == 0) return;
    const api::TextMap own_ns = namespace_labels(pod.pod->metadata.ns);
    for (const NodeInfo* node : nodes)
        for (const PodRef& other : node->pods) {
            for (const AffinityTerm& term : other->anti_affinity)
                if (term.matches(*pod.pod, own_ns)) count(state.repelled, term, *node->node);
            if (!looks) continue;
            const api::TextMap ns = namespace_labels(other->pod->metadata.ns);
            const auto matches = [&](const AffinityTerm& t) { return t.matches(*other->pod, ns); };
            if (std::all_of(pod.affinity.begin(), pod.affinity.end(), matches))
                for (const AffinityTerm& term : pod.affinity)
                    count(state.affinity, term, *node->node);
            for (const AffinityTerm& term : pod.anti_affinity)
                if (matches(term)) count(state.anti_affinity, term, *node->node);
        }
}

Verdict TopologyFilters::check_spread(const PodInfo& pod, const State& state,
                                      const NodeInfo& node) const {
    constexpr std::string_view kReason = "node(s) didn't match pod topology spread constraints";
    for (const State::Spread& s : state.spread) {
        const api::Text* value = node.node->metadata.labels.find(s.constraint.topology_key);
        if (!value)
            return Verdict::never(Plugin::PodTopologySpread,
                                  std::string(kReason) + " (missing required label)");
        std::int64_t least = s.matching.empty() ? 0 : s.matching.begin()->second;
        for (const auto& [domain, n] : s.matching) least = std::min(least, n);
        if (static_cast<std::int64_t>(s.matching.size()) < s.constraint.min_domains) least = 0;
        const auto here = s.matching.find(*value);
        const std::int64_t matching = here == s.matching.end() ? 0 : here->second;
        const bool itself =
            s.constraint.selector && selects(*s.constraint.selector, pod.pod->metadata.labels);
        if (matching + (itself ? 1 : 0) - least > s.constraint.max_skew)
            return Verdict::no(Plugin::PodTopologySpread, std::string(kReason));
    }
    return {};
}

Verdict TopologyFilters::check_affinity(const PodInfo& pod, const State& state,
                                        const NodeInfo& node) const {
    const api::TextMap& labels = node.node->metadata.labels;
    bool others_there = true;
    for (const AffinityTerm& term : pod.affinity) {
        const api::Text* value = labels.find(term.topology_key);
        if (!value)
            return Verdict::never(Plugin::InterPodAffinity,
                                  "node(s) didn't match pod affinity rules");
        others_there = others_there && found(state.affinity, term, *value) > 0;
    }
    if (!others_there) {
        // The first pod of a group that wants to be together may go anywhere.
        const api::TextMap ns = namespace_labels(pod.pod->metadata.ns);
        const bool first = state.affinity.empty() &&
                           std::all_of(pod.affinity.begin(), pod.affinity.end(),
                                       [&](const auto& t) { return t.matches(*pod.pod, ns); });
        if (!first)
            return Verdict::never(Plugin::InterPodAffinity,
                                  "node(s) didn't match pod affinity rules");
    }
    for (const AffinityTerm& term : pod.anti_affinity) {
        const api::Text* value = labels.find(term.topology_key);
        if (value && found(state.anti_affinity, term, *value) > 0)
            return Verdict::no(Plugin::InterPodAffinity,
                               "node(s) didn't match pod anti-affinity rules");
    }
    for (const auto& [pair, n] : state.repelled) {
        const api::Text* value = labels.find(pair.first);
        if (value && *value == pair.second && n > 0)
            return Verdict::no(Plugin::InterPodAffinity,
                               "node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return {};
}

control::Informer* TopologyFilters::owners(std::string_view kind) const {
    const auto at = owners_.find(kind);
    return at == owners_.end() ? nullptr : at->second;
}

// helper.DefaultSelector: the services that select the pod, and its controller. Each selector must
// match.
std::vector<api::LabelSelector> TopologyFilters::selectors_of_owners(const PodInfo& pod) const {
    std::vector<api::LabelSelector> all;
    const api::ObjectMeta& meta = pod.pod->metadata;
    if (control::Informer* services = owners("Service"))
        services->for_each([&](const api::ObjectRef& o) {
            const api::Value* labels = o->extra.at({"spec", "selector"});
            if (o->metadata.ns != meta.ns || !labels || labels->as_map().empty()) return;
            api::LabelSelector selector;
            for (const api::Value::Member& m : labels->as_map())
                selector.matchLabels.set(m.first, m.second.as_text());
            if (selects(selector, meta.labels)) all.push_back(std::move(selector));
        });
    for (const api::OwnerReference& owner : meta.ownerReferences) {
        control::Informer* informer = owners(owner.kind);
        if (!owner.controller.value_or(false) || !informer || owner.kind == "Service") continue;
        const api::ObjectRef o = informer->get(api::Key(meta.ns, owner.name));
        const api::Value* given = o ? o->extra.at({"spec", "selector"}) : nullptr;
        if (!given) continue;
        api::LabelSelector plain;  // a ReplicationController's is a map of labels
        for (const api::Value::Member& m : given->as_map())
            if (m.second.is_string()) plain.matchLabels.set(m.first, m.second.as_text());
        all.push_back(owner.kind == "ReplicationController" ? plain
                                                            : read_selector(given).value_or(plain));
    }
    return all;
}

std::vector<SpreadConstraint> TopologyFilters::wished_spread(const PodInfo& pod, bool& own) const {
    own = !pod.spread.empty();
    std::vector<SpreadConstraint> wished;
    for (const SpreadConstraint& c : pod.spread)
        if (!c.required) wished.push_back(c);
    if (own) return wished;
    const std::vector<api::LabelSelector> selectors = selectors_of_owners(pod);
    if (selectors.empty()) return wished;
    api::LabelSelector merged;
    for (const api::LabelSelector& s : selectors) {
        for (const api::TextMap::Member& m : s.matchLabels)
            merged.matchLabels.set(m.first, m.second);
        for (const api::SelectorRequirement& r : s.matchExpressions)
            merged.matchExpressions.push_back(r);
    }
    for (const auto& [key, skew] : {std::pair<std::string_view, int>(kHostname, 3), {kZone, 5}}) {
        SpreadConstraint c;
        c.topology_key = key;
        c.max_skew = skew;
        c.required = false;
        c.selector = merged;
        wished.push_back(std::move(c));
    }
    return wished;
}

}  // namespace model::scheduler
