// TtlController: tells kubelets by an annotation of their nodes how long they may keep Secrets and
// ConfigMaps, by the number of nodes. Counterpart: pkg/controller/ttl/ttl_controller.go (1.26 and
// 1.36 alike): 5 workers, woken by any change of a node. A node that appears costs a patch by it,
// and writers that have read the node before lose by that. Nodes that have the right annotation are
// not queued, so they cost nothing. Left out: what kubelets do with it.
#pragma once

#include "model/control/process.hpp"

namespace model::workload {

// In which interval of cluster sizes a cluster is; they overlap, so that a size on the border does
// not make it change to and fro.
class TtlStep {
  public:
    void add_node();
    void remove_node();
    int seconds() const;

  private:
    int nodes_ = 0, step_ = 0;
};

class TtlController final : public control::Controller {
  public:
    static constexpr const char* kClientName = "ttl-controller";
    static constexpr std::string_view kAnnotation = "node.alpha.kubernetes.io/ttl";

    TtlController(control::Process& process, control::Client& client);
    std::string_view name() const override { return kClientName; }
    void start() override;

  private:
    bool is_told(const api::Object& node) const;
    void work();
    sim::Task<api::Status> sync(control::WorkQueue::Item item);

    control::Process& process_;
    control::Client& client_;
    control::Informer& nodes_;
    TtlStep step_;
    control::WorkQueue queue_;
    bool started_ = false, works_ = false, has_work_ = false;
};

}  // namespace model::workload
