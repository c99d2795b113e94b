// The edge to the outside: runs an engine against the wall clock by Boost.Asio.
//
// The same actors run as on virtual time alone; the pump only waits until an event's time has come.
// This file and its .cpp are the one place in the kernel where the wall clock is read. An actor
// awaits an Asio operation on the pump's context by Outside; its result arrives as an event at the
// virtual time that the wall clock has reached, and from there on everything is as ever. Left out:
// completion from other threads (post to the context first), and the operations themselves: Asio's
// headers are the business of whoever starts one.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "sim/engine.hpp"
#include "sim/reply.hpp"
#include "sim/time.hpp"

namespace boost::asio {
class io_context;
}

namespace sim {

namespace detail {

// A result that waits until the pump hands it to the engine.
struct Arrival {
    virtual ~Arrival() = default;
    virtual void deliver() = 0;
};

}  // namespace detail

template <class T>
class Completion;

struct RealTimeOptions {
    std::int64_t speed_permille =
        1000;  // virtual time per wall time: 1000 is real time, 60000 a minute a second
    bool stop_on_interrupt = true;  // SIGINT ends run_for
};

class RealTimePump {
  public:
    explicit RealTimePump(Engine& engine, RealTimeOptions options = RealTimeOptions());
    ~RealTimePump();
    RealTimePump(const RealTimePump&) = delete;
    RealTimePump& operator=(const RealTimePump&) = delete;

    // Runs the engine for that much virtual time. False if it was stopped before, now() standing
    // where it was stopped.
    bool run_for(Duration duration);
    // From an event, or from another thread.
    void stop();

    // For operations to be awaited. They and the actors that own them die before the pump.
    boost::asio::io_context& context();
    Engine& engine();

  private:
    template <class T>
    friend class Completion;

    void arrive(std::unique_ptr<detail::Arrival> arrival);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// What an operation calls when it is done, once, with whatever T is constructed from: a handler for
// any Asio operation. If the actor died meanwhile the result is dropped.
template <class T>
class Completion {
  public:
    Completion(RealTimePump& pump, Promise<T> promise)
        : pump_(&pump), promise_(std::move(promise)) {}

    template <class... Args>
    void operator()(Args... args) const {
        pump_->arrive(std::make_unique<Result>(promise_, T(std::move(args)...)));
    }

  private:
    struct Result : detail::Arrival {
        Result(Promise<T> p, T v) : promise(std::move(p)), value(std::move(v)) {}
        void deliver() override { promise.fulfil(std::move(value)); }
        Promise<T> promise;
        T value;
    };

    RealTimePump* pump_;
    Promise<T> promise_;
};

// An awaitable operation. `start(Completion<T>)` runs when the actor awaits it; `cancel()` runs if
// the actor dies before the result was handed to it, while all that the actor holds is still there.
//     auto start = [&](Completion<error_code> done) { timer.async_wait(done); };
//     auto cancel = [&] { timer.cancel(); };
//     auto elapsed = outside<error_code>(pump, kind, start, cancel);
//     const error_code error = co_await elapsed;
// It is named, since g++ 12 destroys lambdas within an awaiting statement twice.
template <class T, class Start, class Cancel>
class Outside {
  public:
    Outside(RealTimePump& pump, WaitKind kind, const Reply<T>& reply, Start start, Cancel cancel)
        : pump_(&pump),
          promise_(reply.promise()),
          start_(std::move(start)),
          cancel_(std::move(cancel)),
          result_(reply.get(kind)) {}
    ~Outside() {
        if (started_ && !promise_.is_fulfilled()) cancel_();
    }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
        result_.await_suspend(handle);
        start_(Completion<T>(*pump_, promise_));
        started_ = true;
    }
    T await_resume() { return result_.await_resume(); }

  private:
    RealTimePump* pump_;
    Promise<T> promise_;
    Start start_;
    Cancel cancel_;
    typename Future<T>::Get result_;
    bool started_ = false;
};

template <class T, class Start, class Cancel>
Outside<T, Start, Cancel> outside(RealTimePump& pump, WaitKind kind, Start start, Cancel cancel) {
    const Reply<T> reply(pump.engine());
    return Outside<T, Start, Cancel>(pump, kind, reply, std::move(start), std::move(cancel));
}

}  // namespace sim
