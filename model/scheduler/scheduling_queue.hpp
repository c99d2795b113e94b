// SchedulingQueue: pods that want a node: those whose turn it is (active), those that wait out a
// backoff, and those that wait for something to change (unschedulable). Counterpart:
// pkg/scheduler/backend/queue. From 1.32 on a plugin's hint decides which event wakes a pod, and
// events that came while a pod was being tried are told to it afterwards; before, each event that a
// plugin has registered for. From 1.33 on an empty active queue takes from the backoffs.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "model/control/life.hpp"
#include "model/scheduler/cluster_event.hpp"
#include "model/scheduler/pod_info.hpp"
#include "model/scheduler/verdict.hpp"
#include "sim/notify.hpp"

namespace model::scheduler {

// A pod on its way through the queue.
struct QueuedPod {
    enum class Place : unsigned char { Away, Active, Backoff, ErrorBackoff, Unschedulable };
    PodRef pod;
    sim::Time since{};  // came to its place at the end of an attempt, or to the queue
    std::uint64_t order = 0;
    int attempts = 0, refusals = 0, errors = 0;
    PluginSet rejected_by;
    Place place = Place::Away;
    sim::Time backoff_until{};
    std::string message;       // of the last attempt, for explanations
    std::uint64_t parent = 0;  // the event that made it active
};
using QueuedPodRef = std::shared_ptr<QueuedPod>;

class SchedulingQueue {
  public:
    // True where the event may have made room for the pod.
    using Hint = std::function<bool(const QueuedPod&, const ClusterEvent&)>;
    // False where the pod need not be asked at all.
    using PreCheck = std::function<bool(const PodInfo&)>;

    // `first_flush`: when the look at unschedulable pods first comes by.
    SchedulingQueue(sim::Engine& engine, const Profile& profile, control::Life life,
                    sim::Time first_flush, Hint hint);
    SchedulingQueue(const SchedulingQueue&) = delete;
    SchedulingQueue& operator=(const SchedulingQueue&) = delete;

    // A pod without a node appeared, changed, or went (or got its node).
    void add(PodRef pod);
    void update(const api::Ref<api::Pod>& before, PodRef after);
    void remove(const api::Pod& pod);
    // Wakes whom the event concerns.
    void move(const ClusterEvent& event, const PreCheck& pre_check = {});
    // As move, for those pods only that wait for others by labels.
    void move_by_terms(const ClusterEvent& event, const PreCheck& matches);

    // The pod whose turn it is; waits for one.
    sim::Task<QueuedPodRef> next();
    // An attempt has ended without a node: back, with those who refused it (none: an error).
    void put_back(const QueuedPodRef& entry, PodRef pod, PluginSet rejected_by);
    // An attempt has ended otherwise.
    void done(const api::Text& uid);

    const QueuedPod* find(const api::Key& key) const;
    bool is_backing_off(const QueuedPod& entry) const;
    // When a pod in backoff is let go at the latest.
    sim::Time next_release() const;
    // True where every pod in backoff is one of those.
    bool all_backing_off_of(const std::function<bool(const api::Key&)>& those) const;
    // When an unschedulable one is tried again for want of an event.
    sim::Time timeout_of(const QueuedPod& entry) const;
    bool uses_hints() const { return hints_; }
    std::size_t active() const { return active_.size(); }

  private:
    struct InFlight {
        std::uint64_t first_event = 0;
    };
    using Order = std::tuple<std::int64_t, sim::Time, std::uint64_t>;

    static Order order_of(const QueuedPod& entry);
    void to_active(const QueuedPodRef& entry);
    void to_backoff(const QueuedPodRef& entry);
    void to_unschedulable(const QueuedPodRef& entry);
    void requeue(const QueuedPodRef& entry);
    void leave(const QueuedPodRef& entry);
    void wake_matching(const ClusterEvent& event, const PreCheck& pre_check);
    bool woke_in_flight(const QueuedPod& entry) const;
    void note_in_flight(const ClusterEvent& event);
    sim::Time backoff_end(const QueuedPod& entry) const;
    sim::Time release_of(const QueuedPod& entry) const;
    sim::Time align(sim::Time t) const;
    QueuedPodRef pop();
    void arm(sim::Time at);
    void flush();

    sim::Engine& engine_;
    Release release_;
    bool hints_, pops_backoff_;
    control::Life life_;
    sim::Time first_flush_;
    Hint hint_;
    std::map<api::Key, QueuedPodRef> entries_;
    std::map<Order, QueuedPodRef> active_;
    std::map<std::pair<sim::Time, Order>, QueuedPodRef> backoff_, error_backoff_;
    std::map<api::Key, QueuedPodRef> unschedulable_;
    std::map<api::Text, InFlight> in_flight_;  // by uid
    std::deque<ClusterEvent> events_;          // that somebody in flight has not heard
    std::uint64_t first_event_ = 0;            // number of events_.front()
    std::uint64_t cycle_ = 0, order_ = 0;
    std::uint64_t move_cycle_ = 0;  // of the last move, plus 1
    sim::Signal arrived_;
    sim::Time armed_ = sim::kNever;
    std::optional<sim::EventId> alarm_;
};

}  // namespace model::scheduler
