// DaemonSetController: one pod on each node that can take it. Counterpart: pkg/controller/daemon
// (1.26, 1.36): 2 workers, at most 250 pods a sync; pods are bound by the scheduler to the node
// that their affinity names, and tolerate nodes that are lost for ever. Left out: rolling updates
// and revisions, node affinity of the template beside nodeSelector, the backoff of failed pods.
#pragma once

#include <memory>

#include "model/control/process.hpp"
#include "model/workload/owned_pods.hpp"
#include "model/workload/pod_control.hpp"
#include "model/workload/replica_set.hpp"

namespace model::workload {

class DaemonSetController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "daemon-set-controller";

    DaemonSetController(control::Process& process, control::Client& client,
                        control::EventRecorder& recorder, std::shared_ptr<PodsOfOwners> pods);
    std::string_view name() const override { return "daemon-set-controller"; }
    void start() override;
    sim::Time next_action() const override;

  private:
    struct Fit {
        bool should_run = false, may_stay = false;
    };
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_node(const api::ObjectRef& before, const api::ObjectRef& after);
    api::ObjectRef set_of(const api::ObjectRef& pod) const;
    Fit fit(const api::ObjectRef& set, const api::Node& node) const;
    sim::Task<api::Status> sync_and_requeue(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key);
    sim::Task<api::Status> manage(api::ObjectRef set, std::vector<api::Ref<api::Pod>> pods);
    sim::Task<api::Status> create_pod(api::ObjectRef set, api::Text node);
    sim::Task<api::Status> delete_pod(api::ObjectRef set, api::Ref<api::Pod> pod);
    sim::Task<api::Status> write_status(api::ObjectRef set, std::vector<api::Ref<api::Pod>> pods);

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    PodControl pod_control_;
    std::shared_ptr<PodsOfOwners> pods_;
    api::Kind kind_;
    control::Informer& sets_;
    control::Informer& nodes_;
    control::WorkQueue queue_;
    Expectations expectations_;
};

}  // namespace model::workload
