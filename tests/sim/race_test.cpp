#include "sim/race.hpp"

#include <doctest/doctest.h>

#include "sim/mailbox.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kWait{1};

struct Log {
    Log() = default;
    std::string text;
};

// Notes its name in small letters when it ends its work, in capitals when its frame dies.
class Trace {
  public:
    Trace(Log& log, char name) : log_(&log), name_(name) {}
    Trace(const Trace&) = delete;
    ~Trace() { log_->text += static_cast<char>(name_ - 'a' + 'A'); }

  private:
    Log* log_;
    char name_;
};

Task<std::string> answer(Engine& engine, Log& log, char name, Duration delay) {
    Trace trace(log, name);
    if (delay > 0s) co_await engine.sleep_for(delay, kWait);
    log.text += name;
    co_return std::string(40, name);
}

Task<void> act(Engine& engine, Log& log, char name, Duration delay) {
    Trace trace(log, name);
    co_await engine.sleep_for(delay, kWait);
    log.text += name;
}

Task<int> fail_after(Engine& engine, Duration delay) {
    co_await engine.sleep_for(delay, kWait);
    throw std::runtime_error("no answer");
}

Task<void> race_them(Engine& engine, Log& log, Duration first, Duration second) {
    Task<std::string> a = answer(engine, log, 'a', first);
    Task<void> b = act(engine, log, 'b', second);
    std::variant<std::string, std::monostate> winner =
        co_await race(engine, std::move(a), std::move(b));
    log.text += std::to_string(winner.index());
    if (winner.index() == 0) log.text += std::get<0>(winner).substr(0, 1);
}

Task<void> limit(Engine& engine, Log& log, Duration work, Duration time) {
    Task<std::string> a = answer(engine, log, 'a', work);
    std::optional<std::string> result = co_await with_timeout(engine, time, std::move(a), kWait);
    log.text += result ? "+" : "-";
    log.text += seconds_text(engine.now(), 0);
}

std::string after_race(Duration first, Duration second) {
    Engine engine;
    Log log;
    engine.spawn(engine.make_group("g"), "racer", race_them(engine, log, first, second));
    engine.run();
    CHECK(engine.pending() == 0);
    CHECK(engine.living() == 0);
    return log.text + " " + seconds_text(engine.now(), 0);
}

std::string after_limit(Duration work, Duration time) {
    Engine engine;
    Log log;
    engine.spawn(engine.make_group("g"), "worker", limit(engine, log, work, time));
    engine.run();
    CHECK(engine.pending() == 0);
    return log.text;
}

}  // namespace

TEST_CASE("race: the first to end wins and the loser is destroyed") {
    CHECK(after_race(1s, 2s) == "aAB0a 1");
    CHECK(after_race(3s, 2s) == "bBA1 2");
}

TEST_CASE("race: at one instant the first in order wins") {
    CHECK(after_race(2s, 2s) == "aAB0a 2");
}

TEST_CASE("race: if the first ends without waiting the second is never started") {
    CHECK(after_race(0s, 2s) == "aA0a 0");
}

TEST_CASE("race: an exception of the winner reaches the awaiter, one of the loser nobody") {
    struct Calls {
        static Task<void> run(Engine& engine, Log& log, Duration delay) {
            Task<int> a = fail_after(engine, 2s);
            Task<void> b = act(engine, log, 'b', delay);
            try {
                auto winner = co_await race(engine, std::move(a), std::move(b));
                log.text += std::to_string(winner.index());
            } catch (const std::runtime_error& e) {
                log.text += e.what();
            }
        }
    };
    Engine engine;
    Log log;
    engine.spawn(engine.make_group("g"), "r", Calls::run(engine, log, 1s));
    engine.run();
    CHECK(log.text == "bB1");
    log.text.clear();
    engine.spawn(engine.make_group("g"), "r", Calls::run(engine, log, 5s));
    engine.run();
    CHECK(log.text == "Bno answer");
}

TEST_CASE("race: races nest") {
    struct Calls {
        static Task<void> run(Engine& engine, Log& log) {
            Task<void> a = act(engine, log, 'a', 3s);
            Task<void> b = act(engine, log, 'b', 2s);
            auto inner = race(engine, std::move(a), std::move(b));
            Task<void> c = act(engine, log, 'c', 5s);
            auto winner = co_await race(engine, std::move(inner), std::move(c));
            log.text += std::to_string(winner.index());
            log.text += std::to_string(std::get<0>(winner).index());
        }
    };
    Engine engine;
    Log log;
    engine.spawn(engine.make_group("g"), "r", Calls::run(engine, log));
    engine.run();
    CHECK(log.text == "bBAC01");
}

TEST_CASE("timeout: gives the value in time and nothing afterwards") {
    CHECK(after_limit(1s, 2s) == "aA+1");
    CHECK(after_limit(3s, 2s) == "A-2");
    CHECK(after_limit(0s, 2s) == "aA+0");
}

TEST_CASE("timeout: a letter that arrives with the deadline is not lost") {
    struct Calls {
        static Task<void> run(Engine& engine, Mailbox<int>& mailbox, Log& log) {
            Task<int> letter = receive(mailbox);
            std::optional<int> value = co_await with_timeout(engine, 2s, std::move(letter), kWait);
            log.text += value ? "+" : "-";
        }
        static Task<int> receive(Mailbox<int>& mailbox) {
            int value = co_await mailbox.receive(kWait);
            co_return value;
        }
    };
    Engine engine;
    Log log;
    Mailbox<int> mailbox(engine);
    // Posted by an event before the timer's at the same instant: the wake comes after it.
    engine.call_at(Time(2s), kWait, [&] { mailbox.post(7); });
    engine.spawn(engine.make_group("g"), "r", Calls::run(engine, mailbox, log));
    engine.run();
    CHECK(log.text == "-");
    CHECK(mailbox.size() == 1);
}

TEST_CASE("race: both sides are shown as waiting, the parked one by name") {
    struct Calls {
        static Task<void> run(Engine& engine, Mailbox<int>& mailbox) {
            Task<int> letter = receive(mailbox);
            auto value = co_await with_timeout(engine, 1h, std::move(letter), kWait);
            (void)value;
        }
        static Task<int> receive(Mailbox<int>& mailbox) {
            int value = co_await mailbox.receive(WaitKind(2), "letters");
            co_return value;
        }
    };
    Engine engine;
    Mailbox<int> mailbox(engine);
    engine.spawn(engine.make_group("g"), "r", Calls::run(engine, mailbox));
    engine.run_until(Time(1s));
    const std::vector<Waiting> list = engine.waiting();
    REQUIRE(list.size() == 1);
    CHECK(list[0].note == "letters");
    CHECK(list[0].kind == WaitKind(2));
    CHECK(list[0].scheduled);
}
