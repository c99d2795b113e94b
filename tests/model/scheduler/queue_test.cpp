#include <doctest/doctest.h>

#include "tests/model/scheduler/scheduler_world.hpp"

namespace model::scheduler {

namespace {

using volume::Writes;

// The instants, in whole milliseconds, at which the pod was told that it has no node.
std::vector<int> tries(const SchedulerWorld& world, std::string_view pod) {
    std::vector<int> times;
    world.server->for_each(api::Kind::Event, "", [&](const api::ObjectRef& o) {
        const auto e = api::as<api::Event>(o);
        if (e->involvedObject.name == pod && e->reason == "FailedScheduling")
            times.push_back(static_cast<int>(e->eventTime->unix_micros / 1000 -
                                             1767225600 * std::int64_t{1000}));
    });
    return times;
}

// A queue that nobody takes from but the test.
struct Bench {
    explicit Bench(std::string_view version)
        : profile(*Profile::of(version)),
          queue(engine, profile, life, sim::Time(10300ms),
                [this](const QueuedPod&, const ClusterEvent&) { return wakes; }) {}

    static PodRef pod(std::string_view name, int priority = 0) {
        api::Pod p;
        p.metadata.name = name;
        p.metadata.ns = "default";
        p.metadata.uid = "uid-" + std::string(name);
        p.spec.priority = priority;
        return make_pod_info(api::freeze(std::move(p)));
    }
    // The pod whose turn it is; null where nobody's is.
    QueuedPodRef take() {
        QueuedPodRef taken;
        const sim::GroupId group = engine.make_group("test");
        engine.spawn(group, "taker", taking(taken));
        engine.run_until(engine.now());
        engine.kill_group(group);
        return taken;
    }
    sim::Task<void> taking(QueuedPodRef& into) {
        auto next = queue.next();
        into = co_await std::move(next);
    }
    void refuse(const QueuedPodRef& entry) {
        PluginSet by;
        by.insert(Plugin::NodeResourcesFit);
        queue.put_back(entry, entry->pod, by);
    }
    void error(const QueuedPodRef& entry) { queue.put_back(entry, entry->pod, {}); }
    void happens() { queue.move(ClusterEvent(Resource::Node, action::kAdd)); }
    // Seconds until the pod's turn comes; -1: not within a quarter of an hour.
    double wait() {
        const sim::Time begin = engine.now();
        for (int i = 0; i < 9000; ++i) {
            if (last = take(); last)
                return std::chrono::duration<double>(engine.now() - begin).count();
            engine.run_until(engine.now() + 100ms);
        }
        return -1;
    }

    sim::Engine engine;
    control::Life life;
    Profile profile;
    bool wakes = true;
    SchedulingQueue queue;
    QueuedPodRef last;
};

}  // namespace

TEST_CASE("the higher priority first, then who came first") {
    Bench bench("1.36");
    bench.queue.add(Bench::pod("a"));
    bench.queue.add(Bench::pod("b"));
    bench.queue.add(Bench::pod("c", 5));
    CHECK(bench.take()->pod->key().name == "c");
    CHECK(bench.take()->pod->key().name == "a");
    CHECK(bench.take()->pod->key().name == "b");
    CHECK(bench.take() == nullptr);
}

TEST_CASE("before 1.33 a woken pod waits out a backoff that doubles, to the next tick") {
    Bench bench("1.26");
    bench.queue.add(Bench::pod("a"));
    QueuedPodRef entry = bench.take();
    // Ticks lie at .3 of each second.
    std::vector<double> waits;
    for (int i = 0; i < 6; ++i) {
        bench.refuse(entry);
        bench.happens();
        waits.push_back(bench.wait());
        entry = bench.last;
        REQUIRE(entry);
    }
    const std::vector<double> expected = {1.3, 2.0, 4.0, 8.0, 10.0, 10.0};
    for (std::size_t i = 0; i < waits.size(); ++i)
        CHECK(waits[i] == doctest::Approx(expected[i]).epsilon(0.001));
}

TEST_CASE("from 1.33 on an idle scheduler does not wait for a backoff, except after errors") {
    Bench bench("1.36");
    bench.queue.add(Bench::pod("a"));
    QueuedPodRef entry = bench.take();
    bench.refuse(entry);
    CHECK(bench.take() == nullptr);  // nothing has happened
    bench.happens();
    entry = bench.take();
    REQUIRE(entry);
    bench.engine.run_until(sim::Time(500ms));
    bench.error(entry);
    // Until the end of the whole second in which 1.5 s lies.
    CHECK(bench.wait() == doctest::Approx(1.5));
    bench.error(bench.last);
    CHECK(bench.wait() == doctest::Approx(3.0));
}

TEST_CASE("a backoff lasts until the second in which it ends is over") {
    Bench bench("1.36");
    bench.queue.add(Bench::pod("a"));
    QueuedPodRef entry = bench.take();
    bench.refuse(entry);  // until 1 s
    bench.engine.run_until(sim::Time(1900ms));
    CHECK(bench.queue.is_backing_off(*entry));
    bench.engine.run_until(sim::Time(2s));
    CHECK(!bench.queue.is_backing_off(*entry));
}

TEST_CASE("what happened while a pod was tried wakes it afterwards") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        Bench bench(version);
        bench.queue.add(Bench::pod("a"));
        QueuedPodRef entry = bench.take();
        bench.happens();
        bench.refuse(entry);
        CHECK(bench.wait() < 2.5);
        bench.refuse(bench.last);
        CHECK(bench.wait() > 299);  // that was heard already
    }
}

TEST_CASE("an event that helps nobody wakes nobody") {
    Bench bench("1.36");
    bench.wakes = false;
    bench.queue.add(Bench::pod("a"));
    QueuedPodRef entry = bench.take();
    bench.happens();
    bench.refuse(entry);
    bench.happens();
    CHECK(bench.take() == nullptr);
}

TEST_CASE("after five minutes a pod is tried in any case, at a look each 30 s") {
    Bench bench("1.36");
    bench.queue.add(Bench::pod("a"));
    bench.refuse(bench.take());
    CHECK(bench.wait() == doctest::Approx(310.3));  // 10.3 s + 10 x 30 s
}

TEST_CASE("a deleted pod is not handed out") {
    for (std::string_view version : {"1.26", "1.36"}) {
        Bench bench(version);
        const PodRef pod = Bench::pod("a");
        bench.queue.add(pod);
        bench.queue.remove(*pod->pod);
        CHECK(bench.take() == nullptr);
        bench.queue.add(pod);
        QueuedPodRef entry = bench.take();
        bench.refuse(entry);
        bench.queue.remove(*pod->pod);
        bench.happens();
        CHECK(bench.wait() == -1);
    }
}

TEST_CASE("which event wakes a pod whose claim is unbound, by version") {
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(1);
        world.claim("data").made();
        world.pod("web").uses("data").made();
        world.pass(2s);
        REQUIRE(tries(world, "web").size() == 1);
        world.claim("other").made();
        world.pass(2s);
        CHECK(tries(world, "web").size() == (version == "1.26" ? 2 : 1));
    }
}

TEST_CASE("which event wakes a pod whose claim is missing, by version") {
    // 1.26: any claim; 1.36: its own only.
    for (std::string_view version : {"1.26", "1.36"}) {
        CAPTURE(version);
        SchedulerWorld world(version);
        world.start_all(1);
        world.pod("web").uses("data").made();
        world.pass(2s);
        REQUIRE(tries(world, "web").size() == 1);
        CHECK(world.why_not("web").starts_with(
            "0/1 nodes are available: persistentvolumeclaim \"data\" not found."));
        world.claim("other").made();
        world.pass(2s);
        CHECK(tries(world, "web").size() == (version == "1.26" ? 2 : 1));
        world.volume("disk").made();
        world.pass(1s);
        world.claim("data").made();
        world.pass(20s);
        CHECK(world.node_of("web") == "node-1");
    }
}

}  // namespace model::scheduler
