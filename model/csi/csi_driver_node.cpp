// CsiDriver: the node service.
#include <algorithm>

#include "model/csi/csi_driver.hpp"

namespace model::csi {

namespace {

RpcStatus no_volume(const Text& id) {
    return {Code::NotFound, "Volume " + in_quotes(id) + " not found"};
}

bool is_at(const BackendVolume& volume, const Text& node, const Text& path) {
    const auto use = volume.used.find(node);
    return use != volume.used.end() &&
           (use->second.staging_path == path || use->second.published.contains(path));
}

// Whether the volume may appear at one more path of its node. The specification refuses a second
// path to every single-node mode but SINGLE_NODE_MULTI_WRITER. No driver holds SINGLE_NODE_WRITER
// to that: kubelet publishes a ReadWriteOnce volume once for each pod of the node.
bool may_be_published_again(AccessMode mode) { return mode != AccessMode::SingleNodeSingleWriter; }

RpcStatus check_target(const NodeUse& use, const NodePublishVolumeRequest& r) {
    if (const auto here = use.published.find(r.target_path); here != use.published.end()) {
        if (here->second.readonly == r.readonly && here->second.capability == *r.volume_capability)
            return {};
        return {Code::AlreadyExists, "Volume " + in_quotes(r.volume_id) + " is published at " +
                                         in_quotes(r.target_path) + " in another way"};
    }
    if (!use.published.empty() && !may_be_published_again(r.volume_capability->access_mode))
        return {Code::FailedPrecondition,
                "volume uses SINGLE_NODE_SINGLE_WRITER access mode and is already mounted at a "
                "different target path"};
    return {};
}

RpcStatus check_staged(const NodeUse& use, const NodePublishVolumeRequest& r) {
    if (r.staging_target_path.empty())
        return {Code::FailedPrecondition, "Staging target not provided"};
    if (use.staging_path.empty())
        return {Code::FailedPrecondition,
                "volume " + in_quotes(r.volume_id) + " must be staged before publishing"};
    if (use.staging_path == r.staging_target_path) return {};
    return {Code::InvalidArgument, "volume " + in_quotes(r.volume_id) + " was staged at " +
                                       use.staging_path.str() + ", not " +
                                       in_quotes(r.staging_target_path)};
}

}  // namespace

RpcStatus CsiDriver::check_attached(const BackendVolume& volume, const TextMap& publish_context,
                                    const Text& node) const {
    const std::string& key = profile().publish_context_key;
    if (key.empty() || !profile().checks_attachment) return {};
    const std::string_view device = publish_context.get(key);
    if (device.empty()) return {Code::InvalidArgument, "Device path not provided"};
    if (volume.attached.contains(node)) return {};
    return {Code::NotFound, "Failed to find device path " + std::string(device) + "."};
}

Outcome CsiDriver::on(const NodeStageVolumeRequest& r, const CallContext& context) {
    if (!has(NodeCapability::StageUnstageVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {!r.staging_target_path.empty(), "Staging target not provided"},
                           {r.volume_capability.has_value(), "Volume capability not provided"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    if (RpcStatus bad = check_attached(*volume, r.publish_context, context.node); !bad.ok())
        return bad;
    NodeUse& use = backend_.use(*volume, context.node);
    if (!use.staging_path.empty()) {
        if (use.staging_path != r.staging_target_path)
            return RpcStatus(Code::FailedPrecondition, "volume " + in_quotes(r.volume_id) +
                                                           " is already staged at " +
                                                           use.staging_path.str());
        if (use.staged_as != r.volume_capability)
            return RpcStatus(Code::AlreadyExists, "volume " + in_quotes(r.volume_id) +
                                                      " is staged with another capability");
    }
    use.staging_path = r.staging_target_path;
    use.staged_as = r.volume_capability;
    return Empty();
}

// Of what is not there, or not staged: nothing to do.
Outcome CsiDriver::on(const NodeUnstageVolumeRequest& r, const CallContext& context) {
    if (!has(NodeCapability::StageUnstageVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {!r.staging_target_path.empty(), "Staging target not provided"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    const auto use = volume ? volume->used.find(context.node) : decltype(volume->used.end()){};
    if (!volume || use == volume->used.end() || use->second.staging_path != r.staging_target_path)
        return Empty();
    if (!use->second.published.empty())
        return RpcStatus(Code::FailedPrecondition, "volume " + in_quotes(r.volume_id) +
                                                       " is still published at " +
                                                       use->second.published.begin()->first.str());
    use->second.staging_path = Text();
    use->second.staged_as.reset();
    backend_.drop_unused(*volume, context.node);
    return Empty();
}

Outcome CsiDriver::on(const NodePublishVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                           {!r.target_path.empty(), "Target path not provided"},
                           {r.volume_capability.has_value(), "Volume capability not provided"}});
        !bad.ok())
        return bad;
    if (!is_supported(*r.volume_capability))
        return RpcStatus(Code::InvalidArgument, "Volume capability not supported");
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    const auto used = volume->used.find(context.node);
    const NodeUse known = used == volume->used.end() ? NodeUse() : used->second;
    RpcStatus bad = has(NodeCapability::StageUnstageVolume)
                        ? check_staged(known, r)
                        : check_attached(*volume, r.publish_context, context.node);
    if (bad.ok()) bad = check_target(known, r);
    if (!bad.ok()) return bad;
    backend_.use(*volume, context.node).published[r.target_path] = {r.readonly,
                                                                    *r.volume_capability};
    return Empty();
}

Outcome CsiDriver::on(const NodeUnpublishVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                                       {!r.target_path.empty(), "Target path not provided"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return Empty();
    if (const auto use = volume->used.find(context.node); use != volume->used.end())
        use->second.published.erase(r.target_path);
    backend_.drop_unused(*volume, context.node);
    return Empty();
}

Outcome CsiDriver::on(const NodeGetVolumeStatsRequest& r, const CallContext& context) {
    if (!has(NodeCapability::GetVolumeStats)) return not_implemented(r.kMethod);
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "NodeGetVolumeStats volume ID was empty"},
                           {!r.volume_path.empty(), "NodeGetVolumeStats volume path was empty"}});
        !bad.ok())
        return bad;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    if (!is_at(*volume, context.node, r.volume_path))
        return RpcStatus(Code::NotFound, "path " + r.volume_path + " does not exist");
    NodeGetVolumeStatsResponse answer;
    VolumeUsage& bytes = answer.usage.emplace_back();
    bytes.total = volume->size_bytes;
    bytes.available = volume->size_bytes;  // what pods write has no size here
    bytes.unit = 1;
    if (has(NodeCapability::VolumeCondition)) answer.volume_condition.emplace();
    return answer;
}

Outcome CsiDriver::on(const NodeExpandVolumeRequest& r, const CallContext& context) {
    if (!has(NodeCapability::ExpandVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                                       {!r.volume_path.empty(), "volume path must be provided"}});
        !bad.ok())
        return bad;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_volume(r.volume_id);
    if (!is_at(*volume, context.node, r.volume_path))
        return RpcStatus(Code::NotFound, "path " + r.volume_path + " does not exist");
    if (r.capacity_range && r.capacity_range->required_bytes > volume->size_bytes)
        return RpcStatus(Code::OutOfRange, "The device has " + std::to_string(volume->size_bytes) +
                                               " bytes, fewer than asked for");
    NodeExpandVolumeResponse answer;
    answer.capacity_bytes = volume->size_bytes;
    return answer;
}

}  // namespace model::csi
