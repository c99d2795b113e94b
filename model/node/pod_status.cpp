#include "model/node/pod_status.hpp"

#include <algorithm>

#include "model/api/timestamp.hpp"

namespace model::node {

namespace {

using api::Condition;
using api::Value;

constexpr std::string_view kOwnConditions[] = {"PodReadyToStartContainers", "Initialized", "Ready",
                                               "ContainersReady", "PodScheduled"};

constexpr std::string_view kDisruption = "DisruptionTarget";

bool is_own(std::string_view type) {
    return std::find(std::begin(kOwnConditions), std::end(kOwnConditions), type) !=
           std::end(kOwnConditions);
}

std::string clock(const StatusView& view, sim::Time at) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    return api::Timestamp{view.start_unix_seconds + seconds}.to_string();
}

Value ended(const StatusView& view, const Container& c) {
    Value end;
    end["containerID"] = c.id;
    end["exitCode"] = c.exit_code;
    end["finishedAt"] = clock(view, c.finished);
    end["reason"] = c.exit_code == 0 ? "Completed" : "Error";
    end["startedAt"] = clock(view, c.started);
    Value state;
    state["terminated"] = std::move(end);
    return state;
}

Value container_status(const StatusView& view, const Value& spec, bool has_init) {
    const Value* name = spec.find("name");
    const Value* image = spec.find("image");
    Value status;
    status["name"] = *name;
    status["image"] = image ? *image : Value("");
    status["imageID"] = "";
    status["lastState"] = Value::map();
    status["ready"] = false;
    status["restartCount"] = 0;
    status["started"] = false;
    const Container* c = view.sandbox ? view.sandbox->find(name->as_string()) : nullptr;
    const auto waits = view.waiting.find(name->as_text());
    if (!c) {
        Value waiting;
        waiting["reason"] = has_init ? "PodInitializing" : "ContainerCreating";
        status["state"]["waiting"] = std::move(waiting);
        return status;
    }
    status["containerID"] = c->id;
    status["restartCount"] = c->restarts;
    const auto last = view.sandbox->last_ended.find(c->name);
    if (last != view.sandbox->last_ended.end()) status["lastState"] = ended(view, last->second);
    if (c->state == Container::State::Running) {
        status["ready"] = true;
        status["started"] = true;
        status["state"]["running"]["startedAt"] = clock(view, c->started);
    } else if (waits != view.waiting.end()) {
        status["lastState"] = ended(view, *c);
        status["state"]["waiting"]["reason"] = waits->second.first;
        status["state"]["waiting"]["message"] = waits->second.second;
    } else {
        status["state"] = ended(view, *c);
        if (c->init && c->exit_code == 0) status["ready"] = true;
    }
    return status;
}

Value container_statuses(const StatusView& view, const Value& specs, bool has_init) {
    Value all = Value::list();
    for (const Value& spec : specs.as_list()) all.push_back(container_status(view, spec, has_init));
    return all;
}

Condition condition(std::string_view type, bool holds, std::string_view reason = {},
                    std::string message = {}) {
    Condition c;
    c.type = type;
    c.status = holds ? "True" : "False";
    c.reason = reason;
    c.message = message;
    return c;
}

std::string bracketed(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const std::string& name : names) text += (text.size() > 1 ? " " : "") + name;
    return text + "]";
}

std::vector<std::string> unready(const Value& statuses) {
    std::vector<std::string> names;
    for (const Value& s : statuses.as_list())
        if (const Value* ready = s.find("ready"); !ready || !ready->as_bool())
            names.emplace_back(s.find("name")->as_string());
    return names;
}

// Of Ready and ContainersReady alike.
Condition readiness(std::string_view type, const Value& statuses, std::string_view phase) {
    if (phase == "Succeeded") return condition(type, false, "PodCompleted");
    if (phase == "Failed") return condition(type, false, "PodFailed");
    const std::vector<std::string> names = unready(statuses);
    if (names.empty()) return condition(type, true);
    return condition(type, false, "ContainersNotReady",
                     "containers with unready status: " + bracketed(names));
}

Condition initialized(const Value& init_statuses, std::string_view phase) {
    if (phase == "Succeeded") return condition("Initialized", true, "PodCompleted");
    const std::vector<std::string> names = unready(init_statuses);
    if (names.empty()) return condition("Initialized", true);
    return condition("Initialized", false, "ContainersNotInitialized",
                     "containers with incomplete status: " + bracketed(names));
}

const Condition* find(const api::List<Condition>& all, std::string_view type) {
    for (const Condition& c : all)
        if (c.type == type) return &c;
    return nullptr;
}

struct Tally {
    int running = 0, waiting = 0, stopped = 0, succeeded = 0;
};

Tally tally(const Value& statuses) {
    Tally t;
    for (const Value& s : statuses.as_list()) {
        const Value* ended = s.at({"state", "terminated"});
        if (!ended && s.at({"state", "waiting"})) ended = s.at({"lastState", "terminated"});
        if (s.at({"state", "running"})) {
            ++t.running;
        } else if (ended) {
            ++t.stopped;
            if (const Value* code = ended->find("exitCode"); code && code->as_int() == 0)
                ++t.succeeded;
        } else {
            ++t.waiting;
        }
    }
    return t;
}

void note_transitions(api::PodStatus& status, const api::PodStatus& before, api::Timestamp now) {
    for (Condition& c : status.conditions) {
        const Condition* old = find(before.conditions, c.type);
        c.lastTransitionTime = old && old->status == c.status && old->lastTransitionTime
                                   ? old->lastTransitionTime
                                   : std::optional<api::Timestamp>(now);
    }
}

}  // namespace

std::vector<api::Text> names_of(const Value& containers) {
    std::vector<api::Text> names;
    for (const Value& c : containers.as_list())
        if (const Value* name = c.find("name")) names.push_back(name->as_text());
    return names;
}

bool is_final(std::string_view phase) { return phase == "Succeeded" || phase == "Failed"; }

std::string_view phase_of(const api::Pod& pod, const Value& containers,
                          const Value& init_containers, bool terminal) {
    const Tally init = tally(init_containers);
    const int init_failed = init.stopped - init.succeeded;
    if (init_failed > 0 && pod.spec.restartPolicy == "Never") return "Failed";
    if (init.running + init.waiting + init_failed > 0) return "Pending";
    const Tally t = tally(containers);
    if (t.waiting > 0) return "Pending";
    if (t.running > 0) return "Running";
    if (t.stopped == 0) return "Pending";
    const bool all_well = t.stopped == t.succeeded;
    if (terminal) return all_well ? "Succeeded" : "Failed";
    if (pod.spec.restartPolicy == "Always" || pod.spec.restartPolicy.empty()) return "Running";
    if (all_well) return "Succeeded";
    return pod.spec.restartPolicy == "Never" ? "Failed" : "Running";
}

api::PodStatus status_of(const StatusView& view, const Profile& profile) {
    const api::Pod& pod = *view.pod;
    const api::PodStatus& before = view.before ? *view.before : pod.status;
    api::PodStatus s;
    s.extra = pod.status.extra;
    s.nominatedNodeName = pod.status.nominatedNodeName;
    const bool has_init = !pod.spec.initContainers.as_list().empty();
    s.containerStatuses = container_statuses(view, pod.spec.containers, has_init);
    if (has_init) s.initContainerStatuses = container_statuses(view, pod.spec.initContainers, true);
    s.phase = phase_of(pod, s.containerStatuses, s.initContainerStatuses, view.terminal);
    if (!is_final(s.phase)) {
        if (is_final(before.phase)) {
            s.phase = before.phase;
        } else if (is_final(pod.status.phase)) {
            s.phase = pod.status.phase;
        }
    }
    if (s.phase == before.phase) {
        s.reason = before.reason.empty() ? pod.status.reason : before.reason;
        s.message = before.message.empty() ? pod.status.message : before.message;
    }
    if (const Condition* disruption = find(before.conditions, kDisruption))
        s.conditions.push_back(*disruption);
    if (profile.pod_tells_sandbox)
        s.conditions.push_back(
            condition("PodReadyToStartContainers", view.sandbox && view.sandbox->ready));
    s.conditions.push_back(initialized(s.initContainerStatuses, s.phase));
    s.conditions.push_back(readiness("Ready", s.containerStatuses, s.phase));
    s.conditions.push_back(readiness("ContainersReady", s.containerStatuses, s.phase));
    s.conditions.push_back(condition("PodScheduled", true));
    const api::Timestamp now = *api::Timestamp::parse(clock(view, view.now));
    s.startTime = before.startTime ? before.startTime : pod.status.startTime;
    if (!s.startTime) s.startTime = now;
    note_transitions(s, before, now);
    s.hostIP = view.host_ip;
    if (view.sandbox && !view.sandbox->ip.empty()) {
        s.podIP = view.sandbox->ip;
        Value ip;
        ip["ip"] = view.sandbox->ip;
        s.extra["podIPs"] = Value::list({ip});
    }
    Value host;
    host["ip"] = view.host_ip;
    if (profile.pod_tells_sandbox) s.extra["hostIPs"] = Value::list({host});
    return s;
}

api::PodStatus merged(const api::PodStatus& on_server, api::PodStatus mine, bool may_run) {
    const bool ends = !is_final(on_server.phase) && is_final(mine.phase);
    const bool tells_disruption = ends && !may_run && find(mine.conditions, kDisruption);
    api::List<Condition> conditions;
    for (const Condition& c : on_server.conditions) {
        const bool replaced = tells_disruption && c.type == kDisruption;
        if (!is_own(c.type) && !replaced) conditions.push_back(c);
    }
    for (const Condition& c : std::as_const(mine.conditions))
        if (is_own(c.type) || (tells_disruption && c.type == kDisruption)) conditions.push_back(c);
    mine.conditions = std::move(conditions);
    if (ends && may_run) {
        mine.phase = on_server.phase;
        mine.reason = on_server.reason;
        mine.message = on_server.message;
    }
    return mine;
}

api::PodStatus terminated(api::PodStatus status) {
    Value statuses = Value::list();
    for (const Value& s : status.containerStatuses.as_list()) {
        Value copy = s;
        if (!s.at({"state", "terminated"})) {
            Value end;
            end["exitCode"] = 137;
            end["message"] = "The container could not be located when the pod was terminated";
            end["reason"] = "ContainerStatusUnknown";
            end["finishedAt"] = Value();
            end["startedAt"] = Value();
            copy["state"] = Value::map({{"terminated", std::move(end)}});
        }
        statuses.push_back(std::move(copy));
    }
    status.containerStatuses = std::move(statuses);
    if (!is_final(status.phase)) status.phase = "Failed";
    return status;
}

namespace {

void differ(Value& patch, std::string_view field, const api::Text& from, const api::Text& to) {
    if (from == to) return;
    patch[field] = to.empty() ? Value() : Value(to);
}

// Timestamps are of a turn only: where nothing turned they are the old ones.
Value condition_patch(const Condition* old, const Condition& c) {
    Value entry;
    entry["type"] = c.type;
    entry["status"] = c.status;
    if (c.lastTransitionTime) entry["lastTransitionTime"] = c.lastTransitionTime->to_string();
    for (const auto& [field, was, is] :
         {std::tuple<const char*, api::Text, api::Text>("reason", old ? old->reason : api::Text(),
                                                        c.reason),
          {"message", old ? old->message : api::Text(), c.message}}) {
        if (!is.empty()) {
            entry[field] = is;
        } else if (!was.empty()) {
            entry[field] = Value();
        }
    }
    return entry;
}

Value conditions_patch(const api::PodStatus& from, const api::PodStatus& to, Value& order) {
    Value changed = Value::list();
    for (const Condition& c : to.conditions) {
        order.push_back(Value::map({{"type", Value(c.type)}}));
        const Condition* old = find(from.conditions, c.type);
        const bool same =
            old && old->status == c.status && old->reason == c.reason && old->message == c.message;
        if (!same) changed.push_back(condition_patch(old, c));
    }
    return changed;
}

}  // namespace

Value status_patch(const api::PodStatus& from, const api::PodStatus& to) {
    Value patch;
    differ(patch, "phase", from.phase, to.phase);
    differ(patch, "reason", from.reason, to.reason);
    differ(patch, "message", from.message, to.message);
    differ(patch, "hostIP", from.hostIP, to.hostIP);
    differ(patch, "podIP", from.podIP, to.podIP);
    if (from.startTime != to.startTime && to.startTime)
        patch["startTime"] = to.startTime->to_string();
    if (!(from.containerStatuses == to.containerStatuses))
        patch["containerStatuses"] = to.containerStatuses;
    if (!(from.initContainerStatuses == to.initContainerStatuses))
        patch["initContainerStatuses"] = to.initContainerStatuses;
    for (const char* list : {"podIPs", "hostIPs"}) {
        const Value* was = from.extra.find(list);
        const Value* is = to.extra.find(list);
        if (is && (!was || !(*was == *is))) patch[list] = *is;
    }
    Value order = Value::list();
    Value conditions = conditions_patch(from, to, order);
    if (!conditions.as_list().empty()) {
        patch["$setElementOrder/conditions"] = std::move(order);
        patch["conditions"] = std::move(conditions);
    }
    return patch;
}

}  // namespace model::node
