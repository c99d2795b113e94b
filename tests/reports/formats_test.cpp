#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "reports/junit.hpp"
#include "reports/run_report.hpp"
#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using reports::ReportedCluster;

TEST_CASE("JUnit escapes, counts, and tells virtual time only") {
    reports::RunSummary run;
    run.scenario = "a<b> & \"c\"";
    run.steps.push_back({"create PersistentVolume pv-a", "f.yaml:3:1", "done"});
    run.expectations.push_back({"within 1s: x", "f.yaml:9:1", "held"});
    run.expectations.push_back(
        {"never: y", "f.yaml:10:1", "failed", {}, "it <happened>\nat once", {"Normal A"}});
    const std::string xml = reports::junit_xml({{run, "", ""}, {run, "", "not built yet"}});
    INFO(xml);
    CHECK(xml.find("a&lt;b&gt; &amp; &quot;c&quot;") != std::string::npos);
    CHECK(xml.find("<testsuites tests=\"4\" failures=\"1\" skipped=\"1\">") != std::string::npos);
    CHECK(xml.find("<failure message=\"it &lt;happened&gt;\">") != std::string::npos);
    CHECK(xml.find("Normal A") != std::string::npos);
    CHECK(xml.find("<skipped message=\"not built yet\"/>") != std::string::npos);
    CHECK(reports::xml_escaped("\x01'\n") == "?&apos;&#10;");
}

TEST_CASE("the JSON report has exact seconds that sum to the total, and the same bytes each time") {
    const auto report = [] {
        ReportedCluster c(7);
        c.play_random_pairs(8);
        reports::RunSummary summary;
        summary.scenario = "pairs";
        const auto claims = c.paths.paths(c.trace);
        const auto matches = c.matches.all();
        const auto groups =
            reports::passage_groups(claims, c.lives.passages(c.trace), c.pods.passages(&c.trace));
        return reports::run_report({summary, claims, groups, {}, matches, c.cluster.server()});
    };
    const std::string text = report();
    CHECK(text == report());
    const nlohmann::json json = nlohmann::json::parse(text);
    CHECK(json["schema"] == "stowage.dev/run-report/v1");
    REQUIRE(json["claims"].size() == 8);
    const auto nanoseconds = [](const nlohmann::json& s) {
        return std::llround(s.get<double>() * 1e9);
    };
    for (const auto& claim : json["claims"]) {
        if (claim["bound"].is_null()) continue;
        long long sum = 0;
        for (const auto& s : claim["segments"]) sum += nanoseconds(s["seconds"]);
        CHECK(sum == nanoseconds(claim["total"]));
    }
    CHECK(json["matches"].size() == 8);
    CHECK(json["objects"].size() >= 16);
}

TEST_CASE("matches tell by which rule volumes were passed over") {
    ReportedCluster c(1);
    c.create_at(1s, ReportedCluster::volume("pv-small", "1Gi"));
    c.create_at(1s, ReportedCluster::volume("pv-fits", "5Gi"));
    c.create_at(1s, ReportedCluster::volume("pv-large", "50Gi"));
    c.create_at(5s, ReportedCluster::claim("data", "4Gi"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(10s));
    const auto matches = c.matches.all();
    REQUIRE(matches.size() == 1);
    CHECK(matches[0].volume == "pv-fits");
    std::size_t passed_over = 0;
    for (const auto& p : matches[0].passed_over) passed_over += p.count;
    CHECK(passed_over == 2);
    const std::string text = reports::text_of(matches[0]);
    CHECK(text.find("default/data got pv-fits; passed over: ") == 0);
    CHECK(text.find("(pv-small)") != std::string::npos);
}

TEST_CASE("the critical path goes forward to the last claim bound, and is drawn") {
    ReportedCluster c(9);
    c.play_random_pairs(6);
    const auto path = c.graph.critical_path(c.trace);
    REQUIRE(path.size() >= 3);
    for (std::size_t i = 1; i < path.size(); ++i) {
        CHECK(path[i - 1].at <= path[i].at);
        CHECK_FALSE(path[i].waited.empty());
    }
    CHECK(path.back().what.find("PersistentVolumeClaim") != std::string::npos);
    const std::string dot = c.graph.dot(c.trace);
    CHECK(dot.find("digraph G {") == 0);
    CHECK(dot.find("penwidth=3") != std::string::npos);
    CHECK(dot.find("->") != std::string::npos);
    CHECK(c.graph.critical_path(c.trace, "PersistentVolume no-such").empty());
    CHECK(c.graph.critical_path(c.trace, "PersistentVolume pv-1").size() >= 1);
}
