#include "scenarios/storage_filter.hpp"

#include <algorithm>

#include "model/csi/endpoint.hpp"
#include "model/csi/inventory.hpp"

namespace scenarios {

using model::csi::Backend;
using model::csi::BackendVolume;
using model::csi::Inventory;

namespace {

// Who asked for it wants to write from one node.
bool is_for_one_node(const BackendVolume& volume) {
    const auto& all = volume.capabilities;
    return std::none_of(all.begin(), all.end(),
                        [](const auto& c) { return model::csi::is_multi_node(c.access_mode); });
}

}  // namespace

std::vector<std::string> stored_volumes(model::Cluster& cluster, const model::api::Value& written) {
    std::vector<std::string> found;
    const model::api::Value* driver = written.find("driver");
    const std::string_view state = written.find("state")->as_string();
    model::csi::Endpoint* endpoint =
        cluster.endpoint(driver ? driver->as_string() : std::string_view());
    if (!endpoint) return found;
    const Backend& backend = endpoint->driver().backend();
    const Inventory inventory =
        inventory_of(backend.volumes(), model::csi::volumes_of(cluster.server(), endpoint->name()));
    if (state == "leaked")
        for (const auto& id : inventory.leaked) found.push_back(id.str());
    if (state == "dangling")
        for (const Inventory::Dangling& d : inventory.dangling) found.push_back(d.volume.str());
    if (state == "kept")
        for (const BackendVolume& volume : backend.kept()) found.push_back(volume.id.str());
    for (const auto& entry : backend.volumes()) {
        const bool split = state == "split" && is_for_one_node(entry.second) &&
                           cluster.nodes_mounting(endpoint->name(), entry.first).size() > 1;
        if (split || state == "present" || (state == "erased" && entry.second.erased))
            found.push_back(entry.first.str());
    }
    return found;
}

}  // namespace scenarios
