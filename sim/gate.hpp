// Gate: actors pass while it is open and wait while it is closed.
//
// Opening lets through all who wait at that moment, even if it is closed again before they run.
// Left out: counting.
#pragma once

#include "sim/engine.hpp"
#include "sim/waiter.hpp"

namespace sim {

class Gate {
  public:
    explicit Gate(Engine& engine, bool open = false) : engine_(&engine), open_(open) {}

    class Wait : public Waiter {
      public:
        Wait(Gate& gate, WaitKind kind, std::string_view note)
            : Waiter(*gate.engine_, kind, note), gate_(&gate) {}
        bool await_ready() const noexcept { return gate_->open_; }
        void await_suspend(std::coroutine_handle<> handle) {
            park(handle);
            gate_->waiters_.push_back(*this);
        }
        void await_resume() noexcept { resumed(); }

      private:
        Gate* gate_;
    };

    void open() {
        open_ = true;
        while (!waiters_.empty()) waiters_.first()->wake();
    }
    void close() { open_ = false; }
    bool is_open() const { return open_; }

    // `co_await gate.wait(kind);` Does not wait if the gate is open.
    Wait wait(WaitKind kind, std::string_view note = {}) { return Wait(*this, kind, note); }

  private:
    Engine* engine_;
    bool open_;
    WaitList waiters_;
};

}  // namespace sim
