#include "model/csi/inventory.hpp"

#include <algorithm>

namespace model::csi {

Inventory inventory_of(const Backend::Volumes& stored, const VolumeRefs& volumes) {
    Inventory inventory;
    for (const api::Ref<api::PersistentVolume>& volume : volumes) {
        const Text& handle = volume->spec.source.csi->volumeHandle;
        if (stored.contains(handle))
            inventory.named_by[handle].push_back(volume->metadata.name);
        else
            inventory.dangling.push_back({volume->metadata.name, handle});
    }
    for (const auto& entry : stored)
        if (!inventory.named_by.contains(entry.first)) inventory.leaked.push_back(entry.first);
    return inventory;
}

VolumeRefs volumes_of(const api::ObjectReader& objects, std::string_view driver) {
    VolumeRefs volumes;
    objects.for_each(api::Kind::PersistentVolume, "", [&](const api::ObjectRef& object) {
        const auto volume = api::as<api::PersistentVolume>(object);
        if (volume->spec.source.csi && volume->spec.source.csi->driver == driver)
            volumes.push_back(volume);
    });
    std::sort(volumes.begin(), volumes.end(),
              [](const auto& a, const auto& b) { return a->metadata.name < b->metadata.name; });
    return volumes;
}

}  // namespace model::csi
