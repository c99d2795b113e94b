#include "reports/trace_export.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/requests.hpp"
#include "reports/rpc_log.hpp"
#include "tests/reports/reported_cluster.hpp"
#include "tests/reports/temporary_file.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using reports::ReportedCluster;

namespace {

long long ns(const json& microseconds) { return std::llround(microseconds.get<double>() * 1000); }

struct Slice {
    long long from = 0, to = 0;
    std::string name, category;
};

// Of a driver with a fault; what the logs of requests and calls hold is to be found in the trace.
struct TracedRun {
    explicit TracedRun(std::uint64_t seed,
                       std::size_t entries_max = reports::TraceFile::kEntriesMax) {
        ReportedCluster c(ReportedCluster::with_driver(seed, "instant"));
        REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
        reports::TraceExport trace(file.path, c.cluster.server().scheme(), c.trace, entries_max);
        reports::RequestLog request_log(requests.path, c.cluster.server().scheme(),
                                        reports::Reads::Included);
        reports::RpcLog rpc_log(rpc.path);
        c.trace.pass_on_to(&trace);
        for (model::Listener* l :
             std::initializer_list<model::Listener*>{&trace, &request_log, &rpc_log})
            c.cluster.journal().listen(l);
        model::csi::Fault fault;
        fault.code = model::csi::Code::Internal;
        fault.message = "no \"luck\" <here>";
        c.endpoint().faults().add(model::csi::Method::CreateVolume, fault);
        for (int i = 0; i < 5; ++i)
            c.create_at(1s, ReportedCluster::driver_claim("data-" + std::to_string(i)));
        c.create_at(2s, ReportedCluster::claim("static"));
        c.create_at(2s, ReportedCluster::volume("pv-a"));
        c.delete_at(20s, model::api::Kind::PersistentVolumeClaim, "data-1");
        c.cluster.start();
        c.cluster.engine().run_until(sim::Time(30s));
        reports::RunSummary summary;
        summary.steps.push_back({"create data-0", "f.yaml:3:1", "done", sim::Time(1s)});
        summary.expectations.push_back({"within 1s: x", "f.yaml:9:1", "failed", sim::Time(2s)});
        trace.close(summary);
        request_log.close();
        rpc_log.close();
        text = file.content();
        whole = json::parse(text);
    }

    const json& entries() const { return whole["traceEvents"]; }
    std::map<std::pair<int, int>, std::vector<Slice>> tracks() const {
        std::map<std::pair<int, int>, std::vector<Slice>> tracks;
        for (const json& e : entries())
            if (e["ph"] == "X")
                tracks[{e["pid"].get<int>(), e["tid"].get<int>()}].push_back(
                    {ns(e["ts"]), ns(e["ts"]) + ns(e["dur"]), e["name"], e["cat"]});
        return tracks;
    }
    std::vector<Slice> slices(std::string_view category) const {
        std::vector<Slice> all;
        for (const auto& track : tracks())
            for (const Slice& slice : track.second)
                if (slice.category.starts_with(category)) all.push_back(slice);
        return all;
    }

    TemporaryFile file, requests, rpc;
    std::string text;
    json whole;
};

}  // namespace

TEST_CASE("every track of a trace has a name, and its slices nest") {
    const TracedRun run(3);
    std::map<std::pair<int, int>, std::string> threads;
    std::map<int, std::string> processes;
    std::size_t sorted = 0;
    for (const json& e : run.entries()) {
        if (e["ph"] != "M") continue;
        if (e["name"] == "thread_name") threads[{e["pid"], e["tid"]}] = e["args"]["name"];
        if (e["name"] == "process_name") processes[e["pid"]] = e["args"]["name"];
        sorted += e["name"] == "process_sort_index";
    }
    CHECK(sorted == processes.size());
    for (const auto& entry : run.tracks()) {
        const auto track = entry.first;
        const std::vector<Slice>& slices = entry.second;
        CAPTURE(threads[track]);
        CHECK(processes.contains(track.first));
        CHECK_FALSE(threads[track].empty());
        std::vector<Slice> sorted_slices = slices;
        std::stable_sort(sorted_slices.begin(), sorted_slices.end(),
                         [](const Slice& a, const Slice& b) {
                             return a.from != b.from ? a.from < b.from : a.to > b.to;
                         });
        std::vector<Slice> open;
        for (const Slice& slice : sorted_slices) {
            while (!open.empty() && open.back().to <= slice.from) open.pop_back();
            if (!open.empty()) CHECK(slice.to <= open.back().to);
            open.push_back(slice);
        }
    }
    std::vector<std::string> names;
    for (const auto& process : processes) names.push_back(process.second);
    for (const char* name : {"client", "API server", "persistent-volume-binder", "csi-provisioner",
                             "kube-controller-manager", "external-provisioner/disk.example.com",
                             "disk.example.com", "scenario"})
        CHECK(std::count(names.begin(), names.end(), name) == 1);
}

TEST_CASE("requests and calls of a trace are those of the logs, at the same times") {
    const TracedRun run(3);
    std::multiset<std::string> traced, logged;
    const auto key = [](const std::string& name, long long at) {
        return name + " @" + std::to_string(at / 1000);
    };
    for (const Slice& s : run.slices("request"))
        if (s.name != "throttle" && s.name != "travel")
            traced.insert(key(s.name.substr(0, s.name.find(' ')), s.to));
    for (const json& line : run.requests.lines())
        logged.insert(key(line["verb"], std::llround(line["t"].get<double>() * 1e9)));
    CHECK(traced.size() >= 20);
    CHECK(traced == logged);

    const std::vector<Slice> calls = run.slices("csi");
    std::vector<json> ends;
    for (const json& line : run.rpc.lines())
        if (line["ev"] == "end") ends.push_back(line);
    REQUIRE(calls.size() == ends.size());
    CHECK(calls.size() >= 7);
    long long took = 0, logged_took = 0;
    for (const Slice& s : calls) took += s.to - s.from;
    for (const json& e : ends) logged_took += std::llround(e["dur_ms"].get<double>() * 1e6);
    CHECK(took == logged_took);
    CHECK(std::count_if(calls.begin(), calls.end(),
                        [](const Slice& s) { return s.name == "CreateVolume (Internal)"; }) == 1);
}

TEST_CASE("a trace holds waits by kind, syncs, steps, expectations and Events") {
    const TracedRun run(3);
    const auto has = [&run](std::string_view category, std::string_view name) {
        for (const json& e : run.entries())
            if (e.contains("cat") && e["cat"].get<std::string>().starts_with(category) &&
                e["name"].get<std::string>().find(name) != std::string::npos)
                return true;
        return false;
    };
    CHECK(has("wait", "API reply"));
    CHECK(has("wait", "work queue"));
    CHECK(has("wait", "CSI call"));
    CHECK(has("sync", "default/data-0"));
    CHECK(has("step", "step 1: create data-0"));
    CHECK(has("expectation,failed", "failed: within 1s: x"));
    CHECK(has("event", "Warning ProvisioningFailed"));
    CHECK(has("commit", "ADDED PersistentVolumeClaim default/data-0"));
}

TEST_CASE("arrows lead forward in time from one slice to another, and most writes have one") {
    const TracedRun run(3);
    std::map<int, json> starts;
    std::size_t arrows = 0;
    const auto tracks = run.tracks();
    const auto within_slice = [&tracks](const json& e) {
        for (const Slice& s : tracks.at({e["pid"].get<int>(), e["tid"].get<int>()}))
            if (s.from <= ns(e["ts"]) && ns(e["ts"]) <= s.to) return true;
        return false;
    };
    for (const json& e : run.entries()) {
        if (e["ph"] == "s") starts[e["id"]] = e;
        if (e["ph"] != "f") continue;
        ++arrows;
        REQUIRE(starts.contains(e["id"].get<int>()));
        const json& start = starts[e["id"]];
        CHECK(ns(start["ts"]) <= ns(e["ts"]));
        CHECK(within_slice(start));
        CHECK(within_slice(e));
    }
    CHECK(arrows == starts.size());
    CHECK(arrows >= 20);
}

TEST_CASE("the same run gives the same trace, and a trace that is too long is cut and says so") {
    const TracedRun a(5), b(5), cut(5, 100);
    CHECK(a.text == b.text);
    CHECK(a.whole["otherData"]["cut"] == "no");
    CHECK(cut.entries().size() < 120);
    CHECK(cut.whole["otherData"]["cut"].get<std::string>().starts_with("yes"));
}

TEST_CASE("what overlaps lies on lanes, and more than fifty at a time are left out and counted") {
    TemporaryFile path;
    reports::TraceFile file(path.path);
    for (int i = 0; i < 60; ++i) {
        reports::TraceFile::Slice slice;
        slice.name = "s" + std::to_string(i);
        slice.from = sim::Time(i * 1ms);
        slice.to = sim::Time(1s);
        const auto point = file.slice({"p", 0}, "calls", slice);
        CHECK(point.has_value() == (i < 50));
    }
    file.close();
    const json whole = json::parse(path.content());
    CHECK(whole["otherData"]["slicesLeftOut"] == "10");
    std::map<int, int> lanes;
    for (const json& e : whole["traceEvents"])
        if (e["ph"] == "X") ++lanes[e["tid"]];
    CHECK(lanes.size() == 50);
}
