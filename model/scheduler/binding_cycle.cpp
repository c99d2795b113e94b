// What follows a decision, beside the decisions about other pods: volumes, the binding itself, and
// what is told of either. Counterpart: schedule_one.go bindingCycle, handleBindingCycleError,
// updatePod; util.PatchPodStatus.
#include "model/scheduler/scheduler.hpp"

namespace model::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr int kPatchTries = 4;  // retry.DefaultBackoff
constexpr sim::Duration kFirstPause = 10ms;
constexpr int kPauseFactor = 5;

const api::Condition* find_scheduled(const api::Pod& pod) {
    for (const api::Condition& c : pod.status.conditions)
        if (c.type == "PodScheduled") return &c;
    return nullptr;
}

// The condition as it should be; null where it is so already.
api::Value condition_patch(const api::Pod& pod, const std::string& reason,
                           const std::string& message, api::Timestamp now, bool generation) {
    const api::Condition* known = find_scheduled(pod);
    if (known && known->status == "False" && known->reason == reason && known->message == message)
        return {};
    if (known && known->status == "False" && known->lastTransitionTime)
        now = *known->lastTransitionTime;
    api::Value c;
    c["type"] = "PodScheduled";
    c["status"] = "False";
    c["reason"] = reason;
    c["message"] = message;
    c["lastProbeTime"] = api::Value();
    c["lastTransitionTime"] = now.to_string();
    if (generation && pod.metadata.generation != 0)
        c["observedGeneration"] = pod.metadata.generation;
    return c;
}

bool worth_a_retry(const api::Status& s) {
    return s.is(api::Reason::InternalError) || s.is(api::Reason::ServiceUnavailable) ||
           s.is(api::Reason::ConnectionRefused);
}

}  // namespace

sim::Task<void> Scheduler::bind(QueuedPodRef entry, PodRef pod, api::Text node, PodVolumes volumes,
                                bool all_bound) {
    if (!all_bound) {
        if (setting_.profile.on(Gate::NominatedNodeNameForExpectation)) {
            auto telling = tell_status(pod->pod, "", "", node);
            api::Status told = co_await std::move(telling);
            (void)told;  // as upstream: logged only
        }
        queue_.done(pod->uid());
        PodVolumes wanted = volumes;
        auto binding = binder_.bind(pod, node, std::move(wanted));
        api::Status bound = co_await std::move(binding);
        if (!bound.ok()) {
            auto failing =
                fail_binding(std::move(entry), pod, std::move(volumes),
                             "running PreBind plugin \"VolumeBinding\": " + bound.message.str());
            co_await std::move(failing);
            co_return;
        }
    }
    queue_.done(pod->uid());
    auto asking = bind_pod(pod, node);
    api::Status bound = co_await std::move(asking);
    if (!bound.ok()) {
        auto failing =
            fail_binding(std::move(entry), pod, std::move(volumes),
                         "running Bind plugin \"DefaultBinder\": " + bound.message.str());
        co_await std::move(failing);
        co_return;
    }
    binding_.erase(pod->key());
    repeating_.erase(pod->key());
    events_.record(*pod->pod, control::EventType::Normal, "Scheduled", "Binding",
                   "Successfully assigned " + pod->key().to_string() + " to " + node.str());
}

sim::Task<void> Scheduler::fail_binding(QueuedPodRef entry, PodRef pod, PodVolumes volumes,
                                        std::string message) {
    binding_.erase(pod->key());
    binder_.revert(volumes);
    cache_.forget(pod->uid());
    // As if the pod had been on its node and were gone.
    queue_.move(ClusterEvent(Resource::Pod, action::kDelete, pod->pod));
    Failure failure;
    failure.message = std::move(message);
    failure.is_error = true;
    failure.nominate = api::Text();
    auto failing = fail(std::move(entry), std::move(failure));
    co_await std::move(failing);
}

sim::Task<api::Status> Scheduler::bind_pod(PodRef pod, api::Text node) {
    api::Request request;
    request.verb = Verb::Create;
    request.kind = api::Kind::Pod;
    request.key = pod->key();
    request.subresource = api::Subresource::Binding;
    request.manifest["metadata"]["name"] = pod->key().name;
    request.manifest["metadata"]["namespace"] = pod->key().ns;
    request.manifest["metadata"]["uid"] = pod->uid();
    request.manifest["target"]["kind"] = "Node";
    request.manifest["target"]["name"] = node;
    auto call = client_.call(std::move(request));
    api::Response answer = co_await std::move(call);
    co_return answer.status;
}

sim::Task<api::Status> Scheduler::tell_status(api::Ref<api::Pod> pod, std::string reason,
                                              std::string message,
                                              std::optional<api::Text> nominate) {
    api::Value status;
    if (!message.empty()) {
        api::Value c = condition_patch(*pod, reason, message, process_.server().wall_clock(),
                                       release_.tells_generation);
        if (!c.is_null()) status["conditions"].push_back(std::move(c));
    }
    if (nominate && *nominate != pod->status.nominatedNodeName)
        status["nominatedNodeName"] = nominate->empty() ? api::Value() : api::Value(*nominate);
    if (status.is_null()) co_return api::Status();
    api::Value body;
    body["status"] = std::move(status);
    sim::Duration pause = kFirstPause;
    api::Status last;
    for (int tries = 1; tries <= kPatchTries; ++tries) {
        api::Value sent = body;
        auto patching = client_.patch<api::Pod>(
            pod->key(), std::move(sent), api::PatchType::Strategic, api::Subresource::Status);
        api::Result<api::Ref<api::Pod>> patched = co_await std::move(patching);
        if (patched) co_return api::Status();
        last = patched.error();
        if (!worth_a_retry(last) || tries == kPatchTries) break;
        co_await process_.engine().sleep_for(pause, kind_of(Wait::Backoff));
        pause *= kPauseFactor;
    }
    co_return last;
}

}  // namespace model::scheduler
