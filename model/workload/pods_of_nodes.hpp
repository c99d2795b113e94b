// Which pods are assigned to which node. Counterpart: the index "spec.nodeName" of the pod informer
// (controller.AddPodNodeNameIndexer). It follows an informer; the order is that of the pods' keys.
// Pods without a node are left out.
#pragma once

#include <map>
#include <vector>

#include "model/control/informer.hpp"

namespace model::workload {

class PodsOfNodes {
  public:
    // Follows the informer from now on; call before it starts, and before others who ask in their
    // own handlers follow it.
    explicit PodsOfNodes(control::Informer& pods);
    PodsOfNodes(const PodsOfNodes&) = delete;
    PodsOfNodes& operator=(const PodsOfNodes&) = delete;

    std::vector<api::Ref<api::Pod>> on(const api::Text& node) const;

  private:
    control::Informer& pods_;
    std::map<api::Text, std::vector<api::Key>> by_node_;  // sorted
};

}  // namespace model::workload
