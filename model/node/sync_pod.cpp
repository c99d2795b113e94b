// Kubelet: one round for a pod: bringing it up, taking it down, tearing it down. Counterparts:
// kubelet.go SyncPod, SyncTerminatingPod, SyncTerminatedPod and kuberuntime_manager.go SyncPod,
// KillPod.
#include <algorithm>

#include "model/node/kubelet_parts.hpp"
#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kCrashBackoff = 10s, kCrashBackoffMost = 300s;

bool restarts(const api::Pod& pod, const Container& c) {
    if (c.init) return pod.spec.restartPolicy != "Never" && c.exit_code != 0;
    if (pod.spec.restartPolicy == "Never") return false;
    return pod.spec.restartPolicy != "OnFailure" || c.exit_code != 0;
}

std::string container_path(const api::Text& name, bool init) {
    return (init ? "spec.initContainers{" : "spec.containers{") + name.str() + "}";
}

api::Condition disrupted(const std::string& why) {
    api::Condition c;
    c.type = "DisruptionTarget";
    c.status = "True";
    c.reason = "TerminationByKubelet";
    c.message = why;
    return c;
}

}  // namespace

api::PodStatus Kubelet::status(const PodWorker& worker, bool terminal) const {
    StatusView view;
    view.pod = worker.pod.get();
    view.sandbox = parts_->pleg->seen(worker.uid);
    view.before = parts_->statuses->find(worker.uid);
    view.host_ip = setting_.machine->containers.host_ip();
    view.start_unix_seconds = setting_.start_unix_seconds;
    view.now = engine_.now();
    view.terminal = terminal;
    for (auto b = backoffs_.lower_bound({worker.uid, api::Text()});
         b != backoffs_.end() && b->first.first == worker.uid; ++b)
        if (!b->second.reason.empty())
            view.waiting[b->first.second] = {b->second.reason, b->second.message};
    return status_of(view, setting_.profile);
}

sim::Task<RoundEnd> Kubelet::sync_pod(PodWorker& worker) {
    Parts& p = *parts_;
    const api::Ref<api::Pod> pod = worker.pod;
    api::PodStatus now = status(worker, false);
    RoundEnd end;
    end.terminal = is_final(now.phase);
    p.statuses->set(*pod, std::move(now));
    if (end.terminal) co_return end;
    if (!worker.terminating_at || !setting_.profile.kubelet_cancels_syncs) {
        worker.doing = "waits for its volumes";
        auto waiting = p.volumes->wait_for_mount(pod, worker);
        const VolumeManager::Waited waited = co_await std::move(waiting);
        if (!waited.error.empty()) {
            auto looking = exceeds_attach_limit(worker.uid);
            const bool exceeds = co_await std::move(looking);
            if (exceeds && !waited.interrupted) {
                const std::string why =
                    "Node has reached its volume attachment limit, rejecting pod. " + waited.error;
                p.recorder->record(*pod, control::EventType::Warning,
                                   "VolumeAttachmentLimitExceeded", why);
                api::PodStatus rejected = status(worker, false);
                rejected.phase = "Failed";
                rejected.reason = "VolumeAttachmentLimitExceeded";
                rejected.message = "Pod was rejected: " + why;
                p.statuses->set(*pod, std::move(rejected));
                end.terminal = true;
                co_return end;
            }
            if (!waited.timed_out || setting_.profile.kubelet_tells_mount_timeouts)
                p.recorder->record(*pod, control::EventType::Warning, "FailedMount",
                                   "Unable to attach or mount volumes: " + waited.error);
            co_return RoundEnd(waited.error);
        }
    }
    auto running = run_containers(worker);
    co_return co_await std::move(running);
}

// volume_manager.go VerifyExhaustedResource: a driver that says so often asks is asked again.
sim::Task<bool> Kubelet::exceeds_attach_limit(api::Text pod_uid) {
    if (!setting_.profile.on(Gate::MutableCSINodeAllocatableCount)) co_return false;
    const std::vector<VolumeSpec> unattached = parts_->volumes->unattached(pod_uid);
    for (const VolumeSpec& spec : unattached) {
        const auto* source = spec.csi();
        if (!source || !parts_->volumes->updates_limit(spec.driver())) continue;
        const api::Text name(attachment_name(source->volumeHandle, source->driver, setting_.node));
        auto reading = parts_->client->get<api::VolumeAttachment>(api::Key("", name));
        const api::Result<api::Ref<api::VolumeAttachment>> found = co_await std::move(reading);
        if (!found || !(*found)->status.attachError) continue;
        constexpr std::int64_t kResourceExhausted = 8;
        if ((*found)->status.attachError->errorCode.value_or(0) != kResourceExhausted) continue;
        auto refreshing = parts_->plugins->install(spec.driver());
        co_await std::move(refreshing);  // an error of it is not told
        co_return true;
    }
    co_return false;
}

// kuberuntime_manager.go computePodActions and SyncPod: a sandbox, then init containers one after
// the other, then all others.
sim::Task<RoundEnd> Kubelet::run_containers(PodWorker& worker) {
    const api::Ref<api::Pod> pod = worker.pod;
    ContainerRuntime& runtime = setting_.machine->containers;
    sim::Stream& stream = engine_.stream(process_.name() + "/containers");
    worker.doing = "starts containers";
    const PodSandbox* sandbox = runtime.find(worker.uid);
    if (!sandbox || !sandbox->ready) {
        const sim::Duration delay = setting_.options.make_sandbox.sample(stream);
        co_await engine_.sleep_for(delay, kind_of(Wait::Start));
        runtime.make_sandbox(*pod);
    }
    for (const api::Text& name : names_of(pod->spec.initContainers)) {
        const Container* known = runtime.find(worker.uid)->find(name);
        const bool ended = known && known->state == Container::State::Exited;
        if (ended && known->exit_code == 0) continue;
        if (known && !ended) co_return RoundEnd();
        if (ended && (!restarts(*pod, *known) || backs_off(worker, *known))) co_return RoundEnd();
        auto starting = start_container(pod, name, true);
        co_await std::move(starting);
        co_return RoundEnd();
    }
    for (const api::Text& name : names_of(pod->spec.containers)) {
        const Container* known = runtime.find(worker.uid)->find(name);
        if (known) {
            if (known->state == Container::State::Running) continue;
            if (!restarts(*pod, *known) || backs_off(worker, *known)) continue;
        }
        auto starting = start_container(pod, name, false);
        co_await std::move(starting);
    }
    co_return RoundEnd();
}

// A container that ended is started again at once the first time, then after 10 s, doubled up to
// 5 min; one that has run for 10 min begins anew.
bool Kubelet::backs_off(PodWorker& worker, const Container& container) {
    Backoff& b = backoffs_[{worker.uid, container.name}];
    const sim::Time now = engine_.now();
    if (now >= container.finished + b.delay) {
        const bool ran_well = container.finished - container.started > 2 * kCrashBackoffMost;
        b.delay =
            b.delay == 0ns || ran_well ? kCrashBackoff : std::min(b.delay * 2, kCrashBackoffMost);
        b.reason.clear();
        return false;
    }
    b.until = container.finished + b.delay;
    const std::string pod = worker.pod->metadata.name.str() + "_" + worker.pod->metadata.ns.str() +
                            "(" + worker.uid.str() + ")";
    b.reason = "CrashLoopBackOff";
    b.message = "back-off " + sim::to_text(b.delay) +
                " restarting failed container=" + container.name.str() + " pod=" + pod;
    parts_->recorder->record_part(
        *worker.pod, container_path(container.name, container.init), control::EventType::Warning,
        "BackOff",
        "Back-off restarting failed container " + container.name.str() + " in pod " + pod);
    parts_->statuses->set(*worker.pod, status(worker, false));
    engine_.call_at(b.until, kind_of(Wait::Backoff), [this, uid = worker.uid, life = life_] {
        const PodWorker* w = life ? parts_->workers->find(uid) : nullptr;
        if (w && !w->terminating_at) parts_->workers->update(w->pod, PodUpdate::Sync);
    });
    return true;
}

sim::Task<void> Kubelet::start_container(api::Ref<api::Pod> pod, api::Text name, bool init) {
    sim::Stream& stream = engine_.stream(process_.name() + "/containers");
    const std::string path = container_path(name, init);
    const bool named = setting_.profile.container_names_in_events;
    const sim::Duration creating = setting_.options.create_container.sample(stream);
    const sim::Duration starting = setting_.options.start_container.sample(stream);
    co_await engine_.sleep_for(creating, kind_of(Wait::Start));
    parts_->recorder->record_part(*pod, path, control::EventType::Normal, "Created",
                                  named ? "Created container " + name.str() : "Container created");
    co_await engine_.sleep_for(starting, kind_of(Wait::Start));
    setting_.machine->containers.start_container(*pod, name, init);
    parts_->recorder->record_part(*pod, path, control::EventType::Normal, "Started",
                                  named ? "Started container " + name.str() : "Container started");
}

sim::Task<RoundEnd> Kubelet::terminate_pod(PodWorker& worker) {
    Parts& p = *parts_;
    const api::Ref<api::Pod> pod = worker.pod;
    api::PodStatus ending = status(worker, false);
    if (!worker.end_reason.empty()) {
        ending.phase = "Failed";
        ending.reason = worker.end_reason;
        ending.message = worker.end_message;
        ending.conditions.push_back(disrupted(worker.end_message));
    }
    p.statuses->set(*pod, std::move(ending));
    worker.doing = "stops its containers, at most " + std::to_string(worker.grace) + " s";
    auto killing = kill_pod(pod, worker.grace);
    co_await std::move(killing);
    if (!setting_.profile.kubelet_ends_phase) co_return RoundEnd();
    // Told with the last containers' ends, which the runtime is asked for directly.
    StatusView view;
    view.pod = worker.pod.get();
    view.sandbox = setting_.machine->containers.find(worker.uid);
    view.before = p.statuses->find(worker.uid);
    view.host_ip = setting_.machine->containers.host_ip();
    view.start_unix_seconds = setting_.start_unix_seconds;
    view.now = engine_.now();
    view.terminal = true;
    p.statuses->set(*worker.pod, status_of(view, setting_.profile));
    co_return RoundEnd();
}

// All containers at once; each gets the grace period to end.
sim::Task<void> Kubelet::kill_pod(api::Ref<api::Pod> pod, std::int64_t grace) {
    ContainerRuntime& runtime = setting_.machine->containers;
    const PodSandbox* sandbox = runtime.find(pod->metadata.uid);
    if (!sandbox || !sandbox->ready) co_return;
    sim::Time last = engine_.now();
    const std::vector<Container> all = sandbox->containers;
    for (const Container& c : all) {
        if (c.state != Container::State::Running) continue;
        parts_->recorder->record_part(*pod, container_path(c.name, c.init),
                                      control::EventType::Normal, "Killing",
                                      "Stopping container " + c.name.str());
        const ContainerPlan plan = plan_of(*pod, c.name, c.init);
        const sim::Duration most = std::chrono::seconds(grace);
        const bool listens = plan.stop_time && *plan.stop_time <= most;
        const sim::Time at = engine_.now() + (listens ? *plan.stop_time : most);
        runtime.stop_container(pod->metadata.uid, c, at, listens ? 143 : 137);
        last = std::max(last, at);
    }
    co_await engine_.sleep_until(last, kind_of(Wait::Timer));
    sim::Stream& stream = engine_.stream(process_.name() + "/containers");
    const sim::Duration stopping = setting_.options.stop_sandbox.sample(stream);
    co_await engine_.sleep_for(stopping, kind_of(Wait::Timer));
    runtime.stop_sandbox(pod->metadata.uid);
}

sim::Task<RoundEnd> Kubelet::tear_down_pod(PodWorker& worker) {
    Parts& p = *parts_;
    const api::Ref<api::Pod> pod = worker.pod;
    p.statuses->set(*pod, status(worker, setting_.profile.kubelet_ends_phase));
    worker.doing = "waits for its volumes to be unmounted";
    auto waiting = p.volumes->wait_for_unmount(pod);
    std::string error = co_await std::move(waiting);
    if (!error.empty()) co_return RoundEnd(std::move(error));
    p.statuses->finish(*pod, setting_.profile.kubelet_ends_phase);
    co_return RoundEnd();
}

}  // namespace model::node
