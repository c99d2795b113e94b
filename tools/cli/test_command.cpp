#include <algorithm>
#include <cstdio>
#include <iostream>
#include <mutex>

#include "reports/columns.hpp"
#include "reports/junit.hpp"
#include "reports/latency.hpp"
#include "reports/output_file.hpp"
#include "sim/parallel.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/loading.hpp"
#include "tools/cli/scenario_files.hpp"
#include "tools/cli/terminal.hpp"
#include "tools/cli/trial.hpp"
#include "tools/cli/verdict_text.hpp"

namespace cli {

namespace {

std::string real_time(double seconds) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.2f s", seconds);
    return buffer;
}

// The trials of one file: one, or one for each seed.
struct FileResult {
    std::string file;
    std::vector<TrialResult> trials;

    const TrialResult* first_failed() const {
        for (const TrialResult& t : trials)
            if (!t.passed() && t.skipped.empty()) return &t;
        return nullptr;
    }
    bool skipped() const { return !trials.front().skipped.empty(); }
    std::size_t passed() const {
        return static_cast<std::size_t>(std::count_if(
            trials.begin(), trials.end(), [](const TrialResult& t) { return t.passed(); }));
    }
    int worst() const {
        int code = 0;
        for (const TrialResult& t : trials) code = std::max(code, t.exit);
        if (code == 0 && !failed_comparisons().empty()) code = 1;
        return code;
    }
    // Over all seeds: a share needs many runs to say something.
    std::vector<reports::ComparisonLine> comparisons() const {
        std::vector<reports::ComparisonLine> pooled = trials.front().run.comparisons;
        for (std::size_t t = 1; t < trials.size(); ++t)
            for (std::size_t i = 0; i < pooled.size() && i < trials[t].run.comparisons.size(); ++i)
                pooled[i].add(trials[t].run.comparisons[i]);
        return pooled;
    }
    std::string failed_comparisons() const {
        std::string out;
        for (const reports::ComparisonLine& line : comparisons())
            if (line.judged() && !line.holds()) out += "  FAILED  " + reports::text_of(line) + "\n";
        return out;
    }
};

// How often each expectation held over the seeds, and the first seed in which it did not.
std::string shares_text(const FileResult& file) {
    std::string out;
    const auto& named = file.trials.front().run.expectations;
    for (std::size_t i = 0; i < named.size(); ++i) {
        std::size_t held = 0, judged = 0;
        std::string first_failing;
        for (const TrialResult& t : file.trials) {
            if (i >= t.run.expectations.size()) continue;
            ++judged;
            if (!t.run.expectations[i].failed())
                ++held;
            else if (first_failing.empty())
                first_failing = "  (first not with seed " + std::to_string(t.run.seed) + ")";
        }
        out += "        held in " + std::to_string(held) + " of " + std::to_string(judged) + ": " +
               named[i].text + first_failing + "\n";
    }
    std::vector<reports::ClaimPath> claims;
    for (const TrialResult& t : file.trials)
        claims.insert(claims.end(), t.claims.begin(), t.claims.end());
    for (const reports::ComparisonLine& line : file.comparisons())
        out += "        " + reports::text_of(line) + "\n";
    const std::string latency = reports::text_of(reports::summary_of(claims));
    return latency.empty() ? out : out + "        " + indented(latency, 8) + "\n";
}

std::string line_of(const FileResult& file, const Options& options, const reports::Ink& ink) {
    const bool failed = file.worst() != 0;
    std::string word = failed ? ink.bad("FAILED ") : ink.good("ok     ");
    if (file.skipped()) word = ink.warning("skipped");
    std::string out = word + " " + file.file;
    if (file.skipped()) return out + ": " + file.trials.front().skipped + "\n";
    if (file.worst() == kBadInput) return out + ": bad input\n";
    double real = 0;
    for (const TrialResult& t : file.trials) real += t.real_seconds;
    if (options.seeds)
        out += "  " + std::to_string(file.passed()) + " of " + std::to_string(options.seeds) +
               " seeds";
    else
        out += "  " + sim::seconds_text(file.trials.front().run.ended, 3) + "s of virtual time";
    return out + ink.faint(", " + real_time(real)) + "\n";
}

std::string text_of(const FileResult& file, const Options& options, const reports::Ink& ink) {
    std::string out;
    const TrialResult* failed = file.first_failed();
    if (!options.quiet || failed) out += line_of(file, options, ink);
    if (options.seeds && !file.skipped() && !options.quiet) out += shares_text(file);
    if (options.verbose) out += file.trials.front().warnings;
    if (!failed) return out + file.failed_comparisons();
    out += failures_text(failed->run, ink);
    if (!failed->problem.empty()) out += "  " + indented(failed->problem, 2) + "\n";
    if (failed->exit != kBadInput && failed->exit != kDefect)
        out +=
            "  to see it: stowage run " + replay_words(file.file, failed->run.seed, options) + "\n";
    return out;
}

// Prints each file's result as soon as all before it are there.
class InOrder {
  public:
    InOrder(std::vector<FileResult>& files, std::size_t trials_each, const Options& options)
        : files_(files),
          missing_(files.size(), trials_each),
          options_(options),
          ink_(wants_color(options.color, Output::Standard)),
          progress_(!is_terminal(Output::Standard)) {}

    void take(std::size_t file, std::size_t nth, TrialResult result) {
        const std::lock_guard lock(mutex_);
        files_[file].trials[nth] = std::move(result);
        --missing_[file];
        while (next_ < files_.size() && missing_[next_] == 0) {
            progress_.clear();
            std::cout << text_of(files_[next_], options_, ink_) << std::flush;
            ++next_;
        }
        progress_.show(std::to_string(next_) + " of " + std::to_string(files_.size()) +
                       " scenarios");
    }

  private:
    std::mutex mutex_;
    std::vector<FileResult>& files_;
    std::vector<std::size_t> missing_;
    const Options& options_;
    reports::Ink ink_;
    ProgressLine progress_;
    std::size_t next_ = 0;
};

void write_junit(const std::vector<FileResult>& files, const std::string& path) {
    std::vector<reports::JunitSuite> suites;
    for (const FileResult& file : files)
        for (const TrialResult& t : file.trials) suites.push_back({t.run, t.problem, t.skipped});
    reports::write_file(path, reports::junit_xml(suites));
}

int sum_up(const std::vector<FileResult>& files, bool bad_paths) {
    std::size_t passed = 0, failed = 0, skipped = 0;
    int code = bad_paths ? kBadInput : 0;
    for (const FileResult& file : files) {
        code = std::max(code, file.worst());
        if (file.skipped())
            ++skipped;
        else if (file.worst() == 0)
            ++passed;
        else
            ++failed;
    }
    // Nothing that was only skipped is a success.
    if (code == 0 && passed == 0) code = 1;
    std::cout << passed << " passed, " << failed << " failed";
    if (skipped) std::cout << ", " << skipped << " skipped";
    std::cout << "\n";
    return code;
}

}  // namespace

int test_command(const Options& options) {
    const ScenarioFiles found = find_scenarios(options.arguments);
    for (const std::string& error : found.errors) std::cerr << "stowage: " << error << "\n";
    const std::size_t trials_each = std::max(1u, options.seeds);
    std::vector<FileResult> files;
    for (const std::string& path : found.files)
        files.push_back({path, std::vector<TrialResult>(trials_each)});
    {
        InOrder printer(files, trials_each, options);
        sim::parallel_for(files.size() * trials_each, options.jobs, [&](std::size_t i) {
            Trial trial;
            trial.file = files[i / trials_each].file;
            if (options.seeds) trial.seed = i % trials_each + 1;
            printer.take(i / trials_each, i % trials_each, play_trial(trial, options));
        });
    }
    if (!options.junit.empty()) write_junit(files, options.junit);
    return sum_up(files, !found.errors.empty());
}

}  // namespace cli
