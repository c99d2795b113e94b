#include <doctest/doctest.h>

#include "sim/engine.hpp"
#include "sim/gate.hpp"
#include "sim/mailbox.hpp"
#include "sim/notify.hpp"
#include "sim/reply.hpp"
#include "sim/semaphore.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kWait{1};

struct Log {
    Log() = default;
    std::string text;
};

Task<void> receive(Mailbox<std::unique_ptr<int>>& mailbox, Log& log, char name, int times) {
    for (int i = 0; i < times; ++i) {
        std::unique_ptr<int> value = co_await mailbox.receive(kWait);
        log.text += name + std::to_string(*value) + " ";
    }
}

Task<void> pass(Gate& gate, Log& log, char name) {
    co_await gate.wait(kWait);
    log.text += name;
}

Task<void> listen(Signal& signal, Log& log, char name) {
    co_await signal.wait(kWait);
    log.text += name;
}

Task<void> work(Engine& engine, Semaphore& semaphore, Log& log, char name, Duration duration) {
    Permit permit = co_await semaphore.permit(kWait);
    log.text += name;
    co_await engine.sleep_for(duration, kWait);
    log.text += static_cast<char>(name - 'a' + 'A');
}

Task<void> take(Semaphore& semaphore, Log& log, char name) {
    co_await semaphore.acquire(kWait);
    log.text += name;
}

Task<void> ask(Engine& engine, Log& log, Duration delay) {
    Reply<std::string> reply(engine);
    engine.call_in(delay, kWait, [promise = reply.promise()] { promise.fulfil("pong"); });
    std::string answer = co_await reply.get(kWait);
    log.text += answer + "@" + seconds_text(engine.now());
}

Task<void> await_future(Future<int> future, Log& log) {
    int value = co_await future.get(kWait);
    log.text += std::to_string(value);
}

}  // namespace

TEST_CASE("mailbox: values arrive in order, receivers are served first come, first served") {
    Engine engine;
    Log log;
    Mailbox<std::unique_ptr<int>> mailbox(engine);
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "a", receive(mailbox, log, 'a', 2));
    engine.spawn(group, "b", receive(mailbox, log, 'b', 2));
    engine.run();
    CHECK(mailbox.receivers() == 2);
    for (int i = 0; i < 6; ++i) mailbox.post(std::make_unique<int>(i));
    CHECK(log.text.empty());
    engine.run();
    CHECK(log.text == "a0 a2 b1 b3 ");
    CHECK(mailbox.size() == 2);
    CHECK(**mailbox.try_receive() == 4);
    CHECK(**mailbox.try_receive() == 5);
    CHECK_FALSE(mailbox.try_receive().has_value());
}

TEST_CASE("mailbox: a letter given to an actor that dies goes to the next or back to its place") {
    Engine engine;
    Log log;
    Mailbox<std::unique_ptr<int>> mailbox(engine);
    const GroupId group = engine.make_group("g");
    const ActorId a = engine.spawn(group, "a", receive(mailbox, log, 'a', 1));
    const ActorId b = engine.spawn(group, "b", receive(mailbox, log, 'b', 1));
    const ActorId c = engine.spawn(group, "c", receive(mailbox, log, 'c', 3));
    engine.run();
    mailbox.post(std::make_unique<int>(0));
    engine.kill(a);  // 0 was on its way to a: b is woken for it only if nobody is before it
    mailbox.post(std::make_unique<int>(1));
    mailbox.post(std::make_unique<int>(2));
    engine.kill(b);
    engine.kill(c);
    CHECK(mailbox.size() == 3);
    engine.spawn(group, "d", receive(mailbox, log, 'd', 3));
    engine.run();
    CHECK(log.text == "d0 d1 d2 ");
}

TEST_CASE("gate: all pass while it is open, all wait while it is closed") {
    Engine engine;
    Log log;
    Gate gate(engine);
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "a", pass(gate, log, 'a'));
    engine.spawn(group, "b", pass(gate, log, 'b'));
    engine.run();
    CHECK(log.text.empty());
    gate.open();
    gate.close();
    engine.spawn(group, "c", pass(gate, log, 'c'));
    engine.run();
    CHECK(log.text == "ab");
    gate.open();
    engine.spawn(group, "d", pass(gate, log, 'd'));
    engine.run();
    CHECK(log.text == "abcd");
    CHECK(Gate(engine, true).is_open());
}

TEST_CASE("signal: wakes one or all of those who wait, and remembers nothing") {
    Engine engine;
    Log log;
    Signal signal(engine);
    const GroupId group = engine.make_group("g");
    CHECK_FALSE(signal.notify_one());
    for (char name = 'a'; name < 'e'; ++name) {
        engine.spawn(group, std::string(1, name), listen(signal, log, name));
    }
    engine.run();
    CHECK(log.text.empty());
    CHECK(signal.notify_one());
    engine.run();
    CHECK(log.text == "a");
    signal.notify_all();
    engine.run();
    CHECK(log.text == "abcd");
    CHECK(signal.waiters() == 0);
}

TEST_CASE("signal: the notification of an actor that dies is passed on") {
    Engine engine;
    Log log;
    Signal signal(engine);
    const GroupId group = engine.make_group("g");
    const ActorId a = engine.spawn(group, "a", listen(signal, log, 'a'));
    engine.spawn(group, "b", listen(signal, log, 'b'));
    engine.run();
    signal.notify_one();
    engine.kill(a);
    engine.run();
    CHECK(log.text == "b");
}

TEST_CASE("semaphore: tokens are given out first come, first served, and nobody overtakes") {
    Engine engine;
    Log log;
    Semaphore semaphore(engine, 2);
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "a", work(engine, semaphore, log, 'a', 5s));
    engine.spawn(group, "b", work(engine, semaphore, log, 'b', 1s));
    engine.spawn(group, "c", work(engine, semaphore, log, 'c', 1s));
    engine.spawn(group, "d", work(engine, semaphore, log, 'd', 1s));
    engine.run();
    CHECK(log.text == "abBcCdDA");
    CHECK(semaphore.available() == 2);
    CHECK(semaphore.try_acquire());
    CHECK(semaphore.try_acquire());
    CHECK_FALSE(semaphore.try_acquire());
    engine.spawn(group, "e", take(semaphore, log, 'e'));
    engine.run();
    CHECK(semaphore.waiters() == 1);
    semaphore.release();
    CHECK_FALSE(semaphore.try_acquire());
    engine.run();
    CHECK(log.text == "abBcCdDAe");
    CHECK(semaphore.available() == 0);
}

TEST_CASE("semaphore: the permit of a killed holder is returned") {
    Engine engine;
    Log log;
    Semaphore semaphore(engine, 1);
    const GroupId group = engine.make_group("g");
    const ActorId a = engine.spawn(group, "a", work(engine, semaphore, log, 'a', 1h));
    engine.spawn(group, "b", work(engine, semaphore, log, 'b', 1s));
    engine.run_until(Time(1s));
    engine.kill(a);
    engine.run();
    CHECK(log.text == "abB");
    CHECK(semaphore.available() == 1);
}

TEST_CASE("semaphore: a permit moves and is returned once") {
    Engine engine;
    Semaphore semaphore(engine, 2);
    Permit one;
    struct Take {
        static Task<void> run(Semaphore& semaphore, Permit& one) {
            Permit first = co_await semaphore.permit(kWait);
            Permit second = co_await semaphore.permit(kWait);
            one = std::move(first);
            one = std::move(second);
        }
    };
    engine.spawn(engine.make_group("g"), "a", Take::run(semaphore, one));
    engine.run();
    CHECK(semaphore.available() == 1);
    CHECK(static_cast<bool>(one));
    one.release();
    one.release();
    CHECK(semaphore.available() == 2);
}

TEST_CASE("reply: the awaiting actor is woken with the value") {
    Engine engine;
    Log log;
    engine.spawn(engine.make_group("g"), "a", ask(engine, log, 1500ms));
    engine.run();
    CHECK(log.text == "pong@1.500");
}

TEST_CASE("reply: if the caller died nobody is found and nothing happens") {
    Engine engine;
    Log log;
    const ActorId actor = engine.spawn(engine.make_group("g"), "a", ask(engine, log, 1500ms));
    engine.run_until(Time(1s));
    engine.kill(actor);
    engine.run();
    CHECK(log.text.empty());
    CHECK(engine.now() == Time(1500ms));
}

TEST_CASE("reply: the first value counts and may come before the await") {
    Engine engine;
    Log log;
    Reply<int> reply(engine);
    const Promise<int> promise = reply.promise();
    const Promise<int> copy = promise;
    CHECK_FALSE(promise.is_fulfilled());
    CHECK(promise.fulfil(1));
    CHECK_FALSE(copy.fulfil(2));
    CHECK(copy.is_fulfilled());
    CHECK_FALSE(Promise<int>().fulfil(3));
    engine.spawn(engine.make_group("g"), "a", await_future(reply.future(), log));
    engine.run();
    CHECK(log.text == "1");
    CHECK_FALSE(reply.future().is_ready());
}

TEST_CASE("reply: two actors at one reply are a fault") {
    Engine engine;
    Log log;
    Reply<int> reply(engine);
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "a", await_future(reply.future(), log));
    engine.spawn(group, "b", await_future(reply.future(), log));
    CHECK_THROWS_AS(engine.run(), CheckFailed);
    reply.promise().fulfil(5);
    engine.run();
    CHECK(log.text == "5");
}
