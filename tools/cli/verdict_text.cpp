#include "tools/cli/verdict_text.hpp"

#include <map>
#include <vector>

namespace cli {

namespace {

std::string seconds(sim::Time t) { return sim::seconds_text(t, 3) + "s"; }

std::string failure_text(const reports::ExpectationLine& e, const reports::Ink& ink) {
    std::string out = "  " + ink.bad("FAILED") + "  " + e.text;
    if (e.decided) out += "  (at " + seconds(*e.decided) + ")";
    out += "\n          " + e.place + "\n";
    if (!e.reason.empty()) out += "          " + indented(e.reason, 10) + "\n";
    for (const std::string& event : e.events)
        out += "          event: " + indented(event, 10) + "\n";
    return out;
}

}  // namespace

std::string indented(const std::string& text, std::size_t by) {
    std::string out;
    for (char c : text) {
        out += c;
        if (c == '\n') out.append(by, ' ');
    }
    while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
    return out;
}

std::string expectations_text(const reports::RunSummary& run, const reports::Ink& ink) {
    std::string out;
    for (const reports::ExpectationLine& e : run.expectations) {
        if (e.failed()) {
            out += failure_text(e, ink);
            continue;
        }
        out += "  " + ink.good("held") + "    " + e.text;
        if (e.decided) out += ink.faint("  (at " + seconds(*e.decided) + ")");
        out += "\n";
    }
    return out;
}

std::string hazards_text(const reports::RunSummary& run, const reports::Ink& ink) {
    std::map<std::string, std::vector<const reports::BrokenInvariant*>> rules;
    for (const reports::BrokenInvariant& h : run.hazards) rules[h.invariant].push_back(&h);
    std::string out;
    for (const auto& [rule, all] : rules) {
        const std::string times =
            all.size() == 1 ? "at " : std::to_string(all.size()) + " times, first at ";
        out += "  " + ink.warning(rule) + "  (" + times + seconds(all[0]->at) + ")\n          " +
               indented(all[0]->detail, 10) + "\n";
    }
    return out;
}

std::string failures_text(const reports::RunSummary& run, const reports::Ink& ink) {
    std::string out;
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
        const reports::StepLine& step = run.steps[i];
        if (step.failure.empty()) continue;
        out += "  " + ink.bad("FAILED") + "  step " + std::to_string(i + 1) + ": " + step.text +
               "\n          " + step.place + "\n          " + indented(step.failure, 10) + "\n";
    }
    for (const reports::ExpectationLine& e : run.expectations)
        if (e.failed()) out += failure_text(e, ink);
    for (const reports::BrokenInvariant& b : run.broken)
        out += "  " + ink.bad("BROKEN") + "  " + b.invariant + "  (at " + seconds(b.at) +
               ")\n          " + indented(b.detail, 10) + "\n";
    for (const std::string& what : run.unsettled)
        out += "  " + ink.bad("WAITS") + "   " + indented(what, 10) + "\n";
    return out;
}

std::string last_line(const reports::RunSummary& run, const reports::Ink& ink) {
    const std::string end = "ended at " + seconds(run.ended) + " after " +
                            std::to_string(run.events) + " events, fingerprint " +
                            reports::fingerprint_text(run.fingerprint);
    if (run.exit != 0) {
        std::string why = run.first_failure.empty() ? "failed" : run.first_failure;
        return ink.bad("FAILED") + ": " + why.substr(0, why.find('\n')) + "; " + end + "\n";
    }
    const std::string checks = run.checks == 0   ? "nothing was checked"
                               : run.checks == 1 ? "1 check held"
                                                 : std::to_string(run.checks) + " checks held";
    return ink.good("ok") + ": " + checks + "; " + end + "\n";
}

}  // namespace cli
