#include <algorithm>
#include <iostream>
#include <optional>

#include "reports/explanation.hpp"
#include "reports/object_history.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/loading.hpp"
#include "tools/cli/object_name.hpp"
#include "tools/cli/observed_run.hpp"
#include "tools/cli/terminal.hpp"

namespace cli {

namespace {

// For a name that nothing ever had: those of the same kind.
std::string those_there_are(const model::api::ObjectReader& objects, model::api::Kind kind) {
    std::vector<std::string> names;
    objects.for_each(
        kind, "", [&](const model::api::ObjectRef& o) { names.push_back(o->key().to_string()); });
    std::sort(names.begin(), names.end());
    if (names.empty()) return "there is none of this kind";
    std::string out = "there are";
    for (std::size_t i = 0; i < names.size() && i < 10; ++i) out += (i ? ", " : " ") + names[i];
    return names.size() > 10 ? out + ", ..." : out;
}

int explain(const scenarios::Scenario& scenario, const Options& options) {
    // The history's scheme is the run's, so its place is kept before the run and filled after.
    std::optional<reports::ObjectHistory> history;
    ObservedRun run(scenario, options, {});
    model::Cluster& cluster = run.run().cluster();
    const model::api::Scheme& scheme = run.server().scheme();
    const ObjectName name = parse_object_name(options.arguments[1], scheme);
    if (!name.error.empty()) {
        std::cerr << "stowage: " << name.error << "\n";
        return kBadInput;
    }
    history.emplace(name.kind, name.key, scheme);
    run.listen(&*history);
    if (options.at)
        run.run().play_until(sim::Time(*options.at));
    else
        run.play();
    if (!run.server().find(name.kind, name.key) && history->lines().empty()) {
        std::cerr << "stowage: no " << scheme.info(name.kind).kind << " " << name.key.to_string()
                  << " by " << sim::seconds_text(run.clock().now, 3) << "s; "
                  << those_there_are(run.server(), name.kind) << "\n";
        return kBadInput;
    }
    reports::ExplanationInput input{run.server(), name.kind, name.key, *history};
    input.controllers = cluster.explain(name.kind, name.key);
    input.clock = run.clock();
    input.ink = reports::Ink(wants_color(options.color, Output::Standard));
    std::cout << reports::explanation_of(input);
    return 0;
}

}  // namespace

int explain_command(const Options& options) {
    const std::string& path = options.arguments.front();
    const std::optional<scenarios::Scenario> scenario = load_or_complain(path, options);
    if (!scenario) return kBadInput;
    try {
        return explain(*scenario, options);
    } catch (const std::exception& error) {
        throw std::runtime_error(defect_text(error.what(), path, scenario->cluster.seed, options));
    }
}

}  // namespace cli
