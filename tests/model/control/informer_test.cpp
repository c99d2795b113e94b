#include "model/control/informer.hpp"

#include <doctest/doctest.h>

#include "tests/model/small_server.hpp"

using namespace model;
using namespace std::chrono_literals;
using api::Key;
using api::Kind;

TEST_SUITE_BEGIN("informer");

TEST_CASE("a cache lags behind the store by the watch's delay") {
    SmallServer s;
    control::Informer claims(*s.server, s.latencies, Kind::PersistentVolumeClaim, "test/claims");
    claims.start();
    (void)s.create(s.claim("c"));
    s.engine.run_until(sim::Time(1ms));
    CHECK_FALSE(claims.get(Key("default", "c")));
    s.engine.run_until(sim::Time(2ms));
    CHECK(claims.get(Key("default", "c")));
}

TEST_CASE("a lagging informer is later by its lag, and the others are not") {
    SmallServer s;
    control::Informer late(*s.server, s.latencies, Kind::PersistentVolumeClaim, "late/claims");
    control::Informer other(*s.server, s.latencies, Kind::PersistentVolumeClaim, "other/claims");
    late.start();
    other.start();
    s.latencies.lags["late/claims"] = 5s;
    (void)s.create(s.claim("c"));
    s.engine.run_until(sim::Time(4s));
    CHECK(other.get(Key("default", "c")));
    CHECK_FALSE(late.get(Key("default", "c")));
    s.engine.run_until(sim::Time(6s));
    CHECK(late.get(Key("default", "c")));
}

TEST_CASE("events of one watch never overtake each other") {
    SmallServer s;
    s.latencies.watch = sim::Distribution::uniform(0ms, 50ms);
    control::Informer volumes(*s.server, s.latencies, Kind::PersistentVolume, "test/volumes");
    std::vector<std::uint64_t> seen;
    volumes.add_handler([&](const api::ObjectRef&, const api::ObjectRef& after) {
        seen.push_back(after->metadata.resourceVersion);
    });
    volumes.start();
    for (int i = 0; i < 100; ++i) (void)s.create(s.volume("v" + std::to_string(i)));
    s.engine.run();
    REQUIRE(seen.size() == 100);
    CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("a handler sees the cache as it is after the change") {
    SmallServer s;
    control::Informer claims(*s.server, s.latencies, Kind::PersistentVolumeClaim, "test/claims");
    bool there = false;
    claims.add_handler([&](const api::ObjectRef&, const api::ObjectRef& after) {
        there = claims.get(after->key()) == after;
    });
    claims.start();
    (void)s.create(s.claim("c"));
    s.engine.run();
    CHECK(there);
}

TEST_CASE("after a cut connection a watch resumes and loses nothing") {
    SmallServer s;
    control::Informer volumes(*s.server, s.latencies, Kind::PersistentVolume, "test/volumes");
    int added = 0, deleted = 0;
    volumes.add_handler([&](const api::ObjectRef& before, const api::ObjectRef& after) {
        added += !before;
        deleted += !after;
    });
    (void)s.create(s.volume("old"));
    volumes.start();
    s.server->set_up(false);
    s.server->set_up(true);
    (void)s.create(s.volume("new"));
    api::Value unprotect;
    unprotect["metadata"]["finalizers"] = api::Value();
    (void)s.patch(Kind::PersistentVolume, Key("", "old"), unprotect);
    (void)s.remove(Kind::PersistentVolume, Key("", "old"));
    CHECK(added == 1);
    s.engine.run();
    CHECK(added == 2);
    CHECK(deleted == 1);
    CHECK(s.engine.now() >= sim::Time(800ms));  // the reflector waits before it connects again
}

TEST_CASE("an informer that is destroyed hears nothing more") {
    SmallServer s;
    int heard = 0;
    {
        control::Informer volumes(*s.server, s.latencies, Kind::PersistentVolume, "test/volumes");
        volumes.add_handler([&](const api::ObjectRef&, const api::ObjectRef&) { ++heard; });
        volumes.start();
        (void)s.create(s.volume("v"));
    }
    s.engine.run();
    CHECK(heard == 0);
}

TEST_SUITE_END();
