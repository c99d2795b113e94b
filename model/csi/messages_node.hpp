// Messages of the Node service, whose calls go to the part of a driver on one node: staging and
// publishing of volumes, their statistics and growth. Counterpart: csi.proto 1.12; members are the
// protocol's fields in its order.
#pragma once

#include "model/csi/message_parts.hpp"

namespace model::csi {

struct NodeStageVolumeRequest {
    static constexpr Method kMethod = Method::NodeStageVolume;
    using Response = Empty;
    Text volume_id;
    TextMap publish_context;
    Text staging_target_path;
    std::optional<VolumeCapability> volume_capability;
    TextMap secrets;
    TextMap volume_context;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("publish_context", s.publish_context);
        v.field("staging_target_path", s.staging_target_path);
        v.field("volume_capability", s.volume_capability);
        v.secrets("secrets", s.secrets);
        v.field("volume_context", s.volume_context);
    }
};

struct NodeUnstageVolumeRequest {
    static constexpr Method kMethod = Method::NodeUnstageVolume;
    using Response = Empty;
    Text volume_id;
    Text staging_target_path;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("staging_target_path", s.staging_target_path);
    }
};

struct NodePublishVolumeRequest {
    static constexpr Method kMethod = Method::NodePublishVolume;
    using Response = Empty;
    Text volume_id;
    TextMap publish_context;
    Text staging_target_path;
    Text target_path;
    std::optional<VolumeCapability> volume_capability;
    bool readonly = false;
    TextMap secrets;
    TextMap volume_context;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("publish_context", s.publish_context);
        v.field("staging_target_path", s.staging_target_path);
        v.field("target_path", s.target_path);
        v.field("volume_capability", s.volume_capability);
        v.field("readonly", s.readonly);
        v.secrets("secrets", s.secrets);
        v.field("volume_context", s.volume_context);
    }
};

struct NodeUnpublishVolumeRequest {
    static constexpr Method kMethod = Method::NodeUnpublishVolume;
    using Response = Empty;
    Text volume_id;
    Text target_path;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("target_path", s.target_path);
    }
};

// unit: 1 bytes, 2 inodes.
struct VolumeUsage {
    std::int64_t available = 0;
    std::int64_t total = 0;
    std::int64_t used = 0;
    std::int64_t unit = 0;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("available", s.available);
        v.field("total", s.total);
        v.field("used", s.used);
        v.field("unit", s.unit);
    }
};

struct NodeGetVolumeStatsResponse {
    std::vector<VolumeUsage> usage;
    std::optional<VolumeCondition> volume_condition;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("usage", s.usage);
        v.field("volume_condition", s.volume_condition);
    }
};

struct NodeGetVolumeStatsRequest {
    static constexpr Method kMethod = Method::NodeGetVolumeStats;
    using Response = NodeGetVolumeStatsResponse;
    Text volume_id;
    Text volume_path;
    Text staging_target_path;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("volume_path", s.volume_path);
        v.field("staging_target_path", s.staging_target_path);
    }
};

struct NodeExpandVolumeResponse {
    std::int64_t capacity_bytes = 0;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("capacity_bytes", s.capacity_bytes);
    }
};

struct NodeExpandVolumeRequest {
    static constexpr Method kMethod = Method::NodeExpandVolume;
    using Response = NodeExpandVolumeResponse;
    Text volume_id;
    Text volume_path;
    std::optional<CapacityRange> capacity_range;
    Text staging_target_path;
    std::optional<VolumeCapability> volume_capability;
    TextMap secrets;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volume_id", s.volume_id);
        v.field("volume_path", s.volume_path);
        v.field("capacity_range", s.capacity_range);
        v.field("staging_target_path", s.staging_target_path);
        v.field("volume_capability", s.volume_capability);
        v.secrets("secrets", s.secrets);
    }
};

struct NodeGetCapabilitiesResponse {
    Capabilities<NodeCapability> capabilities;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.capabilities(s.capabilities);
    }
};

struct NodeGetCapabilitiesRequest {
    static constexpr Method kMethod = Method::NodeGetCapabilities;
    using Response = NodeGetCapabilitiesResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

struct NodeGetInfoResponse {
    Text node_id;
    std::int64_t max_volumes_per_node = 0;
    std::optional<Topology> accessible_topology;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("node_id", s.node_id);
        v.field("max_volumes_per_node", s.max_volumes_per_node);
        v.field("accessible_topology", s.accessible_topology);
    }
};

struct NodeGetInfoRequest {
    static constexpr Method kMethod = Method::NodeGetInfo;
    using Response = NodeGetInfoResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

}  // namespace model::csi
