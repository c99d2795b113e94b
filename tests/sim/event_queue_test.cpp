#include "sim/event_queue.hpp"

#include <doctest/doctest.h>

#include <map>

#include "sim/random.hpp"

using sim::EventId;
using sim::EventQueue;
using sim::EventSlot;
using sim::Stream;

namespace {

constexpr std::uint64_t kAlways = ~std::uint64_t{0};

EventId push(EventQueue& queue, std::uint64_t time) {
    EventSlot& slot = queue.push(time);
    slot.callback = [](EventSlot&, EventSlot::Action) {};
    return slot.id;
}

EventId take(EventQueue& queue) {
    const EventId id = queue.take().id;
    queue.slots().release(id.slot());
    return id;
}

void cancel(EventQueue& queue, EventId id) {
    queue.cancel(id);
    queue.slots().release(id.slot());
}

// The queue beside a multimap, which keeps equal keys in the order of insertion.
class Twin {
  public:
    explicit Twin(std::uint64_t seed) : stream_(seed, "twin") {}

    void push_at(std::uint64_t time) {
        const EventId id = push(queue_, time);
        reference_.emplace(time, id.value);
        alive_.push_back({time, id.value});
    }

    void cancel_any() {
        if (alive_.empty()) return;
        const std::size_t k = stream_.below(alive_.size());
        const auto [time, id] = alive_[k];
        alive_[k] = alive_.back();
        alive_.pop_back();
        if (!queue_.is_pending(EventId(id))) return;
        cancel(queue_, EventId(id));
        auto at = reference_.lower_bound(time);
        while (at->second != id) ++at;
        reference_.erase(at);
    }

    bool pop_and_compare() {
        REQUIRE(queue_.size() == reference_.size());
        if (reference_.empty()) {
            REQUIRE_FALSE(queue_.advance(kAlways));
            return false;
        }
        const auto [time, id] = *reference_.begin();
        if (stream_.chance(1, 4)) REQUIRE(queue_.peek() == time);
        if (time > 0 && time > now_) REQUIRE_FALSE(queue_.advance(time - 1));
        REQUIRE(queue_.advance(time));
        REQUIRE(queue_.ready_time() == time);
        REQUIRE(take(queue_).value == id);
        reference_.erase(reference_.begin());
        now_ = time;
        return true;
    }

    std::uint64_t now() const { return now_; }
    Stream& stream() { return stream_; }
    EventQueue& queue() { return queue_; }

  private:
    Stream stream_;
    EventQueue queue_;
    std::multimap<std::uint64_t, std::uint64_t> reference_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> alive_;
    std::uint64_t now_ = 0;
};

void run_workload(std::uint64_t seed, std::uint64_t spread, unsigned cancel_percent) {
    Twin twin(seed);
    for (int i = 0; i < 200; ++i) twin.push_at(twin.stream().below(spread));
    for (int i = 0; i < 6000; ++i) {
        const std::uint64_t dice = twin.stream().below(100);
        if (dice < cancel_percent) {
            twin.cancel_any();
        } else if (dice < cancel_percent + (100 - cancel_percent) / 2) {
            const bool far = twin.stream().chance(1, 20);
            twin.push_at(twin.now() + twin.stream().below(far ? spread * 1000 : spread));
        } else {
            twin.pop_and_compare();
        }
    }
    while (twin.pop_and_compare()) {
    }
    CHECK(twin.queue().stale() == 0);
}

}  // namespace

TEST_CASE("event queue: agrees with a multimap for every spread of times") {
    for (std::uint64_t spread : {1ULL, 2ULL, 20ULL, 1000ULL, 1000000ULL, 1000000000000ULL}) {
        for (unsigned cancel_percent : {0u, 10u, 45u}) {
            for (std::uint64_t seed = 1; seed <= 3; ++seed) {
                CAPTURE(spread);
                CAPTURE(cancel_percent);
                CAPTURE(seed);
                run_workload(seed, spread, cancel_percent);
            }
        }
    }
}

TEST_CASE("event queue: agrees with a multimap when many events are pending") {
    for (std::uint64_t spread : {300ULL, 1000000ULL, 1000000000ULL}) {
        CAPTURE(spread);
        Twin twin(spread);
        for (int i = 0; i < 10000; ++i) twin.push_at(twin.stream().below(spread));
        for (int i = 0; i < 30000; ++i) {
            twin.pop_and_compare();
            // Now and then near, into the run.
            const bool near = twin.stream().chance(1, 10);
            twin.push_at(twin.now() + twin.stream().below(near ? spread / 200 : spread));
            if (i % 7 == 0) twin.cancel_any();
        }
        while (twin.pop_and_compare()) {
        }
    }
}

TEST_CASE("event queue: what comes before a sorted run that is not yet due leaves first") {
    EventQueue queue;
    Stream stream(1, "gap");
    for (int i = 0; i < 60; ++i) push(queue, 2'000'000'000 + stream.below(1'000'000));
    CHECK_FALSE(queue.advance(1'000'000'000));
    for (int i = 0; i < 200; ++i) push(queue, stream.below(2'001'000'000));
    std::uint64_t last = 0;
    for (int i = 0; i < 260; ++i) {
        REQUIRE(queue.advance(kAlways));
        CHECK(queue.ready_time() >= last);
        last = queue.ready_time();
        take(queue);
        if (i < 50) CHECK(queue.peek().has_value());
    }
    CHECK_FALSE(queue.advance(kAlways));
}

TEST_CASE("event queue: equal times leave in the order in which they came") {
    EventQueue queue;
    std::vector<EventId> ids;
    push(queue, 1);
    for (int i = 0; i < 100; ++i) ids.push_back(push(queue, 70000));
    REQUIRE(queue.advance(kAlways));
    take(queue);
    for (int i = 0; i < 100; ++i) ids.push_back(push(queue, 70000));
    for (const EventId id : ids) {
        REQUIRE(queue.advance(kAlways));
        CHECK(take(queue) == id);
    }
}

TEST_CASE("event queue: a cancelled event's id does not match the slot's next user") {
    EventQueue queue;
    const EventId first = push(queue, 10);
    cancel(queue, first);
    const EventId second = push(queue, 10);
    CHECK(second.slot() == first.slot());
    CHECK_FALSE(queue.is_pending(first));
    REQUIRE(queue.advance(kAlways));
    CHECK(take(queue) == second);
    CHECK_FALSE(queue.advance(kAlways));
}

TEST_CASE("event queue: looking ahead does not move the minimum") {
    EventQueue queue;
    push(queue, 1000000);
    CHECK(queue.peek() == 1000000);
    CHECK_FALSE(queue.advance(999999));
    const EventId earlier = push(queue, 5);
    REQUIRE(queue.advance(kAlways));
    CHECK(queue.ready_time() == 5);
    CHECK(take(queue) == earlier);
    CHECK(queue.peek() == 1000000);
}

TEST_CASE("event queue: stale entries are swept when they outnumber the living") {
    EventQueue queue;
    push(queue, 1);
    for (int i = 0; i < 200000; ++i) cancel(queue, push(queue, 60'000'000'000));
    CHECK(queue.stale() < 20000);
    CHECK(queue.slots().size() == 2);
    CHECK(queue.bucket_bytes() < 1000000);
}

TEST_CASE("event queue: large buffers are shared among buckets") {
    EventQueue queue;
    Stream stream(1, "delays");
    constexpr int kPending = 100000;
    for (int i = 0; i < kPending; ++i) push(queue, stream.below(1000000000));
    for (int i = 0; i < 10 * kPending; ++i) {
        REQUIRE(queue.advance(kAlways));
        const std::uint64_t now = queue.ready_time();
        take(queue);
        push(queue, now + stream.below(2000000000));
    }
    CHECK(queue.bucket_bytes() < 128 * kPending);
}

TEST_CASE("event queue: a long instant does not grow the ready list") {
    EventQueue queue;
    push(queue, 7);
    push(queue, 7);
    for (int i = 0; i < 100000; ++i) {
        REQUIRE(queue.advance(kAlways));
        take(queue);
        push(queue, 7);
    }
    CHECK(queue.bucket_bytes() < 10000);
}
