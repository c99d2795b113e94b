#include "model/csi/csi_driver.hpp"

#include <algorithm>

namespace model::csi {

namespace {

RpcStatus no_volume(const Text& id) {
    return {Code::NotFound, "Volume " + in_quotes(id) + " not found"};
}

}  // namespace

Outcome CsiDriver::on(const DeleteVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::CreateDeleteVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID not provided"}});
        !bad.ok())
        return bad;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (volume && volume->is_in_use())
        return RpcStatus(Code::FailedPrecondition,
                         "Could not delete volume ID " + in_quotes(r.volume_id) + ": it is in use");
    backend_.erase(r.volume_id);
    return Empty();
}

Outcome CsiDriver::on(const ControllerPublishVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::PublishUnpublishVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {!r.node_id.empty(), "Node ID not provided"},
                           {r.volume_capability.has_value(), "Volume capability not provided"}});
        !bad.ok())
        return bad;
    if (!is_supported(*r.volume_capability))
        return RpcStatus(Code::InvalidArgument, "Volume capability not supported");
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    if (!is_known_node(r.node_id))
        return RpcStatus(Code::NotFound, "Instance " + in_quotes(r.node_id) + " not found");
    if (RpcStatus bad = check_attachable(*volume, r); !bad.ok()) return bad;
    backend_.attach(*volume, r.node_id, {r.readonly, r.volume_capability->access_mode});
    ControllerPublishVolumeResponse answer;
    if (!profile().publish_context_key.empty())
        answer.publish_context.set(profile().publish_context_key,
                                   profile().device_prefix + r.volume_id);
    return answer;
}

// Whether it may be attached, or is already as it is asked to be.
RpcStatus CsiDriver::check_attachable(const BackendVolume& volume,
                                      const ControllerPublishVolumeRequest& r) const {
    const AccessMode mode = r.volume_capability->access_mode;
    if (const auto here = volume.attached.find(r.node_id); here != volume.attached.end()) {
        if (here->second.readonly == r.readonly && here->second.mode == mode) return {};
        return {Code::AlreadyExists, "Volume " + in_quotes(volume.id) + " is attached to node " +
                                         in_quotes(r.node_id) + " in another way"};
    }
    for (const auto& [node, attachment] : volume.attached)
        if (!is_multi_node(mode) || !is_multi_node(attachment.mode))
            return {Code::FailedPrecondition, "Volume " + in_quotes(volume.id) +
                                                  " is already attached to node " +
                                                  in_quotes(node)};
    if (!is_reachable_from(volume, r.node_id))
        return {Code::FailedPrecondition, "Volume " + in_quotes(volume.id) +
                                              " cannot be reached from node " +
                                              in_quotes(r.node_id)};
    const int limit = profile().attach_limit;
    if (limit > 0 && backend_.attached_to(r.node_id) >= static_cast<std::size_t>(limit))
        return {Code::ResourceExhausted, "Attachment limit exceeded for volume " +
                                             in_quotes(volume.id) + " on node " +
                                             in_quotes(r.node_id)};
    return {};
}

bool CsiDriver::is_known_node(const Text& node) const {
    const auto& known = settings_.nodes;
    return known.empty() || std::find(known.begin(), known.end(), node) != known.end();
}

bool CsiDriver::is_reachable_from(const BackendVolume& volume, const Text& node) const {
    const auto segment = settings_.topology_of_node.find(node);
    if (volume.topology.empty() || segment == settings_.topology_of_node.end()) return true;
    return std::find(volume.topology.begin(), volume.topology.end(), segment->second) !=
           volume.topology.end();
}

Outcome CsiDriver::on(const ControllerUnpublishVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::PublishUnpublishVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID not provided"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return Empty();  // gone, and so detached
    if (!r.node_id.empty()) backend_.detach(*volume, r.node_id);
    while (r.node_id.empty() && !volume->attached.empty())
        backend_.detach(*volume, Text(volume->attached.begin()->first));
    return Empty();
}

Outcome CsiDriver::on(const ValidateVolumeCapabilitiesRequest& r, const CallContext&) {
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {!r.volume_capabilities.empty(), "Volume capabilities not provided"}});
        !bad.ok())
        return bad;
    if (!backend_.find(r.volume_id)) return RpcStatus(Code::NotFound, "Volume not found");
    ValidateVolumeCapabilitiesResponse answer;
    if (are_supported(r.volume_capabilities)) {
        answer.confirmed.emplace();
        answer.confirmed->volume_capabilities = r.volume_capabilities;
    } else {
        answer.message = "Volume capabilities not supported";
    }
    return answer;
}

Outcome CsiDriver::on(const ControllerModifyVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::ModifyVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {!r.mutable_parameters.empty(), "Mutable parameters not provided"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    if (RpcStatus bad = check_mutable(r.mutable_parameters); !bad.ok()) return bad;
    for (const auto& [key, value] : r.mutable_parameters)
        volume->mutable_parameters.set(key, value);
    return Empty();
}

Outcome CsiDriver::on(const ControllerExpandVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::ExpandVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {r.capacity_range.has_value(), "Capacity range not provided"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    const bool offline_only = profile().plugin.has(PluginCapability::ExpansionOffline) &&
                              !profile().plugin.has(PluginCapability::ExpansionOnline);
    if (RpcStatus bad = resize_within(*volume, *r.capacity_range, offline_only); !bad.ok())
        return bad;
    ControllerExpandVolumeResponse answer;
    answer.capacity_bytes = volume->size_bytes;
    // A raw block volume has no filesystem to grow.
    answer.node_expansion_required =
        has(NodeCapability::ExpandVolume) && !(r.volume_capability && r.volume_capability->block);
    return answer;
}

RpcStatus CsiDriver::resize_within(BackendVolume& volume, const CapacityRange& range,
                                   bool offline_only) {
    std::int64_t bytes = std::max(range.required_bytes, volume.size_bytes);
    const std::int64_t step = std::max<std::int64_t>(profile().rounds_up_to, 1);
    if (bytes % step != 0) bytes += step - bytes % step;
    if (range.limit_bytes > 0 && bytes > range.limit_bytes)
        return {Code::OutOfRange, "After round-up, volume size exceeds the limit specified"};
    if (profile().max_volume_bytes > 0 && bytes > profile().max_volume_bytes)
        return {Code::OutOfRange, "Requested capacity " + std::to_string(bytes) +
                                      " exceeds maximum allowed " +
                                      std::to_string(profile().max_volume_bytes)};
    if (bytes == volume.size_bytes) return {};
    if (offline_only && volume.is_in_use())
        return {Code::FailedPrecondition,
                "Volume " + in_quotes(volume.id) + " is in use and can only be expanded offline"};
    const std::int64_t room = profile().capacity_bytes, more = bytes - volume.size_bytes;
    const std::optional<Topology> segment =
        volume.topology.empty() ? std::nullopt : std::optional(volume.topology.front());
    if (room > 0 && backend_.used_bytes(segment) + more > room)
        return {Code::OutOfRange, "Not enough capacity to expand by " + std::to_string(more)};
    backend_.resize(volume, bytes);
    return {};
}

}  // namespace model::csi
