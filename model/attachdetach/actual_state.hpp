// ActualState: which volumes are attached to which nodes as far as the controller knows, what each
// kubelet has in use, and what each node's status should list. A plain value, ordered by name.
// Counterpart: pkg/controller/volume/attachdetach/cache/actual_state_of_world.go (v1.36).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/attachdetach/volume_spec.hpp"
#include "sim/time.hpp"

namespace model::attachdetach {

class ActualState {
  public:
    enum class State : unsigned char { Detached, Uncertain, Attached };
    struct OnNode {
        bool confirmed = false;
        std::optional<sim::Time> detach_asked;
    };
    struct Volume {
        SpecRef spec;
        api::Text device_path;
        std::map<api::Text, OnNode> nodes;
        Volume() = default;
    };

    // A pair that is new counts as in use until the node says otherwise.
    void mark_attached(const VolumeOnNode& where, SpecRef spec, api::Text device_path);
    // What the node's status lists stays as it is.
    void mark_uncertain(const VolumeOnNode& where, SpecRef spec);
    void mark_detached(const VolumeOnNode& where);

    State state(const VolumeOnNode& where) const;
    const Volume* find(const api::Text& volume) const;
    const std::map<api::Text, Volume>& volumes() const { return volumes_; }
    // Only those where it is confirmed.
    std::vector<api::Text> nodes_of(const api::Text& volume) const;

    // How long ago detaching was wanted first; it is wanted from now on where it was not. Nothing
    // where the pair is not known.
    std::optional<sim::Duration> ask_detach(const VolumeOnNode& where, sim::Time now);
    std::optional<sim::Time> detach_asked(const VolumeOnNode& where) const;
    void forget_detach(const VolumeOnNode& where);

    // What the node's kubelet reports, in whole.
    void set_in_use(const api::Text& node, const api::List<api::Text>& volumes);
    bool is_in_use(const VolumeOnNode& where) const;
    // No kubelet has said so since the volume is known here.
    bool is_assumed_in_use(const VolumeOnNode& where) const { return assumed_.contains(where); }

    void report(const VolumeOnNode& where);
    void stop_reporting(const VolumeOnNode& where);
    bool is_reported(const VolumeOnNode& where) const;
    // Nothing happens for a node that never had anything to report.
    void need_update(const api::Text& node);
    bool needs_update(const api::Text& node) const;
    std::vector<api::Text> nodes_to_update() const;
    // The node's list; its need is met by that.
    api::List<api::AttachedVolume> take_report(const api::Text& node);

    // Pairs that came, went or changed their state since the last call.
    std::vector<VolumeOnNode> take_changes() { return std::exchange(changes_, {}); }

  private:
    struct Report {
        bool needs_update = true;
        std::set<api::Text> volumes;
    };
    void add(const VolumeOnNode& where, SpecRef spec, api::Text device_path, bool confirmed);
    OnNode* on_node(const VolumeOnNode& where);

    std::map<api::Text, Volume> volumes_;
    std::map<api::Text, std::set<api::Text>> in_use_;  // by node
    std::set<VolumeOnNode> assumed_;                   // of these
    std::map<api::Text, Report> reports_;              // by node
    std::vector<VolumeOnNode> changes_;
};

}  // namespace model::attachdetach
