// Pieces that several CSI messages share. Counterpart: csi.proto 1.12; field names in text are the
// protocol's.
#pragma once

#include <optional>
#include <vector>

#include "model/api/object.hpp"
#include "model/csi/rpc.hpp"

namespace model::csi {

using api::Text;
using api::TextMap;

struct CapacityRange {
    std::int64_t required_bytes = 0, limit_bytes = 0;  // 0: not given
    bool operator==(const CapacityRange&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("required_bytes", s.required_bytes);
        v.field("limit_bytes", s.limit_bytes);
    }
};

struct VolumeCapability {
    bool block = false;  // else a mount
    Text fs_type;
    std::vector<Text> mount_flags;
    Text volume_mount_group;
    AccessMode access_mode = AccessMode::Unknown;
    bool operator==(const VolumeCapability&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.access_type(s);
        v.access_mode(s.access_mode);
    }
};

struct Topology {
    TextMap segments;
    bool operator==(const Topology&) const = default;
    std::string text() const;  // "zone=a,rack=3", for keys and messages
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("segments", s.segments);
    }
};

struct TopologyRequirement {
    std::vector<Topology> requisite, preferred;
    bool operator==(const TopologyRequirement&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("requisite", s.requisite);
        v.field("preferred", s.preferred);
    }
};

// Either a snapshot or a volume.
struct VolumeContentSource {
    Text snapshot_id, volume_id;
    bool operator==(const VolumeContentSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.content_source(s);
    }
};

struct Volume {
    std::int64_t capacity_bytes = 0;  // 0: unknown
    Text volume_id;
    TextMap volume_context;
    std::optional<VolumeContentSource> content_source;
    std::vector<Topology> accessible_topology;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("capacity_bytes", s.capacity_bytes);
        v.field("volume_id", s.volume_id);
        v.field("volume_context", s.volume_context);
        v.field("content_source", s.content_source);
        v.field("accessible_topology", s.accessible_topology);
    }
};

struct VolumeCondition {
    bool abnormal = false;
    Text message;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("abnormal", s.abnormal);
        v.field("message", s.message);
    }
};

struct VolumeStatus {
    std::vector<Text> published_node_ids;
    std::optional<VolumeCondition> volume_condition;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("published_node_ids", s.published_node_ids);
        v.field("volume_condition", s.volume_condition);
    }
};

struct Snapshot {
    std::int64_t size_bytes = 0;
    Text snapshot_id, source_volume_id, group_snapshot_id;
    std::int64_t creation_time = 0;  // nanoseconds since 1970
    bool ready_to_use = false;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("size_bytes", s.size_bytes);
        v.field("snapshot_id", s.snapshot_id);
        v.field("source_volume_id", s.source_volume_id);
        v.timestamp("creation_time", s.creation_time);
        v.field("ready_to_use", s.ready_to_use);
        v.field("group_snapshot_id", s.group_snapshot_id);
    }
};

struct Empty {
    template <class V, class S>
    static void describe(V&, S&) {}
};

}  // namespace model::csi
