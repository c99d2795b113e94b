// external-provisioner: the sidecar as a program: it connects, waits for the driver to be ready,
// asks for its name and capabilities, and runs its controllers. Counterpart: cmd/csi-provisioner.
// It ends when the connection to the driver is lost. Left out: metrics endpoint, profiling.
#pragma once

#include "model/sidecar/driver_connection.hpp"

namespace model::sidecar {

struct ProvisionerSetting : SidecarSetting {
    ProvisionerOptions options;
    ProvisionerSetting() = default;
};

// Fills a new process. One that `runs_since_long` is up at once and has asked everything before.
void bring_up_provisioner(control::Process& process, ProvisionerSetting setting,
                          bool runs_since_long);

}  // namespace model::sidecar
