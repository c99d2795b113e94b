#include "model/scheduler/scheduler.hpp"

#include <algorithm>

namespace model::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kComponent = "default-scheduler";
constexpr std::string_view kNoNodes = "no nodes available to schedule pods";

// What a victim is told before it is deleted.
api::Value disruption(bool old_words, api::Timestamp now) {
    api::Value condition;
    condition["type"] = "DisruptionTarget";
    condition["status"] = "True";
    condition["reason"] = old_words ? "PreemptionByKubeScheduler" : "PreemptionByScheduler";
    condition["message"] =
        std::string(kComponent) + ": preempting to accommodate a higher priority pod";
    condition["lastTransitionTime"] = now.to_string();
    condition["lastProbeTime"] = api::Value();
    api::Value body;
    body["status"]["conditions"].push_back(std::move(condition));
    return body;
}

}  // namespace

Scheduler::Scheduler(control::Process& process, control::Client& client,
                     control::Client& event_client, SchedulerSetting setting)
    : process_(process),
      client_(client),
      setting_(std::move(setting)),
      release_(Release::of(setting_.profile)),
      informers_(process),
      rules_(setting_.profile, process.informer(api::Kind::Namespace)),
      queue_(process.engine(), setting_.profile, process.life(), setting_.first_flush,
             [this](const QueuedPod& entry, const ClusterEvent& event) {
                 return rules_.wakes(entry, event);
             }),
      binder_(process, client, informers_),
      volume_filters_(informers_, cache_, setting_.profile),
      topology_(process, cache_),
      placement_(process, cache_, binder_, volume_filters_, topology_, setting_.choices),
      preemption_(process, cache_, placement_, topology_),
      events_(process, event_client, std::string(kComponent)) {
    add_handlers();
}

void Scheduler::start() { process_.spawn("scheduling", run()); }

sim::Task<void> Scheduler::run() {
    for (;;) {
        auto next = queue_.next();
        QueuedPodRef entry = co_await std::move(next);
        process_.journal().link(
            Link{process_.engine().current().seq, entry->parent, Wait::WorkQueue});
        auto scheduling = schedule(std::move(entry));
        co_await std::move(scheduling);
    }
}

sim::Task<void> Scheduler::schedule(QueuedPodRef entry) {
    const PodRef pod = entry->pod;
    if (pod->pod->metadata.terminating()) {
        events_.record(*pod->pod, control::EventType::Warning, "FailedScheduling", "Scheduling",
                       "skip schedule deleting pod: " + pod->key().to_string());
        queue_.done(pod->uid());
        co_return;
    }
    if (cache_.is_assumed(pod->uid())) {
        queue_.done(pod->uid());
        co_return;
    }
    Attempt attempt;
    Placement::Outcome outcome = placement_.place(*pod, attempt, entry->attempts);
    if (outcome.node.empty()) {
        Victims victims;
        Failure failure = why_not(*pod, attempt, std::move(outcome), victims);
        if (!victims.node.empty()) {
            auto preempting = preempt(pod, std::move(victims));
            if (setting_.profile.on(Gate::SchedulerAsyncPreemption)) {
                process_.spawn("preemption for " + pod->key().to_string(), std::move(preempting));
            } else {
                co_await std::move(preempting);
            }
        }
        auto failing = fail(std::move(entry), std::move(failure));
        co_await std::move(failing);
        co_return;
    }
    cache_.assume(pod, outcome.node);
    placement_.drop_nomination(pod->uid());
    PodVolumes volumes = std::move(attempt.claims.by_node[outcome.node]);
    const api::Result<bool> all_bound =
        attempt.claims.none ? api::Result<bool>(true) : binder_.assume(*pod, outcome.node, volumes);
    if (!all_bound) {
        cache_.forget(pod->uid());
        Failure failure;
        failure.message =
            "running Reserve plugin \"VolumeBinding\": " + all_bound.error().message.str();
        failure.is_error = true;
        failure.nominate = api::Text();
        auto failing = fail(std::move(entry), std::move(failure));
        co_await std::move(failing);
        co_return;
    }
    const std::string name = "binding of " + pod->key().to_string();
    binding_.insert(pod->key());
    process_.spawn(name, bind(std::move(entry), pod, outcome.node, std::move(volumes), *all_bound));
}

Scheduler::Failure Scheduler::why_not(const PodInfo& pod, const Attempt& attempt,
                                      Placement::Outcome outcome, Victims& victims) const {
    Failure failure;
    if (cache_.node_count() == 0) {
        failure.message = kNoNodes;
        failure.nominate = api::Text();
        return failure;
    }
    if (!outcome.error.empty()) {
        failure.message = outcome.error;
        failure.is_error = true;
        failure.nominate = api::Text();
        return failure;
    }
    Diagnosis& d = outcome.diagnosis;
    failure.rejected_by = d.rejected_by;
    // A refusal by a volume plugin before the nodes comes before DynamicResources has looked at the
    // pod, whose attempt to make room then fails, and ends all of them.
    if (release_.plugins_before_preemption && d.before_nodes_code == Code::Unresolvable) {
        d.after = "not found";
    } else {
        victims = preemption_.find(pod, attempt, d);
        d.after = victims.message;
        if (release_.plugins_before_preemption && victims.node.empty())
            d.after = "no new claims to deallocate, " + d.after;
        if (!victims.node.empty()) failure.nominate = victims.node;
        if (victims.clears_nomination) failure.nominate = api::Text();
    }
    failure.message = fit_error(d, release_);
    return failure;
}

// The pod goes back to the queue, then it is told; the next pod waits for that.
sim::Task<void> Scheduler::fail(QueuedPodRef entry, Failure failure) {
    const PodRef before = entry->pod;
    const api::Key key = before->key();
    if (entry->message == failure.message) {
        repeating_.insert(key);
    } else {
        repeating_.erase(key);
    }
    entry->message = failure.message;
    api::Ref<api::Pod> about = before->pod;
    const api::Ref<api::Pod> cached = informers_.pods.get<api::Pod>(key);
    const bool same = cached && cached->metadata.uid == before->uid();
    if (!same || !cached->spec.nodeName.empty()) {
        queue_.done(before->uid());
        if (cached && !same && release_.fails_with_cached_pod) co_return;
    } else {
        queue_.put_back(entry, make_pod_info(cached), failure.rejected_by);
        if (release_.fails_with_cached_pod) about = cached;
    }
    if (failure.nominate) {
        if (failure.nominate->empty()) {
            placement_.drop_nomination(before->uid());
        } else {
            placement_.nominate(before, *failure.nominate);
        }
    }
    events_.record(*about, control::EventType::Warning, "FailedScheduling", "Scheduling",
                   truncated_note(failure.message));
    auto telling = tell_status(about, failure.is_error ? "SchedulerError" : "Unschedulable",
                               failure.message, failure.nominate);
    api::Status told = co_await std::move(telling);
    (void)told;  // as upstream: an error is logged only
}

sim::Task<void> Scheduler::preempt(PodRef pod, Victims victims) {
    const bool old_words = setting_.profile.minor <= 26;
    for (const PodRef& victim : victims.pods) {
        api::Value body = disruption(old_words, process_.server().wall_clock());
        auto patching = client_.patch<api::Pod>(
            victim->key(), std::move(body), api::PatchType::Strategic, api::Subresource::Status);
        api::Result<api::Ref<api::Pod>> patched = co_await std::move(patching);
        if (!patched) continue;  // gone, or no server: it is tried again with the pod
        api::DeleteOptions options;
        auto deleting = client_.remove(api::Kind::Pod, victim->key(), std::move(options));
        api::Response deleted = co_await std::move(deleting);
        if (!deleted.status.ok()) continue;
        const std::string who = old_words ? std::string("a pod") : "pod " + pod->uid().str();
        events_.record(*victim->pod, control::EventType::Normal, "Preempted", "Preempting",
                       "Preempted by " + who + " on node " + victims.node.str());
    }
    for (const PodRef& other : placement_.nominated_below(victims.node, pod->priority)) {
        placement_.drop_nomination(other->uid());
        auto clearing = tell_status(other->pod, "", "", api::Text());
        api::Status cleared = co_await std::move(clearing);
        (void)cleared;
    }
}

}  // namespace model::scheduler
