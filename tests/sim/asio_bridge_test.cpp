#include "sim/asio_bridge.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sim/parallel.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kTimer{1};

Task<void> tick(Engine& engine, int& ticks) {
    while (true) {
        co_await engine.sleep_for(1s, kTimer);
        ++ticks;
    }
}

// A hundred virtual seconds a second.
RealTimeOptions fast() {
    RealTimeOptions options;
    options.speed_permille = 100'000;
    return options;
}

}  // namespace

TEST_CASE("pump: actors run at the pace of the wall clock") {
    Engine engine;
    int ticks = 0;
    engine.spawn(engine.make_group("g"), "ticker", tick(engine, ticks));
    RealTimePump pump(engine, fast());
    const auto start = std::chrono::steady_clock::now();
    CHECK(pump.run_for(5s));
    const auto elapsed = std::chrono::steady_clock::now() - start;
    CHECK(elapsed >= 50ms);
    CHECK(elapsed < 2s);
    CHECK(ticks == 5);
    CHECK(engine.now() == Time(5s));
    CHECK(pump.run_for(1s));
    CHECK(ticks == 6);
}

TEST_CASE("pump: the same events as on virtual time alone") {
    const auto fingerprint = [](bool real) {
        Engine engine;
        int ticks = 0;
        engine.spawn(engine.make_group("g"), "ticker", tick(engine, ticks));
        if (real) {
            RealTimePump(engine, fast()).run_for(3s);
        } else {
            engine.run_until(Time(3s));
        }
        return engine.fingerprint();
    };
    CHECK(fingerprint(true) == fingerprint(false));
}

TEST_CASE("pump: an event, another thread and an interrupt stop it") {
    {
        Engine engine;
        RealTimePump pump(engine, fast());
        engine.call_in(1s, kTimer, [&] { pump.stop(); });
        CHECK_FALSE(pump.run_for(1h));
        CHECK(engine.now() == Time(1s));
    }
    {
        Engine engine;
        RealTimePump pump(engine, fast());
        std::thread other([&] {
            std::this_thread::sleep_for(20ms);
            pump.stop();
        });
        CHECK_FALSE(pump.run_for(1h));
        other.join();
    }
    {
        Engine engine;
        RealTimePump pump(engine, fast());
        engine.call_in(1s, kTimer, [] { std::raise(SIGINT); });
        CHECK_FALSE(pump.run_for(1h));
        CHECK(engine.now() < Time(1h));
    }
}

TEST_CASE("parallel: every index is called once, on any number of threads") {
    for (const unsigned threads : {0u, 1u, 2u, 5u}) {
        std::vector<std::atomic<int>> calls(1000);
        parallel_for(calls.size(), threads, [&](std::size_t i) { ++calls[i]; });
        for (const auto& count : calls) CHECK(count == 1);
    }
    parallel_for(0, 2, [](std::size_t) { FAIL("nothing to call"); });
}

TEST_CASE("parallel: engines on several threads give what they give on one") {
    const auto run = [](std::uint64_t seed) {
        Engine engine(Engine::Options{seed});
        int ticks = 0;
        engine.spawn(engine.make_group("g"), "ticker", tick(engine, ticks));
        engine.run_until(Time(std::chrono::seconds(100 + seed)));
        return engine.fingerprint();
    };
    std::vector<std::uint64_t> prints(16);
    parallel_for(prints.size(), 2, [&](std::size_t i) { prints[i] = run(i); });
    for (std::size_t i = 0; i < prints.size(); ++i) CHECK(prints[i] == run(i));
}

TEST_CASE("parallel: the exception of the lowest index is thrown, whichever comes last") {
    for (const std::size_t late : {0, 1}) {
        std::atomic<int> started{0};
        std::atomic<int> calls{0};
        try {
            parallel_for(100, 2, [&](std::size_t i) {
                ++calls;
                ++started;
                while (started < 2) std::this_thread::yield();
                if (i == late) std::this_thread::sleep_for(50ms);
                throw std::runtime_error(std::to_string(i));
            });
            FAIL("nothing was thrown");
        } catch (const std::runtime_error& e) {
            CHECK(std::string(e.what()) == "0");
        }
        CHECK(calls == 2);
    }
}
