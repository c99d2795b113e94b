// Taints: NoSchedule ones that mirror conditions, NoExecute ones at each zone's rate, and what
// stops them when a zone or the whole cluster seems lost.
#include <algorithm>

#include "model/workload/node_conditions.hpp"
#include "model/workload/node_lifecycle.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kTaintPeriod = 100ms;

struct ConditionTaint {
    std::string_view condition, status, key;
};
constexpr ConditionTaint kConditionTaints[] = {
    {"Ready", "False", taint::kNotReady},
    {"Ready", "Unknown", taint::kUnreachable},
    {"MemoryPressure", "True", taint::kMemoryPressure},
    {"DiskPressure", "True", taint::kDiskPressure},
    {"NetworkUnavailable", "True", taint::kNetworkUnavailable},
    {"PIDPressure", "True", taint::kPidPressure},
};

bool mirrors_a_condition(const api::Taint& t) {
    if (t.effect != taint::kNoSchedule) return false;
    if (t.key == taint::kUnschedulable) return true;
    return std::any_of(std::begin(kConditionTaints), std::end(kConditionTaints),
                       [&](const ConditionTaint& c) { return t.key == c.key; });
}

std::vector<std::string_view> wanted_keys(const api::Node& node) {
    std::vector<std::string_view> keys;
    for (const api::Condition& c : node.status.conditions)
        for (const ConditionTaint& t : kConditionTaints)
            if (c.type == t.condition && c.status == t.status) keys.push_back(t.key);
    if (node.spec.unschedulable) keys.push_back(taint::kUnschedulable);
    return keys;
}

struct TaintChange {
    std::vector<api::Taint> added, gone;
    bool empty() const { return added.empty() && gone.empty(); }
};

TaintChange no_schedule_change(const api::Node& node, api::Timestamp now) {
    TaintChange change;
    const std::vector<std::string_view> keys = wanted_keys(node);
    for (std::string_view key : keys)
        if (!has_taint(node, key, taint::kNoSchedule))
            change.added.push_back(new_taint(key, taint::kNoSchedule, now));
    for (const api::Taint& t : node.spec.taints)
        if (mirrors_a_condition(t) && std::find(keys.begin(), keys.end(), t.key) == keys.end())
            change.gone.push_back(t);
    return change;
}

// The beta labels follow the stable ones.
api::TextMap missing_labels(const api::Node& node) {
    api::TextMap labels;
    for (std::string_view name : {"os", "arch"}) {
        const api::Text* stable = node.metadata.labels.find("kubernetes.io/" + std::string(name));
        if (!stable) continue;  // nothing to follow
        const std::string beta = "beta.kubernetes.io/" + std::string(name);
        const api::Text* now = node.metadata.labels.find(beta);
        if (!now || *now != *stable) labels.set(beta, *stable);
    }
    return labels;
}

}  // namespace

bool NodeLifecycle::needs_reconciling(const api::Node& node) {
    return !no_schedule_change(node, api::Timestamp()).empty() || !missing_labels(node).empty();
}

sim::Task<api::Status> NodeLifecycle::reconcile_node(control::WorkQueue::Item item) {
    const auto node = nodes_.get<api::Node>(item.key);
    if (!node) co_return api::Status();
    TaintChange change = no_schedule_change(*node, process_.server().wall_clock());
    api::Status result;
    if (!change.empty()) {
        auto swapping = swap_taints(client_, node, std::move(change.added), std::move(change.gone));
        result = co_await std::move(swapping);
    }
    api::TextMap labels = missing_labels(*node);
    if (!labels.empty()) {
        auto labelling = add_labels(client_, node->metadata.name, std::move(labels));
        api::Status labelled = co_await std::move(labelling);
        if (result.ok()) result = labelled;
    }
    // Upstream tries again only when the node changes.
    co_return result;
}

Zone& NodeLifecycle::zone_of_new(const api::Node& node) {
    Zone& zone = zones_[zone_of(node)];
    if (zone.has_state) return zone;
    zone.has_state = true;
    zone.state = ZoneState::Initial;
    zone.limiter = EvictionLimiter();
    zone.queue = TaintQueue();
    return zone;
}

void NodeLifecycle::plan_tainting() {
    if (tainting_) return;  // planned at its end
    sim::Time due = sim::kNever;
    for (const auto& entry : zones_) {
        const TaintQueue::Entry* head = entry.second.queue.head();
        if (!head) continue;
        due = std::min(due, std::max(entry.second.limiter.free_at(), head->process_at));
    }
    if (due != sim::kNever) {
        due = std::max(due, now());
        const sim::Duration past = (due - taint_grid_) % kTaintPeriod;
        if (due <= taint_grid_) {
            due = taint_grid_;
        } else if (past != 0ns) {
            due += kTaintPeriod - past;
        }
    }
    if (due == taint_due_) return;
    if (taint_event_) process_.engine().cancel(*taint_event_);
    taint_event_.reset();
    taint_due_ = due;
    if (due == sim::kNever) return;
    taint_event_ = process_.engine().call_at(due, kind_of(Wait::PollGrid), [this] {
        taint_event_.reset();
        taint_due_ = sim::kNever;
        tainting_ = true;
        process_.spawn("node tainting", taint_pass());
    });
}

sim::Task<void> NodeLifecycle::taint_pass() {
    std::vector<api::Text> names;
    for (const auto& entry : zones_) names.push_back(entry.first);
    for (const api::Text& name : names) {
        Zone& zone = zones_[name];
        while (zone.queue.head()) {
            if (!zone.limiter.try_accept(now())) break;
            const TaintQueue::Entry head = *zone.queue.head();
            if (now() < head.process_at) break;
            const sim::Time tried = now();
            auto tainting = taint_no_execute(head.node);
            const bool done = co_await std::move(tainting);
            if (done) {
                zone.queue.handled(head.node);
            } else {
                zone.queue.put_off(head.node, tried + 1ns);
            }
        }
    }
    tainting_ = false;
    taint_grid_ = now() + kTaintPeriod;
    plan_tainting();
}

sim::Task<bool> NodeLifecycle::taint_no_execute(api::Text name) {
    const auto node = nodes_.get<api::Node>(api::Key({}, name));
    if (!node) co_return true;
    const api::Condition* ready = find_condition(node->status.conditions, "Ready");
    if (!ready || ready->status == "True") co_return true;  // it is back
    const bool silent = ready->status == "Unknown";
    const api::Timestamp clock = process_.server().wall_clock();
    std::vector<api::Taint> added = {
        new_taint(silent ? taint::kUnreachable : taint::kNotReady, taint::kNoExecute, clock)};
    std::vector<api::Taint> gone = {
        new_taint(silent ? taint::kNotReady : taint::kUnreachable, taint::kNoExecute, clock)};
    auto swapping = swap_taints(client_, node, std::move(added), std::move(gone));
    api::Status status = co_await std::move(swapping);
    co_return status.ok();
}

sim::Task<void> NodeLifecycle::handle_disruption() {
    std::map<api::Text, ZoneState> states;
    bool all_are_full = true, all_were_full = true;
    for (auto& entry : zones_) {
        Zone& zone = entry.second;
        if (zone.count.total() == 0) {
            zone.has_state = false;  // nobody is left there
            continue;
        }
        zone.has_state = true;
        states[entry.first] = state_of(zone.count);
        all_are_full = all_are_full && states[entry.first] == ZoneState::Full;
        all_were_full = all_were_full && zone.state == ZoneState::Full;
    }
    if (all_are_full && all_were_full) co_return;
    if (all_are_full) {
        auto stopping = stop_evictions();
        co_await std::move(stopping);
        co_return;
    }
    if (all_were_full) {
        resume_evictions(states);
        co_return;
    }
    for (const auto& entry : states) {
        Zone& zone = zones_[entry.first];
        if (zone.state == entry.second) continue;
        zone.set_limiter(entry.second, now());
        zone.state = entry.second;
    }
}

// No node answers: more likely it is the network of the control plane. Nothing is evicted.
sim::Task<void> NodeLifecycle::stop_evictions() {
    std::vector<api::Ref<api::Node>> all;
    nodes_.for_each([&](const api::ObjectRef& o) { all.push_back(api::as<api::Node>(o)); });
    for (const api::Ref<api::Node>& node : all) {
        auto marking = mark_reachable(node);
        api::Status status = co_await std::move(marking);
        (void)status;  // told by the node's next pass
    }
    for (auto& entry : zones_) {
        if (!entry.second.has_state) continue;
        entry.second.limiter.swap(EvictionLimiter::kNone, now());
        entry.second.state = ZoneState::Full;
    }
}

// Some answer again: all get their full grace anew.
void NodeLifecycle::resume_evictions(const std::map<api::Text, ZoneState>& states) {
    for (const auto& entry : known_) {
        Health& health = health_[entry.first];
        health.probe = now();
        set_deadline(entry.first, health, health.ready);
        // Those still lost are queued for their taint again by the next pass.
        if (!health.ready.empty() && health.ready != "True") dirty_.insert(entry.first);
    }
    for (const auto& entry : states) {
        zones_[entry.first].set_limiter(entry.second, now());
        zones_[entry.first].state = entry.second;
    }
}

}  // namespace model::workload
