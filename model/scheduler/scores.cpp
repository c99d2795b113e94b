#include "model/scheduler/scores.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "model/api/selector.hpp"
#include "sim/elementary.hpp"

namespace model::scheduler {

namespace {

using Nodes = std::vector<const NodeInfo*>;

constexpr std::int64_t kMax = 100;
constexpr std::string_view kHostname = "kubernetes.io/hostname";

std::int64_t least_requested(std::int64_t requested, std::int64_t capacity) {
    if (capacity == 0 || requested > capacity) return 0;
    return static_cast<std::int64_t>(static_cast<__int128>(capacity - requested) * kMax / capacity);
}

// (1 - |f1 - f2| / 2) * 100 of the two fractions, each at most 1; one resource alone is balanced.
std::int64_t balance(std::int64_t cpu, std::int64_t memory, const Amounts& all) {
    if (all.milli_cpu == 0 || all.memory == 0) return kMax;
    const __int128 a = std::min(cpu, all.milli_cpu), b = std::min(memory, all.memory);
    const __int128 whole = static_cast<__int128>(all.milli_cpu) * all.memory;
    __int128 apart = a * all.memory - b * all.milli_cpu;
    if (apart < 0) apart = -apart;
    return static_cast<std::int64_t>((2 * whole - apart) * kMax / (2 * whole));
}

void normalize(Scores& scores, bool reverse) {
    const std::int64_t most = *std::max_element(scores.begin(), scores.end());
    for (std::int64_t& s : scores) {
        if (most != 0) s = kMax * s / most;
        if (reverse) s = kMax - s;
    }
}

void add_weighted(Scores& total, const Scores& part, std::int64_t weight) {
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += weight * part[i];
}

class SpreadScores {
  public:
    SpreadScores(const PodInfo& pod, const TopologyFilters& topology) : pod_(pod) {
        wished_ = topology.wished_spread(pod, own_);
    }
    bool none() const { return wished_.empty(); }

    Scores of(const Nodes& nodes, const Nodes& all) {
        count(nodes, all);
        Scores scores(nodes.size(), kIgnored);
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (!ignored_.contains(nodes[i])) scores[i] = raw(*nodes[i]);
        std::int64_t least = INT64_MAX, most = 0;
        for (std::int64_t s : scores)
            if (s != kIgnored) {
                least = std::min(least, s);
                most = std::max(most, s);
            }
        for (std::int64_t& s : scores)
            s = s == kIgnored ? 0 : most == 0 ? kMax : kMax * (most + least - s) / most;
        return scores;
    }

  private:
    static constexpr std::int64_t kIgnored = -1;

    bool has_all_keys(const api::Node& node) const {
        return std::all_of(wished_.begin(), wished_.end(), [&](const SpreadConstraint& c) {
            return node.metadata.labels.contains(c.topology_key);
        });
    }

    void count(const Nodes& nodes, const Nodes& all) {
        counts_.assign(wished_.size(), {});
        for (const NodeInfo* node : nodes) {
            if (own_ && !has_all_keys(*node->node)) {
                ignored_.insert(node);
                continue;
            }
            for (std::size_t i = 0; i < wished_.size(); ++i)
                if (wished_[i].topology_key != kHostname) counts_[i][value(i, *node)];
        }
        for (std::size_t i = 0; i < wished_.size(); ++i) {
            const std::size_t domains = wished_[i].topology_key == kHostname
                                            ? nodes.size() - ignored_.size()
                                            : counts_[i].size();
            weights_.push_back(sim::natural_log(static_cast<double>(domains + 2)));
        }
        for (const NodeInfo* node : all) {
            if (own_ && !has_all_keys(*node->node)) continue;
            for (std::size_t i = 0; i < wished_.size(); ++i) {
                const auto at = counts_[i].find(value(i, *node));
                if (at != counts_[i].end() && includes_node(wished_[i], pod_, *node->node))
                    at->second += count_matching(wished_[i], pod_, *node);
            }
        }
    }

    api::Text value(std::size_t i, const NodeInfo& node) const {
        const api::Text* v = node.node->metadata.labels.find(wished_[i].topology_key);
        return v ? *v : api::Text();
    }

    std::int64_t raw(const NodeInfo& node) const {
        double score = 0;
        for (std::size_t i = 0; i < wished_.size(); ++i) {
            const SpreadConstraint& c = wished_[i];
            if (!node.node->metadata.labels.contains(c.topology_key)) continue;
            const std::int64_t n = c.topology_key == kHostname ? count_matching(c, pod_, node)
                                                               : counts_[i].at(value(i, node));
            score += static_cast<double>(n) * weights_[i] + static_cast<double>(c.max_skew - 1);
        }
        return static_cast<std::int64_t>(std::llround(score));
    }

    const PodInfo& pod_;
    std::vector<SpreadConstraint> wished_;
    bool own_ = false;
    std::set<const NodeInfo*> ignored_;  // asked for membership only
    std::vector<std::map<api::Text, std::int64_t>> counts_;
    std::vector<double> weights_;
};

class AffinityScores {
  public:
    AffinityScores(const PodInfo& pod, const TopologyFilters& topology)
        : pod_(pod),
          topology_(topology),
          own_ns_(topology.namespace_labels(pod.pod->metadata.ns)),
          looks_(!pod.preferred_affinity.empty() || !pod.preferred_anti_affinity.empty()) {}
    bool none() const { return !looks_ && topology_.cache().pods_with_affinity() == 0; }

    Scores of(const Nodes& nodes, const Nodes& all) {
        for (const NodeInfo* node : all)
            for (const PodRef& other : node->pods) count(*other, *node->node);
        Scores scores;
        for (const NodeInfo* node : nodes) scores.push_back(raw(*node->node));
        if (weights_.empty()) return Scores(nodes.size(), 0);
        const auto [least, most] = std::minmax_element(scores.begin(), scores.end());
        const std::int64_t low = *least, range = *most - *least;
        for (std::int64_t& s : scores) s = range > 0 ? kMax * (s - low) / range : 0;
        return scores;
    }

  private:
    void add(const AffinityTerm& term, std::int64_t weight, const api::Node& node) {
        if (const api::Text* value = node.metadata.labels.find(term.topology_key))
            weights_[{term.topology_key, *value}] += weight;
    }

    void count(const PodInfo& other, const api::Node& node) {
        if (looks_) {
            const api::TextMap ns = topology_.namespace_labels(other.pod->metadata.ns);
            for (const AffinityTerm& t : pod_.preferred_affinity)
                if (t.matches(*other.pod, ns)) add(t, t.weight, node);
            for (const AffinityTerm& t : pod_.preferred_anti_affinity)
                if (t.matches(*other.pod, ns)) add(t, -t.weight, node);
        }
        // hardPodAffinityWeight is 1.
        for (const AffinityTerm& t : other.affinity)
            if (t.matches(*pod_.pod, own_ns_)) add(t, 1, node);
        for (const AffinityTerm& t : other.preferred_affinity)
            if (t.matches(*pod_.pod, own_ns_)) add(t, t.weight, node);
        for (const AffinityTerm& t : other.preferred_anti_affinity)
            if (t.matches(*pod_.pod, own_ns_)) add(t, -t.weight, node);
    }

    std::int64_t raw(const api::Node& node) const {
        std::int64_t score = 0;
        for (const auto& [pair, weight] : weights_) {
            const api::Text* value = node.metadata.labels.find(pair.first);
            if (value && *value == pair.second) score += weight;
        }
        return score;
    }

    const PodInfo& pod_;
    const TopologyFilters& topology_;
    api::TextMap own_ns_;
    bool looks_;
    std::map<TopologyPair, std::int64_t> weights_;
};

}  // namespace

Scores score_taints(const PodInfo& pod, const Nodes& nodes) {
    Scores scores;
    for (const NodeInfo* node : nodes) {
        std::int64_t untolerated = 0;
        for (const api::Taint& taint : node->node->spec.taints) {
            if (taint.effect != "PreferNoSchedule") continue;
            // A toleration of another effect says nothing here.
            const bool tolerated = std::any_of(
                pod.tolerations.begin(), pod.tolerations.end(), [&](const Toleration& t) {
                    return (t.effect.empty() || t.effect == "PreferNoSchedule") &&
                           t.tolerates(taint);
                });
            if (!tolerated) ++untolerated;
        }
        scores.push_back(untolerated);
    }
    normalize(scores, true);
    return scores;
}

Scores score_node_affinity(const PodInfo& pod, const Nodes& nodes) {
    Scores scores;
    for (const NodeInfo* node : nodes) {
        std::int64_t score = 0;
        for (const PreferredNodes& wish : pod.preferred_nodes) {
            api::NodeSelector one;
            one.nodeSelectorTerms.push_back(wish.term);
            // An empty preferred term matches every node.
            const bool empty = wish.term.matchExpressions.empty() && wish.term.matchFields.empty();
            if (empty || api::matches(one, node->node->metadata.labels, node->name()))
                score += wish.weight;
        }
        scores.push_back(score);
    }
    normalize(scores, false);
    return scores;
}

Scores score_least_allocated(const PodInfo& pod, const Nodes& nodes) {
    Scores scores;
    for (const NodeInfo* node : nodes) {
        const Amounts& all = node->allocatable;
        std::int64_t score = 0, resources = 0;
        if (all.milli_cpu != 0) {
            score += least_requested(node->scored_cpu + pod.scored_cpu, all.milli_cpu);
            ++resources;
        }
        if (all.memory != 0) {
            score += least_requested(node->scored_memory + pod.scored_memory, all.memory);
            ++resources;
        }
        scores.push_back(resources == 0 ? 0 : score / resources);
    }
    return scores;
}

Scores score_balance(const PodInfo& pod, const Release& release, const Nodes& nodes) {
    const bool asks = pod.requests.milli_cpu != 0 || pod.requests.memory != 0;
    if (!asks && release.balance_skips_best_effort) return Scores(nodes.size(), 0);
    Scores scores;
    for (const NodeInfo* node : nodes) {
        const Amounts& used = node->requested;
        const std::int64_t with = balance(used.milli_cpu + pod.requests.milli_cpu,
                                          used.memory + pod.requests.memory, node->allocatable);
        const std::int64_t without = balance(used.milli_cpu, used.memory, node->allocatable);
        scores.push_back(release.balance_is_of_change ? kMax / 2 + (kMax / 2 + with - without) / 2
                                                      : with);
    }
    return scores;
}

std::vector<std::int64_t> total_scores(const PodInfo& pod, const Release& release,
                                       const TopologyFilters& topology, const Nodes& nodes,
                                       const Nodes& all) {
    Scores total(nodes.size(), 0);
    add_weighted(total, score_taints(pod, nodes), 3);
    if (!pod.preferred_nodes.empty()) add_weighted(total, score_node_affinity(pod, nodes), 2);
    add_weighted(total, score_least_allocated(pod, nodes), 1);
    add_weighted(total, score_balance(pod, release, nodes), 1);
    SpreadScores spread(pod, topology);
    if (!spread.none()) add_weighted(total, spread.of(nodes, all), 2);
    AffinityScores affinity(pod, topology);
    if (!affinity.none()) add_weighted(total, affinity.of(nodes, all), 2);
    return total;
}

}  // namespace model::scheduler
