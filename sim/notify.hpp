// Signal: wakes those who wait at that moment; it remembers nothing.
//
// A waiter chosen by notify_one that dies before it runs passes the notification on, so none is
// lost to a crash. Left out: a memory (see gate.hpp) and a count (see semaphore.hpp).
#pragma once

#include "sim/engine.hpp"
#include "sim/waiter.hpp"

namespace sim {

class Signal {
  public:
    explicit Signal(Engine& engine) : engine_(&engine) {}
    ~Signal() {
        for (Wait* w = chosen_; w != nullptr; w = w->next_chosen_) w->signal_ = nullptr;
    }
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    class Wait : public Waiter {
      public:
        Wait(Signal& signal, WaitKind kind, std::string_view note)
            : Waiter(*signal.engine_, kind, note), signal_(&signal) {}
        ~Wait() {
            if (!chosen_) return;
            Signal* signal = signal_;
            unlink_chosen();
            if (signal != nullptr) signal->notify_one();
        }
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> handle) {
            park(handle);
            signal_->waiters_.push_back(*this);
        }
        void await_resume() noexcept {
            resumed();
            if (chosen_) unlink_chosen();
        }

      private:
        friend class Signal;

        void link_chosen() {
            chosen_ = true;
            next_chosen_ = signal_->chosen_;
            if (next_chosen_ != nullptr) next_chosen_->previous_chosen_ = this;
            signal_->chosen_ = this;
        }
        void unlink_chosen() {
            chosen_ = false;
            if (signal_ == nullptr) return;
            if (previous_chosen_ != nullptr) {
                previous_chosen_->next_chosen_ = next_chosen_;
            } else {
                signal_->chosen_ = next_chosen_;
            }
            if (next_chosen_ != nullptr) next_chosen_->previous_chosen_ = previous_chosen_;
        }

        Signal* signal_;
        Wait* next_chosen_ =
            nullptr;  // those woken by notify_one, so that the signal may die first
        Wait* previous_chosen_ = nullptr;
        bool chosen_ = false;
    };

    // Wakes the longest waiting; false if nobody waits.
    bool notify_one() {
        if (waiters_.empty()) return false;
        Wait& chosen = static_cast<Wait&>(*waiters_.first());
        chosen.wake();
        chosen.link_chosen();
        return true;
    }
    void notify_all() {
        while (!waiters_.empty()) waiters_.first()->wake();
    }

    // `co_await signal.wait(kind);` Always waits.
    Wait wait(WaitKind kind, std::string_view note = {}) { return Wait(*this, kind, note); }
    std::size_t waiters() const { return waiters_.size(); }

  private:
    Engine* engine_;
    WaitList waiters_;
    Wait* chosen_ = nullptr;
};

}  // namespace sim
