#include "reports/html_report.hpp"

#include <algorithm>

#include "reports/columns.hpp"
#include "reports/html_parts.hpp"
#include "reports/html_style.hpp"

namespace reports {

namespace {

constexpr std::size_t kRowsShown = 300;
constexpr std::size_t kPassagesShown = 40;
constexpr std::size_t kTold = 8;  // of so few the parts are told in words as well

std::string seconds(sim::Time t) { return sim::seconds_text(t, 3) + " s"; }
std::string seconds(const std::optional<sim::Time>& t) { return t ? seconds(*t) : "-"; }

std::string section(std::string_view id, std::string_view title, const std::string& body) {
    if (body.empty()) return "";
    return "<section aria-labelledby=\"" + std::string(id) + "\"><h2 id=\"" + std::string(id) +
           "\">" + std::string(title) + "</h2>\n" + body + "</section>\n";
}

std::string paragraph(std::string_view style, const std::string& text) {
    return "<p class=\"" + std::string(style) + "\">" + html_escaped(text) + "</p>\n";
}

std::string more_of(std::size_t all) {
    if (all <= kRowsShown) return "";
    return paragraph("note", std::to_string(all - kRowsShown) + " more are not shown.");
}

std::string entry(std::string_view name, const std::string& text) {
    return "<dt>" + std::string(name) + "</dt><dd>" + html_escaped(text) + "</dd>";
}

std::string head_of(const RunSummary& run) {
    const std::string verdict =
        run.exit == 0
            ? (run.checks == 0 ? "Nothing was checked"
                               : "Passed: " + std::to_string(run.checks) +
                                     (run.checks == 1 ? " check held" : " checks held"))
            : "Failed: " + (run.first_failure.empty() ? "exit code " + std::to_string(run.exit)
                                                      : run.first_failure);
    std::string out = "<header><h1>" + html_escaped(run.scenario) + "</h1>\n";
    if (!run.description.empty()) out += paragraph("faint", run.description);
    out += paragraph(run.exit != 0     ? "verdict failed"
                     : run.checks == 0 ? "verdict"
                                       : "verdict passed",
                     verdict);
    out += "<dl>" + entry("file", run.file) + entry("Kubernetes", run.kubernetes) +
           entry("seed", std::to_string(run.seed)) + entry("ended at", seconds(run.ended)) +
           entry("events", std::to_string(run.events)) +
           entry("fingerprint", fingerprint_text(run.fingerprint));
    for (const auto& [name, first] : run.phases)
        out += entry("first " + html_escaped(name), seconds(sim::Time(first)));
    out += "</dl>\n";
    for (const std::string& notice : run.notices) out += paragraph("note", "Note: " + notice);
    return out + "</header>\n";
}

std::string failures_of(const RunSummary& run) {
    std::string out;
    for (const BrokenInvariant& b : run.broken)
        out += paragraph("verdict failed",
                         "Broken at " + seconds(b.at) + ": " + b.invariant + ": " + b.detail);
    for (const BrokenInvariant& h : run.hazards)
        out += paragraph("", "Hazard at " + seconds(h.at) + ": " + h.invariant + ": " + h.detail);
    for (const std::string& what : run.unsettled) out += paragraph("", "Still waits: " + what);
    return out;
}

std::string expectations_of(const RunSummary& run) {
    HtmlTable table("Expectations of the scenario",
                    {"outcome", "expectation", "at", "place", "why"});
    for (const ExpectationLine& e : run.expectations) {
        std::string why = e.reason;
        for (const std::string& event : e.events) why += (why.empty() ? "" : "; ") + event;
        table.add({e.verdict, e.text, seconds(e.decided), e.place, why},
                  e.failed() ? "failed" : "");
    }
    std::string out = table.empty() ? "" : table.text();
    for (const ComparisonLine& line : run.comparisons) out += paragraph("", text_of(line));
    return out;
}

std::string steps_of(const RunSummary& run) {
    HtmlTable table("Steps", {"step", "what", "sent", "state", "answer"});
    for (std::size_t i = 0; i < run.steps.size() && i < kRowsShown; ++i) {
        const StepLine& s = run.steps[i];
        std::string answer = s.code ? std::to_string(s.code) : "";
        for (const std::string& text : {s.message, s.failure})
            if (!text.empty()) answer += (answer.empty() ? "" : ": ") + text;
        table.add({std::to_string(i + 1), s.text, seconds(s.sent), s.state, answer},
                  s.failure.empty() ? "" : "failed");
    }
    return table.empty() ? "" : table.text() + more_of(run.steps.size());
}

std::string legend() {
    constexpr std::pair<Mood, std::string_view> kMeaning[] = {
        {Mood::Waits, "waits"},
        {Mood::Free, "available"},
        {Mood::Good, "bound, attached, running"},
        {Mood::Leaves, "leaving"},
        {Mood::Bad, "failed"},
        {Mood::Done, "done"}};
    std::string out = "<ul class=\"legend\" aria-label=\"colours\">";
    for (const auto& [mood, words] : kMeaning)
        out += "<li><b class=\"" + std::string(to_string(mood)) + "\"></b>" + std::string(words) +
               "</li>";
    return out + "</ul>\n";
}

std::string tables_of(const std::vector<StateRows>& sections, const TimeScale& scale) {
    std::string out;
    for (const StateRows& rows : sections) out += bars_table(rows, scale);
    return out;
}

std::string nodes_of(const StateBars& states, const TimeScale& scale) {
    return tables_of(states.nodes(), scale) +
           (states.nodes_left_out()
                ? paragraph("note", "More nodes than " + std::to_string(StateBars::kNodesMax) +
                                        " had volumes; the others are not shown.")
                : "");
}

std::string percentile_table(const LatencySummary& summary, const std::string& caption) {
    HtmlTable table(caption, {"time in", "p50", "p90", "p99", "p99.9", "max", "sum"}, 1);
    for (const LatencyRow& row : summary.rows) {
        const Percentiles& p = row.spent;
        table.add({row.name, brief(p.p50), brief(p.p90), brief(p.p99), brief(p.p999), brief(p.max),
                   brief(p.sum)});
    }
    return table.empty() ? "" : table.text();
}

// One colour for a kind on the whole page.
std::vector<std::string> kinds_of(const std::vector<PassageGroup>& groups) {
    std::vector<std::string> kinds;
    for (const PassageGroup& group : groups)
        for (const LatencyRow& row : summary_of(group).rows)
            if (row.name != "total" &&
                std::find(kinds.begin(), kinds.end(), row.name) == kinds.end())
                kinds.push_back(row.name);
    return kinds;
}

// The longest first: each with a bar of what it consisted of.
std::string longest_of(const PassageGroup& group, const LatencySummary& summary,
                       const std::vector<std::string>& kinds) {
    std::vector<const Passage*> ended;
    for (const Passage& p : group.passages)
        if (p.ended) ended.push_back(&p);
    if (ended.empty()) return "";
    std::stable_sort(ended.begin(), ended.end(),
                     [](const Passage* a, const Passage* b) { return a->total() > b->total(); });
    std::string legend = "<ul class=\"legend\" aria-hidden=\"true\">";
    for (std::size_t i = 1; i < summary.rows.size(); ++i)
        if (summary.rows[i].spent.max > sim::Duration())
            legend += "<li><b class=\"" + kind_class(summary.rows[i].name, kinds) + "\"></b>" +
                      html_escaped(summary.rows[i].name) + "</li>";
    const std::size_t shown = std::min(ended.size(), kPassagesShown);
    std::string out =
        legend + "</ul><table class=\"passages\"><caption>" +
        (shown < ended.size() ? "The " + std::to_string(shown) + " longest" : std::string("Each")) +
        "</caption><colgroup><col class=\"name\"><col class=\"took\"><col></colgroup>"
        "<thead><tr><th scope=\"col\">object</th><th scope=\"col\" "
        "class=\"number\">took</th><th scope=\"col\">of that</th></tr></thead>\n<tbody>\n";
    for (std::size_t i = 0; i < shown; ++i) {
        const Passage& p = *ended[i];
        out += "<tr><th scope=\"row\">" + html_escaped(p.object) + "</th><td class=\"number\">" +
               brief(p.total()) + "</td><td>" +
               parts_bar(p, group.by, ended.front()->total(), kinds) + "<span class=\"" +
               (shown > kTold ? "unseen" : "words") + "\">" +
               html_escaped(text_of(p, group.otherwise, group.by)) + "</span></td></tr>\n";
    }
    return out + "</tbody></table>\n";
}

std::string text_of(const Breakdown& breakdown, const PassageGroup& group) {
    const std::vector<std::vector<std::string>> rows = rows_of(breakdown);
    if (rows.empty()) return "";
    HtmlTable table("By " + std::string(breakdown.label),
                    {std::string(breakdown.label), std::string(group.words.many), "p50", "p90",
                     "p99", "max", "mostly"},
                    1);
    for (std::size_t i = 0; i < rows.size() && i < kRowsShown; ++i) table.add(rows[i]);
    return table.text() + more_of(rows.size());
}

std::string group_of(const PassageGroup& group, const std::vector<std::string>& kinds) {
    if (group.passages.empty()) return "";
    const LatencySummary summary = summary_of(group);
    std::string out = "<h3>" + html_escaped(group.title) + "</h3>\n";
    out += paragraph("", std::to_string(summary.bound) + " of " + std::to_string(summary.claims) +
                             " " + std::string(group.words.many) + " " +
                             std::string(group.words.did) + ".");
    std::vector<sim::Duration> totals;
    for (const Passage& p : group.passages)
        if (p.ended) totals.push_back(p.total());
    if (totals.size() > 1)
        out += percentile_table(summary, "Percentiles: " + std::string(group.title));
    out += histogram(totals, group.title);
    for (const Breakdown& breakdown : breakdowns_of(group)) out += text_of(breakdown, group);
    if (group.start_latency)
        if (const std::string sli = text_of(*group.start_latency); !sli.empty())
            out += paragraph("", sli);
    return out + longest_of(group, summary, kinds);
}

std::string drivers_of(const std::vector<DriverState>& drivers) {
    std::string out;
    for (const DriverState& driver : drivers) {
        HtmlTable table(
            "Calls of " + driver.name + " (" + driver.profile + ")",
            {"method", "calls", "failed", "lost", "p50", "p99", "max", "most at a time"}, 1);
        for (const auto& [method, calls] : driver.calls) {
            std::size_t failed = 0;
            for (const auto& [code, times] : calls.outcomes)
                if (code != model::csi::Code::Ok) failed += times;
            const Percentiles p = percentiles_of(calls.took);
            table.add({std::string(to_string(method)), std::to_string(calls.calls),
                       std::to_string(failed), std::to_string(calls.lost), brief(p.p50),
                       brief(p.p99), brief(p.max), std::to_string(calls.concurrency.most())});
        }
        if (!table.empty()) out += table.text();
        out += paragraph("", "Holds " + std::to_string(driver.backend.volumes().size()) +
                                 " volumes at the end, " +
                                 std::to_string(driver.inventory.leaked.size()) + " leaked, " +
                                 std::to_string(driver.inventory.dangling.size()) + " dangling.");
    }
    return out;
}

std::string events_of(const CallBars& calls) {
    HtmlTable table("API Events", {"first", "type", "reason", "about", "from", "times", "message"});
    for (const SaidEvent& e : calls.events())
        table.add(
            {seconds(e.first), e.said.type, e.said.reason, e.said.about, e.said.who,
             std::to_string(e.said.times) + (e.last > e.first ? ", last " + seconds(e.last) : ""),
             e.said.message},
            e.said.type == "Warning" ? "warning" : "");
    if (table.empty()) return "";
    const std::size_t more = calls.events_left_out();
    return table.text() +
           (more ? paragraph("note", std::to_string(more) + " more are not shown.") : "");
}

}  // namespace

std::string html_report(const HtmlFindings& f) {
    // Long silence behind the last change would press all bars together.
    const sim::Time last = f.states.last_change() + f.states.last_change().time_since_epoch() / 20;
    const TimeScale scale(std::min(std::max(last, sim::Time(sim::Duration(1))), f.summary.ended));
    std::string times = tables_of(f.states.objects(), scale);
    if (!times.empty()) times = legend() + times;
    if (!times.empty() && scale.end() < f.summary.ended)
        times +=
            paragraph("note", "Nothing changed from " + seconds(f.states.last_change()) +
                                  " to the end of the run at " + seconds(f.summary.ended) + ".");
    const std::vector<std::string> kinds = kinds_of(f.groups);
    std::string latencies;
    for (const PassageGroup& group : f.groups) latencies += group_of(group, kinds);
    const std::string calls = drivers_of(f.drivers) + tables_of(f.calls.calls(), scale);
    const struct {
        const char *id, *title;
        std::string body;
    } sections[] = {{"failures", "Failures", failures_of(f.summary)},
                    {"expectations", "Expectations", expectations_of(f.summary)},
                    {"objects", "Objects over time", times},
                    {"nodes", "Attached to nodes", nodes_of(f.states, scale)},
                    {"latencies", "Latencies", latencies},
                    {"calls", "CSI calls", calls},
                    {"events", "Events", events_of(f.calls)},
                    {"steps", "Steps", steps_of(f.summary)}};
    std::string body, links;
    for (const auto& s : sections) {
        body += section(s.id, s.title, s.body);
        if (!s.body.empty())
            links += "<li><a href=\"#" + std::string(s.id) + "\">" + s.title + "</a></li>";
    }
    return "<!DOCTYPE html>\n<html lang=\"en\" style=\"--grid:" + scale.grid() +
           "\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" "
           "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\">\n<title>" +
           html_escaped(f.summary.scenario) + " - stowage</title>\n<style>" +
           std::string(html_style()) +
           "</style></head>\n<body>\n<a class=\"skip\" href=\"#main\">To the findings</a>\n" +
           head_of(f.summary) + "<nav aria-label=\"sections\"><ul>" + links +
           "</ul></nav>\n<main id=\"main\">\n" + body + "</main>\n</body></html>\n";
}

}  // namespace reports
