#include "model/attachdetach/volume_spec.hpp"

#include <algorithm>

#include "model/volume/csi_translation.hpp"

namespace model::attachdetach {

namespace {

constexpr std::string_view kMigratedPlugins = "storage.alpha.kubernetes.io/migrated-plugins";

// Go's text of a list of strings.
std::string bracketed(const api::Value* list) {
    std::string text = "[";
    if (list)
        for (const api::Value& v : list->as_list())
            text += (text.size() > 1 ? " " : "") + std::string(v.as_string());
    return text + "]";
}

std::string text_of(const api::Value& source, std::string_view field) {
    const api::Value* v = source.find(field);
    return v ? std::string(v->as_string()) : std::string();
}

std::string number_of(const api::Value& source, std::string_view field) {
    const api::Value* v = source.find(field);
    return std::to_string(v ? v->as_int() : 0);
}

// Fills in the plugin and the unique name; false where it is neither iscsi nor fc.
bool fill_in_tree(const api::Value& sources, VolumeSpec& spec) {
    if (const api::Value* iscsi = sources.find("iscsi")) {
        spec.plugin = VolumeSpec::Plugin::Iscsi;
        spec.unique_name = "kubernetes.io/iscsi/" + text_of(*iscsi, "targetPortal") + ":" +
                           text_of(*iscsi, "iqn") + ":" + number_of(*iscsi, "lun");
        return true;
    }
    const api::Value* fc = sources.find("fc");
    if (!fc) return false;
    spec.plugin = VolumeSpec::Plugin::FibreChannel;
    const api::Value* targets = fc->find("targetWWNs");
    const bool by_target = targets && !targets->as_list().empty();
    spec.unique_name =
        "kubernetes.io/fc/" + (by_target ? bracketed(targets) + ":" + number_of(*fc, "lun")
                                         : bracketed(fc->find("wwids")));
    return true;
}

bool may_be_shared(const api::List<api::Text>& modes) {
    return modes.empty() || std::any_of(modes.begin(), modes.end(), [](const api::Text& m) {
               return m == api::mode::kReadWriteMany || m == api::mode::kReadOnlyMany;
           });
}

bool is_owned_by(const api::PersistentVolumeClaim& claim, const api::Pod& pod) {
    for (const api::OwnerReference& owner : claim.metadata.ownerReferences)
        if (owner.controller.value_or(false)) return owner.uid == pod.metadata.uid;
    return false;
}

}  // namespace

SpecRef VolumeResolver::of_pod_volume(const api::Volume& volume, const api::Pod& pod) const {
    if (!volume.persistentVolumeClaim && !volume.ephemeral) {
        auto spec = std::make_shared<VolumeSpec>();
        spec->name = volume.name;
        spec->multi_attach = true;
        return fill_in_tree(volume.extra, *spec) ? SpecRef(std::move(spec)) : nullptr;
    }
    const auto bound = bound_volume(volume, pod);
    return bound ? attachable(spec_of(*bound, &pod.spec.nodeName)) : nullptr;
}

SpecRef VolumeResolver::of_volume(const api::Text& volume) const {
    const auto found = informers_.volumes.get<api::PersistentVolume>(api::Key(api::Text(), volume));
    return found ? attachable(spec_of(*found, nullptr)) : nullptr;
}

bool VolumeResolver::is_attachable(const VolumeSpec& spec) const {
    if (spec.plugin != VolumeSpec::Plugin::Csi) return true;
    const auto driver =
        informers_.csi_drivers.get<api::CSIDriver>(api::Key(api::Text(), spec.driver));
    return !driver || driver->spec.attachRequired.value_or(true);
}

SpecRef VolumeResolver::attachable(SpecRef spec) const {
    return spec && is_attachable(*spec) ? spec : nullptr;
}

api::Ref<api::PersistentVolume> VolumeResolver::bound_volume(const api::Volume& volume,
                                                             const api::Pod& pod) const {
    const api::Text name = volume.ephemeral
                               ? api::Text(pod.metadata.name.str() + "-" + volume.name.str())
                               : volume.persistentVolumeClaim->claimName;
    const auto claim =
        informers_.claims.get<api::PersistentVolumeClaim>(api::Key(pod.metadata.ns, name));
    if (!claim || (volume.ephemeral && !is_owned_by(*claim, pod))) return nullptr;
    if (claim->status.phase != api::phase::kBound || claim->spec.volumeName.empty()) return nullptr;
    auto found = informers_.volumes.get<api::PersistentVolume>(
        api::Key(api::Text(), claim->spec.volumeName));
    if (!found || !found->spec.claimRef) return nullptr;
    return found->spec.claimRef->uid == claim->metadata.uid ? found : nullptr;
}

// `node`: null where no node is asked for the migration.
SpecRef VolumeResolver::spec_of(const api::PersistentVolume& volume, const api::Text* node) const {
    auto spec = std::make_shared<VolumeSpec>();
    spec->name = volume.metadata.name;
    spec->multi_attach = may_be_shared(volume.spec.accessModes);
    if (fill_in_tree(volume.spec.source.others, *spec)) return spec;
    const api::CSIPersistentVolumeSource* source =
        volume.spec.source.csi ? &*volume.spec.source.csi : nullptr;
    api::Result<api::PersistentVolume> translated = api::Status();
    if (const std::string_view driver = volume::translated_driver_of(volume); !driver.empty()) {
        if (node && !is_migrated_on(*node, driver)) return nullptr;
        translated = volume::volume_for_csi(volume);
        if (!translated) return nullptr;
        source = &*translated->spec.source.csi;
        spec->migrated = true;
        spec->multi_attach = may_be_shared(translated->spec.accessModes);
    }
    if (!source) return nullptr;
    spec->driver = source->driver;
    spec->handle = source->volumeHandle;
    spec->unique_name =
        "kubernetes.io/csi/" + source->driver.str() + "^" + source->volumeHandle.str();
    return spec;
}

bool VolumeResolver::is_migrated_on(const api::Text& node, std::string_view driver) const {
    if (profile_.migration_is_complete) return true;
    const auto csi_node = informers_.csi_nodes.get<api::CSINode>(api::Key(api::Text(), node));
    if (!csi_node) return false;
    const std::string list(csi_node->metadata.annotations.get(kMigratedPlugins));
    const std::string plugin(volume::in_tree_plugin_of(driver));
    if (("," + list + ",").find("," + plugin + ",") == std::string::npos) return false;
    const auto& drivers = csi_node->spec.drivers;
    return std::any_of(drivers.begin(), drivers.end(),
                       [driver](const api::CSINodeDriver& d) { return d.name == driver; });
}

}  // namespace model::attachdetach
