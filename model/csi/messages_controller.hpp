// Messages of the Controller service, whose calls go to the one controller part of a driver:
// volumes made, attached, listed, changed, and their snapshots. Counterpart: csi.proto 1.12;
// members are the protocol's fields in its order.
#pragma once

#include "model/csi/message_parts.hpp"

namespace model::csi {

struct CreateVolumeResponse {
    Volume volume;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume", s.volume);
    }
};

struct CreateVolumeRequest {
    static constexpr Method kMethod = Method::CreateVolume;
    using Response = CreateVolumeResponse;
    Text name;
    std::optional<CapacityRange> capacity_range;
    std::vector<VolumeCapability> volume_capabilities;
    TextMap parameters;
    TextMap secrets;
    std::optional<VolumeContentSource> volume_content_source;
    std::optional<TopologyRequirement> accessibility_requirements;
    TextMap mutable_parameters;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("name", s.name);
        v.field("capacity_range", s.capacity_range);
        v.field("volume_capabilities", s.volume_capabilities);
        v.field("parameters", s.parameters);
        v.secrets("secrets", s.secrets);
        v.field("volume_content_source", s.volume_content_source);
        v.field("accessibility_requirements", s.accessibility_requirements);
        v.field("mutable_parameters", s.mutable_parameters);
    }
};

struct DeleteVolumeRequest {
    static constexpr Method kMethod = Method::DeleteVolume;
    using Response = Empty;
    Text volume_id;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.secrets("secrets", s.secrets);
    }
};

struct ControllerPublishVolumeResponse {
    TextMap publish_context;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("publish_context", s.publish_context);
    }
};

struct ControllerPublishVolumeRequest {
    static constexpr Method kMethod = Method::ControllerPublishVolume;
    using Response = ControllerPublishVolumeResponse;
    Text volume_id;
    Text node_id;
    std::optional<VolumeCapability> volume_capability;
    bool readonly = false;
    TextMap secrets;
    TextMap volume_context;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("node_id", s.node_id);
        v.field("volume_capability", s.volume_capability);
        v.field("readonly", s.readonly);
        v.secrets("secrets", s.secrets);
        v.field("volume_context", s.volume_context);
    }
};

// Without node_id: from all nodes.
struct ControllerUnpublishVolumeRequest {
    static constexpr Method kMethod = Method::ControllerUnpublishVolume;
    using Response = Empty;
    Text volume_id;
    Text node_id;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("node_id", s.node_id);
        v.secrets("secrets", s.secrets);
    }
};

struct ConfirmedCapabilities {
    TextMap volume_context;
    std::vector<VolumeCapability> volume_capabilities;
    TextMap parameters;
    TextMap mutable_parameters;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_context", s.volume_context);
        v.field("volume_capabilities", s.volume_capabilities);
        v.field("parameters", s.parameters);
        v.field("mutable_parameters", s.mutable_parameters);
    }
};

struct ValidateVolumeCapabilitiesResponse {
    std::optional<ConfirmedCapabilities> confirmed;
    Text message;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("confirmed", s.confirmed);
        v.field("message", s.message);
    }
};

struct ValidateVolumeCapabilitiesRequest {
    static constexpr Method kMethod = Method::ValidateVolumeCapabilities;
    using Response = ValidateVolumeCapabilitiesResponse;
    Text volume_id;
    TextMap volume_context;
    std::vector<VolumeCapability> volume_capabilities;
    TextMap parameters;
    TextMap secrets;
    TextMap mutable_parameters;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("volume_context", s.volume_context);
        v.field("volume_capabilities", s.volume_capabilities);
        v.field("parameters", s.parameters);
        v.secrets("secrets", s.secrets);
        v.field("mutable_parameters", s.mutable_parameters);
    }
};

struct ListedVolume {
    Volume volume;
    std::optional<VolumeStatus> status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume", s.volume);
        v.field("status", s.status);
    }
};

struct ListVolumesResponse {
    std::vector<ListedVolume> entries;
    Text next_token;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("entries", s.entries);
        v.field("next_token", s.next_token);
    }
};

struct ListVolumesRequest {
    static constexpr Method kMethod = Method::ListVolumes;
    using Response = ListVolumesResponse;
    std::int64_t max_entries = 0;
    Text starting_token;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("max_entries", s.max_entries);
        v.field("starting_token", s.starting_token);
    }
};

struct ControllerGetVolumeResponse {
    Volume volume;
    VolumeStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume", s.volume);
        v.field("status", s.status);
    }
};

struct ControllerGetVolumeRequest {
    static constexpr Method kMethod = Method::ControllerGetVolume;
    using Response = ControllerGetVolumeResponse;
    Text volume_id;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
    }
};

struct ControllerModifyVolumeRequest {
    static constexpr Method kMethod = Method::ControllerModifyVolume;
    using Response = Empty;
    Text volume_id;
    TextMap secrets;
    TextMap mutable_parameters;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.secrets("secrets", s.secrets);
        v.field("mutable_parameters", s.mutable_parameters);
    }
};

struct GetCapacityResponse {
    std::int64_t available_capacity = 0;
    std::optional<std::int64_t> maximum_volume_size;
    std::optional<std::int64_t> minimum_volume_size;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("available_capacity", s.available_capacity);
        v.field("maximum_volume_size", s.maximum_volume_size);
        v.field("minimum_volume_size", s.minimum_volume_size);
    }
};

struct GetCapacityRequest {
    static constexpr Method kMethod = Method::GetCapacity;
    using Response = GetCapacityResponse;
    std::vector<VolumeCapability> volume_capabilities;
    TextMap parameters;
    std::optional<Topology> accessible_topology;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_capabilities", s.volume_capabilities);
        v.field("parameters", s.parameters);
        v.field("accessible_topology", s.accessible_topology);
    }
};

struct ControllerGetCapabilitiesResponse {
    Capabilities<ControllerCapability> capabilities;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.capabilities(s.capabilities);
    }
};

struct ControllerGetCapabilitiesRequest {
    static constexpr Method kMethod = Method::ControllerGetCapabilities;
    using Response = ControllerGetCapabilitiesResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

struct CreateSnapshotResponse {
    Snapshot snapshot;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("snapshot", s.snapshot);
    }
};

struct CreateSnapshotRequest {
    static constexpr Method kMethod = Method::CreateSnapshot;
    using Response = CreateSnapshotResponse;
    Text source_volume_id;
    Text name;
    TextMap secrets;
    TextMap parameters;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("source_volume_id", s.source_volume_id);
        v.field("name", s.name);
        v.secrets("secrets", s.secrets);
        v.field("parameters", s.parameters);
    }
};

struct DeleteSnapshotRequest {
    static constexpr Method kMethod = Method::DeleteSnapshot;
    using Response = Empty;
    Text snapshot_id;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("snapshot_id", s.snapshot_id);
        v.secrets("secrets", s.secrets);
    }
};

struct ListedSnapshot {
    Snapshot snapshot;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("snapshot", s.snapshot);
    }
};

struct ListSnapshotsResponse {
    std::vector<ListedSnapshot> entries;
    Text next_token;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("entries", s.entries);
        v.field("next_token", s.next_token);
    }
};

struct ListSnapshotsRequest {
    static constexpr Method kMethod = Method::ListSnapshots;
    using Response = ListSnapshotsResponse;
    std::int64_t max_entries = 0;
    Text starting_token;
    Text source_volume_id;
    Text snapshot_id;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("max_entries", s.max_entries);
        v.field("starting_token", s.starting_token);
        v.field("source_volume_id", s.source_volume_id);
        v.field("snapshot_id", s.snapshot_id);
        v.secrets("secrets", s.secrets);
    }
};

struct GetSnapshotResponse {
    Snapshot snapshot;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("snapshot", s.snapshot);
    }
};

struct GetSnapshotRequest {
    static constexpr Method kMethod = Method::GetSnapshot;
    using Response = GetSnapshotResponse;
    Text snapshot_id;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("snapshot_id", s.snapshot_id);
        v.secrets("secrets", s.secrets);
    }
};

struct ControllerExpandVolumeResponse {
    std::int64_t capacity_bytes = 0;
    bool node_expansion_required = false;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("capacity_bytes", s.capacity_bytes);
        v.field("node_expansion_required", s.node_expansion_required);
    }
};

struct ControllerExpandVolumeRequest {
    static constexpr Method kMethod = Method::ControllerExpandVolume;
    using Response = ControllerExpandVolumeResponse;
    Text volume_id;
    std::optional<CapacityRange> capacity_range;
    TextMap secrets;
    std::optional<VolumeCapability> volume_capability;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("capacity_range", s.capacity_range);
        v.secrets("secrets", s.secrets);
        v.field("volume_capability", s.volume_capability);
    }
};

}  // namespace model::csi
