// Inventory: what a driver's storage holds, held against the volumes of the API server: which of it
// no PersistentVolume names (leaked), and which PersistentVolume names what is not there
// (dangling). For expectations and reports. A volume is of a driver if its source names the driver;
// who made it does not count.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "model/api/admission.hpp"
#include "model/api/objects_storage.hpp"
#include "model/csi/backend.hpp"

namespace model::csi {

using VolumeRefs = std::vector<api::Ref<api::PersistentVolume>>;

struct Inventory {
    struct Dangling {
        Text volume, handle;  // names of the PersistentVolume and of what it stands for
        bool operator==(const Dangling&) const = default;
    };
    std::map<Text, std::vector<Text>> named_by;  // volume id -> PersistentVolumes that name it
    std::vector<Text> leaked;                    // volume ids, sorted
    std::vector<Dangling> dangling;              // by name of the PersistentVolume
};

Inventory inventory_of(const Backend::Volumes& stored, const VolumeRefs& volumes);

// The PersistentVolumes of that driver, sorted by name.
VolumeRefs volumes_of(const api::ObjectReader& objects, std::string_view driver);

}  // namespace model::csi
