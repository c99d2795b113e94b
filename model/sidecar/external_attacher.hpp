// external-attacher: the sidecar as a program. Counterpart: cmd/csi-attacher. It ends when the
// connection to the driver is lost. Left out: metrics endpoint, profiling.
#pragma once

#include "model/sidecar/driver_connection.hpp"

namespace model::sidecar {

struct AttacherSetting : SidecarSetting {
    AttacherOptions options;
    AttacherSetting() = default;
};

// Fills a new process. One that `runs_since_long` is up at once and has asked everything before.
void bring_up_attacher(control::Process& process, AttacherSetting setting, bool runs_since_long);

}  // namespace model::sidecar
