#include "model/volume/operations.hpp"

#include <algorithm>

namespace model::volume {

void OperationBackoff::fail(sim::Time now) {
    wait = wait == sim::Duration(0) ? kFirst : std::min(2 * wait, kLongest);
    failed_at = now;
}

bool Operations::may_start(std::string_view name, sim::Time now) const {
    const auto it = entries_.find(name);
    return it == entries_.end() || (!it->second.running && it->second.backoff.may_start(now));
}

void Operations::started(std::string_view name) {
    entries_[std::string(name)].running = true;
    ++running_;
}

void Operations::ended(std::string_view name, bool ok, sim::Time now) {
    const auto it = entries_.find(name);
    if (it == entries_.end() || !it->second.running) return;
    --running_;
    if (ok) {
        entries_.erase(it);
        return;
    }
    it->second.running = false;
    it->second.backoff.fail(now);
}

bool Operations::is_running(std::string_view name) const {
    const auto it = entries_.find(name);
    return it != entries_.end() && it->second.running;
}

const OperationBackoff* Operations::backoff(std::string_view name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() || it->second.backoff.wait == sim::Duration(0)
               ? nullptr
               : &it->second.backoff;
}

}  // namespace model::volume
