// PvProtection: keeps the finalizer kubernetes.io/pv-protection on volumes, and takes it from a
// terminating one once its phase is not Bound. Counterpart: pkg/controller/volume/pvprotection
// (v1.36; the same in 1.26). No events, one worker; it is woken by volumes that are added or
// updated and does nothing by the clock.
#pragma once

#include "model/control/process.hpp"

namespace model::volume {

class PvProtection final : public control::Controller {
  public:
    PvProtection(control::Process& process, control::Client& client);
    std::string_view name() const override { return "pv-protection-controller"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;

  private:
    sim::Task<api::Status> work(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key);

    control::Process& process_;
    control::Client& client_;
    control::Informer& volumes_;
    control::WorkQueue queue_;
};

}  // namespace model::volume
