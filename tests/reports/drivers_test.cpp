// What reports tell of CSI drivers: calls, volumes, and the passages of volumes.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "reports/driver_report.hpp"
#include "reports/latency.hpp"
#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using model::Wait;
using model::csi::Code;
using model::csi::Method;
using reports::Passage;
using reports::ReportedCluster;

namespace {

sim::Duration sum_of(const Passage& passage, Wait wait) {
    sim::Duration sum{};
    for (const reports::Segment& s : passage.segments)
        if (s.wait == wait) sum += s.length();
    return sum;
}

void check_without_gap(const Passage& passage) {
    CAPTURE(passage.object);
    REQUIRE(passage.ended);
    sim::Time at = passage.began;
    for (const reports::Segment& s : passage.segments) {
        CHECK(s.from == at);
        at = s.to;
    }
    CHECK(at == *passage.ended);
}

model::csi::Fault fault(Code code, std::int64_t times) {
    model::csi::Fault f;
    f.code = code;
    f.message = "no luck";
    f.times = times;
    return f;
}

reports::DriverState state_of(ReportedCluster& c) {
    const std::string name(ReportedCluster::kDriver);
    const model::csi::Backend& backend = c.endpoint().driver().backend();
    return {name, c.endpoint().driver().settings().profile.name, backend,
            model::csi::inventory_of(backend.volumes(),
                                     model::csi::volumes_of(c.cluster.server(), name)),
            c.calls.of(name)};
}

void play(ReportedCluster& c, sim::Duration until) {
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(until));
}

}  // namespace

TEST_CASE("a claim that failed and was retried shows its backoff and its calls") {
    ReportedCluster c(ReportedCluster::with_driver(3, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    c.endpoint().faults().add(Method::CreateVolume, fault(Code::Internal, 3));
    c.create_at(1s, ReportedCluster::driver_claim("data"));
    play(c, 60s);
    const reports::VolumePassages all = c.lives.passages(c.trace);
    REQUIRE(all.provisioned.size() == 1);
    REQUIRE(all.bound.size() == 1);
    const Passage& made = all.provisioned.front();
    CHECK(made.object == "default/data");
    check_without_gap(made);
    check_without_gap(all.bound.front());
    CHECK(*made.ended == all.bound.front().began);
    CHECK(sum_of(made, Wait::Backoff) == 7s);
    CHECK(sum_of(made, Wait::CsiCall) == 400us);
    for (const reports::Segment& s : made.segments)
        CHECK(s.call == (s.wait == Wait::CsiCall ? "CreateVolume" : ""));
    const std::string text = reports::text_of(made, "");
    INFO(text);
    CHECK(text.find(" = backoff 7.000s") != std::string::npos);
    CHECK(text.find("CSI call CreateVolume 400us") != std::string::npos);
}

TEST_CASE("a call that timed out is a wait for the call, up to its deadline") {
    ReportedCluster c(ReportedCluster::with_driver(3, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    model::csi::Fault slow;
    slow.delay = 13s;
    c.endpoint().faults().add(Method::CreateVolume, slow);
    c.create_at(1s, ReportedCluster::driver_claim("data"));
    play(c, 60s);
    const Passage made = c.lives.passages(c.trace).provisioned.at(0);
    check_without_gap(made);
    CHECK(sum_of(made, Wait::CsiCall) == 10s + 100us);
    CHECK(sum_of(made, Wait::Backoff) == 1s);
    const reports::MethodCalls& calls = state_of(c).calls.at(Method::CreateVolume);
    CHECK(calls.calls == 2);
    CHECK(calls.unawaited == 1);
    CHECK(calls.concurrency.most() == 2);
    CHECK(calls.outcomes.at(Code::Ok) == 2);
}

TEST_CASE("calls that wait for their turn are waits of their own claims") {
    model::ClusterOptions options = ReportedCluster::with_driver(5, "instant");
    options.drivers[0].profile.concurrency = model::csi::Concurrency::OneAtATime;
    options.drivers[0].profile.latency_otherwise = sim::Distribution::constant(2s);
    options.drivers[0].provisioner.timeout = 60s;
    ReportedCluster c(options);
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    for (int i = 0; i < 5; ++i)
        c.create_at(1s, ReportedCluster::driver_claim("data-" + std::to_string(i)));
    play(c, 60s);
    const reports::VolumePassages all = c.lives.passages(c.trace);
    REQUIRE(all.provisioned.size() == 5);
    sim::Duration longest{};
    for (const Passage& made : all.provisioned) {
        check_without_gap(made);
        longest = std::max(longest, sum_of(made, Wait::CsiCall));
    }
    CHECK(longest > 9900ms);
    CHECK(longest <= 10s);
    const reports::LatencySummary summary = reports::summary_of(all.provisioned);
    CHECK(summary.bound == 5);
    sim::Duration parts{};
    for (std::size_t i = 1; i < summary.rows.size(); ++i) parts += summary.rows[i].spent.sum;
    CHECK(parts == summary.rows.front().spent.sum);
    CHECK(reports::text_of(summary).find("CSI call CreateVolume") != std::string::npos);
}

TEST_CASE("from Released to gone there are the driver's refusals and retries") {
    ReportedCluster c(ReportedCluster::with_driver(4, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    c.endpoint().faults().add(Method::DeleteVolume, fault(Code::Internal, 2));
    c.create_at(1s, ReportedCluster::driver_claim("data"));
    c.delete_at(5s, model::api::Kind::PersistentVolumeClaim, "data");
    play(c, 60s);
    const reports::VolumePassages all = c.lives.passages(c.trace);
    REQUIRE(all.reclaimed.size() == 1);
    check_without_gap(all.reclaimed.front());
    CHECK(sum_of(all.reclaimed.front(), Wait::Backoff) == 3s);
    CHECK(sum_of(all.reclaimed.front(), Wait::CsiCall) == 300us);
    CHECK(state_of(c).backend.volumes().empty());
}

TEST_CASE("the driver report tells calls, volumes, leaks and what dangles, and stays short") {
    ReportedCluster c(ReportedCluster::with_driver(6, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    c.endpoint().faults().add(Method::CreateVolume, fault(Code::ResourceExhausted, 1));
    for (int i = 0; i < 30; ++i)
        c.create_at(1s, ReportedCluster::driver_claim("data-" + std::to_string(i)));
    play(c, 60s);
    model::csi::Backend& backend = c.endpoint().driver().backend();
    REQUIRE(backend.volumes().size() == 30);
    const model::csi::Text lost = backend.volumes().begin()->first;
    backend.erase(lost);
    model::csi::BackendVolume orphan;
    orphan.id = "orphan";
    orphan.name = "pvc-nobody";
    orphan.size_bytes = 1 << 30;
    backend.add(orphan);
    const reports::DriverState state = state_of(c);
    const std::string text = reports::text_of(state);
    INFO(text);
    const auto has = [&text](const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    CHECK(has("disk.example.com (instant)"));
    CHECK(has("30 OK, 1 ResourceExhausted"));
    CHECK(has("holds 30 volumes of 30Gi, 1 leaked, 1 dangling"));
    CHECK(has("leaked (made as pvc-nobody)"));
    CHECK(has("stands for " + lost.str() + ", which does not exist"));
    CHECK(has("... and 20 more"));
    CHECK(std::count(text.begin(), text.end(), '\n') < 20);

    const nlohmann::json json = reports::json_of(state);
    CHECK(json["leaked"] == 1);
    CHECK(json["created"] == 31);
    CHECK(json["volumes"].size() == 30);
    CHECK(json["dangling"][0]["handle"] == lost.str());
    CHECK(json["calls"][0]["outcomes"]["ResourceExhausted"] == 1);
    CHECK(json["calls"][0]["concurrency"].back()[1] == 0);
}

TEST_CASE("a long history of concurrency is thinned out and keeps its peak") {
    reports::Concurrency history;
    sim::Time at;
    for (int i = 0; i < 5000; ++i) {
        at += 1s;
        history.begin(at);
        if (i == 2500) history.begin(at);
        if (i == 2500) history.end(at);
        history.end(at + 1ms);
    }
    history.begin(at + 2s);
    CHECK(history.changes().size() <= reports::Concurrency::kChangesMax);
    CHECK(history.most() == 2);
    std::size_t peak = 0;
    for (const auto& change : history.changes()) peak = std::max(peak, change.running);
    CHECK(peak == 2);
    CHECK(history.changes().back() == reports::Concurrency::Change{at + 2s, 1});
}

TEST_CASE("a call of which the caller died is one that nobody waits for") {
    ReportedCluster c(ReportedCluster::with_driver(3, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    model::csi::Fault slow;
    slow.delay = 6s;
    c.endpoint().faults().add(Method::CreateVolume, slow);
    c.create_at(1s, ReportedCluster::driver_claim("data"));
    c.cluster.engine().call_at(sim::Time(3s), model::kind_of(Wait::User), [&c] {
        CHECK(c.endpoint().awaited() == 1);
        CHECK_FALSE(c.cluster.crash_component("external-provisioner", model::InFlight::Deliver));
        CHECK(c.endpoint().awaited() == 0);
    });
    play(c, 5s);
    c.cluster.engine().run_until(sim::Time(30s));
    CHECK(state_of(c).calls.at(Method::CreateVolume).unawaited == 1);
    CHECK(state_of(c).inventory.leaked.size() == 1);
}
