#include "model/node/volume_worlds.hpp"

#include <algorithm>

namespace model::node {

namespace {
constexpr std::size_t kErrorsMost = 10;  // of a pod; desired_state_of_world.go maxPodErrors
}

std::string DesiredWorld::add(const api::Text& volume, const DesiredMount& mount,
                              const std::string& selinux) {
    DesiredVolume& v = volumes_[volume];
    if (v.pods.empty()) {
        v.attachable = mount.spec.attachable;
        v.device_mountable = mount.spec.plugin.device_mountable;
        v.selinux = selinux;
    } else if (v.selinux != selinux) {
        return "conflicting SELinux labels of volume " + mount.outer_name.str() + ": \"" +
               v.selinux + "\" and \"" + selinux + "\"";
    }
    if (mount.spec.size) v.size = mount.spec.size;
    v.pods.insert_or_assign(mount.pod->metadata.uid, mount);
    return {};
}

void DesiredWorld::remove(const api::Text& volume, const api::Text& pod_uid) {
    const auto found = volumes_.find(volume);
    if (found == volumes_.end()) return;
    found->second.pods.erase(pod_uid);
    if (found->second.pods.empty()) volumes_.erase(found);
}

bool DesiredWorld::has(const api::Text& volume, const api::Text& pod_uid,
                       const std::string& selinux) const {
    const auto found = volumes_.find(volume);
    return found != volumes_.end() && found->second.selinux == selinux &&
           found->second.pods.contains(pod_uid);
}

bool DesiredWorld::has(const api::Text& volume, const std::string& selinux) const {
    const auto found = volumes_.find(volume);
    return found != volumes_.end() && found->second.selinux == selinux;
}

void DesiredWorld::add_error(const api::Text& pod_uid, std::string error) {
    std::set<std::string>& errors = errors_[pod_uid];
    if (errors.size() <= kErrorsMost) errors.insert(std::move(error));
}

std::vector<std::string> DesiredWorld::take_errors(const api::Text& pod_uid) {
    const auto found = errors_.find(pod_uid);
    if (found == errors_.end()) return {};
    std::vector<std::string> taken(found->second.begin(), found->second.end());
    errors_.erase(found);
    return taken;
}

ActualVolume* ActualWorld::find(const api::Text& volume) {
    const auto found = volumes_.find(volume);
    return found == volumes_.end() ? nullptr : &found->second;
}

const ActualVolume* ActualWorld::find(const api::Text& volume) const {
    const auto found = volumes_.find(volume);
    return found == volumes_.end() ? nullptr : &found->second;
}

ActualMount* ActualWorld::find(const api::Text& volume, const api::Text& pod_uid) {
    ActualVolume* v = find(volume);
    if (!v) return nullptr;
    const auto found = v->pods.find(pod_uid);
    return found == v->pods.end() ? nullptr : &found->second;
}

ActualVolume& ActualWorld::attach(const api::Text& volume, const VolumeSpec& spec,
                                  std::string device_path) {
    ActualVolume& v = volumes_[volume];
    v.spec = spec;
    v.attachable = spec.attachable;
    v.device_path = std::move(device_path);
    return v;
}

void ActualWorld::mark_remount(const api::Text& pod_uid,
                               const std::function<bool(const VolumeSpec&)>& remounts) {
    for (auto& [name, volume] : volumes_) {
        const auto mount = volume.pods.find(pod_uid);
        if (mount != volume.pods.end() && remounts(mount->second.spec))
            mount->second.remount = true;
    }
}

bool ActualWorld::is_mounted_elsewhere(const api::Text& volume, const api::Text& pod_uid) const {
    const ActualVolume* v = find(volume);
    if (!v) return false;
    return std::any_of(v->pods.begin(), v->pods.end(), [&](const auto& pod) {
        return pod.first != pod_uid && pod.second.state != MountState::No;
    });
}

std::set<api::Text> ActualWorld::mounted(const api::Text& pod_uid) const {
    std::set<api::Text> names;
    for (const auto& [name, volume] : volumes_) {
        const auto mount = volume.pods.find(pod_uid);
        if (mount != volume.pods.end() && mount->second.state == MountState::Yes)
            names.insert(mount->second.outer_name);
    }
    return names;
}

bool ActualWorld::is_perhaps_mounted(const api::Text& pod_uid) const {
    return std::any_of(volumes_.begin(), volumes_.end(),
                       [&](const auto& volume) { return volume.second.pods.contains(pod_uid); });
}

}  // namespace model::node
