// HostPathDriver: sizes, lists and snapshots.
#include <algorithm>
#include <charconv>

#include "model/csi/host_path_driver.hpp"

namespace model::csi {

namespace {

std::optional<std::int64_t> number(const Text& text) {
    std::int64_t n = 0;
    const std::string_view v = text;
    const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), n);
    if (error != std::errc() || end != v.data() + v.size() || n > INT32_MAX) return std::nullopt;
    return n;
}

// The first snapshot with that id, or else of that source: the list for a source has one entry.
const BackendSnapshot* first_match(const std::map<Text, BackendSnapshot>& all,
                                   const ListSnapshotsRequest& r) {
    for (const auto& [id, snapshot] : all) {
        if (!r.snapshot_id.empty() ? id == r.snapshot_id
                                   : snapshot.source_volume_id == r.source_volume_id)
            return &snapshot;
    }
    return nullptr;
}

}  // namespace

Outcome HostPathDriver::on(const ValidateVolumeCapabilitiesRequest& r, const CallContext&) {
    if (r.volume_id.empty()) return RpcStatus(Code::InvalidArgument, "Volume ID cannot be empty");
    if (r.volume_capabilities.empty()) return RpcStatus(Code::InvalidArgument, r.volume_id);
    if (!backend_.find(r.volume_id)) return no_host_path_volume(r.volume_id);
    ValidateVolumeCapabilitiesResponse answer;
    answer.confirmed.emplace();
    answer.confirmed->volume_context = r.volume_context;
    answer.confirmed->volume_capabilities = r.volume_capabilities;
    answer.confirmed->parameters = r.parameters;
    return answer;
}

// No parameter "kind" means no capacity where kinds are tracked; there is no fallback.
Outcome HostPathDriver::on(const GetCapacityRequest& r, const CallContext&) {
    std::int64_t available = profile().max_volume_bytes;
    if (!capacity_.empty()) {
        const Text kind = r.parameters.get("kind");
        const auto tracked = capacity_.find(kind);
        available = (tracked == capacity_.end() ? 0 : tracked->second) - used_of(kind);
    }
    GetCapacityResponse answer;
    answer.available_capacity = available;
    answer.maximum_volume_size = std::min(profile().max_volume_bytes, available);
    answer.minimum_volume_size = 0;
    return answer;
}

// Pages do not work: there is never a next token, and the index is held below max_entries and not
// below the end of the page.
Outcome HostPathDriver::on(const ListVolumesRequest& r, const CallContext&) {
    const auto start = r.starting_token.empty() ? 1 : number(r.starting_token);
    if (!start) return RpcStatus(Code::Aborted, "The type of startingToken should be integer");
    const auto size = static_cast<std::int64_t>(backend_.volumes().size());
    const std::int64_t end = r.max_entries <= 0 ? size : std::min(r.max_entries, size);
    ListVolumesResponse answer;
    std::int64_t index = 0;
    for (const auto& [id, volume] : backend_.volumes()) {
        if (index >= *start - 1 && index < end) {
            ListedVolume& entry = answer.entries.emplace_back();
            entry.volume.volume_id = id;
            entry.volume.capacity_bytes = volume.size_bytes;
            entry.status = status_of(volume);
        }
        ++index;
    }
    return answer;
}

Outcome HostPathDriver::on(const ControllerGetVolumeRequest& r, const CallContext&) {
    ControllerGetVolumeResponse answer;
    answer.volume.volume_id = r.volume_id;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (volume) {
        answer.volume.capacity_bytes = volume->size_bytes;
        answer.status = status_of(*volume);
        return answer;
    }
    // An absent volume is an abnormal one.
    answer.status.volume_condition.emplace();
    answer.status.volume_condition->abnormal = true;
    answer.status.volume_condition->message = no_host_path_volume(r.volume_id).text();
    return answer;
}

Outcome HostPathDriver::on(const ControllerModifyVolumeRequest& r, const CallContext&) {
    if (RpcStatus bad = check_offered(ControllerCapability::ModifyVolume); !bad.ok()) return bad;
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID cannot be empty"},
                           {!r.mutable_parameters.empty(), "Mutable parameters cannot be empty"}});
        !bad.ok())
        return bad;
    if (RpcStatus bad = check_mutable(r.mutable_parameters); !bad.ok()) return bad;
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return RpcStatus(Code::NotFound, no_host_path_volume(r.volume_id).text());
    for (const auto& [key, value] : r.mutable_parameters)
        volume->mutable_parameters.set(key, value);
    return Empty();
}

Outcome HostPathDriver::on(const ControllerExpandVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::ExpandVolume))
        return RpcStatus(Code::Unimplemented, "ControllerExpandVolume is not supported");
    if (RpcStatus bad =
            first_missing({{!r.volume_id.empty(), "Volume ID missing in request"},
                           {r.capacity_range.has_value(), "Capacity range not provided"}});
        !bad.ok())
        return bad;
    const std::int64_t bytes = r.capacity_range->required_bytes;
    if (profile().max_volume_bytes > 0 && bytes > profile().max_volume_bytes)
        return RpcStatus(Code::OutOfRange, "Requested capacity " + std::to_string(bytes) +
                                               " exceeds maximum allowed " +
                                               std::to_string(profile().max_volume_bytes));
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return no_host_path_volume(r.volume_id);
    if (volume->size_bytes < bytes) backend_.resize(*volume, bytes);  // kinds are not asked
    ControllerExpandVolumeResponse answer;
    answer.capacity_bytes = volume->size_bytes;
    answer.node_expansion_required = has(NodeCapability::ExpandVolume);
    return answer;
}

Outcome HostPathDriver::on(const CreateSnapshotRequest& r, const CallContext& context) {
    if (RpcStatus bad = check_offered(ControllerCapability::CreateDeleteSnapshot); !bad.ok())
        return bad;
    if (RpcStatus bad =
            first_missing({{!r.name.empty(), "Name missing in request"},
                           {!r.source_volume_id.empty(), "SourceVolumeId missing in request"}});
        !bad.ok())
        return bad;
    const BackendSnapshot* known = backend_.find_snapshot_named(r.name);
    if (known && known->source_volume_id != r.source_volume_id)
        return RpcStatus(Code::AlreadyExists,
                         "snapshot with the same name: " + r.name +
                             " but with different SourceVolumeId already exist");
    if (!known && !backend_.find(r.source_volume_id))
        return no_host_path_volume(r.source_volume_id);
    return CsiDriver::on(r, context);
}

Outcome HostPathDriver::on(const DeleteSnapshotRequest& r, const CallContext& context) {
    if (r.snapshot_id.empty())
        return RpcStatus(Code::InvalidArgument, "Snapshot ID missing in request");
    if (RpcStatus bad = check_offered(ControllerCapability::CreateDeleteSnapshot); !bad.ok())
        return bad;
    return CsiDriver::on(r, context);
}

Outcome HostPathDriver::on(const ListSnapshotsRequest& r, const CallContext&) {
    if (RpcStatus bad = check_offered(ControllerCapability::ListSnapshots); !bad.ok()) return bad;
    const auto& all = backend_.snapshots();
    ListSnapshotsResponse answer;
    if (!r.snapshot_id.empty() || !r.source_volume_id.empty()) {
        if (const BackendSnapshot* match = first_match(all, r))
            answer.entries.emplace_back().snapshot = shown(*match);
        return answer;
    }
    const auto start = r.starting_token.empty() ? 0 : number(r.starting_token);
    if (!start || *start < 0)
        return RpcStatus(Code::Aborted, "startingToken=0 !< int32=4294967295");
    const auto size = static_cast<std::int64_t>(all.size());
    if (*start > size)
        return RpcStatus(Code::Aborted, "startingToken=" + std::to_string(*start) +
                                            " > len(snapshots)=" + std::to_string(size));
    const std::int64_t end = r.max_entries == 0 ? size : std::min(size, *start + r.max_entries);
    std::int64_t index = 0;
    for (const auto& [id, snapshot] : all) {
        if (index >= *start && index < end)
            answer.entries.emplace_back().snapshot = shown(snapshot);
        ++index;
    }
    if (end < size) answer.next_token = std::to_string(end);
    return answer;
}

Outcome HostPathDriver::on(const GetSnapshotRequest& r, const CallContext&) {
    if (RpcStatus bad = check_offered(ControllerCapability::GetSnapshot); !bad.ok()) return bad;
    const BackendSnapshot* snapshot = backend_.find_snapshot(r.snapshot_id);
    if (!snapshot)
        return RpcStatus(Code::NotFound,
                         "Snapshot with ID " + in_quotes(r.snapshot_id) + " not found: " +
                             RpcStatus(Code::NotFound, "snapshot id " + r.snapshot_id +
                                                           " does not exist in the snapshots list")
                                 .text());
    GetSnapshotResponse answer;
    answer.snapshot = shown(*snapshot);
    return answer;
}

}  // namespace model::csi
