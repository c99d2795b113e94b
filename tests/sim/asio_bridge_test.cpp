#include "sim/asio_bridge.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <stdexcept>
#include <string>
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

using boost::system::error_code;
using Socket = boost::asio::local::stream_protocol::socket;

struct Transfer {
    Transfer(error_code e, std::size_t n) : error(e), bytes(n) {}
    error_code error;
    std::size_t bytes;
};

struct Journal {
    std::vector<std::string> lines;
    Time last{};
    int cancelled = 0;
};

Task<void> wait_outside(RealTimePump& pump, Journal& journal, std::chrono::milliseconds delay) {
    boost::asio::steady_timer timer(pump.context(), delay);
    auto start = [&timer](Completion<error_code> done) { timer.async_wait(done); };
    auto cancel = [&timer, &journal] {
        ++journal.cancelled;
        timer.cancel();
    };
    auto elapsed = outside<error_code>(pump, kTimer, start, cancel);
    const error_code error = co_await elapsed;
    journal.lines.push_back(error ? error.message() : "elapsed");
    journal.last = pump.engine().now();
}

Task<void> read_lines(RealTimePump& pump, Journal& journal, Socket socket) {
    std::string buffer(64, ' ');
    auto start = [&](Completion<Transfer> done) {
        socket.async_read_some(boost::asio::buffer(buffer), done);
    };
    auto cancel = [&socket, &journal] {
        ++journal.cancelled;
        socket.cancel();
    };
    while (true) {
        auto reading = outside<Transfer>(pump, kTimer, start, cancel);
        const Transfer transfer = co_await reading;
        if (transfer.error) break;
        journal.lines.push_back(buffer.substr(0, transfer.bytes));
        journal.last = pump.engine().now();
    }
    journal.lines.push_back("end");
}

Task<void> write_lines(Engine& engine, Socket socket) {
    for (const char* line : {"one", "two"}) {
        co_await engine.sleep_for(1s, kTimer);
        boost::asio::write(socket, boost::asio::buffer(std::string(line)));
    }
}

// Several of these get their results in one turn of the context, in the order of their starts.
Task<void> wait_posted(RealTimePump& pump, Journal& journal, GroupId victims) {
    auto start = [&pump](Completion<bool> done) {
        boost::asio::post(pump.context(), [done] { done(true); });
    };
    auto cancel = [&journal] { ++journal.cancelled; };
    auto waiting = outside<bool>(pump, kTimer, start, cancel);
    co_await waiting;
    journal.lines.push_back("posted");
    if (victims) pump.engine().kill_group(victims);
}

}  // namespace

TEST_CASE("pump: an actor awaits a timer of the wall clock") {
    Engine engine;
    RealTimePump pump(engine, fast());
    Journal journal;
    const GroupId group = engine.make_group("g");
    const ActorId actor = engine.spawn(group, "waits", wait_outside(pump, journal, 20ms));
    int ticks = 0;
    engine.spawn(group, "ticker", tick(engine, ticks));
    CHECK(pump.run_for(10s));
    CHECK(journal.lines == std::vector<std::string>{"elapsed"});
    CHECK(journal.last >= Time(2s));
    CHECK(journal.cancelled == 0);
    CHECK_FALSE(engine.alive(actor));
    CHECK(ticks == 10);
}

TEST_CASE("pump: an actor reads from a socket what another writes on virtual time") {
    Engine engine;
    RealTimePump pump(engine, fast());
    Journal journal;
    Socket left(pump.context());
    Socket right(pump.context());
    boost::asio::local::connect_pair(left, right);
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "reader", read_lines(pump, journal, std::move(left)));
    engine.spawn(group, "writer", write_lines(engine, std::move(right)));
    CHECK(pump.run_for(5s));
    CHECK(journal.lines == std::vector<std::string>{"one", "two", "end"});
    CHECK(journal.last >= Time(2s));
    CHECK(engine.living() == 0);
}

TEST_CASE("pump: killing an actor cancels what it awaits outside") {
    Engine engine;
    RealTimePump pump(engine, fast());
    Journal journal;
    Socket left(pump.context());
    Socket right(pump.context());
    boost::asio::local::connect_pair(left, right);
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "waits", wait_outside(pump, journal, 1h));
    engine.spawn(group, "reader", read_lines(pump, journal, std::move(left)));
    engine.call_in(1s, kTimer, [&] { engine.kill_group(group); });
    CHECK(pump.run_for(3s));
    CHECK(journal.lines.empty());
    CHECK(journal.cancelled == 2);
    CHECK(engine.living() == 0);
}

TEST_CASE("pump: a result that has come for an actor killed before it ran is dropped") {
    for (const bool kill : {false, true}) {
        Engine engine;
        RealTimePump pump(engine, fast());
        Journal journal;
        const GroupId killers = engine.make_group("k");
        const GroupId victims = engine.make_group("v");
        engine.spawn(killers, "killer", wait_posted(pump, journal, kill ? victims : GroupId()));
        engine.spawn(victims, "victim", wait_posted(pump, journal, GroupId()));
        CHECK(pump.run_for(1s));
        CHECK(engine.living() == 0);
        CHECK(journal.lines.size() == (kill ? 1 : 2));
        // Complete, but not yet handed over: to cancel it once more does no harm.
        CHECK(journal.cancelled == (kill ? 1 : 0));
    }
}

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
