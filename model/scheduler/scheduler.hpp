// Scheduler: one pod at a time it looks for a node; then, beside the others, it has the pod's
// volumes bound and binds the pod. Counterpart: pkg/scheduler (scheduler.go, schedule_one.go,
// eventhandlers.go). A scheduling cycle takes no time but for the write of a failure, which the
// next pod waits for, as upstream. Left out: permit plugins, dynamic resources beyond their words
// in messages, asynchronous API calls (gate SchedulerAsyncAPICalls), profiles beside the default.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "model/control/process.hpp"
#include "model/scheduler/event_series.hpp"
#include "model/scheduler/placement.hpp"
#include "model/scheduler/preemption.hpp"
#include "model/scheduler/requeue_rules.hpp"
#include "model/scheduler/scheduling_queue.hpp"

namespace model::scheduler {

struct SchedulerSetting {
    Profile profile;
    Placement::Choices choices;
    sim::Time first_flush{};  // the first look at unschedulable pods
    SchedulerSetting() = default;
};

class Scheduler final : public control::Controller {
  public:
    // Events have a client, and so a limit, of their own.
    Scheduler(control::Process& process, control::Client& client, control::Client& event_client,
              SchedulerSetting setting);

    std::string_view name() const override { return "kube-scheduler"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;
    bool repeats_only() const override;

  private:
    // Why an attempt has failed.
    struct Failure {
        std::string message;
        bool is_error = false;  // not for want of a node
        PluginSet rejected_by;
        std::optional<api::Text> nominate;  // what status.nominatedNodeName should be
        Failure() = default;
    };

    // What wakes it (handlers.cpp).
    void add_handlers();
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_placed_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& after);
    void on_waiting_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& after);
    void on_node(const api::Ref<api::Node>& before, const api::Ref<api::Node>& after);
    void follow_node_volumes(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_storage(Resource resource, const api::ObjectRef& before, const api::ObjectRef& after);

    sim::Task<void> run();
    sim::Task<void> schedule(QueuedPodRef entry);
    Failure why_not(const PodInfo& pod, const Attempt& attempt, Placement::Outcome outcome,
                    Victims& victims) const;
    sim::Task<void> fail(QueuedPodRef entry, Failure failure);
    sim::Task<void> preempt(PodRef pod, Victims victims);

    // Beside the others (binding_cycle.cpp).
    sim::Task<void> bind(QueuedPodRef entry, PodRef pod, api::Text node, PodVolumes volumes,
                         bool all_bound);
    sim::Task<void> fail_binding(QueuedPodRef entry, PodRef pod, PodVolumes volumes,
                                 std::string message);
    sim::Task<api::Status> bind_pod(PodRef pod, api::Text node);
    // The condition PodScheduled (where there is a message) and the nominated node.
    sim::Task<api::Status> tell_status(api::Ref<api::Pod> pod, std::string reason,
                                       std::string message, std::optional<api::Text> nominate);

    control::Process& process_;
    control::Client& client_;
    SchedulerSetting setting_;
    Release release_;
    VolumeInformers informers_;
    SchedulerCache cache_;
    RequeueRules rules_;
    SchedulingQueue queue_;
    VolumeBinder binder_;
    VolumeFilters volume_filters_;
    TopologyFilters topology_;
    Placement placement_;
    Preemption preemption_;
    EventSeries events_;
    std::set<api::Key> binding_;    // pods whose binding is under way
    std::set<api::Key> repeating_;  // those that failed twice with the same words
};

}  // namespace model::scheduler
