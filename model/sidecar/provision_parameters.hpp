// What a claim and its class say, as a CSI driver is asked for it: volume name, file system type,
// capabilities, parameters, secrets. Pure functions. Counterpart: external-provisioner
// pkg/controller/controller.go (makeVolumeName, getVolumeCapability, getSecretReference,
// removePrefixedParameters); messages are its own.
#pragma once

#include <optional>
#include <string>

#include "model/api/objects_core.hpp"
#include "model/api/objects_storage.hpp"
#include "model/api/status.hpp"
#include "model/csi/message_parts.hpp"
#include "model/sidecar/sidecar_options.hpp"

namespace model::sidecar {

using PVC = api::PersistentVolumeClaim;
using PV = api::PersistentVolume;

// An outcome that the API never sees: a message.
api::Status failed(std::string message);

bool is_block(const PVC& claim);
std::string volume_name(const ProvisionerOptions& options, const api::Text& claim_uid);
api::Result<std::string> fs_type(const api::TextMap& parameters, const std::string& otherwise);
csi::AccessMode access_mode(std::string_view mode, bool single_node_multi_writer);
std::vector<csi::VolumeCapability> capabilities_of(const PVC& claim, const api::StorageClass& cls,
                                                   const std::string& fs_type,
                                                   bool single_node_multi_writer);
// Without the keys that begin with csi.storage.k8s.io/; an unknown one of those is an error.
api::Result<api::TextMap> without_prefixed(const api::TextMap& parameters);

enum class SecretUse : unsigned char {
    Provision,
    ControllerPublish,
    NodeStage,
    NodePublish,
    ControllerExpand,
    NodeExpand,
    ControllerModify,
};
// Nothing where the class names none. `claim` may be null (deletion).
api::Result<std::optional<api::SecretReference>> secret_of(SecretUse use,
                                                           const api::TextMap& parameters,
                                                           const std::string& volume_name,
                                                           const PVC* claim);

}  // namespace model::sidecar
