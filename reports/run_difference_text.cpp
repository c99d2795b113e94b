// Two runs side by side for people.
#include <algorithm>

#include "reports/columns.hpp"
#include "reports/run_difference.hpp"

namespace reports {

namespace {

constexpr std::size_t kObjectsShown = 20, kEventsShown = 20, kCountsShown = 60;

std::string more_text(std::size_t all, std::size_t shown) {
    return all > shown ? "  ... and " + std::to_string(all - shown) + " more\n" : "";
}

std::string signed_text(sim::Duration d) { return (d < sim::Duration() ? "" : "+") + brief(d); }

// In hundredths, rounded, so that every machine prints the same.
std::string ratio_text(const Sides<sim::Duration>& spent) {
    const std::int64_t a = spent.a.count(), b = spent.b.count();
    if (a <= 0) return "-";
    const auto hundredths = static_cast<std::int64_t>((static_cast<__int128>(b) * 100 + a / 2) / a);
    std::string rest = std::to_string(hundredths % 100);
    rest.insert(0, 2 - rest.size(), '0');
    return "x" + std::to_string(hundredths / 100) + "." + rest;
}

std::string took_text(bool there, const std::optional<sim::Duration>& took) {
    if (!there) return "absent";
    return took ? brief(*took) : "never";
}

std::string timings_text(const GroupDifference& group) {
    if (group.same()) return "  all take the same time\n";
    Columns table({"OBJECT", "A", "B", "DIFFERENCE", "MOSTLY"});
    const std::size_t shown = std::min(group.differing.size(), kObjectsShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const TimingDifference& d = group.differing[i];
        const bool both = d.took.a && d.took.b;
        table.add({d.object, took_text(d.there.a, d.took.a), took_text(d.there.b, d.took.b),
                   both ? signed_text(*d.took.b - *d.took.a) : "-",
                   d.mostly.empty() ? "-" : d.mostly});
    }
    return table.text("  ") + more_text(group.differing.size(), shown);
}

std::string percentiles_text(const GroupDifference& group) {
    Columns table({"  ", "A", "B", "difference", "ratio"}, Columns::Align::Right);
    const bool one_each = group.ended.a <= 1 && group.ended.b <= 1;
    for (std::size_t i = 0; i < group.percentiles.size(); ++i) {
        const PercentileDifference& p = group.percentiles[i];
        const bool is_max = p.rank == "max";
        if (one_each && !is_max) continue;
        if (p.spent.a.count() == 0 && p.spent.b.count() == 0) continue;
        // Of few samples several ranks are the same one; the last of them is told.
        if (!is_max && p.spent == group.percentiles[i + 1].spent) continue;
        table.add({"  " + p.kind + (one_each ? "" : " " + std::string(p.rank)), brief(p.spent.a),
                   brief(p.spent.b), p.spent.same() ? "-" : signed_text(p.spent.b - p.spent.a),
                   ratio_text(p.spent)});
    }
    return table.empty() ? "" : table.text();
}

std::string group_text(const GroupDifference& group) {
    const auto came = [](std::size_t ended, std::size_t began) {
        return std::to_string(ended) + " of " + std::to_string(began);
    };
    return "\n" + std::string(group.title) + ": " + came(group.ended.a, group.began.a) + " in A, " +
           came(group.ended.b, group.began.b) + " in B\n" + timings_text(group) +
           percentiles_text(group);
}

std::string counts_text(std::string_view title, std::vector<std::string> head,
                        const std::vector<CountDifference>& counts) {
    if (counts.empty()) return "";
    head.insert(head.end(), {"A", "B", "DIFFERENCE"});
    Columns table(std::move(head));
    const bool all = counts.size() <= kCountsShown;
    std::size_t left_out = 0, shown = 0;
    for (const CountDifference& c : counts) {
        // Of many rows those that differ are told.
        if (!all && (c.count.same() || ++shown > kCountsShown)) {
            ++left_out;
            continue;
        }
        const std::int64_t more = c.count.b - c.count.a;
        std::vector<std::string> row = c.key;
        row.push_back(std::to_string(c.count.a));
        row.push_back(std::to_string(c.count.b));
        row.push_back(more == 0 ? "-" : (more > 0 ? "+" : "") + std::to_string(more));
        table.add(std::move(row));
    }
    return "\n" + std::string(title) + "\n" + table.text("  ") +
           (left_out ? "  ... and " + std::to_string(left_out) + " more\n" : "");
}

std::string line_of(std::string_view mark, const std::optional<Write>& write) {
    const std::string what =
        write ? sim::seconds_text(write->at, 3) + "s  " + text_of(*write) : "no more writes";
    return "  " + std::string(mark) + "  " + what + "\n";
}

std::string first_text(const std::optional<FirstDifference>& first) {
    if (!first) return "\nThe writes are the same, in the same order\n";
    std::string out =
        "\nFirst difference of the writes, number " + std::to_string(first->nth) + "\n";
    for (const Write& write : first->before) out += line_of(" ", write);
    return out + line_of("A", first->write.a) + line_of("B", first->write.b);
}

std::string events_text(std::string_view title, const std::vector<std::string>& events) {
    if (events.empty()) return "";
    std::string out = "\n" + std::string(title) + "\n";
    const std::size_t shown = std::min(events.size(), kEventsShown);
    for (std::size_t i = 0; i < shown; ++i) out += "  " + wrapped(events[i], 100, 4) + "\n";
    return out + more_text(events.size(), shown);
}

}  // namespace

std::string text_of(const RunDifference& d) {
    std::string out = "A  " + d.label.a + "\nB  " + d.label.b + "\n";
    if (d.same()) return out + "\nThe same: outcome, times, writes, CSI calls and Events.\n";
    if (!d.outcome.empty()) out += "\nOutcome\n";
    for (const std::string& line : d.outcome) out += "  " + line + "\n";
    for (const GroupDifference& group : d.groups) out += group_text(group);
    out += counts_text("Writes", {"CLIENT", "VERB", "WHAT"}, d.writes);
    out += first_text(d.first);
    out += counts_text("CSI calls", {"DRIVER", "METHOD", "OUTCOME"}, d.calls);
    out += events_text("Events only in A", d.events.a);
    out += events_text("Events only in B", d.events.b);
    return out + "\nDifferent.\n";
}

}  // namespace reports
