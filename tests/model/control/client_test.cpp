#include "model/control/client.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/model/small_server.hpp"

using namespace model;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("client");

namespace {

sim::Task<void> create_many(SmallServer& s, control::Client& client, int n,
                            std::vector<sim::Time>* answered) {
    for (int i = 0; i < n; ++i) {
        api::PersistentVolume pv = *api::as<api::PersistentVolume>(
            s.server->find(api::Kind::PersistentVolume, api::Key("", "v")));
        pv.metadata.labels.set("n", std::to_string(i));
        auto updating = client.update(std::move(pv));
        auto result = co_await std::move(updating);
        CHECK(result.ok());
        answered->push_back(s.engine.now());
    }
}

control::Client::Options named(std::string_view name, int qps, int burst) {
    control::Client::Options o;
    o.name = name;
    o.qps = qps;
    o.burst = burst;
    return o;
}

}  // namespace

TEST_CASE("a call takes the way to the server and the way back") {
    SmallServer s;
    (void)s.create(s.volume("v"));
    control::Client client(*s.server, s.latencies, named("c", 0, 0));
    std::vector<sim::Time> answered;
    s.engine.spawn(s.engine.make_group("test"), "caller", create_many(s, client, 1, &answered));
    s.engine.run();
    REQUIRE(answered.size() == 1);
    CHECK(answered[0] == sim::Time(4ms));
}

TEST_CASE("after the burst a client gets its rate and no more") {
    SmallServer s;
    s.latencies.write = s.latencies.response = sim::Distribution();
    (void)s.create(s.volume("v"));
    control::Client client(*s.server, s.latencies, named("c", 20, 30));
    std::vector<sim::Time> answered;
    s.engine.spawn(s.engine.make_group("test"), "caller", create_many(s, client, 130, &answered));
    s.engine.run();
    REQUIRE(answered.size() == 130);
    CHECK(answered[29] == sim::Time(0ms));
    CHECK(answered[30] == sim::Time(50ms));
    CHECK(answered[129] == sim::Time(5s));
}

TEST_CASE("a request that was sent is carried out though its sender dies") {
    SmallServer s;
    (void)s.create(s.volume("v"));
    control::Client client(*s.server, s.latencies, named("c", 0, 0));
    std::vector<sim::Time> answered;
    const sim::GroupId group = s.engine.make_group("test");
    s.engine.spawn(group, "caller", create_many(s, client, 5, &answered));
    s.engine.run_until(sim::Time(1ms));
    s.engine.kill_group(group);
    s.engine.run();
    CHECK(answered.empty());
    CHECK(
        s.server->find(api::Kind::PersistentVolume, api::Key("", "v"))->metadata.labels.get("n") ==
        "0");
}

TEST_CASE("what a dropped connection had on its way is lost") {
    SmallServer s;
    (void)s.create(s.volume("v"));
    control::Client client(*s.server, s.latencies, named("c", 0, 0));
    std::vector<sim::Time> answered;
    s.engine.spawn(s.engine.make_group("test"), "caller", create_many(s, client, 5, &answered));
    s.engine.run_until(sim::Time(1ms));
    client.drop_in_flight();
    s.engine.run();
    CHECK_FALSE(s.server->find(api::Kind::PersistentVolume, api::Key("", "v"))
                    ->metadata.labels.contains("n"));
}

TEST_CASE("a client that keeps its order is never overtaken by itself") {
    SmallServer s;
    s.latencies.write = sim::Distribution::uniform(0ms, 50ms);
    for (int i = 0; i < 50; ++i) (void)s.create(s.volume("v" + std::to_string(i)));
    control::Client::Options options = named("user", 0, 0);
    options.in_order = true;
    control::Client client(*s.server, s.latencies, std::move(options));
    std::vector<std::uint64_t> versions(50);
    for (int i = 0; i < 50; ++i) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = api::Kind::PersistentVolume;
        r.key = api::Key("", "v" + std::to_string(i));
        r.patch["metadata"]["labels"]["touched"] = "yes";
        client.send(std::move(r), [&versions, i](const api::Response& answer) {
            versions[i] = answer.object->metadata.resourceVersion;
        });
    }
    s.engine.run();
    CHECK(std::is_sorted(versions.begin(), versions.end()));
}

TEST_CASE("a rate limit holds its burst again after a pause") {
    control::RateLimit limit(10, 5);
    for (int i = 0; i < 5; ++i) CHECK(limit.reserve(sim::Time(0s)) == 0s);
    CHECK(limit.reserve(sim::Time(0s)) == 100ms);
    for (int i = 0; i < 5; ++i) CHECK(limit.reserve(sim::Time(10s)) == 0s);
    CHECK(limit.reserve(sim::Time(10s)) == 100ms);
    CHECK_FALSE(limit.try_take(sim::Time(10s)));
    CHECK(limit.try_take(sim::Time(11s)));
}

TEST_SUITE_END();
