// CsiDriver: what is there, and what there is room for.
#include <limits>

#include "model/csi/csi_driver.hpp"

namespace model::csi {

namespace {

// A page starts behind the last entry of the one before, so that the list may change in between.
constexpr std::string_view kTokenStart = "after:";

RpcStatus parse_token(const Text& token, Text& after) {
    if (token.empty()) return {};
    if (!token.view().starts_with(kTokenStart))
        return {Code::Aborted, "Invalid starting token " + in_quotes(token)};
    after = token.view().substr(kTokenStart.size());
    return {};
}

// Calls `take` with the entries of a map from behind `after` on, until `most` (0: no limit) were
// taken; `next` is then the token of the rest. `take` says whether it took.
template <class Map, class Take>
void page(const Map& map, const Text& after, std::int64_t most, Text& next, Take take) {
    auto it = after.empty() ? map.begin() : map.upper_bound(after);
    std::int64_t taken = 0;
    const Text* last = nullptr;
    for (; it != map.end() && (most == 0 || taken < most); ++it)
        if (take(it->second)) {
            ++taken;
            last = &it->first;
        }
    if (it != map.end() && last) next = std::string(kTokenStart) + *last;
}

}  // namespace

VolumeStatus CsiDriver::status_of(const BackendVolume& volume) const {
    VolumeStatus status;
    for (const auto& [node, attachment] : volume.attached)
        status.published_node_ids.push_back(node);
    if (has(ControllerCapability::VolumeCondition)) status.volume_condition.emplace();
    return status;
}

Outcome CsiDriver::on(const ListVolumesRequest& r, const CallContext&) {
    if (!has(ControllerCapability::ListVolumes)) return not_implemented(r.kMethod);
    if (r.max_entries < 0) return RpcStatus(Code::InvalidArgument, "Max entries below 0");
    Text after;
    if (RpcStatus bad = parse_token(r.starting_token, after); !bad.ok()) return bad;
    ListVolumesResponse answer;
    page(backend_.volumes(), after, r.max_entries, answer.next_token,
         [&](const BackendVolume& volume) {
             ListedVolume& entry = answer.entries.emplace_back();
             entry.volume = shown(volume);
             if (has(ControllerCapability::ListVolumesPublishedNodes))
                 entry.status = status_of(volume);
             return true;
         });
    return answer;
}

Outcome CsiDriver::on(const ControllerGetVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::GetVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.volume_id.empty(), "Volume ID not provided"}});
        !bad.ok())
        return bad;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume)
        return RpcStatus(Code::NotFound, "Volume " + in_quotes(r.volume_id) + " not found");
    ControllerGetVolumeResponse answer;
    answer.volume = shown(*volume);
    answer.status = status_of(*volume);
    return answer;
}

// Without a limit of its own the driver reports as much as it can say.
Outcome CsiDriver::on(const GetCapacityRequest& r, const CallContext&) {
    if (!has(ControllerCapability::GetCapacity)) return not_implemented(r.kMethod);
    constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
    GetCapacityResponse answer;
    answer.available_capacity = kUnlimited;
    if (profile().capacity_bytes > 0)
        answer.available_capacity = std::max<std::int64_t>(
            0, profile().capacity_bytes -
                   backend_.used_bytes(settings_.topology ? r.accessible_topology : std::nullopt));
    if (profile().max_volume_bytes > 0)
        answer.maximum_volume_size =
            std::min(profile().max_volume_bytes, answer.available_capacity);
    if (profile().min_volume_bytes > 0) answer.minimum_volume_size = profile().min_volume_bytes;
    return answer;
}

Outcome CsiDriver::on(const ListSnapshotsRequest& r, const CallContext&) {
    if (!has(ControllerCapability::ListSnapshots)) return not_implemented(r.kMethod);
    if (r.max_entries < 0) return RpcStatus(Code::InvalidArgument, "Max entries below 0");
    Text after;
    if (RpcStatus bad = parse_token(r.starting_token, after); !bad.ok()) return bad;
    ListSnapshotsResponse answer;
    page(backend_.snapshots(), after, r.max_entries, answer.next_token,
         [&](const BackendSnapshot& snapshot) {
             if (!r.snapshot_id.empty() && snapshot.id != r.snapshot_id) return false;
             if (!r.source_volume_id.empty() && snapshot.source_volume_id != r.source_volume_id)
                 return false;
             answer.entries.emplace_back().snapshot = shown(snapshot);
             return true;
         });
    return answer;
}

Outcome CsiDriver::on(const GetSnapshotRequest& r, const CallContext&) {
    if (!has(ControllerCapability::GetSnapshot)) return not_implemented(r.kMethod);
    if (RpcStatus bad = first_missing({{!r.snapshot_id.empty(), "Snapshot ID not provided"}});
        !bad.ok())
        return bad;
    const BackendSnapshot* snapshot = backend_.find_snapshot(r.snapshot_id);
    if (!snapshot)
        return RpcStatus(Code::NotFound, "Snapshot " + in_quotes(r.snapshot_id) + " not found");
    GetSnapshotResponse answer;
    answer.snapshot = shown(*snapshot);
    return answer;
}

}  // namespace model::csi
