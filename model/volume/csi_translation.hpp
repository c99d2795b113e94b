// CSI translation: volumes and classes of in-tree plugins as the CSI driver that has taken them
// over sees them, and back. Pure functions. Counterpart: csi-translation-lib (aws-ebs, gce-pd,
// azure-disk, cinder, vsphere-volume). Left out: azure-file, which needs secrets, portworx, volumes
// written directly into pods, AWS's URL form of volume ids, the repair of handles by node ids.
#pragma once

#include <string_view>

#include "model/api/objects_storage.hpp"
#include "model/api/status.hpp"

namespace model::volume {

// The in-tree plugin that this driver stands in for: "kubernetes.io/aws-ebs"; "" for most drivers.
std::string_view in_tree_plugin_of(std::string_view driver);
// The driver for the volume's in-tree source; "" where it has none that is translated.
std::string_view translated_driver_of(const api::PersistentVolume& volume);

// Errors are messages.
api::Result<api::StorageClass> class_for_csi(const api::StorageClass& cls);
api::Result<api::PersistentVolume> volume_for_csi(const api::PersistentVolume& volume);
api::Result<api::PersistentVolume> volume_in_tree(const api::PersistentVolume& volume);

}  // namespace model::volume
