// NfsDriver: csi-driver-nfs with its habits. A volume is a directory and its id says which, so that
// nothing is looked up: any id can be expanded or validated, a name never clashes, and volumes that
// share a subDir lose their data together. Counterpart: csi-driver-nfs pkg/nfs, d3b27c0. Left out:
// permissions, mount options, stale handles, the cache of statistics.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "model/csi/nfs_volume.hpp"
#include "model/csi/plugin.hpp"

namespace model::csi {

// Options of the profile: onDelete (delete, retain, archive), removeArchivedVolumePath (true).
class NfsDriver final : public Plugin {
  public:
    using Plugin::Plugin;
    Outcome handle(const Request& request, const CallContext& context) override;
    // By name, by id, by id and target: what the real driver locks. Snapshots are not.
    Text lock_key(const Request& request) const override;
    RpcStatus busy(const Text& key) const override;

  private:
    using Plugin::on;
    Outcome on(const CreateVolumeRequest&, const CallContext&) override;
    Outcome on(const DeleteVolumeRequest&, const CallContext&) override;
    Outcome on(const ValidateVolumeCapabilitiesRequest&, const CallContext&) override;
    Outcome on(const ControllerExpandVolumeRequest&, const CallContext&) override;
    Outcome on(const CreateSnapshotRequest&, const CallContext&) override;
    Outcome on(const DeleteSnapshotRequest&, const CallContext&) override;
    Outcome on(const NodePublishVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeUnpublishVolumeRequest&, const CallContext&) override;
    Outcome on(const NodeGetVolumeStatsRequest&, const CallContext&) override;

    RpcStatus copy_source(const CreateVolumeRequest& request, BackendVolume& volume);
    RpcStatus archive(const NfsVolume& volume, const Text& id);
    void remove_directory(const NfsVolume& volume);
    bool was_deleted_lately(const Text& id, const CallContext& context) const;
    // False only for a directory that this driver has removed or renamed.
    bool exists(const NfsVolume& volume) const { return !gone_.contains(volume.directory()); }

    std::set<std::string> gone_;                     // directories
    std::set<std::string> archived_;                 // directories
    std::map<Text, std::int64_t> deleted_nanos_;     // by volume id
    std::map<std::pair<Text, Text>, Text> mounted_;  // node and target -> volume id
};

}  // namespace model::csi
