// What in-tree volume plugins do for the PersistentVolume controller. The table tests plug in a
// mock; a cluster has the host path plugin (recycler, deleter, and on demand a provisioner) and the
// NFS recycler. Counterpart: pkg/volume/plugins.go VolumePluginMgr, pkg/volume/hostpath,
// pkg/volume/nfs, csi-translation-lib. Plugins that do nothing for this controller (iscsi, local,
// fc, ...) are only known as sources that cannot be deleted or recycled.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/volume/binding.hpp"

namespace model::volume {

class InTreePlugins {
  public:
    virtual ~InTreePlugins() = default;
    // The CSI driver that an in-tree plugin has been migrated to, "" where it has not.
    virtual std::string_view csi_driver_of(std::string_view plugin) const;
    // By name, as a StorageClass's provisioner: "kubernetes.io/host-path".
    virtual bool can_provision(std::string_view provisioner) const = 0;
    // By name, as in the annotation provisioned-by.
    virtual bool has_deleter(std::string_view plugin) const;
    // By the volume's source.
    virtual bool can_delete(const PV& volume) const = 0;
    virtual bool can_recycle(const PV& volume) const = 0;
    // Upstream's words for a look-up by name or by source that finds nothing. `ability`:
    // "provisionable", "deletable".
    virtual std::string not_found(std::string_view plugin, std::string_view ability) const;
    virtual std::string no_deleter(const PV& volume) const;

    // "" is success, anything else the error's text.
    virtual std::string prepare_to_provision(const PVC& claim) {
        return (void)claim, std::string();
    }
    virtual std::string provision(const PVC& claim, const api::StorageClass& cls, PV* volume) = 0;
    virtual std::string remove(const PV& volume) = 0;
    // True for an error of `remove` that only asks for patience: the volume is in use still.
    virtual bool is_in_use(std::string_view error) const { return (void)error, false; }
    // Plugins whose recycling is no recycler pod (a mock) answer at once; nullopt: run the recycler
    // pod.
    virtual std::optional<std::string> recycle(const PV& volume) = 0;
};

class HostPathAndNfs : public InTreePlugins {
  public:
    // `more_plugins`: local and csi plugins are loaded, too, which can do nothing here.
    explicit HostPathAndNfs(bool provisioning, bool more_plugins = false)
        : provisioning_(provisioning), more_plugins_(more_plugins) {}
    bool can_provision(std::string_view provisioner) const override;
    bool can_delete(const PV& volume) const override;
    bool can_recycle(const PV& volume) const override;
    std::string prepare_to_provision(const PVC& claim) override;
    std::string provision(const PVC& claim, const api::StorageClass& cls, PV* volume) override;
    std::string remove(const PV& volume) override;
    std::optional<std::string> recycle(const PV& volume) override;
    std::string not_found(std::string_view plugin, std::string_view ability) const override;
    std::string no_deleter(const PV& volume) const override;

  private:
    bool provisioning_, more_plugins_;
};

}  // namespace model::volume
