// The two worlds of the volume manager: which volumes the pods of this node want mounted, and which
// are mounted as far as the kubelet knows. Counterparts: pkg/kubelet/volumemanager/cache
// (desired_state_of_world.go, actual_state_of_world.go). Keys are unique volume names and the uids
// of pods. Left out: metrics of SELinux conflicts.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/node/volume_spec.hpp"
#include "sim/time.hpp"

namespace model::node {

struct DesiredMount {
    api::Ref<api::Pod> pod;
    VolumeSpec spec;
    api::Text outer_name;  // in the pod's spec
    sim::Time since;
};

struct DesiredVolume {
    std::map<api::Text, DesiredMount> pods;  // by uid
    bool attachable = false, device_mountable = false;
    bool reported_in_use = false;  // the API server has it in volumesInUse
    std::optional<api::Quantity> size;
    std::string selinux;  // the label that it is mounted with; "": none
};

class DesiredWorld {
  public:
    // The error: another SELinux label is wanted by a pod that came before.
    std::string add(const api::Text& volume, const DesiredMount& mount, const std::string& selinux);
    void remove(const api::Text& volume, const api::Text& pod_uid);
    bool has(const api::Text& volume, const api::Text& pod_uid, const std::string& selinux) const;
    bool has(const api::Text& volume, const std::string& selinux) const;
    std::map<api::Text, DesiredVolume>& volumes() { return volumes_; }
    const std::map<api::Text, DesiredVolume>& volumes() const { return volumes_; }

    void add_error(const api::Text& pod_uid, std::string error);
    std::vector<std::string> take_errors(const api::Text& pod_uid);  // and forgets them
    bool has_errors(const api::Text& pod_uid) const { return errors_.contains(pod_uid); }

  private:
    std::map<api::Text, DesiredVolume> volumes_;
    std::map<api::Text, std::set<std::string>> errors_;
};

enum class MountState : unsigned char { No, Yes, Uncertain };

struct ActualMount {
    MountState state = MountState::Yes;
    VolumeSpec spec;
    api::Text outer_name;
    api::Key pod;
    bool remount = false, reconstructed = false;
};

struct ActualVolume {
    VolumeSpec spec;
    bool attachable = false;
    std::string device_path;
    MountState device = MountState::No;
    bool device_reconstructed = false;
    // The kubelet that found it on disk does not know yet whether it is attached.
    bool awaits_node_status = false;
    std::optional<api::Quantity> claim_size;  // status.capacity of the claim when it was attached
    std::string selinux;
    std::map<api::Text, ActualMount> pods;  // by uid
};

class ActualWorld {
  public:
    ActualVolume* find(const api::Text& volume);
    const ActualVolume* find(const api::Text& volume) const;
    ActualMount* find(const api::Text& volume, const api::Text& pod_uid);
    ActualVolume& attach(const api::Text& volume, const VolumeSpec& spec, std::string device_path);
    void detach(const api::Text& volume) { volumes_.erase(volume); }
    std::map<api::Text, ActualVolume>& volumes() { return volumes_; }
    const std::map<api::Text, ActualVolume>& volumes() const { return volumes_; }

    // Those volumes of the pod that `remounts` are to be set up again.
    void mark_remount(const api::Text& pod_uid,
                      const std::function<bool(const VolumeSpec&)>& remounts);
    // Mounted or perhaps mounted for another pod.
    bool is_mounted_elsewhere(const api::Text& volume, const api::Text& pod_uid) const;
    // Outer names of the pod's volumes in state Yes.
    std::set<api::Text> mounted(const api::Text& pod_uid) const;
    bool is_perhaps_mounted(const api::Text& pod_uid) const;

  private:
    std::map<api::Text, ActualVolume> volumes_;
};

}  // namespace model::node
