// CsiDriver: a driver that does what the CSI specification 1.12 asks, within its profile's
// capabilities and limits. Where the specification leaves the text free, messages follow the AWS
// EBS driver's wording. Left out: filesystems (fs_type and mount flags are kept and compared, no
// more), secrets (accepted, not looked at), data that changes between two snapshots.
#pragma once

#include "model/csi/plugin.hpp"

namespace model::csi {

class CsiDriver : public Plugin {
  public:
    using Plugin::Plugin;

  protected:
    using Plugin::on;
    // csi_driver_create.cpp
    Outcome on(const CreateVolumeRequest&, const CallContext&) override;
    // csi_driver.cpp
    Outcome on(const DeleteVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerPublishVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerUnpublishVolumeRequest&, const CallContext&) override;
    Outcome on(const ValidateVolumeCapabilitiesRequest&, const CallContext&) override;
    Outcome on(const ControllerModifyVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerExpandVolumeRequest&, const CallContext&) override;
    // csi_driver_list.cpp
    Outcome on(const ListVolumesRequest&, const CallContext&) override;
    Outcome on(const ControllerGetVolumeRequest&, const CallContext&) override;
    Outcome on(const GetCapacityRequest&, const CallContext&) override;
    Outcome on(const ListSnapshotsRequest&, const CallContext&) override;
    Outcome on(const GetSnapshotRequest&, const CallContext&) override;
    // csi_driver_snapshot.cpp
    Outcome on(const CreateSnapshotRequest&, const CallContext&) override;
    Outcome on(const DeleteSnapshotRequest&, const CallContext&) override;
    Outcome on(const CreateVolumeGroupSnapshotRequest&, const CallContext&) override;
    Outcome on(const DeleteVolumeGroupSnapshotRequest&, const CallContext&) override;
    Outcome on(const GetVolumeGroupSnapshotRequest&, const CallContext&) override;
    Outcome on(const GetMetadataAllocatedRequest&, const CallContext&) override;
    Outcome on(const GetMetadataDeltaRequest&, const CallContext&) override;
    // csi_driver_node.cpp
    Outcome on(const NodeStageVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeUnstageVolumeRequest&, const CallContext&) override;
    Outcome on(const NodePublishVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeUnpublishVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeGetVolumeStatsRequest&, const CallContext&) override;
    Outcome on(const NodeExpandVolumeRequest&, const CallContext&) override;

    // A volume, a snapshot, a group as answers show them.
    Volume shown(const BackendVolume& volume) const;
    Snapshot shown(const BackendSnapshot& snapshot) const;
    VolumeGroupSnapshot shown(const BackendGroupSnapshot& group);
    VolumeStatus status_of(const BackendVolume& volume) const;
    bool is_known_node(const Text& node) const;

  private:
    // csi_driver_create.cpp
    RpcStatus check_create(const CreateVolumeRequest& request) const;
    RpcStatus check_parameters(const CreateVolumeRequest& request) const;
    RpcStatus check_mutable(const TextMap& parameters) const;
    RpcStatus choose_size(const CreateVolumeRequest& request, std::int64_t& bytes);
    RpcStatus choose_segment(const CreateVolumeRequest& request, std::int64_t bytes,
                             std::vector<Topology>& chosen);
    bool is_same_volume(const BackendVolume& volume, const CreateVolumeRequest& request) const;
    RpcStatus copy_source(const CreateVolumeRequest& request, BackendVolume& volume);
    bool is_supported(const VolumeCapability& capability) const;
    bool are_supported(const std::vector<VolumeCapability>& capabilities) const;
    // csi_driver.cpp
    RpcStatus check_attachable(const BackendVolume& volume,
                               const ControllerPublishVolumeRequest& request) const;
    RpcStatus resize_within(BackendVolume& volume, const CapacityRange& range, bool offline_only);
    bool is_reachable_from(const BackendVolume& volume, const Text& node) const;
    // csi_driver_snapshot.cpp
    const BackendSnapshot& cut(const BackendVolume& volume, const Text& name, const Text& group,
                               std::int64_t nanos);
    RpcStatus check_group(const BackendGroupSnapshot& group,
                          const std::vector<Text>& snapshot_ids) const;
    // csi_driver_node.cpp
    RpcStatus check_attached(const BackendVolume& volume, const TextMap& publish_context,
                             const Text& node) const;
    bool has_groups() const {
        return profile().plugin.has(PluginCapability::GroupControllerService);
    }
    bool has_metadata() const {
        return profile().plugin.has(PluginCapability::SnapshotMetadataService);
    }
};

// '"a"', as Go's %q prints what needs no escapes.
inline std::string in_quotes(const Text& text) { return "\"" + text.str() + "\""; }

}  // namespace model::csi
