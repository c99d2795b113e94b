// Zones as the node lifecycle controller sees them: how disrupted each is, how fast its lost nodes
// may be tainted NoExecute, and which wait for it. Counterparts: ComputeZoneState, setLimiterInZone
// and scheduler.RateLimitedTimedQueue of pkg/controller/nodelifecycle. Pure: no client, no clock.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "model/api/text.hpp"
#include "sim/time.hpp"

namespace model::workload {

enum class ZoneState : unsigned char { Initial, Normal, Partial, Full };

struct ZoneCount {
    std::size_t ready = 0, not_ready = 0;
    std::size_t total() const { return ready + not_ready; }
};
// Full: no node is ready. Partial: more than 2 nodes, and 55 % or more, are not.
ZoneState state_of(const ZoneCount& count);

// One token each `interval`, burst 1.
class EvictionLimiter {
  public:
    static constexpr sim::Duration kNormal = std::chrono::seconds(10);    // --node-eviction-rate
    static constexpr sim::Duration kReduced = std::chrono::seconds(100);  // --secondary-...-rate
    static constexpr sim::Duration kNone = sim::Duration::max();          // no eviction at all
    bool try_accept(sim::Time now);
    sim::Time free_at() const { return interval_ == kNone ? sim::kNever : free_at_; }
    // Another rate; a bucket that was empty stays empty.
    void swap(sim::Duration interval, sim::Time now);

  private:
    sim::Duration interval_ = kNormal;
    sim::Time free_at_ = sim::Time::min();
};

// Nodes to be tainted. One that was handled is not taken a second time before it was removed.
class TaintQueue {
  public:
    struct Entry {
        api::Text node;
        sim::Time process_at;
    };
    bool add(const api::Text& node, sim::Time now);
    bool remove(const api::Text& node);
    void put_off(const api::Text& node, sim::Time until);
    void handled(const api::Text& node);
    const Entry* head() const { return queue_.empty() ? nullptr : &queue_.front(); }

  private:
    void drop(const api::Text& node);
    std::vector<Entry> queue_;  // by instant, then as they came
    std::set<api::Text> known_;
};

struct Zone {
    ZoneCount count;
    bool has_state = false;
    ZoneState state = ZoneState::Initial;
    EvictionLimiter limiter;
    TaintQueue queue;
    // The rate that goes with a state; a small zone that is partly disrupted evicts nothing.
    void set_limiter(ZoneState to, sim::Time now);
};

}  // namespace model::workload
