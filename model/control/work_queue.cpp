#include "model/control/work_queue.hpp"

#include <algorithm>

namespace model::control {

using namespace std::chrono_literals;

namespace {
constexpr int kBucketQps = 10, kBucketBurst = 100;
}

WorkQueue::WorkQueue(sim::Engine& engine, Journal& journal, std::string_view name,
                     BackoffLimits limits)
    : engine_(engine),
      journal_(journal),
      name_(name),
      limits_(limits),
      bucket_(kBucketQps, kBucketBurst),
      arrived_(engine) {}

WorkQueue::~WorkQueue() {
    entries_.for_each([this](const api::Key&, const Entry& entry) {
        if (entry.timer) engine_.cancel(*entry.timer);
    });
}

void WorkQueue::add(const api::Key& key) {
    Entry& entry = entries_[key];
    if (entry.dirty) return;
    entry.dirty = true;
    entry.added = engine_.now();
    entry.parent = engine_.current().seq;
    if (entry.processing) return;
    ready_.push_back(key);
    arrived_.notify_one();
}

// As upstream's delaying queue, a key that is waiting already keeps the earlier instant.
void WorkQueue::add_after(const api::Key& key, sim::Duration delay) {
    if (delay <= 0ns) return add(key);
    Entry& entry = entries_[key];
    const sim::Time due = engine_.now() + delay;
    if (entry.timer) {
        if (entry.due <= due) return;
        engine_.cancel(*entry.timer);
    }
    entry.due = due;
    entry.timer = engine_.call_at(due, kind_of(Wait::Backoff), [this, key] {
        Entry& waiting = entries_[key];
        waiting.timer.reset();
        waiting.due = sim::kNever;
        add(key);
    });
}

void WorkQueue::add_rate_limited(const api::Key& key) {
    Entry& entry = entries_[key];
    sim::Duration backoff = limits_.base;
    for (int i = 0; i < entry.failures && backoff < limits_.max; ++i) backoff *= 2;
    ++entry.failures;
    backoff = std::min(backoff, limits_.max);
    if (limits_.shares_bucket) backoff = std::max(backoff, bucket_.reserve(engine_.now()));
    add_after(key, backoff);
}

void WorkQueue::forget(const api::Key& key) {
    Entry* entry = entries_.find(key);
    if (!entry) return;
    entry->failures = 0;
    drop_if_idle(key, *entry);
}

int WorkQueue::failures(const api::Key& key) const {
    const Entry* entry = entries_.find(key);
    return entry ? entry->failures : 0;
}

sim::Time WorkQueue::due(const api::Key& key) const {
    const Entry* entry = entries_.find(key);
    return entry ? entry->due : sim::kNever;
}

sim::Task<WorkQueue::Item> WorkQueue::next() {
    while (ready_.empty()) {
        co_await arrived_.wait(kind_of(Wait::WorkQueue), name_);
    }
    Item item;
    item.key = std::move(ready_.front());
    ready_.pop_front();
    Entry& entry = entries_[item.key];
    entry.dirty = false;
    entry.processing = true;
    item.added = entry.added;
    item.parent = entry.parent;
    journal_.link(Link{engine_.current().seq, item.parent, Wait::WorkQueue});
    co_return item;
}

void WorkQueue::done(const api::Key& key) {
    Entry& entry = entries_[key];
    entry.processing = false;
    if (entry.dirty) {
        ready_.push_back(key);
        arrived_.notify_one();
        return;
    }
    drop_if_idle(key, entry);
}

void WorkQueue::drop_if_idle(const api::Key& key, const Entry& entry) {
    if (!entry.dirty && !entry.processing && !entry.timer && entry.failures == 0)
        entries_.erase(key);
}

}  // namespace model::control
