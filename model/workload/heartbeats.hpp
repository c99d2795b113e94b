// Heartbeats of nodes: who renews the lease of a node, and since when nobody does. Counterparts:
// the kubelet's lease controller (component-helpers/apimachinery/lease) and the part of its status
// loop that says Ready. A renewal every 10 s that nobody can tell from the one before it is no
// event: the last one is computed when somebody asks, and listeners hear only of its beginning and
// end. Nodes without a kubelet of the model also get their status posted from here. Left out: the
// lease object, jitter of the period, clock skew.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/control/client.hpp"
#include "model/control/life.hpp"

namespace model::workload {

class Heartbeats final : public api::WatchSink {
  public:
    static constexpr sim::Duration kPeriod = std::chrono::seconds(10);

    // `phase`: the first renewal of every node after time 0. If not given, drawn by the seed: each
    // kubelet has its own, nodes without one share theirs.
    Heartbeats(api::Server& server, const control::Latencies& latencies,
               std::optional<sim::Duration> phase);
    ~Heartbeats() override;
    Heartbeats(const Heartbeats&) = delete;
    Heartbeats& operator=(const Heartbeats&) = delete;

    // A preloaded Node as one that runs for long: conditions and labels that a kubelet would have
    // posted are filled in where the manifest says nothing of them.
    static api::Value completed(api::Value node, api::Timestamp now);
    // Follows the nodes from now on. Call once, with those of time 0 preloaded.
    void begin();

    // The node's last renewal up to `at`; nothing where there was none.
    std::optional<sim::Time> renewed(const api::Text& node, sim::Time at) const;
    bool beats(const api::Text& node) const;
    // The first renewal at or after `at`, if nothing changes.
    sim::Time next_renewal(const api::Text& node, sim::Time at) const;

    // Nobody renews the lease any more, or again from the next renewal on: a node without a kubelet
    // then posts its status too, and is made again where it was deleted. Errors: unknown node,
    // already in that state (a plain sentence).
    std::optional<std::string> stop(const api::Text& node);
    std::optional<std::string> start(const api::Text& node);
    // The node is cut off from the API server, or reaches it again: no renewal arrives meanwhile.
    // Error: unknown node, already so.
    std::optional<std::string> cut_off(const api::Text& node, bool cut);
    // A kubelet of the model posts the node's status itself; only the lease is kept here.
    void leave_status_to_kubelet(const api::Text& node) { beats_[node].has_kubelet = true; }
    // Called where such a node's lease is renewed and somebody else says that it is not ready.
    void when_kubelet_must_tell(std::function<void(const api::Text& node)> call) {
        kubelet_must_tell_ = std::move(call);
    }
    // The API server went down or came back: renewals fail meanwhile.
    void server_went(bool up);

    // Called when a node's renewals end or come back; with an empty name when all may have changed.
    using Listener = std::function<void(const api::Text& node)>;
    void listen(control::Life life, Listener listener);
    // A status that is still to be posted.
    sim::Time next_action() const;

    void on_commit(const api::WatchEvent& event) override;
    void on_disconnect() override;

  private:
    struct Beat {
        bool on = true, cut = false, has_kubelet = false;
        bool posting = false;               // a look at the node's status is due or under way
        sim::Time from = sim::Time::min();  // renewals count from here on
        std::optional<sim::Time> last;      // of those before `from`
        api::Ref<api::Node> seen;           // what a node that is made again looks like
        Beat() = default;
    };

    sim::Duration phase_of(const api::Text& node) const;
    std::optional<sim::Time> last_tick(const api::Text& node, sim::Time at) const;
    void freeze(const api::Text& node, Beat& beat);
    void tell(const api::Text& node);
    void look_at_next_tick(const api::Text& node);
    void look_at(const api::Text& node, const Beat& beat);
    sim::Task<void> post(api::Text node);
    sim::Task<void> make_again(api::Text node);

    api::Server& server_;
    control::Client client_;
    std::optional<sim::Duration> phase_;
    std::map<api::Text, Beat> beats_;
    std::vector<std::pair<control::Life, Listener>> listeners_;
    std::function<void(const api::Text&)> kubelet_must_tell_;
    sim::GroupId group_;
    control::Life life_;
    bool up_ = true, watching_ = false;
};

}  // namespace model::workload
