// NodeLifecycle: tells nodes whose kubelet is silent (conditions Unknown), taints them, and tells
// their pods. Counterpart: pkg/controller/nodelifecycle/node_lifecycle_controller.go (1.26, 1.36).
//
// Upstream looks at every node every 5 s. Here a pass takes place only at those instants of the
// same grid at which a node has changed or its grace ends, and looks only at such nodes; all others
// would be found as they were. Simplifications: leases are read without the delay of a watch; a
// pass that changes nothing takes no time; passes that find a grace of so many periods over do so
// at the last of them, as the real loop's drift does.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "model/workload/heartbeats.hpp"
#include "model/workload/node_zones.hpp"
#include "model/workload/pods_of_nodes.hpp"

namespace model::workload {

struct NodeLifecycleOptions {
    Profile profile;
    sim::Duration period = std::chrono::seconds(5);  // --node-monitor-period
    sim::Duration first_pass{};                      // after the start of the process
    bool runs_since_long = false;  // the nodes of the first list are known already
    NodeLifecycleOptions() = default;
};

class NodeLifecycle final : public control::Controller {
  public:
    static constexpr const char* kClientName = "node-controller";
    static constexpr sim::Duration kMonitorPeriod = std::chrono::seconds(5);

    NodeLifecycle(control::Process& process, control::Client& client,
                  control::EventRecorder& recorder, Heartbeats& heartbeats,
                  std::shared_ptr<PodsOfNodes> pods, NodeLifecycleOptions options);
    ~NodeLifecycle() override;
    std::string_view name() const override { return "node-lifecycle-controller"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    // What was observed of a node, and when; kept under its name even when it is deleted.
    struct Health {
        sim::Time probe{};               // when it last gave a sign of life, as seen from here
        std::optional<sim::Time> lease;  // the renewal seen last
        bool observed = false;
        api::Text ready;  // status of its condition Ready, "" where it has none
        std::optional<api::Timestamp> heartbeat;
        sim::Time deadline = sim::kNever;  // when it is called unknown if nothing comes
        Health() = default;
    };
    struct Known {  // of those registered
        api::Text uid, zone;
        bool counted = false, counted_ready = false;
        bool retry = false;  // its pods are still to be marked
        Known() = default;
    };
    struct Verdict {
        bool fine = true;
        api::Text observed, current;  // status of Ready before and after
        api::Ref<api::Node> node;
        Verdict() = default;
    };

    static bool needs_reconciling(const api::Node& node);
    void on_node(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void know_all();
    void mark_dirty(const api::Text& node);
    sim::Time next_on_grid(sim::Time at) const;
    void plan_pass();
    sim::Task<void> pass();
    sim::Task<void> register_and_forget();
    sim::Task<void> look_at_nodes();
    sim::Task<void> look_at(api::Text name);
    sim::Task<Verdict> update_health(api::Text name);
    sim::Task<api::Status> try_update_health(api::Ref<api::Node> node, Verdict& verdict);
    void observe(const api::Node& node, Health& health);
    sim::Time seen_at(sim::Time renewal) const;
    void set_deadline(const api::Text& node, Health& health, const api::Text& ready);
    void count(const api::Node& node, std::string_view ready);
    void uncount(Known& known);
    sim::Task<api::Status> taint_by(api::Ref<api::Node> node, api::Text ready);
    sim::Task<api::Status> mark_reachable(api::Ref<api::Node> node);
    sim::Task<api::Status> mark_pods_not_ready(std::vector<api::Ref<api::Pod>> pods);
    sim::Task<void> handle_disruption();
    sim::Task<void> stop_evictions();
    void resume_evictions(const std::map<api::Text, ZoneState>& states);
    Zone& zone_of_new(const api::Node& node);
    void plan_tainting();
    sim::Task<void> taint_pass();
    sim::Task<bool> taint_no_execute(api::Text node);
    sim::Task<api::Status> reconcile_node(control::WorkQueue::Item item);
    sim::Task<api::Status> mark_pod(control::WorkQueue::Item item);
    sim::Time now() const { return process_.engine().now(); }

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    Heartbeats& heartbeats_;
    std::shared_ptr<PodsOfNodes> pods_;
    NodeLifecycleOptions options_;
    control::Informer& nodes_;
    control::WorkQueue node_queue_, pod_queue_;
    std::map<api::Text, Health> health_;
    std::map<api::Text, Known> known_;
    std::map<api::Text, Zone> zones_;
    std::set<api::Text> dirty_;
    std::set<std::pair<sim::Time, api::Text>> deadlines_;
    bool started_ = false, in_pass_ = false, tainting_ = false;
    sim::Time grid_{};        // an instant of the monitor's grid
    sim::Time taint_grid_{};  // and of the 100 ms one
    std::optional<sim::EventId> pass_event_, taint_event_;
    sim::Time pass_due_ = sim::kNever, taint_due_ = sim::kNever;
    std::vector<api::Text> work_;  // of the pass, and how far it is
    std::size_t next_work_ = 0, workers_ = 0;
    sim::Signal worker_ended_;
    control::Life life_;
};

}  // namespace model::workload
