// ProvisionController: which claims need a volume and which released volumes must go, when each is
// tried again, and what is told about it. Counterpart: sig-storage-lib-external-provisioner
// controller/controller.go and volume_store.go. Claims are queued by uid, so that work on a claim
// goes on after the claim is gone; both queues back off 1 s x 2^n up to 5 min, without a bucket.
// What wakes it: every change of a claim or volume; each 15 min every key again, here only those
// that have failed, since the others would find nothing to do. Left out: metrics, thresholds.
#pragma once

#include <map>
#include <set>
#include <string>

#include "model/control/process.hpp"
#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/slow_set.hpp"
#include "sim/gate.hpp"

namespace model::sidecar {

class ProvisionController final : public control::Controller {
  public:
    ProvisionController(control::Process& process, control::Client& client,
                        control::EventRecorder& recorder, CsiProvisioner& provisioner,
                        ProvisionerOptions options, const Profile& profile);

    std::string_view name() const override { return name_; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    using Item = control::WorkQueue::Item;

    // provision_controller.cpp: claims
    void on_claim(const api::ObjectRef& before, const api::ObjectRef& after);
    sim::Task<api::Status> work_on_claim(Item item);
    sim::Task<api::Status> sync_claim(api::Ref<PVC> claim);
    bool is_held_back(const PVC& claim);
    api::Result<bool> should_provision(const PVC& claim) const;
    // `stopped`: there was nothing to do any more; it is the caller's and outlives the task.
    sim::Task<api::Status> provision(api::Ref<PVC> claim, bool& stopped);
    void measure_claim(const PVC& claim, bool succeeded, sim::Duration took);
    void measure_deletion(const PV& volume, bool succeeded, sim::Duration took);
    sim::Task<api::Status> settle_failure(api::Ref<PVC> claim, Provisioned failed);
    sim::Task<api::Status> give_node_back(api::Ref<PVC> claim);
    api::Ref<api::StorageClass> class_of(const PVC& claim) const;
    api::Ref<PVC> find_claim(const api::Text& uid) const;

    // volume_saving.cpp
    sim::Task<void> save(api::Ref<PVC> claim, api::Text class_name, api::Text provisioner,
                         PV volume);
    sim::Task<api::Status> create_volume(api::Ref<PV> volume);
    sim::Task<api::Status> work_on_unsaved(Item item);

    // volume_deletion.cpp
    void on_volume(const api::ObjectRef& before, const api::ObjectRef& after);
    sim::Task<api::Status> work_on_volume(Item item);
    sim::Task<api::Status> sync_volume(api::Ref<PV> volume);
    bool is_mine(const PV& volume) const;
    std::optional<api::List<api::Text>> wanted_finalizers(const PV& volume) const;
    sim::Task<api::Result<api::Ref<PV>>> set_finalizers(api::Ref<PV> volume,
                                                        api::List<api::Text> finalizers);
    bool should_delete(const PV& volume) const;
    sim::Task<api::Status> delete_volume(api::Ref<PV> volume);

    void ended(control::WorkQueue& queue, std::set<api::Key>& failing, const api::Key& key,
               const api::Status& result);
    sim::Task<void> resync();

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    CsiProvisioner& provisioner_;
    ProvisionerOptions options_;
    std::string name_;  // external-provisioner/DRIVER
    bool adds_finalizer_;
    bool slows_infeasible_;
    control::Informer& claim_informer_;
    control::Informer& volume_informer_;
    control::Informer& class_informer_;
    control::WorkQueue claim_queue_, volume_queue_, unsaved_queue_;
    std::map<api::Text, api::Ref<PVC>> claims_;       // the cache, by uid
    std::map<api::Text, api::Ref<PVC>> in_progress_;  // the driver may be working for them
    std::map<api::Text, api::Ref<PV>> unsaved_;       // made, but not yet an object
    std::set<api::Key> failing_claims_, failing_volumes_;
    SlowSet slow_;
    sim::Gate any_failing_;
    sim::Time first_resync_{};
};

}  // namespace model::sidecar
