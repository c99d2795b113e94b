// StatusManager: writes what the kubelet says of its pods, one pod at a time, and deletes the
// object of a pod that is wholly torn down. Counterpart: pkg/kubelet/status/status_manager.go: each
// write is a live read, a patch of what differs, and the DELETE with a grace of 0 where it is due;
// what failed is tried again at the next tick of 10 s. Left out: mirror pods, readiness of probes.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "model/control/client.hpp"
#include "model/node/grid.hpp"
#include "model/node/pod_status.hpp"
#include "sim/mailbox.hpp"

namespace model::node {

class StatusManager {
  public:
    // `may_run`: whether containers of the pod with this uid may run still.
    StatusManager(control::Client& client, Grid full_sync,
                  std::function<bool(const api::Text& uid)> may_run);
    ~StatusManager() { life_.end(); }

    // As last told; null where the kubelet has said nothing of it.
    const api::PodStatus* find(const api::Text& uid) const;
    // Says so from now on; nothing is sent where that was said already.
    void set(const api::Pod& pod, api::PodStatus status);
    // Nothing more will be said: the object may go once it was asked to.
    void finish(const api::Pod& pod, bool ends_phase);
    void forget(const api::Text& uid) { told_.erase(uid); }
    // A final answer of the API server says otherwise than the kubelet: written again.
    void reconcile(const api::Pod& on_server);

    sim::Task<void> run();  // the actor; runs for ever
    // The instant at which something that failed is tried again; kNever where nothing did.
    sim::Time next_retry() const;

  private:
    struct Told {
        api::Key pod;
        api::PodStatus status;
        std::uint64_t version = 0, written = 0;
        bool finished = false;
        Told() = default;
    };
    void ask(const api::Text& uid);
    sim::Task<bool> write(api::Text uid);
    void retry_later(api::Text uid);

    control::Client& client_;
    Grid full_sync_;
    std::function<bool(const api::Text&)> may_run_;
    std::map<api::Text, Told> told_;  // by uid
    std::map<api::Text, sim::Time> failed_;
    sim::Mailbox<api::Text> asked_;
    control::Life life_;
};

}  // namespace model::node
