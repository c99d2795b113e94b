// CloningProtection: takes the finalizer from a claim that is being deleted once no pending claim
// of its namespace is made from it. Counterpart: external-provisioner
// pkg/controller/clone_controller.go. One worker; a source that is still needed is tried again
// 1 s x 2^n up to 5 min, since nothing else wakes it.
#pragma once

#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/retried_queue.hpp"

namespace model::sidecar {

class CloningProtection final : public control::Controller {
  public:
    CloningProtection(control::Process& process, control::Client& client,
                      const SidecarOptions& options);

    std::string_view name() const override { return "cloning protection"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override { return queue_.next_action(); }

  private:
    sim::Task<api::Status> work(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Ref<PVC> claim);

    control::Client& client_;
    control::Informer& claims_;
    RetriedQueue queue_;
};

}  // namespace model::sidecar
