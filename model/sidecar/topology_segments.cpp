#include "model/sidecar/topology_segments.hpp"

#include <map>

#include "model/api/objects_storage.hpp"

namespace model::sidecar {

TopologySegments::TopologySegments(control::Process& process, std::string driver,
                                   std::function<void()> changed)
    : process_(process),
      driver_(std::move(driver)),
      changed_(std::move(changed)),
      nodes_(process.informer(api::Kind::Node)),
      csi_nodes_(process.informer(api::Kind::CSINode)),
      queue_(process.engine(), process.journal(), "csi-provisioner/topology") {
    nodes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (before && after && before->metadata.labels == after->metadata.labels) return;
        queue_.add(api::Key());
    });
    csi_nodes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (before && after) {
            const auto* was = keys_of(before);
            const auto* is = keys_of(after);
            if ((!was && !is) || (was && is && *was == *is)) return;
        }
        queue_.add(api::Key());
    });
}

void TopologySegments::start() {
    segments_ = found();
    process_.spawn_worker(queue_,
                          [this](control::WorkQueue::Item item) { return sync(std::move(item)); });
}

sim::Task<api::Status> TopologySegments::sync(control::WorkQueue::Item item) {
    queue_.forget(item.key);
    std::vector<csi::Topology> now = found();
    if (now == segments_) co_return api::Status();
    segments_ = std::move(now);
    changed_();
    co_return api::Status();
}

// Null where the driver does not run there.
const api::List<api::Text>* TopologySegments::keys_of(const api::ObjectRef& csi_node) const {
    for (const api::CSINodeDriver& d : static_cast<const api::CSINode&>(*csi_node).spec.drivers)
        if (d.name == driver_) return &d.topologyKeys;
    return nullptr;
}

std::vector<csi::Topology> TopologySegments::found() const {
    std::map<std::string, csi::Topology> by_text;
    csi_nodes_.for_each([&](const api::ObjectRef& csi_node) {
        const api::List<api::Text>* keys = keys_of(csi_node);
        const auto node = nodes_.get(csi_node->key());
        if (!keys || !node) return;
        csi::Topology segment;
        for (const api::Text& key : *keys) {
            // The kubelet has written the CSINode, but not yet the label.
            const api::Text* value = node->metadata.labels.find(key);
            if (!value) return;
            segment.segments.set(key, *value);
        }
        std::string text = segment.text();
        by_text.emplace(std::move(text), std::move(segment));
    });
    std::vector<csi::Topology> all;
    for (auto& entry : by_text) all.push_back(std::move(entry.second));
    return all;
}

}  // namespace model::sidecar
