// PodGarbageCollector: every 20 s ends pods that nobody else can end: on nodes that are out of
// service, on nodes that are gone for 40 s, terminating ones that never got a node, and the oldest
// of too many that have ended. Counterpart: pkg/controller/podgc/gc_controller.go (1.26, 1.36). A
// pass takes place only where one of its rules may apply. No events.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "model/workload/pods_of_nodes.hpp"

namespace model::workload {

class PodGarbageCollector final : public control::Controller {
  public:
    static constexpr const char* kClientName = "pod-garbage-collector";
    static constexpr sim::Duration kPeriod = std::chrono::seconds(20);

    PodGarbageCollector(control::Process& process, control::Client& client,
                        std::shared_ptr<PodsOfNodes> pods, sim::Duration first_pass,
                        Profile profile, std::int64_t ended_max);
    ~PodGarbageCollector() override;
    std::string_view name() const override { return "pod-garbage-collector"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_node(const api::ObjectRef& before, const api::ObjectRef& after);
    bool is_suspect(const api::Pod& pod) const;
    void judge(const api::Key& key, const api::Ref<api::Pod>& pod);
    void count_ended(const api::ObjectRef& pod, int by);
    sim::Time next_on_grid(sim::Time at) const;
    void plan();
    bool too_many_ended() const { return ended_max_ != 0 && ended_ > ended_max_; }
    sim::Task<void> pass();
    sim::Task<void> collect_ended();
    sim::Task<void> collect_out_of_service(std::vector<api::Ref<api::Pod>> pods);
    sim::Task<void> collect_orphans(std::vector<api::Ref<api::Pod>> pods);
    sim::Task<void> collect_unscheduled(std::vector<api::Ref<api::Pod>> pods);
    sim::Task<void> end_all(std::vector<api::Ref<api::Pod>> pods);
    sim::Task<void> end_pod(api::Ref<api::Pod> pod, bool orphan);
    sim::Time now() const { return process_.engine().now(); }

    control::Process& process_;
    control::Client& client_;
    std::shared_ptr<PodsOfNodes> pods_;
    sim::Duration first_pass_;
    bool evicted_first_;  // among pods that have ended (1.36)
    control::Informer& pod_cache_;
    control::Informer& nodes_;
    std::set<api::Key> suspects_;  // to which a rule applies, or will once a quarantine is over
    std::map<api::Text, sim::Time> quarantine_;  // nodes that are missing, and until when
    std::size_t ended_ = 0, ended_max_;
    bool started_ = false, in_pass_ = false;
    sim::Time grid_{};
    std::optional<sim::EventId> event_;
    sim::Time due_ = sim::kNever;
    std::size_t ending_ = 0;  // pods that are being ended side by side
    sim::Signal ended_one_;
};

}  // namespace model::workload
