#include "model/scheduler/scheduling_queue.hpp"

#include <algorithm>

#include "model/wait.hpp"

namespace model::scheduler {

using namespace std::chrono_literals;

namespace {

using Place = QueuedPod::Place;

constexpr sim::Duration kFirstBackoff = 1s;
constexpr sim::Duration kLongestBackoff = 10s;
constexpr sim::Duration kWindow = 1s;
constexpr sim::Duration kLongestWait = 300s;  // DefaultPodMaxInUnschedulablePodsDuration
constexpr sim::Duration kFlushPeriod = 30s;

sim::Duration backoff_after(int failures) {
    sim::Duration d = kFirstBackoff;
    for (int i = 1; i < failures && d < kLongestBackoff; ++i) d *= 2;
    return std::min(d, kLongestBackoff);
}

// The first instant of a grid at or after `t`.
sim::Time grid_at(sim::Time base, sim::Duration period, sim::Time t) {
    if (t <= base) return base;
    const auto steps = (t - base + period - 1ns) / period;
    return base + steps * period;
}

// Status, version and finalizers make no pod schedulable.
bool is_changed(const api::Pod& before, const api::Pod& after) {
    const api::ObjectMeta& a = before.metadata;
    const api::ObjectMeta& b = after.metadata;
    return !(before.spec == after.spec && a.labels == b.labels && a.annotations == b.annotations &&
             a.deletionTimestamp == b.deletionTimestamp &&
             a.deletionGracePeriodSeconds == b.deletionGracePeriodSeconds &&
             a.ownerReferences == b.ownerReferences && a.uid == b.uid);
}

}  // namespace

SchedulingQueue::SchedulingQueue(sim::Engine& engine, const Profile& profile, control::Life life,
                                 sim::Time first_flush, Hint hint)
    : engine_(engine),
      release_(Release::of(profile)),
      hints_(profile.on(Gate::SchedulerQueueingHints)),
      pops_backoff_(profile.on(Gate::SchedulerPopFromBackoffQ)),
      life_(std::move(life)),
      first_flush_(first_flush),
      hint_(std::move(hint)),
      arrived_(engine) {}

SchedulingQueue::Order SchedulingQueue::order_of(const QueuedPod& entry) {
    return {-entry.pod->priority, entry.since, entry.order};
}

sim::Time SchedulingQueue::align(sim::Time t) const {
    if (!pops_backoff_) return t;
    return sim::Time(t.time_since_epoch() / kWindow * kWindow);
}

sim::Time SchedulingQueue::backoff_end(const QueuedPod& entry) const {
    int failures = entry.attempts;
    if (release_.backoff_counts_failures)
        failures = entry.errors > 0 ? entry.errors : entry.refusals;
    if (failures == 0) return sim::Time{};
    return align(entry.since + backoff_after(failures));
}

bool SchedulingQueue::is_backing_off(const QueuedPod& entry) const {
    const sim::Time end = backoff_end(entry);
    if (end == sim::Time{}) return false;
    return pops_backoff_ ? end >= align(engine_.now()) : end > engine_.now();
}

// With windows, the end of the one in which the backoff ends.
sim::Time SchedulingQueue::release_of(const QueuedPod& entry) const {
    const sim::Time end = entry.backoff_until;
    if (pops_backoff_) return end + kWindow;
    const sim::Time base(first_flush_.time_since_epoch() % kWindow);
    return grid_at(base, kWindow, std::max(end, engine_.now()));
}

sim::Time SchedulingQueue::timeout_of(const QueuedPod& entry) const {
    return grid_at(first_flush_, kFlushPeriod, entry.since + kLongestWait + 1ns);
}

void SchedulingQueue::leave(const QueuedPodRef& entry) {
    switch (entry->place) {
        case Place::Active:
            active_.erase(order_of(*entry));
            break;
        case Place::Backoff:
            backoff_.erase({entry->backoff_until, order_of(*entry)});
            break;
        case Place::ErrorBackoff:
            error_backoff_.erase({entry->backoff_until, order_of(*entry)});
            break;
        case Place::Unschedulable:
            unschedulable_.erase(entry->pod->key());
            break;
        case Place::Away:
            break;  // in no queue
    }
    entry->place = Place::Away;
}

void SchedulingQueue::to_active(const QueuedPodRef& entry) {
    if (entry->pod->gated) {
        entry->rejected_by.insert(Plugin::SchedulingGates);
        return to_unschedulable(entry);
    }
    leave(entry);
    entry->place = Place::Active;
    entry->parent = engine_.current().seq;
    active_[order_of(*entry)] = entry;
    arrived_.notify_one();
}

void SchedulingQueue::to_backoff(const QueuedPodRef& entry) {
    if (entry->pod->gated) return to_unschedulable(entry);
    leave(entry);
    entry->backoff_until = backoff_end(*entry);
    const bool apart = release_.backoff_counts_failures && entry->rejected_by.empty();
    entry->place = apart ? Place::ErrorBackoff : Place::Backoff;
    entry->parent = engine_.current().seq;
    (apart ? error_backoff_ : backoff_)[{entry->backoff_until, order_of(*entry)}] = entry;
    if (pops_backoff_ && !apart) arrived_.notify_one();
    arm(release_of(*entry));
}

void SchedulingQueue::to_unschedulable(const QueuedPodRef& entry) {
    leave(entry);
    entry->place = Place::Unschedulable;
    unschedulable_[entry->pod->key()] = entry;
    if (!entry->pod->gated) arm(timeout_of(*entry));
}

void SchedulingQueue::requeue(const QueuedPodRef& entry) {
    if (is_backing_off(*entry)) {
        to_backoff(entry);
    } else {
        to_active(entry);
    }
}

void SchedulingQueue::add(PodRef pod) {
    QueuedPodRef& entry = entries_[pod->key()];
    if (entry) leave(entry);
    entry = std::make_shared<QueuedPod>();
    entry->since = engine_.now();
    entry->order = ++order_;
    entry->pod = std::move(pod);
    to_active(entry);
}

void SchedulingQueue::update(const api::Ref<api::Pod>& before, PodRef after) {
    const auto at = entries_.find(after->key());
    const bool in_flight = in_flight_.contains(after->uid());
    if (at == entries_.end() || at->second->place == Place::Away) {
        // While it is being tried, its change is an event like others; before there were hints it
        // was taken for a new pod.
        const ClusterEvent changed(Resource::UnplacedPod, action::kOther, before, after->pod);
        if (hints_ && in_flight) return note_in_flight(changed);
        if (at == entries_.end() || !in_flight) add(std::move(after));
        return;
    }
    const QueuedPodRef entry = at->second;
    if (entry->place != Place::Unschedulable) {
        const Place place = entry->place;
        leave(entry);
        entry->pod = std::move(after);
        entry->place = place;
        if (place == Place::Active) {
            active_[order_of(*entry)] = entry;
        } else {
            auto& queue = place == Place::Backoff ? backoff_ : error_backoff_;
            queue[{entry->backoff_until, order_of(*entry)}] = entry;
        }
        return;
    }
    const bool was_gated = entry->pod->gated;
    entry->pod = after;
    const ClusterEvent changed(Resource::UnplacedPod, action::kOther, before, after->pod);
    const bool wakes =
        hints_ && !was_gated ? hint_(*entry, changed) : is_changed(*before, *after->pod);
    if (wakes && !(was_gated && after->gated)) requeue(entry);
}

void SchedulingQueue::remove(const api::Pod& pod) {
    const auto at = entries_.find(pod.key());
    if (at == entries_.end() || at->second->pod->uid() != pod.metadata.uid) return;
    leave(at->second);
    entries_.erase(at);
}

void SchedulingQueue::move(const ClusterEvent& event, const PreCheck& pre_check) {
    wake_matching(event, pre_check);
    move_cycle_ = cycle_ + 1;
    if (hints_) note_in_flight(event);
}

void SchedulingQueue::move_by_terms(const ClusterEvent& event, const PreCheck& matches) {
    move(event, matches);
}

void SchedulingQueue::wake_matching(const ClusterEvent& event, const PreCheck& pre_check) {
    std::vector<QueuedPodRef> woken;
    for (const auto& [key, entry] : unschedulable_) {
        if (pre_check && !pre_check(*entry->pod)) continue;
        if (entry->pod->gated) continue;
        if (entry->rejected_by.empty() || event.resource == Resource::Any || hint_(*entry, event))
            woken.push_back(entry);
    }
    for (const QueuedPodRef& entry : woken) requeue(entry);
}

void SchedulingQueue::note_in_flight(const ClusterEvent& event) {
    if (!in_flight_.empty()) events_.push_back(event);
}

bool SchedulingQueue::woke_in_flight(const QueuedPod& entry) const {
    const auto at = in_flight_.find(entry.pod->uid());
    if (at == in_flight_.end()) return true;
    for (std::size_t i = at->second.first_event - first_event_; i < events_.size(); ++i) {
        const ClusterEvent& e = events_[i];
        const bool own = e.resource != Resource::UnplacedPod ||
                         (e.after && e.after->metadata.uid == entry.pod->uid());
        if (own && hint_(entry, e)) return true;
    }
    return false;
}

void SchedulingQueue::done(const api::Text& uid) {
    if (in_flight_.erase(uid) == 0) return;
    std::uint64_t heard = first_event_ + events_.size();
    for (const auto& [other, flight] : in_flight_) heard = std::min(heard, flight.first_event);
    while (first_event_ < heard) {
        events_.pop_front();
        ++first_event_;
    }
}

QueuedPodRef SchedulingQueue::pop() {
    QueuedPodRef entry;
    if (!active_.empty()) {
        entry = active_.begin()->second;
    } else if (pops_backoff_ && !backoff_.empty()) {
        entry = backoff_.begin()->second;
    } else {
        return nullptr;
    }
    leave(entry);
    ++entry->attempts;
    ++cycle_;
    in_flight_[entry->pod->uid()] = InFlight{first_event_ + events_.size()};
    return entry;
}

sim::Task<QueuedPodRef> SchedulingQueue::next() {
    for (;;) {
        QueuedPodRef entry = pop();
        if (entry) co_return entry;
        co_await arrived_.wait(kind_of(Wait::WorkQueue), "a pod to schedule");
    }
}

void SchedulingQueue::put_back(const QueuedPodRef& entry, PodRef pod, PluginSet rejected_by) {
    entry->rejected_by = rejected_by;
    const auto at = entries_.find(pod->key());
    const bool present = at != entries_.end() && at->second->place != Place::Away;
    if (present) return done(pod->uid());  // somebody has put it in anew
    entry->pod = std::move(pod);
    entries_[entry->pod->key()] = entry;
    entry->since = engine_.now();
    if (rejected_by.empty()) {
        ++entry->errors;
    } else {
        ++entry->refusals;
        entry->errors = 0;
    }
    bool wakes = rejected_by.empty() && release_.errors_go_to_backoff;
    if (!wakes) wakes = hints_ ? woke_in_flight(*entry) : move_cycle_ > cycle_;
    done(entry->pod->uid());
    if (!wakes) return to_unschedulable(entry);
    // Without hints it waits for its backoff in any case.
    if (hints_) return requeue(entry);
    to_backoff(entry);
}

const QueuedPod* SchedulingQueue::find(const api::Key& key) const {
    const auto at = entries_.find(key);
    return at == entries_.end() ? nullptr : at->second.get();
}

sim::Time SchedulingQueue::next_release() const {
    sim::Time next = sim::kNever;
    for (const auto* queue : {&backoff_, &error_backoff_})
        if (!queue->empty()) next = std::min(next, release_of(*queue->begin()->second));
    return next;
}

bool SchedulingQueue::all_backing_off_of(const std::function<bool(const api::Key&)>& those) const {
    for (const auto* queue : {&backoff_, &error_backoff_})
        for (const auto& [at, entry] : *queue)
            if (!those(entry->pod->key())) return false;
    return true;
}

void SchedulingQueue::arm(sim::Time next) {
    if (next >= armed_) return;
    if (alarm_) engine_.cancel(*alarm_);
    armed_ = next;
    alarm_ = engine_.call_at(std::max(next, engine_.now()), kind_of(Wait::Backoff),
                             [this, life = life_] {
                                 if (life) flush();
                             });
}

void SchedulingQueue::flush() {
    armed_ = sim::kNever;
    alarm_.reset();
    std::vector<QueuedPodRef> ready;
    for (auto* queue : {&backoff_, &error_backoff_})
        for (const auto& [at, entry] : *queue) {
            if (release_of(*entry) > engine_.now()) break;
            ready.push_back(entry);
        }
    for (const QueuedPodRef& entry : ready) to_active(entry);
    std::vector<QueuedPodRef> forgotten;
    for (const auto& [key, entry] : unschedulable_)
        if (!entry->pod->gated && timeout_of(*entry) <= engine_.now()) forgotten.push_back(entry);
    for (const QueuedPodRef& entry : forgotten) requeue(entry);
    if (!forgotten.empty()) move_cycle_ = cycle_ + 1;
    sim::Time next = next_release();
    for (const auto& [key, entry] : unschedulable_)
        if (!entry->pod->gated) next = std::min(next, timeout_of(*entry));
    if (next != sim::kNever) arm(next);
}

}  // namespace model::scheduler
