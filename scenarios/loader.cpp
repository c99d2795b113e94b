// Text to Scenario: read, override, check the shape, then read each part.
#include <set>

#include "scenarios/file_text.hpp"
#include "scenarios/language.hpp"
#include "scenarios/load_context.hpp"
#include "scenarios/manifests.hpp"
#include "scenarios/overrides.hpp"
#include "scenarios/yaml_reader.hpp"

namespace scenarios {
namespace {

constexpr std::size_t kMostProblems = 50;

bool is_scenario(const Node& document, LoadContext& context) {
    if (!document.is_map()) {
        context.error(
            document.place(),
            "expected a scenario (apiVersion, kind, metadata, spec), found " + document.describe());
        return false;
    }
    const std::string kind = text_of(document.find("kind"));
    const std::string version = text_of(document.find("apiVersion"));
    if (version.starts_with("stowage.dev/") || kind == "Scenario" || kind.empty()) return true;
    context.error(document.place(),
                  "this is a " + kind +
                      ", not a Scenario; put manifests under spec.cluster.objects "
                      "or into a step");
    return false;
}

// A step whose create nobody expects to be refused says that the object is not there before.
void drop_created_objects(LoadContext& context, Scenario& scenario) {
    std::set<std::string> names;
    for (const Value& object : scenario.objects) names.insert(name_of(object));
    for (const Step& step : scenario.steps) {
        if (names.empty()) return;
        if (std::holds_alternative<action::Delete>(step.action)) return;  // it may come again
        const auto* create = std::get_if<action::Create>(&step.action);
        if (!create || step.rejected || !step.may_be_rejected.empty()) continue;
        const std::string name = name_of(create->manifest);
        if (names.erase(name) == 0) continue;
        std::erase_if(scenario.objects,
                      [&](const Value& object) { return name_of(object) == name; });
        context.warn(step.place, name +
                                     " is created here, and so does not exist before, as "
                                     "spec.cluster has it");
    }
}

void read_spec(const Node& document, const LoadOptions& options, LoadContext& context,
               Scenario& scenario) {
    const Node& metadata = *document.find("metadata");
    const Node& spec = *document.find("spec");
    scenario.name = text_of(metadata.find("name"));
    scenario.description = text_of(spec.find("description"));
    if (const Node* labels = metadata.find("labels")) {
        for (const Member& m : labels->members) scenario.labels.set(m.key, m.value.text);
    }
    scenario.until = duration_of(spec.find("until"));
    if (scenario.until && *scenario.until == sim::Duration::zero()) {
        context.error(spec.find("until")->place(), "spec.until: a run must be longer than 0s");
    }
    read_cluster(spec, context, scenario);
    scenario.steps = read_steps(spec.find("steps"), scenario.until, context);
    drop_created_objects(context, scenario);
    if (const Node* expect = spec.find("expect")) {
        for (const Node& node : expect->items) {
            if (auto e = read_expectation(node, context)) scenario.expect.push_back(std::move(*e));
        }
    }
    if (const Node* compare = spec.find("compare")) {
        for (const Node& node : compare->items) {
            if (auto c = read_comparison(node, context)) scenario.compare.push_back(std::move(*c));
        }
    }
    if (options.seed) scenario.cluster.seed = *options.seed;
}

// In the order of the file; what --set brought in comes last.
void tidy_problems(Diagnostics& problems) {
    auto before = [](const Diagnostic& a, const Diagnostic& b) {
        if ((a.place.line == 0) != (b.place.line == 0)) return b.place.line == 0;
        if (a.place.file != b.place.file) return false;
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    };
    // Not a sort: files that are named keep the place where they were met.
    for (std::size_t i = 1; i < problems.size(); ++i) {
        for (std::size_t j = i; j > 0 && before(problems[j], problems[j - 1]); --j) {
            std::swap(problems[j], problems[j - 1]);
        }
    }
    if (problems.size() <= kMostProblems) return;
    const std::string more =
        "and " + std::to_string(problems.size() - kMostProblems) + " more problems";
    problems.resize(kMostProblems);
    problems.push_back({Place{problems.front().place.file}, more});
}

Loaded finish(LoadContext& context, std::optional<Scenario> scenario) {
    Loaded loaded;
    const bool fine = context.problems.empty() && scenario;
    tidy_problems(context.problems);
    loaded.diagnostics = std::move(context.problems);
    for (const Diagnostic& w : context.warnings) loaded.diagnostics.push_back(w);
    if (!fine) return loaded;
    scenario->notices = std::move(context.notices);
    scenario->warnings = std::move(context.warnings);
    loaded.scenario = std::move(scenario);
    return loaded;
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& name, const LoadOptions& options) {
    LoadContext context(name);
    context.most_steps = options.most_steps;
    std::vector<Node> documents = read_yaml(text, context.file, context.problems);
    if (!context.problems.empty()) return finish(context, std::nullopt);
    if (documents.empty()) {
        context.error(Place{name}, "the file is empty");
        return finish(context, std::nullopt);
    }
    if (documents.size() > 1) {
        context.error(documents[1].place(), "a file holds one scenario; this is a second document");
        return finish(context, std::nullopt);
    }
    Node& document = documents[0];
    for (const std::string& assignment : options.set) override_value(document, assignment, context);
    if (!context.problems.empty() || !is_scenario(document, context))
        return finish(context, std::nullopt);

    CheckResult shape;
    check(document, *language::scenario(), "", shape);
    context.notices = std::move(shape.notices);
    if (!shape.problems.empty()) {
        context.problems = std::move(shape.problems);
        return finish(context, std::nullopt);
    }
    Scenario scenario;
    scenario.file = name;
    read_spec(document, options, context, scenario);
    return finish(context, std::move(scenario));
}

Loaded load_file(const std::string& path, const LoadOptions& options) {
    FileText file = read_file(path, ReadLimits().bytes);
    if (file.problem.empty()) return load_text(file.text, path, options);
    Loaded loaded;
    loaded.diagnostics.push_back({Place{path}, file.problem});
    return loaded;
}

}  // namespace scenarios
