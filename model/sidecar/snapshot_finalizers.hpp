// SnapshotFinalizers: takes the provisioner's finalizer from snapshots that no pending claim is
// made from any more: what a crash or a withdrawn claim has left behind. Counterpart:
// external-provisioner pkg/controller/snapshot_finalizer_controller.go. It sweeps each 5 min, here
// only while a snapshot has the finalizer. Left out: permissions.
#pragma once

#include "model/control/process.hpp"
#include "sim/gate.hpp"

namespace model::sidecar {

class SnapshotFinalizers final : public control::Controller {
  public:
    // `first_sweep`: after the start.
    SnapshotFinalizers(control::Process& process, control::Client& client,
                       sim::Duration first_sweep);

    std::string_view name() const override { return "snapshot finalizers"; }
    void start() override;

  private:
    sim::Task<void> run();
    sim::Task<void> sweep();
    std::vector<api::ObjectRef> orphaned() const;

    control::Process& process_;
    control::Client& client_;
    sim::Duration first_sweep_;
    control::Informer& snapshots_;
    control::Informer& claims_;
    sim::Gate any_held_;
    sim::Time first_{};
};

}  // namespace model::sidecar
