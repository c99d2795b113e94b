#include "reports/latency.hpp"

#include <doctest/doctest.h>

#include "reports/columns.hpp"
#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;

TEST_CASE("percentiles are nearest-rank") {
    std::vector<sim::Duration> samples;
    for (int i = 100; i >= 1; --i) samples.push_back(sim::Duration(i));
    reports::Percentiles p = reports::percentiles_of(samples);
    CHECK(p.count == 100);
    CHECK(p.p50 == 50ns);
    CHECK(p.p90 == 90ns);
    CHECK(p.p99 == 99ns);
    CHECK(p.p999 == 100ns);
    CHECK(p.max == 100ns);
    CHECK(p.sum == 5050ns);
    p = reports::percentiles_of({7ns});
    CHECK(p.p50 == 7ns);
    CHECK(p.p999 == 7ns);
    p = reports::percentiles_of({1ns, 2ns, 3ns});
    CHECK(p.p50 == 2ns);
    CHECK(p.p90 == 3ns);
    CHECK(reports::percentiles_of({}).count == 0);
}

TEST_CASE("the sums of all kinds make up the sum of the totals") {
    reports::ReportedCluster c(11);
    c.play_random_pairs(30);
    const auto summary = reports::summary_of(c.paths.paths(c.trace));
    REQUIRE(summary.rows.size() > 2);
    CHECK(summary.rows.front().name == "total");
    CHECK(summary.claims == 30);
    sim::Duration sum{};
    for (std::size_t i = 1; i < summary.rows.size(); ++i) {
        sum += summary.rows[i].spent.sum;
        CHECK(summary.rows[i].spent.count == summary.bound);
    }
    CHECK(sum == summary.rows.front().spent.sum);
    CHECK(reports::text_of(summary).find("API write") != std::string::npos);
    CHECK(reports::text_of(reports::LatencySummary()) == "");
}

TEST_CASE("durations are brief, ages are kubectl's") {
    CHECK(reports::brief(0ns) == "0s");
    CHECK(reports::brief(850ns) == "850ns");
    CHECK(reports::brief(12345678ns) == "12.3ms");
    CHECK(reports::brief(250ms) == "250ms");
    CHECK(reports::brief(7204ms) == "7.204s");
    CHECK(reports::brief(123500ms) == "2m3.5s");
    CHECK(reports::age(0s) == "0s");
    CHECK(reports::age(119s) == "119s");
    CHECK(reports::age(190s) == "3m10s");
    CHECK(reports::age(180s) == "3m");
    CHECK(reports::age(2h) == "120m");
    CHECK(reports::age(5h + 7min) == "5h7m");
    CHECK(reports::age(50h) == "2d2h");
}

TEST_CASE("columns align by characters and end without blanks") {
    reports::Columns table({"NAME", "STATUS"});
    CHECK(table.empty());
    table.add({"größe", "Bound"});
    table.add({"x", ""});
    CHECK(table.text("  ") == "  NAME    STATUS\n  größe   Bound\n  x       \n");
}

TEST_CASE("text is wrapped at blanks") {
    CHECK(reports::wrapped("one two three", 9, 2) == "one two\n  three");
    CHECK(reports::wrapped("a\nb", 9, 2) == "a\n  b");
    CHECK(reports::wrapped("unbreakable", 4, 0) == "unbreakable");
    CHECK(reports::wrapped("", 4, 0) == "");
}
