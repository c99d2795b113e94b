#include "model/node/pending_operations.hpp"

#include <algorithm>

namespace model::node {

using namespace std::chrono_literals;

namespace {
constexpr sim::Duration kFirstBackoff = 500ms, kLongestBackoff = 122s;
}

// One that runs stands in the way whoever it is for; of those that failed the one of the very same
// key counts, else the first.
const PendingOperations::Operation* PendingOperations::match(const api::Text& volume,
                                                             const api::Text& pod) const {
    const Operation* met = nullptr;
    for (const Operation& o : operations_) {
        if (o.volume != volume || !(o.pod.empty() || pod.empty() || o.pod == pod)) continue;
        if (o.pending) return &o;
        if (!met || o.pod == pod) met = &o;
    }
    return met;
}

bool PendingOperations::may_begin(const api::Text& volume, const api::Text& pod,
                                  std::string_view name) const {
    const Operation* before = match(volume, pod);
    if (!before) return true;
    if (before->pending) return false;
    return before->name != name || process_.engine().now() >= before->retry_at;
}

void PendingOperations::begin(const api::Text& volume, const api::Text& pod, std::string_view name,
                              sim::Task<std::string> operation) {
    Operation* o = const_cast<Operation*>(match(volume, pod));
    if (!o) {
        o = &operations_.emplace_back();
        o->volume = volume;
        o->name = name;
    } else if (process_.engine().now() < o->retry_at) {
        // Of another name, since the same one may not begin yet. Later it takes the place with the
        // name and the backoff that stand there, as upstream's does.
        o->name = name;
        o->backoff = sim::Duration(0);
    }
    o->pod = pod;
    o->pending = true;
    process_.spawn(std::string(name) + " of " + volume.str(),
                   run(volume, pod, std::move(operation)));
}

sim::Task<void> PendingOperations::run(api::Text volume, api::Text pod,
                                       sim::Task<std::string> operation) {
    std::string error = co_await std::move(operation);
    const auto found = std::find_if(operations_.begin(), operations_.end(), [&](const auto& o) {
        return o.pending && o.volume == volume && o.pod == pod;
    });
    if (error.empty()) {
        // The last one takes its place, as upstream.
        if (found + 1 != operations_.end()) *found = std::move(operations_.back());
        operations_.pop_back();
    } else {
        found->pending = false;
        found->error = std::move(error);
        found->backoff =
            found->backoff == 0ns ? kFirstBackoff : std::min(found->backoff * 2, kLongestBackoff);
        found->retry_at = process_.engine().now() + found->backoff;
    }
    ended_();
}

bool PendingOperations::is_pending(const api::Text& volume, const api::Text& pod) const {
    const Operation* o = match(volume, pod);
    return o && o->pending;
}

sim::Time PendingOperations::next_retry() const {
    sim::Time next = sim::kNever;
    for (const Operation& o : operations_)
        if (!o.pending && o.retry_at > process_.engine().now()) next = std::min(next, o.retry_at);
    return next;
}

std::string PendingOperations::told_of(const api::Text& volume) const {
    for (const Operation& o : operations_) {
        if (o.volume != volume) continue;
        if (o.pending) return o.name + " is under way";
        return o.error + "; " + o.name + " is tried again after " + sim::seconds_text(o.retry_at) +
               "s";
    }
    return {};
}

}  // namespace model::node
