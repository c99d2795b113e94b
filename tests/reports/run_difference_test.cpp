#include "reports/run_difference.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using reports::ReportedCluster;
using reports::RunDifference;
using reports::RunDigest;

namespace {

RunDigest digest_of(ReportedCluster& c, reports::DigestListener& listener, std::string label) {
    return listener.digest(
        std::move(label), {},
        reports::passage_groups(c.paths.paths(c.trace), c.lives.passages(c.trace),
                                c.pods.passages(&c.trace)));
}

// One claim of a driver, made and taken away again; `failures` refusals before it is made.
RunDigest driven(std::uint64_t seed, std::int64_t failures) {
    ReportedCluster c(ReportedCluster::with_driver(seed, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    reports::DigestListener listener(c.cluster.server().scheme());
    c.cluster.journal().listen(&listener);
    model::csi::Fault fault;
    fault.code = model::csi::Code::Internal;
    fault.message = "no luck";
    fault.times = failures;
    if (failures) c.endpoint().faults().add(model::csi::Method::CreateVolume, fault);
    c.create_at(1s, ReportedCluster::driver_claim("data"));
    c.delete_at(30s, model::api::Kind::PersistentVolumeClaim, "data");
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(1min));
    return digest_of(c, listener, "seed " + std::to_string(seed));
}

bool mentions(const std::vector<std::string>& lines, std::string_view part) {
    for (const std::string& line : lines)
        if (line.find(part) != std::string::npos) return true;
    return false;
}

reports::Passage passage(std::string object, sim::Duration took, model::Wait wait) {
    reports::Passage p;
    p.object = std::move(object);
    p.began = sim::Time(1s);
    p.ended = sim::Time(1s + took);
    p.segments.push_back({wait, sim::Time(1s), sim::Time(1s + took), "", false, {}, {}});
    return p;
}

RunDigest digest_with(std::vector<reports::Passage> passages) {
    RunDigest digest;
    digest.passages.push_back({"claim-bound", "From creation to Bound", {}, "not bound", {}});
    digest.passages.back().passages = std::move(passages);
    return digest;
}

}  // namespace

TEST_CASE("a run and its repetition are the same") {
    const RunDifference d = reports::difference_of(driven(3, 1), driven(3, 1));
    CHECK(d.same());
    CHECK_FALSE(d.first);
    CHECK(reports::text_of(d).find("The same") != std::string::npos);
    CHECK(nlohmann::json::parse(reports::json_text_of(d))["same"] == true);
}

TEST_CASE("names drawn by the seed do not make runs of two seeds different") {
    const RunDigest a = driven(3, 0), b = driven(4, 0);
    // Conflicts, and which Event is counted up before which write, are a matter of latencies.
    const auto told = [](const RunDigest& digest) {
        std::set<std::string> lines;
        for (const reports::Write& write : digest.writes)
            if (write.what != "events" && write.code < 300) lines.insert(text_of(write));
        return lines;
    };
    CHECK(told(a) == told(b));
    CHECK(told(a).size() >= 6);
    for (const auto& event : a.events) CHECK(b.events.contains(event.first));
    CHECK(a.passages.at(3).passages.at(0).object == "pvc-{default/data}");
    const RunDifference d = reports::difference_of(a, b);
    CHECK_FALSE(d.same());  // latencies are drawn
    CHECK(d.groups.front().differing.front().object == "default/data");
}

TEST_CASE("a refusal shows as backoff, as calls, as an Event, and as the first other write") {
    const RunDifference d = reports::difference_of(driven(3, 0), driven(3, 2));
    CHECK_FALSE(d.same());
    REQUIRE(d.groups.size() == 4);
    const reports::TimingDifference& claim = d.groups[0].differing.at(0);
    CHECK(claim.object == "default/data");
    CHECK(claim.mostly == "backoff +3.000s");
    CHECK(*claim.took.b - *claim.took.a > 2900ms);
    bool called = false;
    for (const reports::CountDifference& c : d.calls)
        if (c.key == std::vector<std::string>{"disk.example.com", "CreateVolume", "Internal"}) {
            called = true;
            CHECK(c.count.a == 0);
            CHECK(c.count.b == 2);
        }
    CHECK(called);
    CHECK(mentions(d.events.b, "ProvisioningFailed"));
    CHECK_FALSE(mentions(d.events.a, "ProvisioningFailed"));
    REQUIRE(d.first);
    CHECK(d.first->before.size() == 2);
    CHECK(d.first->write.a->what != "");
    const std::string text = reports::text_of(d);
    INFO(text);
    CHECK(text.find("First difference of the writes, number ") != std::string::npos);
    CHECK(text.find("Events only in B\n") != std::string::npos);
    CHECK(text.find("backoff") != std::string::npos);
    const nlohmann::json json = nlohmann::json::parse(reports::json_text_of(d));
    CHECK(json["passages"]["claim-bound"]["differing"][0]["object"] == "default/data");
    CHECK(json["firstDifference"]["a"].contains("object"));
    CHECK(json["passages"]["claim-bound"]["percentiles"][0]["rank"] == "p50");
}

TEST_CASE("percentiles stand side by side with difference and ratio; what one lacks is zero") {
    std::vector<reports::Passage> a, b;
    for (int i = 1; i <= 10; ++i) {
        a.push_back(passage("c" + std::to_string(i), i * 100ms, model::Wait::ApiWrite));
        b.push_back(passage("c" + std::to_string(i), i * 250ms, model::Wait::Backoff));
    }
    b.push_back(passage("c1", 1s, model::Wait::Backoff));  // another one of that name
    const RunDifference d = reports::difference_of(digest_with(a), digest_with(b));
    REQUIRE(d.groups.size() == 1);
    CHECK(d.groups[0].differing.size() == 11);
    CHECK(d.groups[0].differing[0].object == "c1 (2)");  // only there in B: the furthest apart
    CHECK(d.groups[0].differing[1].object == "c10");
    const reports::PercentileDifference& p50 = d.groups[0].percentiles.at(0);
    CHECK(p50.kind == "total");
    CHECK(p50.rank == "p50");
    CHECK(p50.spent.a == 500ms);
    CHECK(p50.spent.b == 1250ms);
    const std::string text = reports::text_of(d);
    INFO(text);
    CHECK(text.find("10 of 10 in A, 11 of 11 in B") != std::string::npos);
    CHECK(text.find("x2.50") != std::string::npos);
    CHECK(text.find("API write p50") != std::string::npos);
    CHECK(text.find("backoff max") != std::string::npos);
    CHECK(text.find("absent") != std::string::npos);
}

TEST_CASE("one that never came to its end differs, and many are told shortly") {
    std::vector<reports::Passage> a, b;
    for (int i = 0; i < 500; ++i) {
        a.push_back(passage("c" + std::to_string(i), 1s, model::Wait::ApiWrite));
        b.push_back(passage("c" + std::to_string(i), 2s, model::Wait::ApiWrite));
    }
    b[7].ended.reset();
    b[7].segments.clear();
    const RunDifference d = reports::difference_of(digest_with(a), digest_with(b));
    CHECK(d.groups[0].differing.size() == 500);
    CHECK(d.groups[0].differing[0].object == "c7");
    const std::string text = reports::text_of(d);
    CHECK(text.find("never") != std::string::npos);
    CHECK(text.find("... and 480 more") != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') < 50);
}

TEST_CASE("names of attachments, generated names and Events are told by what they stand for") {
    using model::api::Kind;
    reports::StableNames names;
    const auto add = [&names](auto object) {
        model::Committed commit;
        commit.change = model::Change::Added;
        commit.object = model::api::freeze(std::move(object));
        names.on({}, commit);
    };
    model::api::PersistentVolumeClaim claim;
    claim.metadata.ns = "default";
    claim.metadata.name = "data";
    claim.metadata.uid = "01234567-89ab-cdef-0123-456789abcdef";
    add(std::move(claim));
    for (const char* name : {"web-x7f2k", "web-9xkq2"}) {
        model::api::Pod pod;
        pod.metadata.ns = "default";
        pod.metadata.generateName = "web-";
        pod.metadata.name = name;
        add(std::move(pod));
    }
    model::api::VolumeAttachment attachment;
    attachment.metadata.name = "csi-0123456789abcdef";
    attachment.spec.nodeName = "node-1";
    attachment.spec.source.persistentVolumeName =
        model::api::Text("pvc-01234567-89ab-cdef-0123-456789abcdef");
    add(std::move(attachment));
    CHECK(names.text("pvc-01234567-89ab-cdef-0123-456789abcdef") == "pvc-{default/data}");
    CHECK(names.text("default/web-9xkq2 is late.") == "default/web-#2 is late.");
    CHECK(names.text("by csi-0123456789abcdef.") == "by {pvc-{default/data} on node-1}.");
    CHECK(names.text("77777777-89ab-cdef-0123-456789abcdef") ==
          "77777777-89ab-cdef-0123-456789abcdef");
    CHECK(names.text("...") == "...");
}
