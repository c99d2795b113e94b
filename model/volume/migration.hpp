// What the PersistentVolume controller keeps right about CSI migration: the migrated-to annotation
// of claims and volumes, and the finalizers that protect a provisioned volume until its storage is
// deleted. Counterpart: pv_controller_base.go updateMigrationAnnotations and
// modifyDeletionFinalizers.
#pragma once

#include <optional>

#include "model/volume/in_tree_plugins.hpp"

namespace model::volume {

// True where the annotation was set, changed or taken away.
bool set_migrated_to(api::TextMap& annotations, std::string_view provisioner,
                     const InTreePlugins& plugins);

// The object as it ought to be; nothing where it is.
std::optional<PVC> with_migration(const PVC& claim, const InTreePlugins& plugins);
std::optional<PV> with_migration_and_finalizers(const PV& volume, const InTreePlugins& plugins,
                                                bool honor_policy);

// The claim asking `provisioner` for a volume; nothing where it asks already.
std::optional<PVC> with_provisioner(const PVC& claim, std::string_view provisioner,
                                    const InTreePlugins& plugins);

}  // namespace model::volume
