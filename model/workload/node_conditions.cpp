#include "model/workload/node_conditions.hpp"

#include <algorithm>

#include "model/wait.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr int kTries = 5;
// updateTaintBackoff: 100 ms, and as much again at most.
constexpr sim::Duration kRetryDelay = 100ms;

bool same_taint(const api::Taint& a, const api::Taint& b) {
    return a.key == b.key && a.effect == b.effect;
}

api::Value text_of(const api::Taint& t) {
    api::Value v = t.extra.is_map() ? t.extra : api::Value::map();
    v["key"] = t.key;
    v["effect"] = t.effect;
    if (!t.value.empty()) v["value"] = t.value;
    if (t.timeAdded) v["timeAdded"] = t.timeAdded->to_string();
    return v;
}

// The node's taints with the change made; the same list where there is nothing to change.
api::List<api::Taint> changed(const api::List<api::Taint>& now,
                              const std::vector<api::Taint>& taints, bool add) {
    api::List<api::Taint> next = now;
    for (const api::Taint& t : taints) {
        const auto is_it = [&](const api::Taint& other) { return same_taint(t, other); };
        const bool there = std::any_of(next.begin(), next.end(), is_it);
        if (add && !there) next.push_back(t);
        if (!add && there) erase_if(next, is_it);
    }
    return next;
}

api::Value taints_patch(const api::Node& node, const api::List<api::Taint>& next) {
    api::Value body;
    body["metadata"]["resourceVersion"] = std::to_string(node.metadata.resourceVersion);
    if (next.empty()) {
        body["spec"]["taints"] = api::Value();
    } else {
        for (const api::Taint& t : next) body["spec"]["taints"].push_back(text_of(t));
    }
    return body;
}

// The first read is answered from the server's watch cache, which may lag; here it is live.
sim::Task<api::Status> change_taints(control::Client& client, api::Text name,
                                     std::vector<api::Taint> taints, bool add) {
    sim::Stream& jitter = client.engine().stream("taints/" + client.name().str());
    for (int tries = 1;; ++tries) {
        auto getting = client.get<api::Node>(api::Key({}, name));
        api::Result<api::Ref<api::Node>> live = co_await std::move(getting);
        if (!live) co_return live.error();
        const api::Node& node = **live;
        api::List<api::Taint> next = changed(node.spec.taints, taints, add);
        if (next == node.spec.taints) co_return api::Status();
        auto patching = client.patch<api::Node>(api::Key({}, name), taints_patch(node, next),
                                                api::PatchType::Strategic);
        api::Result<api::Ref<api::Node>> patched = co_await std::move(patching);
        if (patched.ok()) co_return api::Status();
        if (!patched.error().is(api::Reason::Conflict) || tries >= kTries)
            co_return patched.error();
        const auto more = static_cast<std::int64_t>(
            jitter.below(static_cast<std::uint64_t>(kRetryDelay.count())));
        co_await client.engine().sleep_for(kRetryDelay + sim::Duration(more),
                                           kind_of(Wait::Backoff));
    }
}

std::string_view member(const api::Value& v, std::string_view name) {
    const api::Value* found = v.find(name);
    return found ? found->as_string() : std::string_view();
}

}  // namespace

const api::Condition* find_condition(const api::List<api::Condition>& all, std::string_view type) {
    for (const api::Condition& c : all)
        if (c.type == type) return &c;
    return nullptr;
}

bool set_condition(api::List<api::Condition>& all, api::Condition condition, api::Timestamp now) {
    condition.lastTransitionTime = now;
    const api::Condition* old = find_condition(all, condition.type);
    if (!old) {
        all.push_back(std::move(condition));
        return true;
    }
    if (old->status == condition.status) condition.lastTransitionTime = old->lastTransitionTime;
    if (*old == condition) return false;
    const auto at = old - std::as_const(all).begin();
    all[static_cast<std::size_t>(at)] = std::move(condition);
    return true;
}

bool is_ready(const api::Node& node) {
    const api::Condition* ready = find_condition(node.status.conditions, "Ready");
    return ready && ready->status == "True";
}

bool is_ready(const api::Pod& pod) {
    const api::Condition* ready = find_condition(pod.status.conditions, "Ready");
    return ready && ready->status == "True";
}

bool has_taint(const api::Node& node, std::string_view key, std::string_view effect) {
    for (const api::Taint& t : node.spec.taints)
        if (t.key == key && t.effect == effect) return true;
    return false;
}

bool has_taint_key(const api::Node& node, std::string_view key) {
    for (const api::Taint& t : node.spec.taints)
        if (t.key == key) return true;
    return false;
}

api::Text zone_of(const api::Node& node) {
    const api::TextMap& labels = node.metadata.labels;
    std::string_view zone = labels.get("topology.kubernetes.io/zone");
    if (zone.empty()) zone = labels.get("failure-domain.beta.kubernetes.io/zone");
    std::string_view region = labels.get("topology.kubernetes.io/region");
    if (region.empty()) region = labels.get("failure-domain.beta.kubernetes.io/region");
    if (zone.empty() && region.empty()) return {};
    return api::Text(std::string(region) + "/" + std::string(zone));
}

bool tolerates(const api::Value& toleration, const api::Taint& taint) {
    const std::string_view effect = member(toleration, "effect"), key = member(toleration, "key");
    if (!effect.empty() && taint.effect != effect) return false;
    if (!key.empty() && taint.key != key) return false;
    const std::string_view op = member(toleration, "operator");
    if (op == "Exists") return true;
    return (op.empty() || op == "Equal") && taint.value == member(toleration, "value");
}

api::Taint new_taint(std::string_view key, std::string_view effect, api::Timestamp now) {
    api::Taint t;
    t.key = key;
    t.effect = effect;
    t.timeAdded = now;
    return t;
}

sim::Task<api::Status> swap_taints(control::Client& client, api::Ref<api::Node> known,
                                   std::vector<api::Taint> added, std::vector<api::Taint> gone) {
    if (!added.empty()) {
        auto adding = change_taints(client, known->metadata.name, std::move(added), true);
        api::Status status = co_await std::move(adding);
        if (!status.ok()) co_return status;
    }
    const bool any = std::any_of(gone.begin(), gone.end(), [&](const api::Taint& t) {
        return has_taint(*known, t.key, t.effect);
    });
    if (!any) co_return api::Status();
    auto taking = change_taints(client, known->metadata.name, std::move(gone), false);
    api::Status status = co_await std::move(taking);
    co_return status;
}

sim::Task<api::Status> patch_pod_status(control::Client& client, api::Ref<api::Pod> pod,
                                        api::Condition condition, api::Text phase) {
    api::Value body;
    if (!condition.type.empty()) {
        api::Value c = api::Value::map({{"type", api::Value(condition.type)},
                                        {"status", api::Value(condition.status)},
                                        {"reason", api::Value(condition.reason)},
                                        {"message", api::Value(condition.message)}});
        if (condition.lastTransitionTime)
            c["lastTransitionTime"] = condition.lastTransitionTime->to_string();
        body["status"]["conditions"].push_back(std::move(c));
        api::Value& order = body["status"]["$setElementOrder/conditions"];
        for (const api::Condition& there : pod->status.conditions)
            order.push_back(api::Value::map({{"type", api::Value(there.type)}}));
        if (!find_condition(pod->status.conditions, condition.type))
            order.push_back(api::Value::map({{"type", api::Value(condition.type)}}));
    }
    if (!phase.empty()) body["status"]["phase"] = phase;
    auto patching = client.patch<api::Pod>(pod->key(), std::move(body), api::PatchType::Strategic,
                                           api::Subresource::Status);
    api::Result<api::Ref<api::Pod>> patched = co_await std::move(patching);
    co_return patched.ok() ? api::Status() : patched.error();
}

sim::Task<api::Status> add_labels(control::Client& client, api::Text node, api::TextMap labels) {
    auto getting = client.get<api::Node>(api::Key({}, node));
    api::Result<api::Ref<api::Node>> live = co_await std::move(getting);
    if (!live) co_return live.error();
    api::Value body;
    for (const auto& label : labels) body["metadata"]["labels"][label.first] = label.second;
    auto patching =
        client.patch<api::Node>(api::Key({}, node), std::move(body), api::PatchType::Strategic);
    api::Result<api::Ref<api::Node>> patched = co_await std::move(patching);
    co_return patched.ok() ? api::Status() : patched.error();
}

}  // namespace model::workload
