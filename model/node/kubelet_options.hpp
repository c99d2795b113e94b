// What a scenario may say of kubelets: how long containers take to come up and to go, how volumes
// are mounted. Defaults of the containers' times fit recordings of containerd on one node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/distribution.hpp"

namespace model {

struct KubeletOptions {
    bool on = true;                                 // on every node, or ...
    std::optional<std::vector<std::string>> nodes;  // ... on these only
    // Of the container runtime: the pod's sandbox with its network, creating and starting a
    // container, taking the sandbox down after the last container's end.
    sim::Distribution make_sandbox, create_container, start_container, stop_sandbox;
    sim::Duration start_delay = std::chrono::milliseconds(900);  // process start to its first look
    bool enable_controller_attach_detach = true;
    // How long a node that is shut down gives its pods, and the critical of them at the end of
    // that; 0: it goes at once.
    sim::Duration shutdown_grace{}, shutdown_grace_critical{};
    bool selinux = false;     // nodes enforce SELinux
    sim::Distribution chown;  // fsGroup: for each file of a volume
    sim::Duration mount_in_tree = std::chrono::milliseconds(3);  // one mount(2) with its checks

    KubeletOptions();
    bool runs_on(const std::string& node) const;
};

}  // namespace model
