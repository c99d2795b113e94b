// LoadContext: what the parts of the loader share while one scenario is read: complaints, the kinds
// seen, the names of files.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/api/scheme.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/shape.hpp"

namespace scenarios {

class LoadContext {
  public:
    explicit LoadContext(std::string file);

    void error(const Place& place, std::string message) {
        problems.push_back({place, std::move(message)});
    }
    void warn(const Place& place, std::string message);
    // A name that outlives all nodes.
    const std::string& keep(std::string file);
    // Path of a file that the scenario names, relative to its folder.
    std::string resolve(const std::string& name) const;

    // The kind by its name, told of where it is unknown. Kinds of manifests read so far are known.
    const model::api::KindInfo* kind(const Node& node, const std::string& apiVersion);
    // Says once that a kind is stored but nothing acts on it.
    void note_kind(const model::api::KindInfo& info, const Place& place);
    // Complains about names that the kind does not have at that path, where a known one is near.
    void check_fields(const Node& node, model::api::Kind kind, const std::string& path,
                      const std::set<std::string>& also = {});
    // Complains about malformed ${uid:...} in any string below.
    void check_uids(const Node& node);

    // Whether the name is that of a driver, told of where it is not; "" stands for the only one.
    void check_driver(const Place& place, const std::string& name);

    std::string file;
    std::vector<std::string> drivers;  // of spec.cluster
    std::int64_t most_steps = 0;
    // A repetition of what was read before: its warnings and misspelt keys were told already.
    bool again = false;
    Diagnostics problems;
    Diagnostics warnings;
    std::vector<std::string> notices;
    model::api::Scheme scheme;

  private:
    const std::vector<std::string>& field_names(model::api::Kind kind, const std::string& path);

    std::deque<std::string> files_;
    std::set<std::string> noted_kinds_;
    std::map<std::pair<model::api::Kind, std::string>, std::vector<std::string>> fields_;
};

// The readers of the parts, each of which trusts that the shape was checked.
void read_drivers(const Node& cluster, LoadContext& context, model::ClusterOptions& options);
void read_cluster(const Node& spec, LoadContext& context, Scenario& scenario);
std::vector<Step> read_steps(const Node* steps, const std::optional<sim::Duration>& until,
                             LoadContext& context);
std::optional<Expectation> read_expectation(const Node& node, LoadContext& context);
std::optional<Comparison> read_comparison(const Node& node, LoadContext& context);
sim::Distribution read_distribution(const Node& node, const std::string& where,
                                    LoadContext& context);

}  // namespace scenarios
