// Options of the programs beside a CSI driver, with the defaults of their flags. Counterpart:
// csi-lib-utils standardflags; cmd/csi-provisioner.
#pragma once

#include <string>

#include "sim/time.hpp"

namespace model::sidecar {

// What all sidecars share.
struct SidecarOptions {
    int kube_api_qps = 5, kube_api_burst = 10;
    sim::Duration timeout = std::chrono::seconds(10);  // of one CSI call
    sim::Duration retry_start = std::chrono::seconds(1);
    sim::Duration retry_max = std::chrono::minutes(5);
    int worker_threads = 100;
    // Process start to first write; measured. Connecting and asking for capabilities lie in it.
    sim::Duration start_delay = std::chrono::milliseconds(230);
    SidecarOptions() = default;
};

struct ProvisionerOptions : SidecarOptions {
    bool strict_topology = false;
    bool immediate_topology = true;
    bool extra_create_metadata = false;
    std::string default_fstype;
    std::string volume_name_prefix = "pvc";
    int volume_name_uuid_length = -1;  // negative: the uid as it is
    bool controller_publish_readonly = false;
    ProvisionerOptions() = default;
};

}  // namespace model::sidecar
