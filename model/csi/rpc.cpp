#include "model/csi/rpc.hpp"

#include <array>

namespace model::csi {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Code::Count_)> kCodes{
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

constexpr std::array<std::string_view, kMethods> kMethodNames{"GetPluginInfo",
                                                              "GetPluginCapabilities",
                                                              "Probe",
                                                              "CreateVolume",
                                                              "DeleteVolume",
                                                              "ControllerPublishVolume",
                                                              "ControllerUnpublishVolume",
                                                              "ValidateVolumeCapabilities",
                                                              "ListVolumes",
                                                              "ControllerGetVolume",
                                                              "ControllerModifyVolume",
                                                              "GetCapacity",
                                                              "ControllerGetCapabilities",
                                                              "CreateSnapshot",
                                                              "DeleteSnapshot",
                                                              "ListSnapshots",
                                                              "GetSnapshot",
                                                              "ControllerExpandVolume",
                                                              "NodeStageVolume",
                                                              "NodeUnstageVolume",
                                                              "NodePublishVolume",
                                                              "NodeUnpublishVolume",
                                                              "NodeGetVolumeStats",
                                                              "NodeExpandVolume",
                                                              "NodeGetCapabilities",
                                                              "NodeGetInfo",
                                                              "GroupControllerGetCapabilities",
                                                              "CreateVolumeGroupSnapshot",
                                                              "DeleteVolumeGroupSnapshot",
                                                              "GetVolumeGroupSnapshot",
                                                              "GetMetadataAllocated",
                                                              "GetMetadataDelta"};

constexpr std::array<std::string_view, 16> kControllerCapabilities{"UNKNOWN",
                                                                   "CREATE_DELETE_VOLUME",
                                                                   "PUBLISH_UNPUBLISH_VOLUME",
                                                                   "LIST_VOLUMES",
                                                                   "GET_CAPACITY",
                                                                   "CREATE_DELETE_SNAPSHOT",
                                                                   "LIST_SNAPSHOTS",
                                                                   "CLONE_VOLUME",
                                                                   "PUBLISH_READONLY",
                                                                   "EXPAND_VOLUME",
                                                                   "LIST_VOLUMES_PUBLISHED_NODES",
                                                                   "VOLUME_CONDITION",
                                                                   "GET_VOLUME",
                                                                   "SINGLE_NODE_MULTI_WRITER",
                                                                   "MODIFY_VOLUME",
                                                                   "GET_SNAPSHOT"};

constexpr std::array<std::string_view, 7> kNodeCapabilities{
    "UNKNOWN",          "STAGE_UNSTAGE_VOLUME",     "GET_VOLUME_STATS",  "EXPAND_VOLUME",
    "VOLUME_CONDITION", "SINGLE_NODE_MULTI_WRITER", "VOLUME_MOUNT_GROUP"};

constexpr std::array<std::string_view, 8> kAccessModes{"UNKNOWN",
                                                       "SINGLE_NODE_WRITER",
                                                       "SINGLE_NODE_READER_ONLY",
                                                       "MULTI_NODE_READER_ONLY",
                                                       "MULTI_NODE_SINGLE_WRITER",
                                                       "MULTI_NODE_MULTI_WRITER",
                                                       "SINGLE_NODE_SINGLE_WRITER",
                                                       "SINGLE_NODE_MULTI_WRITER"};

template <class E, std::size_t N>
std::string_view name_in(const std::array<std::string_view, N>& names, E e) {
    const auto at = static_cast<std::size_t>(e);
    return at < N ? names[at] : "UNKNOWN";
}

template <class E, std::size_t N>
std::optional<E> value_of(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == name) return static_cast<E>(i);
    return std::nullopt;
}

template <class E>
std::vector<E> numbers(unsigned from, unsigned to) {
    std::vector<E> all;
    for (unsigned n = from; n <= to; ++n) all.push_back(static_cast<E>(n));
    return all;
}

}  // namespace

std::string_view to_string(Code code) { return name_in(kCodes, code); }
std::optional<Code> code_of(std::string_view name) { return value_of<Code>(kCodes, name); }

std::string RpcStatus::text() const {
    return "rpc error: code = " + std::string(to_string(code)) + " desc = " + message;
}

std::string full_name(Method method) {
    std::string_view service = "Identity";
    if (method >= Method::CreateVolume) service = "Controller";
    if (method >= Method::NodeStageVolume) service = "Node";
    if (method >= Method::GroupControllerGetCapabilities) service = "GroupController";
    if (method >= Method::GetMetadataAllocated) service = "SnapshotMetadata";
    return "/csi.v1." + std::string(service) + "/" + std::string(to_string(method));
}

std::string_view to_string(Method method) { return name_in(kMethodNames, method); }
std::optional<Method> method_of(std::string_view name) {
    return value_of<Method>(kMethodNames, name);
}

std::string_view to_string(PluginCapability c) {
    switch (c) {
        case PluginCapability::ControllerService:
            return "CONTROLLER_SERVICE";
        case PluginCapability::VolumeAccessibilityConstraints:
            return "VOLUME_ACCESSIBILITY_CONSTRAINTS";
        case PluginCapability::GroupControllerService:
            return "GROUP_CONTROLLER_SERVICE";
        case PluginCapability::SnapshotMetadataService:
            return "SNAPSHOT_METADATA_SERVICE";
        case PluginCapability::ExpansionOnline:
            return "ONLINE";
        case PluginCapability::ExpansionOffline:
            return "OFFLINE";
    }
    return "UNKNOWN";
}

std::string_view to_string(ControllerCapability c) { return name_in(kControllerCapabilities, c); }
std::string_view to_string(NodeCapability c) { return name_in(kNodeCapabilities, c); }
std::string_view to_string(GroupCapability) {
    return "CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT";  // there is one
}
std::string_view to_string(AccessMode mode) { return name_in(kAccessModes, mode); }

const std::vector<PluginCapability>& plugin_capabilities() {
    static const std::vector<PluginCapability> all{
        PluginCapability::ControllerService,      PluginCapability::VolumeAccessibilityConstraints,
        PluginCapability::GroupControllerService, PluginCapability::SnapshotMetadataService,
        PluginCapability::ExpansionOnline,        PluginCapability::ExpansionOffline};
    return all;
}

const std::vector<ControllerCapability>& controller_capabilities() {
    static const auto all = numbers<ControllerCapability>(1, kControllerCapabilities.size() - 1);
    return all;
}

const std::vector<NodeCapability>& node_capabilities() {
    static const auto all = numbers<NodeCapability>(1, kNodeCapabilities.size() - 1);
    return all;
}

}  // namespace model::csi
