// An actor parked at a primitive (mailbox, gate, ...), and the first-come list of those parked at
// one.
//
// A waiter lives in the frame of the waiting coroutine. Waking takes it off the list and schedules
// an event at now: never a direct resume, so the stack stays flat and each wake is a choice of the
// ready order. Destroying the frame takes the waiter off the list, or cancels the event. Left out:
// what is handed over with the wake; derived waiters do that.
#pragma once

#include <coroutine>
#include <string_view>

#include "sim/event_slot.hpp"
#include "sim/time.hpp"
#include "sim/wait.hpp"

namespace sim {

class Engine;
class WaitList;

class Waiter {
  public:
    // `note` says in reports what exactly is awaited; it must outlive the wait.
    Waiter(Engine& engine, WaitKind kind, std::string_view note) noexcept
        : engine_(&engine), note_(note), kind_(kind) {}
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    Engine& engine() const { return *engine_; }
    std::string_view note() const { return note_; }
    WaitKind kind() const { return kind_; }
    Time since() const { return since_; }

    // Parked, and not yet woken.
    bool is_parked() const { return parked_; }
    // Woken, and not yet resumed.
    bool is_woken() const { return static_cast<bool>(wake_); }

    // For awaiters: from await_suspend.
    void park(std::coroutine_handle<> handle);
    // Schedules the resume at now, once; the waiter is on no list afterwards.
    void wake();
    // For awaiters: from await_resume.
    void resumed() { wake_ = EventId(); }

  private:
    friend class WaitList;
    friend class Engine;

    void unpark();

    Engine* engine_;
    std::coroutine_handle<> handle_;
    WaitList* list_ = nullptr;
    Waiter* previous_ = nullptr;
    Waiter* next_ = nullptr;
    Waiter* actor_previous_ = nullptr;  // the actor's other parked waiters (a race has several)
    Waiter* actor_next_ = nullptr;
    std::uint64_t actor_ = 0;
    EventId wake_;
    Time since_{};
    std::string_view note_;
    WaitKind kind_;
    bool parked_ = false;
};

class WaitList {
  public:
    WaitList() = default;
    ~WaitList();  // those still on it are left alone: nobody will wake them
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;

    bool empty() const { return first_ == nullptr; }
    Waiter* first() const { return first_; }
    std::size_t size() const;
    void push_back(Waiter& waiter);
    void remove(Waiter& waiter);

  private:
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
};

}  // namespace sim
