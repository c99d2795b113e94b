#include "tools/cli/trial.hpp"

#include <chrono>

#include "tools/cli/commands.hpp"
#include "tools/cli/loading.hpp"
#include "tools/cli/observed_run.hpp"

namespace cli {

namespace {

// A scenario that says of itself that it cannot be played yet, and why.
constexpr std::string_view kSkipLabel = "skip";

void check_repetition(const scenarios::Scenario& scenario, const Options& options,
                      TrialResult& result) {
    ObservedRun again(scenario, options, {});
    const scenarios::Outcome& second = again.play();
    const reports::RunSummary& first = result.run;
    if (second.fingerprint == first.fingerprint && second.final_draw == first.final_draw) return;
    result.exit = std::max(result.exit, static_cast<int>(scenarios::Exit::NotDeterministic));
    result.problem =
        "not deterministic: fingerprint " + reports::fingerprint_text(first.fingerprint) +
        " after " + std::to_string(first.events) + " events, then " +
        reports::fingerprint_text(second.fingerprint) + " after " + std::to_string(second.events);
}

void play(const scenarios::Scenario& scenario, const Options& options, TrialResult& result) {
    {
        ObservedRun::Watch watch;
        watch.paths = options.seeds > 0;
        ObservedRun run(scenario, options, std::move(watch));
        run.play();
        result.run = run.summary();
        result.claims = run.claims();
    }
    result.exit = result.run.exit;
    if (result.exit == 0 && result.run.checks == 0) {
        result.exit = static_cast<int>(scenarios::Exit::ExpectationFailed);
        result.problem =
            "nothing was checked: a scenario needs an expectation, a `when` or a "
            "`rejected` to be a test";
    }
    if (!options.once) check_repetition(scenario, options, result);
}

}  // namespace

TrialResult play_trial(const Trial& trial, const Options& options) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point began = Clock::now();
    TrialResult result;
    result.run.scenario = trial.file;
    result.run.file = trial.file;
    const LoadedFile file = load(trial.file, options, trial.seed);
    result.warnings = file.warnings;
    if (!file.scenario) {
        result.problem = file.errors;
        result.exit = kBadInput;
        return result;
    }
    result.run.scenario = file.scenario->name;
    result.run.seed = file.scenario->cluster.seed;
    if (const auto* why = file.scenario->labels.find(kSkipLabel)) {
        result.skipped = why->str();
        return result;
    }
    try {
        play(*file.scenario, options, result);
    } catch (const std::exception& error) {
        result.exit = kDefect;
        result.problem = defect_text(error.what(), trial.file, result.run.seed, options) +
                         "\nthis is a defect of stowage";
    }
    result.real_seconds = std::chrono::duration<double>(Clock::now() - began).count();
    return result;
}

}  // namespace cli
