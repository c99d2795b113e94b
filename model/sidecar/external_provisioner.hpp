// external-provisioner: the sidecar as a program: it connects, waits for the driver to be ready,
// asks for its name and capabilities, and runs its controllers. Counterpart: cmd/csi-provisioner.
// It ends when the connection to the driver is lost. Left out: metrics endpoint, profiling.
#pragma once

#include <functional>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/profile.hpp"
#include "model/sidecar/sidecar_options.hpp"

namespace model::sidecar {

struct ProvisionerSetting {
    csi::Endpoint* endpoint = nullptr;
    ProvisionerOptions options;
    Profile profile;
    std::int64_t start_unix_seconds = 0;  // the cluster's clock at time 0
    std::function<void()> ready;          // called once its controllers run
    std::function<void()> lost_driver;    // called when it has to end; must end the process
    ProvisionerSetting() = default;
};

// Fills a new process. One that `runs_since_long` is up at once and has asked everything before.
void bring_up_provisioner(control::Process& process, ProvisionerSetting setting,
                          bool runs_since_long);

}  // namespace model::sidecar
