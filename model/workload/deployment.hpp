// DeploymentController: ReplicaSets that come and go with a pod template. Counterpart:
// pkg/controller/deployment (1.26, 1.36): 5 workers; RollingUpdate and Recreate, scaling, pausing,
// revision history, conditions Available and Progressing with its deadline. ReplicaSets are named
// by a hash of the template, other than upstream's. Left out: adoption of ReplicaSets, rollbackTo,
// and proportional scaling while several ReplicaSets are active (the newest takes the difference).
#pragma once

#include <memory>
#include <set>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "model/workload/owned_pods.hpp"

namespace model::workload {

class DeploymentController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "deployment-controller";

    DeploymentController(control::Process& process, control::Client& client,
                         control::EventRecorder& recorder, std::shared_ptr<PodsOfOwners> pods,
                         Profile profile);
    std::string_view name() const override { return "deployment-controller"; }
    void start() override;
    sim::Time next_action() const override;

  private:
    // One sync's view of a deployment and its ReplicaSets.
    struct Work {
        api::ObjectRef deployment;
        std::int64_t replicas = 1, surge = 0, unavailable = 0, deadline = 600, history = 10;
        bool recreate = false, paused = false;
        api::Value pod_template;
        api::ObjectRef fresh;             // of the present template; null where there is none
        std::vector<api::ObjectRef> old;  // the others, oldest first
        api::Value status;                // as it is to be written
        Work() = default;
        std::vector<api::ObjectRef> all() const;
    };

    void on_set(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    api::ObjectRef deployment_of(const api::ObjectRef& set) const;
    sim::Task<api::Status> sync_and_requeue(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key);
    Work view(const api::ObjectRef& deployment) const;
    bool is_scaling(const Work& work) const;
    sim::Task<api::Status> scale(Work& work);
    sim::Task<api::Status> roll(Work& work);
    sim::Task<api::Status> recreate(Work& work);
    sim::Task<api::Status> scale_old_down(Work& work, bool& scaled);
    sim::Task<api::Status> make_fresh(Work& work);
    sim::Task<api::Status> keep_fresh(Work& work);
    sim::Task<api::Status> resize(Work& work, api::ObjectRef& set, std::int64_t size, bool& done);
    sim::Task<api::Status> clean_up(Work& work);
    bool has_old_pods(const Work& work) const;
    api::Value present_status(const Work& work) const;
    void tell_progress(Work& work);
    sim::Task<api::Status> write_status(Work& work, bool rollout);

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    std::shared_ptr<PodsOfOwners> pods_;
    Profile profile_;
    api::Kind kind_, set_kind_;
    control::Informer& deployments_;
    control::Informer& sets_;
    control::WorkQueue queue_;
};

}  // namespace model::workload
