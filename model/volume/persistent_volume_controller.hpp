// PersistentVolumeController: binds claims to volumes, reclaims released volumes, asks provisioners
// for new ones. Counterpart: pkg/controller/volume/persistentvolume (pv_controller.go,
// pv_controller_base.go, index.go), v1.36, and as far back as 1.26 by profile. Client in the
// request log: persistent-volume-binder; events by persistentvolume-controller. What wakes it:
// every change of a claim or volume, and a resync every 15 s. The resync passes clean keys over
// (restless.hpp) and is not scheduled at all while every key is clean. Left out: metrics. In-tree
// plugins: in_tree_plugins.hpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "model/volume/claim_store.hpp"
#include "model/volume/in_tree_plugins.hpp"
#include "model/volume/operations.hpp"
#include "model/volume/pods_of_claims.hpp"
#include "model/volume/restless.hpp"
#include "model/volume/volume_index.hpp"
#include "sim/gate.hpp"

namespace model::volume {

struct PersistentVolumeControllerOptions {
    Profile profile;
    sim::Duration sync_period = std::chrono::seconds(15);
    sim::Duration first_resync{};  // after start
    bool dynamic_provisioning = true;
    bool true_grid =
        false;  // resync every key at every tick, as upstream does; the writes must be the same
    // pv_controller.go createProvisionedPVRetryCount and -Interval: saving a volume that an in-tree
    // plugin has made.
    int save_attempts = 5;
    sim::Duration save_interval = std::chrono::seconds(10);
    // Called when an operation is about to start, before it is known whether it may: a hook of the
    // table tests.
    std::function<void(const std::string& operation)> before_operation;
    PersistentVolumeControllerOptions() = default;
};

class PersistentVolumeController final : public control::Controller {
  public:
    PersistentVolumeController(control::Process& process, control::Client& client,
                               control::EventRecorder& recorder, InTreePlugins& plugins,
                               PersistentVolumeControllerOptions options);

    std::string_view name() const override { return "persistent-volume-binder"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    std::vector<std::string> ghosts() const override;
    sim::Time next_action() const override;
    bool repeats_only() const override;

    // One sync of an object that the private stores hold already; what a worker does with a key,
    // and what table tests call.
    sim::Task<api::Status> sync_claim(api::Ref<PVC> claim, Pass& pass);
    sim::Task<api::Status> sync_volume(api::Ref<PV> volume, Pass& pass);
    // The private stores. False where an older version than the stored one was given, which is then
    // ignored.
    bool store(const api::Ref<PVC>& claim);
    bool store(const api::Ref<PV>& volume);
    ClaimStore& claims() { return claims_; }
    VolumeIndex& volumes() { return volumes_; }
    const Operations& operations() const { return operations_; }
    // All keys that are not clean into the queues (true_grid: all keys), as at a tick.
    void resync();

  private:
    using Status = api::Status;
    using VolumeResult = api::Result<api::Ref<PV>>;
    using ClaimResult = api::Result<api::Ref<PVC>>;
    struct Announcement {  // an event to be told where a phase changes
        control::EventType type;
        std::string_view reason;
        std::string message;
        Announcement(control::EventType t, std::string_view r, std::string m)
            : type(t), reason(r), message(std::move(m)) {}
    };

    // persistent_volume_controller.cpp: queues, stores, resync
    sim::Task<Status> work_on_claim(control::WorkQueue::Item item);
    sim::Task<Status> work_on_volume(control::WorkQueue::Item item);
    void requeue_or_forget(control::WorkQueue& queue, const api::Key& key, const Status& result);
    void forget_claim(const api::Key& key);
    void forget_volume(const api::Key& key);
    void mark_claim(const api::Key& key);
    void mark_volume(const api::Text& name);
    static void enqueue_restless(RestlessKeys& keys, const control::Informer& informer,
                                 control::WorkQueue& queue);
    sim::Task<void> resync_loop();
    sim::Time next_tick() const;
    void say(const api::Object& about, control::EventType type, std::string_view reason,
             std::string message, Pass& pass);
    void schedule(const std::string& operation, std::function<sim::Task<Status>()> make,
                  Pass& pass);
    sim::Task<void> run_operation(std::string operation, sim::Task<Status> work);

    // sync_claim.cpp
    sim::Task<Status> sync_unbound_claim(api::Ref<PVC> claim, Pass& pass);
    sim::Task<Status> sync_claim_of_any_volume(api::Ref<PVC> claim, Pass& pass);
    sim::Task<Status> sync_claim_without_match(api::Ref<PVC> claim, bool delay_binding, Pass& pass);
    sim::Task<Status> sync_claim_of_named_volume(api::Ref<PVC> claim, Pass& pass);
    sim::Task<Status> sync_bound_claim(api::Ref<PVC> claim, Pass& pass);
    sim::Task<ClaimResult> assign_default_class(api::Ref<PVC> claim, Pass& pass);
    api::Result<bool> delays_binding(const PVC& claim) const;
    VolumeResult find_match(const PVC& claim, bool delay_binding);
    void tell_match(const PVC& claim, const PV* found, MatchOptions options) const;
    void say_what_delays_binding(const PVC& claim, Pass& pass);

    // sync_volume.cpp
    sim::Task<Status> sync_reserved_volume(api::Ref<PV> volume, Pass& pass);
    sim::Task<ClaimResult> find_claim(api::Ref<PV> volume);
    sim::Task<Status> release(api::Ref<PV> volume, Pass& pass);
    void wake_unbound_claim(const PV& volume, const PVC& claim, Pass& pass);

    // bind.cpp
    sim::Task<VolumeResult> save_volume(api::Ref<PV> next, api::Subresource part, Pass& pass);
    sim::Task<ClaimResult> save_claim(api::Ref<PVC> next, api::Subresource part, Pass& pass);
    sim::Task<VolumeResult> set_volume_phase(api::Ref<PV> volume, api::Text phase,
                                             api::Text message, Pass& pass);
    sim::Task<VolumeResult> set_volume_phase_and_say(api::Ref<PV> volume, api::Text phase,
                                                     Announcement event, Pass& pass);
    sim::Task<ClaimResult> set_claim_phase(api::Ref<PVC> claim, api::Text phase,
                                           api::Ref<PV> volume, Pass& pass);
    sim::Task<Status> lose_claim(api::Ref<PVC> claim, Announcement event, Pass& pass);
    sim::Task<Status> leave_pending(api::Ref<PVC> claim, Pass& pass);
    sim::Task<Status> bind(api::Ref<PV> volume, api::Ref<PVC> claim, Pass& pass);
    sim::Task<Status> unbind(api::Ref<PV> volume, Pass& pass);

    // provision.cpp
    void provision(api::Ref<PVC> claim, Pass& pass);
    sim::Task<Status> ask_external_provisioner(api::Ref<PVC> claim,
                                               api::Ref<api::StorageClass> cls);
    sim::Task<Status> provision_in_tree(api::Ref<PVC> claim, api::Ref<api::StorageClass> cls);
    sim::Task<Status> save_provisioned(api::Ref<PVC> claim, PV volume, api::Text plugin);
    sim::Task<void> clean_up(api::Ref<PVC> claim, PV volume, Pass& pass);
    sim::Task<void> give_node_back(api::Ref<PVC> claim, Pass& pass);
    std::string why_no_provisioning(const PVC& claim, const api::StorageClass& cls) const;

    // reclaim.cpp
    struct Deleter {
        bool in_tree = false;
        std::string error;  // none, and that is wrong; "" and not in tree: an external one
    };
    sim::Task<Status> reclaim(api::Ref<PV> volume, Pass& pass);
    Deleter find_deleter(const PV& volume) const;
    bool leaves_deletion_alone(const PV& volume) const;
    sim::Task<Status> delete_volume(api::Ref<PV> volume);
    sim::Task<Status> delete_released_volume(api::Ref<PV> volume, Deleter deleter, Pass& pass);
    // `deleted`: the storage is gone, whatever became of the finalizer.
    sim::Task<Status> delete_storage(api::Ref<PV> volume, Pass& pass, bool* deleted);
    sim::Task<Status> drop_deletion_finalizer(api::Text name, Pass& pass);
    sim::Task<Status> recycle_volume(api::Ref<PV> volume);
    sim::Task<Status> recycle_released_volume(api::Ref<PV> volume, Pass& pass);
    std::string pods_using(const PV& volume) const;
    bool is_still_released(const PV& volume) const;

    // recycler.cpp
    sim::Task<std::string> run_recycler_pod(api::Ref<PV> volume);

    // explain.cpp
    std::string explain_claim(const api::Key& key) const;
    std::string explain_volume(const api::Key& key) const;
    std::string explain_unmatched(const PVC& claim) const;
    std::string when_next(const RestlessKeys& keys, const control::WorkQueue& queue,
                          const api::Key& key) const;

    MatchOptions match_options(bool delay_binding) const;
    bool attributes_classes() const { return options_.profile.on(Gate::VolumeAttributesClass); }
    bool honors_policy() const { return options_.profile.on(Gate::HonorPVReclaimPolicy); }
    sim::Engine& engine() const { return process_.engine(); }

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    InTreePlugins& plugins_;
    PersistentVolumeControllerOptions options_;
    control::Informer& volume_informer_;
    control::Informer& claim_informer_;
    control::Informer& class_informer_;
    control::Informer& node_informer_;
    PodsOfClaims pods_;
    control::WorkQueue claim_queue_, volume_queue_;
    ClaimStore claims_;
    VolumeIndex volumes_;
    Operations operations_;
    RestlessKeys restless_claims_, restless_volumes_;
    sim::Gate any_restless_;
    sim::Time first_tick_{};
    std::optional<sim::Time> last_tick_;
};

inline api::Status failure(std::string text) {
    return api::Status(500, api::Reason::InternalError, std::move(text));
}

}  // namespace model::volume
