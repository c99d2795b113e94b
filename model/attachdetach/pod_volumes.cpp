#include "model/attachdetach/pod_volumes.hpp"

#include "model/volume/binding.hpp"

namespace model::attachdetach {

bool PodVolumes::is_terminated(const api::Pod& pod) const { return volume::is_terminated(pod); }

bool PodVolumes::keeps_volumes(const api::Pod& pod) const {
    return !is_terminated(pod) || world_.desired.keeps_terminated(pod.spec.nodeName);
}

void PodVolumes::process(const api::Ref<api::Pod>& pod) {
    if (pod->spec.nodeName.empty()) return;
    if (keeps_volumes(*pod)) {
        add(pod);
    } else {
        (void)remove(pod);
    }
}

void PodVolumes::add(const api::Ref<api::Pod>& pod) {
    if (pod->spec.volumes.empty() || pod->spec.nodeName.empty()) return;
    bool all_known = true;
    const bool managed = world_.desired.manages(pod->spec.nodeName);
    for (const api::Volume& v : pod->spec.volumes) {
        const SpecRef spec = managed ? resolver_.of_pod_volume(v, *pod) : nullptr;
        if (spec) {
            const VolumeOnNode where{spec->unique_name, pod->spec.nodeName};
            const bool is_new = !world_.desired.wants(where);
            world_.desired.add_pod(pod, spec);
            if (is_new) world_.changed();
        } else if (v.persistentVolumeClaim || v.ephemeral) {
            all_known = false;
        }
    }
    if (all_known) {
        unresolved_.erase(pod->key());
    } else {
        unresolved_[pod->key()] = true;
    }
}

bool PodVolumes::remove(const api::Ref<api::Pod>& pod) {
    unresolved_.erase(pod->key());
    if (!world_.desired.manages(pod->spec.nodeName)) return true;
    bool all_known = true;
    for (const api::Volume& v : pod->spec.volumes) {
        if (const SpecRef spec = resolver_.of_pod_volume(v, *pod)) {
            const VolumeOnNode where{spec->unique_name, pod->spec.nodeName};
            world_.desired.remove_pod(pod->metadata.uid, where);
            if (!world_.desired.wants(where)) world_.changed();
        } else if (v.persistentVolumeClaim || v.ephemeral) {
            all_known = false;
        }
    }
    if (!all_known) left_behind();
    return all_known;
}

}  // namespace model::attachdetach
