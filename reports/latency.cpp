#include "reports/latency.hpp"

#include <algorithm>
#include <array>

#include "reports/columns.hpp"

namespace reports {

namespace {

constexpr auto kWaits = static_cast<std::size_t>(model::Wait::Count_);

// Tenths of a percent in integers, so that every machine prints the same.
std::string share_text(sim::Duration part, sim::Duration whole) {
    if (whole.count() <= 0) return "-";
    const auto tenths = static_cast<std::int64_t>(
        (static_cast<__int128>(part.count()) * 1000 + whole.count() / 2) / whole.count());
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
}

std::array<sim::Duration, kWaits> spent_in(const ClaimPath& path) {
    std::array<sim::Duration, kWaits> spent{};
    for (const Segment& s : path.segments) spent[static_cast<std::size_t>(s.wait)] += s.length();
    return spent;
}

}  // namespace

Percentiles percentiles_of(std::vector<sim::Duration> samples) {
    Percentiles p;
    p.count = samples.size();
    if (samples.empty()) return p;
    std::sort(samples.begin(), samples.end());
    const auto rank = [&](std::size_t per_mille) {
        const std::size_t nth = (samples.size() * per_mille + 999) / 1000;
        return samples[std::max<std::size_t>(nth, 1) - 1];
    };
    p.p50 = rank(500);
    p.p90 = rank(900);
    p.p99 = rank(990);
    p.p999 = rank(999);
    p.max = samples.back();
    for (sim::Duration d : samples) p.sum += d;
    return p;
}

LatencySummary summary_of(const std::vector<ClaimPath>& paths) {
    LatencySummary summary;
    summary.claims = paths.size();
    std::vector<sim::Duration> totals;
    std::array<std::vector<sim::Duration>, kWaits> by_wait;
    for (const ClaimPath& path : paths) {
        if (!path.bound) continue;
        totals.push_back(path.total());
        const auto spent = spent_in(path);
        for (std::size_t w = 0; w < kWaits; ++w) by_wait[w].push_back(spent[w]);
    }
    summary.bound = totals.size();
    if (totals.empty()) return summary;
    summary.rows.push_back({"total", percentiles_of(std::move(totals))});
    for (std::size_t w = 0; w < kWaits; ++w) {
        const Percentiles spent = percentiles_of(std::move(by_wait[w]));
        if (spent.max.count() > 0)
            summary.rows.push_back({std::string(model::kWaitNames[w]), spent});
    }
    return summary;
}

std::string text_of(const LatencySummary& summary) {
    if (summary.claims == 0) return "";
    std::string out = std::to_string(summary.bound) + " of " + std::to_string(summary.claims) +
                      (summary.claims == 1 ? " claim" : " claims") + " became Bound\n";
    if (summary.bound < 2) return out;
    Columns table({"", "share", "p50", "p90", "p99", "p99.9", "max"}, Columns::Align::Right);
    const sim::Duration whole = summary.rows.front().spent.sum;
    for (const auto& [name, p] : summary.rows) {
        table.add({name, share_text(p.sum, whole), brief(p.p50), brief(p.p90), brief(p.p99),
                   brief(p.p999), brief(p.max)});
    }
    return out + table.text();
}

std::string text_of(const ClaimPath& path) {
    if (!path.bound) return path.claim + ": not bound";
    const auto spent = spent_in(path);
    std::vector<std::size_t> waits;
    for (std::size_t w = 0; w < kWaits; ++w)
        if (spent[w].count() > 0) waits.push_back(w);
    std::stable_sort(waits.begin(), waits.end(),
                     [&](std::size_t a, std::size_t b) { return spent[a] > spent[b]; });
    std::string out = path.claim + ": " + brief(path.total());
    for (std::size_t i = 0; i < waits.size(); ++i) {
        out += i ? " + " : " = ";
        out += std::string(model::kWaitNames[waits[i]]) + " " + brief(spent[waits[i]]);
    }
    return out;
}

}  // namespace reports
