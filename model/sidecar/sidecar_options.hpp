// Options of the programs beside a CSI driver, with the defaults of their flags. Counterpart:
// csi-lib-utils standardflags; cmd/csi-provisioner; cmd/csi-attacher.
#pragma once

#include <string>
#include <string_view>

#include "sim/time.hpp"

namespace model::sidecar {

// Where their pods would be, and so their leases and capacities. Chosen: most deployments do so.
inline constexpr std::string_view kSidecarNamespace = "kube-system";

// What all sidecars share.
struct SidecarOptions {
    int kube_api_qps = 5, kube_api_burst = 10;
    sim::Duration timeout = std::chrono::seconds(10);  // of one CSI call
    sim::Duration retry_start = std::chrono::seconds(1);
    sim::Duration retry_max = std::chrono::minutes(5);
    int worker_threads = 100;
    bool leader_election = false;
    // Process start to first write; measured. Connecting and asking for capabilities lie in it.
    sim::Duration start_delay = std::chrono::milliseconds(230);
    SidecarOptions() = default;
};

struct ProvisionerOptions : SidecarOptions {
    bool strict_topology = false;
    bool immediate_topology = true;
    // Whether what its informers tell queues a key that waits for its backoff; since 2.2 it does.
    bool requeues_failed = true;
    bool extra_create_metadata = false;
    std::string default_fstype;
    std::string volume_name_prefix = "pvc";
    int volume_name_uuid_length = -1;  // negative: the uid as it is
    bool controller_publish_readonly = false;
    bool enable_capacity = false;
    bool capacity_for_immediate_binding = false;
    sim::Duration capacity_poll_interval = std::chrono::minutes(1);
    int kube_api_capacity_qps = 1, kube_api_capacity_burst = 5;
    bool node_deployment = false;
    ProvisionerOptions() = default;
};

struct AttacherOptions : SidecarOptions {
    sim::Duration resync = std::chrono::minutes(10);         // of its informers
    sim::Duration reconcile_sync = std::chrono::minutes(1);  // comparing with ListVolumes
    std::int64_t max_entries = 0;                            // a page of ListVolumes; 0: no limit
    std::string default_fstype;
    AttacherOptions() {
        timeout = std::chrono::seconds(15);
        worker_threads = 10;  // of each of its two queues
    }
};

}  // namespace model::sidecar
