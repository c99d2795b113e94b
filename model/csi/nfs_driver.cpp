#include "model/csi/nfs_driver.hpp"

namespace model::csi {

namespace {

constexpr std::int64_t kDeletionCacheNanos = 60'000'000'000;  // pkg/nfs/nfs.go: 1 minute
constexpr std::int64_t kArchiveBytes = 10240;  // of a snapshot: a tar with next to nothing; chosen

// These the real driver answers itself, with no text.
bool is_refused_without_text(Method method) {
    switch (method) {
        case Method::ControllerPublishVolume:
        case Method::ControllerUnpublishVolume:
        case Method::ControllerGetVolume:
        case Method::ListVolumes:
        case Method::GetCapacity:
        case Method::ListSnapshots:
        case Method::NodeStageVolume:
        case Method::NodeUnstageVolume:
        case Method::NodeExpandVolume:
            return true;
        default:
            return false;
    }
}

RpcStatus check_capabilities(const std::vector<VolumeCapability>& all) {
    if (all.empty()) return {Code::InvalidArgument, "volume capabilities missing in request"};
    for (const VolumeCapability& c : all)
        if (c.block) return {Code::InvalidArgument, "block volume capability not supported"};
    return {};
}

bool is_inside(std::string_view directory, std::string_view of) {
    return directory == of || (directory.size() > of.size() && directory.starts_with(of) &&
                               directory[of.size()] == '/');
}

}  // namespace

Outcome NfsDriver::handle(const Request& request, const CallContext& context) {
    Outcome outcome = Plugin::handle(request, context);
    if (outcome.status.code == Code::Unimplemented &&
        is_refused_without_text(csi::method_of(request)))
        outcome.status.message = Text();
    return outcome;
}

Text NfsDriver::lock_key(const Request& request) const {
    if (const auto* r = std::get_if<CreateVolumeRequest>(&request)) return r->name;
    if (const auto* r = std::get_if<DeleteVolumeRequest>(&request)) return r->volume_id;
    if (const auto* r = std::get_if<NodePublishVolumeRequest>(&request))
        return r->volume_id + "-" + r->target_path.str();
    if (const auto* r = std::get_if<NodeUnpublishVolumeRequest>(&request))
        return r->volume_id + "-" + r->target_path.str();
    return {};
}

RpcStatus NfsDriver::busy(const Text& key) const {
    // Of "id-/target" the message names the id.
    const std::string_view id = key.view().substr(0, key.view().find("-/"));
    return {Code::Aborted,
            "An operation with the given Volume ID " + std::string(id) + " already exists"};
}

Outcome NfsDriver::on(const CreateVolumeRequest& r, const CallContext&) {
    if (RpcStatus bad = first_missing({{!r.name.empty(), "CreateVolume name must be provided"}});
        !bad.ok())
        return bad;
    if (RpcStatus bad = check_capabilities(r.volume_capabilities); !bad.ok()) return bad;
    NfsVolume asked;
    const std::string on_delete(profile().option("onDelete"));
    if (RpcStatus bad = read_nfs_parameters(r, on_delete, asked); !bad.ok()) return bad;
    gone_.erase(asked.directory());
    BackendVolume* volume = backend_.find(asked.id());
    if (!volume) {
        BackendVolume made;
        made.id = asked.id();
        made.name = r.name;
        made.parameters = r.parameters;
        made.capabilities = r.volume_capabilities;
        made.source = r.volume_content_source;
        volume = &backend_.add(std::move(made));
    }
    // A failed copy leaves the directory; the next try copies over it.
    if (RpcStatus bad = copy_source(r, *volume); !bad.ok()) return bad;
    volume->context = r.parameters;
    Text sub_dir_key = "subdir";
    for (const auto& [key, value] : r.parameters)
        if (lower_case(key) == "subdir") sub_dir_key = key;
    volume->context.set(sub_dir_key, asked.sub_dir);
    CreateVolumeResponse answer;
    answer.volume.volume_id = volume->id;
    answer.volume.volume_context = volume->context;
    answer.volume.content_source = r.volume_content_source;
    return answer;
}

// Only the form of a source's id is looked at before the copy.
RpcStatus NfsDriver::copy_source(const CreateVolumeRequest& r, BackendVolume& volume) {
    if (!r.volume_content_source) return {};
    const VolumeContentSource& source = *r.volume_content_source;
    if (!source.snapshot_id.empty()) {
        if (!NfsSnapshot::parse(source.snapshot_id))
            return {Code::NotFound, "failed to create nfsSnapshot from snapshot ID"};
        const BackendSnapshot* snapshot = backend_.find_snapshot(source.snapshot_id);
        if (!snapshot)
            return {Code::Internal,
                    "failed to copy volume for snapshot: exit status 2: tar: "
                    "Cannot open: No such file or directory"};
        volume.data = snapshot->data;
        return {};
    }
    const auto original = NfsVolume::parse(source.volume_id);
    if (!original)
        return {Code::NotFound, "could not split " + source.volume_id +
                                    " into server, baseDir and subDir with separator(/)"};
    const BackendVolume* known = backend_.find(source.volume_id);
    if (!known || !exists(*original))
        return {Code::Internal, "failed to copy volume exit status 1: cp: cannot stat '" +
                                    original->internal_path() + "/.': No such file or directory"};
    volume.data = known->data;
    return {};
}

bool NfsDriver::was_deleted_lately(const Text& id, const CallContext& context) const {
    const auto it = deleted_nanos_.find(id);
    return it != deleted_nanos_.end() && context.clock_nanos - it->second < kDeletionCacheNanos;
}

Outcome NfsDriver::on(const DeleteVolumeRequest& r, const CallContext& context) {
    if (r.volume_id.empty()) return RpcStatus(Code::InvalidArgument, "volume id is empty");
    const auto volume = NfsVolume::parse(r.volume_id);
    if (!volume) return Empty();  // no id of this driver's: as good as deleted
    std::string policy = lower_case(volume->on_delete);
    if (policy.empty()) policy = lower_case(profile().option("onDelete"));
    if (policy == "retain") {
        backend_.keep(r.volume_id, volume->sub_dir);
        deleted_nanos_[r.volume_id] = context.clock_nanos;
        return Empty();
    }
    if (was_deleted_lately(r.volume_id, context)) return Empty();
    if (policy == "archive") {
        if (RpcStatus bad = archive(*volume, r.volume_id); !bad.ok()) return bad;
    } else {
        remove_directory(*volume);
        backend_.erase(r.volume_id);
    }
    deleted_nanos_[r.volume_id] = context.clock_nanos;
    return Empty();
}

// The directory is renamed, from under every volume that shares it.
RpcStatus NfsDriver::archive(const NfsVolume& volume, const Text& id) {
    NfsVolume target = volume;
    target.sub_dir = volume.archived();
    const std::string from = volume.internal_path();
    const std::string to = volume.mount_path() + "/" + target.sub_dir;
    const bool replaces = profile().option("removeArchivedVolumePath") == "true";
    const bool missing = !backend_.find(id) || !exists(volume);
    if (missing || (!replaces && archived_.contains(target.directory())))
        return {Code::Internal, "archive subdirectory(" + from + ", " + to +
                                    ") failed with rename " + from + " " + to + ": " +
                                    (missing ? "no such file or directory" : "file exists")};
    archived_.insert(target.directory());
    gone_.insert(volume.directory());
    backend_.keep(id, target.sub_dir);
    return {};
}

// The bytes of all volumes that live in the directory or under it are gone with it.
void NfsDriver::remove_directory(const NfsVolume& volume) {
    std::vector<Text> hit;
    for (const auto& [id, other] : backend_.volumes()) {
        const auto parsed = NfsVolume::parse(id);
        if (!parsed || !is_inside(parsed->directory(), volume.directory())) continue;
        gone_.insert(parsed->directory());
        hit.push_back(id);
    }
    gone_.insert(volume.directory());
    for (const Text& id : hit) {
        backend_.find(id)->data.clear();
        backend_.find(id)->erased = true;
    }
}

Outcome NfsDriver::on(const ValidateVolumeCapabilitiesRequest& r, const CallContext&) {
    if (r.volume_id.empty())
        return RpcStatus(Code::InvalidArgument, "Volume ID missing in request");
    if (RpcStatus bad = check_capabilities(r.volume_capabilities); !bad.ok()) return bad;
    ValidateVolumeCapabilitiesResponse answer;
    answer.confirmed.emplace();
    answer.confirmed->volume_capabilities = r.volume_capabilities;
    return answer;
}

Outcome NfsDriver::on(const ControllerExpandVolumeRequest& r, const CallContext&) {
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID missing in request"},
                           {r.capacity_range.has_value(), "Capacity Range missing in request"}});
        !bad.ok())
        return bad;
    ControllerExpandVolumeResponse answer;  // there is no quota to change
    answer.capacity_bytes = r.capacity_range->required_bytes;
    return answer;
}

Outcome NfsDriver::on(const CreateSnapshotRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing(
            {{!r.name.empty(), "CreateSnapshot name must be provided"},
             {!r.source_volume_id.empty(), "CreateSnapshot source volume ID must be provided"}});
        !bad.ok())
        return bad;
    const auto volume = NfsVolume::parse(r.source_volume_id);
    if (!volume)
        return RpcStatus(Code::NotFound, "failed to create source volume: could not split " +
                                             r.source_volume_id +
                                             " into server, baseDir and subDir with separator(/)");
    if (const auto unknown =
            unknown_nfs_parameter(r.parameters, {"server", "share", "mountoptions"}))
        return RpcStatus(Code::NotFound,
                         "failed to create nfsSnapshot: rpc error: code = InvalidArgument desc = "
                         "invalid parameter \"" +
                             *unknown + "\" in snapshot storage class");
    NfsSnapshot asked;
    asked.server = nfs_parameter(r.parameters, "server");
    asked.share = nfs_parameter(r.parameters, "share");
    if (asked.server.empty()) asked.server = volume->server;
    if (asked.share.empty()) asked.share = volume->share;
    asked.name = r.name.str();
    asked.source = volume->uuid.empty() ? volume->sub_dir : volume->uuid;
    if (const BackendSnapshot* known = backend_.find_snapshot_named(r.name);
        known && known->id != asked.id())
        return RpcStatus(Code::AlreadyExists,
                         "snapshot with the same name but different source volume ID already "
                         "exists: found \"" +
                             NfsSnapshot::parse(known->id)->archive_name() + "\", desired \"" +
                             asked.archive_name() + "\"");
    const BackendVolume* source = backend_.find(r.source_volume_id);
    if (!source || !exists(*volume))
        return RpcStatus(Code::Internal, "failed to create archive for snapshot: lstat " +
                                             volume->internal_path() +
                                             ": no such file or directory");
    // The archive is written anew each time, over the one that is there.
    BackendSnapshot made;
    made.id = asked.id();
    made.name = r.name;
    made.source_volume_id = r.source_volume_id;
    made.parameters = r.parameters;
    made.size_bytes = kArchiveBytes;
    made.created_nanos = context.clock_nanos;
    made.data = source->data;
    CreateSnapshotResponse answer;
    answer.snapshot.snapshot_id = made.id;
    answer.snapshot.source_volume_id = made.source_volume_id;
    answer.snapshot.size_bytes = made.size_bytes;
    answer.snapshot.creation_time = made.created_nanos;
    answer.snapshot.ready_to_use = true;
    backend_.add(std::move(made));
    return answer;
}

Outcome NfsDriver::on(const DeleteSnapshotRequest& r, const CallContext&) {
    if (r.snapshot_id.empty())
        return RpcStatus(Code::InvalidArgument, "Snapshot ID is required for deletion");
    backend_.erase_snapshot(r.snapshot_id);
    return Empty();
}

Outcome NfsDriver::on(const NodePublishVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing(
            {{r.volume_capability.has_value(), "Volume capability missing in request"},
             {!r.volume_id.empty(), "Volume ID missing in request"},
             {!r.target_path.empty(), "Target path not provided"},
             {!nfs_parameter(r.volume_context, "server").empty(), "server is a required parameter"},
             {!nfs_parameter(r.volume_context, "share").empty(), "share is a required parameter"}});
        !bad.ok())
        return bad;
    if (mounted_.contains({context.node, r.target_path})) return Empty();
    NfsVolume source;
    source.server = nfs_parameter(r.volume_context, "server");
    source.share = nfs_parameter(r.volume_context, "share");
    source.sub_dir = nfs_sub_dir(r.volume_context);
    if (!exists(source))
        return RpcStatus(Code::Internal, "mount failed: exit status 32\nmount.nfs: mounting " +
                                             source.directory() +
                                             " failed, reason given by server: No such file or "
                                             "directory");
    mounted_[{context.node, r.target_path}] = r.volume_id;
    if (BackendVolume* volume = backend_.find(r.volume_id))
        backend_.use(*volume, context.node).published[r.target_path] = {r.readonly,
                                                                        *r.volume_capability};
    return Empty();
}

Outcome NfsDriver::on(const NodeUnpublishVolumeRequest& r, const CallContext& context) {
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID missing in request"},
                                       {!r.target_path.empty(), "Target path missing in request"}});
        !bad.ok())
        return bad;
    mounted_.erase({context.node, r.target_path});
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return Empty();
    if (const auto use = volume->used.find(context.node); use != volume->used.end())
        use->second.published.erase(r.target_path);
    backend_.drop_unused(*volume, context.node);
    return Empty();
}

Outcome NfsDriver::on(const NodeGetVolumeStatsRequest& r, const CallContext& context) {
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "NodeGetVolumeStats volume ID was empty"},
                           {!r.volume_path.empty(), "NodeGetVolumeStats volume path was empty"}});
        !bad.ok())
        return bad;
    if (!mounted_.contains({context.node, r.volume_path}))
        return RpcStatus(Code::NotFound, "path " + r.volume_path + " does not exist");
    NodeGetVolumeStatsResponse answer;  // of the whole server, whose size is not modelled
    answer.usage.resize(2);
    answer.usage[0].unit = 1;
    answer.usage[1].unit = 2;
    return answer;
}

}  // namespace model::csi
