// NodeStatusUpdater: tells each node in its status which volumes are attached to it; the kubelet
// mounts nothing that is not listed there. Counterpart: pkg/controller/volume/attachdetach/
// statusupdater/node_status_updater.go (v1.36). The patch is made against the node as the cache has
// it, so a stale cache can make it say too little or too much, as it does upstream.
#pragma once

#include "model/attachdetach/world.hpp"
#include "model/control/process.hpp"

namespace model::attachdetach {

class NodeStatusUpdater {
  public:
    NodeStatusUpdater(control::Process& process, control::Client& client, World& world)
        : client_(client), world_(world), nodes_(process.informer(api::Kind::Node)) {}

    // One node's, where it is due. False where it failed: it is due still. A node that is gone
    // counts as told.
    sim::Task<bool> update(api::Text node);
    // All that are due, one after the other.
    sim::Task<void> update_all();

  private:
    sim::Task<bool> patch(api::Text node, api::List<api::AttachedVolume> volumes);

    control::Client& client_;
    World& world_;
    control::Informer& nodes_;
};

}  // namespace model::attachdetach
