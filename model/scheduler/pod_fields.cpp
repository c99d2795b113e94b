#include "model/scheduler/pod_fields.hpp"

#include "model/api/selector.hpp"

namespace model::scheduler {

namespace {

api::Text text(const api::Value& v, std::string_view name) {
    const api::Value* found = v.find(name);
    return found ? found->as_text() : api::Text();
}

std::int64_t number(const api::Value& v, std::string_view name, std::int64_t otherwise) {
    const api::Value* found = v.find(name);
    return found && found->is_int() ? found->as_int() : otherwise;
}

const api::Value::List& items(const api::Value* v) {
    static const api::Value::List none;
    return v ? v->as_list() : none;
}

std::optional<api::Quantity> quantity(const api::Value& v) {
    if (v.is_string()) return api::Quantity::parse(v.as_string());
    return api::Quantity::parse(v.to_json());
}

void put(Amounts& amounts, const api::Text& name, const api::Quantity& q) {
    if (name == "cpu") {
        amounts.milli_cpu = q.milli_value();
    } else if (name == "memory") {
        amounts.memory = q.value();
    } else if (name == "ephemeral-storage") {
        amounts.ephemeral_storage = q.value();
    } else if (name != "pods") {
        amounts.others[name] = q.value();
    }
}

api::List<api::SelectorRequirement> requirements(const api::Value* list) {
    api::List<api::SelectorRequirement> all;
    for (const api::Value& v : items(list)) {
        api::SelectorRequirement r;
        r.key = text(v, "key");
        r.op = text(v, "operator");
        for (const api::Value& value : items(v.find("values"))) r.values.push_back(value.as_text());
        all.push_back(std::move(r));
    }
    return all;
}

api::NodeSelectorTerm node_term(const api::Value& v) {
    api::NodeSelectorTerm term;
    term.matchExpressions = requirements(v.find("matchExpressions"));
    term.matchFields = requirements(v.find("matchFields"));
    return term;
}

AffinityTerm affinity_term(const api::Value& v, const api::Pod& pod) {
    AffinityTerm term;
    term.selector = read_selector(v.find("labelSelector"));
    term.namespace_selector = read_selector(v.find("namespaceSelector"));
    for (const api::Value& ns : items(v.find("namespaces")))
        term.namespaces.push_back(ns.as_text());
    // Without either, the pod's own namespace.
    if (term.namespaces.empty() && !term.namespace_selector)
        term.namespaces.push_back(pod.metadata.ns);
    term.topology_key = text(v, "topologyKey");
    return term;
}

void read_pod_terms(const api::Value* affinity, const api::Pod& pod,
                    std::vector<AffinityTerm>& required, std::vector<AffinityTerm>& preferred) {
    if (!affinity) return;
    for (const api::Value& v :
         items(affinity->find("requiredDuringSchedulingIgnoredDuringExecution")))
        required.push_back(affinity_term(v, pod));
    for (const api::Value& v :
         items(affinity->find("preferredDuringSchedulingIgnoredDuringExecution"))) {
        const api::Value* term = v.find("podAffinityTerm");
        if (!term) continue;
        preferred.push_back(affinity_term(*term, pod));
        preferred.back().weight = number(v, "weight", 0);
    }
}

}  // namespace

Amounts read_amounts(const api::Value& resources) {
    Amounts amounts;
    for (const api::Value::Member& m : resources.as_map())
        if (const auto q = quantity(m.second)) put(amounts, m.first, *q);
    return amounts;
}

Amounts read_amounts(const api::ResourceList& resources) {
    Amounts amounts;
    for (const auto& item : resources.items) put(amounts, item.first, item.second);
    return amounts;
}

std::vector<Toleration> read_tolerations(const api::Value& list) {
    std::vector<Toleration> all;
    for (const api::Value& v : list.as_list())
        all.push_back({text(v, "key"), text(v, "operator"), text(v, "value"), text(v, "effect")});
    return all;
}

void read_affinity(const api::Pod& pod, PodInfo& info) {
    const api::Value& affinity = pod.spec.affinity;
    if (const api::Value* nodes = affinity.find("nodeAffinity")) {
        if (const api::Value* required =
                nodes->find("requiredDuringSchedulingIgnoredDuringExecution")) {
            info.required_nodes.emplace();
            for (const api::Value& v : items(required->find("nodeSelectorTerms")))
                info.required_nodes->nodeSelectorTerms.push_back(node_term(v));
        }
        for (const api::Value& v :
             items(nodes->find("preferredDuringSchedulingIgnoredDuringExecution")))
            if (const api::Value* term = v.find("preference"))
                info.preferred_nodes.push_back({number(v, "weight", 0), node_term(*term)});
    }
    read_pod_terms(affinity.find("podAffinity"), pod, info.affinity, info.preferred_affinity);
    read_pod_terms(affinity.find("podAntiAffinity"), pod, info.anti_affinity,
                   info.preferred_anti_affinity);
}

std::vector<SpreadConstraint> read_spread(const api::Pod& pod) {
    std::vector<SpreadConstraint> all;
    for (const api::Value& v : pod.spec.topologySpreadConstraints.as_list()) {
        SpreadConstraint c;
        c.max_skew = number(v, "maxSkew", 1);
        c.min_domains = number(v, "minDomains", 1);
        c.topology_key = text(v, "topologyKey");
        c.required = text(v, "whenUnsatisfiable") != "ScheduleAnyway";
        c.selector = read_selector(v.find("labelSelector"));
        c.honours_affinity = text(v, "nodeAffinityPolicy") != "Ignore";
        c.honours_taints = text(v, "nodeTaintsPolicy") == "Honor";
        // matchLabelKeys: the pod's own values are wanted too.
        for (const api::Value& key : items(v.find("matchLabelKeys")))
            if (const api::Text* own = pod.metadata.labels.find(key.as_string()); own && c.selector)
                c.selector->matchLabels.set(key.as_string(), *own);
        all.push_back(std::move(c));
    }
    return all;
}

std::optional<api::LabelSelector> read_selector(const api::Value* v) {
    if (!v || v->is_null()) return std::nullopt;
    api::LabelSelector selector;
    if (const api::Value* labels = v->find("matchLabels"))
        for (const api::Value::Member& m : labels->as_map())
            selector.matchLabels.set(m.first, m.second.as_text());
    selector.matchExpressions = requirements(v->find("matchExpressions"));
    return selector;
}

bool selects(const api::LabelSelector& selector, const api::TextMap& labels) {
    const api::Result<bool> matched = api::matches(selector, labels);
    return matched && *matched;
}

}  // namespace model::scheduler
