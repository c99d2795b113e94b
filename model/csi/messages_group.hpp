// Messages of the GroupController and SnapshotMetadata services: csi.proto 1.12. A stream of the
// latter is one response with all its blocks, in order.
#pragma once

#include "model/csi/message_parts.hpp"

namespace model::csi {

struct GroupControllerGetCapabilitiesResponse {
    Capabilities<GroupCapability> capabilities;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.capabilities(s.capabilities);
    }
};

struct GroupControllerGetCapabilitiesRequest {
    static constexpr Method kMethod = Method::GroupControllerGetCapabilities;
    using Response = GroupControllerGetCapabilitiesResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

struct VolumeGroupSnapshot {
    Text group_snapshot_id;
    std::vector<Snapshot> snapshots;
    std::int64_t creation_time = 0;
    bool ready_to_use = false;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("group_snapshot_id", s.group_snapshot_id);
        v.field("snapshots", s.snapshots);
        v.timestamp("creation_time", s.creation_time);
        v.field("ready_to_use", s.ready_to_use);
    }
};

struct VolumeGroupSnapshotResponse {
    VolumeGroupSnapshot group_snapshot;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("group_snapshot", s.group_snapshot);
    }
};

struct CreateVolumeGroupSnapshotRequest {
    static constexpr Method kMethod = Method::CreateVolumeGroupSnapshot;
    using Response = VolumeGroupSnapshotResponse;
    Text name;
    std::vector<Text> source_volume_ids;
    TextMap secrets;
    TextMap parameters;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("name", s.name);
        v.field("source_volume_ids", s.source_volume_ids);
        v.secrets("secrets", s.secrets);
        v.field("parameters", s.parameters);
    }
};

struct DeleteVolumeGroupSnapshotRequest {
    static constexpr Method kMethod = Method::DeleteVolumeGroupSnapshot;
    using Response = Empty;
    Text group_snapshot_id;
    std::vector<Text> snapshot_ids;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("group_snapshot_id", s.group_snapshot_id);
        v.field("snapshot_ids", s.snapshot_ids);
        v.secrets("secrets", s.secrets);
    }
};

struct GetVolumeGroupSnapshotRequest {
    static constexpr Method kMethod = Method::GetVolumeGroupSnapshot;
    using Response = VolumeGroupSnapshotResponse;
    Text group_snapshot_id;
    std::vector<Text> snapshot_ids;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("group_snapshot_id", s.group_snapshot_id);
        v.field("snapshot_ids", s.snapshot_ids);
        v.secrets("secrets", s.secrets);
    }
};

struct BlockMetadata {
    std::int64_t byte_offset = 0;
    std::int64_t size_bytes = 0;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("byte_offset", s.byte_offset);
        v.field("size_bytes", s.size_bytes);
    }
};

// block_metadata_type: 1 fixed length, 2 variable length.
struct MetadataResponse {
    std::int64_t block_metadata_type = 0;
    std::int64_t volume_capacity_bytes = 0;
    std::vector<BlockMetadata> block_metadata;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("block_metadata_type", s.block_metadata_type);
        v.field("volume_capacity_bytes", s.volume_capacity_bytes);
        v.field("block_metadata", s.block_metadata);
    }
};

struct GetMetadataAllocatedRequest {
    static constexpr Method kMethod = Method::GetMetadataAllocated;
    using Response = MetadataResponse;
    Text snapshot_id;
    std::int64_t starting_offset = 0;
    std::int64_t max_results = 0;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("snapshot_id", s.snapshot_id);
        v.field("starting_offset", s.starting_offset);
        v.field("max_results", s.max_results);
        v.secrets("secrets", s.secrets);
    }
};

struct GetMetadataDeltaRequest {
    static constexpr Method kMethod = Method::GetMetadataDelta;
    using Response = MetadataResponse;
    Text base_snapshot_id;
    Text target_snapshot_id;
    std::int64_t starting_offset = 0;
    std::int64_t max_results = 0;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("base_snapshot_id", s.base_snapshot_id);
        v.field("target_snapshot_id", s.target_snapshot_id);
        v.field("starting_offset", s.starting_offset);
        v.field("max_results", s.max_results);
        v.secrets("secrets", s.secrets);
    }
};

}  // namespace model::csi
