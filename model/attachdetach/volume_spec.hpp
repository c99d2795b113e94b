// VolumeSpec: a pod's volume as the attach/detach controller sees it, resolved through its claim to
// the volume, translated to CSI where its in-tree plugin has been migrated. Counterpart:
// pkg/volume/plugins.go Spec, pkg/controller/volume/attachdetach/util/util.go, csi_plugin.go
// CanAttach (v1.36). Attachable are csi, iscsi and fc. Left out: flexvolume, migrated volumes
// written directly into pods, and in-tree plugins of 1.26 that a node has not migrated.
#pragma once

#include <memory>
#include <string>

#include "model/api/objects_core.hpp"
#include "model/control/informer.hpp"
#include "model/profile.hpp"

namespace model::attachdetach {

struct VolumeSpec {
    enum class Plugin : unsigned char { Csi, Iscsi, FibreChannel };
    Plugin plugin = Plugin::Csi;
    api::Text unique_name;  // kubernetes.io/csi/DRIVER^HANDLE
    api::Text name;         // of the PersistentVolume, or of the volume in the pod
    api::Text driver, handle;
    bool multi_attach = false;  // may be attached to several nodes
    bool migrated = false;      // from an in-tree plugin
    VolumeSpec() = default;
};
// Null: not known (a volume found in a node's status after a restart).
using SpecRef = std::shared_ptr<const VolumeSpec>;

inline bool allows_multi_attach(const SpecRef& spec) { return !spec || spec->multi_attach; }

// A volume on a node: what is attached and detached.
struct VolumeOnNode {
    api::Text volume, node;
    friend bool operator==(const VolumeOnNode&, const VolumeOnNode&) = default;
    friend auto operator<=>(const VolumeOnNode& a, const VolumeOnNode& b) {
        auto c = a.volume <=> b.volume;
        return c != 0 ? c : a.node <=> b.node;
    }
};

// Looks things up in the informers of the process.
class VolumeResolver {
  public:
    struct Informers {
        const control::Informer &claims, &volumes, &csi_nodes, &csi_drivers;
    };
    VolumeResolver(Informers informers, const Profile& profile)
        : informers_(informers), profile_(profile) {}

    // Null where the claim is not bound, the volume unknown, or it is no volume to be attached.
    SpecRef of_pod_volume(const api::Volume& volume, const api::Pod& pod) const;
    // As of_pod_volume, for a VolumeAttachment's volume: null where it is not known or not
    // attachable.
    SpecRef of_volume(const api::Text& volume) const;
    // False once the driver's CSIDriver says that it does not attach; without one it does.
    bool is_attachable(const VolumeSpec& spec) const;

  private:
    api::Ref<api::PersistentVolume> bound_volume(const api::Volume& volume,
                                                 const api::Pod& pod) const;
    SpecRef spec_of(const api::PersistentVolume& volume, const api::Text* node) const;
    SpecRef attachable(SpecRef spec) const;
    bool is_migrated_on(const api::Text& node, std::string_view driver) const;

    Informers informers_;
    const Profile& profile_;
};

}  // namespace model::attachdetach
