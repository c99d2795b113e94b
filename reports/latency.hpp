// Latency: how long claims took from creation to Bound, and what that time consisted of.
//
// For each kind of wait the time that a claim spent in it, over all claims that became Bound (zero
// where it did not wait so), gives exact nearest-rank percentiles: p99 of 100 claims is the 99th
// smallest. Shares add up to the whole. Left out: histograms, interpolation.
#pragma once

#include <string>
#include <vector>

#include "reports/paths.hpp"

namespace reports {

struct Percentiles {
    std::size_t count = 0;
    sim::Duration p50{}, p90{}, p99{}, p999{}, max{}, sum{};
};
// Exact: the smallest sample such that at least the share of all samples is not above it.
Percentiles percentiles_of(std::vector<sim::Duration> samples);

struct LatencyRow {
    std::string name;  // "total", or the kind of wait
    Percentiles spent;
};

struct LatencySummary {
    std::size_t claims = 0;        // all that were seen
    std::size_t bound = 0;         // those in the rows
    std::vector<LatencyRow> rows;  // total first, then kinds that occurred, in the order of Wait
};
LatencySummary summary_of(const std::vector<ClaimPath>& paths);

// A table for people, where there are at least two claims to compare; "" where none was seen.
std::string text_of(const LatencySummary& summary);
std::string text_of(const ClaimPath& path);

}  // namespace reports
