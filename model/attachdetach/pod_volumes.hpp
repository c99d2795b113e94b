// PodVolumes: a pod's volumes come into the desired state or leave it. Counterpart: pkg/controller/
// volume/attachdetach/util/util.go ProcessPodVolumes, DetermineVolumeAction (v1.36). A volume that
// cannot be resolved is passed over without a word; the pods that have one are remembered.
#pragma once

#include "model/api/key_map.hpp"
#include "model/attachdetach/world.hpp"
#include "model/control/process.hpp"

namespace model::attachdetach {

class PodVolumes {
  public:
    PodVolumes(World& world, const VolumeResolver& resolver) : world_(world), resolver_(resolver) {}

    // Failed, succeeded, or being deleted with no container running: a detach may begin while the
    // pod is there still.
    bool is_terminated(const api::Pod& pod) const;
    // False for a terminated pod, but on nodes that keep the volumes of such pods.
    bool keeps_volumes(const api::Pod& pod) const;

    // Adds or removes, as the pod's state wants it. Nothing for a pod without a node.
    void process(const api::Ref<api::Pod>& pod);
    void add(const api::Ref<api::Pod>& pod);
    // False where a volume could not be resolved any more: it stays until the populator comes by.
    bool remove(const api::Ref<api::Pod>& pod);

    // Whether pods wait for their volumes to be known.
    bool has_unresolved() const { return !unresolved_.empty(); }
    const VolumeResolver& resolver() const { return resolver_; }
    std::function<void()> left_behind = [] {};  // remove() has failed

  private:
    World& world_;
    const VolumeResolver& resolver_;
    api::KeyMap<bool> unresolved_;  // pods
};

}  // namespace model::attachdetach
