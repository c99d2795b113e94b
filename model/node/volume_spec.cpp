#include "model/node/volume_spec.hpp"

#include "model/volume/csi_translation.hpp"

namespace model::node {

namespace {

// pkg/volume/*: the answers of the plugins that a kubelet of today has.
constexpr VolumePlugin kPlugins[] = {
    {"kubernetes.io/csi", true, false, true, true},
    {"kubernetes.io/local-volume", true, false, true, true},
    {"kubernetes.io/nfs", false, false, true, false},
    {"kubernetes.io/host-path", false, false, false, false},
    {"kubernetes.io/iscsi", true, false, true, true},
    {"kubernetes.io/fc", true, false, true, true},
    {"kubernetes.io/empty-dir", false, false, false, false},
    {"kubernetes.io/configmap", false, true, false, false},
    {"kubernetes.io/secret", false, true, false, false},
    {"kubernetes.io/downward-api", false, true, false, false},
    {"kubernetes.io/projected", false, true, false, false},
    {"kubernetes.io/git-repo", false, false, false, false},
    {"kubernetes.io/image", false, false, false, false},
};

struct Source {
    std::string_view field, plugin;
};
constexpr Source kSources[] = {
    {"csi", "kubernetes.io/csi"},
    {"local", "kubernetes.io/local-volume"},
    {"nfs", "kubernetes.io/nfs"},
    {"hostPath", "kubernetes.io/host-path"},
    {"iscsi", "kubernetes.io/iscsi"},
    {"fc", "kubernetes.io/fc"},
    {"emptyDir", "kubernetes.io/empty-dir"},
    {"configMap", "kubernetes.io/configmap"},
    {"secret", "kubernetes.io/secret"},
    {"downwardAPI", "kubernetes.io/downward-api"},
    {"projected", "kubernetes.io/projected"},
    {"gitRepo", "kubernetes.io/git-repo"},
    {"image", "kubernetes.io/image"},
};

VolumePlugin plugin_for(std::string_view field) {
    for (const Source& s : kSources) {
        if (s.field != field) continue;
        for (const VolumePlugin& p : kPlugins)
            if (p.name == s.plugin) return p;
    }
    return {};
}

// What tells volumes of one plugin apart.
std::string plugin_volume_name(const VolumeSpec& spec) {
    if (const auto* csi = spec.csi()) return csi->driver.str() + "^" + csi->volumeHandle.str();
    return spec.name.str();
}

void add_used(std::map<api::Text, bool>& into, const api::Value* list) {
    if (!list) return;
    for (const api::Value& entry : list->as_list())
        if (const api::Value* name = entry.find("name")) into[name->as_text()] = true;
}

}  // namespace

std::string VolumeSpec::driver() const {
    if (const auto* source_of_volume = csi()) return source_of_volume->driver.str();
    const api::Value* driver = source.at({"csi", "driver"});
    return driver ? std::string(driver->as_string()) : std::string();
}

api::Result<VolumeSpec> spec_of(api::Ref<PV> volume, bool read_only) {
    if (!volume::translated_driver_of(*volume).empty()) {
        const api::Result<PV> translated = volume::volume_for_csi(*volume);
        if (!translated) return translated.error();
        volume = api::freeze(PV(*translated));
    }
    VolumeSpec spec;
    spec.name = volume->metadata.name;
    spec.plugin = plugin_for(volume->spec.source.name());
    spec.read_only = read_only;
    spec.block = volume->spec.volumeMode == api::Text(api::mode::kBlock);
    spec.attachable = spec.plugin.name == "kubernetes.io/iscsi" ||
                      spec.plugin.name == "kubernetes.io/fc" || spec.is_csi();
    if (const api::Quantity* size = volume->spec.capacity.find("storage")) spec.size = *size;
    spec.volume = std::move(volume);
    return spec;
}

VolumeSpec spec_of(const api::Volume& volume) {
    VolumeSpec spec;
    spec.name = volume.name;
    spec.source = volume.extra;
    for (const auto& member : volume.extra.as_map())
        if (spec.plugin.empty()) spec.plugin = plugin_for(member.first);
    if (spec.is_csi()) spec.plugin.device_mountable = false;
    return spec;
}

VolumePlugin plugin_named(std::string_view name) {
    for (const VolumePlugin& p : kPlugins)
        if (p.name == name) return p;
    return {};
}

api::Text unique_name(const VolumeSpec& spec, const api::Text& pod_uid) {
    const std::string plugin(spec.plugin.name);
    if (spec.attachable || spec.plugin.device_mountable)
        return plugin + "/" + plugin_volume_name(spec);
    return plugin + "/" + pod_uid.str() + "-" + spec.name.str();
}

VolumesUsed volumes_used(const api::Pod& pod) {
    VolumesUsed used;
    for (const api::Value* containers : {&pod.spec.initContainers, &pod.spec.containers}) {
        for (const api::Value& c : containers->as_list()) {
            add_used(used.mounted, c.find("volumeMounts"));
            add_used(used.devices, c.find("volumeDevices"));
        }
    }
    return used;
}

}  // namespace model::node
