// QuotaController: keeps the status of each ResourceQuota, and gives back what deleted objects
// used. Counterpart: pkg/controller/resourcequota, v1.36 (5 workers). Admission charges a quota
// when it lets an object in; what is deleted is counted out here, when the deletion has been heard
// of. Left out: the resync every 5 minutes, which finds what the events told already, and quotas on
// resources of pods.
#pragma once

#include "model/control/process.hpp"
#include "model/profile.hpp"

namespace model::workload {

class QuotaController : public control::Controller {
  public:
    static constexpr std::string_view kClientName = "resourcequota-controller";

    QuotaController(control::Process& process, control::Client& client, const Profile& profile);
    std::string_view name() const override { return kClientName; }
    void start() override;

  private:
    // The informers of the process, seen as one reader: usage is counted from what was heard, not
    // from the store.
    class Heard;
    void replenish(const api::Object& deleted);
    sim::Task<api::Status> sync(control::WorkQueue::Item item);

    control::Process& process_;
    control::Client& client_;
    Profile profile_;
    control::Informer& quotas_;
    control::WorkQueue queue_;
};

}  // namespace model::workload
