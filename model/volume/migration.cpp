#include "model/volume/migration.hpp"

#include <algorithm>

namespace model::volume {

namespace {

using namespace api::annotation;

bool drop(api::List<api::Text>& finalizers, std::string_view name) {
    return erase_if(finalizers, [name](const api::Text& f) { return f == name; }) > 0;
}

// In-tree volumes only: Delete needs the finalizer, the other policies must not have it, and the
// external provisioner's one is a rest of a migration that was switched off.
bool set_deletion_finalizers(PV& volume, const InTreePlugins& plugins) {
    const api::Text* provisioner = volume.metadata.annotations.find(kProvisionedBy);
    if (!provisioner) return false;
    api::List<api::Text>& finalizers = volume.metadata.finalizers;
    if (!plugins.csi_driver_of(*provisioner).empty())
        return drop(finalizers, api::finalizer::kPVController);
    if (!provisioner->view().starts_with("kubernetes.io/")) return false;
    bool changed = false;
    const std::string_view policy = volume.spec.persistentVolumeReclaimPolicy;
    if (policy == api::policy::kDelete) {
        if (!volume.metadata.has_finalizer(api::finalizer::kPVController)) {
            finalizers.emplace_back(api::finalizer::kPVController);
            changed = true;
        }
    } else if (policy == api::policy::kRetain || policy == api::policy::kRecycle) {
        changed = drop(finalizers, api::finalizer::kPVController);
    }
    return drop(finalizers, api::finalizer::kExternalProvisioner) || changed;
}

}  // namespace

bool set_migrated_to(api::TextMap& annotations, std::string_view provisioner,
                     const InTreePlugins& plugins) {
    const std::string_view driver = plugins.csi_driver_of(provisioner);
    const std::string_view now = annotations.get(kMigratedTo);
    if (driver.empty()) {
        if (now.empty()) return false;
        return annotations.erase(kMigratedTo);
    }
    if (now == driver) return false;
    annotations.set(kMigratedTo, driver);
    return true;
}

std::optional<PVC> with_migration(const PVC& claim, const InTreePlugins& plugins) {
    const api::Text* provisioner = claim.metadata.annotations.find(kStorageProvisioner);
    if (!provisioner) provisioner = claim.metadata.annotations.find(kBetaStorageProvisioner);
    if (!provisioner) return std::nullopt;
    api::TextMap annotations = claim.metadata.annotations;
    if (!set_migrated_to(annotations, *provisioner, plugins)) return std::nullopt;
    PVC next = claim;
    next.metadata.annotations = std::move(annotations);
    return next;
}

std::optional<PV> with_migration_and_finalizers(const PV& volume, const InTreePlugins& plugins,
                                                bool honor_policy) {
    const api::Text* provisioner = volume.metadata.annotations.find(kProvisionedBy);
    if (!provisioner) return std::nullopt;
    PV next = volume;
    bool changed = set_migrated_to(next.metadata.annotations, *provisioner, plugins);
    if (honor_policy) changed = set_deletion_finalizers(next, plugins) || changed;
    return changed ? std::optional<PV>(std::move(next)) : std::nullopt;
}

std::optional<PVC> with_provisioner(const PVC& claim, std::string_view provisioner,
                                    const InTreePlugins& plugins) {
    const api::Text* asked = claim.metadata.annotations.find(kStorageProvisioner);
    if (asked && *asked == provisioner) return std::nullopt;
    PVC next = claim;
    next.metadata.annotations.set(kBetaStorageProvisioner, provisioner);
    next.metadata.annotations.set(kStorageProvisioner, provisioner);
    set_migrated_to(next.metadata.annotations, provisioner, plugins);
    return next;
}

}  // namespace model::volume
