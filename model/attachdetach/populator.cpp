#include "model/attachdetach/populator.hpp"

#include <algorithm>

namespace model::attachdetach {

Populator::Populator(control::Process& process, World& world, PodVolumes& pod_volumes,
                     PopulatorOptions options)
    : engine_(process.engine()),
      world_(world),
      pod_volumes_(pod_volumes),
      options_(options),
      pods_(process.informer(api::Kind::Pod)),
      alarm_(process.engine()) {}

sim::Task<void> Populator::run() {
    first_ = earliest_ = engine_.now() + options_.first_pass;
    last_list_ = engine_.now() - options_.last_list;
    for (;;) {
        set_alarm();
        co_await alarm_.ring(Wait::PollGrid, "pods that events have missed");
        pass();
        earliest_ = engine_.now() + options_.period;
    }
}

// The first of its minutes at or after `at`. A pass takes no time.
sim::Time Populator::tick_from(sim::Time at) const {
    if (at <= first_) return first_;
    const auto periods = (at - first_ + options_.period - sim::Duration(1)) / options_.period;
    return first_ + options_.period * periods;
}

void Populator::set_alarm() {
    // A minute has one pass.
    const sim::Time soonest = tick_from(std::max(engine_.now(), earliest_));
    sim::Time at = sim::kNever;
    if (wants_list_) at = tick_from(std::max(soonest, last_list_ + options_.list_period));
    if (wants_removal_ || options_.every_tick) at = soonest;
    alarm_.set(at);
}

void Populator::want_removal() {
    wants_removal_ = true;
    set_alarm();
}

void Populator::want_list() {
    wants_list_ = true;
    set_alarm();
}

void Populator::pass() {
    wants_removal_ = false;
    remove_gone_pods();
    remove_not_attachable();
    if (engine_.now() - last_list_ < options_.list_period) return;
    list_pods();
}

// Of each pod one volume in a pass, as upstream: a pod that was missed needs as many minutes as it
// has volumes.
void Populator::remove_gone_pods() {
    std::map<api::Text, std::pair<api::Ref<api::Pod>, VolumeOnNode>> found;  // by uid
    for (const auto& entry : world_.desired.entries())
        for (const auto& pod : entry.second.pods)
            found[pod.first] = std::make_pair(pod.second, entry.first);
    for (const auto& f : found) {
        const auto now = pods_.get<api::Pod>(f.second.first->key());
        if (now && now->metadata.uid == f.first && pod_volumes_.keeps_volumes(*now)) continue;
        world_.desired.remove_pod(f.first, f.second.second);
        wants_removal_ = true;  // it may have more
        world_.changed();
    }
}

void Populator::remove_not_attachable() {
    std::vector<std::pair<VolumeOnNode, DesiredState::Pods>> gone;
    for (const auto& entry : world_.desired.entries())
        if (!pod_volumes_.resolver().is_attachable(*entry.second.spec))
            gone.emplace_back(entry.first, entry.second.pods);
    for (const auto& g : gone)
        for (const auto& pod : g.second) world_.desired.remove_pod(pod.first, g.first);
    if (!gone.empty()) world_.changed();
}

void Populator::list_pods() {
    last_list_ = engine_.now();
    wants_list_ = false;
    pods_.for_each([this](const api::ObjectRef& object) {
        const auto pod = api::as<api::Pod>(object);
        if (!pod_volumes_.is_terminated(*pod)) pod_volumes_.add(pod);
    });
}

}  // namespace model::attachdetach
