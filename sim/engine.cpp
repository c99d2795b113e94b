#include "sim/engine.hpp"

#include <exception>

namespace sim {

Engine::Engine(Options options)
    : is_fifo_(options.order == ReadyOrder::Fifo),
      chooser_(options.seed, options.order, std::move(options.replay)),
      options_(std::move(options)) {
    reset_bound_checks();
}

Engine::~Engine() {
    current_ = EventRecord();
    // Destructors may spawn and schedule; what they add dies here too.
    while (living_ != 0) {
        for (std::size_t g = 0; g < groups_.size(); ++g) kill_group(GroupId(g + 1));
    }
    SlotTable& slots = queue_.slots();
    for (std::uint32_t i = 0; i < slots.size(); ++i) {
        EventSlot& slot = slots[i];
        if (!slot.id || slot.callback == nullptr) continue;
        slot.id = EventId();
        slot.callback(slot, EventSlot::Action::Destroy);
    }
}

bool Engine::run_next(Time limit) {
    if (!queue_.advance(static_cast<std::uint64_t>(limit.time_since_epoch().count()))) return false;
    const Time time{Duration(static_cast<std::int64_t>(queue_.ready_time()))};
    if (time != now_) {
        now_ = time;
        reset_bound_checks();
    }
    if (events_run_ >= check_at_) [[unlikely]]
        check_bounds();
    if (!is_fifo_) [[unlikely]]
        chooser_.choose(queue_);

    EventSlot& slot = queue_.take();
    const EventId id = slot.id;
    current_.seq = id.seq();
    current_.time = time;
    current_.cause = slot.cause();
    current_.scheduled_at = Time(Duration(slot.scheduled_at));
    current_.actor = ActorId(slot.actor);
    current_.kind = slot.kind();
    ++events_run_;
    fingerprint_.mix(static_cast<std::uint64_t>(time.time_since_epoch().count()));
    fingerprint_.mix((current_.seq << 8 | static_cast<std::uint8_t>(current_.kind)) ^
                     std::rotl(slot.actor, 40));
    if (observer_ != nullptr) [[unlikely]]
        observer_->on_event(current_);
    run(slot, id);
    return true;
}

void Engine::run(EventSlot& slot, EventId id) {
    struct Outside {
        EventRecord& current;
        ~Outside() {
            current.seq = 0;
            current.actor = ActorId();
        }
    };
    if (slot.callback == nullptr) {
        const auto frame = std::coroutine_handle<>::from_address(slot.frame);
        // Freed before the resume, so that an actor that sleeps again takes the same line.
        const std::uint64_t actor = slot.actor;
        queue_.slots().release(id.slot());
        const Outside outside{current_};
        frame.resume();
        if (root_ended_) finish_actor(ActorId(actor));
        return;
    }
    struct Release {
        SlotTable& slots;
        std::uint32_t index;
        ~Release() { slots.release(index); }
    };
    slot.id = EventId();  // running: no longer to be cancelled
    const Outside outside{current_};
    const Release release{queue_.slots(), id.slot()};
    slot.callback(slot, EventSlot::Action::Run);
}

void Engine::run_until(Time end) {
    if (end < now_) fail("run_until a time that has passed");
    while (run_next(end < kLastTime ? end : kLastTime)) {
    }
    if (end == kNever) return;
    now_ = end;
    reset_bound_checks();
}

std::optional<Time> Engine::next_time() {
    const std::optional<std::uint64_t> earliest = queue_.peek();
    if (!earliest) return std::nullopt;
    const Time time{Duration(static_cast<std::int64_t>(*earliest))};
    if (time > kLastTime) return std::nullopt;
    return time;
}

bool Engine::cancel(EventId id) {
    if (!queue_.is_pending(id)) return false;
    EventSlot& pending = queue_.slots()[id.slot()];
    if (pending.callback == nullptr) return false;
    EventSlot& slot = queue_.cancel(id);
    slot.callback(slot, EventSlot::Action::Destroy);
    queue_.slots().release(id.slot());
    return true;
}

GroupId Engine::make_group(std::string name) {
    groups_.push_back(Group());
    groups_.back().name = std::move(name);
    return GroupId(static_cast<std::uint32_t>(groups_.size()));
}

ActorId Engine::spawn(GroupId group, std::string name, Task<void> task) {
    if (!group || group.value > groups_.size()) fail("spawn into an unknown group");
    if (!task) fail("spawn of an empty task");
    std::uint32_t index = free_actor_;
    if (index == kNoActor) {
        if (actors_.size() >= SlotTable::kMaxSlots) fail("too many actors");
        index = static_cast<std::uint32_t>(actors_.size());
        actors_.emplace_back();
    } else {
        free_actor_ = actors_[index].next;
    }
    const ActorId id((++spawned_ << 24) | index);
    const Task<void>::Handle root = task.release();
    root.promise().set_ended(&root_ended_);

    Group& members = groups_[group.value - 1];
    Actor& actor = actors_[index];
    actor.id = id;
    actor.root = root;
    actor.parked = nullptr;
    actor.spawned = now_;
    actor.group = group;
    actor.previous = members.last;
    actor.next = kNoActor;
    actor.name = std::move(name);
    (members.last != kNoActor ? actors_[members.last].next : members.first) = index;
    members.last = index;
    ++living_;
    actor.start = schedule_resume(root, now_, WaitKind::None, id);
    return id;
}

void Engine::kill(ActorId actor) {
    if (!alive(actor)) return;
    if (actor == current_.actor) fail("an actor may not kill itself while it runs");
    remove_actor(actor);
}

void Engine::kill_group(GroupId group) {
    if (!group || group.value > groups_.size()) fail("kill of an unknown group");
    const ActorId running = current_.actor;
    if (alive(running) && actors_[running.slot()].group == group) {
        fail("an actor may not kill its own group while it runs");
    }
    // Destructors may kill further members or spawn new ones, so look again each time.
    while (groups_[group.value - 1].first != kNoActor) {
        remove_actor(actors_[groups_[group.value - 1].first].id);
    }
}

void Engine::remove_actor(ActorId id) {
    Actor& actor = actors_[id.slot()];
    const Task<void>::Handle root = actor.root;
    cancel_resume(actor.start);
    unlink_from_group(id.slot());
    actor.id = ActorId();
    actor.root = nullptr;
    actor.start = EventId();
    actor.parked = nullptr;
    actor.next = free_actor_;
    free_actor_ = id.slot();
    --living_;
    root.destroy();  // last: its destructors may do anything, spawning into this very record
                     // included
}

void Engine::unlink_from_group(std::uint32_t index) {
    const Actor& actor = actors_[index];
    Group& group = groups_[actor.group.value - 1];
    (actor.previous != kNoActor ? actors_[actor.previous].next : group.first) = actor.next;
    (actor.next != kNoActor ? actors_[actor.next].previous : group.last) = actor.previous;
}

void Engine::finish_actor(ActorId id) {
    root_ended_ = false;
    const std::exception_ptr failure = actors_[id.slot()].root.promise().exception();
    if (!failure) return remove_actor(id);
    const std::string name = full_name(id);
    remove_actor(id);
    rethrow_failure(name, failure);
}

void Engine::rethrow_failure(const std::string& name, std::exception_ptr failure) const {
    try {
        std::rethrow_exception(failure);
    } catch (const BoundExceeded&) {
        throw;
    } catch (const CheckFailed&) {
        throw;
    } catch (const std::exception& cause) {
        std::throw_with_nested(ActorFailed("an exception ended the actor " + name + " (" + where() +
                                           "): " + cause.what()));
    } catch (...) {
        std::throw_with_nested(
            ActorFailed("an unknown exception ended the actor " + name + " (" + where() + ")"));
    }
}

Stream& Engine::stream(std::string_view name) {
    const auto found = streams_.find(name);
    if (found != streams_.end()) return found->second;
    return streams_.emplace(std::string(name), Stream(options_.seed, name)).first->second;
}

std::uint64_t Engine::final_draw() { return stream("sim/final draw").next(); }

}  // namespace sim
