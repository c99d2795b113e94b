#include "model/profile.hpp"

#include <chrono>

namespace model {

namespace {

using namespace std::chrono_literals;

constexpr int kOldest = 26;
constexpr int kNewest = 36;
constexpr int kNever = 99;

struct GateRow {
    std::string_view name;
    Gate gate;
    int on_since;  // minor version from which it is on by default
};

// pkg/features/kube_features.go of each version. Gates that were removed after graduation stay on.
constexpr GateRow kGates[] = {
    {"HonorPVReclaimPolicy", Gate::HonorPVReclaimPolicy, 31},
    {"ReadWriteOncePod", Gate::ReadWriteOncePod, 27},
    {"RetroactiveDefaultStorageClass", Gate::RetroactiveDefaultStorageClass, 26},
    {"NodeOutOfServiceVolumeDetach", Gate::NodeOutOfServiceVolumeDetach, 26},
    {"RecoverVolumeExpansionFailure", Gate::RecoverVolumeExpansionFailure, 32},
    {"VolumeAttributesClass", Gate::VolumeAttributesClass, 34},
    {"PersistentVolumeLastPhaseTransitionTime", Gate::PersistentVolumeLastPhaseTransitionTime, 29},
    // On in 1.28.0 to 1.28.5 too, then switched off for its memory use; the profile follows the
    // last 1.28.
    {"SchedulerQueueingHints", Gate::SchedulerQueueingHints, 32},
    {"SchedulerPopFromBackoffQ", Gate::SchedulerPopFromBackoffQ, 33},
    {"SchedulerAsyncPreemption", Gate::SchedulerAsyncPreemption, 33},
    {"NominatedNodeNameForExpectation", Gate::NominatedNodeNameForExpectation, 35},
    {"ClearingNominatedNodeNameAfterBinding", Gate::ClearingNominatedNodeNameAfterBinding, 35},
    {"DynamicResourceAllocation", Gate::DynamicResourceAllocation, 34},
    {"PodTopologyLabelsAdmission", Gate::PodTopologyLabelsAdmission, 35},
    {"PodSchedulingReadiness", Gate::PodSchedulingReadiness, 27},
    {"AnyVolumeDataSource", Gate::AnyVolumeDataSource, 26},
    {"CrossNamespaceVolumeDataSource", Gate::CrossNamespaceVolumeDataSource, kNever},
    {"OrderedNamespaceDeletion", Gate::OrderedNamespaceDeletion, 33},
    {"MutableCSINodeAllocatableCount", Gate::MutableCSINodeAllocatableCount, 35},
    {"MutablePVNodeAffinity", Gate::MutablePVNodeAffinity, kNever},
    {"PersistentVolumeClaimUnusedSinceTime", Gate::PersistentVolumeClaimUnusedSinceTime, kNever},
    {"StorageCapacityScoring", Gate::StorageCapacityScoring, kNever},
    {"VolumeLimitScaling", Gate::VolumeLimitScaling, kNever},
    {"CSIVolumeHealth", Gate::CSIVolumeHealth, kNever},
    {"SELinuxMount", Gate::SELinuxMount, kNever},
    {"CSIServiceAccountTokenSecrets", Gate::CSIServiceAccountTokenSecrets, 35},
    {"StatefulSetAutoDeletePVC", Gate::StatefulSetAutoDeletePVC, 27},
    {"StatefulSetStartOrdinal", Gate::StatefulSetStartOrdinal, 27},
    {"PodIndexLabel", Gate::PodIndexLabel, 28},
};
static_assert(std::size(kGates) == static_cast<std::size_t>(Gate::Count_));

// 26 for "1.26"; a patch version behind it ("1.26.1", "v1.26") is accepted.
std::optional<int> minor_of(std::string_view version) {
    if (version.starts_with('v')) version.remove_prefix(1);
    if (!version.starts_with("1.")) return std::nullopt;
    version.remove_prefix(2);
    if (version.size() < 2 || (version.size() > 2 && version[2] != '.')) return std::nullopt;
    int minor = 0;
    for (char c : version.substr(0, 2)) {
        if (c < '0' || c > '9') return std::nullopt;
        minor = minor * 10 + (c - '0');
    }
    for (char c : version.substr(2)) {
        if ((c < '0' || c > '9') && c != '.') return std::nullopt;
    }
    return minor;
}

// pkg/volume/plugins.go NewPersistentVolumeRecyclerPodTemplate.
std::string_view scrub_image(int minor) {
    if (minor <= 28) return "registry.k8s.io/debian-base:v2.0.0";
    if (minor == 29) return "registry.k8s.io/build-image/debian-base:bookworm-v1.0.1";
    if (minor <= 31) return "registry.k8s.io/build-image/debian-base:bookworm-v1.0.3";
    if (minor <= 33) return "registry.k8s.io/build-image/debian-base:bookworm-v1.0.4";
    return "registry.k8s.io/build-image/debian-base:bookworm-v1.0.6";
}

std::string_view scrub_script(int minor) {
    if (minor <= 27) {
        return "test -e /scrub && rm -rf /scrub/..?* /scrub/.[!.]* /scrub/*  && test -z \"$(ls -A "
               "/scrub)\" || exit 1";
    }
    return "test -e /scrub && find /scrub -mindepth 1 -delete && test -z \"$(ls -A /scrub)\" || "
           "exit 1";
}

// pkg/controller/volume/persistentvolume/pv_controller.go provisionClaimOperationExternal.
std::string_view waiting_message(int minor) {
    if (minor <= 27) {
        return "waiting for a volume to be created, either by external provisioner "
               "\"{provisioner}\" or manually "
               "created by system administrator";
    }
    return "Waiting for a volume to be created either by the external provisioner '{provisioner}' "
           "or manually by the "
           "system administrator. If volume creation is delayed, please verify that the "
           "provisioner is running and "
           "correctly registered.";
}

}  // namespace

std::optional<Profile> Profile::of(std::string_view kubernetes) {
    const std::optional<int> minor = minor_of(kubernetes);
    if (!minor || *minor < kOldest || *minor > kNewest) return std::nullopt;
    Profile p;
    p.minor = *minor;
    for (const GateRow& row : kGates)
        p.gates[static_cast<std::size_t>(row.gate)] = *minor >= row.on_since;
    p.binder_requeues_on_error = *minor >= 36;
    p.binder_sync_period = 15s;
    p.binder_tells_save_errors = *minor >= 28;
    p.binder_counts_beta_class = *minor >= 29;
    p.binder_leaves_csi_volumes = *minor >= 30;
    p.binder_finds_deleter_first = *minor >= 36;
    p.binder_loads_only_able_plugins = *minor >= 32;
    p.pvc_protection_batches = *minor >= 32;
    p.provisioner_slows_infeasible = *minor >= 32;
    p.provisioner_keeps_mode = *minor >= 29;
    p.provisioner_protects_snapshots = *minor >= 36;
    p.failed_detach_is_uncertain = *minor >= 27;
    p.migration_is_complete = *minor >= 30;
    p.attach_keeps_terminated = *minor <= 30;
    p.attacher_frees_first = *minor >= 33;
    p.attacher_patches_finalizer = *minor >= 36;
    p.election_updates_first = *minor >= 30;
    p.external_provisioning_message = waiting_message(*minor);
    p.recycler_image = scrub_image(*minor);
    p.recycler_script = scrub_script(*minor);
    p.node_monitor_grace = *minor >= 32 ? 50s : 40s;
    p.node_monitor_workers = *minor >= 27 ? 8 : 1;
    p.node_tainted_at_once = *minor >= 29;
    p.taint_eviction_apart = *minor >= 29;
    p.stateful_set_batches = *minor >= 27;
    p.stateful_set_waits_for_ended = *minor >= 31;
    p.writes_null_times = *minor <= 33;
    p.kubelet_qps = *minor >= 27 ? 50 : 5;
    p.kubelet_burst = *minor >= 27 ? 100 : 10;
    p.kubelet_ends_phase = *minor >= 27;
    p.kubelet_cancels_syncs = *minor >= 27;
    p.kubelet_tells_mount_timeouts = *minor < 28;
    p.kubelet_lists_unprocessed = *minor >= 27;
    p.kubelet_reconstructs_first = *minor >= 28;
    p.pod_tells_sandbox = *minor >= 29;
    p.container_names_in_events = *minor < 35;
    return p;
}

bool Profile::set_gate(std::string_view name, bool value) {
    for (const GateRow& row : kGates) {
        if (row.name != name) continue;
        gates[static_cast<std::size_t>(row.gate)] = value;
        return true;
    }
    return false;
}

std::vector<std::string_view> Profile::gate_names() {
    std::vector<std::string_view> names;
    for (const GateRow& row : kGates) names.push_back(row.name);
    return names;
}

}  // namespace model
