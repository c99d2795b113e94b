#include "model/csi/host_path_driver.hpp"

#include <algorithm>

#include "model/api/quantity.hpp"

namespace model::csi {

namespace {

constexpr std::string_view kCapacityOption = "capacity/";
constexpr std::int64_t kEphemeralBytes = 100 << 20;  // nodeserver.go: inline volumes have no size

std::int64_t bytes_of(std::string_view quantity) {
    const auto parsed = api::Quantity::parse(quantity);
    return parsed ? parsed->value() : 0;
}

std::string list_text(const std::vector<Text>& all) {
    std::string out = "[";
    for (const Text& t : all) out += (out.size() == 1 ? "" : " ") + t.str();
    return out + "]";
}

}  // namespace

RpcStatus no_host_path_volume(const Text& id) {
    return {Code::NotFound, "volume id " + id + " does not exist in the volumes list"};
}

HostPathDriver::HostPathDriver(DriverSettings settings) : CsiDriver(std::move(settings)) {
    for (const auto& [name, value] : profile().options)
        if (name.starts_with(kCapacityOption))
            capacity_[std::string_view(name).substr(kCapacityOption.size())] = bytes_of(value);
}

RpcStatus HostPathDriver::check_offered(ControllerCapability c) const {
    if (has(c)) return {};
    return {Code::InvalidArgument, "unsupported capability " + std::string(to_string(c))};
}

Outcome HostPathDriver::on(const CreateVolumeRequest& r, const CallContext&) {
    if (RpcStatus bad = check_offered(ControllerCapability::CreateDeleteVolume); !bad.ok())
        return bad;
    if (RpcStatus bad = check_create(r); !bad.ok()) return bad;
    if (const BackendVolume* known = backend_.find_named(r.name)) return answer_with(*known, r);
    const CapacityRange range = r.capacity_range.value_or(CapacityRange());
    BackendVolume volume;
    volume.size_bytes = range.required_bytes > 0 ? range.required_bytes : range.limit_bytes;
    Text kind;
    if (RpcStatus bad = allocate(r.parameters.get("kind"), volume.size_bytes, kind); !bad.ok())
        return bad;
    if (RpcStatus bad = copy_source(r, volume); !bad.ok()) return bad;
    volume.id = new_id("", r.name);
    volume.name = r.name;
    volume.parameters = r.parameters;
    volume.context = r.parameters;
    volume.capabilities = r.volume_capabilities;
    volume.source = r.volume_content_source;
    // Deployed next to each node, the driver of the first wished-for node makes the volume.
    if (settings_.topology && r.accessibility_requirements) {
        const TopologyRequirement& wish = *r.accessibility_requirements;
        const auto& segments = wish.preferred.empty() ? wish.requisite : wish.preferred;
        if (!segments.empty()) volume.topology = {segments.front()};
    } else if (settings_.topology && !settings_.topology_of_node.empty()) {
        volume.topology = {settings_.topology_of_node.begin()->second};
    }
    kind_of_[volume.id] = kind;
    CreateVolumeResponse answer;
    answer.volume = shown(backend_.add(std::move(volume)));
    return answer;
}

RpcStatus HostPathDriver::check_create(const CreateVolumeRequest& r) const {
    if (!r.mutable_parameters.empty()) {
        if (RpcStatus bad = check_offered(ControllerCapability::ModifyVolume); !bad.ok())
            return bad;
        if (RpcStatus bad = check_mutable(r.mutable_parameters); !bad.ok()) return bad;
    }
    const auto& caps = r.volume_capabilities;
    const auto is_block = [](const VolumeCapability& c) { return c.block; };
    const CapacityRange range = r.capacity_range.value_or(CapacityRange());
    return first_missing(
        {{!r.name.empty(), "Name missing in request"},
         {!caps.empty(), "Volume Capabilities missing in request"},
         {std::all_of(caps.begin(), caps.end(), is_block) ||
              std::none_of(caps.begin(), caps.end(), is_block),
          "cannot have both block and mount access type"},
         {range.required_bytes >= 0 && range.limit_bytes >= 0, "cannot have negative capacity"},
         {range.limit_bytes == 0 || range.required_bytes <= range.limit_bytes,
          "capacity cannot exceed limit"}});
}

RpcStatus HostPathDriver::check_mutable(const TextMap& parameters) const {
    const auto& accepted = profile().mutable_parameters;
    if (accepted.empty()) return {};  // all are
    std::vector<Text> unsupported;
    for (const auto& [key, value] : parameters)
        if (std::find(accepted.begin(), accepted.end(), key.view()) == accepted.end())
            unsupported.push_back(key);
    if (unsupported.empty()) return {};
    return {Code::InvalidArgument, "invalid parameters: " + list_text(unsupported)};
}

Outcome HostPathDriver::answer_with(const BackendVolume& known,
                                    const CreateVolumeRequest& r) const {
    const CapacityRange range = r.capacity_range.value_or(CapacityRange());
    if (known.size_bytes < std::max(range.required_bytes, std::int64_t{0}) ||
        (range.limit_bytes > 0 && known.size_bytes > range.limit_bytes))
        return RpcStatus(Code::AlreadyExists, "Volume with the same name: " + r.name +
                                                  " but with different size already exist");
    if (const auto& asked = r.volume_content_source) {
        const VolumeContentSource has = known.source.value_or(VolumeContentSource());
        // A volume that came from no snapshot passes for one that came from any.
        if (!asked->snapshot_id.empty() && !has.snapshot_id.empty() &&
            has.snapshot_id != asked->snapshot_id)
            return RpcStatus(Code::AlreadyExists,
                             "existing volume source snapshot id not matching");
        if (!asked->volume_id.empty() && has.volume_id != asked->volume_id)
            return RpcStatus(Code::AlreadyExists, "existing volume source volume id not matching");
    }
    CreateVolumeResponse answer;
    answer.volume = shown(known);
    answer.volume.volume_context = r.parameters;
    answer.volume.content_source = r.volume_content_source;
    return answer;
}

std::int64_t HostPathDriver::used_of(const Text& kind) const {
    std::int64_t sum = 0;
    for (const auto& [id, of] : kind_of_)
        if (const BackendVolume* volume = of == kind ? backend_.find(id) : nullptr)
            sum += volume->size_bytes;
    return sum;
}

// The kind of storage that takes the bytes: the one asked for, or the first with room. (The real
// driver looks through a Go map and so takes any.)
RpcStatus HostPathDriver::allocate(const Text& asked_kind, std::int64_t bytes, Text& kind) const {
    if (profile().max_volume_bytes > 0 && bytes > profile().max_volume_bytes)
        return {Code::OutOfRange, "Requested capacity " + std::to_string(bytes) +
                                      " exceeds maximum allowed " +
                                      std::to_string(profile().max_volume_bytes)};
    if (capacity_.empty()) {
        if (asked_kind.empty()) return {};
        return {Code::InvalidArgument, "capacity tracking disabled, specifying kind " +
                                           in_quotes(asked_kind) + " is invalid"};
    }
    kind = asked_kind;
    for (auto it = capacity_.begin(); kind.empty() && it != capacity_.end(); ++it)
        if (used_of(it->first) + bytes <= it->second) kind = it->first;
    if (kind.empty())
        return {Code::ResourceExhausted,
                "requested capacity " + std::to_string(bytes) +
                    " of arbitrary storage exceeds all remaining capacity"};
    const auto available = capacity_.find(kind);
    const std::int64_t total = available == capacity_.end() ? 0 : available->second;
    const std::int64_t used = used_of(kind);
    if (used + bytes <= total) return {};
    const auto text = [](std::int64_t n) {
        return api::Quantity::of(n, api::Quantity::Format::BinarySI).to_string();
    };
    return {Code::ResourceExhausted,
            "requested capacity " + std::to_string(bytes) + " exceeds remaining capacity for " +
                in_quotes(kind) + ", " + text(used) + " out of " + text(total) + " already used"};
}

RpcStatus HostPathDriver::copy_source(const CreateVolumeRequest& r, BackendVolume& volume) {
    if (!r.volume_content_source) return {};
    const VolumeContentSource& source = *r.volume_content_source;
    if (!source.snapshot_id.empty()) {
        const BackendSnapshot* snapshot = backend_.find_snapshot(source.snapshot_id);
        if (!snapshot)
            return {Code::NotFound,
                    "snapshot id " + source.snapshot_id + " does not exist in the snapshots list"};
        if (snapshot->size_bytes > volume.size_bytes)
            return {Code::InvalidArgument, "snapshot " + source.snapshot_id + " size " +
                                               std::to_string(snapshot->size_bytes) +
                                               " is greater than requested volume size " +
                                               std::to_string(volume.size_bytes)};
        volume.data = snapshot->data;
        return {};
    }
    const BackendVolume* original = backend_.find(source.volume_id);
    if (!original) return no_host_path_volume(source.volume_id);
    if (original->size_bytes > volume.size_bytes)
        return {Code::InvalidArgument,
                "volume " + source.volume_id + " size " + std::to_string(original->size_bytes) +
                    " is greater than requested volume size " + std::to_string(volume.size_bytes)};
    if (!original->capabilities.empty() &&
        original->capabilities.front().block != r.volume_capabilities.front().block)
        return {Code::InvalidArgument,
                "volume " + source.volume_id + " mode is not compatible with requested mode"};
    volume.data = original->data;
    return {};
}

// INTERNAL where somebody uses it and the driver was told to mind; else it only logs.
RpcStatus HostPathDriver::check_unused(const BackendVolume& volume, bool attached_counts) const {
    const bool attached = !volume.attached.empty();
    if (!checks_lifecycle() || (volume.used.empty() && !(attached_counts && attached))) return {};
    bool staged = false, published = false;
    Text node = attached ? volume.attached.begin()->first : Text();
    for (const auto& [name, use] : volume.used) {
        staged = staged || !use.staging_path.empty();
        published = published || !use.published.empty();
        node = name;
    }
    const auto yes = [](bool b) { return std::string(b ? "true" : "false"); };
    return {Code::Internal, "Volume '" + volume.id + "' is still used (" +
                                (attached_counts ? "attached: " + yes(attached) + ", " : "") +
                                "staged: " + yes(staged) + ", published: " + yes(published) +
                                ") by '" + node.str() + "' node"};
}

Outcome HostPathDriver::on(const DeleteVolumeRequest& r, const CallContext&) {
    if (r.volume_id.empty())
        return RpcStatus(Code::InvalidArgument, "Volume ID missing in request");
    if (RpcStatus bad = check_offered(ControllerCapability::CreateDeleteVolume); !bad.ok())
        return bad;
    const BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return Empty();
    if (RpcStatus bad = check_unused(*volume, true); !bad.ok()) return bad;
    backend_.erase(r.volume_id);
    kind_of_.erase(r.volume_id);
    return Empty();
}

Outcome HostPathDriver::on(const ControllerPublishVolumeRequest& r, const CallContext&) {
    if (!enables_attach())
        return RpcStatus(Code::Unimplemented, "ControllerPublishVolume is not supported");
    if (RpcStatus bad = first_missing(
            {{!r.volume_id.empty(), "Volume ID cannot be empty"},
             {!r.node_id.empty(), "Node ID cannot be empty"},
             {r.volume_capability.has_value(), "Volume Capabilities cannot be empty"}});
        !bad.ok())
        return bad;
    if (!is_known_node(r.node_id))
        return RpcStatus(Code::NotFound, "Not matching Node ID " + r.node_id +
                                             " to hostpath Node ID " +
                                             settings_.nodes.front().str());
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) {
        const RpcStatus inner = no_host_path_volume(r.volume_id);  // wrapped once more, as there
        return RpcStatus(Code::NotFound, inner.text());
    }
    if (const auto here = volume->attached.find(r.node_id); here != volume->attached.end()) {
        if (here->second.readonly != r.readonly)
            return RpcStatus(Code::AlreadyExists,
                             "Volume published but has incompatible readonly flag");
        return ControllerPublishVolumeResponse();
    }
    const int limit = profile().attach_limit;
    if (limit > 0 && backend_.attached_to(r.node_id) >= static_cast<std::size_t>(limit))
        return RpcStatus(Code::ResourceExhausted,
                         "Cannot attach any more volumes to this node ('" + r.node_id + "')");
    backend_.attach(*volume, r.node_id, {r.readonly, r.volume_capability->access_mode});
    return ControllerPublishVolumeResponse();
}

Outcome HostPathDriver::on(const ControllerUnpublishVolumeRequest& r, const CallContext&) {
    if (!enables_attach())
        return RpcStatus(Code::Unimplemented, "ControllerUnpublishVolume is not supported");
    if (r.volume_id.empty()) return RpcStatus(Code::InvalidArgument, "Volume ID cannot be empty");
    if (!r.node_id.empty() && !is_known_node(r.node_id))
        return RpcStatus(Code::NotFound, "Node ID " + r.node_id +
                                             " does not match to expected Node ID " +
                                             settings_.nodes.front().str());
    BackendVolume* volume = backend_.find(r.volume_id);
    if (!volume) return Empty();
    if (RpcStatus bad = check_unused(*volume, false); !bad.ok()) return bad;
    if (!r.node_id.empty()) backend_.detach(*volume, r.node_id);
    while (r.node_id.empty() && !volume->attached.empty())
        backend_.detach(*volume, Text(volume->attached.begin()->first));
    return Empty();
}

BackendVolume& HostPathDriver::add_ephemeral(const Text& id) {
    BackendVolume volume;
    volume.id = id;
    volume.name = "ephemeral-" + id;
    volume.size_bytes = kEphemeralBytes;
    return backend_.add(std::move(volume));
}

}  // namespace model::csi
