#include <iostream>
#include <optional>

#include "reports/run_difference.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/loading.hpp"
#include "tools/cli/observed_run.hpp"
#include "tools/cli/terminal.hpp"

namespace cli {

namespace {

struct Side {
    std::string name, path;
    Options options;  // those of both sides, then its own
};

Side side_of(std::string name, std::string path, const Options& options,
             const std::optional<std::uint64_t>& seed, const std::vector<std::string>& set) {
    Side side{std::move(name), std::move(path), options};
    if (seed) side.options.seed = seed;
    side.options.set.insert(side.options.set.end(), set.begin(), set.end());
    return side;
}

std::optional<scenarios::Scenario> load_side(const Side& side) {
    LoadedFile file = load(side.path, side.options);
    if (!file.errors.empty() || !file.warnings.empty())
        std::cerr << side.name << ":\n" << file.errors << file.warnings;
    return std::move(file.scenario);
}

reports::RunDigest play(const Side& side, const scenarios::Scenario& scenario,
                        ProgressLine& progress) {
    ObservedRun::Watch watch;
    watch.paths = true;
    watch.progress = [&](sim::Time t) {
        progress.show(side.name + ", " + scenario.name + ": " + sim::seconds_text(t, 0) +
                      "s of virtual time");
    };
    std::optional<reports::DigestListener> listener;
    try {
        ObservedRun run(scenario, side.options, std::move(watch));
        listener.emplace(run.server().scheme());
        run.listen(&*listener);
        run.play();
        progress.clear();
        return listener->digest(replay_words(side.path, run.summary().seed, side.options),
                                run.summary(), run.groups());
    } catch (const std::exception& error) {
        throw std::runtime_error(
            defect_text(error.what(), side.path, scenario.cluster.seed, side.options));
    }
}

}  // namespace

int diff_command(const Options& options) {
    const std::string &path_a = options.arguments.front(), &path_b = options.arguments.back();
    const Side side_a = side_of("A", path_a, options, options.seed_a, options.set_a);
    const Side side_b = side_of("B", path_b, options, options.seed_b, options.set_b);
    // Both are read first, so that bad input is told before anything is played.
    const std::optional<scenarios::Scenario> a = load_side(side_a), b = load_side(side_b);
    if (!a || !b) return kBadInput;
    ProgressLine progress(!is_terminal(Output::Standard));
    const reports::RunDigest digest_a = play(side_a, *a, progress);
    const reports::RunDigest digest_b = play(side_b, *b, progress);
    const reports::RunDifference difference = reports::difference_of(digest_a, digest_b);
    std::cout << (options.as_json ? json_text_of(difference) : text_of(difference));
    constexpr int kBroken = static_cast<int>(scenarios::Exit::InvariantBroken);
    if (digest_a.summary.exit == kBroken || digest_b.summary.exit == kBroken) return kBroken;
    return difference.same() ? 0 : 1;
}

}  // namespace cli
