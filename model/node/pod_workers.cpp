#include "model/node/pod_workers.hpp"

#include <algorithm>
#include <utility>

#include "model/node/pod_status.hpp"
#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kResync = 60s;   // kubelet configuration: syncFrequency
constexpr sim::Duration kBackoff = 10s;  // kubelet.go backOffPeriod
// Both are stretched by up to a half.

// pod_workers.go calculateEffectiveGracePeriod: it can only shrink, and is a second at least.
std::int64_t grace_of(std::int64_t so_far, const api::Pod& pod,
                      std::optional<std::int64_t> override_) {
    std::int64_t grace = so_far;
    for (const std::optional<std::int64_t>& given :
         {pod.metadata.deletionGracePeriodSeconds, override_})
        if (given && (grace == 0 || *given < grace)) grace = *given;
    if (grace == 0) grace = pod.spec.terminationGracePeriodSeconds.value_or(0);
    return std::max<std::int64_t>(grace, 1);
}

}  // namespace

PodWorkers::PodWorkers(control::Process& process, Pleg& pleg, Grid tick, bool cancels_syncs,
                       Rounds rounds)
    : process_(process),
      engine_(process.engine()),
      pleg_(pleg),
      tick_(tick),
      cancels_syncs_(cancels_syncs),
      rounds_(std::move(rounds)),
      jitter_(process.engine().stream(process.name() + "/pod workers")) {}

const PodWorker* PodWorkers::find(const api::Text& uid) const {
    const auto found = workers_.find(uid);
    return found == workers_.end() ? nullptr : found->second.get();
}

bool PodWorkers::mark_removed(const api::Text& uid) {
    const auto found = workers_.find(uid);
    if (found == workers_.end()) return true;
    found->second->removed = true;
    return found->second->finished;
}

void PodWorkers::forget(const api::Text& uid) {
    const auto found = workers_.find(uid);
    if (found != workers_.end() && found->second->finished) workers_.erase(found);
}

bool PodWorkers::could_run_containers(const api::Text& uid) const {
    const PodWorker* w = find(uid);
    return w && !w->terminated_at;
}
bool PodWorkers::should_containers_terminate(const api::Text& uid) const {
    const PodWorker* w = find(uid);
    return !w || w->started_terminating;
}
bool PodWorkers::should_runtime_be_removed(const api::Text& uid) const {
    const PodWorker* w = find(uid);
    return !w || w->terminated_at.has_value();
}

sim::Time PodWorkers::next_retry() const {
    sim::Time next = sim::kNever;
    for (const auto& [uid, w] : workers_)
        if (!w->last_error.empty()) next = std::min(next, w->again_at);
    return next;
}

void PodWorkers::begin_termination(PodWorker& worker, const api::Pod& pod, PodUpdate update) {
    if (worker.terminating_at) return;
    const bool ends = pod.metadata.terminating() || is_final(pod.status.phase);
    if (ends || update == PodUpdate::Kill) worker.terminating_at = engine_.now();
}

void PodWorkers::update(api::Ref<api::Pod> pod, PodUpdate update,
                        std::optional<std::int64_t> grace) {
    const api::Text uid = pod->metadata.uid;
    std::unique_ptr<PodWorker>& slot = workers_[uid];
    const bool fresh = !slot;
    if (fresh) {
        slot = std::make_unique<PodWorker>(engine_);
        slot->uid = uid;
        // A pod that has run to its end before: it only is to be torn down, which a kubelet that
        // was started anew cannot know to have been done. Its object may have to go, too.
        const PodSandbox* sandbox = pleg_.seen(uid);
        const bool nothing_runs = !sandbox || (!sandbox->ready && !sandbox->is_running());
        if (is_final(pod->status.phase) && nothing_runs) {
            slot->terminating_at = slot->terminated_at = engine_.now();
            slot->started_terminating = true;
        }
    }
    PodWorker& worker = *slot;
    worker.pod = pod;
    if (worker.finished) return;
    const bool was_terminating = worker.terminating_at.has_value();
    begin_termination(worker, *pod, update);
    PodWorker::Work work(PodWorker::Round::Sync, pod);
    bool shortened = false;
    if (worker.terminated_at) {
        work.round = PodWorker::Round::Terminated;
    } else if (worker.terminating_at) {
        work.round = PodWorker::Round::Terminating;
        const std::int64_t before = worker.grace;
        worker.grace = grace_of(before, *pod, grace);
        shortened = before != 0 && worker.grace != before;
    }
    (worker.working ? worker.pending : worker.given) = std::move(work);
    worker.working = true;
    if (cancels_syncs_ && (shortened || (worker.terminating_at && !was_terminating)))
        worker.interrupted = true;
    if (!was_terminating && worker.terminating_at) rounds_.changed(worker);
    worker.wake.notify_all();
    if (fresh) process_.spawn("pod " + pod->key().to_string(), this->work(worker));
}

void PodWorkers::end(const api::Text& uid, std::int64_t grace, std::string reason,
                     std::string message) {
    const auto found = workers_.find(uid);
    if (found == workers_.end() || found->second->terminating_at) return;
    found->second->end_reason = std::move(reason);
    found->second->end_message = std::move(message);
    update(found->second->pod, PodUpdate::Kill, grace);
}

sim::Task<void> PodWorkers::work(PodWorker& worker) {
    sim::Time last_round = sim::Time::min();
    for (;;) {
        while (!worker.given) {
            co_await worker.wake.wait(kind_of(Wait::WorkQueue), "something to do for a pod");
        }
        const PodWorker::Work now = *std::exchange(worker.given, std::nullopt);
        worker.interrupted = false;
        auto looking = pleg_.newer_than(last_round);
        co_await std::move(looking);
        sim::Task<RoundEnd> running;
        worker.pod = now.pod;
        if (now.round == PodWorker::Round::Sync) {
            running = rounds_.sync(worker);
        } else if (now.round == PodWorker::Round::Terminating) {
            worker.started_terminating = true;
            running = rounds_.terminate(worker);
        } else {
            running = rounds_.tear_down(worker);
        }
        const RoundEnd end = co_await std::move(running);
        last_round = engine_.now();
        worker.doing.clear();
        complete(worker, now.round, end);
        if (worker.finished) co_return;
        worker.given = std::exchange(worker.pending, std::nullopt);
        worker.working = worker.given.has_value();
    }
}

void PodWorkers::complete(PodWorker& worker, PodWorker::Round round, const RoundEnd& end) {
    worker.last_error = end.error;
    if (!end.error.empty()) {
        again_after(worker, kBackoff);
        return;
    }
    worker.again_at = sim::kNever;
    if (round == PodWorker::Round::Terminated) {
        worker.finished = true;
    } else if (round == PodWorker::Round::Terminating) {
        worker.terminated_at = engine_.now();
        worker.pending = PodWorker::Work(PodWorker::Round::Terminated, worker.pod);
    } else if (end.terminal) {
        if (!worker.terminating_at) worker.terminating_at = engine_.now();
        worker.started_terminating = true;
        worker.grace = grace_of(worker.grace, *worker.pod, std::nullopt);
        worker.pending = PodWorker::Work(PodWorker::Round::Terminating, worker.pod);
    } else if (rounds_.resyncs(worker)) {
        again_after(worker, kResync);
    }
    rounds_.changed(worker);
}

void PodWorkers::again_after(PodWorker& worker, sim::Duration period) {
    const auto half = static_cast<std::uint64_t>(period.count() / 2);
    const sim::Duration delay =
        period + sim::Duration(static_cast<std::int64_t>(jitter_.below(half)));
    const sim::Time at = tick_.next(engine_.now() + delay);
    worker.again_at = at;
    const Wait kind = worker.last_error.empty() ? Wait::Resync : Wait::Backoff;
    engine_.call_at(at, kind_of(kind), [this, uid = worker.uid, at, life = life_] {
        if (!life) return;
        const PodWorker* w = find(uid);
        if (w && w->again_at == at && !w->finished) update(w->pod, PodUpdate::Sync);
    });
}

}  // namespace model::node
