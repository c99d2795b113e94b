// DesiredState: which volumes should be attached to which nodes, for which pods. A plain value,
// ordered by volume and node. Counterpart: pkg/controller/volume/attachdetach/cache/
// desired_state_of_world.go (v1.36). It keeps the spec and the pods as they were when they came,
// and notes which entries came or went since somebody asked.
#pragma once

#include <map>
#include <vector>

#include "model/attachdetach/volume_spec.hpp"

namespace model::attachdetach {

class DesiredState {
  public:
    using Pods = std::map<api::Text, api::Ref<api::Pod>>;  // by uid
    struct Entry {
        SpecRef spec;
        bool told_multi_attach = false;
        Pods pods;
        Entry() = default;
    };

    // `keeps_terminated`: volumes of ended pods stay (an annotation of old nodes).
    void add_node(const api::Text& node, bool keeps_terminated);
    // False, and nothing is done, while something is desired there.
    bool remove_node(const api::Text& node);
    bool manages(const api::Text& node) const { return nodes_.contains(node); }
    bool keeps_terminated(const api::Text& node) const;

    // Of a managed node. What is there already stays as it came.
    void add_pod(const api::Ref<api::Pod>& pod, const SpecRef& spec);
    // The entry goes with its last pod.
    void remove_pod(const api::Text& uid, const VolumeOnNode& where);
    void tell_multi_attach(const VolumeOnNode& where);

    bool wants(const VolumeOnNode& where) const { return entries_.contains(where); }
    const Entry* find(const VolumeOnNode& where) const;
    const std::map<VolumeOnNode, Entry>& entries() const { return entries_; }
    // Pods that want the volume on other nodes than that one.
    std::vector<api::Ref<api::Pod>> pods_elsewhere(const VolumeOnNode& where,
                                                   const std::vector<api::Text>& nodes) const;
    // Entries that came or went since the last call.
    std::vector<VolumeOnNode> take_changes() { return std::exchange(changes_, {}); }

  private:
    struct Node {
        bool keeps_terminated = false;
        std::size_t entries = 0;
    };
    std::map<api::Text, Node> nodes_;
    std::map<VolumeOnNode, Entry> entries_;
    std::vector<VolumeOnNode> changes_;
};

}  // namespace model::attachdetach
