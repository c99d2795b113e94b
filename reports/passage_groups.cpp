#include "reports/passage_groups.hpp"

#include <algorithm>

#include "reports/columns.hpp"

namespace reports {

namespace {

constexpr std::size_t kOneByOne = 8;  // so few are told singly, not only as percentiles
constexpr std::size_t kValuesShown = 20;

// Of which kind most was spent, over all.
std::string mostly(const LatencySummary& summary) {
    if (summary.rows.size() < 2) return "-";
    const auto most = std::max_element(
        summary.rows.begin() + 1, summary.rows.end(),
        [](const LatencyRow& a, const LatencyRow& b) { return a.spent.sum < b.spent.sum; });
    return most->spent.sum > sim::Duration() ? most->name : "-";
}

std::string text_of(const Breakdown& breakdown, std::string_view many) {
    const std::vector<std::vector<std::string>> rows = rows_of(breakdown);
    if (rows.empty()) return "";
    Columns table({"by " + std::string(breakdown.label), std::string(many), "p50", "p90", "p99",
                   "max", "mostly"},
                  Columns::Align::Right);
    for (std::size_t i = 0; i < rows.size() && i < kValuesShown; ++i) table.add(rows[i]);
    const std::size_t more = rows.size() > kValuesShown ? rows.size() - kValuesShown : 0;
    return table.text() + (more ? "  ... and " + std::to_string(more) + " more\n" : "");
}

PassageGroup pod_group(const std::vector<PodPassage>& pods) {
    PassageGroup group{"pod-running",
                       "From a pod's creation to Running",
                       {"pod", "pods", "became Running"},
                       "not Running",
                       {}};
    group.passages.assign(pods.begin(), pods.end());
    group.by = By::Stage;
    group.start_latency = start_latency_of(pods);
    return group;
}

}  // namespace

LatencySummary summary_of(const PassageGroup& group) {
    return summary_of(group.passages, group.by);
}

std::vector<Breakdown> breakdowns_of(const PassageGroup& group) {
    std::map<std::string_view, std::map<std::string, std::vector<const Passage*>>> sorted;
    for (const Passage& passage : group.passages)
        for (const auto& [label, value] : passage.labels)
            if (passage.ended) sorted[label][value].push_back(&passage);
    std::vector<Breakdown> all;
    for (const auto& [label, by_value] : sorted) {
        Breakdown breakdown{label, {}};
        for (const auto& [value, passages] : by_value)
            breakdown.summaries[value] = summary_of(passages, group.by);
        all.push_back(std::move(breakdown));
    }
    return all;
}

std::vector<std::vector<std::string>> rows_of(const Breakdown& breakdown) {
    if (breakdown.summaries.size() < 2) return {};
    std::vector<std::pair<std::string, const LatencySummary*>> values;
    for (const auto& [value, summary] : breakdown.summaries) values.emplace_back(value, &summary);
    std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
        return a.second->rows.front().spent.max > b.second->rows.front().spent.max;
    });
    std::vector<std::vector<std::string>> rows;
    for (const auto& [value, summary] : values) {
        const Percentiles& p = summary->rows.front().spent;
        rows.push_back({value, std::to_string(p.count), brief(p.p50), brief(p.p90), brief(p.p99),
                        brief(p.max), mostly(*summary)});
    }
    return rows;
}

std::vector<PassageGroup> passage_groups(const std::vector<ClaimPath>& claims,
                                         const VolumePassages& volumes,
                                         const std::vector<PodPassage>& pods) {
    std::vector<PassageGroup> groups = {{"claim-bound",
                                         "From creation to Bound",
                                         {},
                                         "not bound",
                                         std::vector<Passage>(claims.begin(), claims.end())},
                                        {"claim-provisioned",
                                         "From claim to volume",
                                         {"claim", "claims", "got a volume of a driver"},
                                         "has none",
                                         volumes.provisioned},
                                        {"volume-bound",
                                         "From volume to Bound",
                                         {"claim", "claims", "became Bound to it"},
                                         "not bound",
                                         volumes.bound},
                                        {"volume-reclaimed",
                                         "From Released to gone",
                                         {"volume", "volumes", "was deleted by a driver"},
                                         "still there",
                                         volumes.reclaimed}};
    groups.push_back(pod_group(pods));
    return groups;
}

std::string text_of(const PassageGroup& group, bool one_by_one) {
    const LatencySummary summary = summary_of(group);
    std::string out = text_of(summary, group.words);
    for (const Breakdown& breakdown : breakdowns_of(group))
        out += text_of(breakdown, group.words.many);
    if (group.start_latency) out += text_of(*group.start_latency);
    if (group.passages.size() > kOneByOne && !one_by_one) return out;
    for (const Passage& passage : group.passages)
        out += "  " + text_of(passage, group.otherwise, group.by) + "\n";
    return out;
}

}  // namespace reports
