// LeaderElection: of several processes of one kind, the one that holds a Lease works. Counterpart:
// client-go tools/leaderelection with csi-lib-utils leaderelection. The holder renews its lease
// each 5 s; another one takes it once it has seen it unchanged for 15 s, by its own clock and from
// when it first saw it. A process that finds its own name in the lease goes on at once. Left out:
// giving the lease back at the end (off by default), coordinated election.
#pragma once

#include <functional>
#include <string>

#include "model/control/process.hpp"

namespace model::control {

struct LeaderElectionOptions {
    std::string ns, lease;  // where the Lease stands, and its name
    std::string identity;   // of this process; a pod's name
    sim::Duration lease_duration = std::chrono::seconds(15);
    sim::Duration renew_deadline = std::chrono::seconds(10);
    sim::Duration retry_period = std::chrono::seconds(5);
    // The holder writes without reading first (from client-go 0.30 on).
    bool updates_first = true;
    LeaderElectionOptions() = default;
};

class LeaderElection {
  public:
    // `client`: of its own, so that a busy controller does not lose its lease by waiting.
    LeaderElection(Client& client, EventRecorder& recorder, LeaderElectionOptions options);

    // Ends when this process holds the lease.
    sim::Task<void> acquire();
    // As if acquired long ago: the lease is there, held by this process.
    void hold_since_long();
    // Renews for as long as that works; ends when the lease is lost.
    sim::Task<void> renew();

    // Dots and other characters become dashes: "external-attacher-leader-ebs-csi-aws-com".
    static std::string sanitized(std::string_view name);

  private:
    struct Record {
        std::string holder, acquired;
        std::int64_t transitions = 0;
    };

    sim::Task<bool> try_once();
    sim::Task<bool> write(api::ObjectRef lease, Record record);
    void observe(const api::ObjectRef& lease);
    bool is_leader() const { return observed_.holder == options_.identity; }
    bool is_valid() const;
    api::Value spec_of(const Record& record) const;
    api::Kind kind() const;
    std::string clock() const;

    Client& client_;
    EventRecorder& recorder_;
    LeaderElectionOptions options_;
    sim::Stream& stream_;
    api::ObjectRef lease_;  // as last seen or written
    Record observed_;
    sim::Time observed_at_{};
};

}  // namespace model::control
