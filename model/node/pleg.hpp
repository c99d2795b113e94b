// Pleg: looks once a second at what the container runtime has, keeps that as the kubelet's view of
// it, and tells which pods have changed. Counterpart: pkg/kubelet/pleg/generic.go with the pod
// cache. A worker waits for a look that is newer than the end of its last round, which is why a pod
// is synced no more often than once a second. Left out: the evented PLEG, the health of the loop.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "model/node/containers.hpp"
#include "model/node/grid.hpp"
#include "sim/task.hpp"

namespace model::node {

class Pleg {
  public:
    // How many things of the pod have changed since the last look.
    using Changed = std::function<void(const api::Text& uid, int changes)>;

    Pleg(sim::Engine& engine, ContainerRuntime& runtime, Grid grid, Changed changed);
    ~Pleg();
    Pleg(const Pleg&) = delete;
    Pleg& operator=(const Pleg&) = delete;

    // Takes what is there now as seen.
    void look_at_all();
    // Returns when a look later than `than` has been made.
    sim::Task<void> newer_than(sim::Time than);
    // As of the last look; null where the pod had nothing in the runtime.
    const PodSandbox* seen(const api::Text& uid);
    const std::map<api::Text, PodSandbox>& all_seen() const { return seen_; }
    void forget(const api::Text& uid) { seen_.erase(uid); }

  private:
    void look();

    sim::Engine& engine_;
    ContainerRuntime& runtime_;
    Grid grid_;
    Changed changed_;
    std::map<api::Text, PodSandbox> seen_;
    std::map<api::Text, int> dirty_;
    sim::Time look_at_ = sim::kNever;
    control::Life life_;
};

}  // namespace model::node
