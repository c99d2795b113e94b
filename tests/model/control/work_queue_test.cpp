#include "model/control/work_queue.hpp"

#include <doctest/doctest.h>

using namespace model;
using namespace std::chrono_literals;
using api::Key;

TEST_SUITE_BEGIN("work queue");

namespace {

struct Bench {
    sim::Engine engine;
    Journal journal;
    control::WorkQueue queue{engine, journal, "test"};
    std::vector<std::pair<std::string, sim::Time>> taken;
    sim::Duration work = 10ms;

    sim::Task<void> worker() {
        for (;;) {
            auto next = queue.next();
            control::WorkQueue::Item item = co_await std::move(next);
            taken.emplace_back(item.key.name.str(), engine.now());
            co_await engine.sleep_for(work, sim::WaitKind());
            queue.done(item.key);
        }
    }
    void spawn() { engine.spawn(engine.make_group("test"), "worker", worker()); }
};

}  // namespace

TEST_CASE("a key added twice is taken once") {
    Bench b;
    b.queue.add(Key("", "a"));
    b.queue.add(Key("", "a"));
    b.queue.add(Key("", "b"));
    b.spawn();
    b.engine.run();
    REQUIRE(b.taken.size() == 2);
    CHECK(b.taken[0].first == "a");
    CHECK(b.taken[1].first == "b");
}

TEST_CASE(
    "a key added while a worker has it comes back when that worker is done, never to two workers") {
    Bench b;
    b.spawn();
    b.spawn();
    b.queue.add(Key("", "a"));
    b.engine.run_until(sim::Time(5ms));
    b.queue.add(Key("", "a"));
    b.engine.run();
    REQUIRE(b.taken.size() == 2);
    CHECK(b.taken[1].second == sim::Time(10ms));
}

TEST_CASE("failures of a key back off from 5 ms, doubling, and a success forgets them") {
    Bench b;
    b.work = 0ms;
    b.spawn();
    for (sim::Duration expected : {5ms, 10ms, 20ms, 40ms}) {
        const sim::Time before = b.engine.now();
        b.queue.add_rate_limited(Key("", "a"));
        b.engine.run();
        CHECK(b.taken.back().second - before == expected);
    }
    b.queue.forget(Key("", "a"));
    const sim::Time before = b.engine.now();
    b.queue.add_rate_limited(Key("", "a"));
    b.engine.run();
    CHECK(b.taken.back().second - before == 5ms);
}

TEST_CASE("all retries together pass a bucket of 10 a second after a hundred") {
    Bench b;
    b.work = 0ms;
    b.spawn();
    for (int i = 0; i < 120; ++i) b.queue.add_rate_limited(Key("", std::to_string(i)));
    b.engine.run();
    CHECK(b.taken[99].second == sim::Time(5ms));
    CHECK(b.taken[119].second == sim::Time(2s));
}

TEST_CASE("a delayed key keeps the earlier of two instants") {
    Bench b;
    b.spawn();
    b.queue.add_after(Key("", "a"), 50ms);
    b.queue.add_after(Key("", "a"), 20ms);
    b.queue.add_after(Key("", "a"), 80ms);
    CHECK(b.queue.due(Key("", "a")) == sim::Time(20ms));
    b.engine.run();
    REQUIRE(b.taken.size() == 1);
    CHECK(b.taken[0].second == sim::Time(20ms));
}

TEST_SUITE_END();
