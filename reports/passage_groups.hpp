// PassageGroups: all passages of a run by what they lead to, with the words in which reports tell
// of them: the one list from which text, JSON, HTML and comparisons of runs are made.
//
//     claim-bound   from a claim's creation to its phase becoming Bound
//     claim-provisioned, volume-bound, volume-reclaimed   as volume_lives.hpp says
//     pod-running   from a pod's creation to its phase becoming Running, by stages
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/latency.hpp"
#include "reports/pod_lives.hpp"

namespace reports {

struct PassageGroup {
    std::string_view name, title;  // claim-bound, "From creation to Bound"
    Passed words;
    std::string_view otherwise;  // of one that did not end: "not bound"
    std::vector<Passage> passages;
    By by = By::Wait;  // what its segments are told by
    std::optional<StartLatency> start_latency;
};
LatencySummary summary_of(const PassageGroup& group);

// The passages by one of their labels: by node, by driver, by class.
struct Breakdown {
    std::string_view label;
    std::map<std::string, LatencySummary> summaries;
};
std::vector<Breakdown> breakdowns_of(const PassageGroup& group);
// A row for each value, those that took longest first: value, number, p50, p90, p99, max, and what
// most of it was. None where there is only one value, since nothing can be held against it.
std::vector<std::vector<std::string>> rows_of(const Breakdown& breakdown);

// Groups in which nothing began stay, empty.
std::vector<PassageGroup> passage_groups(const std::vector<ClaimPath>& claims,
                                         const VolumePassages& volumes,
                                         const std::vector<PodPassage>& pods);

// Percentiles; where there are few passages, or where asked for, each by itself; what labels there
// are to tell them apart by. "" where nothing began.
std::string text_of(const PassageGroup& group, bool one_by_one);

}  // namespace reports
