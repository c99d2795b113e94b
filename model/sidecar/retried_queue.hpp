// RetriedQueue: a sidecar's work queue: each failed key backs off by itself (no bucket), and the
// periodic resync of the informer behind it puts keys in again. Counterpart: client-go's
// TypedItemExponentialFailureRateLimiter with a SharedInformerFactory's resync. Only keys that have
// failed are put in again: the others would find nothing to do, so an idle queue costs no event.
#pragma once

#include <set>
#include <string>

#include "model/control/process.hpp"
#include "model/sidecar/sidecar_options.hpp"
#include "sim/gate.hpp"

namespace model::sidecar {

class RetriedQueue {
  public:
    // `name` must live as long as the queue. `resync` 0: none.
    RetriedQueue(control::Process& process, std::string_view name, const SidecarOptions& options,
                 sim::Duration resync);

    void start(std::size_t workers, control::Process::Sync sync);
    void add(const api::Key& key) { queue_.add(key); }
    // What the key's sync came to: it is forgotten, or tried again after its backoff.
    void ended(const api::Key& key, const api::Status& result);
    // The object is gone. As upstream, its failures still count for a next one of that name.
    void gone(const api::Key& key) { failing_.erase(key); }

    sim::Time next_action() const;
    // "failed 3 times; tried again at 7.000s"; "" where it has not failed.
    std::string explain(const api::Key& key) const;

  private:
    sim::Task<void> run_resync();

    control::Process& process_;
    sim::Duration resync_;
    control::WorkQueue queue_;
    std::set<api::Key> failing_;
    sim::Gate any_failing_;
    sim::Time first_resync_{};
};

}  // namespace model::sidecar
