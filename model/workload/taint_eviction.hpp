// TaintEviction: deletes pods from nodes with NoExecute taints that they do not tolerate, or when
// their toleration ends. Counterparts: pkg/controller/tainteviction (since 1.29) and the
// NoExecuteTaintManager of pkg/controller/nodelifecycle/scheduler before. Timers live in memory: a
// new process counts tolerations from the beginning. Left out: the hop through queues and channels
// by which updates reach upstream's 8 workers, who wait for nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "model/control/process.hpp"
#include "model/workload/pods_of_nodes.hpp"

namespace model::workload {

class TaintEviction final : public control::Controller {
  public:
    TaintEviction(control::Process& process, control::Client& client,
                  control::EventRecorder& recorder, std::shared_ptr<PodsOfNodes> pods);
    ~TaintEviction() override;
    std::string_view name() const override { return "taint-eviction-controller"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    // A deletion that is planned, under way, or done (and kept, so that it is not done twice).
    struct Eviction {
        sim::Time created{}, due{};
        std::optional<sim::EventId> timer;
        bool done = false;
        std::uint64_t number = 0;  // tells it from one that came after it under the same name
        Eviction() = default;
    };

    void on_node(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void process_pod(const api::Pod& pod, const std::vector<api::Taint>& taints);
    void plan(const api::Key& pod, sim::Time created, sim::Time due);
    void cancel(const api::Key& pod);
    sim::Task<void> evict(api::Key pod, std::uint64_t number);
    sim::Task<api::Status> mark_and_delete(api::Key pod);
    void tell(const api::Key& pod, std::string_view what);
    sim::Time now() const { return process_.engine().now(); }

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    std::shared_ptr<PodsOfNodes> pods_;
    std::map<api::Text, std::vector<api::Taint>> tainted_;  // nodes with NoExecute taints
    std::map<api::Key, Eviction> evictions_;
    std::uint64_t numbers_ = 0;
    bool started_ = false;
};

}  // namespace model::workload
