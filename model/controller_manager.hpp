// kube-controller-manager: which controllers it runs, under which client names, with which limits.
// Counterpart: cmd/kube-controller-manager/app (every controller has a client of its own, and so
// its own QPS and burst).
#pragma once

#include "model/control/process.hpp"
#include "model/profile.hpp"

namespace model::workload {
class Heartbeats;
}

namespace model {

struct ControllerManagerSettings {
    Profile profile;
    int qps = 20, burst = 30;
    sim::Duration binder_sync_period{},
        first_resync{};  // first_resync: after the start of the process
    workload::Heartbeats* heartbeats = nullptr;
    sim::Duration node_monitor_phase{}, pod_gc_phase{};  // first passes, likewise
    sim::Duration node_monitor_period = std::chrono::seconds(5);
    std::int64_t terminated_pod_threshold = 12500;  // 0: none is collected for their number
    bool runs_since_long = false;                   // what it finds at its start it has seen before
    bool dynamic_provisioning = true, host_path_provisioner = false;
    ControllerManagerSettings() = default;
};

void add_controllers(control::Process& process, const ControllerManagerSettings& settings);

}  // namespace model
