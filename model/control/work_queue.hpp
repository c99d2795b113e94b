// WorkQueue: keys waiting for a worker; counterpart of client-go util/workqueue (merging, delaying
// and rate limited in one). A key is in the queue once; a key added while a worker has it comes
// back when that worker is done; the same key is never with two workers. Per-key failures back off
// 5 ms x 2^n up to 1000 s, and all retries together pass a bucket of 10 a second, burst 100
// (DefaultTypedControllerRateLimiter).
#pragma once

#include <deque>

#include "model/api/key_map.hpp"
#include "model/control/client.hpp"
#include "model/journal.hpp"
#include "sim/engine.hpp"
#include "sim/mailbox.hpp"
#include "sim/notify.hpp"
#include "sim/task.hpp"

namespace model::control {

struct BackoffLimits {
    sim::Duration base = std::chrono::milliseconds(5);
    sim::Duration max = std::chrono::seconds(1000);
    bool shares_bucket = true;  // all retries of the queue pass one bucket
    BackoffLimits() = default;
    BackoffLimits(sim::Duration b, sim::Duration m) : base(b), max(m) {}
};

class WorkQueue {
  public:
    struct Item {
        api::Key key;
        sim::Time added;
        std::uint64_t parent = 0;  // the event that added it
        Item() = default;
    };

    WorkQueue(sim::Engine& engine, Journal& journal, std::string_view name,
              BackoffLimits limits = {});
    ~WorkQueue();
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;

    void add(const api::Key& key);
    void add_after(const api::Key& key, sim::Duration delay);
    void add_rate_limited(const api::Key& key);  // add_after the longer of backoff and bucket
    void forget(const api::Key& key);  // success: the key's failures count from zero again
    int failures(const api::Key& key) const;

    // The next key; waits for one. The caller must say done(key) when it is through with it.
    sim::Task<Item> next();
    void done(const api::Key& key);

    std::size_t size() const { return ready_.size(); }
    // The instant at which a delayed key comes back, for explanations; kNever where it is not
    // delayed.
    sim::Time due(const api::Key& key) const;
    std::string_view name() const { return name_; }

  private:
    struct Entry {
        bool dirty = false;  // in ready_, or to be put there when the worker is done
        bool processing = false;
        sim::Time added;
        std::uint64_t parent = 0;
        int failures = 0;
        std::optional<sim::EventId> timer;
        sim::Time due = sim::kNever;
    };
    void drop_if_idle(const api::Key& key, const Entry& entry);

    sim::Engine& engine_;
    Journal& journal_;
    std::string_view name_;
    BackoffLimits limits_;
    RateLimit bucket_;
    api::KeyMap<Entry> entries_;
    std::deque<api::Key> ready_;
    sim::Signal arrived_;
};

}  // namespace model::control
