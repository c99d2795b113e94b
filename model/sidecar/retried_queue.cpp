#include "model/sidecar/retried_queue.hpp"

#include <algorithm>

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

control::BackoffLimits backoff(const SidecarOptions& o) {
    control::BackoffLimits limits(o.retry_start, o.retry_max);
    limits.shares_bucket = false;
    return limits;
}

}  // namespace

RetriedQueue::RetriedQueue(control::Process& process, std::string_view name,
                           const SidecarOptions& options, sim::Duration resync)
    : process_(process),
      resync_(resync),
      queue_(process.engine(), process.journal(), name, backoff(options)),
      any_failing_(process.engine()) {}

void RetriedQueue::start(std::size_t workers, control::Process::Sync sync) {
    process_.spawn_workers(queue_, workers, std::move(sync));
    if (resync_ == 0ns) return;
    first_resync_ = process_.engine().now() + resync_;
    process_.spawn("resync of " + std::string(queue_.name()), run_resync());
}

void RetriedQueue::ended(const api::Key& key, const api::Status& result) {
    if (result.ok()) {
        failing_.erase(key);
        queue_.forget(key);
    } else {
        failing_.insert(key);
        queue_.add_rate_limited(key);
        any_failing_.open();
    }
}

sim::Task<void> RetriedQueue::run_resync() {
    sim::Engine& engine = process_.engine();
    for (;;) {
        co_await any_failing_.wait(kind_of(Wait::Resync), "nothing fails");
        const sim::Duration since = engine.now() - first_resync_;
        const sim::Duration over = since < 0ns ? since : since % resync_ - resync_;
        co_await engine.sleep_for(-over, kind_of(Wait::Resync));
        for (const api::Key& key : failing_) queue_.add(key);
        if (failing_.empty()) any_failing_.close();
    }
}

// Retries go on for ever, so a key that fails keeps the run from settling.
sim::Time RetriedQueue::next_action() const {
    sim::Time next = sim::kNever;
    for (const api::Key& key : failing_) next = std::min(next, queue_.due(key));
    return next;
}

std::string RetriedQueue::explain(const api::Key& key) const {
    const int failures = queue_.failures(key);
    if (failures == 0 || !failing_.contains(key)) return {};
    std::string text = "failed " + std::to_string(failures) + " times";
    if (queue_.due(key) != sim::kNever)
        text += "; tried again at " + sim::seconds_text(queue_.due(key)) + "s";
    return text;
}

}  // namespace model::sidecar
