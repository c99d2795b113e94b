// JobController: pods that run to their end, so many times. Counterpart: pkg/controller/job
// (1.26 .. 1.36): 5 workers, finalizers that keep an ended pod until it is counted, 10 s x 2^n of
// backoff after failures. Left out: indexed jobs, pod failure and success policies, suspension,
// managedBy, selectors given by hand, TTL after the end.
#pragma once

#include <memory>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "model/workload/owned_pods.hpp"
#include "model/workload/pod_control.hpp"
#include "model/workload/replica_set.hpp"

namespace model::workload {

class JobController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "job-controller";

    JobController(control::Process& process, control::Client& client,
                  control::EventRecorder& recorder, std::shared_ptr<PodsOfOwners> pods,
                  Profile profile);
    std::string_view name() const override { return "job-controller"; }
    void start() override;
    sim::Time next_action() const override;

  private:
    // What a sync finds.
    struct Work {
        api::ObjectRef job;
        std::int64_t parallelism = 1, completions = -1, backoff_limit = 6;  // -1: not given
        std::vector<api::Ref<api::Pod>> active, succeeded, failed;  // ended: not counted yet
        std::int64_t succeeded_before = 0, failed_before = 0;
        Work() = default;
        std::int64_t all_succeeded() const {
            return succeeded_before + static_cast<std::int64_t>(succeeded.size());
        }
        std::int64_t all_failed() const {
            return failed_before + static_cast<std::int64_t>(failed.size());
        }
    };
    struct Finish {
        std::string_view type, reason;  // "" type: it goes on
        std::string message;
        Finish() = default;
    };

    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    api::ObjectRef job_of(const api::ObjectRef& pod) const;
    sim::Task<api::Status> sync_and_requeue(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key);
    Work view(const api::ObjectRef& job) const;
    Finish finish_of(const Work& work) const;
    sim::Task<api::Status> manage(Work& work);
    sim::Task<api::Status> create_pod(api::ObjectRef job);
    sim::Task<api::Status> delete_pods(api::ObjectRef job, std::vector<api::Ref<api::Pod>> pods);
    sim::Task<api::Status> count_ended(Work& work, Finish finish);
    sim::Task<api::Status> release(api::Ref<api::Pod> pod);
    sim::Task<api::Status> write_status(api::ObjectRef& job, api::Value status);
    std::int64_t seconds() const { return process_.server().wall_clock().unix_seconds; }

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    PodControl pod_control_;
    std::shared_ptr<PodsOfOwners> pods_;
    Profile profile_;
    api::Kind kind_;
    control::Informer& jobs_;
    control::WorkQueue queue_;
    Expectations expectations_;
};

}  // namespace model::workload
