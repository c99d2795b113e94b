// AttachDetachController: attaches the volumes of scheduled pods to their nodes and detaches them
// when the pods are gone. Counterpart: pkg/controller/volume/attachdetach/
// attach_detach_controller.go (v1.36). Handlers keep the desired state; reconciler, populator and a
// worker for claims run beside each other. At its start it takes what is attached from the nodes'
// statuses and from VolumeAttachments. Left out: the gauges of how many volumes there are.
#pragma once

#include <string>

#include "model/attachdetach/populator.hpp"
#include "model/attachdetach/reconciler.hpp"
#include "model/volume/pods_of_claims.hpp"

namespace model::attachdetach {

struct AttachDetachOptions {
    Profile profile;
    ReconcilerOptions reconciler;
    PopulatorOptions populator;
    AttachDetachOptions() = default;
};

class AttachDetachController final : public control::Controller {
  public:
    static constexpr std::string_view kClientName = "attachdetach-controller";

    AttachDetachController(control::Process& process, control::Client& client,
                           control::EventRecorder& recorder, AttachDetachOptions options);
    std::string_view name() const override { return kClientName; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;
    bool repeats_only() const override;

    const World& world() const { return world_; }

  private:
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_node(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_attachment(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_driver();
    void add_node(const api::Node& node);
    void take_actual_state();
    void take_attachments();
    void take_desired_state();
    sim::Task<api::Status> sync_claim(control::WorkQueue::Item item);
    VolumeResolver::Informers informers() const;
    std::string explain_pod(const api::Key& key) const;
    std::string explain_volume(const api::Text& name) const;
    std::string explain_pair(const VolumeOnNode& where) const;

    control::Process& process_;
    AttachDetachOptions options_;
    control::Informer &pods_, &nodes_, &claims_, &volumes_, &csi_nodes_, &csi_drivers_,
        &attachments_;
    VolumeResolver resolver_;
    World world_;
    PodVolumes pod_volumes_;
    Attacher attacher_;
    NodeStatusUpdater statuses_;
    Reconciler reconciler_;
    Populator populator_;
    volume::PodsOfClaims pods_of_claims_;
    control::WorkQueue claim_queue_;
    bool started_ = false;
};

}  // namespace model::attachdetach
