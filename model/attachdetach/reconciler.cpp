#include "model/attachdetach/reconciler.hpp"

#include <algorithm>

namespace model::attachdetach {

using namespace std::chrono_literals;
using State = ActualState::State;

namespace {

constexpr std::string_view kOutOfService = "node.kubernetes.io/out-of-service";
// The prefix is doubled upstream too.
constexpr std::string_view kForcedDetaches =
    "attach_detach_controller_attachdetach_controller_forced_detaches";
constexpr sim::Duration kShortestSync = 1s;
constexpr sim::Duration kInstant = sim::Duration(1);

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& n : names) text += (text.empty() ? "" : ", ") + n;
    return text;
}

}  // namespace

Reconciler::Reconciler(control::Process& process, World& world, Attacher& attacher,
                       NodeStatusUpdater& statuses, const Profile& profile,
                       ReconcilerOptions options)
    : process_(process),
      engine_(process.engine()),
      world_(world),
      attacher_(attacher),
      statuses_(statuses),
      profile_(profile),
      options_(options),
      nodes_(process.informer(api::Kind::Node)),
      alarm_(process.engine()) {}

sim::Task<void> Reconciler::run() {
    last_sync_ = engine_.now() - options_.last_sync;
    last_end_ = engine_.now() + options_.first_pass - options_.period;
    wants_sync_ = !world_.actual.volumes().empty();
    for (;;) {
        set_alarm();
        co_await alarm_.ring(Wait::PollGrid, "something to attach or detach");
        const sim::Time tick = engine_.now();
        auto passing = pass();
        co_await std::move(passing);
        sync_if_due(tick);
        last_end_ = engine_.now();
    }
}

// The first instant at or after `at` at which the loop comes by.
sim::Time Reconciler::grid_from(sim::Time at) const {
    const sim::Time first = last_end_ + options_.period;
    if (at <= first || at == sim::kNever) return at == sim::kNever ? at : first;
    const auto periods = (at - first + options_.period - kInstant) / options_.period;
    return first + options_.period * periods;
}

void Reconciler::set_alarm() {
    sim::Time at = std::min(again_, next_sync());
    if (dirty_ || options_.every_tick) at = engine_.now();
    alarm_.set(grid_from(at));
}

void Reconciler::wake() {
    dirty_ = true;
    set_alarm();
}

void Reconciler::wake_for(const api::Text& node) {
    if (blocked_.contains(node)) wake();
}

void Reconciler::want_sync() {
    wants_sync_ = true;
    set_alarm();
}

void Reconciler::look_again(sim::Time at) { again_ = std::min(again_, at); }

void Reconciler::take_changes() {
    for (auto changes : {world_.desired.take_changes(), world_.actual.take_changes()})
        open_.insert(changes.begin(), changes.end());
    for (const VolumeOnNode& where : std::exchange(world_.ended, {})) {
        running_.erase(where);
        open_.insert(where);
    }
}

// Until its operation ends.
void Reconciler::rest(const VolumeOnNode& where) {
    open_.erase(where);
    running_.insert(where);
}

std::set<VolumeOnNode> Reconciler::unfinished() const {
    std::set<VolumeOnNode> pairs = open_;
    pairs.insert(running_.begin(), running_.end());
    return pairs;
}

std::vector<VolumeOnNode> Reconciler::all_attached() const {
    std::vector<VolumeOnNode> pairs;
    if (!options_.every_tick) {
        for (const VolumeOnNode& where : open_)
            if (world_.actual.state(where) != State::Detached) pairs.push_back(where);
        return pairs;
    }
    for (const auto& v : world_.actual.volumes())
        for (const auto& n : v.second.nodes) pairs.push_back({v.first, n.first});
    return pairs;
}

std::vector<VolumeOnNode> Reconciler::all_desired() const {
    std::vector<VolumeOnNode> pairs;
    if (!options_.every_tick) {
        for (const VolumeOnNode& where : open_)
            if (world_.desired.wants(where)) pairs.push_back(where);
        return pairs;
    }
    for (const auto& e : world_.desired.entries()) pairs.push_back(e.first);
    return pairs;
}

sim::Task<void> Reconciler::pass() {
    dirty_ = false;
    again_ = sim::kNever;
    blocked_.clear();
    take_changes();
    // Detach before attach: a volume must leave its old node first.
    const std::vector<VolumeOnNode> attached = all_attached();
    for (const VolumeOnNode& where : attached) {
        if (world_.desired.wants(where)) continue;
        auto detaching = detach_undesired(where);
        co_await std::move(detaching);
    }
    take_changes();
    for (const VolumeOnNode& where : all_desired()) attach_desired(where);
    auto telling = statuses_.update_all();
    co_await std::move(telling);
    std::erase_if(open_, [this](const VolumeOnNode& where) {
        return world_.desired.wants(where) ? world_.actual.state(where) == State::Attached
                                           : world_.actual.state(where) == State::Detached;
    });
    if (!world_.actual.nodes_to_update().empty()) look_again(engine_.now());
}

sim::Task<void> Reconciler::detach_undesired(const VolumeOnNode& where) {
    const sim::Time now = engine_.now();
    const ActualState::Volume* volume = world_.actual.find(where.volume);
    if (!volume) co_return;
    const SpecRef spec = volume->spec;
    const OperationKey key = OperationKey::of(where, spec);
    if (!world_.operations.may_retry(key, Operation::Detach, now)) {
        if (const auto until = world_.operations.refused_until(key, Operation::Detach))
            look_again(*until + kInstant);
        co_return;
    }
    const std::optional<sim::Duration> since = world_.actual.ask_detach(where, now);
    if (!since) co_return;
    const bool timed_out = *since > options_.longest_unmount && options_.force_detach;
    const bool forced = timed_out && may_force(where.node);
    const bool out_of_service = is_out_of_service(where.node);
    if (world_.actual.is_in_use(where) && !forced && !out_of_service) {
        blocked_.insert(where.node);
        if (options_.want_status && world_.actual.is_assumed_in_use(where))
            options_.want_status(where.node);
        if (const auto until = forced_after(where)) look_again(*until + kInstant);
        co_return;
    }
    world_.actual.stop_reporting(where);
    auto telling = statuses_.update(where.node);
    const bool told = co_await std::move(telling);
    if (!told) {
        world_.actual.report(where);
        co_return;
    }
    // After 6 min not even a healthy node is asked whether it uses the volume still.
    const auto started = attacher_.detach(where, spec, !timed_out && !out_of_service);
    if (started != Attacher::Start::Started) {
        world_.actual.report(where);
        co_return;
    }
    rest(where);
    Meter* meter = process_.journal().meter();
    if (meter && (timed_out || out_of_service))
        meter->count(kForcedDetaches, {{"reason", timed_out ? "timeout" : "out-of-service"}});
}

std::optional<sim::Time> Reconciler::forced_after(const VolumeOnNode& where) const {
    const std::optional<sim::Time> asked = world_.actual.detach_asked(where);
    if (!asked || !options_.force_detach || !world_.actual.is_in_use(where) ||
        !may_force(where.node))
        return std::nullopt;
    return *asked + options_.longest_unmount;
}

// A healthy node that is slow to unmount keeps its volume.
bool Reconciler::may_force(const api::Text& node) const {
    return !profile_.on(Guard::ForceOnlyUnhealthy) || !is_healthy(node);
}

bool Reconciler::is_healthy(const api::Text& node) const {
    const auto found = nodes_.get<api::Node>(api::Key(api::Text(), node));
    if (!found) return false;
    for (const api::Condition& c : found->status.conditions)
        if (c.type == "Ready") return c.status == "True";
    return false;
}

// By the taint's key alone: value and effect do not count.
bool Reconciler::is_out_of_service(const api::Text& node) const {
    if (!profile_.on(Gate::NodeOutOfServiceVolumeDetach)) return false;
    const auto found = nodes_.get<api::Node>(api::Key(api::Text(), node));
    if (!found) return false;
    const auto& taints = found->spec.taints;
    return std::any_of(taints.begin(), taints.end(),
                       [](const api::Taint& t) { return t.key == kOutOfService; });
}

void Reconciler::attach_desired(const VolumeOnNode& where) {
    const DesiredState::Entry* entry = world_.desired.find(where);
    const OperationKey key = OperationKey::of(where, entry->spec);
    if (world_.operations.is_pending(key)) return;
    if (world_.actual.state(where) == State::Attached) {
        world_.actual.forget_detach(where);
        return;
    }
    if (!entry->spec->multi_attach) {
        const std::vector<api::Text> nodes = world_.actual.nodes_of(where.volume);
        if (!nodes.empty()) {
            if (!entry->told_multi_attach) tell_multi_attach(where, *entry, nodes);
            world_.desired.tell_multi_attach(where);
            return;
        }
    }
    if (attacher_.attach(where) == Attacher::Start::Started) return rest(where);
    if (const auto until = world_.operations.refused_until(key, Operation::Attach))
        look_again(*until + kInstant);
}

void Reconciler::tell_multi_attach(const VolumeOnNode& where, const DesiredState::Entry& entry,
                                   const std::vector<api::Text>& nodes) {
    const std::string prefix = "Multi-Attach error";
    const auto pods = world_.desired.pods_elsewhere(where, nodes);
    if (pods.empty())
        return attacher_.tell(entry, control::EventType::Warning, prefix,
                              "Volume is already exclusively attached to one node and can't be "
                              "attached to another");
    // Who reads it must not see the names of pods in other namespaces.
    for (const auto& pod : entry.pods) {
        std::vector<std::string> near;
        std::size_t far = 0;
        for (const api::Ref<api::Pod>& p : pods) {
            if (p->metadata.ns == pod.second->metadata.ns) {
                near.push_back(p->metadata.name.str());
            } else {
                ++far;
            }
        }
        std::string text = "Volume is already used by ";
        if (!near.empty()) text += "pod(s) " + joined(near);
        if (!near.empty() && far > 0) text += " and ";
        if (far > 0) text += std::to_string(far) + " pod(s) in different namespaces";
        DesiredState::Entry one;
        one.spec = entry.spec;
        one.pods.insert(pod);
        attacher_.tell(one, control::EventType::Warning, prefix, text);
    }
}

// The first instant of the grid that is more than a period after the last look.
sim::Time Reconciler::next_sync() const {
    if (!wants_sync_ || !options_.sync || options_.sync_period < kShortestSync) return sim::kNever;
    sim::Time last = last_sync_;
    const sim::Time soonest = grid_from(engine_.now());
    while (grid_from(last + options_.sync_period + kInstant) < soonest)
        last = grid_from(last + options_.sync_period + kInstant);
    return grid_from(last + options_.sync_period + kInstant);
}

void Reconciler::sync_if_due(sim::Time tick) {
    if (!options_.sync || options_.sync_period < kShortestSync) return;
    const sim::Time now = engine_.now();
    // The looks that were slept through found nothing.
    for (;;) {
        const sim::Time next = grid_from(last_sync_ + options_.sync_period + kInstant);
        if (next >= tick) break;
        last_sync_ = next;
    }
    if (now - last_sync_ <= options_.sync_period) return;
    last_sync_ = now;
    wants_sync_ = false;
    attacher_.verify();
}

// Of one unfinished pair; kNever where only others can end its waiting.
sim::Time Reconciler::next_action(const VolumeOnNode& where) const {
    sim::Time next = attacher_.next_look(where);
    const DesiredState::Entry* entry = world_.desired.find(where);
    const ActualState::Volume* volume = world_.actual.find(where.volume);
    if (!entry && !volume) return next;
    const OperationKey key = OperationKey::of(where, entry ? entry->spec : volume->spec);
    const Operation what = entry ? Operation::Attach : Operation::Detach;
    if (const auto until = world_.operations.refused_until(key, what))
        next = std::min(next, *until + kInstant);
    if (const auto until = forced_after(where); until && !entry)
        next = std::min(next, *until + kInstant);
    return next;
}

sim::Time Reconciler::next_action() const {
    sim::Time next = dirty_ ? grid_from(engine_.now()) : next_sync();
    for (const VolumeOnNode& where : unfinished()) next = std::min(next, next_action(where));
    return next;
}

bool Reconciler::repeats_only() const {
    if (dirty_ || next_sync() != sim::kNever) return false;
    for (const VolumeOnNode& where : unfinished()) {
        if (next_action(where) == sim::kNever) continue;
        const auto error = world_.errors.find(where);
        if (error == world_.errors.end() || !error->second.starts_with(kTimedOut)) return false;
    }
    return true;
}

}  // namespace model::attachdetach
