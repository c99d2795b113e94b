#include "model/scheduler/scheduler_cache.hpp"

#include <algorithm>

#include "model/scheduler/pod_fields.hpp"

namespace model::scheduler {

namespace {

// utilnode.GetZoneKey: region and zone, by the GA labels or the beta ones.
std::string zone_of(const api::Node& node) {
    const api::TextMap& labels = node.metadata.labels;
    const auto either = [&](std::string_view ga, std::string_view beta) {
        const std::string_view value = labels.get(ga);
        return std::string(value.empty() ? labels.get(beta) : value);
    };
    return either("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region") +
           "\n" + either("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
}

bool has_terms(const PodInfo& pod) {
    return !pod.affinity.empty() || !pod.anti_affinity.empty() || !pod.preferred_affinity.empty() ||
           !pod.preferred_anti_affinity.empty();
}

}  // namespace

bool is_zone_label(std::string_view key) {
    constexpr std::string_view kPrefixes[] = {"topology.kubernetes.io/",
                                              "failure-domain.beta.kubernetes.io/"};
    for (std::string_view prefix : kPrefixes)
        if (key.starts_with(prefix)) {
            key.remove_prefix(prefix.size());
            return key == "zone" || key == "region";
        }
    return false;
}

void NodeInfo::add(const PodRef& pod) {
    pods.push_back(pod);
    requested.add(pod->requests);
    scored_cpu += pod->scored_cpu;
    scored_memory += pod->scored_memory;
    claims += pod->claims.size();
    with_disks += pod->has_disks;
}

void NodeInfo::remove(const api::Text& uid) {
    const auto at =
        std::find_if(pods.begin(), pods.end(), [&](const PodRef& p) { return p->uid() == uid; });
    if (at == pods.end()) return;
    requested.subtract((*at)->requests);
    scored_cpu -= (*at)->scored_cpu;
    scored_memory -= (*at)->scored_memory;
    claims -= (*at)->claims.size();
    with_disks -= (*at)->has_disks;
    pods.erase(at);
}

void NodeInfo::set_node(api::Ref<api::Node> n) {
    node = std::move(n);
    allocatable = read_amounts(node->status.allocatable);
    const api::Quantity* most = node->status.allocatable.find("pods");
    pods_allowed = most ? most->value() : 0;
    const api::TextMap& labels = node->metadata.labels;
    open = !node->spec.unschedulable && node->spec.taints.empty();
    zoned = std::any_of(labels.begin(), labels.end(),
                        [](const api::TextMap::Member& l) { return is_zone_label(l.first); });
}

void SchedulerCache::put_node(const api::Ref<api::Node>& node) {
    NodeInfo& info = nodes_[node->metadata.name];
    if (!info.node) ++known_nodes_;
    if (!info.node || !(info.node->metadata.labels == node->metadata.labels)) order_valid_ = false;
    info.set_node(node);
}

void SchedulerCache::remove_node(const api::Text& name) {
    const auto at = nodes_.find(name);
    if (at == nodes_.end() || !at->second.node) return;
    --known_nodes_;
    order_valid_ = false;
    at->second.node = nullptr;
    drop_if_empty(name);
}

void SchedulerCache::drop_if_empty(const api::Text& node) {
    const auto at = nodes_.find(node);
    if (at != nodes_.end() && at->second.empty()) nodes_.erase(at);
}

void SchedulerCache::set_least_limit(const api::Text& node, std::optional<std::int64_t> limit) {
    nodes_[node].least_limit = limit;
    drop_if_empty(node);
}

void SchedulerCache::put_attachment(const api::Text& node, const api::Text& name) {
    nodes_[node].attachments.insert(name);
}

void SchedulerCache::remove_attachment(const api::Text& node, const api::Text& name) {
    nodes_[node].attachments.erase(name);
    drop_if_empty(node);
}

void SchedulerCache::put_pod(const PodRef& pod) {
    remove_pod(pod->uid());
    place(pod, pod->pod->spec.nodeName, false);
}

void SchedulerCache::assume(const PodRef& pod, const api::Text& node) { place(pod, node, true); }

void SchedulerCache::place(const PodRef& pod, const api::Text& node, bool assumed) {
    pods_[pod->uid()] = Placed{pod, node, assumed};
    nodes_[node].add(pod);
    count_claims(*pod, 1);
    if (has_terms(*pod)) ++with_affinity_;
}

void SchedulerCache::remove_pod(const api::Text& uid) {
    const auto at = pods_.find(uid);
    if (at == pods_.end()) return;
    count_claims(*at->second.pod, -1);
    if (has_terms(*at->second.pod)) --with_affinity_;
    const auto node = nodes_.find(at->second.node);
    node->second.remove(uid);
    if (node->second.empty()) nodes_.erase(node);
    pods_.erase(at);
}

void SchedulerCache::forget(const api::Text& uid) {
    if (is_assumed(uid)) remove_pod(uid);
}

bool SchedulerCache::is_assumed(const api::Text& uid) const {
    const auto at = pods_.find(uid);
    return at != pods_.end() && at->second.assumed;
}

const NodeInfo* SchedulerCache::find(const api::Text& name) const {
    const auto at = nodes_.find(name);
    return at == nodes_.end() || !at->second.node ? nullptr : &at->second;
}

const std::vector<const NodeInfo*>& SchedulerCache::in_order() const {
    if (order_valid_) return order_;
    order_valid_ = true;
    std::map<std::string, std::vector<const NodeInfo*>> zones;
    for (const auto& [name, info] : nodes_)
        if (info.node) zones[zone_of(*info.node)].push_back(&info);
    std::vector<const NodeInfo*>& all = order_;
    all.clear();
    for (std::size_t round = 0; all.size() < known_nodes_; ++round)
        for (const auto& [zone, members] : zones)
            if (round < members.size()) all.push_back(members[round]);
    return all;
}

api::Text SchedulerCache::node_of(const api::Text& uid) const {
    const auto at = pods_.find(uid);
    return at == pods_.end() ? api::Text() : at->second.node;
}

std::size_t SchedulerCache::users_of(const api::Key& claim) const {
    const auto at = claim_users_.find(claim);
    return at == claim_users_.end() ? 0 : static_cast<std::size_t>(at->second);
}

// Claims by name alone: a generic ephemeral volume's is not counted, as upstream.
void SchedulerCache::count_claims(const PodInfo& pod, int by) {
    for (const ClaimUse& use : pod.claims) {
        if (use.ephemeral) continue;
        const api::Key key(pod.pod->metadata.ns, use.claim);
        if ((claim_users_[key] += by) == 0) claim_users_.erase(key);
    }
}

}  // namespace model::scheduler
