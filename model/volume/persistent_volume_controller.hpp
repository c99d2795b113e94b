// PersistentVolumeController: binds claims to volumes, reclaims released volumes, asks provisioners for new ones.
// Counterpart: pkg/controller/volume/persistentvolume (pv_controller.go, pv_controller_base.go), v1.36 and 1.26 by profile.
// In-tree plugins are a host path deleter and provisioner, host path and NFS recyclers, and what a test plugs in.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "model/control/process.hpp"
#include "model/profile.hpp"

namespace model::volume {

// What an in-tree plugin does for the controller. The table tests plug in a mock; a cluster has host path and NFS.
// A nullopt answer means that this plugin set has none for the volume; a string is an error.
class InTreePlugins {
  public:
    virtual ~InTreePlugins() = default;
    // Names of in-tree provisioners that exist: "kubernetes.io/host-path".
    virtual bool can_provision(std::string_view provisioner) const = 0;
    virtual bool can_delete(const api::PersistentVolume& volume) const = 0;
    virtual bool can_recycle(const api::PersistentVolume& volume) const = 0;
    // "" is success.
    virtual std::string provision(const api::PersistentVolumeClaim& claim, const api::StorageClass& cls,
                                  api::PersistentVolume* volume) = 0;
    virtual std::string remove(const api::PersistentVolume& volume) = 0;
    // Plugins whose recycling is no recycler pod (mock) answer at once; nullopt: run the recycler pod.
    virtual std::optional<std::string> recycle(const api::PersistentVolume& volume) = 0;
};

struct PersistentVolumeControllerOptions {
    Profile profile;
    sim::Duration sync_period = std::chrono::seconds(15);
    sim::Duration first_resync{};  // after start
    bool dynamic_provisioning = true;
    PersistentVolumeControllerOptions() = default;
};

}  // namespace model::volume
