// Kubelet: a node that is shut down in order. Counterpart: pkg/kubelet/nodeshutdown.
#include <algorithm>

#include "model/node/kubelet_parts.hpp"
#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kCritical = 2'000'000'000;  // priority of system-cluster-critical
constexpr sim::Duration kLook = 300ms;
constexpr std::string_view kReason = "Terminated";
constexpr std::string_view kMessage = "Pod was terminated in response to imminent node shutdown.";

}  // namespace

void Kubelet::shut_down(std::function<void()> done) {
    awake();
    process_.spawn("node shutdown", end_pods(std::move(done)));
}

sim::Task<void> Kubelet::end_pods(std::function<void()> done) {
    auto telling = parts_->node_status->tell_shutdown();
    co_await std::move(telling);
    const sim::Duration critical = setting_.options.shutdown_grace_critical;
    auto regular = end_group(false, setting_.options.shutdown_grace - critical);
    co_await std::move(regular);
    auto last = end_group(true, critical);
    co_await std::move(last);
    // Not within an actor of the process that ends by it.
    engine_.call_in(0ns, kind_of(Wait::Timer), std::move(done));
}

bool Kubelet::is_torn_down(const api::Text& uid) const {
    const PodWorker* worker = parts_->workers->find(uid);
    return !worker || (worker->terminated_at && !parts_->volumes->is_perhaps_mounted(uid));
}

// A pod gets what it asks for, at most what its group has; the group waits no longer than that.
sim::Task<void> Kubelet::end_group(bool critical, sim::Duration most) {
    std::vector<api::Text> uids;
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(most).count();
    const std::vector<api::Ref<api::Pod>> all = pods();
    for (const api::Ref<api::Pod>& pod : all) {
        if ((pod->spec.priority.value_or(0) >= kCritical) != critical) continue;
        const std::int64_t asked = pod->spec.terminationGracePeriodSeconds.value_or(30);
        parts_->workers->end(pod->metadata.uid, std::min(asked, seconds), std::string(kReason),
                             std::string(kMessage));
        uids.push_back(pod->metadata.uid);
    }
    const sim::Time end = engine_.now() + most;
    while (engine_.now() < end) {
        const bool done = std::all_of(uids.begin(), uids.end(),
                                      [this](const api::Text& uid) { return is_torn_down(uid); });
        if (done) co_return;
        const sim::Time next = std::min(engine_.now() + kLook, end);
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
    }
}

}  // namespace model::node
