// Every CSI request and response as one type each, for drivers, logs and fault plans.
#pragma once

#include <variant>

#include "model/api/value.hpp"
#include "model/csi/messages_controller.hpp"
#include "model/csi/messages_group.hpp"
#include "model/csi/messages_identity.hpp"
#include "model/csi/messages_node.hpp"

namespace model::csi {

// In the order of Method.
using RequestVariant =
    std::variant<GetPluginInfoRequest, GetPluginCapabilitiesRequest, ProbeRequest,
                 CreateVolumeRequest, DeleteVolumeRequest, ControllerPublishVolumeRequest,
                 ControllerUnpublishVolumeRequest, ValidateVolumeCapabilitiesRequest,
                 ListVolumesRequest, ControllerGetVolumeRequest, ControllerModifyVolumeRequest,
                 GetCapacityRequest, ControllerGetCapabilitiesRequest, CreateSnapshotRequest,
                 DeleteSnapshotRequest, ListSnapshotsRequest, GetSnapshotRequest,
                 ControllerExpandVolumeRequest, NodeStageVolumeRequest, NodeUnstageVolumeRequest,
                 NodePublishVolumeRequest, NodeUnpublishVolumeRequest, NodeGetVolumeStatsRequest,
                 NodeExpandVolumeRequest, NodeGetCapabilitiesRequest, NodeGetInfoRequest,
                 GroupControllerGetCapabilitiesRequest, CreateVolumeGroupSnapshotRequest,
                 DeleteVolumeGroupSnapshotRequest, GetVolumeGroupSnapshotRequest,
                 GetMetadataAllocatedRequest, GetMetadataDeltaRequest>;
// A type of its own so that it can be declared without its messages.
struct Request : RequestVariant {
    using RequestVariant::RequestVariant;
};
using Response = std::variant<
    GetPluginInfoResponse, GetPluginCapabilitiesResponse, ProbeResponse, CreateVolumeResponse,
    Empty, ControllerPublishVolumeResponse, ValidateVolumeCapabilitiesResponse, ListVolumesResponse,
    ControllerGetVolumeResponse, GetCapacityResponse, ControllerGetCapabilitiesResponse,
    CreateSnapshotResponse, ListSnapshotsResponse, GetSnapshotResponse,
    ControllerExpandVolumeResponse, NodeGetVolumeStatsResponse, NodeExpandVolumeResponse,
    NodeGetCapabilitiesResponse, NodeGetInfoResponse, GroupControllerGetCapabilitiesResponse,
    VolumeGroupSnapshotResponse, MetadataResponse>;

inline Method method_of(const Request& request) { return static_cast<Method>(request.index()); }

// A call's end: the response counts only where the status is OK.
struct Outcome {
    RpcStatus status;
    Response response;
    Outcome() = default;
    Outcome(RpcStatus s) : status(std::move(s)) {}
    template <class R>
    requires std::is_constructible_v<Response, R> Outcome(R r) : response(std::move(r)) {}
};

// As grpc-go logs a message: the protocol's names, empty fields left out, secrets replaced by
// "***stripped***".
api::Value to_value(const Request& request);
api::Value to_value(const Response& response);
// What a call is about: volume id, or name where there is none yet, or snapshot id; "" otherwise.
Text subject_of(const Request& request);

}  // namespace model::csi
