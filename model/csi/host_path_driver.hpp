// HostPathDriver: csi-driver-host-path, Kubernetes' own example, with its codes and texts: a
// missing capability is INVALID_ARGUMENT, misuse is INTERNAL, kinds of storage have a capacity
// each. Counterpart: csi-driver-host-path pkg/hostpath, 1f2b2e6, deployed next to each node. Left
// out: the bytes, raw block devices, the random limit of --attach-limit=-1, the proxy.
#pragma once

#include <map>

#include "model/csi/csi_driver.hpp"

namespace model::csi {

// Options of the profile: capacity/KIND (a quantity), checkVolumeLifecycle (true),
// maxVolumeSizeNode (a quantity). --enable-attach and the like are the profile's capabilities.
class HostPathDriver final : public CsiDriver {
  public:
    explicit HostPathDriver(DriverSettings settings);
    Text lock_key(const Request&) const override { return {}; }  // one mutex: calls wait

  private:
    using CsiDriver::on;
    // host_path_driver.cpp
    Outcome on(const CreateVolumeRequest&, const CallContext&) override;
    Outcome on(const DeleteVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerPublishVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerUnpublishVolumeRequest&, const CallContext&) override;
    // host_path_rest.cpp
    Outcome on(const ValidateVolumeCapabilitiesRequest&, const CallContext&) override;
    Outcome on(const GetCapacityRequest&, const CallContext&) override;
    Outcome on(const ListVolumesRequest&, const CallContext&) override;
    Outcome on(const ControllerGetVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerModifyVolumeRequest&, const CallContext&) override;
    Outcome on(const ControllerExpandVolumeRequest&, const CallContext&) override;
    Outcome on(const CreateSnapshotRequest&, const CallContext&) override;
    Outcome on(const DeleteSnapshotRequest&, const CallContext&) override;
    Outcome on(const ListSnapshotsRequest&, const CallContext&) override;
    Outcome on(const GetSnapshotRequest&, const CallContext&) override;
    // host_path_node.cpp
    Outcome on(const NodeStageVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeUnstageVolumeRequest&, const CallContext&) override;
    Outcome on(const NodePublishVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeUnpublishVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeGetVolumeStatsRequest&, const CallContext&) override;
    Outcome on(const NodeExpandVolumeRequest&, const CallContext&) override;

    RpcStatus check_offered(ControllerCapability c) const;
    RpcStatus check_create(const CreateVolumeRequest& request) const;
    RpcStatus check_mutable(const TextMap& parameters) const;
    // The volume of that name answers for the new one, or says why not.
    Outcome answer_with(const BackendVolume& known, const CreateVolumeRequest& request) const;
    RpcStatus allocate(const Text& asked_kind, std::int64_t bytes, Text& kind) const;
    RpcStatus copy_source(const CreateVolumeRequest& request, BackendVolume& volume);
    std::int64_t used_of(const Text& kind) const;
    RpcStatus check_unused(const BackendVolume& volume, bool attached_counts) const;
    BackendVolume& add_ephemeral(const Text& id);
    RpcStatus check_publish(const BackendVolume& volume, const NodePublishVolumeRequest& request,
                            const CallContext& context) const;
    bool checks_lifecycle() const {
        return profile().option("checkVolumeLifecycle") == "true";
    }
    bool enables_attach() const { return has(ControllerCapability::PublishUnpublishVolume); }

    std::map<Text, std::int64_t> capacity_;  // bytes by kind; empty: not tracked
    std::map<Text, Text> kind_of_;           // by volume id
};

// "volume id X does not exist in the volumes list".
RpcStatus no_host_path_volume(const Text& id);

}  // namespace model::csi
