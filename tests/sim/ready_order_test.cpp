#include <doctest/doctest.h>
#include <map>

#include "sim/engine.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr WaitKind kTimer{1};

Task<void> speak(Engine& engine, std::string& text, char name, int times) {
    for (int i = 0; i < times; ++i) {
        text += name;
        co_await engine.sleep_for(1ms, kTimer);
    }
}

struct Outcome {
    Outcome() = default;
    std::string text;
    std::vector<std::uint32_t> choices;
    std::uint64_t fingerprint = 0;
    std::uint64_t misses = 0;
};

Outcome play(Engine::Options options, bool cancelling = false) {
    Engine engine(options);
    Outcome outcome;
    const GroupId group = engine.make_group("g");
    for (char name = 'a'; name < 'g'; ++name) {
        engine.spawn(group, std::string(1, name), speak(engine, outcome.text, name, 6));
    }
    std::vector<EventId> decoys;
    for (int i = 1; cancelling && i < 6; ++i) {
        for (int k = 0; k < 5; ++k) decoys.push_back(engine.call_at(Time(1ms * i), kTimer, [] {}));
        engine.call_at(Time(1ms * i), kTimer, [&engine, &decoys, i] {
            for (std::size_t k = 0; k < decoys.size(); k += 2) engine.cancel(decoys[k]);
            (void)i;
        });
    }
    engine.run();
    outcome.choices = engine.choices();
    outcome.fingerprint = engine.fingerprint();
    outcome.misses = engine.replay_misses();
    return outcome;
}

Engine::Options options_of(ReadyOrder order, std::uint64_t seed) {
    Engine::Options options;
    options.order = order;
    options.seed = seed;
    return options;
}

}  // namespace

TEST_CASE("ready order: fifo records no choice") {
    const Outcome outcome = play(options_of(ReadyOrder::Fifo, 1));
    CHECK(outcome.text == "abcdefabcdefabcdefabcdefabcdefabcdef");
    CHECK(outcome.choices.empty());
}

TEST_CASE("ready order: shuffle and priority depend on the seed alone") {
    for (const ReadyOrder order : {ReadyOrder::Shuffle, ReadyOrder::Priority}) {
        const Outcome one = play(options_of(order, 1));
        CHECK(one.text == play(options_of(order, 1)).text);
        CHECK(one.fingerprint == play(options_of(order, 1)).fingerprint);
        CHECK(one.text != play(options_of(order, 2)).text);
        CHECK(one.text != play(options_of(ReadyOrder::Fifo, 1)).text);
        CHECK(one.text.size() == 36);
        CHECK_FALSE(one.choices.empty());
    }
}

TEST_CASE("ready order: shuffling reaches every order of three events") {
    std::map<std::string, int> seen;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        Engine engine(options_of(ReadyOrder::Shuffle, seed));
        std::string text;
        for (char name = 'a'; name < 'd'; ++name) {
            engine.call_in(1s, kTimer, [&text, name] { text += name; });
        }
        engine.run();
        ++seen[text];
    }
    CHECK(seen.size() == 6);
    for (const auto& [text, count] : seen) CHECK(count > 60);
}

TEST_CASE("ready order: a recorded list replays the same run, cancels included") {
    for (const bool cancelling : {false, true}) {
        const Outcome shuffled = play(options_of(ReadyOrder::Shuffle, 5), cancelling);
        Engine::Options options = options_of(ReadyOrder::Replay, 5);
        options.replay = shuffled.choices;
        const Outcome replayed = play(options, cancelling);
        CHECK(replayed.text == shuffled.text);
        CHECK(replayed.fingerprint == shuffled.fingerprint);
        CHECK(replayed.choices == shuffled.choices);
        CHECK(replayed.misses == 0);
        options.replay[3] = 1000;
        CHECK(play(options, cancelling).misses == 1);
    }
}

TEST_CASE("ready order: a single ready event is no choice") {
    Engine engine(options_of(ReadyOrder::Shuffle, 1));
    for (int i = 0; i < 10; ++i) engine.call_in(1s * i, kTimer, [] {});
    engine.run();
    CHECK(engine.choices().empty());
}

TEST_CASE("ready order: priority runs the events of one actor in a row") {
    // Within an epoch the highest ranked actor runs as long as it is ready.
    Engine engine(options_of(ReadyOrder::Priority, 3));
    std::string text;
    struct Talker {
        static Task<void> run(Engine& engine, std::string& text, char name) {
            for (int i = 0; i < 5; ++i) {
                text += name;
                co_await engine.yield_now();
            }
        }
    };
    const GroupId group = engine.make_group("g");
    engine.spawn(group, "a", Talker::run(engine, text, 'a'));
    engine.spawn(group, "b", Talker::run(engine, text, 'b'));
    engine.run();
    CHECK((text == "aaaaabbbbb" || text == "bbbbbaaaaa"));
}
