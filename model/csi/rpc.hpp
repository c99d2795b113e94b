// The vocabulary of CSI calls: gRPC codes, methods, capabilities. Counterpart: csi.proto of the
// Container Storage Interface 1.12 (names and numbers are the protocol's own).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/api/text.hpp"

namespace model::csi {

enum class Code : std::uint8_t {
    Ok,
    Canceled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
    Count_,
};
std::string_view to_string(Code code);  // "OK", "DeadlineExceeded", ... as grpc-go prints them
std::optional<Code> code_of(std::string_view name);

// How a call ended.
struct RpcStatus {
    Code code = Code::Ok;
    api::Text message;
    RpcStatus() = default;
    RpcStatus(Code c, api::Text m) : code(c), message(std::move(m)) {}
    bool ok() const { return code == Code::Ok; }
    // "rpc error: code = Internal desc = no space", as grpc-go prints an error.
    std::string text() const;
    bool operator==(const RpcStatus&) const = default;
};

enum class Method : std::uint8_t {
    // Identity
    GetPluginInfo,
    GetPluginCapabilities,
    Probe,
    // Controller
    CreateVolume,
    DeleteVolume,
    ControllerPublishVolume,
    ControllerUnpublishVolume,
    ValidateVolumeCapabilities,
    ListVolumes,
    ControllerGetVolume,
    ControllerModifyVolume,
    GetCapacity,
    ControllerGetCapabilities,
    CreateSnapshot,
    DeleteSnapshot,
    ListSnapshots,
    GetSnapshot,
    ControllerExpandVolume,
    // Node
    NodeStageVolume,
    NodeUnstageVolume,
    NodePublishVolume,
    NodeUnpublishVolume,
    NodeGetVolumeStats,
    NodeExpandVolume,
    NodeGetCapabilities,
    NodeGetInfo,
    // GroupController
    GroupControllerGetCapabilities,
    CreateVolumeGroupSnapshot,
    DeleteVolumeGroupSnapshot,
    GetVolumeGroupSnapshot,
    // SnapshotMetadata
    GetMetadataAllocated,
    GetMetadataDelta,
    Count_,
};
inline constexpr std::size_t kMethods = static_cast<std::size_t>(Method::Count_);
std::string_view to_string(Method method);
// "/csi.v1.Controller/CreateVolume", as gRPC names it.
std::string full_name(Method method);
std::optional<Method> method_of(std::string_view name);

// A set of an enumeration's values with the protocol's numbers. It keeps the order in which a
// driver reports them, which logs show; equality does not look at it.
template <class E>
class Capabilities {
  public:
    Capabilities() = default;
    Capabilities(std::initializer_list<E> all) {
        for (E e : all) add(e);
    }
    bool has(E e) const { return (bits_ & bit(e)) != 0; }
    bool empty() const { return bits_ == 0; }
    void add(E e) {
        if (has(e)) return;
        bits_ |= bit(e);
        order_.push_back(e);
    }
    void remove(E e) {
        bits_ &= ~bit(e);
        std::erase(order_, e);
    }
    const std::vector<E>& all() const { return order_; }
    bool operator==(const Capabilities& o) const { return bits_ == o.bits_; }

  private:
    static std::uint64_t bit(E e) { return std::uint64_t{1} << static_cast<unsigned>(e); }
    std::uint64_t bits_ = 0;
    std::vector<E> order_;
};

enum class PluginCapability : std::uint8_t {  // PluginCapability.Service
    ControllerService = 1,
    VolumeAccessibilityConstraints = 2,
    GroupControllerService = 3,
    SnapshotMetadataService = 4,
    // PluginCapability.VolumeExpansion 1 and 2, kept in the same set
    ExpansionOnline = 9,
    ExpansionOffline = 10,
};

enum class ControllerCapability : std::uint8_t {
    CreateDeleteVolume = 1,
    PublishUnpublishVolume = 2,
    ListVolumes = 3,
    GetCapacity = 4,
    CreateDeleteSnapshot = 5,
    ListSnapshots = 6,
    CloneVolume = 7,
    PublishReadonly = 8,
    ExpandVolume = 9,
    ListVolumesPublishedNodes = 10,
    VolumeCondition = 11,
    GetVolume = 12,
    SingleNodeMultiWriter = 13,
    ModifyVolume = 14,
    GetSnapshot = 15,
};

enum class NodeCapability : std::uint8_t {
    StageUnstageVolume = 1,
    GetVolumeStats = 2,
    ExpandVolume = 3,
    VolumeCondition = 4,
    SingleNodeMultiWriter = 5,
    VolumeMountGroup = 6,
};

enum class GroupCapability : std::uint8_t { CreateDeleteGetVolumeGroupSnapshot = 1 };

std::string_view to_string(PluginCapability c);      // "CONTROLLER_SERVICE", ...
std::string_view to_string(ControllerCapability c);  // "CREATE_DELETE_VOLUME", ...
std::string_view to_string(NodeCapability c);
std::string_view to_string(GroupCapability c);
// In the order of their numbers; for listing and for choosing by name.
const std::vector<PluginCapability>& plugin_capabilities();
const std::vector<ControllerCapability>& controller_capabilities();
const std::vector<NodeCapability>& node_capabilities();

enum class AccessMode : std::uint8_t {
    Unknown,
    SingleNodeWriter,
    SingleNodeReaderOnly,
    MultiNodeReaderOnly,
    MultiNodeSingleWriter,
    MultiNodeMultiWriter,
    SingleNodeSingleWriter,
    SingleNodeMultiWriter,
};
std::string_view to_string(AccessMode mode);  // "SINGLE_NODE_WRITER", ...
constexpr bool is_multi_node(AccessMode m) {
    return m == AccessMode::MultiNodeReaderOnly || m == AccessMode::MultiNodeSingleWriter ||
           m == AccessMode::MultiNodeMultiWriter;
}

}  // namespace model::csi
