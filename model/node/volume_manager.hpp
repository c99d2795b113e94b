// VolumeManager: brings the volumes of a node's pods where they are wanted and takes them away
// again: a populator that fills the desired world from pods and live reads, and a reconciler that
// starts operations on its grid until the actual world is the same. Counterpart:
// pkg/kubelet/volumemanager with operationexecutor. Both loops sleep until something has changed
// and come by at their next tick of 100 ms. Left out: node expansion, statistics of volumes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/node/grid.hpp"
#include "model/node/pending_operations.hpp"
#include "model/node/pod_workers.hpp"
#include "model/node/volume_mounter.hpp"
#include "model/node/volume_worlds.hpp"

namespace model::node {

struct VolumeManagerSetting {
    MounterSetting mounter;
    Grid populator, reconciler;
    bool controller_attaches = true;
    bool runs_since_long = false;
    std::function<std::vector<api::Ref<api::Pod>>()> pods;  // of this node, as cached
    std::function<api::Ref<api::Node>()> node;              // as cached; null: not yet
    std::function<PodWorkers&()> workers;
    std::function<void()> in_use_changed;  // what is to be reported in volumesInUse may have
};

class VolumeManager {
  public:
    VolumeManager(control::Process& process, control::Client& client,
                  control::EventRecorder& recorder, VolumeManagerSetting setting);
    ~VolumeManager() { life_.end(); }

    void start();
    // A pod came, went, or reached another stage; the cached node changed.
    void pods_changed();
    void node_changed() { look_again(); }

    // Until all volumes of the pod are mounted: at most 2 min 3 s, in looks of 300 ms. The error is
    // upstream's; `timed_out` where it is the time's fault or the worker's interruption.
    struct Waited {
        std::string error;
        bool timed_out = false, interrupted = false;
    };
    sim::Task<Waited> wait_for_mount(api::Ref<api::Pod> pod, const PodWorker& worker);
    // Until nothing of the pod is mounted any more; the error where that takes 2 min 3 s.
    sim::Task<std::string> wait_for_unmount(api::Ref<api::Pod> pod);

    // Sorted unique names of attachable volumes; nothing until the kubelet knows what it has.
    std::optional<std::vector<api::Text>> in_use() const;
    void mark_reported(const api::List<api::Text>& volumes);
    bool all_reported() const;
    bool is_perhaps_mounted(const api::Text& pod_uid) const {
        return actual_.is_perhaps_mounted(pod_uid);
    }
    // Whether a later round of this pod may have to set volumes up again.
    bool needs_resync(const api::Text& pod_uid) const;
    std::string explain(const api::Text& pod_uid) const;
    sim::Time next_action() const;
    // Whether the driver's limit of volumes a node is asked for again and again.
    bool updates_limit(const std::string& driver) const {
        const api::Ref<api::CSIDriver> d = mounter_.csi_driver(driver);
        return d && d->spec.nodeAllocatableUpdatePeriodSeconds.has_value();
    }
    // Attachable volumes of the pod that are not known as attached.
    std::vector<VolumeSpec> unattached(const api::Text& pod_uid) const;

  private:
    struct Claimed {
        api::Ref<PVC> claim;
        api::Ref<PV> volume;
    };
    // populator
    void populate_again();
    sim::Task<void> populate();
    sim::Task<void> populate_once();
    sim::Task<void> process(api::Ref<api::Pod> pod);
    sim::Task<api::Result<VolumeSpec>> make_spec(api::Ref<api::Pod> pod, api::Volume volume);
    sim::Task<api::Result<Claimed>> read_claim(api::Ref<api::Pod> pod, std::string claim,
                                               bool ephemeral);
    void remove_undesired();
    // reconciler
    void look_again();
    void look_at(sim::Time at);
    void reconcile();
    void unmount_volumes();
    void mount_or_attach();
    void wait_for_attach(const api::Text& name, const DesiredVolume& volume,
                         const DesiredMount& mount);
    void begin_mount(const api::Text& name, const DesiredVolume& volume, const DesiredMount& mount,
                     bool remount);
    void unmount_devices();
    void detach(const api::Text& name);
    void begin(const api::Text& volume, const api::Text& pod, std::string_view operation,
               sim::Task<std::string> task);
    // operations
    sim::Task<std::string> verify_attached(api::Text name, DesiredMount mount, bool attachable);
    sim::Task<std::string> attach_itself(api::Text name, DesiredMount mount);
    sim::Task<std::string> mount_volume(api::Text name, DesiredMount mount, bool attachable,
                                        bool remount, std::string selinux);
    sim::Task<std::string> mount_checked(api::Text name, MountJob job, bool attachable);
    std::string check_mount(const api::Text& name, const MountJob& job) const;
    std::string mount_failed(const MountJob& job, std::string_view step, const std::string& error);
    sim::Task<std::string> unmount_volume(api::Text name, api::Text pod_uid);
    sim::Task<std::string> unmount_device(api::Text name);
    void mark_device(const api::Text& name, const MountResult& result);
    void mark_mount(const api::Text& name, const MountJob& job, const MountResult& result);
    // reconstruction
    void reconstruct();
    void take_up(const std::string& path, const PodMount& found);
    sim::Task<void> learn_attached();

    bool ready_to_unmount() const { return has_added_pods_ && awaiting_node_.empty(); }
    void worlds_changed();
    std::vector<std::string> unmounted(const api::Pod& pod) const;
    Waited failed(const api::Pod& pod, std::string cause) const;

    control::Process& process_;
    sim::Engine& engine_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    VolumeManagerSetting setting_;
    const Profile& profile_;
    VolumeMounter mounter_;
    DesiredWorld desired_;
    ActualWorld actual_;
    PendingOperations operations_;
    std::map<api::Text, bool> processed_;  // pod uid -> nothing is to be done for it
    std::set<api::Text> awaiting_node_;    // found on disk, the node's status not yet read
    bool learning_ = false;
    bool has_added_pods_ = false, populating_ = false, populate_pending_ = false;
    std::optional<sim::EventId> look_;
    sim::Time look_at_ = sim::kNever;
    sim::Signal changed_;
    control::Life life_;
};

}  // namespace model::node
