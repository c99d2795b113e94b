#include "reports/paths.hpp"

#include <doctest/doctest.h>

#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using model::Wait;
using reports::ReportedCluster;

namespace {

sim::Duration sum_of(const std::vector<reports::Segment>& segments, Wait wait) {
    sim::Duration sum{};
    for (const auto& s : segments)
        if (s.wait == wait) sum += s.length();
    return sum;
}

}  // namespace

TEST_CASE("the segments of every claim sum exactly to its total, without a gap") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        ReportedCluster c(seed, seed % 2 ? "1.26" : "1.36");
        c.play_random_pairs(20);
        std::size_t bound = 0;
        for (const reports::ClaimPath& path : c.paths.paths(c.trace)) {
            CAPTURE(path.object);
            if (!path.ended) {
                CHECK(path.segments.empty());
                continue;
            }
            ++bound;
            sim::Duration sum{};
            sim::Time at = path.began;
            for (const auto& s : path.segments) {
                CHECK(s.from == at);
                CHECK(s.length() > 0ns);
                at = s.to;
                sum += s.length();
            }
            CHECK(at == *path.ended);
            CHECK(sum == path.total());
        }
        CHECK(bound >= 10);
    }
}

TEST_CASE("a claim that comes before its volume waits for the resync, a later one does not") {
    ReportedCluster c(3);
    c.create_at(1s, ReportedCluster::volume("pv-a", "1Gi"));
    c.create_at(2s, ReportedCluster::claim("late", "1Gi"));
    c.create_at(3s, ReportedCluster::claim("early", "9Gi"));
    c.create_at(4s, ReportedCluster::volume("pv-b", "9Gi"));
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(1min));
    const auto paths = c.paths.paths(c.trace);
    REQUIRE(paths.size() == 2);
    CHECK(paths[0].object == "default/late");
    CHECK(sum_of(paths[0].segments, Wait::Resync) == 0ns);
    CHECK(sum_of(paths[0].segments, Wait::ApiWrite) > 0ns);
    REQUIRE(paths[1].ended);
    CHECK(sum_of(paths[1].segments, Wait::Resync) > 900ms);
    CHECK(paths[1].segments.front().wait == Wait::Resync);
    CHECK(paths[1].segments.front().cut);
    CHECK(paths[1].segments.front().from == paths[1].began);
}

TEST_CASE("many claims at once wait for the client's throttle") {
    ReportedCluster c(5);
    for (int i = 0; i < 40; ++i) {
        c.create_at(1s, ReportedCluster::volume("pv-" + std::to_string(i)));
        c.create_at(20s, ReportedCluster::claim("claim-" + std::to_string(i)));
    }
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(1min));
    sim::Duration throttled{};
    for (const auto& path : c.paths.paths(c.trace))
        throttled = std::max(throttled, sum_of(path.segments, Wait::Throttle));
    CHECK(throttled > 100ms);
}
