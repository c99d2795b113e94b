// Shapes of coroutine code that the rest of the simulator relies on, each run to its end and killed
// at every suspension point.
//
// g++ 12 miscompiles many other shapes without a word (co_await inside if conditions, conditional
// expressions, braces, with aggregate temporaries). When a compiler breaks one of these, it shows
// here first, by a wrong result, a leak or a double free.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kWait{1};

// Counts the living and is big enough to own memory, so that double frees and leaks are seen.
class Counted {
  public:
    explicit Counted(int& living, int value = 0) : living_(&living), text_(40, 'x'), value_(value) {
        ++*living_;
    }
    Counted(const Counted& other)
        : living_(other.living_), text_(other.text_), value_(other.value_) {
        ++*living_;
    }
    Counted(Counted&& other) noexcept
        : living_(other.living_), text_(std::move(other.text_)), value_(other.value_) {
        ++*living_;
    }
    Counted& operator=(const Counted&) = default;
    ~Counted() { --*living_; }
    int value() const { return value_; }

  private:
    int* living_;
    std::string text_;
    int value_;
};

struct Bench {
    Bench() = default;
    Engine engine;
    int living = 0;
    int result = 0;
};

struct Request {
    Request(Counted b, std::string n) : body(std::move(b)), name(std::move(n)) {}
    Counted body;
    std::string name;
};

Task<int> number(Bench& b, int value) {
    Counted local(b.living);
    co_await b.engine.sleep_for(1s, kWait);
    co_return value;
}
Task<bool> truth(Bench& b, bool value) {
    co_await b.engine.sleep_for(1s, kWait);
    co_return value;
}
Task<Counted> counted(Bench& b, int value) {
    Counted local(b.living, value);
    co_await b.engine.sleep_for(1s, kWait);
    co_return local;
}
Task<std::optional<Counted>> maybe(Bench& b, int value) {
    co_await b.engine.sleep_for(1s, kWait);
    std::optional<Counted> result;
    if (value > 0) result.emplace(b.living, value);
    co_return result;
}
Task<std::vector<Counted>> several(Bench& b, int count) {
    std::vector<Counted> list;
    for (int i = 0; i < count; ++i) {
        list.emplace_back(b.living, i);
        co_await b.engine.sleep_for(1s, kWait);
    }
    co_return list;
}
Task<int> send(Bench& b, Request request) {
    co_await b.engine.sleep_for(1s, kWait);
    co_return request.body.value() + static_cast<int>(request.name.size());
}
Task<int> send_all(Bench& b, std::vector<Counted> list, std::unique_ptr<Counted> extra) {
    co_await b.engine.sleep_for(1s, kWait);
    int sum = extra->value();
    for (const Counted& item : list) sum += item.value();
    co_return sum;
}
Task<int> fails(Bench& b) {
    Counted local(b.living);
    co_await b.engine.sleep_for(1s, kWait);
    throw std::runtime_error("canary");
}

Task<void> whole_statements(Bench& b) {
    Counted local(b.living, 1);
    co_await b.engine.sleep_for(1s, kWait);
    int one = co_await number(b, 1);
    auto two = co_await number(b, 2);
    two = co_await number(b, 3);
    b.result = one + two + local.value();
}
Task<void> named_condition(Bench& b) {
    bool yes = co_await truth(b, true);
    if (yes) b.result += 1;
    bool no = co_await truth(b, false);
    if (no) b.result += 100;
    if (yes && !no) b.result += 2;
}
Task<void> initialized_if(Bench& b) {
    // tidy: allow await (the shape works and is kept here to show that it does)
    if (std::optional<Counted> found = co_await maybe(b, 7); found) b.result += found->value();
    // tidy: allow await (the shape works and is kept here to show that it does)
    if (auto found = co_await maybe(b, 0); found) b.result += 100;
}
Task<void> loops(Bench& b) {
    for (int i = 0; i < 3; ++i) {
        Counted item = co_await counted(b, i);
        b.result += item.value();
        if (i == 1) continue;
        b.result += 10;
    }
    while (true) {
        int n = co_await number(b, 4);
        b.result += n;
        if (b.result > 30) break;
    }
}
Task<void> range_of_result(Bench& b) {
    std::vector<Counted> list = co_await several(b, 3);
    for (const Counted& item : list) {
        b.result += item.value();
        co_await b.engine.sleep_for(1s, kWait);
    }
}
Task<void> switch_on_result(Bench& b) {
    int n = co_await number(b, 2);
    switch (n) {
        case 2: {
            Counted inner(b.living, 5);
            co_await b.engine.sleep_for(1s, kWait);
            b.result = inner.value();
            break;
        }
        default:
            b.result = -1;
    }
}
Task<void> constructed_arguments(Bench& b) {
    Counted body(b.living, 5);
    Request request(body, "a name longer than any small string");
    b.result = co_await send(b, std::move(request));
    // tidy: allow await (the shape works and is kept here to show that it does)
    b.result += co_await send(b, Request(Counted(b.living, 1), "another name longer than small"));
}
Task<void> moved_arguments(Bench& b) {
    std::vector<Counted> list;
    list.emplace_back(b.living, 1);
    list.emplace_back(b.living, 2);
    auto extra = std::make_unique<Counted>(b.living, 3);
    b.result = co_await send_all(b, std::move(list), std::move(extra));
}
Task<void> named_task(Bench& b) {
    Task<int> task = number(b, 6);
    co_await b.engine.sleep_for(1s, kWait);
    b.result = co_await std::move(task);
}
Task<void> caught_exceptions(Bench& b) {
    Counted local(b.living, 1);
    bool failed = false;
    try {
        Counted inner(b.living, 2);
        b.result = co_await fails(b);
    } catch (const std::runtime_error&) {
        failed = true;
    }
    if (failed) {
        co_await b.engine.sleep_for(1s, kWait);
        b.result += 3;
    }
}
Task<Counted> returns_awaited(Bench& b) { co_return co_await counted(b, 8); }
Task<void> awaited_return(Bench& b) {
    Counted value = co_await returns_awaited(b);
    b.result = value.value();
}
Task<void> structured_binding(Bench& b) {
    std::map<std::string, Counted> table;
    table.emplace("one", Counted(b.living, 1));
    table.emplace("two", Counted(b.living, 2));
    for (const auto& [name, item] : table) {
        int n = co_await number(b, static_cast<int>(name.size()));
        b.result += n * item.value();
    }
}
Task<void> lambda_outside_of_the_await(Bench& b) {
    Counted local(b.living, 4);
    auto twice = [&local](int n) { return n * local.value(); };
    int n = co_await number(b, 3);
    b.result = twice(n);
}
Task<void> early_return(Bench& b) {
    Counted local(b.living, 4);
    bool yes = co_await truth(b, true);
    if (yes) {
        b.result = 9;
        co_return;
    }
    co_await b.engine.sleep_for(1s, kWait);
    b.result = -1;
}
Task<int> depth(Bench& b, int levels) {
    Counted local(b.living, levels);
    if (levels == 0) {
        co_await b.engine.sleep_for(1s, kWait);
        co_return 0;
    }
    int below = co_await depth(b, levels - 1);
    co_return below + local.value();
}
Task<void> recursion(Bench& b) { b.result = co_await depth(b, 5); }

struct Shape {
    const char* name;
    Task<void> (*start)(Bench&);
    int result;
};

constexpr Shape kShapes[] = {
    {"whole statements", whole_statements, 5},
    {"condition named first", named_condition, 3},
    {"if with initializer", initialized_if, 7},
    {"loops", loops, 31},
    {"range over an awaited result", range_of_result, 3},
    {"switch on an awaited result", switch_on_result, 5},
    {"arguments with constructors", constructed_arguments, 71},
    {"arguments moved in", moved_arguments, 6},
    {"task named first", named_task, 6},
    {"exceptions caught around awaits", caught_exceptions, 3},
    {"co_return co_await", awaited_return, 8},
    {"structured bindings", structured_binding, 9},
    {"lambda that captures by reference", lambda_outside_of_the_await, 12},
    {"early return", early_return, 9},
    {"recursion", recursion, 15},
};

}  // namespace

TEST_CASE("canary: every shape gives its result and leaves nothing behind") {
    for (const Shape& shape : kShapes) {
        CAPTURE(shape.name);
        Bench bench;
        bench.engine.spawn(bench.engine.make_group("g"), "canary", shape.start(bench));
        bench.engine.run();
        CHECK(bench.result == shape.result);
        CHECK(bench.living == 0);
        CHECK(bench.engine.living() == 0);
    }
}

TEST_CASE("canary: every shape can be killed at every suspension point") {
    for (const Shape& shape : kShapes) {
        CAPTURE(shape.name);
        int points = 0;
        for (bool ended = false; !ended; ++points) {
            Bench bench;
            const ActorId actor =
                bench.engine.spawn(bench.engine.make_group("g"), "canary", shape.start(bench));
            for (int i = 0; i < points; ++i) bench.engine.step();
            ended = !bench.engine.alive(actor);
            bench.engine.kill(actor);
            CHECK(bench.living == 0);
            CHECK(bench.engine.pending() == 0);
        }
        CHECK(points > 2);
    }
}
