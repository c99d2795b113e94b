// CsiDriver: snapshots, groups of them, and what is in them.
#include <algorithm>

#include "model/csi/csi_driver.hpp"

namespace model::csi {

namespace {

constexpr std::int64_t kBlockBytes = 4 << 20;  // of changed-block metadata; chosen
constexpr std::int64_t kFixedLength = 1;       // BlockMetadataType.FIXED_LENGTH

// The whole of the snapshot from an offset on, in blocks of one size. Which of them differ between
// two snapshots is not modelled: all do.
Outcome all_blocks(const BackendSnapshot& snapshot, std::int64_t offset, std::int64_t most) {
    if (offset < 0 || offset > snapshot.size_bytes)
        return RpcStatus(Code::OutOfRange, "failed to seek to starting offset: " +
                                               std::to_string(offset) + " is outside the volume");
    MetadataResponse answer;
    answer.block_metadata_type = kFixedLength;
    answer.volume_capacity_bytes = snapshot.size_bytes;
    for (std::int64_t at = offset - offset % kBlockBytes; at < snapshot.size_bytes;
         at += kBlockBytes) {
        if (most > 0 && static_cast<std::int64_t>(answer.block_metadata.size()) == most) break;
        BlockMetadata& block = answer.block_metadata.emplace_back();
        block.byte_offset = at;
        block.size_bytes = kBlockBytes;
    }
    return answer;
}

std::vector<Text> sorted(std::vector<Text> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace

Snapshot CsiDriver::shown(const BackendSnapshot& snapshot) const {
    Snapshot out;
    out.size_bytes = snapshot.size_bytes;
    out.snapshot_id = snapshot.id;
    out.source_volume_id = snapshot.source_volume_id;
    out.group_snapshot_id = snapshot.group_id;
    out.creation_time = snapshot.created_nanos;
    out.ready_to_use = true;
    return out;
}

const BackendSnapshot& CsiDriver::cut(const BackendVolume& volume, const Text& name,
                                      const Text& group, std::int64_t nanos) {
    BackendSnapshot snapshot;
    snapshot.id = new_id(profile().snapshot_prefix, name);
    snapshot.name = name;
    snapshot.source_volume_id = volume.id;
    snapshot.group_id = group;
    snapshot.size_bytes = volume.size_bytes;
    snapshot.created_nanos = nanos;
    snapshot.data = volume.data;
    return backend_.add(std::move(snapshot));
}

Outcome CsiDriver::on(const CreateSnapshotRequest& r, const CallContext& context) {
    if (!has(ControllerCapability::CreateDeleteSnapshot)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing(
            {{!r.name.empty(), "Snapshot name not provided"},
             {!r.source_volume_id.empty(), "Snapshot volume source ID not provided"}});
        !bad.ok())
        return bad;
    CreateSnapshotResponse answer;
    if (const BackendSnapshot* known = backend_.find_snapshot_named(r.name)) {
        if (known->source_volume_id != r.source_volume_id)
            return RpcStatus(Code::AlreadyExists, "Snapshot " + r.name +
                                                      " already exists for different volume (" +
                                                      known->source_volume_id.str() + ")");
        answer.snapshot = shown(*known);
        return answer;
    }
    const BackendVolume* volume = backend_.find(r.source_volume_id);
    if (!volume)
        return RpcStatus(Code::NotFound, "Volume " + in_quotes(r.source_volume_id) + " not found");
    answer.snapshot = shown(cut(*volume, r.name, Text(), context.clock_nanos));
    return answer;
}

Outcome CsiDriver::on(const DeleteSnapshotRequest& r, const CallContext&) {
    if (!has(ControllerCapability::CreateDeleteSnapshot)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.snapshot_id.empty(), "Snapshot ID not provided"}});
        !bad.ok())
        return bad;
    const BackendSnapshot* snapshot = backend_.find_snapshot(r.snapshot_id);
    if (snapshot && !snapshot->group_id.empty())
        return RpcStatus(Code::InvalidArgument, "Snapshot with ID " + r.snapshot_id +
                                                    " is part of groupsnapshot " +
                                                    snapshot->group_id.str());
    backend_.erase_snapshot(r.snapshot_id);
    return Empty();
}

VolumeGroupSnapshot CsiDriver::shown(const BackendGroupSnapshot& group) {
    VolumeGroupSnapshot out;
    out.group_snapshot_id = group.id;
    out.creation_time = group.created_nanos;
    out.ready_to_use = true;
    for (const Text& id : group.snapshot_ids)
        if (const BackendSnapshot* snapshot = backend_.find_snapshot(id))
            out.snapshots.push_back(shown(*snapshot));
    return out;
}

Outcome CsiDriver::on(const CreateVolumeGroupSnapshotRequest& r, const CallContext& context) {
    if (!has_groups()) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.name.empty(), "Name missing in request"},
                           {!r.source_volume_ids.empty(), "SourceVolumeIds missing in request"}});
        !bad.ok())
        return bad;
    VolumeGroupSnapshotResponse answer;
    if (const BackendGroupSnapshot* known = backend_.find_group_named(r.name)) {
        if (sorted(known->source_volume_ids) != sorted(r.source_volume_ids))
            return RpcStatus(Code::AlreadyExists,
                             "group snapshot with the same name: " + r.name +
                                 " but with different SourceVolumeIds already exist");
        answer.group_snapshot = shown(*known);
        return answer;
    }
    // All or nothing: look for every volume before the first is cut.
    for (const Text& id : r.source_volume_ids)
        if (!backend_.find(id))
            return RpcStatus(Code::NotFound, "Volume " + in_quotes(id) + " not found");
    BackendGroupSnapshot group;
    group.id = new_id(profile().snapshot_prefix, r.name);
    group.name = r.name;
    group.source_volume_ids = r.source_volume_ids;
    group.created_nanos = context.clock_nanos;
    for (const Text& id : r.source_volume_ids)
        group.snapshot_ids.push_back(
            cut(*backend_.find(id), r.name + "-" + id.str(), group.id, context.clock_nanos).id);
    answer.group_snapshot = shown(backend_.add(std::move(group)));
    return answer;
}

RpcStatus CsiDriver::check_group(const BackendGroupSnapshot& group,
                                 const std::vector<Text>& snapshot_ids) const {
    if (sorted(group.snapshot_ids) == sorted(snapshot_ids)) return {};
    return {Code::InvalidArgument, "Snapshot IDs do not match the GroupSnapshot IDs"};
}

Outcome CsiDriver::on(const DeleteVolumeGroupSnapshotRequest& r, const CallContext&) {
    if (!has_groups()) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.group_snapshot_id.empty(), "GroupSnapshot ID missing in request"}});
        !bad.ok())
        return bad;
    const BackendGroupSnapshot* group = backend_.find_group(r.group_snapshot_id);
    if (!group) return Empty();
    if (RpcStatus bad = check_group(*group, r.snapshot_ids); !bad.ok()) return bad;
    for (const Text& id : group->snapshot_ids) backend_.erase_snapshot(id);
    backend_.erase_group(r.group_snapshot_id);
    return Empty();
}

Outcome CsiDriver::on(const GetVolumeGroupSnapshotRequest& r, const CallContext&) {
    if (!has_groups()) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.group_snapshot_id.empty(), "GroupSnapshot ID missing in request"}});
        !bad.ok())
        return bad;
    const BackendGroupSnapshot* group = backend_.find_group(r.group_snapshot_id);
    if (!group)
        return RpcStatus(Code::NotFound, "groupsnapshot id " + r.group_snapshot_id +
                                             " does not exist in the groupsnapshots list");
    if (RpcStatus bad = check_group(*group, r.snapshot_ids); !bad.ok()) return bad;
    VolumeGroupSnapshotResponse answer;
    answer.group_snapshot = shown(*group);
    return answer;
}

Outcome CsiDriver::on(const GetMetadataAllocatedRequest& r, const CallContext&) {
    if (!has_metadata()) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.snapshot_id.empty(), "SnapshotID missing in request"}});
        !bad.ok())
        return bad;
    const BackendSnapshot* snapshot = backend_.find_snapshot(r.snapshot_id);
    if (!snapshot) return RpcStatus(Code::NotFound, "cannot find the snapshot");
    return all_blocks(*snapshot, r.starting_offset, r.max_results);
}

Outcome CsiDriver::on(const GetMetadataDeltaRequest& r, const CallContext&) {
    if (!has_metadata()) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.base_snapshot_id.empty(), "BaseSnapshotID missing in request"},
                           {!r.target_snapshot_id.empty(), "TargetSnapshotID missing in request"}});
        !bad.ok())
        return bad;
    const BackendSnapshot* base = backend_.find_snapshot(r.base_snapshot_id);
    if (!base) return RpcStatus(Code::NotFound, "cannot find the source snapshot");
    const BackendSnapshot* target = backend_.find_snapshot(r.target_snapshot_id);
    if (!target) return RpcStatus(Code::NotFound, "cannot find the target snapshot");
    if (base->source_volume_id != target->source_volume_id)
        return RpcStatus(Code::InvalidArgument, "snapshots don't belong to the same Volume");
    return all_blocks(*target, r.starting_offset, r.max_results);
}

}  // namespace model::csi
