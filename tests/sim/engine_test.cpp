#include "sim/engine.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>

#include "sim/gate.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kTimer{1};
constexpr WaitKind kDoor{2};

struct Recorder : Observer {
    void on_event(const EventRecord& event) override { events.push_back(event); }
    std::vector<EventRecord> events;
};

Task<void> ticks(Engine& engine, int count, Duration period) {
    for (int i = 0; i < count; ++i) co_await engine.sleep_for(period, kTimer);
}

Task<void> wait_at(Engine& engine, Gate& gate) {
    co_await engine.sleep_for(2s, kTimer);
    co_await gate.wait(kDoor, "the front door");
}

Task<void> throw_after(Engine& engine, Duration delay) {
    co_await engine.sleep_for(delay, kTimer);
    throw std::runtime_error("the disk is on fire");
}

Task<void> spin(Engine& engine) {
    while (true) co_await engine.yield_now();
}

Task<void> pile_up(Engine& engine) {
    while (true) {
        engine.call_in(1s, kTimer, [] {});
        co_await engine.sleep_for(1ns, kTimer);
    }
}

template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const E& e) {
        return e.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string stories(std::uint64_t seed, int rounds) {
    Engine engine(Engine::Options{seed});
    Stream& stream = engine.stream("delays");
    std::string text;
    for (int i = 0; i < rounds; ++i) {
        const Duration delay(static_cast<std::int64_t>(stream.below(50)));
        engine.call_in(delay, kTimer, [&text, &engine, i] {
            text += std::to_string(i) + "@" + seconds_text(engine.now(), 9) + " ";
        });
    }
    engine.run();
    return text + std::to_string(engine.fingerprint()) + " " + std::to_string(engine.final_draw());
}

}  // namespace

TEST_CASE("engine: events at one instant run in the order in which they were scheduled") {
    Engine engine;
    std::string order;
    engine.call_at(Time(5s), kTimer, [&] {
        order += 'b';
        engine.call_in(0s, kTimer, [&] { order += 'd'; });
    });
    engine.call_at(Time(1s), kTimer, [&] {
        order += 'a';
        engine.call_at(Time(5s), kTimer, [&] { order += 'c'; });
    });
    engine.run();
    CHECK(order == "abcd");
    CHECK(engine.now() == Time(5s));
}

TEST_CASE("engine: run_until includes its end and leaves now there") {
    Engine engine;
    int ran = 0;
    engine.call_at(Time(1s), kTimer, [&] { ++ran; });
    engine.call_at(Time(2s), kTimer, [&] { ++ran; });
    engine.call_at(Time(2s + 1ns), kTimer, [&] { ++ran; });
    engine.run_until(Time(2s));
    CHECK(ran == 2);
    CHECK(engine.now() == Time(2s));
    engine.run_until(Time(10s));
    CHECK(engine.now() == Time(10s));
    CHECK(ran == 3);
    CHECK_THROWS_AS(engine.run_until(Time(9s)), CheckFailed);
}

TEST_CASE("engine: an event may be scheduled before the next one after run_until") {
    Engine engine;
    std::string order;
    engine.call_at(Time(100s), kTimer, [&] { order += 'z'; });
    engine.run_until(Time(50s));
    CHECK(engine.next_time() == Time(100s));
    engine.call_at(Time(50s), kTimer, [&] { order += 'a'; });
    engine.call_at(Time(60s), kTimer, [&] { order += 'b'; });
    CHECK(engine.next_time() == Time(50s));
    engine.run();
    CHECK(order == "abz");
}

TEST_CASE("engine: the past is refused and never is never reached") {
    Engine engine;
    engine.run_until(Time(5s));
    CHECK_THROWS_AS(engine.call_at(Time(4s), kTimer, [] {}), CheckFailed);
    bool ran = false;
    engine.call_at(kNever, kTimer, [&] { ran = true; });
    CHECK(engine.pending() == 1);
    CHECK_FALSE(engine.next_time().has_value());
    CHECK_FALSE(engine.step());
    engine.run_until(kNever);
    CHECK_FALSE(ran);
    CHECK(engine.now() == Time(5s));
}

TEST_CASE("engine: run_while stops when its condition ends") {
    Engine engine;
    int ran = 0;
    for (int i = 0; i < 10; ++i) engine.call_in(1s, kTimer, [&] { ++ran; });
    engine.run_while([&] { return ran < 4; });
    CHECK(ran == 4);
    CHECK(engine.pending() == 6);
}

TEST_CASE("engine: a cancelled callable is destroyed at once and never runs") {
    Engine engine;
    auto token = std::make_shared<int>(1);
    bool ran = false;
    const EventId id = engine.call_in(1s, kTimer, [token, &ran] { ran = true; });
    CHECK(token.use_count() == 2);
    CHECK(engine.is_pending(id));
    CHECK(engine.cancel(id));
    CHECK(token.use_count() == 1);
    CHECK_FALSE(engine.cancel(id));
    CHECK_FALSE(engine.is_pending(id));
    engine.run();
    CHECK_FALSE(ran);
    CHECK_FALSE(engine.cancel(EventId()));
}

TEST_CASE("engine: an event that ran or is running cannot be cancelled") {
    Engine engine;
    EventId id;
    bool cancelled = true;
    id = engine.call_in(1s, kTimer, [&] { cancelled = engine.cancel(id); });
    engine.run();
    CHECK_FALSE(cancelled);
    CHECK_FALSE(engine.cancel(id));
}

TEST_CASE("engine: callables of any size and move-only ones run once and are destroyed") {
    auto token = std::make_shared<int>(1);
    int sum = 0;
    {
        Engine engine;
        std::array<std::int64_t, 40> big{};
        big[39] = 5;
        engine.call_in(1s, kTimer, [big, token, &sum] { sum += static_cast<int>(big[39]); });
        engine.call_in(1s, kTimer, [own = std::make_unique<int>(7), token, &sum] { sum += *own; });
        struct alignas(64) Wide {
            int value = 3;
        };
        engine.call_in(1s, kTimer, [wide = Wide(), token, &sum] { sum += wide.value; });
        std::array<std::int64_t, 500> huge{};
        engine.call_in(1s, kTimer, [huge, token, &sum] { sum += static_cast<int>(huge.size()); });
        CHECK(token.use_count() == 5);
        engine.run();
        CHECK(token.use_count() == 1);
        engine.call_in(1s, kTimer, [big, token] { (void)big; });
        engine.call_in(1s, kTimer, [token] {});
    }
    CHECK(sum == 515);
    CHECK(token.use_count() == 1);
}

TEST_CASE("engine: a callable that throws is destroyed and the engine stays usable") {
    Engine engine;
    auto token = std::make_shared<int>(1);
    engine.call_in(1s, kTimer, [token] { throw std::runtime_error("oops"); });
    CHECK_THROWS_AS(engine.run(), std::runtime_error);
    CHECK(token.use_count() == 1);
    CHECK(engine.current().seq == 0);
    int ran = 0;
    engine.call_in(1s, kTimer, [&] { ++ran; });
    engine.run();
    CHECK(ran == 1);
}

TEST_CASE("engine: every event names its cause, its kind and when it was scheduled") {
    Engine engine;
    Recorder recorder;
    engine.set_observer(&recorder);
    engine.run_until(Time(1s));
    engine.call_in(1s, kTimer, [&] {
        CHECK(engine.current().seq == 1);
        engine.call_in(3s, kDoor, [] {});
    });
    const GroupId group = engine.make_group("g");
    engine.run_until(Time(2s));
    const ActorId actor = engine.spawn(group, "a", ticks(engine, 1, 1s));
    engine.run();
    REQUIRE(recorder.events.size() == 4);
    const EventRecord& second = recorder.events[1];
    CHECK(second.seq == 3);
    CHECK(second.actor == actor);
    CHECK(second.cause == 0);
    const EventRecord& third = recorder.events[2];
    CHECK(third.time == Time(3s));
    CHECK(third.cause == 3);
    CHECK(third.kind == kTimer);
    CHECK(third.scheduled_at == Time(2s));
    const EventRecord& last = recorder.events[3];
    CHECK(last.seq == 2);
    CHECK(last.cause == 1);
    CHECK(last.kind == kDoor);
    CHECK(last.time == Time(5s));
    CHECK(last.scheduled_at == Time(2s));
    CHECK_FALSE(last.actor);
    CHECK(engine.current().seq == 0);
}

TEST_CASE("engine: the same seed gives the same story, fingerprint and final draw") {
    CHECK(stories(7, 200) == stories(7, 200));
    CHECK(stories(7, 200) != stories(8, 200));
    CHECK(stories(7, 200) != stories(7, 201));
}

TEST_CASE("engine: the fingerprint depends on time, kind, actor and words mixed in") {
    const auto print = [](Duration delay, WaitKind kind, bool by_actor, std::uint64_t word) {
        Engine engine;
        if (by_actor) {
            engine.spawn(engine.make_group("g"), "a", ticks(engine, 0, 1s));
        } else {
            engine.call_in(delay, kind, [] {});
        }
        if (word != 0) engine.mix(word);
        engine.run();
        return engine.fingerprint();
    };
    const std::uint64_t base = print(0s, WaitKind::None, false, 0);
    CHECK(base == print(0s, WaitKind::None, false, 0));
    CHECK(base != print(1ns, WaitKind::None, false, 0));
    CHECK(base != print(0s, kTimer, false, 0));
    CHECK(base != print(0s, WaitKind::None, true, 0));
    CHECK(base != print(0s, WaitKind::None, false, 1));
}

TEST_CASE("engine: named streams do not disturb each other") {
    Engine one;
    Engine two;
    two.stream("other").next();
    CHECK(one.stream("mine").next() == two.stream("mine").next());
    CHECK(one.stream("mine").next() != one.stream("other").next());
    CHECK(&one.stream("mine") == &one.stream("mine"));
}

TEST_CASE("engine: too many events at one instant name the busiest actor") {
    Engine::Options options;
    options.bounds.events_per_instant = 1000;
    Engine engine(options);
    const GroupId group = engine.make_group("factory");
    engine.spawn(group, "calm", ticks(engine, 10, 1s));
    engine.spawn(group, "spinner", spin(engine));
    const std::string message = message_of<BoundExceeded>([&] { engine.run(); });
    CHECK(contains(message, "more than 1000 events at one instant"));
    CHECK(contains(message, "the busiest are factory/spinner (500)"));
    CHECK_FALSE(contains(message, "calm"));
    CHECK(engine.events_run() == 1000);
}

TEST_CASE("engine: the bound on an instant starts anew with each instant") {
    Engine::Options options;
    options.bounds.events_per_instant = 10;
    Engine engine(options);
    int ran = 0;
    for (int t = 0; t < 100; ++t) {
        for (int i = 0; i < 10; ++i) engine.call_at(Time(Duration(t)), kTimer, [&] { ++ran; });
    }
    engine.run();
    CHECK(ran == 1000);
}

TEST_CASE("engine: too many events in a run name the busiest actor") {
    Engine::Options options;
    options.bounds.events_per_run = 1000;
    Engine engine(options);
    engine.spawn(engine.make_group("factory"), "ticker", ticks(engine, 100000, 1s));
    const std::string message = message_of<BoundExceeded>([&] { engine.run(); });
    CHECK(contains(message, "more than 1000 events in one run"));
    CHECK(contains(message, "factory/ticker (500)"));
}

TEST_CASE("engine: too many pending events name their owner") {
    Engine::Options options;
    options.bounds.pending = 500;
    Engine engine(options);
    engine.set_wait_names({"none", "timer"});
    engine.spawn(engine.make_group("factory"), "piler", pile_up(engine));
    const std::string message = message_of<BoundExceeded>([&] { engine.run(); });
    CHECK(contains(message, "more than 500 events are pending"));
    CHECK(contains(message, "callables of timer (500)"));
}

TEST_CASE("engine: an exception that leaves an actor names seed, time and actor") {
    Engine engine(Engine::Options{42});
    const GroupId group = engine.make_group("house");
    engine.spawn(group, "smoker", throw_after(engine, 1500ms));
    engine.spawn(group, "other", ticks(engine, 3, 1s));
    const std::string message = message_of<ActorFailed>([&] { engine.run(); });
    CHECK(contains(message, "house/smoker"));
    CHECK(contains(message, "seed 42"));
    CHECK(contains(message, "1.500000000"));
    CHECK(contains(message, "the disk is on fire"));
    CHECK(engine.living() == 1);
    engine.run();
    CHECK(engine.now() == Time(3s));
}

TEST_CASE("engine: the stuck report tells who waits for what and since when") {
    Engine engine;
    engine.set_wait_names({"none", "a timer", "a door"});
    Gate gate(engine);
    const GroupId group = engine.make_group("house");
    engine.run_until(Time(1s));
    engine.spawn(group, "guest", wait_at(engine, gate));
    engine.spawn(engine.make_group("clock"), "hand", ticks(engine, 5, 10s));
    engine.run_until(Time(12s));
    const std::vector<Waiting> list = engine.waiting();
    REQUIRE(list.size() == 2);
    CHECK(list[0].name == "guest");
    CHECK(list[0].group == "house");
    CHECK(list[0].kind == kDoor);
    CHECK(list[0].note == "the front door");
    CHECK(list[0].since == Time(3s));
    CHECK_FALSE(list[0].scheduled);
    CHECK(list[1].kind == kTimer);
    CHECK(list[1].since == Time(11s));
    CHECK(list[1].scheduled);
    CHECK(engine.stuck_report() ==
          "2 actors wait at 12.000 (seed 1, 1 events pending)\n"
          "  house/guest waits for a door the front door since 3.000\n"
          "  clock/hand waits for a timer since 11.000, an event will resume it\n");
}

TEST_CASE("engine: destroying it destroys actors and callables") {
    auto token = std::make_shared<int>(1);
    struct Holder {
        static Task<void> hold(Engine& engine, std::shared_ptr<int> token) {
            co_await engine.sleep_for(1h, kTimer);
            (void)token;
        }
    };
    {
        Engine engine;
        const GroupId group = engine.make_group("g");
        engine.spawn(group, "sleeping", Holder::hold(engine, token));
        engine.run_until(Time(1s));
        engine.spawn(group, "not started", Holder::hold(engine, token));
        engine.call_in(1s, kTimer, [token] {});
        CHECK(token.use_count() == 4);
    }
    CHECK(token.use_count() == 1);
}
