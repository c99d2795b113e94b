// Machine: what of a node outlives its kubelet's process: the container runtime, and what lies on
// disk and is mounted. A kubelet that starts finds its volumes again by it. Counterparts: the
// directories /var/lib/kubelet/pods and /plugins with their vol_data.json, the mount table.
#pragma once

#include <map>
#include <string>

#include "model/node/containers.hpp"

namespace model::node {

inline constexpr std::string_view kKubeletRoot = "/var/lib/kubelet";

// One directory of a pod's volume with what was written beside it.
struct PodMount {
    api::Text pod_uid;
    std::string plugin;          // "kubernetes.io/csi"
    api::Text spec_name;         // the directory's name: of the PersistentVolume or volume
    std::string driver, handle;  // CSI
    std::string selinux;
    bool block = false, inline_csi = false, read_only = false;
    bool mounted = false;  // there is a mount point, not only the directory
};

struct Disk {
    std::map<std::string, PodMount> pods;       // by target path
    std::map<std::string, std::string> staged;  // global mount path -> "driver^handle"
    // A reboot: nothing is mounted any more; directories and their notes stay.
    void unmount_all() {
        for (auto& [path, mount] : pods) mount.mounted = false;
    }
};

struct Machine {
    Machine(sim::Engine& engine, const api::Text& node, int number)
        : containers(engine, node, number) {}
    ContainerRuntime containers;
    Disk disk;
    api::Ref<api::Node> node;  // its object as the kubelet saw it last
};

}  // namespace model::node
