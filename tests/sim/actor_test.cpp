#include <doctest/doctest.h>

#include <functional>
#include <memory>

#include "sim/engine.hpp"
#include "sim/gate.hpp"
#include "sim/mailbox.hpp"
#include "sim/notify.hpp"
#include "sim/race.hpp"
#include "sim/reply.hpp"
#include "sim/semaphore.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kWait{1};

// Counts its living copies, to see destructors of killed frames run.
class Token {
  public:
    explicit Token(int& count) : count_(&count) { ++*count_; }
    Token(const Token& other) : count_(other.count_) { ++*count_; }
    ~Token() { --*count_; }

  private:
    int* count_;
};

// Everything an actor can wait at.
struct World {
    World() = default;
    Engine engine;
    Gate gate{engine};
    Signal signal{engine};
    Semaphore semaphore{engine, 0};
    Mailbox<std::string> mailbox{engine};
    Reply<std::string> reply{engine};
    GroupId group = engine.make_group("g");
    int living = 0;
    int passed = 0;
};

Task<void> nested_sleep(World& world, int depth, Token token) {
    Token mine(token);
    if (depth == 0) {
        co_await world.engine.sleep_for(10s, kWait);
    } else {
        Token copy(token);
        co_await nested_sleep(world, depth - 1, copy);
    }
}

Task<void> at_sleep(World& world) {
    Token token(world.living);
    co_await world.engine.sleep_for(10s, kWait);
    ++world.passed;
}
Task<void> at_nested_sleep(World& world) {
    Token token(world.living);
    co_await nested_sleep(world, 3, token);
    ++world.passed;
}
Task<void> at_gate(World& world) {
    Token token(world.living);
    co_await world.gate.wait(kWait);
    ++world.passed;
}
Task<void> at_signal(World& world) {
    Token token(world.living);
    co_await world.signal.wait(kWait);
    ++world.passed;
}
Task<void> at_semaphore(World& world) {
    Token token(world.living);
    co_await world.semaphore.acquire(kWait);
    ++world.passed;
}
Task<void> at_permit(World& world) {
    Token token(world.living);
    Permit permit = co_await world.semaphore.permit(kWait);
    ++world.passed;
    co_await world.engine.sleep_for(1h, kWait);
}
Task<void> at_mailbox(World& world) {
    Token token(world.living);
    std::string text = co_await world.mailbox.receive(kWait);
    ++world.passed;
}
Task<void> at_reply(World& world) {
    Token token(world.living);
    std::string text = co_await world.reply.get(kWait);
    ++world.passed;
}
Task<void> at_race(World& world) {
    Token token(world.living);
    Task<void> first = at_gate(world);
    Task<void> second = at_signal(world);
    auto winner = co_await race(world.engine, std::move(first), std::move(second));
    (void)winner;
    ++world.passed;
}
Task<void> at_timeout(World& world) {
    Token token(world.living);
    Task<void> task = at_mailbox(world);
    auto result = co_await with_timeout(world.engine, 1h, std::move(task), kWait);
    (void)result;
    ++world.passed;
}

void wake_all(World& world) {
    world.gate.open();
    world.signal.notify_all();
    world.semaphore.release();
    world.mailbox.post("a letter too long for the small string buffer of any library");
    world.reply.promise().fulfil("an answer");
}

using Start = Task<void> (*)(World&);
constexpr Start kStarts[] = {at_sleep,  at_nested_sleep, at_gate,  at_signal, at_semaphore,
                             at_permit, at_mailbox,      at_reply, at_race,   at_timeout};

}  // namespace

TEST_CASE("actor: killed before it starts, it never runs") {
    for (const Start start : kStarts) {
        World world;
        const ActorId actor = world.engine.spawn(world.group, "a", start(world));
        world.engine.kill(actor);
        CHECK(world.engine.pending() == 0);
        wake_all(world);
        world.engine.run();
        CHECK(world.passed == 0);
        CHECK(world.living == 0);
    }
}

TEST_CASE("actor: killed in mid-await, it runs its destructors and nothing else") {
    for (const Start start : kStarts) {
        World world;
        const ActorId actor = world.engine.spawn(world.group, "a", start(world));
        world.engine.run_until(Time(1s));
        CHECK(world.living > 0);
        world.engine.kill(actor);
        CHECK(world.living == 0);
        CHECK_FALSE(world.engine.alive(actor));
        CHECK(world.engine.pending() == 0);
        wake_all(world);
        world.engine.run();
        CHECK(world.passed == 0);
        CHECK(world.mailbox.size() == 1);
        CHECK(world.semaphore.available() == 1);
    }
}

TEST_CASE("actor: killed when woken but not yet resumed, it takes nothing with it") {
    for (const Start start : kStarts) {
        World world;
        const ActorId actor = world.engine.spawn(world.group, "a", start(world));
        world.engine.run_until(Time(1s));
        wake_all(world);
        world.engine.kill(actor);
        CHECK(world.living == 0);
        CHECK(world.engine.pending() == 0);
        world.engine.run();
        CHECK(world.passed == 0);
        CHECK(world.mailbox.size() == 1);
        CHECK(world.semaphore.available() == 1);
        CHECK(world.reply.future().is_ready());
    }
}

TEST_CASE("actor: left alone, it passes") {
    for (const Start start : kStarts) {
        World world;
        world.engine.spawn(world.group, "a", start(world));
        world.engine.run_until(Time(1s));
        CHECK(world.passed == 0);
        wake_all(world);
        world.engine.run_until(Time(20s));
        CHECK(world.passed >= 1);
    }
}

TEST_CASE("actor: primitives may die before those who wait at them") {
    for (const bool woken : {false, true}) {
        Engine engine;
        const GroupId group = engine.make_group("g");
        int count = 0;
        auto gate = std::make_unique<Gate>(engine);
        auto signal = std::make_unique<Signal>(engine);
        auto semaphore = std::make_unique<Semaphore>(engine, 1);
        auto mailbox = std::make_unique<Mailbox<int>>(engine);
        struct Waits {
            static Task<void> gate(Gate& gate) { co_await gate.wait(kWait); }
            static Task<void> signal(Signal& signal) { co_await signal.wait(kWait); }
            static Task<void> holder(Semaphore& semaphore, Engine& engine) {
                Permit permit = co_await semaphore.permit(kWait);
                co_await engine.sleep_for(1h, kWait);
            }
            static Task<void> mailbox(Mailbox<int>& mailbox, int& count) {
                Token token(count);
                int value = co_await mailbox.receive(kWait);
                (void)value;
            }
        };
        engine.spawn(group, "gate", Waits::gate(*gate));
        engine.spawn(group, "signal", Waits::signal(*signal));
        engine.spawn(group, "signal", Waits::signal(*signal));
        engine.spawn(group, "semaphore", Waits::holder(*semaphore, engine));
        engine.spawn(group, "semaphore", Waits::holder(*semaphore, engine));
        engine.spawn(group, "mailbox", Waits::mailbox(*mailbox, count));
        engine.spawn(group, "mailbox", Waits::mailbox(*mailbox, count));
        engine.run_until(Time(1s));
        if (woken) {
            gate->open();
            signal->notify_one();
            mailbox->post(1);
        }
        gate.reset();
        signal.reset();
        semaphore.reset();
        mailbox.reset();
        CHECK(engine.living() == 7);
        engine.kill_group(group);
        CHECK(engine.living() == 0);
        CHECK(count == 0);
        CHECK(engine.pending() == 0);
    }
}

TEST_CASE("actor: killing a group kills its members only, and the group can be used again") {
    World world;
    const GroupId other = world.engine.make_group("other");
    for (int i = 0; i < 5; ++i) world.engine.spawn(world.group, "a", at_sleep(world));
    world.engine.spawn(other, "b", at_sleep(world));
    world.engine.run_until(Time(1s));
    CHECK(world.living == 6);
    world.engine.kill_group(world.group);
    CHECK(world.living == 1);
    CHECK(world.engine.living() == 1);
    world.engine.spawn(world.group, "again", at_sleep(world));
    world.engine.run();
    CHECK(world.passed == 2);
    CHECK(world.engine.living() == 0);
}

TEST_CASE("actor: the running actor can kill neither itself nor its group") {
    struct Suicide {
        static Task<void> run(Engine& engine, ActorId& self, bool group_too, GroupId group) {
            co_await engine.yield_now();
            if (group_too) {
                engine.kill_group(group);
            } else {
                engine.kill(self);
            }
        }
    };
    for (const bool group_too : {false, true}) {
        Engine engine;
        const GroupId group = engine.make_group("g");
        ActorId self;
        self = engine.spawn(group, "desperate", Suicide::run(engine, self, group_too, group));
        try {
            engine.run();
            FAIL("nothing was thrown");
        } catch (const CheckFailed& e) {
            CHECK(std::string(e.what()).find("g/desperate") != std::string::npos);
            CHECK(std::string(e.what()).find("seed 1") != std::string::npos);
        }
        CHECK_FALSE(engine.alive(self));
    }
}

TEST_CASE("actor: an actor may kill others, and a callable it scheduled survives it") {
    struct Acts {
        static Task<void> victim(Engine& engine, int& ran) {
            engine.call_in(5s, kWait, [&ran] { ++ran; });
            co_await engine.sleep_for(1h, kWait);
        }
        static Task<void> killer(Engine& engine, ActorId victim) {
            co_await engine.sleep_for(1s, kWait);
            engine.kill(victim);
            engine.kill(victim);
            co_await engine.sleep_for(1s, kWait);
        }
    };
    Engine engine;
    const GroupId group = engine.make_group("g");
    int ran = 0;
    const ActorId victim = engine.spawn(group, "victim", Acts::victim(engine, ran));
    engine.spawn(group, "killer", Acts::killer(engine, victim));
    engine.run();
    CHECK(ran == 1);
    CHECK(engine.now() == Time(5s));
    CHECK(engine.living() == 0);
}

TEST_CASE("actor: records and frames of short-lived actors are used again") {
    World world;
    ActorId before;
    for (int i = 0; i < 1000; ++i) {
        const ActorId actor = world.engine.spawn(world.group, "operation", at_sleep(world));
        CHECK(actor.slot() == 0);
        CHECK(actor != before);
        CHECK_FALSE(world.engine.alive(before));
        CHECK(world.engine.actor_name(actor) == "operation");
        world.engine.run();
        before = actor;
    }
    CHECK(world.passed == 1000);
    CHECK(world.engine.actor_name(before).empty());
    CHECK(world.engine.group_name(world.group) == "g");
}

TEST_CASE("actor: destructors of a killed actor may kill and spawn") {
    struct OnDeath {
        explicit OnDeath(std::function<void()> f) : call(std::move(f)) {}
        OnDeath(const OnDeath&) = delete;
        ~OnDeath() { call(); }
        std::function<void()> call;
    };
    struct Acts {
        static Task<void> run(Engine& engine, std::unique_ptr<OnDeath> last_will) {
            co_await engine.sleep_for(1h, kWait);
            (void)last_will;
        }
    };
    World world;
    Engine& engine = world.engine;
    const ActorId heir = engine.spawn(world.group, "heir", at_sleep(world));
    ActorId born;
    auto will = std::make_unique<OnDeath>([&] {
        engine.kill(heir);
        born = engine.spawn(engine.make_group("new"), "born", at_sleep(world));
    });
    const ActorId first = engine.spawn(world.group, "first", Acts::run(engine, std::move(will)));
    engine.run_until(Time(1s));
    engine.kill(first);
    CHECK_FALSE(engine.alive(heir));
    CHECK(engine.alive(born));
    engine.run();
    CHECK(world.passed == 1);
}

TEST_CASE("actor: nested tasks pass values and exceptions to their awaiter") {
    struct Calls {
        static Task<int> leaf(Engine& engine, int value) {
            co_await engine.sleep_for(1s, kWait);
            if (value < 0) throw std::runtime_error("negative");
            co_return value * 2;
        }
        static Task<std::unique_ptr<int>> middle(Engine& engine, int value) {
            int doubled = co_await leaf(engine, value);
            co_return std::make_unique<int>(doubled + 1);
        }
        static Task<void> root(Engine& engine, std::vector<std::string>& log) {
            std::unique_ptr<int> result = co_await middle(engine, 20);
            log.push_back(std::to_string(*result));
            try {
                result = co_await middle(engine, -1);
            } catch (const std::runtime_error& e) {
                log.push_back(e.what());
            }
        }
    };
    Engine engine;
    std::vector<std::string> log;
    engine.spawn(engine.make_group("g"), "root", Calls::root(engine, log));
    engine.run();
    CHECK(log == std::vector<std::string>{"41", "negative"});
    CHECK(engine.now() == Time(2s));
}

TEST_CASE("actor: a long row of awaits that end at once does not grow the stack") {
    struct Calls {
        static Task<int> leaf() { co_return 1; }
        static Task<void> root(int count, int& sum) {
            for (int i = 0; i < count; ++i) {
                int one = co_await leaf();
                sum += one;
            }
        }
    };
    Engine engine;
    int sum = 0;
#if defined(STOWAGE_PLAIN_FRAMES)
    constexpr int kCount = 5000;  // sanitizers keep g++ from making tail calls
#else
    constexpr int kCount = 2'000'000;
#endif
    engine.spawn(engine.make_group("g"), "root", Calls::root(kCount, sum));
    engine.run();
    CHECK(sum == kCount);
}
