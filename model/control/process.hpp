// Process: one running program of the cluster (kube-controller-manager, a sidecar): its actors, its
// clients, its shared informers. When it crashes all of that is gone at once; what it has sent
// already is not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/control/client.hpp"
#include "model/control/informer.hpp"
#include "model/control/recorder.hpp"
#include "model/control/work_queue.hpp"
#include "sim/semaphore.hpp"

namespace model::control {

// Something that a process runs. Made when the process comes up, destroyed after its actors are
// killed.
class Controller {
  public:
    virtual ~Controller() = default;
    virtual std::string_view name() const = 0;
    // Called once when all informers that were asked for have synced; spawns the actors.
    virtual void start() = 0;
    // What this controller would do next about an object and when, for `explain`: empty where it
    // has nothing to say.
    virtual std::string explain(api::Kind, const api::Key&) const { return {}; }
    // The next instant at which it acts by its own clock on something unfinished (backoff, resync
    // of a restless key); kNever where nothing is unfinished. A period that finds nothing to do
    // does not count.
    virtual sim::Time next_action() const { return sim::kNever; }
    // What it keeps in a store of its own although the server, and its informer, have it no more:
    // "PersistentVolume pv-a"; empty where it keeps none.
    virtual std::vector<std::string> ghosts() const { return {}; }
    // True where next_action() would only repeat what was said before (an event of a claim that
    // waits for somebody else).
    virtual bool repeats_only() const { return false; }
};

class Process {
  public:
    // `link`: its way to the API server, where that can be cut; outlives the process.
    Process(api::Server& server, const Latencies& latencies, std::string name,
            Uplink* link = nullptr);
    ~Process();  // kills its actors
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // One watch a kind and process, shared.
    Informer& informer(api::Kind kind);
    // `timeout`: of its requests over a cut link; 0: none of its own.
    Client& client(api::Text name, int qps, int burst, sim::Duration timeout = {});
    // Writes events through `client` in an actor of this process.
    EventRecorder& recorder(Client& client, std::string component, std::string host = {});
    void add(std::unique_ptr<Controller> controller) {
        controllers_.push_back(std::move(controller));
    }
    // Starts informers, then controllers, in the order in which they were added.
    void start();
    bool is_started() const { return started_; }
    sim::ActorId spawn(std::string actor, sim::Task<void> task);
    // What its clients have sent and is not committed yet is lost.
    void drop_in_flight();
    // Ends with the process: for callables that may outlive it.
    Life life() const { return life_; }

    // A worker: takes keys from the queue, one at a time, for ever. `sync` gives an error to be
    // told in the journal; what becomes of the key then (requeue, forget) is the sync's own part.
    using Sync = std::function<sim::Task<api::Status>(WorkQueue::Item)>;
    void spawn_worker(WorkQueue& queue, Sync sync);
    // So many workers of one queue. Idle ones cost nothing: each key has an actor of its own while
    // it is worked on.
    void spawn_workers(WorkQueue& queue, std::size_t count, Sync sync);

    const std::string& name() const { return name_; }
    const Latencies& latencies() const { return latencies_; }
    Uplink* link() { return link_; }
    api::Server& server() { return server_; }
    sim::Engine& engine() { return server_.engine(); }
    Journal& journal() { return server_.journal(); }
    const std::vector<std::unique_ptr<Controller>>& controllers() const { return controllers_; }

  private:
    sim::Task<void> work(WorkQueue& queue, Sync sync);
    sim::Task<void> hand_out(WorkQueue& queue, std::size_t count, Sync sync);
    sim::Task<void> work_on(WorkQueue& queue, WorkQueue::Item item, sim::Permit permit, Sync sync);
    sim::Task<void> do_one(WorkQueue& queue, WorkQueue::Item item, const Sync& sync);

    api::Server& server_;
    const Latencies& latencies_;
    std::string name_;
    Uplink* link_;
    sim::GroupId group_;
    std::map<api::Kind, std::unique_ptr<Informer>> informers_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<std::unique_ptr<EventRecorder>> recorders_;
    std::vector<std::unique_ptr<Controller>> controllers_;
    bool started_ = false;
    Life life_;
};

}  // namespace model::control
