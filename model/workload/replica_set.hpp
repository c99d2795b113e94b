// ReplicaSetController: as many pods as asked for, none of which is special. Counterpart:
// pkg/controller/replicaset/replica_set.go (1.26, 1.36): 5 workers, at most 500 pods a sync, made
// in batches that grow, and no further sync before the informer has seen what the last one did (5
// min at most). Left out: the rank of pods by others on their node, when some are to be deleted;
// the count of terminating pods in the status (1.35 on, by a gate).
#pragma once

#include <memory>
#include <set>

#include "model/control/process.hpp"
#include "model/workload/owned_pods.hpp"
#include "model/workload/pod_control.hpp"

namespace model::workload {

// Creations and deletions that a controller has asked for and not heard of yet. Counterpart:
// UIDTrackingControllerExpectations of pkg/controller/controller_utils.go.
class Expectations {
  public:
    void expect(const api::Key& owner, std::size_t creations, std::set<api::Key> deletions,
                sim::Time now);
    void saw_creation(const api::Key& owner);
    void saw_deletion(const api::Key& owner, const api::Key& pod);
    void forget(const api::Key& owner) { all_.erase(owner); }
    bool satisfied(const api::Key& owner, sim::Time now) const;

  private:
    struct Expected {
        std::size_t creations = 0;
        std::set<api::Key> deletions;
        sim::Time since{};
    };
    std::map<api::Key, Expected> all_;
};

class ReplicaSetController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "replicaset-controller";

    ReplicaSetController(control::Process& process, control::Client& client,
                         control::EventRecorder& recorder, std::shared_ptr<PodsOfOwners> pods);
    std::string_view name() const override { return "replicaset-controller"; }
    void start() override;
    sim::Time next_action() const override;

  private:
    void on_set(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    api::ObjectRef set_of(const api::ObjectRef& pod) const;
    sim::Task<api::Status> sync_and_requeue(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key);
    sim::Task<api::Status> manage(api::ObjectRef set, std::vector<api::Ref<api::Pod>> pods);
    sim::Task<api::Status> create_pod(api::ObjectRef set);
    sim::Task<api::Status> delete_pod(api::ObjectRef set, api::Ref<api::Pod> pod);
    sim::Task<api::Status> write_status(api::ObjectRef set, api::Value status);

    control::Process& process_;
    control::Client& client_;
    PodControl pod_control_;
    std::shared_ptr<PodsOfOwners> pods_;
    api::Kind kind_;
    control::Informer& sets_;
    control::WorkQueue queue_;
    Expectations expectations_;
};

}  // namespace model::workload
