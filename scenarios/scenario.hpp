// Scenario: a loaded and checked scenario file: what the cluster is, what is done to it and when,
// what must be true. The text form is documented by `stowage schema`; loading never throws for bad
// input and never reads beyond the file and the manifests it names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/cluster.hpp"
#include "model/csi/rpc.hpp"
#include "scenarios/diagnostic.hpp"

namespace scenarios {

using model::api::Value;

// A partial object: kind, name, namespace and whatever must match (see `matches` in match.hpp).
struct Pattern {
    Value body;  // as written, with ${uid:...} unresolved
    std::string kind, name,
        ns;  // name "": any; ns "default" where the kind is namespaced and none is given
    Place place;
};

struct Condition {  // of `when`
    Pattern object;
    bool gone = false;
};

struct Target {  // {component: X, driver: D}, {node: N}, {heartbeats: N}
    std::string component, driver, node, heartbeats;
};

namespace action {
struct Create {
    Value manifest;
};
struct Apply {
    std::vector<Value> manifests;
};
struct Replace {
    Value manifest;
};
struct Patch {
    Pattern target;
    std::string subresource;
    model::api::PatchType type;
    Value body;
};
struct Delete {
    Pattern target;  // without a name: all that match at that time
    model::api::DeleteOptions options;
};
struct Crash {
    Target target;
    model::InFlight in_flight;
};
struct Stop {
    Target target;
};
struct Start {
    Target target;
};
struct Restart {
    Target target;
};
struct Drain {
    std::string node;
};  // cordon, then evict
struct Cordon {
    std::string node;
    bool on = true;
};
struct Taint {
    std::string node;
    Value taint;
    bool remove = false;
};
struct Partition {
    Target target;
    std::optional<sim::Duration> lasts;  // it heals by itself then
};
struct Heal {
    Target target;
};
struct Faults {
    std::string driver;  // "": the only one
    std::vector<std::pair<model::csi::Method, model::csi::Fault>> faults;
};
struct Lag {
    Target target;
    std::string kind;
    sim::Duration by{};
};
struct Note {
    std::string text;
};
}  // namespace action

using Action =
    std::variant<std::monostate, action::Create, action::Apply, action::Replace, action::Patch,
                 action::Delete, action::Crash, action::Stop, action::Start, action::Restart,
                 action::Drain, action::Cordon, action::Taint, action::Partition, action::Heal,
                 action::Faults, action::Lag, action::Note>;

struct Rejection {
    int code = 0;
    std::string message;  // compared as the scenario documentation says
};

// within: must become true in (s, s + D]; always, never: from s to the end; count, latency: judged
// at the end.
struct Expectation {
    enum class Kind : unsigned char { Within, Always, Never, Count, Latency } kind{};
    Value body;        // as written
    std::string text;  // one line for reports
    Place place;
    sim::Duration within{};
};

struct Step {
    std::optional<sim::Duration> at, after;
    std::vector<Condition> when;
    sim::Duration timeout = std::chrono::minutes(5);  // of when
    Action action;
    std::optional<Rejection> rejected;
    std::vector<int> may_be_rejected;  // codes of refusals that may come or not
    std::optional<Expectation> expect;
    std::string text;  // one line: `create PersistentVolumeClaim default/data`
    Place place;
};

// A figure measured on a real cluster, and how the run's own is found and held against it.
struct Comparison {
    std::string what, source, of;  // of: a latency's name
    bool is_share = true;  // else: the time at which `percent` were reached, or, if `is_took`,
    bool is_took = false;  // how long that many took at most
    // Else: when the nth object came to match, or the nth such event or CSI call came.
    std::optional<Pattern> came_object;
    std::optional<Value> came_event, came_rpc;
    std::int64_t nth = 1;
    sim::Duration over{-1}, up_to = sim::Duration::max();  // share: over < took <= up_to
    int percent = 100;
    sim::Duration since{};  // reached: counted from here
    std::int64_t recorded_count = 0, recorded_of = 0;
    sim::Duration recorded_time{};
    // Bounds; nothing where none is asked for.
    std::optional<double> p_at_least;
    std::optional<std::int64_t> from_percent, to_percent, within_percent;
};

struct Scenario {
    std::string file, name, description;
    model::api::TextMap labels;
    model::ClusterOptions cluster;  // profile, seed, latencies, phases, limits, which actors
    std::optional<sim::Duration> until;
    std::vector<Value> objects;  // exist before time 0
    std::vector<Step> steps;
    std::vector<Expectation> expect;
    std::vector<Comparison> compare;
    std::vector<std::string>
        notices;  // absent actors and the like: one line each at the start of a run
    Diagnostics warnings;
};

struct LoadOptions {
    std::optional<std::uint64_t> seed;
    std::vector<std::string> set;         // path=value, e.g. spec.cluster.phases.pvBinderResync=3s
    std::int64_t most_steps = 1'000'000;  // repetitions included; more are an error of the file
    LoadOptions() = default;
};

// Either a scenario or at least one diagnostic that is no warning.
struct Loaded {
    std::optional<Scenario> scenario;
    Diagnostics diagnostics;
};
Loaded load_file(const std::string& path, const LoadOptions& options = {});
Loaded load_text(std::string_view text, const std::string& name, const LoadOptions& options = {});

// The JSON Schema (draft 2020-12) of the scenario file.
std::string json_schema();

}  // namespace scenarios
