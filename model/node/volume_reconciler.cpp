// VolumeManager: the reconciler. Counterpart: volumemanager/reconciler: per look unmounts first,
// then mounts, then devices, so that a volume that moves between pods leaves the old one first.
#include <algorithm>

#include "model/node/volume_manager.hpp"
#include "model/wait.hpp"

namespace model::node {

namespace {

bool mounts_for_whole_volume(const DesiredVolume& volume) {
    return volume.attachable || volume.device_mountable;
}

}  // namespace

void VolumeManager::look_again() { look_at(engine_.now()); }

// The first look after `at`; an earlier one that is due already stays.
void VolumeManager::look_at(sim::Time at) {
    if (at == sim::kNever) return;
    const sim::Time next = setting_.reconciler.after(at);
    if (look_at_ <= next) return;
    if (look_) engine_.cancel(*look_);
    look_at_ = next;
    look_ = engine_.call_at(next, kind_of(Wait::PollGrid), [this, life = life_] {
        if (!life) return;
        look_.reset();
        look_at_ = sim::kNever;
        reconcile();
        // A backoff ends at the retry's instant, and a look may come at that very instant.
        const sim::Time retry = operations_.next_retry();
        if (retry != sim::kNever) look_at(retry - sim::Duration(1));
    });
}

void VolumeManager::reconcile() {
    const bool ready = ready_to_unmount();
    if (ready) unmount_volumes();
    mount_or_attach();
    if (ready) unmount_devices();
    if (!awaiting_node_.empty() && has_added_pods_ && !learning_) {
        learning_ = true;
        process_.spawn("reconstructed volumes", learn_attached());
    }
}

void VolumeManager::begin(const api::Text& volume, const api::Text& pod, std::string_view operation,
                          sim::Task<std::string> task) {
    operations_.begin(volume, pod, operation, std::move(task));
}

void VolumeManager::unmount_volumes() {
    for (const auto& [name, volume] : actual_.volumes()) {
        for (const auto& [uid, mount] : volume.pods) {
            if (desired_.has(name, uid, volume.selinux)) continue;
            if (!operations_.may_begin(name, uid, "volume_unmount")) continue;
            begin(name, uid, "volume_unmount", unmount_volume(name, uid));
        }
    }
}

void VolumeManager::mount_or_attach() {
    for (const auto& [name, volume] : desired_.volumes()) {
        for (const auto& [uid, mount] : volume.pods) {
            const ActualVolume* actual = actual_.find(name);
            if (!actual) {
                wait_for_attach(name, volume, mount);
                continue;
            }
            if (actual->device != MountState::No && actual->selinux != volume.selinux) {
                desired_.add_error(uid,
                                   "waiting for unmount of volume " + mount.spec.name.str() +
                                       ", because it is already mounted to a different pod with a "
                                       "different SELinux label");
                changed_.notify_all();
                continue;
            }
            const auto mounted = actual->pods.find(uid);
            const bool there =
                mounted != actual->pods.end() && mounted->second.state == MountState::Yes;
            if (there && !mounted->second.remount) continue;
            begin_mount(name, volume, mount, there);
        }
    }
}

void VolumeManager::wait_for_attach(const api::Text& name, const DesiredVolume& volume,
                                    const DesiredMount& mount) {
    if (!setting_.controller_attaches && volume.attachable) {
        if (operations_.may_begin(name, {}, "volume_attach"))
            begin(name, {}, "volume_attach", attach_itself(name, mount));
        return;
    }
    if (volume.attachable) {
        if (!volume.reported_in_use) return;  // looked at again once it is
        // Where the cached node does not have it yet no attempt is made, and so none fails.
        const api::Ref<api::Node> node = setting_.node();
        if (!node) return;
        const auto& attached = node->status.volumesAttached;
        const bool listed = std::any_of(attached.begin(), attached.end(),
                                        [&](const auto& a) { return a.name == name; });
        if (!listed) return;
    }
    if (!operations_.may_begin(name, {}, "verify_controller_attached_volume")) return;
    begin(name, {}, "verify_controller_attached_volume",
          verify_attached(name, mount, volume.attachable));
}

void VolumeManager::begin_mount(const api::Text& name, const DesiredVolume& volume,
                                const DesiredMount& mount, bool remount) {
    const api::Text pod = mounts_for_whole_volume(volume) ? api::Text() : mount.pod->metadata.uid;
    const std::string_view operation = mount.spec.block ? "map_volume" : "volume_mount";
    if (!operations_.may_begin(name, pod, operation)) return;
    begin(name, pod, operation,
          mount_volume(name, mount, volume.attachable, remount, volume.selinux));
}

void VolumeManager::unmount_devices() {
    std::vector<api::Text> detached;
    for (const auto& [name, volume] : actual_.volumes()) {
        if (!volume.pods.empty() || desired_.has(name, volume.selinux)) continue;
        if (operations_.is_pending(name, {})) continue;
        if (volume.device != MountState::No) {
            if (operations_.may_begin(name, {}, "unmount_device"))
                begin(name, {}, "unmount_device", unmount_device(name));
        } else {
            detached.push_back(name);
        }
    }
    for (const api::Text& name : detached) detach(name);
}

// Where the kubelet attaches by itself only plugins that let it do so get here: none of them has
// anything to detach.
void VolumeManager::detach(const api::Text& name) {
    actual_.detach(name);
    worlds_changed();
}

std::optional<std::vector<api::Text>> VolumeManager::in_use() const {
    if (!ready_to_unmount()) return std::nullopt;
    std::set<api::Text> names;
    for (const auto& [name, volume] : desired_.volumes())
        if (volume.attachable) names.insert(name);
    for (const auto& [name, volume] : actual_.volumes())
        if (volume.attachable) names.insert(name);
    return std::vector<api::Text>(names.begin(), names.end());
}

void VolumeManager::mark_reported(const api::List<api::Text>& volumes) {
    bool any = false;
    for (auto& [name, volume] : desired_.volumes()) {
        const bool listed = std::find(volumes.begin(), volumes.end(), name) != volumes.end();
        any |= listed && !volume.reported_in_use;
        volume.reported_in_use = listed;
    }
    if (any) look_again();
}

bool VolumeManager::all_reported() const {
    return std::all_of(desired_.volumes().begin(), desired_.volumes().end(), [](const auto& v) {
        return !v.second.attachable || v.second.reported_in_use;
    });
}

sim::Time VolumeManager::next_action() const { return operations_.next_retry(); }

std::string VolumeManager::explain(const api::Text& pod_uid) const {
    std::string text;
    for (const auto& [name, volume] : desired_.volumes()) {
        const auto mount = volume.pods.find(pod_uid);
        if (mount == volume.pods.end()) continue;
        const ActualVolume* actual = actual_.find(name);
        std::string state;
        if (!actual) {
            state = !volume.attachable ? "is not looked at yet"
                    : !volume.reported_in_use
                        ? "waits for the next node status to tell it in use"
                        : "waits to be attached (node.status.volumesAttached)";
        } else {
            const auto mounted = actual->pods.find(pod_uid);
            state = mounted == actual->pods.end()                    ? "is attached, not mounted"
                    : mounted->second.state == MountState::Uncertain ? "may be mounted"
                                                                     : "is mounted";
        }
        text += (text.empty() ? "" : "; ") + mount->second.outer_name.str() + " " + state;
        if (const std::string told = operations_.told_of(name); !told.empty())
            text += " (" + told + ")";
    }
    return text;
}

}  // namespace model::node
