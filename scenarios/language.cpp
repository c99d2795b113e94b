#include "scenarios/language.hpp"

namespace scenarios::language {
namespace {

using Kind = Shape::Kind;

std::shared_ptr<Shape> make(Kind kind, std::string expected) {
    auto shape = std::make_shared<Shape>();
    shape->kind = kind;
    shape->expected = std::move(expected);
    return shape;
}

ShapeRef quantiles() { return map(duration(), "a map of quantiles such as {p50: 3ms, p99: 9ms}"); }

ShapeRef distribution_record() {
    return record("distribution",
                  "a distribution such as {distribution: lognormal, median: 3ms, p99: 9ms}",
                  {required({"distribution",
                             word({"constant", "uniform", "exponential", "lognormal", "empirical"}),
                             "Its kind, which says what other keys it takes."}),
                   {"value", duration(), "constant: every sample."},
                   {"min", duration(), "uniform: the least sample."},
                   {"max", duration(), "uniform: the greatest sample."},
                   {"mean", duration(), "exponential: the mean."},
                   {"median", duration(), "lognormal: half of the samples are below."},
                   {"p99", duration(), "lognormal: 99 in 100 samples are below."},
                   {"quantiles", quantiles(),
                    "empirical: durations by quantile (p0 .. p100, p99.9), linear between."}});
}

}  // namespace

ShapeRef any(std::string expected) { return make(Kind::Any, std::move(expected)); }
ShapeRef boolean() { return make(Kind::Bool, "true or false"); }
ShapeRef integer(std::int64_t least, std::int64_t most) {
    auto shape = make(Kind::Int, "a whole number");
    shape->least = least;
    shape->most = most;
    return shape;
}
ShapeRef number(std::int64_t least, std::int64_t most) {
    auto shape = make(Kind::Number,
                      "a number from " + std::to_string(least) + " to " + std::to_string(most));
    shape->least = least;
    shape->most = most;
    return shape;
}
ShapeRef text(std::string expected) { return make(Kind::Text, std::move(expected)); }
ShapeRef loose_text(std::string expected) {
    auto shape = make(Kind::Text, std::move(expected));
    shape->loose = true;
    return shape;
}
ShapeRef duration() { return make(Kind::Duration, "a duration such as 15s"); }
ShapeRef instant() { return make(Kind::Time, "an instant such as 2026-01-01T00:00:00Z"); }
ShapeRef word(std::vector<std::string> words) {
    std::string expected = words.size() == 1 ? "" : "one of ";
    for (const std::string& w : words) expected += (&w == words.data() ? "" : ", ") + w;
    auto shape = make(Kind::Word, std::move(expected));
    shape->words = std::move(words);
    return shape;
}
ShapeRef list(ShapeRef element, std::string expected) {
    auto shape = make(Kind::List, std::move(expected));
    shape->element = std::move(element);
    return shape;
}
ShapeRef map(ShapeRef element, std::string expected, std::vector<std::string> keys) {
    auto shape = make(Kind::Map, std::move(expected));
    shape->element = std::move(element);
    shape->words = std::move(keys);
    return shape;
}
ShapeRef record(std::string definition, std::string expected, std::vector<Field> fields,
                bool open) {
    auto shape = make(Kind::Record, std::move(expected));
    shape->definition = std::move(definition);
    shape->fields = std::move(fields);
    shape->open = open;
    return shape;
}
ShapeRef one_of(std::string expected, std::vector<ShapeRef> choices) {
    auto shape = make(Kind::OneOf, std::move(expected));
    shape->choices = std::move(choices);
    return shape;
}

ShapeRef distribution() {
    return one_of(
        "a duration such as 15s or a distribution such as {distribution: lognormal, median: 3ms, "
        "p99: 9ms}",
        {duration(), distribution_record()});
}

// Kind and the rest are looked at when the manifest is read, since {file: ...} has none of them.
ShapeRef manifest() {
    return record("manifest", "a manifest, or {file: ...}",
                  {{"file", text("a file name"),
                    "Read the manifests from this file, relative to the scenario's folder."},
                   {"apiVersion", text(), "Group and version of the object."},
                   {"kind", text("a kind such as PersistentVolumeClaim"), "Kind of the object."},
                   {"metadata", any("a map"), "Name, namespace, labels and so on."},
                   {"spec", any("a map"), "What is wanted."},
                   {"status", any("a map"), "What is."}},
                  true);
}

ShapeRef pattern() {
    return record(
        "pattern", "a partial object such as {kind: Pod, name: web-0}",
        {required({"kind", text("a kind such as PersistentVolumeClaim"), "Kind of the object."}),
         {"name", text("a name"), "Its name; without one any object of the kind."},
         {"namespace", text("a namespace"), "Its namespace: default if not given, \"*\" for any."},
         {"apiVersion", text(), "Needed only where two groups have a kind of that name."},
         {"metadata", any("a map"), "Matched by the keys given."},
         {"spec", any("a map"), "Matched by the keys given."},
         {"status", any("a map"), "Matched by the keys given."}},
        true);
}

Field required(Field field) {
    field.required = true;
    return field;
}
Field needs(Part part, Field field) {
    field.part = part;
    return field;
}
Field notes(Part part, Field field) {
    field.part = part;
    field.only_noted = true;
    return field;
}

const ShapeRef& scenario() {
    static const ShapeRef metadata =
        record("metadata", "the scenario's metadata such as {name: node-death}",
               {required({"name", text("a name"), "What the scenario is called in reports."}),
                {"labels", map(text(), "a map of labels"), "For choosing and grouping scenarios."},
                {"annotations", map(text(), "a map of annotations"), "Free text for tools."}});
    static const ShapeRef spec =
        record("spec", "the scenario's spec",
               {{"description", text(), "What the scenario shows."},
                {"kubernetes", loose_text("a version such as \"1.36\""),
                 "Behaviour profile: feature gates and constants of that minor version, 1.26 to "
                 "1.36; 1.36 by default."},
                {"featureGates", map(boolean(), "a map of feature gates"),
                 "Feature gates that differ from the profile's."},
                {"seed", integer(0, INT64_MAX), "Of all that is drawn in the run; 1 by default."},
                {"startTime", instant(),
                 "What the cluster's wall clock shows at time 0; 2026-01-01T00:00:00Z by default."},
                {"until", duration(),
                 "Virtual time at which the run ends; by default when the cluster has settled, at "
                 "most 1h."},
                {"cluster", cluster(), "What the cluster is."},
                {"steps", list(steps(), "a list of steps"),
                 "What a person or a fault does to it, and when."},
                {"expect", expectations(), "What must be true, counted from time 0."},
                {"compare", comparisons(),
                 "What a real cluster did, printed beside what this run did; judged by `test`."}});
    static const ShapeRef all =
        record("scenario", "a scenario",
               {required({"apiVersion", word({std::string(kApiVersion)}),
                          "The version of this language."}),
                required({"kind", word({"Scenario"}), "Scenario."}),
                required({"metadata", metadata, "What the scenario is called."}),
                required({"spec", spec, "Cluster, steps and expectations."})});
    return all;
}

}  // namespace scenarios::language
