// Profile: the behaviour of one Kubernetes minor version as one table of feature gates and
// constants. Everything that differs between 1.26 and 1.36 is decided here; no other code asks for
// the version.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/guards.hpp"
#include "sim/time.hpp"

namespace model {

// Feature gates the model acts on. A gate that a version does not know is off there.
enum class Gate : unsigned char {
    HonorPVReclaimPolicy,
    ReadWriteOncePod,
    RetroactiveDefaultStorageClass,
    NodeOutOfServiceVolumeDetach,
    RecoverVolumeExpansionFailure,
    VolumeAttributesClass,
    PersistentVolumeLastPhaseTransitionTime,
    SchedulerQueueingHints,
    SchedulerPopFromBackoffQ,
    SchedulerAsyncPreemption,
    NominatedNodeNameForExpectation,
    ClearingNominatedNodeNameAfterBinding,
    DynamicResourceAllocation,
    PodTopologyLabelsAdmission,
    PodSchedulingReadiness,
    AnyVolumeDataSource,
    CrossNamespaceVolumeDataSource,
    OrderedNamespaceDeletion,
    MutableCSINodeAllocatableCount,
    MutablePVNodeAffinity,
    PersistentVolumeClaimUnusedSinceTime,
    StorageCapacityScoring,
    VolumeLimitScaling,
    CSIVolumeHealth,
    SELinuxMount,
    CSIServiceAccountTokenSecrets,
    StatefulSetAutoDeletePVC,
    StatefulSetStartOrdinal,
    PodIndexLabel,
    Count_,
};

struct Profile {
    int minor = 36;  // 26 .. 36
    std::vector<bool> gates = std::vector<bool>(static_cast<std::size_t>(Gate::Count_));
    Guards guards;  // all on but those that a scenario turns off

    // PersistentVolume controller
    bool binder_requeues_on_error =
        true;  // 1.36; before, a failed key waits for its next event or resync
    sim::Duration binder_sync_period{};
    bool binder_tells_save_errors = true;  // 1.28: "Error saving claim: ..." becomes an event
    bool binder_counts_beta_class =
        true;  // 1.29: the beta annotation counts as a class for the retroactive default
    bool binder_leaves_csi_volumes =
        true;  // 1.30: a CSI or migrated volume is for an external deleter, whoever made it
    bool binder_finds_deleter_first =
        true;  // 1.36: no live read where the deleter is external, no backoff where none is
    bool binder_loads_only_able_plugins =
        true;  // 1.32: only plugins that can make, delete or recycle volumes
    bool pvc_protection_batches = true;  // 1.32: claims of a namespace share one live list of pods
    // The sidecars of that time: 1.32: a request that the driver calls wrong waits for 5 min.
    bool provisioner_slows_infeasible = true;
    // 1.29 (external-provisioner 4.0): a snapshot's volume keeps its mode unless that is allowed.
    bool provisioner_keeps_mode = true;
    // 1.36 (external-provisioner 6.2): a finalizer keeps a snapshot while a volume is made of it,
    // and messages tell why it cannot be; what a crash leaves of it is swept up (6.3).
    bool provisioner_protects_snapshots = true;
    // 1.33 (external-attacher 4.9): after a detach the finalizer goes before the status is written;
    // before, the other way about, which calls ControllerUnpublishVolume twice.
    bool attacher_frees_first = true;
    // attach/detach controller
    // 1.27: after a failed detach the volume counts as neither attached nor detached (1.26.1: as
    // attached).
    bool failed_detach_is_uncertain = true;
    // 1.30: no in-tree plugin is left beside its CSI driver; before, each node tells in an
    // annotation which it has migrated.
    bool migration_is_complete = true;
    bool attach_keeps_terminated = false;  // up to 1.30: nodes may keep ended pods' volumes
    // 1.36 (external-attacher 4.12): a volume's finalizer is a JSON patch of its own; before, a
    // merge patch sent the whole list as the cache had it.
    bool attacher_patches_finalizer = true;
    std::string external_provisioning_message;  // with {provisioner}
    bool events_name_reporter = false;  // events carry reportingComponent (from 1.27 or so on)
    std::string recycler_image;
    std::string recycler_script;
    // 1.30 (client-go 0.30): the holder of a lease renews it without reading it first.
    bool election_updates_first = true;
    // client limits of kube-controller-manager
    int kcm_qps = 20;
    int kcm_burst = 30;
    // Nodes
    sim::Duration node_monitor_grace{};
    int node_monitor_workers = 8;  // 1.27; before, one node after the other
    // 1.29: the pass that finds a node's status unknown asks for its NoExecute taint; before, the
    // next one does.
    bool node_tainted_at_once = true;
    bool taint_eviction_apart = true;  // 1.29: taint eviction is a controller of its own
    // Workload controllers
    bool stateful_set_batches = true;  // 1.27: policy Parallel works on many pods at once
    // 1.31: a pod that has ended is deleted and replaced once it is gone; before, at once, with an
    // event.
    bool stateful_set_waits_for_ended = true;
    bool writes_null_times = false;  // up to 1.33: creationTimestamp: null in stored templates

    // The kubelet
    int kubelet_qps = 50, kubelet_burst = 100;  // 1.27; before 5 and 10; events have as much again
    // 1.27: the status after the last container's end is written at once, with a final phase;
    // before, a deleted pod keeps its phase and is written when it is torn down.
    bool kubelet_ends_phase = true;
    bool kubelet_cancels_syncs = true;  // 1.27: a deletion interrupts the wait for volumes
    // 1.28: a wait for volumes that ran out of time is no event of the pod any more.
    bool kubelet_tells_mount_timeouts = false;
    bool kubelet_lists_unprocessed = true;  // 1.27: "failed to process volumes=[..]"
    // 1.28: what is found on disk is taken up before anything is mounted or unmounted.
    bool kubelet_reconstructs_first = true;
    bool pod_tells_sandbox = true;           // 1.29: the condition PodReadyToStartContainers
    bool container_names_in_events = false;  // "Created container c"; 1.35: "Container created"

    bool on(Gate g) const { return gates[static_cast<std::size_t>(g)]; }
    bool on(Guard g) const { return guards.on(g); }
    // Nothing where the version is not modelled ("1.26" .. "1.36").
    static std::optional<Profile> of(std::string_view kubernetes);
    // False where no such gate exists in any modelled version.
    bool set_gate(std::string_view name, bool value);
    static std::vector<std::string_view> gate_names();
};

}  // namespace model
