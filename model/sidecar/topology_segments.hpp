// TopologySegments: the distinct places that a driver's nodes stand in, from CSINodes and the
// labels of their nodes. Counterpart: external-provisioner pkg/capacity/topology/nodes.go.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/csi/message_parts.hpp"

namespace model::sidecar {

class TopologySegments {
  public:
    // `changed` is called after a change of what all() gives.
    TopologySegments(control::Process& process, std::string driver, std::function<void()> changed);

    void start();
    // In the order of their text. A driver without topology has one without entries.
    const std::vector<csi::Topology>& all() const { return segments_; }

  private:
    sim::Task<api::Status> sync(control::WorkQueue::Item item);
    std::vector<csi::Topology> found() const;
    const api::List<api::Text>* keys_of(const api::ObjectRef& csi_node) const;

    control::Process& process_;
    std::string driver_;
    std::function<void()> changed_;
    control::Informer& nodes_;
    control::Informer& csi_nodes_;
    control::WorkQueue queue_;  // of one key: changes of one instant count once
    std::vector<csi::Topology> segments_;
};

}  // namespace model::sidecar
