// The cluster as a whole: when its periodic loops first come by.
#include "model/cluster.hpp"

#include <doctest/doctest.h>

namespace model {

using namespace std::chrono_literals;

namespace {

// How far `later` is behind a multiple of the period counted from `first`, within half a period.
sim::Duration apart(sim::Duration first, sim::Duration later, sim::Duration period) {
    const sim::Duration rest = ((later - first) % period + period) % period;
    return rest > period / 2 ? rest - period : rest;
}

}  // namespace

TEST_SUITE("cluster") {
    TEST_CASE("the loops of one process keep their distance under every seed") {
        sim::Duration least = 1h, most = 0h;
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            ClusterOptions options;
            options.seed = seed;
            const Cluster cluster(options);
            const auto& phases = cluster.phases();
            const sim::Duration resync = phases.at("pvBinderResync");
            const sim::Duration monitor = apart(resync, phases.at("nodeMonitor"), 5s);
            CHECK(monitor >= -20ms);
            CHECK(monitor <= 400ms);
            const sim::Duration collection = apart(resync, phases.at("podGC"), 5s);
            CHECK(collection >= -100ms);
            CHECK(collection <= 100ms);
            CHECK(phases.at("nodeMonitor") < 5s);
            CHECK(phases.at("podGC") < 20s);
            least = std::min(least, phases.at("podGC"));
            most = std::max(most, phases.at("podGC"));
        }
        CHECK(most - least > 10s);  // which of the process's periods it is remains open
    }

    TEST_CASE("a phase that is given stays, and the others go by it") {
        ClusterOptions options;
        options.phases["pvBinderResync"] = 7s;
        options.phases["podGC"] = 3s;
        const Cluster cluster(options);
        CHECK(cluster.phases().at("pvBinderResync") == 7s);
        CHECK(cluster.phases().at("podGC") == 3s);
        CHECK(apart(7s, cluster.phases().at("nodeMonitor"), 5s) >= -20ms);
        CHECK(apart(7s, cluster.phases().at("nodeMonitor"), 5s) <= 400ms);
    }
}

}  // namespace model
