// ClusterEvent: a change in the cluster as the scheduling queue hears of it. Counterpart:
// pkg/scheduler/framework/{types,events}.go.
#pragma once

#include "model/api/object.hpp"

namespace model::scheduler {

enum class Resource : unsigned char {
    Pod,          // one that has a node
    UnplacedPod,  // the waiting pod itself
    Node,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    CSINode,
    CSIDriver,
    CSIStorageCapacity,
    VolumeAttachment,
    Any,  // the five minutes are over
};

namespace action {
inline constexpr unsigned kAdd = 1, kDelete = 2, kNodeAllocatable = 4, kNodeLabel = 8,
                          kNodeTaint = 16, kNodeCondition = 32, kOther = 64;
inline constexpr unsigned kUpdate =
    kNodeAllocatable | kNodeLabel | kNodeTaint | kNodeCondition | kOther;
inline constexpr unsigned kAll = kAdd | kDelete | kUpdate;
}  // namespace action

struct ClusterEvent {
    Resource resource = Resource::Any;
    unsigned actions = action::kAll;
    api::ObjectRef before, after;
    ClusterEvent() = default;
    ClusterEvent(Resource r, unsigned a, api::ObjectRef b = {}, api::ObjectRef n = {})
        : resource(r), actions(a), before(std::move(b)), after(std::move(n)) {}
    bool is(Resource r, unsigned a) const { return resource == r && (actions & a) != 0; }
};

}  // namespace model::scheduler
