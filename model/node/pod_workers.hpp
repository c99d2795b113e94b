// PodWorkers: one actor a pod, which brings it up, takes it down and tears it down, one round at a
// time. Counterpart: pkg/kubelet/pod_workers.go: what comes while a round runs is kept, the latest
// only; each round waits for a look at the runtime that is newer than the round before. Left out:
// static pods, pods that the runtime knows and the API does not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/control/process.hpp"
#include "model/node/pleg.hpp"
#include "sim/notify.hpp"

namespace model::node {

enum class PodUpdate : unsigned char { Create, Sync, Kill };

struct PodWorker {
    enum class Round : unsigned char { Sync, Terminating, Terminated };
    struct Work {
        Round round = Round::Sync;
        api::Ref<api::Pod> pod;
        Work() = default;
        Work(Round r, api::Ref<api::Pod> p) : round(r), pod(std::move(p)) {}
    };

    api::Text uid;
    api::Ref<api::Pod> pod;
    std::optional<sim::Time> terminating_at, terminated_at;
    bool started_terminating = false, finished = false, evicted = false;
    bool removed = false;                 // its object is gone
    std::int64_t grace = 0;               // seconds, once it terminates
    std::string end_reason, end_message;  // where the kubelet ends it by itself: it has failed
    // What the actor has been given, and what came since: the latest only.
    std::optional<Work> given, pending;
    bool working = false;
    bool interrupted = false;          // the round that runs had better end
    sim::Time again_at = sim::kNever;  // after an error
    std::string last_error;
    std::string doing;  // for explanations
    sim::Signal wake;
    explicit PodWorker(sim::Engine& engine) : wake(engine) {}
};

// How a round ended.
struct RoundEnd {
    bool terminal = false;  // the pod has run to its end by itself
    std::string error;
    RoundEnd() = default;
    explicit RoundEnd(std::string e) : error(std::move(e)) {}
};

class PodWorkers {
  public:
    struct Rounds {
        std::function<sim::Task<RoundEnd>(PodWorker&)> sync, terminate, tear_down;
        // A later round may find something that this one did not.
        std::function<bool(const PodWorker&)> resyncs;
        std::function<void(PodWorker&)> changed;  // its stage
    };
    PodWorkers(control::Process& process, Pleg& pleg, Grid tick, bool cancels_syncs, Rounds rounds);
    ~PodWorkers() { life_.end(); }

    // Kubelet's UpdatePod. `grace`: an override in seconds of how long it gets to end.
    void update(api::Ref<api::Pod> pod, PodUpdate update,
                std::optional<std::int64_t> grace = std::nullopt);
    // The kubelet ends the pod, which has failed then.
    void end(const api::Text& uid, std::int64_t grace, std::string reason, std::string message);
    const PodWorker* find(const api::Text& uid) const;
    const std::map<api::Text, std::unique_ptr<PodWorker>>& all() const { return workers_; }
    // The pod's object is gone. True where its worker is through.
    bool mark_removed(const api::Text& uid);
    void forget(const api::Text& uid);

    // Of a pod that is not known: as all pods have been seen.
    bool could_run_containers(const api::Text& uid) const;
    bool should_containers_terminate(const api::Text& uid) const;
    bool should_runtime_be_removed(const api::Text& uid) const;

    // The next retry after an error; kNever where none is due.
    sim::Time next_retry() const;

  private:
    sim::Task<void> work(PodWorker& worker);
    void begin_termination(PodWorker& worker, const api::Pod& pod, PodUpdate update);
    void complete(PodWorker& worker, PodWorker::Round round, const RoundEnd& end);
    void again_after(PodWorker& worker, sim::Duration period);
    bool ready_for(const PodWorker& worker) const;

    control::Process& process_;
    sim::Engine& engine_;
    Pleg& pleg_;
    Grid tick_;
    bool cancels_syncs_;
    Rounds rounds_;
    sim::Stream& jitter_;
    std::map<api::Text, std::unique_ptr<PodWorker>> workers_;  // by uid
    control::Life life_;
};

}  // namespace model::node
