// HostPathDriver: the node service.
#include "model/api/quantity.hpp"
#include "model/csi/host_path_driver.hpp"

namespace model::csi {

namespace {

std::string paths_text(const NodeUse& use) {
    std::string out = "[";
    for (const auto& [path, target] : use.published) {
        if (out.size() > 1) out += ' ';
        out += path.view();
    }
    return out + "]";
}

const NodeUse* use_of(const BackendVolume& volume, const Text& node) {
    const auto it = volume.used.find(node);
    return it == volume.used.end() ? nullptr : &it->second;
}

bool is_ephemeral(const NodePublishVolumeRequest& r) {
    return r.volume_context.get("csi.storage.k8s.io/ephemeral") == "true";
}

}  // namespace

Outcome HostPathDriver::on(const NodeStageVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing(
            {{!r.volume_id.empty(), "Volume ID missing in request"},
             {!r.staging_target_path.empty(), "Target path missing in request"},
             {r.volume_capability.has_value(), "Volume Capability missing in request"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_host_path_volume(r.volume_id);
    if (enables_attach() && !volume->attached.contains(context.node))
        return RpcStatus(Code::Internal, "ControllerPublishVolume must be called on volume '" +
                                             r.volume_id + "' before staging on node");
    NodeUse& use = backend_.use(*volume, context.node);
    if (!use.staging_path.empty() && use.staging_path != r.staging_target_path)
        return RpcStatus(Code::FailedPrecondition, "volume " + in_quotes(r.volume_id) +
                                                       " is already staged at [" +
                                                       use.staging_path.str() + "]");
    use.staging_path = r.staging_target_path;
    use.staged_as = r.volume_capability;
    return Empty();
}

Outcome HostPathDriver::on(const NodeUnstageVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID missing in request"},
                           {!r.staging_target_path.empty(), "Target path missing in request"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_host_path_volume(r.volume_id);
    const NodeUse* known = use_of(*volume, context.node);
    if (!known || known->staging_path != r.staging_target_path) return Empty();
    if (!known->published.empty())
        return RpcStatus(Code::Internal, "volume " + in_quotes(r.volume_id) +
                                             " is still published at \"" + paths_text(*known) +
                                             "\" on node " + in_quotes(context.node));
    NodeUse& use = backend_.use(*volume, context.node);
    use.staging_path = Text();
    use.staged_as.reset();
    backend_.drop_unused(*volume, context.node);
    return Empty();
}

RpcStatus HostPathDriver::check_publish(const BackendVolume& volume,
                                        const NodePublishVolumeRequest& r,
                                        const CallContext& context) const {
    static const NodeUse kNone;
    const NodeUse* known = use_of(volume, context.node);
    const NodeUse& use = known ? *known : kNone;
    const bool elsewhere = use.published.size() > (use.published.contains(r.target_path) ? 1U : 0U);
    if (r.volume_capability->access_mode == AccessMode::SingleNodeSingleWriter && elsewhere)
        return {Code::FailedPrecondition,
                "volume uses SINGLE_NODE_SINGLE_WRITER access mode and is already mounted at a "
                "different target path"};
    if (!is_ephemeral(r) && use.staging_path.empty())
        return {Code::FailedPrecondition,
                "volume " + in_quotes(volume.id) + " must be staged before publishing"};
    if (!is_ephemeral(r) && use.staging_path != r.staging_target_path)
        return {Code::InvalidArgument, "volume " + in_quotes(volume.id) + " was staged at [" +
                                           use.staging_path.str() + "], not " +
                                           in_quotes(r.staging_target_path)};
    const bool block = !volume.capabilities.empty() && volume.capabilities.front().block;
    if (r.volume_capability->block && !block)
        return {Code::InvalidArgument, "cannot publish a non-block volume as block volume"};
    if (!r.volume_capability->block && block)
        return {Code::InvalidArgument, "cannot publish a non-mount volume as mount volume"};
    return {};
}

Outcome HostPathDriver::on(const NodePublishVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing(
            {{r.volume_capability.has_value(), "Volume capability missing in request"},
             {!r.volume_id.empty(), "Volume ID missing in request"},
             {!r.target_path.empty(), "Target path missing in request"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume && is_ephemeral(r)) volume = &add_ephemeral(r.volume_id);
    if (!volume) return RpcStatus(Code::NotFound, no_host_path_volume(r.volume_id).text());
    if (RpcStatus bad = check_publish(*volume, r, context); !bad.ok()) return bad;
    // What is mounted at the path stays as it is, whatever else is asked for.
    backend_.use(*volume, context.node)
        .published.try_emplace(r.target_path, PublishedTarget{r.readonly, *r.volume_capability});
    return Empty();
}

Outcome HostPathDriver::on(const NodeUnpublishVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID missing in request"},
                                       {!r.target_path.empty(), "Target path missing in request"}});
        !bad.ok())
        return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_host_path_volume(r.volume_id);
    const NodeUse* known = use_of(*volume, context.node);
    if (!known || !known->published.contains(r.target_path)) return Empty();
    backend_.use(*volume, context.node).published.erase(r.target_path);
    backend_.drop_unused(*volume, context.node);
    if (volume->name == "ephemeral-" + r.volume_id) backend_.erase(r.volume_id);
    return Empty();
}

Outcome HostPathDriver::on(const NodeGetVolumeStatsRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID not provided"},
                                       {!r.volume_path.empty(), "Volume Path not provided"}});
        !bad.ok())
        return bad;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_host_path_volume(r.volume_id);
    const NodeUse* use = use_of(*volume, context.node);
    if (!use || !(use->published.contains(r.volume_path) || use->staging_path == r.volume_path))
        return RpcStatus(Code::NotFound, "Could not get file information from " + r.volume_path +
                                             ": stat " + r.volume_path.str() +
                                             ": no such file or directory");
    NodeGetVolumeStatsResponse answer;
    VolumeUsage& bytes = answer.usage.emplace_back();
    bytes.total = volume->size_bytes;
    bytes.available = volume->size_bytes;
    bytes.unit = 1;
    answer.volume_condition.emplace();
    return answer;
}

Outcome HostPathDriver::on(const NodeExpandVolumeRequest& r, const CallContext& context) {
    if (!has(NodeCapability::ExpandVolume))
        return RpcStatus(Code::Unimplemented, "NodeExpandVolume is not supported");
    if (r.volume_id.empty()) return RpcStatus(Code::InvalidArgument, "Volume ID not provided");
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_host_path_volume(r.volume_id);
    if (RpcStatus bad =
            first_missing({{!r.volume_path.empty(), "Volume path not provided"},
                           {r.capacity_range.has_value(), "Capacity range not provided"}});
        !bad.ok())
        return bad;
    const auto limit = api::Quantity::parse(profile().option("maxVolumeSizeNode"));
    const std::int64_t most = limit ? limit->value() : profile().max_volume_bytes;
    if (most > 0 && r.capacity_range->required_bytes > most)
        return RpcStatus(Code::OutOfRange, "Requested capacity " +
                                               std::to_string(r.capacity_range->required_bytes) +
                                               " exceeds maximum allowed " + std::to_string(most));
    const NodeUse* use = use_of(*volume, context.node);
    if (!use || !(use->published.contains(r.volume_path) || use->staging_path == r.volume_path))
        return RpcStatus(Code::InvalidArgument,
                         "Could not get file information from " + r.volume_path + ": stat " +
                             r.volume_path.str() + ": no such file or directory");
    return NodeExpandVolumeResponse();
}

}  // namespace model::csi
