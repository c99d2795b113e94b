#include <algorithm>
#include <iostream>
#include <optional>

#include "reports/columns.hpp"
#include "reports/html_report.hpp"
#include "reports/latency.hpp"
#include "reports/metrics.hpp"
#include "reports/output_file.hpp"
#include "reports/record.hpp"
#include "reports/requests.hpp"
#include "reports/rpc_log.hpp"
#include "reports/run_report.hpp"
#include "reports/timeline.hpp"
#include "reports/trace_export.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/loading.hpp"
#include "tools/cli/observed_run.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/verdict_text.hpp"

namespace cli {

namespace {

constexpr std::size_t kPathShown = 20;
constexpr std::size_t kHeadWidth = 100;

std::string head_text(const reports::RunSummary& run, const reports::Ink& ink) {
    std::string out = ink.strong(run.scenario) + ": Kubernetes " + run.kubernetes + ", seed " +
                      std::to_string(run.seed);
    if (run.order != "fifo") out += ", order of simultaneous events shuffled";
    out += "\n";
    if (!run.description.empty())
        out += "  " + reports::wrapped(run.description, kHeadWidth, 2) + "\n";
    for (const auto& [name, first] : run.phases)
        out += "  first " + name + " at " + sim::seconds_text(sim::Time(first), 3) + "s\n";
    for (const std::string& notice : run.notices)
        out += "  note: " + reports::wrapped(notice, kHeadWidth, 8) + "\n";
    return out + "\n";
}

void section(std::ostream& out, std::string_view title, const std::string& body,
             const reports::Ink& ink) {
    if (!body.empty()) out << "\n" << ink.strong(title) << "\n" << body;
}

std::string matches_text(const std::vector<reports::Match>& matches) {
    std::string out;
    for (const reports::Match& match : matches) out += "  " + reports::text_of(match) + "\n";
    return out;
}

// The end of it: in a long run it reaches back to the beginning.
std::string critical_path_text(const ObservedRun& run) {
    const auto path = run.graph()->critical_path(*run.trace());
    const std::size_t first = path.size() > kPathShown ? path.size() - kPathShown : 0;
    std::string out;
    if (first) out += "  ... " + std::to_string(first) + " steps before\n";
    for (std::size_t i = first; i < path.size(); ++i) {
        if (!path[i].waited.empty()) out += "      " + path[i].waited + "\n";
        out += "  " + sim::seconds_text(path[i].at, 3) + "s  " + path[i].what + "\n";
    }
    return out;
}

void print_findings(std::ostream& out, ObservedRun& run, const reports::RunSummary& summary,
                    const Options& options, const reports::Ink& ink) {
    const model::api::ObjectReader& objects = run.server();
    const reports::Clock clock = run.clock();
    section(out, "Volumes", reports::volume_table(objects, clock), ink);
    section(out, "Claims", reports::claim_table(objects, clock), ink);
    section(out, "Events", reports::event_table(objects, clock), ink);
    section(out, "Expectations", expectations_text(summary, ink), ink);
    section(out, "Broken without failing the run", hazards_text(summary, ink), ink);
    reports::RunSummary others = summary;  // what failed beside the expectations above
    others.expectations.clear();
    section(out, "Failures", failures_text(others, ink), ink);
    std::string compared;
    for (const reports::ComparisonLine& line : summary.comparisons)
        compared += "  " + reports::text_of(line) + "\n";
    section(out, "Beside a real cluster", compared, ink);
    for (const reports::PassageGroup& group : run.groups())
        section(out, group.title, text_of(group, options.verbose), ink);
    std::string drivers;
    for (const reports::DriverState& driver : run.drivers()) drivers += reports::text_of(driver);
    section(out, "Drivers", drivers, ink);
    if (options.verbose) {
        section(out, "Matches", matches_text(run.matches()), ink);
        section(out, "Critical path to the last bind", critical_path_text(run), ink);
    }
    out << "\n";
}

// The files that are written while the run plays; closed, and so known to be whole, at its end.
struct LiveFiles {
    std::optional<reports::Record> record;
    std::optional<reports::RequestLog> requests;
    std::optional<reports::RpcLog> rpc;
    std::optional<reports::TraceExport> trace;
    std::optional<reports::Metrics> metrics;

    LiveFiles(const Options& options, ObservedRun& run) {
        const model::api::Scheme& scheme = run.server().scheme();
        if (!options.record.empty()) record.emplace(options.record, scheme);
        const auto reads = options.verbose ? reports::Reads::Included : reports::Reads::LeftOut;
        if (!options.requests.empty()) requests.emplace(options.requests, scheme, reads);
        if (!options.rpc.empty()) rpc.emplace(options.rpc);
        if (!options.trace.empty()) trace.emplace(options.trace, scheme, *run.trace());
        if (!options.metrics.empty()) metrics.emplace(scheme);
    }
    void attach(ObservedRun& run) {
        if (record) run.listen(&*record);
        if (requests) run.listen(&*requests);
        if (rpc) run.listen(&*rpc);
        if (trace) {
            run.listen(&*trace);
            run.trace()->pass_on_to(&*trace);
        }
        if (metrics) {
            run.listen(&*metrics);
            run.run().cluster().journal().set_meter(&*metrics);
        }
    }
    void close(ObservedRun& run, const reports::RunSummary& summary, const Options& options) {
        if (record) record->close();
        if (requests) requests->close();
        if (rpc) rpc->close();
        if (trace) trace->close(summary);
        if (metrics) reports::write_file(options.metrics, metrics->text(run.server()));
    }
};

// What the web page needs beside what other reports need as well.
struct WebPage {
    reports::StateBars states;
    reports::CallBars calls;

    void attach(ObservedRun& run) {
        states.take_in(run.server());
        run.listen(&states);
        run.listen(&calls);
    }
    std::string text(ObservedRun& run, const reports::RunSummary& summary) const {
        const std::vector<reports::PassageGroup> groups = run.groups();
        const std::vector<reports::DriverState> drivers = run.drivers();
        return reports::html_report({summary, groups, drivers, states, calls});
    }
};

void write_reports(ObservedRun& run, const reports::RunSummary& summary, const WebPage* page,
                   const Options& options) {
    if (!options.json.empty()) {
        const std::vector<reports::ClaimPath> claims = run.claims();
        const std::vector<reports::Match> matches = run.matches();
        const std::vector<reports::PassageGroup> groups = run.groups();
        const std::vector<reports::DriverState> drivers = run.drivers();
        reports::write_file(options.json, reports::run_report({summary, claims, groups, drivers,
                                                               matches, run.server()}));
    }
    if (page) reports::write_file(options.html, page->text(run, summary));
    if (!options.dot.empty()) reports::write_file(options.dot, run.graph()->dot(*run.trace()));
}

bool uses_standard_output(const Options& o) {
    const auto files = {o.record, o.requests, o.rpc, o.metrics, o.json, o.dot, o.trace, o.html};
    return std::find(files.begin(), files.end(), "-") != files.end();
}

int run_scenario(const scenarios::Scenario& scenario, const Options& options) {
    // Where a file goes to standard output, people read standard error.
    const bool diverted = uses_standard_output(options);
    std::ostream& out = diverted ? std::cerr : std::cout;
    const Output stream = diverted ? Output::Error : Output::Standard;
    const reports::Ink ink(wants_color(options.color, stream));

    ProgressLine progress(options.quiet || !is_terminal(Output::Standard));
    ObservedRun::Watch watch;
    watch.paths =
        !options.quiet || !options.json.empty() || !options.trace.empty() || !options.html.empty();
    watch.matches = options.verbose || !options.json.empty();
    watch.drivers = watch.paths;
    watch.graph = !options.dot.empty() || options.verbose;
    watch.progress = [&](sim::Time t) {
        progress.show(scenario.name + ": " + sim::seconds_text(t, 0) + "s of virtual time");
    };
    std::optional<LiveFiles> files;
    std::optional<reports::Timeline> timeline;
    std::optional<WebPage> page;
    ObservedRun run(scenario, options, std::move(watch));
    files.emplace(options, run);
    files->attach(run);
    if (!options.html.empty()) page.emplace().attach(run);
    if (!options.quiet) {
        out << head_text(run.summary(), ink);
    }
    if (!options.quiet && !options.no_timeline) {
        reports::Timeline::Options how;
        how.verbose = options.verbose;
        how.ink = ink;
        timeline.emplace(out, run.server().scheme(), run.trace(), std::move(how));
        run.listen(&*timeline);
    }
    run.play();
    progress.clear();
    const reports::RunSummary summary = run.summary();
    files->close(run, summary, options);
    write_reports(run, summary, page ? &*page : nullptr, options);
    if (options.quiet)
        out << failures_text(summary, ink);
    else
        print_findings(out, run, summary, options, ink);
    out << last_line(summary, ink);
    out.flush();
    return summary.exit;
}

}  // namespace

int run_command(const Options& options) {
    const std::string& path = options.arguments.front();
    const std::optional<scenarios::Scenario> scenario = load_or_complain(path, options);
    if (!scenario) return kBadInput;
    try {
        return run_scenario(*scenario, options);
    } catch (const reports::OutputError&) {
        throw;
    } catch (const std::exception& error) {
        throw std::runtime_error(defect_text(error.what(), path, scenario->cluster.seed, options));
    }
}

}  // namespace cli
