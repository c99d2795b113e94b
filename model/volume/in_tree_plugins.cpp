#include "model/volume/in_tree_plugins.hpp"

#include <array>
#include <utility>

namespace model::volume {

namespace {

constexpr std::string_view kHostPath = "kubernetes.io/host-path", kNfs = "kubernetes.io/nfs",
                           kLocal = "kubernetes.io/local-volume", kCsi = "kubernetes.io/csi";

// csi-translation-lib: plugins whose migration is final in all modelled versions. (Portworx
// followed with 1.33 and is left out: no in-tree code of it is modelled either.)
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kMigrated = {{
    {"kubernetes.io/aws-ebs", "ebs.csi.aws.com"},
    {"kubernetes.io/azure-disk", "disk.csi.azure.com"},
    {"kubernetes.io/azure-file", "file.csi.azure.com"},
    {"kubernetes.io/cinder", "cinder.csi.openstack.org"},
    {"kubernetes.io/gce-pd", "pd.csi.storage.gke.io"},
    {"kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"},
}};

}  // namespace

std::string_view InTreePlugins::csi_driver_of(std::string_view plugin) const {
    for (const auto& [in_tree, driver] : kMigrated)
        if (plugin == in_tree) return driver;
    return {};
}

bool InTreePlugins::has_deleter(std::string_view plugin) const { return plugin == kHostPath; }

std::string InTreePlugins::not_found(std::string_view plugin, std::string_view) const {
    return "no volume plugin matched name: " + std::string(plugin);
}

std::string InTreePlugins::no_deleter(const PV&) const { return "no volume plugin matched"; }

// A plugin that is there without the ability is told apart from none.
std::string HostPathAndNfs::not_found(std::string_view plugin, std::string_view ability) const {
    const bool there = plugin == kNfs || plugin == kHostPath ||
                       (more_plugins_ && (plugin == kLocal || plugin == kCsi));
    if (!there) return InTreePlugins::not_found(plugin, ability);
    return "no " + std::string(ability) + " volume plugin matched";
}

std::string HostPathAndNfs::no_deleter(const PV& volume) const {
    const api::PersistentVolumeSource& source = volume.spec.source;
    const bool there =
        source.nfs || source.hostPath || (more_plugins_ && (source.local || source.csi));
    return there ? "no deletable volume plugin matched" : InTreePlugins::no_deleter(volume);
}

// The host path plugin is there even where provisioning is switched off; it then refuses in
// prepare_to_provision.
bool HostPathAndNfs::can_provision(std::string_view provisioner) const {
    return provisioner == kHostPath;
}
bool HostPathAndNfs::can_delete(const PV& volume) const {
    return volume.spec.source.hostPath.has_value();
}
bool HostPathAndNfs::can_recycle(const PV& volume) const {
    return volume.spec.source.hostPath.has_value() || volume.spec.source.nfs.has_value();
}

std::string HostPathAndNfs::prepare_to_provision(const PVC&) {
    if (provisioning_) return "";
    return "provisioning in volume plugin \"kubernetes.io/host-path\" is disabled";
}

std::string HostPathAndNfs::provision(const PVC& claim, const api::StorageClass& cls, PV* volume) {
    if (claim.spec.volumeMode && *claim.spec.volumeMode == api::mode::kBlock)
        return "kubernetes.io/host-path does not support block volume provisioning";
    volume->metadata.annotations.set("kubernetes.io/createdby", "hostpath-dynamic-provisioner");
    volume->spec.persistentVolumeReclaimPolicy = cls.reclaimPolicy.value_or(api::policy::kDelete);
    volume->spec.accessModes = claim.spec.accessModes;
    if (volume->spec.accessModes.empty())
        volume->spec.accessModes.emplace_back(api::mode::kReadWriteOnce);
    volume->spec.capacity.set("storage", requested_storage(claim));
    // Upstream draws a fresh uuid for the directory; the claim's serves as well and draws nothing.
    api::HostPathVolumeSource source;
    source.path = "/tmp/hostpath_pv/" + claim.metadata.uid.str();
    volume->spec.source.hostPath = source;
    return "";
}

std::string HostPathAndNfs::remove(const PV& volume) {
    if (!volume.spec.source.hostPath)
        return "failed to create deleter for volume \"" + volume.metadata.name.str() +
               "\": spec.PersistentVolumeSource.HostPath is nil";
    const std::string_view path = volume.spec.source.hostPath->path;
    const std::size_t at = path.find("/tmp/");  // upstream's pattern "/tmp/.+" is not anchored
    if (at == std::string_view::npos || at + 5 >= path.size())
        return "host_path deleter only supports /tmp/.+ but received provided " + std::string(path);
    return "";
}

std::optional<std::string> HostPathAndNfs::recycle(const PV&) { return std::nullopt; }

}  // namespace model::volume
