// EphemeralVolumeController: makes the claims of generic ephemeral volumes, owned by their pod.
// Counterpart: pkg/controller/volume/ephemeral/controller.go (1.26 and 1.36 alike): 5 workers. Only
// a pod's appearance and a claim's deletion wake it; it never adopts and never deletes.
#pragma once

#include "model/control/process.hpp"
#include "model/volume/pods_of_claims.hpp"

namespace model::workload {

class EphemeralVolumeController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "ephemeral-volume-controller";
    static constexpr const char* kComponent = "ephemeral_volume";

    EphemeralVolumeController(control::Process& process, control::Client& client,
                              control::EventRecorder& recorder);
    std::string_view name() const override { return "ephemeral-volume-controller"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;

  private:
    void enqueue(const api::Ref<api::Pod>& pod);
    sim::Task<api::Status> sync(control::WorkQueue::Item item);
    sim::Task<api::Status> handle(api::Ref<api::Pod> pod, api::Volume volume);

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    control::Informer& pods_;
    control::Informer& claims_;
    volume::PodsOfClaims pods_of_claims_;
    control::WorkQueue queue_;
};

}  // namespace model::workload
