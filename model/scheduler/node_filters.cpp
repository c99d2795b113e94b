#include "model/scheduler/node_filters.hpp"

namespace model::scheduler {

namespace {

bool keeps_new_pods_off(const api::Taint& taint) {
    return taint.effect == "NoSchedule" || taint.effect == "NoExecute";
}

}  // namespace

Verdict check_unschedulable(const PodInfo& pod, const NodeInfo& node) {
    if (node.open || !node.node->spec.unschedulable) return {};
    api::Taint cordon;
    cordon.key = "node.kubernetes.io/unschedulable";
    cordon.effect = "NoSchedule";
    if (pod.tolerates(cordon)) return {};
    return Verdict::never(Plugin::NodeUnschedulable, "node(s) were unschedulable");
}

Verdict check_node_name(const PodInfo& pod, const NodeInfo& node) {
    const api::Text& wanted = pod.pod->spec.nodeName;
    if (wanted.empty() || wanted == node.name()) return {};
    return Verdict::never(Plugin::NodeName, "node(s) didn't match the requested node name");
}

const api::Taint* untolerated_taint(const PodInfo& pod, const api::Node& node) {
    for (const api::Taint& taint : node.spec.taints)
        if (keeps_new_pods_off(taint) && !pod.tolerates(taint)) return &taint;
    return nullptr;
}

Verdict check_taints(const PodInfo& pod, const NodeInfo& node, const Release& release) {
    if (node.open) return {};
    const api::Taint* taint = untolerated_taint(pod, *node.node);
    if (!taint) return {};
    if (!release.names_taint)
        return Verdict::never(Plugin::TaintToleration, "node(s) had untolerated taint(s)");
    return Verdict::never(
        Plugin::TaintToleration,
        "node(s) had untolerated taint {" + taint->key.str() + ": " + taint->value.str() + "}");
}

Verdict check_node_affinity(const PodInfo& pod, const NodeInfo& node) {
    if (pod.wants_node(*node.node)) return {};
    return Verdict::never(Plugin::NodeAffinity,
                          "node(s) didn't match Pod's node affinity/selector");
}

Verdict check_ports(const PodInfo& pod, const NodeInfo& node) {
    for (const HostPort& wanted : pod.ports)
        for (const PodRef& other : node.pods)
            for (const HostPort& used : other->ports)
                if (wanted.conflicts_with(used))
                    return Verdict::no(Plugin::NodePorts,
                                       "node(s) didn't have free ports for the requested pod "
                                       "ports");
    return {};
}

Verdict check_resources(const PodInfo& pod, const NodeInfo& node, const Release& release) {
    Verdict v{Code::Unschedulable, Plugin::NodeResourcesFit, {}};
    bool ever = true;
    if (static_cast<std::int64_t>(node.pods.size()) + 1 > node.pods_allowed)
        v.reasons.emplace_back("Too many pods");
    const auto check = [&](std::string_view name, std::int64_t asked, std::int64_t used,
                           std::int64_t all) {
        if (asked <= 0 || asked <= all - used) return;
        v.reasons.push_back("Insufficient " + std::string(name));
        ever &= asked <= all;
    };
    const Amounts& asked = pod.requests;
    check("cpu", asked.milli_cpu, node.requested.milli_cpu, node.allocatable.milli_cpu);
    check("memory", asked.memory, node.requested.memory, node.allocatable.memory);
    check("ephemeral-storage", asked.ephemeral_storage, node.requested.ephemeral_storage,
          node.allocatable.ephemeral_storage);
    const auto amount = [](const Amounts& a, const api::Text& name) {
        const auto at = a.others.find(name);
        return at == a.others.end() ? 0 : at->second;
    };
    for (const auto& [name, n] : asked.others)
        check(name, n, amount(node.requested, name), amount(node.allocatable, name));
    if (v.reasons.empty()) return {};
    if (!ever && release.tells_too_large) v.code = Code::Unresolvable;
    return v;
}

bool might_run_on(const PodInfo& pod, const NodeInfo& node, const Release& release) {
    if (!check_resources(pod, node, release).ok() || !pod.wants_node(*node.node)) return false;
    if (!check_node_name(pod, node).ok() || !check_ports(pod, node).ok()) return false;
    for (const api::Taint& taint : node.node->spec.taints)
        if (taint.effect == "NoSchedule" && !pod.tolerates(taint)) return false;
    return true;
}

}  // namespace model::scheduler
