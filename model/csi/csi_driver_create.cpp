// CsiDriver: CreateVolume.
#include <algorithm>

#include "model/csi/csi_driver.hpp"

namespace model::csi {

namespace {

bool is_sidecars_own(std::string_view key) { return key.starts_with("csi.storage.k8s.io/"); }

bool fits(const std::optional<CapacityRange>& range, std::int64_t bytes) {
    if (!range) return true;
    return bytes >= range->required_bytes &&
           (range->limit_bytes == 0 || bytes <= range->limit_bytes);
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Where the caller would have it, best first, each segment once.
std::vector<Topology> wished(const std::optional<TopologyRequirement>& requirement) {
    std::vector<Topology> all;
    if (!requirement) return all;
    for (const auto* list : {&requirement->preferred, &requirement->requisite})
        for (const Topology& segment : *list)
            if (std::find(all.begin(), all.end(), segment) == all.end()) all.push_back(segment);
    return all;
}

}  // namespace

Outcome CsiDriver::on(const CreateVolumeRequest& r, const CallContext&) {
    if (!has(ControllerCapability::CreateDeleteVolume)) return not_implemented(r.kMethod);
    if (RpcStatus bad = check_create(r); !bad.ok()) return bad;
    CreateVolumeResponse answer;
    if (const BackendVolume* known = backend_.find_named(r.name)) {
        if (!is_same_volume(*known, r))
            return RpcStatus(Code::AlreadyExists, "Volume " + in_quotes(r.name) +
                                                      " already exists with other properties");
        answer.volume = shown(*known);
        return answer;
    }
    BackendVolume volume;
    if (RpcStatus bad = choose_size(r, volume.size_bytes); !bad.ok()) return bad;
    if (RpcStatus bad = choose_segment(r, volume.size_bytes, volume.topology); !bad.ok())
        return bad;
    if (RpcStatus bad = copy_source(r, volume); !bad.ok()) return bad;
    volume.id = new_id(profile().handle_prefix, r.name);
    volume.name = r.name;
    volume.parameters = r.parameters;
    volume.mutable_parameters = r.mutable_parameters;
    volume.capabilities = r.volume_capabilities;
    volume.source = r.volume_content_source;
    answer.volume = shown(backend_.add(std::move(volume)));
    return answer;
}

RpcStatus CsiDriver::check_create(const CreateVolumeRequest& r) const {
    if (RpcStatus bad = first_missing(
            {{!r.name.empty(), "Volume name not provided"},
             {!r.volume_capabilities.empty(), "Volume capabilities not provided"},
             {are_supported(r.volume_capabilities), "Volume capabilities not supported"}});
        !bad.ok())
        return bad;
    const CapacityRange range = r.capacity_range.value_or(CapacityRange());
    if (range.required_bytes < 0 || range.limit_bytes < 0)
        return {Code::InvalidArgument, "Capacity must not be negative"};
    if (range.limit_bytes > 0 && range.required_bytes > range.limit_bytes)
        return {Code::InvalidArgument, "Required capacity exceeds the limit"};
    return check_parameters(r);
}

RpcStatus CsiDriver::check_parameters(const CreateVolumeRequest& r) const {
    for (const auto& [key, value] : r.parameters)
        if (!profile().known_parameters.empty() && !is_sidecars_own(key) &&
            !contains(profile().known_parameters, key))
            return {Code::InvalidArgument, "Invalid parameter key " + key + " for CreateVolume"};
    if (!r.mutable_parameters.empty() && !has(ControllerCapability::ModifyVolume))
        return {Code::InvalidArgument, "Mutable parameters not supported"};
    return check_mutable(r.mutable_parameters);
}

RpcStatus CsiDriver::check_mutable(const TextMap& parameters) const {
    for (const auto& [key, value] : parameters)
        if (!contains(profile().mutable_parameters, key))
            return {Code::InvalidArgument, "Invalid mutable parameter key: " + key};
    return {};
}

// The smallest size that the driver makes and the caller takes. A copy is never smaller than what
// it is a copy of.
RpcStatus CsiDriver::choose_size(const CreateVolumeRequest& r, std::int64_t& bytes) {
    const CapacityRange range = r.capacity_range.value_or(CapacityRange());
    std::int64_t source_bytes = 0;
    if (r.volume_content_source) {
        const VolumeContentSource& s = *r.volume_content_source;
        const BackendSnapshot* snapshot = backend_.find_snapshot(s.snapshot_id);
        const BackendVolume* volume = backend_.find(s.volume_id);
        source_bytes = snapshot ? snapshot->size_bytes : volume ? volume->size_bytes : 0;
    }
    bytes = range.required_bytes;
    if (bytes == 0) bytes = range.limit_bytes;
    if (bytes == 0) bytes = std::max(source_bytes, profile().default_volume_bytes);
    if (bytes < source_bytes)
        return {Code::OutOfRange, "Requested capacity " + std::to_string(bytes) +
                                      " is below the source's " + std::to_string(source_bytes)};
    bytes = std::max(bytes, profile().min_volume_bytes);
    const std::int64_t step = std::max<std::int64_t>(profile().rounds_up_to, 1);
    if (bytes % step != 0) bytes += step - bytes % step;
    if (range.limit_bytes > 0 && bytes > range.limit_bytes)
        return {Code::OutOfRange, "After round-up, volume size exceeds the limit specified"};
    if (profile().max_volume_bytes > 0 && bytes > profile().max_volume_bytes)
        return {Code::OutOfRange, "Requested capacity " + std::to_string(bytes) +
                                      " exceeds maximum allowed " +
                                      std::to_string(profile().max_volume_bytes)};
    return {};
}

// The first wished-for segment with room; a clone stays where its source is. Without a wish: the
// first segment that any node has.
RpcStatus CsiDriver::choose_segment(const CreateVolumeRequest& r, std::int64_t bytes,
                                    std::vector<Topology>& chosen) {
    std::vector<Topology> segments =
        settings_.topology ? wished(r.accessibility_requirements) : std::vector<Topology>();
    if (settings_.topology && segments.empty())
        for (const auto& [node, segment] : settings_.topology_of_node) segments.push_back(segment);
    const std::int64_t room = profile().capacity_bytes;
    if (segments.empty()) {
        if (room == 0 || backend_.used_bytes(std::nullopt) + bytes <= room) return {};
        return {Code::ResourceExhausted, "Not enough capacity for " + std::to_string(bytes)};
    }
    const BackendVolume* source =
        r.volume_content_source ? backend_.find(r.volume_content_source->volume_id) : nullptr;
    for (const Topology& segment : segments) {
        if (source && !source->topology.empty() &&
            std::find(source->topology.begin(), source->topology.end(), segment) ==
                source->topology.end())
            continue;
        if (room != 0 && backend_.used_bytes(segment) + bytes > room) continue;
        chosen = {segment};
        return {};
    }
    if (source)
        return {Code::ResourceExhausted,
                "Cannot provision clone with the specified topology constraints"};
    return {Code::ResourceExhausted,
            "Not enough capacity for " + std::to_string(bytes) + " in the accessible topology"};
}

bool CsiDriver::is_same_volume(const BackendVolume& volume, const CreateVolumeRequest& r) const {
    if (!fits(r.capacity_range, volume.size_bytes)) return false;
    if (volume.parameters != r.parameters || volume.source != r.volume_content_source) return false;
    if (volume.mutable_parameters != r.mutable_parameters) return false;
    if (volume.capabilities != r.volume_capabilities) return false;
    const std::vector<Topology> segments = wished(r.accessibility_requirements);
    if (!settings_.topology || segments.empty() || volume.topology.empty()) return true;
    return std::find(segments.begin(), segments.end(), volume.topology.front()) != segments.end();
}

RpcStatus CsiDriver::copy_source(const CreateVolumeRequest& r, BackendVolume& volume) {
    if (!r.volume_content_source) return {};
    const VolumeContentSource& source = *r.volume_content_source;
    if (!source.snapshot_id.empty()) {
        if (!has(ControllerCapability::CreateDeleteSnapshot))
            return {Code::InvalidArgument, "Unsupported volumeContentSource type"};
        const BackendSnapshot* snapshot = backend_.find_snapshot(source.snapshot_id);
        if (!snapshot)
            return {Code::NotFound,
                    "Error source snapshot with ID " + source.snapshot_id + " not found"};
        volume.data = snapshot->data;
        return {};
    }
    if (!has(ControllerCapability::CloneVolume))
        return {Code::InvalidArgument, "Unsupported volumeContentSource type"};
    const BackendVolume* original = backend_.find(source.volume_id);
    if (!original)
        return {Code::NotFound,
                "Error source volume with volumeID " + source.volume_id + " not found"};
    if (!original->capabilities.empty() &&
        original->capabilities.front().block != r.volume_capabilities.front().block)
        return {Code::InvalidArgument, "Source volume has another volume mode"};
    volume.data = original->data;
    return {};
}

bool CsiDriver::is_supported(const VolumeCapability& capability) const {
    if (capability.block && !profile().block) return false;
    return profile().access_modes.empty() || profile().access_modes.has(capability.access_mode);
}

bool CsiDriver::are_supported(const std::vector<VolumeCapability>& all) const {
    return std::all_of(all.begin(), all.end(),
                       [this](const VolumeCapability& c) { return is_supported(c); });
}

Volume CsiDriver::shown(const BackendVolume& volume) const {
    Volume out;
    out.volume_id = volume.id;
    if (profile().reports_capacity) out.capacity_bytes = volume.size_bytes;
    out.volume_context = volume.context;
    out.content_source = volume.source;
    out.accessible_topology = volume.topology;
    return out;
}

}  // namespace model::csi
