#include "model/workload/node_zones.hpp"

#include <algorithm>

namespace model::workload {

namespace {
// --unhealthy-zone-threshold 0.55, --large-cluster-size-threshold 50
constexpr std::size_t kUnhealthyPercent = 55, kLargeZone = 50;
}  // namespace

ZoneState state_of(const ZoneCount& count) {
    if (count.ready == 0 && count.not_ready > 0) return ZoneState::Full;
    const bool most = count.not_ready * 100 >= kUnhealthyPercent * count.total();
    return count.not_ready > 2 && most ? ZoneState::Partial : ZoneState::Normal;
}

bool EvictionLimiter::try_accept(sim::Time now) {
    if (interval_ == kNone || now < free_at_) return false;
    free_at_ = now + interval_;
    return true;
}

void EvictionLimiter::swap(sim::Duration interval, sim::Time now) {
    if (interval_ == interval) return;
    const bool was_empty = !try_accept(now);
    interval_ = interval;
    free_at_ = sim::Time::min();
    if (was_empty) (void)try_accept(now);
}

bool TaintQueue::add(const api::Text& node, sim::Time now) {
    if (!known_.insert(node).second) return false;
    queue_.push_back({node, now});
    return true;
}

bool TaintQueue::remove(const api::Text& node) {
    drop(node);
    return known_.erase(node) != 0;
}

void TaintQueue::drop(const api::Text& node) {
    std::erase_if(queue_, [&](const Entry& e) { return e.node == node; });
}

void TaintQueue::handled(const api::Text& node) { drop(node); }

void TaintQueue::put_off(const api::Text& node, sim::Time until) {
    for (Entry& e : queue_)
        if (e.node == node) e.process_at = until;
    std::stable_sort(queue_.begin(), queue_.end(),
                     [](const Entry& a, const Entry& b) { return a.process_at < b.process_at; });
}

void Zone::set_limiter(ZoneState to, sim::Time now) {
    sim::Duration interval = EvictionLimiter::kNormal;
    if (to == ZoneState::Initial) return;
    if (to == ZoneState::Partial)
        interval = count.total() > kLargeZone ? EvictionLimiter::kReduced : EvictionLimiter::kNone;
    limiter.swap(interval, now);
}

}  // namespace model::workload
