// Latency: how long claims took from creation to Bound, or other passages, and what that time
// consisted of.
//
// For each kind of wait, or each stage, the time that a claim spent in it, over all claims that
// became Bound (zero where it did not wait so), gives exact nearest-rank percentiles: p99 of 100
// claims is the 99th smallest. Waits for CSI calls are told apart by method. Shares add up to the
// whole. Left out: histograms, interpolation.
#pragma once

#include <string>
#include <vector>

#include "reports/paths.hpp"
#include "reports/volume_lives.hpp"

namespace reports {

struct Percentiles {
    std::size_t count = 0;
    sim::Duration p50{}, p90{}, p99{}, p999{}, max{}, sum{};
};
// Exact: the smallest sample such that at least the share of all samples is not above it.
Percentiles percentiles_of(std::vector<sim::Duration> samples);

struct LatencyRow {
    std::string name;  // "total", or the kind of wait: "backoff", "CSI call CreateVolume"
    Percentiles spent;
};

struct LatencySummary {
    std::size_t claims = 0;        // all that were seen, or passages that began
    std::size_t bound = 0;         // those in the rows
    std::vector<LatencyRow> rows;  // total first, then kinds that occurred, in the order of Wait
};
// Rows of stages are all there, in their order, zero where a passage has nothing of it.
enum class By : unsigned char { Wait, Stage };
LatencySummary summary_of(const std::vector<ClaimPath>& paths);
LatencySummary summary_of(const std::vector<Passage>& passages, By by = By::Wait);
LatencySummary summary_of(const std::vector<const Passage*>& passages, By by);

// How long a passage was in each kind of wait that occurs in it.
struct KindSpent {
    std::string kind;  // as LatencyRow names it
    sim::Duration spent{};
};
std::vector<KindSpent> spent_by_kind(const Passage& passage, By by = By::Wait);

// How a table is headed: "2 of 3 claims became Bound".
struct Passed {
    std::string_view one = "claim", many = "claims", did = "became Bound";
};
// A table for people, where there are at least two claims to compare; "" where none was seen.
std::string text_of(const LatencySummary& summary, const Passed& passed = {});
// "default/data: 20.6ms = API write 17.4ms + ..."
std::string text_of(const Passage& passage, std::string_view otherwise, By by = By::Wait);

}  // namespace reports
