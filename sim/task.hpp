// Task<T>: a lazy coroutine that runs when it is awaited and resumes its awaiter when it ends.
//
// Symmetric transfer keeps the stack flat; frames come from a pool of the thread. Destroying a Task
// destroys its frame where it stands: destructors of locals and of the awaiter run, no catch block
// does. Exceptions are for faults and reach the awaiter. g++ 12 miscompiles many shapes of
// co_await: write it only as a whole statement (see tests/sim/coroutine_canary_test.cpp). Left out:
// starting eagerly, sharing, results that are references.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "sim/frame_pool.hpp"

namespace sim {

template <class T>
class Task;

namespace detail {

class PromiseBase {
  public:
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) { release_frame(memory, bytes); }

    struct FinalAwaiter {
        FinalAwaiter() {}
        bool await_ready() const noexcept { return false; }
        void await_resume() const noexcept {}

        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> handle) noexcept {
            PromiseBase& promise = handle.promise();
            if (promise.continuation_) return promise.continuation_;
            if (promise.ended_ != nullptr) *promise.ended_ = true;
            return std::noop_coroutine();
        }
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return FinalAwaiter(); }
    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    void set_continuation(std::coroutine_handle<> handle) noexcept { continuation_ = handle; }
    std::coroutine_handle<> continuation() const noexcept { return continuation_; }
    // For a root task: `*ended` becomes true when the task has ended.
    void set_ended(bool* ended) noexcept { ended_ = ended; }
    const std::exception_ptr& exception() const noexcept { return exception_; }

  protected:
    void rethrow() const {
        if (exception_) std::rethrow_exception(exception_);
    }

  private:
    std::coroutine_handle<> continuation_;  // first: the engine prefetches the frame it names
    bool* ended_ = nullptr;
    std::exception_ptr exception_;
};

template <class T>
class TaskPromise : public PromiseBase {
  public:
    Task<T> get_return_object() noexcept;

    template <class U = T>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }

    T take() {
        rethrow();
        return std::move(*value_);
    }

  private:
    std::optional<T> value_;
};

template <>
class TaskPromise<void> : public PromiseBase {
  public:
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const { rethrow(); }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
  public:
    using promise_type = detail::TaskPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task() = default;
    explicit Task(Handle handle) noexcept : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() { reset(); }

    class Awaiter {
      public:
        explicit Awaiter(Handle handle) noexcept : handle_(handle) {}
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
            handle_.promise().set_continuation(awaiting);
            return handle_;
        }
        T await_resume() { return handle_.promise().take(); }

      private:
        Handle handle_;
    };

    // The Task keeps the frame; a task is awaited once.
    Awaiter operator co_await() && noexcept { return Awaiter(handle_); }

    explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
    bool done() const noexcept { return handle_ && handle_.done(); }
    Handle handle() const noexcept { return handle_; }
    Handle release() noexcept { return std::exchange(handle_, nullptr); }

    // Destroys the frame, wherever it stands.
    void reset() noexcept {
        if (handle_) std::exchange(handle_, nullptr).destroy();
    }

  private:
    Handle handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

}  // namespace detail
}  // namespace sim
