#include "model/api/eviction.hpp"

#include <cstdlib>
#include <set>

#include "model/api/selector.hpp"

namespace model::api {

namespace {

bool is_ready(const Pod& pod) {
    for (const Condition& c : pod.status.conditions)
        if (c.type == "Ready") return c.status == "True";
    return false;
}

LabelSelector selector_of(const Value& v) {
    LabelSelector out;
    if (const Value* labels = v.find("matchLabels"))
        for (const auto& member : labels->as_map())
            out.matchLabels.set(member.first, member.second.as_text());
    const Value* expressions = v.find("matchExpressions");
    for (const Value& e : expressions ? expressions->as_list() : Value::List()) {
        SelectorRequirement r;
        if (const Value* key = e.find("key")) r.key = key->as_text();
        if (const Value* op = e.find("operator")) r.op = op->as_text();
        if (const Value* values = e.find("values"))
            for (const Value& value : values->as_list()) r.values.push_back(value.as_text());
        out.matchExpressions.push_back(std::move(r));
    }
    return out;
}

bool selects(const ObjectRef& budget, const Pod& pod) {
    const Value* selector = budget->extra.at({"spec", "selector"});
    if (!selector || budget->metadata.ns != pod.metadata.ns) return false;
    const Result<bool> match = matches(selector_of(*selector), pod.metadata.labels);
    return match.ok() && *match;
}

// A number, or a share of `total` rounded up.
std::int64_t scaled(const Value& v, std::int64_t total) {
    if (v.is_int()) return v.as_int();
    return (total * std::atoll(std::string(v.as_string()).c_str()) + 99) / 100;
}

struct Health {
    std::int64_t healthy = 0, expected = 0;
};

// Pods that are fine, and how many their controllers ask for.
Health health_of(const ObjectRef& budget, const ObjectReader& reader) {
    Health h;
    std::set<std::string> controllers;
    reader.for_each(Kind::Pod, budget->metadata.ns, [&](const ObjectRef& o) {
        const Pod& pod = static_cast<const Pod&>(*o);
        if (!selects(budget, pod)) return;
        if (is_ready(pod) && !pod.metadata.terminating()) ++h.healthy;
        const OwnerReference* owner = nullptr;
        for (const OwnerReference& ref : pod.metadata.ownerReferences)
            if (ref.controller.value_or(false)) owner = &ref;
        if (!owner) {
            ++h.expected;
            return;
        }
        if (!controllers.insert(owner->uid.str()).second) return;
        const KindInfo* info = reader.scheme().find(owner->kind);
        const ObjectRef set =
            info ? reader.find(info->id, Key(pod.metadata.ns, owner->name)) : ObjectRef();
        const Value* replicas = set ? set->extra.at({"spec", "replicas"}) : nullptr;
        h.expected += replicas ? replicas->as_int() : 1;
    });
    return h;
}

Status judge(const ObjectRef& budget, const Pod& pod, const ObjectReader& reader) {
    const Health h = health_of(budget, reader);
    std::int64_t desired = 0;
    if (const Value* least = budget->extra.at({"spec", "minAvailable"})) {
        desired = scaled(*least, h.expected);
    } else if (const Value* most = budget->extra.at({"spec", "maxUnavailable"})) {
        desired = h.expected - scaled(*most, h.expected);
    } else {
        desired = h.expected - 1;  // maxUnavailable 1
    }
    if (!is_ready(pod)) {
        const Value* policy = budget->extra.at({"spec", "unhealthyPodEvictionPolicy"});
        const bool always = policy && policy->as_string() == "AlwaysAllow";
        if (always || (desired > 0 && h.healthy >= desired)) return Status();
    }
    if (h.healthy > desired) return Status();
    return Status(429, Reason::TooManyRequests,
                  "Cannot evict pod as it would violate the pod's disruption budget.");
}

}  // namespace

bool disrupts_nobody(const Pod& pod) {
    const Text& phase = pod.status.phase;
    return phase == "Succeeded" || phase == "Failed" || phase == "Pending" ||
           pod.metadata.terminating();
}

Status check_budgets(const Pod& pod, const ObjectReader& reader) {
    const KindInfo* info = reader.scheme().find("PodDisruptionBudget");
    if (!info) return Status();  // none was ever made
    std::vector<ObjectRef> budgets;
    reader.for_each(info->id, pod.metadata.ns, [&](const ObjectRef& o) {
        if (selects(o, pod)) budgets.push_back(o);
    });
    if (budgets.empty()) return Status();
    if (budgets.size() > 1)
        return Status(500, Reason::InternalError,
                      "This pod has more than one PodDisruptionBudget, which the eviction "
                      "subresource does not support.");
    return judge(budgets[0], pod, reader);
}

}  // namespace model::api
