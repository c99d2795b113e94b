#include "reports/run_difference.hpp"

#include <algorithm>

#include "reports/columns.hpp"

namespace reports {

namespace {

constexpr std::size_t kWritesBefore = 3;

sim::Duration magnitude(sim::Duration d) { return d < sim::Duration() ? -d : d; }

std::string signed_text(sim::Duration d) { return (d < sim::Duration() ? "" : "+") + brief(d); }

// The kind of wait whose share changed most, where both came to their ends.
std::string mostly(const Passage& a, const Passage& b, By by) {
    std::map<std::string, sim::Duration> change;
    for (const KindSpent& spent : spent_by_kind(b, by)) change[spent.kind] += spent.spent;
    for (const KindSpent& spent : spent_by_kind(a, by)) change[spent.kind] -= spent.spent;
    const auto most = std::max_element(
        change.begin(), change.end(),
        [](const auto& x, const auto& y) { return magnitude(x.second) < magnitude(y.second); });
    if (most == change.end() || most->second == sim::Duration()) return "";
    return most->first + " " + signed_text(most->second);
}

std::optional<sim::Duration> took(const Passage* passage) {
    if (!passage || !passage->ended) return {};
    return passage->total();
}

// Those that only one of them came to the end of are the furthest apart.
bool is_larger(const TimingDifference& x, const TimingDifference& y) {
    const auto distance = [](const TimingDifference& d) {
        if (!d.took.a || !d.took.b) return sim::Duration::max();
        return magnitude(*d.took.b - *d.took.a);
    };
    return distance(x) > distance(y);
}

std::vector<TimingDifference> timings(const PassageGroup& a, const PassageGroup& b) {
    std::map<std::string, Sides<const Passage*>> matched;
    // The second of a name is another object.
    const auto enter = [&matched](const PassageGroup& group,
                                  const Passage* Sides<const Passage*>::*side) {
        std::map<std::string, int> used;
        for (const Passage& passage : group.passages) {
            const int nth = ++used[passage.object];
            const std::string end = nth > 1 ? " (" + std::to_string(nth) + ")" : "";
            matched[passage.object + end].*side = &passage;
        }
    };
    enter(a, &Sides<const Passage*>::a);
    enter(b, &Sides<const Passage*>::b);
    std::vector<TimingDifference> differing;
    for (const auto& [object, passage] : matched) {
        TimingDifference d{object, {passage.a != nullptr, passage.b != nullptr}, {}, {}};
        d.took = {took(passage.a), took(passage.b)};
        if (d.there.same() && d.took.same()) continue;
        if (d.took.a && d.took.b) d.mostly = mostly(*passage.a, *passage.b, a.by);
        differing.push_back(std::move(d));
    }
    std::stable_sort(differing.begin(), differing.end(), is_larger);
    return differing;
}

struct Rank {
    std::string_view name;
    sim::Duration Percentiles::*of;
};
constexpr Rank kRanks[] = {{"p50", &Percentiles::p50},
                           {"p90", &Percentiles::p90},
                           {"p99", &Percentiles::p99},
                           {"max", &Percentiles::max}};

std::vector<PercentileDifference> percentiles(const LatencySummary& a, const LatencySummary& b) {
    std::vector<std::string> kinds;  // those of A, then what only B has
    std::map<std::string, Sides<Percentiles>> rows;
    for (const LatencyRow& row : a.rows) {
        kinds.push_back(row.name);
        rows[row.name].a = row.spent;
    }
    for (const LatencyRow& row : b.rows) {
        if (!rows.contains(row.name)) kinds.push_back(row.name);
        rows[row.name].b = row.spent;
    }
    std::vector<PercentileDifference> all;
    for (const std::string& kind : kinds)
        for (const Rank& rank : kRanks)
            all.push_back({kind, rank.name, {rows[kind].a.*rank.of, rows[kind].b.*rank.of}});
    return all;
}

// Both have the same groups in the same order, as passage_groups gives them.
std::vector<GroupDifference> groups(const RunDigest& a, const RunDigest& b) {
    std::vector<GroupDifference> all;
    for (std::size_t i = 0; i < a.passages.size() && i < b.passages.size(); ++i) {
        const PassageGroup &of_a = a.passages[i], &of_b = b.passages[i];
        if (of_a.passages.empty() && of_b.passages.empty()) continue;
        const LatencySummary sum_a = summary_of(of_a), sum_b = summary_of(of_b);
        GroupDifference group{of_a.name, of_a.title, {}, {}, {}, {}};
        group.began = {sum_a.claims, sum_b.claims};
        group.ended = {sum_a.bound, sum_b.bound};
        group.differing = timings(of_a, of_b);
        group.percentiles = percentiles(sum_a, sum_b);
        all.push_back(std::move(group));
    }
    return all;
}

using Counts = std::map<std::vector<std::string>, Sides<std::int64_t>>;

std::vector<CountDifference> in_rows(const Counts& counts) {
    std::vector<CountDifference> rows;
    for (const auto& [key, count] : counts) rows.push_back({key, count});
    return rows;
}

std::vector<CountDifference> write_counts(const RunDigest& a, const RunDigest& b) {
    Counts counts;
    for (const Write& w : a.writes) ++counts[{w.by, std::string(w.verb), w.what}].a;
    for (const Write& w : b.writes) ++counts[{w.by, std::string(w.verb), w.what}].b;
    return in_rows(counts);
}

std::vector<CountDifference> call_counts(const RunDigest& a, const RunDigest& b) {
    Counts counts;
    const auto key = [](const RunDigest::CallKey& k) -> std::vector<std::string> {
        return {std::get<0>(k), std::get<1>(k), std::get<2>(k)};
    };
    for (const auto& [k, n] : a.calls) counts[key(k)].a = static_cast<std::int64_t>(n);
    for (const auto& [k, n] : b.calls) counts[key(k)].b = static_cast<std::int64_t>(n);
    return in_rows(counts);
}

std::optional<FirstDifference> first_difference(const std::vector<Write>& a,
                                                const std::vector<Write>& b) {
    const auto same = [](const Write& x, const Write& y) { return x.same_as(y); };
    const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same);
    if (at_a == a.end() && at_b == b.end()) return {};
    FirstDifference first;
    first.nth = static_cast<std::size_t>(at_a - a.begin()) + 1;
    const auto told = std::min<std::ptrdiff_t>(kWritesBefore, at_a - a.begin());
    first.before.assign(at_a - told, at_a);
    if (at_a != a.end()) first.write.a = *at_a;
    if (at_b != b.end()) first.write.b = *at_b;
    return first;
}

std::vector<std::string> only_in(const RunDigest& one, const RunDigest& other) {
    std::vector<std::string> only;
    for (const auto& [event, times] : one.events)
        if (!other.events.contains(event))
            only.push_back(times > 1 ? event + " (" + std::to_string(times) + " times)" : event);
    return only;
}

// Expectations of equal text are matched in order.
std::vector<std::string> outcome(const RunSummary& a, const RunSummary& b) {
    std::vector<std::string> told;
    const auto tell = [&told](const std::string& what, const std::string& x, const std::string& y) {
        if (x != y) told.push_back(what + ": " + x + " in A, " + y + " in B");
    };
    tell("exit code", std::to_string(a.exit), std::to_string(b.exit));
    tell("end", sim::seconds_text(a.ended, 3) + "s", sim::seconds_text(b.ended, 3) + "s");
    const auto failure = [](const RunSummary& s) {
        const std::string line = s.first_failure.substr(0, s.first_failure.find('\n'));
        return line.empty() ? std::string("none") : "\"" + line + "\"";
    };
    tell("first failure", failure(a), failure(b));
    std::map<std::string, Sides<std::string>> verdicts;
    std::map<std::string, int> used_a, used_b;
    const auto key = [](const ExpectationLine& e, std::map<std::string, int>& used) {
        const int nth = ++used[e.text];
        return e.text + (nth > 1 ? " (" + std::to_string(nth) + ")" : "");
    };
    for (const ExpectationLine& e : a.expectations) verdicts[key(e, used_a)].a = e.verdict;
    for (const ExpectationLine& e : b.expectations) verdicts[key(e, used_b)].b = e.verdict;
    for (const auto& [text, verdict] : verdicts)
        tell("expectation " + text, verdict.a.empty() ? "absent" : verdict.a,
             verdict.b.empty() ? "absent" : verdict.b);
    return told;
}

}  // namespace

bool RunDifference::same() const {
    const auto differs = [](const CountDifference& d) { return !d.count.same(); };
    return outcome.empty() && !first && events.a.empty() && events.b.empty() &&
           std::all_of(groups.begin(), groups.end(), [](const auto& g) { return g.same(); }) &&
           std::none_of(writes.begin(), writes.end(), differs) &&
           std::none_of(calls.begin(), calls.end(), differs);
}

RunDifference difference_of(const RunDigest& a, const RunDigest& b) {
    RunDifference d;
    d.label = {a.label, b.label};
    d.outcome = outcome(a.summary, b.summary);
    d.groups = groups(a, b);
    d.writes = write_counts(a, b);
    d.calls = call_counts(a, b);
    d.first = first_difference(a.writes, b.writes);
    d.events = {only_in(a, b), only_in(b, a)};
    return d;
}

}  // namespace reports
