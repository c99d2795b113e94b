#include "model/workload/deployment_numbers.hpp"

#include <cstdlib>

namespace model::workload {

namespace {

constexpr std::int64_t kDefaultPercent = 25;

// A number, or a share of `total` such as "25%".
std::int64_t scaled(const api::Value* v, std::int64_t total, bool round_up) {
    std::int64_t percent = kDefaultPercent;
    if (v && v->is_int()) return v->as_int();
    if (v && v->is_string()) percent = std::atoll(std::string(v->as_string()).c_str());
    return (total * percent + (round_up ? 99 : 0)) / 100;
}

std::int64_t number(const api::Value* status, std::string_view name) {
    const api::Value* v = status ? status->find(name) : nullptr;
    return v ? v->as_int() : 0;
}

std::string_view member(const api::Value& v, std::string_view name) {
    const api::Value* found = v.find(name);
    return found ? found->as_string() : std::string_view();
}

}  // namespace

std::int64_t int_at(const api::ObjectRef& o, std::initializer_list<std::string_view> path,
                    std::int64_t otherwise) {
    const api::Value* v = o->extra.at(path);
    return v && v->is_int() ? v->as_int() : otherwise;
}

std::string_view text_at(const api::ObjectRef& o, std::initializer_list<std::string_view> path) {
    const api::Value* v = o->extra.at(path);
    return v ? v->as_string() : std::string_view();
}

std::int64_t size_of(const api::ObjectRef& set) { return int_at(set, {"spec", "replicas"}, 1); }

std::int64_t count_at(const api::ObjectRef& o, std::string_view status_field) {
    return int_at(o, {"status", status_field}, 0);
}

std::int64_t revision_of(const api::ObjectRef& set) {
    const std::string text(set->metadata.annotations.get("deployment.kubernetes.io/revision"));
    return std::atoll(text.c_str());
}

bool is_older(const api::ObjectRef& a, const api::ObjectRef& b) {
    const auto born = [](const api::ObjectRef& o) {
        return o->metadata.creationTimestamp.value_or(api::Timestamp());
    };
    return born(a) != born(b) ? born(a) < born(b) : a->metadata.name < b->metadata.name;
}

api::Value without_hash(const api::Value* pod_template) {
    api::Value t = pod_template ? *pod_template : api::Value();
    if (t.at({"metadata", "labels", "pod-template-hash"}))
        t["metadata"]["labels"].erase("pod-template-hash");
    return t;
}

Fenceposts fenceposts(const api::ObjectRef& deployment, std::int64_t replicas) {
    const api::Value& all = deployment->extra;
    Fenceposts f;
    f.surge = scaled(all.at({"spec", "strategy", "rollingUpdate", "maxSurge"}), replicas, true);
    f.unavailable =
        scaled(all.at({"spec", "strategy", "rollingUpdate", "maxUnavailable"}), replicas, false);
    if (f.surge == 0 && f.unavailable == 0) f.unavailable = 1;
    if (f.unavailable > replicas) f.unavailable = replicas;
    return f;
}

bool is_complete(const api::ObjectRef& deployment, const api::Value* status) {
    const std::int64_t want = int_at(deployment, {"spec", "replicas"}, 1);
    return number(status, "updatedReplicas") == want && number(status, "replicas") == want &&
           number(status, "availableReplicas") == want &&
           number(status, "observedGeneration") >= deployment->metadata.generation;
}

bool has_progressed(const api::Value* before, const api::Value& now) {
    const std::int64_t old_before = number(before, "replicas") - number(before, "updatedReplicas");
    const std::int64_t old_now = number(&now, "replicas") - number(&now, "updatedReplicas");
    return number(&now, "updatedReplicas") > number(before, "updatedReplicas") ||
           old_now < old_before ||
           number(&now, "readyReplicas") > number(before, "readyReplicas") ||
           number(&now, "availableReplicas") > number(before, "availableReplicas");
}

const api::Value* find_condition_of(const api::Value& status, std::string_view type) {
    const api::Value* conditions = status.find("conditions");
    if (!conditions) return nullptr;
    for (const api::Value& c : conditions->as_list())
        if (member(c, "type") == type) return &c;
    return nullptr;
}

std::int64_t updated_at(const api::Value& condition) {
    const auto time = api::Timestamp::parse(member(condition, "lastUpdateTime"));
    return time ? time->unix_seconds : 0;
}

void set_condition_of(api::Value& status, std::string_view type, std::string_view value,
                      std::string_view reason, const std::string& message, api::Timestamp now) {
    const api::Value* old = find_condition_of(status, type);
    if (old && member(*old, "status") == value && member(*old, "reason") == reason) return;
    renew_condition_of(status, type, value, reason, message, now);
}

void renew_condition_of(api::Value& status, std::string_view type, std::string_view value,
                        std::string_view reason, const std::string& message, api::Timestamp now) {
    const api::Value* old = find_condition_of(status, type);
    std::string since = now.to_string();
    if (old && member(*old, "status") == value) since = member(*old, "lastTransitionTime");
    api::Value kept = api::Value::list();
    if (const api::Value* conditions = status.find("conditions"))
        for (const api::Value& c : conditions->as_list())
            if (member(c, "type") != type) kept.push_back(c);
    kept.push_back(api::Value::map({{"lastTransitionTime", api::Value(since)},
                                    {"lastUpdateTime", api::Value(now.to_string())},
                                    {"message", api::Value(message)},
                                    {"reason", api::Value(reason)},
                                    {"status", api::Value(value)},
                                    {"type", api::Value(type)}}));
    status["conditions"] = std::move(kept);
}

}  // namespace model::workload
