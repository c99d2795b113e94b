// Words of the storage API: phases, policies, modes, annotations, finalizers. Plain string views,
// since a shared Text would be counted from several threads.
#pragma once

#include <string_view>

namespace model::api {

namespace phase {
inline constexpr std::string_view kPending = "Pending", kAvailable = "Available", kBound = "Bound",
                                  kReleased = "Released", kFailed = "Failed", kLost = "Lost";
}
namespace policy {
inline constexpr std::string_view kRetain = "Retain", kRecycle = "Recycle", kDelete = "Delete";
}
namespace mode {
inline constexpr std::string_view kReadWriteOnce = "ReadWriteOnce", kReadOnlyMany = "ReadOnlyMany",
                                  kReadWriteMany = "ReadWriteMany",
                                  kReadWriteOncePod = "ReadWriteOncePod",
                                  kFilesystem = "Filesystem", kBlock = "Block",
                                  kImmediate = "Immediate",
                                  kWaitForFirstConsumer = "WaitForFirstConsumer";
}
namespace annotation {
inline constexpr std::string_view kBindCompleted = "pv.kubernetes.io/bind-completed",
                                  kBoundByController = "pv.kubernetes.io/bound-by-controller",
                                  kProvisionedBy = "pv.kubernetes.io/provisioned-by",
                                  kMigratedTo = "pv.kubernetes.io/migrated-to",
                                  kStorageProvisioner = "volume.kubernetes.io/storage-provisioner",
                                  kBetaStorageProvisioner =
                                      "volume.beta.kubernetes.io/storage-provisioner",
                                  kSelectedNode = "volume.kubernetes.io/selected-node",
                                  kBetaStorageClass = "volume.beta.kubernetes.io/storage-class",
                                  kPreResizeCapacity =
                                      "volume.alpha.kubernetes.io/pre-resize-capacity",
                                  kDefaultClass = "storageclass.kubernetes.io/is-default-class",
                                  kBetaDefaultClass =
                                      "storageclass.beta.kubernetes.io/is-default-class";
}
namespace finalizer {
inline constexpr std::string_view kPVProtection = "kubernetes.io/pv-protection",
                                  kPVCProtection = "kubernetes.io/pvc-protection",
                                  kVACProtection = "kubernetes.io/vac-protection",
                                  kPVController = "kubernetes.io/pv-controller",
                                  kExternalProvisioner =
                                      "external-provisioner.volume.kubernetes.io/finalizer";
}

}  // namespace model::api
