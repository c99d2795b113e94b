#include "model/csi/plugin.hpp"

#include "sim/fingerprint.hpp"

namespace model::csi {

namespace {

constexpr unsigned kDigitsOfId = 17;  // as an EBS volume's id has

bool only_reads(Method method) {
    switch (method) {
        case Method::CreateVolume:
        case Method::DeleteVolume:
        case Method::ControllerPublishVolume:
        case Method::ControllerUnpublishVolume:
        case Method::ControllerModifyVolume:
        case Method::CreateSnapshot:
        case Method::DeleteSnapshot:
        case Method::ControllerExpandVolume:
        case Method::NodeStageVolume:
        case Method::NodeUnstageVolume:
        case Method::NodePublishVolume:
        case Method::NodeUnpublishVolume:
        case Method::NodeExpandVolume:
        case Method::CreateVolumeGroupSnapshot:
        case Method::DeleteVolumeGroupSnapshot:
            return false;
        default:
            return true;
    }
}

std::string hex(std::uint64_t word, unsigned digits) {
    std::string out(digits, '0');
    for (unsigned i = digits; i-- > 0; word >>= 4) out[i] = "0123456789abcdef"[word & 15];
    return out;
}

}  // namespace

Outcome not_implemented(Method method) {
    std::string message = "method " + std::string(to_string(method)) + " not implemented";
    if (method >= Method::GetMetadataAllocated)
        message = "unknown service csi.v1.SnapshotMetadata";
    else if (method >= Method::GroupControllerGetCapabilities)
        message = "unknown service csi.v1.GroupController";
    return RpcStatus(Code::Unimplemented, message);
}

RpcStatus first_missing(std::initializer_list<Needed> fields) {
    for (const Needed& field : fields)
        if (!field.given) return {Code::InvalidArgument, field.otherwise};
    return {};
}

Plugin::Plugin(DriverSettings settings) : settings_(std::move(settings)) {}

Outcome Plugin::handle(const Request& request, const CallContext& context) {
    return std::visit(
        [&](const auto& message) {
            using R = std::remove_cvref_t<decltype(message)>;
            return static_cast<Answer<R>&>(*this).on(message, context);
        },
        static_cast<const RequestVariant&>(request));
}

Text Plugin::lock_key(const Request& request) const {
    return only_reads(csi::method_of(request)) ? Text() : subject_of(request);
}

RpcStatus Plugin::busy(const Text& key) const {
    return {Code::Aborted, "An operation with the given Volume " + key + " already exists"};
}

Outcome Plugin::on(const GetPluginInfoRequest&, const CallContext&) {
    GetPluginInfoResponse answer;
    answer.name = settings_.name;
    answer.vendor_version = profile().vendor_version;
    return answer;
}

Outcome Plugin::on(const GetPluginCapabilitiesRequest&, const CallContext&) {
    GetPluginCapabilitiesResponse answer;
    answer.capabilities = profile().plugin;
    return answer;
}

// Neither of the real drivers sets `ready`, which counts as ready.
Outcome Plugin::on(const ProbeRequest&, const CallContext&) { return ProbeResponse(); }

Outcome Plugin::on(const ControllerGetCapabilitiesRequest&, const CallContext&) {
    ControllerGetCapabilitiesResponse answer;
    answer.capabilities = profile().controller;
    return answer;
}

Outcome Plugin::on(const NodeGetCapabilitiesRequest&, const CallContext&) {
    NodeGetCapabilitiesResponse answer;
    answer.capabilities = profile().node;
    return answer;
}

void Plugin::know_node(const Text& node, Topology segment) {
    settings_.topology_of_node[node] = std::move(segment);
}

Outcome Plugin::on(const NodeGetInfoRequest&, const CallContext& context) {
    NodeGetInfoResponse answer;
    answer.node_id = context.node;
    answer.max_volumes_per_node = profile().attach_limit;
    const auto segment = settings_.topology_of_node.find(context.node);
    if (settings_.topology && segment != settings_.topology_of_node.end())
        answer.accessible_topology = segment->second;
    return answer;
}

Outcome Plugin::on(const GroupControllerGetCapabilitiesRequest& r, const CallContext&) {
    if (!profile().plugin.has(PluginCapability::GroupControllerService))
        return not_implemented(r.kMethod);
    GroupControllerGetCapabilitiesResponse answer;
    answer.capabilities = profile().group;
    return answer;
}

Text Plugin::new_id(std::string_view prefix, const Text& name) {
    ++made_;
    if (profile().counted_handles) return std::string(prefix) + std::to_string(made_);
    const std::uint64_t first = sim::hash_pair(settings_.seed, sim::hash_text(name));
    const std::string digits = hex(sim::scramble(first + 1), kDigitsOfId - 16) + hex(first, 16);
    return std::string(prefix) + digits;
}

}  // namespace model::csi
