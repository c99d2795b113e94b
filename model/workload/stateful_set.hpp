// StatefulSetController: pods with names that last, one after the other or all at once, each with
// claims of its own. Counterpart: pkg/controller/statefulset (1.26, 1.36): 5 workers, default rate
// limiter. Left out: maxUnavailable of rolling updates, and (1.36) the wait for the informer to see
// one's own writes.
#pragma once

#include <memory>

#include "model/control/process.hpp"
#include "model/workload/owned_pods.hpp"
#include "model/workload/stateful_set_view.hpp"

namespace model::workload {

class StatefulSetController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "statefulset-controller";

    StatefulSetController(control::Process& process, control::Client& client,
                          control::EventRecorder& recorder, std::shared_ptr<PodsOfOwners> pods,
                          Profile profile);
    std::string_view name() const override { return "statefulset-controller"; }
    void start() override;
    sim::Time next_action() const override;

  private:
    // A pod that is or ought to be.
    struct Replica {
        std::int64_t ordinal = 0;
        api::Ref<api::Pod> pod;  // null: to be made of ...
        api::Value made;         // ... this
        api::Text revision;
        Replica() = default;
    };
    struct Revisions {
        api::Text current, update;
        api::Value current_template, update_template;
        std::int64_t collisions = 0;
        std::vector<api::ObjectRef> all;
        api::Status status;
        Revisions() = default;
    };
    // One sync's work on a set.
    struct Work {
        StatefulSetView set;
        Revisions revisions;
        std::vector<Replica> replicas, condemned;
        std::size_t blocked_by = kNone;  // of all, condemned ones behind the others
        static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
        Work() = default;
    };
    // Who takes a claim along when he goes.
    struct ClaimOwners {
        bool set = false, pod = false;
        ClaimOwners() = default;
    };
    struct Outcome {
        bool stop = false;
        api::Status status;
        Outcome() = default;
        Outcome(bool s, api::Status e) : stop(s), status(std::move(e)) {}
    };

    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    api::ObjectRef set_of(const api::ObjectRef& pod) const;
    sim::Task<api::Status> sync_and_requeue(control::WorkQueue::Item item);
    sim::Task<api::Status> sync(api::Key key);
    sim::Task<Revisions> find_revisions(const StatefulSetView& set);
    sim::Task<api::Status> create_revision(const StatefulSetView& set, api::Value data,
                                           std::int64_t number, Revisions& found);
    sim::Task<api::Status> truncate_history(const Work& work);
    void sort_pods(Work& work, const std::vector<api::Ref<api::Pod>>& pods);
    Replica new_replica(const Work& work, std::int64_t ordinal) const;
    api::Value status_of(const Work& work, const std::vector<Replica>& counted) const;
    sim::Task<api::Status> update(Work& work);
    sim::Task<Outcome> process_all(Work& work);
    sim::Task<Outcome> process_replica(Work& work, std::size_t index);
    sim::Task<Outcome> end_condemned(Work& work);
    sim::Task<api::Status> roll(Work& work);
    sim::Task<api::Status> create_pod(Work& work, Replica& replica);
    sim::Task<api::Status> delete_pod(Work& work, Replica& replica);
    sim::Task<api::Status> create_claims(const Work& work, std::int64_t ordinal);
    sim::Task<api::Status> own_claims(const Work& work, const Replica& replica);
    bool nothing_to_do(const Work& work, const Replica& replica) const;
    // The claim that the pod has by this template; null: there is none.
    api::Ref<api::PersistentVolumeClaim> claim_of(const Work& work, const api::Value& made_from,
                                                  const Replica& replica) const;
    static ClaimOwners owners_wanted(const Work& work, const Replica& replica);
    bool is_owned_rightly(const Work& work, const Replica& replica,
                          const api::PersistentVolumeClaim& claim) const;
    bool has_stale_claim(const Work& work, const Replica& replica) const;
    sim::Task<api::Status> write_status(const StatefulSetView& set, api::Value status);
    void tell_pod(const StatefulSetView& set, std::string_view verb, const std::string& pod,
                  const api::Status& status);
    api::Timestamp clock() const { return process_.server().wall_clock(); }

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    std::shared_ptr<PodsOfOwners> pods_;
    Profile profile_;
    api::Kind kind_, revision_kind_;
    control::Informer& sets_;
    control::Informer& revisions_;
    control::Informer& claims_;
    control::WorkQueue queue_;
};

}  // namespace model::workload
