// VolumeSpec: one volume of a pod as the kubelet's volume plugins see it: a PersistentVolume, or
// what the pod says itself, with the plugin that is in charge of it. Counterparts:
// pkg/volume/plugins.go (Spec, FindPluginBySpec) and the plugins' own answers. Volumes of plugins
// that were moved to CSI come here as their driver sees them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/api/objects_core.hpp"
#include "model/api/server.hpp"
#include "model/volume/attachment_name.hpp"

namespace model::node {

using PV = api::PersistentVolume;
using PVC = api::PersistentVolumeClaim;
using volume::attachment_name;
using volume::sha256_hex;

struct VolumePlugin {
    std::string_view name;  // "kubernetes.io/host-path"; "" where none is in charge
    bool device_mountable = false;
    bool remounts = false;       // set up again and again
    bool mount_options = false;  // takes those of a volume
    bool block = false;
    bool empty() const { return name.empty(); }
};

struct VolumeSpec {
    api::Ref<PV> volume;  // null where the pod says it all
    api::Text name;       // of the PersistentVolume, or of the pod's volume
    api::Value source;    // the pod's own: {emptyDir: {}}; null where there is a volume
    VolumePlugin plugin;
    bool read_only = false;  // as the claim's use in the pod says
    bool block = false;
    bool attachable = false;            // somebody attaches it to the node first
    std::optional<api::Quantity> size;  // the PersistentVolume's

    bool is_csi() const { return plugin.name == "kubernetes.io/csi"; }
    // Of a CSI volume in a pod's own words.
    bool is_inline_csi() const { return is_csi() && !volume; }
    const api::CSIPersistentVolumeSource* csi() const {
        return volume && volume->spec.source.csi ? &*volume->spec.source.csi : nullptr;
    }
    std::string driver() const;  // of a CSI volume
};

// Errors are upstream's words.
api::Result<VolumeSpec> spec_of(api::Ref<PV> volume, bool read_only);
VolumeSpec spec_of(const api::Volume& volume);
// By its name; empty where there is none of it.
VolumePlugin plugin_named(std::string_view name);

// "kubernetes.io/csi/DRIVER^HANDLE", or with the pod's uid where each pod has its own.
api::Text unique_name(const VolumeSpec& spec, const api::Text& pod_uid);

// Volumes that some container of the pod mounts, or has as a device.
struct VolumesUsed {
    std::map<api::Text, bool> mounted;  // name -> used
    std::map<api::Text, bool> devices;
};
VolumesUsed volumes_used(const api::Pod& pod);

}  // namespace model::node
