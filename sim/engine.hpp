// The engine: virtual time, the events in their order, and the actors that events resume.
//
// An actor is a root task in a group. Killing it destroys its frames at once: destructors run,
// awaiters deregister, and nothing it would have done afterwards happens. Callables belong to the
// engine and outlive whoever scheduled them. A seed and the same calls give the same events, which
// fingerprint() sums up. One engine is used from one thread; several live side by side. Left out:
// the wall clock (asio_bridge.hpp) and any knowledge of what is simulated.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/check.hpp"
#include "sim/event_queue.hpp"
#include "sim/event_record.hpp"
#include "sim/fingerprint.hpp"
#include "sim/random.hpp"
#include "sim/ready_order.hpp"
#include "sim/task.hpp"
#include "sim/time.hpp"
#include "sim/wait.hpp"
#include "sim/waiter.hpp"

namespace sim {

// Exceeding one throws BoundExceeded. They catch runaway loops; no correct run comes near.
struct Bounds {
    std::uint64_t events_per_instant = 10'000'000;
    std::uint64_t events_per_run = std::uint64_t{1} << 39;  // sequence numbers have 40 bits
    std::size_t pending = SlotTable::kMaxSlots;
};

struct EngineOptions {
    std::uint64_t seed = 1;
    ReadyOrder order = ReadyOrder::Fifo;
    Bounds bounds;
    std::vector<std::uint32_t>
        replay;  // choices() of the run to be repeated, for ReadyOrder::Replay
};

// A living actor in a report.
struct Waiting {
    ActorId actor;
    std::string group;
    std::string name;
    WaitKind kind = WaitKind::None;
    std::string note;
    Time since{};
    bool scheduled = false;  // an event will resume it; otherwise somebody must wake it
};

class SleepAwaiter;

class Engine {
  public:
    using Options = EngineOptions;

    explicit Engine(Options options = Options());
    // Actors die first, in the order of their groups and of spawning, then callables.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    Time now() const { return now_; }
    std::uint64_t seed() const { return options_.seed; }

    // Runs `callable` (movable, without arguments) at a time that is not in the past.
    template <class F>
    EventId call_at(Time at, WaitKind kind, F&& callable) {
        EventSlot& slot = schedule(at, kind, ActorId());
        slot.set_callable(std::forward<F>(callable));
        return slot.id;
    }
    template <class F>
    EventId call_in(Duration delay, WaitKind kind, F&& callable) {
        return call_at(later(now_, delay), kind, std::forward<F>(callable));
    }
    // Destroys the callable without running it. False if it ran already, is running or was
    // cancelled.
    bool cancel(EventId id);
    bool is_pending(EventId id) const { return queue_.is_pending(id); }

    GroupId make_group(std::string name);
    // The first resume is an event at now.
    ActorId spawn(GroupId group, std::string name, Task<void> task);
    // Not of the running actor (CheckFailed): a crash is an event of its own. Dead actors are left
    // alone.
    void kill(ActorId actor);
    // The group stays usable: a restarted process spawns into it again.
    void kill_group(GroupId group);
    bool alive(ActorId actor) const {
        return actor && actor.slot() < actors_.size() && actors_[actor.slot()].id == actor;
    }
    std::size_t living() const { return living_; }
    ActorId running() const { return current_.actor; }
    std::string_view actor_name(ActorId actor) const;        // empty if dead
    std::string_view name_of_group_of(ActorId actor) const;  // likewise
    std::string_view group_name(GroupId group) const;

    // Awaitables for actors. Times in the past and negative delays mean now, through the queue all
    // the same.
    SleepAwaiter sleep_until(Time at, WaitKind kind);
    SleepAwaiter sleep_for(Duration delay, WaitKind kind);
    SleepAwaiter yield_now();

    // Runs one event; false if none is left (before kNever).
    bool step() { return run_next(kLastTime); }
    // Runs all events up to and including `end`, then sets now to `end`.
    void run_until(Time end);
    // Runs until nothing is left; now stays at the last event.
    void run() {
        while (run_next(kLastTime)) {
        }
    }
    // Steps while the predicate holds and events are left.
    template <class Predicate>
    void run_while(Predicate&& predicate) {
        while (predicate() && step()) {
        }
    }

    // The time of the next event; nothing if none is left (before kNever).
    std::optional<Time> next_time();
    std::size_t pending() const { return queue_.size(); }
    std::uint64_t events_run() const { return events_run_; }

    // The running event; seq 0 outside of one.
    EventRecord current() const { return current_.seq != 0 ? current_ : EventRecord(); }
    void set_observer(Observer* observer) { observer_ = observer; }

    // The random stream of that name; the reference stays valid as long as the engine.
    Stream& stream(std::string_view name);

    // Over (time, seq, kind, actor) of all events run and the words mixed in.
    std::uint64_t fingerprint() const { return fingerprint_.value(); }
    void mix(std::uint64_t word) { fingerprint_.mix(word); }
    // One further draw at the end of a run: shows that streams too ended at the same place.
    std::uint64_t final_draw();

    // What was chosen where several events were ready (orders other than Fifo).
    const std::vector<std::uint32_t>& choices() const { return chooser_.choices(); }
    std::uint64_t replay_misses() const { return chooser_.misses(); }

    // Every living actor in the order of spawning.
    std::vector<Waiting> waiting() const;
    std::string stuck_report() const;
    // names[k] is the name of WaitKind k; what they view must outlive the engine.
    void set_wait_names(std::vector<std::string_view> names) { wait_names_ = std::move(names); }

    // Throws CheckFailed with seed, time and running actor.
    [[noreturn]] void fail(const std::string& what) const;

    // For awaiters: resumes a coroutine of the actor at that time. `outer` is the coroutine
    // awaiting it, if known.
    EventId schedule_resume(std::coroutine_handle<> handle, Time at, WaitKind kind, ActorId actor,
                            std::coroutine_handle<> outer = nullptr) {
        EventSlot& slot = schedule(at, kind, actor);
        slot.callback = nullptr;
        slot.frame = handle.address();
        slot.outer = outer.address();
        return slot.id;
    }
    void cancel_resume(EventId id) noexcept {
        if (!queue_.is_pending(id)) return;
        queue_.cancel(id);
        queue_.slots().release(id.slot());
    }

  private:
    friend class Waiter;

    static constexpr Time kLastTime = kNever - Duration(1);
    static constexpr std::uint32_t kNoActor = 0xffffffff;

    struct Actor {
        ActorId id;  // none: the record is free
        Task<void>::Handle root;
        EventId start;  // the event of the first resume
        Waiter* parked = nullptr;
        Time spawned{};
        GroupId group;
        std::uint32_t previous = kNoActor;  // in the group
        std::uint32_t next = kNoActor;      // in the group, or in the list of free records
        std::string name;
    };

    struct Group {
        std::string name;
        std::uint32_t first = kNoActor;
        std::uint32_t last = kNoActor;
    };

    EventSlot& schedule(Time at, WaitKind kind, ActorId actor) {
        if (at < now_) [[unlikely]]
            fail_past(at);
        if (queue_.size() >= options_.bounds.pending) [[unlikely]]
            fail_pending();
        EventSlot& slot = queue_.push(static_cast<std::uint64_t>(at.time_since_epoch().count()));
        slot.cause_and_kind = (current_.seq << 8) | static_cast<std::uint8_t>(kind);
        slot.scheduled_at = now_.time_since_epoch().count();
        slot.actor = actor.value;
        return slot;
    }

    bool run_next(Time limit);
    void run(EventSlot& slot, EventId id);
    void finish_actor(ActorId actor);
    void remove_actor(ActorId actor);
    void unlink_from_group(std::uint32_t index);
    [[noreturn]] void rethrow_failure(const std::string& name, std::exception_ptr failure) const;

    void check_bounds();
    // At the begin of an instant.
    void reset_bound_checks() {
        instant_began_ = events_run_;
        check_at_ = std::min(events_run_ + options_.bounds.events_per_instant / 2,
                             options_.bounds.events_per_run / 2);
        if (!busy_.empty()) [[unlikely]]
            forget_busy();
    }
    void forget_busy();
    [[noreturn]] void fail_past(Time at) const;
    [[noreturn]] void fail_pending() const;
    std::string where() const;
    std::string who(ActorId actor, WaitKind kind) const;
    std::string full_name(ActorId actor) const;
    std::string wait_name(WaitKind kind) const;

    Time now_{};
    EventRecord current_;
    std::uint64_t events_run_ = 0;
    std::uint64_t check_at_ = 0;  // check_bounds() from this number of events on
    std::uint64_t instant_began_ = 0;
    Fingerprint fingerprint_;
    Observer* observer_ = nullptr;
    bool root_ended_ = false;
    bool is_fifo_;
    EventQueue queue_;
    std::vector<Actor> actors_;
    std::uint32_t free_actor_ = kNoActor;
    std::uint64_t spawned_ = 0;
    std::size_t living_ = 0;
    std::vector<Group> groups_;
    ReadyChooser chooser_;
    EngineOptions options_;
    std::map<std::string, Stream, std::less<>> streams_;
    std::vector<std::string_view> wait_names_;
    std::map<std::string, std::uint64_t> busy_;  // filled when a bound comes near
};

class SleepAwaiter {
  public:
    SleepAwaiter(Engine& engine, Time at, WaitKind kind) noexcept
        : engine_(&engine), at_(at), kind_(kind) {}
    ~SleepAwaiter() {
        if (event_) engine_->cancel_resume(event_);
    }
    SleepAwaiter(const SleepAwaiter&) = delete;
    SleepAwaiter& operator=(const SleepAwaiter&) = delete;

    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> handle) {
        event_ = engine_->schedule_resume(handle, at_, kind_, engine_->running(),
                                          handle.promise().continuation());
    }
    void await_resume() noexcept { event_ = EventId(); }

  private:
    Engine* engine_;
    Time at_;
    EventId event_;
    WaitKind kind_;
};

inline SleepAwaiter Engine::sleep_until(Time at, WaitKind kind) {
    return SleepAwaiter(*this, at < now_ ? now_ : at, kind);
}
inline SleepAwaiter Engine::sleep_for(Duration delay, WaitKind kind) {
    return SleepAwaiter(*this, later(now_, delay), kind);
}
inline SleepAwaiter Engine::yield_now() { return SleepAwaiter(*this, now_, WaitKind::None); }

}  // namespace sim
