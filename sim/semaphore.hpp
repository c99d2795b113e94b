// Semaphore: a number of tokens, given out first come, first served.
//
// A released token goes straight to the longest waiting, so nobody overtakes. A token on its way to
// an actor that dies goes to the next. Whoever may be killed while holding a token takes it as a
// Permit, which returns it by its destructor and may outlive the semaphore. Left out: taking
// several at once.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "sim/engine.hpp"
#include "sim/waiter.hpp"

namespace sim {

namespace detail {

struct SemaphoreState {
    explicit SemaphoreState(std::size_t tokens) : free(tokens) {}

    void release();

    std::size_t free;
    WaitList waiters;
};

}  // namespace detail

// One token, returned on destruction. Movable; empty after release() or when moved from.
class [[nodiscard]] Permit {
  public:
    Permit() = default;
    explicit Permit(std::shared_ptr<detail::SemaphoreState> state) noexcept
        : state_(std::move(state)) {}
    Permit(Permit&& other) noexcept = default;
    Permit& operator=(Permit&& other) noexcept {
        if (this != &other) {
            release();
            state_ = std::move(other.state_);
        }
        return *this;
    }
    ~Permit() { release(); }

    void release() {
        if (state_) std::exchange(state_, nullptr)->release();
    }
    explicit operator bool() const { return state_ != nullptr; }

  private:
    std::shared_ptr<detail::SemaphoreState> state_;
};

class Semaphore {
  public:
    Semaphore(Engine& engine, std::size_t tokens)
        : engine_(&engine), state_(std::make_shared<detail::SemaphoreState>(tokens)) {}
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    class Acquire : public Waiter {
      public:
        Acquire(Semaphore& semaphore, WaitKind kind, std::string_view note)
            : Waiter(*semaphore.engine_, kind, note), state_(semaphore.state_) {}
        ~Acquire() {
            if (is_woken()) state_->release();
        }
        bool await_ready() noexcept {
            if (state_->free == 0) return false;
            --state_->free;
            return true;
        }
        void await_suspend(std::coroutine_handle<> handle) {
            park(handle);
            state_->waiters.push_back(*this);
        }
        void await_resume() noexcept { resumed(); }

      protected:
        std::shared_ptr<detail::SemaphoreState> state_;
    };

    class AcquirePermit : public Acquire {
      public:
        using Acquire::Acquire;
        Permit await_resume() noexcept {
            resumed();
            return Permit(state_);
        }
    };

    // `co_await semaphore.acquire(kind);` and later semaphore.release().
    Acquire acquire(WaitKind kind, std::string_view note = {}) {
        return Acquire(*this, kind, note);
    }
    // `Permit permit = co_await semaphore.permit(kind);`
    AcquirePermit permit(WaitKind kind, std::string_view note = {}) {
        return AcquirePermit(*this, kind, note);
    }
    bool try_acquire() {
        if (state_->free == 0) return false;
        --state_->free;
        return true;
    }
    void release() { state_->release(); }
    std::size_t available() const { return state_->free; }
    std::size_t waiters() const { return state_->waiters.size(); }

  private:
    Engine* engine_;
    std::shared_ptr<detail::SemaphoreState> state_;
};

inline void detail::SemaphoreState::release() {
    if (waiters.empty()) {
        ++free;
    } else {
        waiters.first()->wake();
    }
}

}  // namespace sim
