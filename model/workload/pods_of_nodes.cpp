#include "model/workload/pods_of_nodes.hpp"

#include <algorithm>

namespace model::workload {

namespace {
api::Text node_of(const api::Ref<api::Pod>& pod) { return pod ? pod->spec.nodeName : api::Text(); }
}  // namespace

PodsOfNodes::PodsOfNodes(control::Informer& pods) : pods_(pods) {
    pods.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        const auto old = api::as<api::Pod>(before);
        const auto now = api::as<api::Pod>(after);
        const api::Text was = node_of(old), is = node_of(now);
        if (was == is) return;
        const api::Key key = (now ? now : old)->key();
        if (const auto it = by_node_.find(was); !was.empty() && it != by_node_.end()) {
            std::erase(it->second, key);
            if (it->second.empty()) by_node_.erase(it);
        }
        if (is.empty()) return;
        std::vector<api::Key>& keys = by_node_[is];
        const auto place = std::lower_bound(keys.begin(), keys.end(), key);
        if (place == keys.end() || *place != key) keys.insert(place, key);
    });
}

std::vector<api::Ref<api::Pod>> PodsOfNodes::on(const api::Text& node) const {
    std::vector<api::Ref<api::Pod>> pods;
    const auto it = by_node_.find(node);
    if (it == by_node_.end()) return pods;
    for (const api::Key& key : it->second)
        if (api::Ref<api::Pod> pod = pods_.get<api::Pod>(key)) pods.push_back(std::move(pod));
    return pods;
}

}  // namespace model::workload
