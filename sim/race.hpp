// race: two tasks of one actor side by side; the first to end wins and the other is destroyed where
// it stands.
//
// The first task is started first, and if it ends without waiting the second is never started.
// with_timeout races a task against a sleep. An exception of the winner reaches the awaiter. Left
// out: more than two (nest them) and waiting for all.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/engine.hpp"
#include "sim/task.hpp"

namespace sim {

namespace detail {

template <class T>
using Plain = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
Plain<T> take_result(Task<T>& task) {
    if constexpr (std::is_void_v<T>) {
        task.handle().promise().take();
        return std::monostate();
    } else {
        return task.handle().promise().take();
    }
}

template <class A, class B>
class RaceAwaiter {
  public:
    RaceAwaiter(Task<A>& first, Task<B>& second) noexcept : first_(&first), second_(&second) {}

    bool await_ready() const noexcept { return false; }

    bool await_suspend(std::coroutine_handle<> awaiting) {
        if (start(*first_)) return false;
        if (start(*second_)) return false;
        first_->handle().promise().set_continuation(awaiting);
        second_->handle().promise().set_continuation(awaiting);
        return true;
    }

    // The loser dies before the winner's result is handed on.
    std::variant<Plain<A>, Plain<B>> await_resume() {
        using Result = std::variant<Plain<A>, Plain<B>>;
        if (first_->done()) {
            second_->reset();
            return Result(std::in_place_index<0>, take_result(*first_));
        }
        first_->reset();
        return Result(std::in_place_index<1>, take_result(*second_));
    }

  private:
    // Runs the task to its first wait; true if it ended.
    template <class T>
    static bool start(Task<T>& task) {
        task.handle().promise().set_continuation(std::noop_coroutine());
        task.handle().resume();
        return task.done();
    }

    Task<A>* first_;
    Task<B>* second_;
};

inline Task<void> sleep_task(Engine& engine, Duration delay, WaitKind kind) {
    co_await engine.sleep_for(delay, kind);
}

}  // namespace detail

// Index 0 holds the first task's result, index 1 the second's; std::monostate stands for void.
template <class A, class B>
Task<std::variant<detail::Plain<A>, detail::Plain<B>>> race(Engine&, Task<A> first,
                                                            Task<B> second) {
    detail::RaceAwaiter<A, B> awaiter(first, second);
    co_return co_await awaiter;
}

// Nothing if the task has not ended within `limit`. `kind` is that of the timer's event.
template <class T>
Task<std::optional<detail::Plain<T>>> with_timeout(Engine& engine, Duration limit, Task<T> task,
                                                   WaitKind kind) {
    Task<void> timer = detail::sleep_task(engine, limit, kind);
    detail::RaceAwaiter<T, void> awaiter(task, timer);
    std::variant<detail::Plain<T>, std::monostate> winner = co_await awaiter;
    std::optional<detail::Plain<T>> result;
    if (winner.index() == 0) result.emplace(std::move(std::get<0>(winner)));
    co_return result;
}

}  // namespace sim
