// The kernel alone: events a second with many pending, sleeping actors, kills, mailboxes.
//
// The hold model keeps a number of events pending: each schedules one more after an exponential
// delay of mean one second. The peer in the same run is the usual loop over std::priority_queue and
// std::function. items_per_second is events per second.
#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "sim/distribution.hpp"
#include "sim/engine.hpp"
#include "sim/mailbox.hpp"

namespace {

using namespace std::chrono_literals;
using sim::Duration;
using sim::Engine;
using sim::Task;
using sim::Time;
using sim::WaitKind;

constexpr WaitKind kTimer{1};
constexpr int kBatch = 1000;

// Exponential, mean one second, from 1024 quantiles: a draw costs two nanoseconds in every engine.
class Delays {
  public:
    Delays() : stream_(1, "delays") {
        const sim::Distribution distribution = sim::Distribution::exponential(1s);
        for (int i = 0; i < kCount; ++i) delays_[i] = distribution.quantile((i + 0.5) / kCount);
    }
    // Spread between the quantiles, so that equal times stay rare.
    Duration next() {
        const std::uint64_t bits = stream_.next();
        return delays_[bits >> 54] + Duration(bits & 0xffff);
    }

  private:
    static constexpr int kCount = 1024;
    sim::Stream stream_;
    Duration delays_[kCount];
};

struct Hold {
    Engine& engine;
    Delays& delays;
    void operator()() const { engine.call_in(delays.next(), kTimer, *this); }
};

// Runs until each pending event was replaced about three times, so that the mix is the steady one.
void warm_up(Engine& engine, std::int64_t pending) {
    for (std::int64_t i = 0; i < 3 * pending; ++i) engine.step();
}

void hold(benchmark::State& state) {
    Engine engine;
    Delays delays;
    for (std::int64_t i = 0; i < state.range(0); ++i) Hold{engine, delays}();
    warm_up(engine, state.range(0));
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(hold)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// What one writes first: a priority queue of (time, sequence, function).
class PlainLoop {
  public:
    void call_in(std::int64_t delay, std::function<void()> call) {
        queue_.push(Event{now_ + delay, ++seq_, std::move(call)});
    }
    void step() {
        std::function<void()> call = std::move(const_cast<Event&>(queue_.top()).call);
        now_ = queue_.top().time;
        queue_.pop();
        call();
    }

  private:
    struct Event {
        std::int64_t time;
        std::uint64_t seq;
        std::function<void()> call;
        bool operator<(const Event& other) const {
            return time != other.time ? time > other.time : seq > other.seq;
        }
    };
    std::priority_queue<Event> queue_;
    std::int64_t now_ = 0;
    std::uint64_t seq_ = 0;
};

struct PlainHold {
    PlainLoop& loop;
    Delays& delays;
    void operator()() const { loop.call_in(delays.next().count(), *this); }
};

void hold_priority_queue(benchmark::State& state) {
    PlainLoop loop;
    Delays delays;
    for (std::int64_t i = 0; i < state.range(0); ++i) PlainHold{loop, delays}();
    for (std::int64_t i = 0; i < 3 * state.range(0); ++i) loop.step();
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) loop.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(hold_priority_queue)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

Task<void> sleeper(Engine& engine, Delays& delays) {
    while (true) co_await engine.sleep_for(delays.next(), kTimer);
}

void sleeping_actors(benchmark::State& state) {
    Engine engine;
    Delays delays;
    const sim::GroupId group = engine.make_group("sleepers");
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        engine.spawn(group, "sleeper", sleeper(engine, delays));
    }
    warm_up(engine, state.range(0));
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(sleeping_actors)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

Task<void> nap(Engine& engine, Delays& delays) { co_await engine.sleep_for(delays.next(), kTimer); }

Task<void> nested_sleeper(Engine& engine, Delays& delays) {
    while (true) co_await nap(engine, delays);
}

void sleeping_actors_nested(benchmark::State& state) {
    Engine engine;
    Delays delays;
    const sim::GroupId group = engine.make_group("sleepers");
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        engine.spawn(group, "sleeper", nested_sleeper(engine, delays));
    }
    warm_up(engine, state.range(0));
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(sleeping_actors_nested)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// Short operations under a floor of a million timers far away.
void short_under_long(benchmark::State& state) {
    Engine engine;
    Delays delays;
    sim::Stream stream(2, "far");
    for (int i = 0; i < 1'000'000; ++i) {
        engine.call_in(1h + Duration(stream.below(600'000'000'000)), kTimer, [] {});
    }
    struct Short {
        Engine& engine;
        Delays& delays;
        void operator()() const { engine.call_in(delays.next() / 200, kTimer, *this); }
    };
    for (std::int64_t i = 0; i < state.range(0); ++i) Short{engine, delays}();
    warm_up(engine, state.range(0));
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(short_under_long)->Arg(10'000);

// Each event arms a long timeout, and cancels the one before.
void arm_and_cancel(benchmark::State& state) {
    Engine engine;
    Delays delays;
    struct Operation {
        Engine& engine;
        Delays& delays;
        sim::EventId timeout;
        void operator()() {
            engine.cancel(timeout);
            timeout = engine.call_in(60s, kTimer, [] {});
            engine.call_in(delays.next() / 200, kTimer, *this);
        }
    };
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        Operation{engine, delays, sim::EventId()}();
    }
    warm_up(engine, state.range(0));
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(arm_and_cancel)->Arg(10'000);

Task<void> deep(Engine& engine, int depth) {
    if (depth <= 1) {
        co_await engine.sleep_for(1h, kTimer);
    } else {
        co_await deep(engine, depth - 1);
    }
}

// items_per_second counts actors; spawning and starting them is not timed.
void kill(benchmark::State& state) {
    constexpr int kActors = 100'000;
    Engine engine;
    const sim::GroupId group = engine.make_group("victims");
    std::vector<sim::ActorId> actors(kActors);
    for (auto _ : state) {
        state.PauseTiming();
        for (sim::ActorId& actor : actors) {
            actor = engine.spawn(group, "victim", deep(engine, static_cast<int>(state.range(0))));
        }
        engine.run_until(engine.now());
        state.ResumeTiming();
        for (const sim::ActorId actor : actors) engine.kill(actor);
    }
    state.SetItemsProcessed(state.iterations() * kActors);
}
BENCHMARK(kill)->Arg(1)->Arg(3);

// An actor that is spawned, started, sleeps once and ends.
void short_lived_actors(benchmark::State& state) {
    Engine engine;
    Delays delays;
    const sim::GroupId group = engine.make_group("operations");
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.spawn(group, "operation", nap(engine, delays));
        engine.run();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(short_lived_actors);

Task<void> player(sim::Mailbox<int>& mine, sim::Mailbox<int>& other) {
    while (true) {
        int ball = co_await mine.receive(kTimer);
        other.post(ball + 1);
    }
}

// items_per_second counts letters.
void mailbox_ping_pong(benchmark::State& state) {
    sim::EngineOptions options;
    options.bounds.events_per_instant = ~std::uint64_t{0};
    Engine engine(options);
    sim::Mailbox<int> left(engine);
    sim::Mailbox<int> right(engine);
    const sim::GroupId group = engine.make_group("players");
    engine.spawn(group, "left", player(left, right));
    engine.spawn(group, "right", player(right, left));
    left.post(0);
    for (auto _ : state) {
        for (int i = 0; i < kBatch; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(mailbox_ping_pong);

// A run as short as those of a sweep: an engine is made, runs 2,000 events and goes.
void short_run(benchmark::State& state) {
    Delays delays;
    for (auto _ : state) {
        Engine engine;
        const sim::GroupId group = engine.make_group("sleepers");
        for (int i = 0; i < 60; ++i) engine.spawn(group, "sleeper", sleeper(engine, delays));
        for (int i = 0; i < 2000; ++i) engine.step();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(short_run);

}  // namespace

BENCHMARK_MAIN();
