// What wakes the controller, the grids of its loops, and a pass over the nodes.
#include "model/workload/node_lifecycle.hpp"

#include <algorithm>

#include "model/workload/node_conditions.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kTaintPeriod = 100ms;  // scheduler.NodeEvictionPeriod
constexpr sim::Duration kRetrySleep = 20ms;
constexpr int kRetries = 5;
constexpr std::size_t kNodeWorkers = 8, kPodWorkers = 4;

// What a pass looks at.
bool same_health(const api::Node& a, const api::Node& b) {
    return a.status.conditions == b.status.conditions && a.spec.taints == b.spec.taints &&
           a.metadata.labels == b.metadata.labels && a.metadata.uid == b.metadata.uid;
}

bool is_settled(const api::Node& node) {
    return is_ready(node) && !has_taint(node, taint::kNotReady, taint::kNoExecute) &&
           !has_taint(node, taint::kUnreachable, taint::kNoExecute);
}

}  // namespace

NodeLifecycle::NodeLifecycle(control::Process& process, control::Client& client,
                             control::EventRecorder& recorder, Heartbeats& heartbeats,
                             std::shared_ptr<PodsOfNodes> pods, NodeLifecycleOptions options)
    : process_(process),
      client_(client),
      recorder_(recorder),
      heartbeats_(heartbeats),
      pods_(std::move(pods)),
      options_(std::move(options)),
      nodes_(process.informer(api::Kind::Node)),
      node_queue_(process.engine(), process.journal(), "node_lifecycle_controller"),
      pod_queue_(process.engine(), process.journal(), "node_lifecycle_controller_pods"),
      worker_ended_(process.engine()) {
    nodes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_node(before, after);
    });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
    heartbeats_.listen(life_, [this](const api::Text& node) {
        if (!started_) return;
        if (!node.empty()) return mark_dirty(node);
        for (const auto& entry : known_) dirty_.insert(entry.first);
        plan_pass();
    });
}

NodeLifecycle::~NodeLifecycle() {
    life_.end();
    if (pass_event_) process_.engine().cancel(*pass_event_);
    if (taint_event_) process_.engine().cancel(*taint_event_);
}

void NodeLifecycle::start() {
    started_ = true;
    grid_ = now() + options_.first_pass;
    // The two loops know nothing of each other.
    sim::Stream& phase = process_.engine().stream("phases/nodeTainting");
    taint_grid_ = now() + sim::Duration(static_cast<std::int64_t>(
                              phase.below(static_cast<std::uint64_t>(kTaintPeriod.count()))));
    process_.spawn_workers(node_queue_, kNodeWorkers, [this](control::WorkQueue::Item item) {
        return reconcile_node(std::move(item));
    });
    process_.spawn_workers(pod_queue_, kPodWorkers, [this](control::WorkQueue::Item item) {
        return mark_pod(std::move(item));
    });
    if (options_.runs_since_long) know_all();
    plan_pass();
}

// As it stands after passes without number: everything is registered, and what is fine is left
// alone.
void NodeLifecycle::know_all() {
    dirty_.clear();
    nodes_.for_each([this](const api::ObjectRef& o) {
        const auto node = api::as<api::Node>(o);
        const api::Text& name = node->metadata.name;
        Known& known = known_[name];
        known.uid = node->metadata.uid;
        Health& health = health_[name];
        health.observed = true;
        health.lease = heartbeats_.renewed(name, now());
        health.probe = health.lease ? seen_at(*health.lease) : now();
        const api::Condition* ready = find_condition(node->status.conditions, "Ready");
        health.ready = ready ? ready->status : api::Text();
        if (ready) health.heartbeat = ready->lastHeartbeatTime;
        zone_of_new(*node);
        count(*node, health.ready);
        set_deadline(name, health, health.ready);
        if (!is_settled(*node)) dirty_.insert(name);
    });
    bool all_full = true;
    for (const auto& entry : zones_)
        all_full = all_full && state_of(entry.second.count) == ZoneState::Full;
    for (auto& entry : zones_) {
        Zone& zone = entry.second;
        zone.state = state_of(zone.count);
        zone.set_limiter(zone.state, now());
        if (all_full) zone.limiter.swap(EvictionLimiter::kNone, now());
    }
}

void NodeLifecycle::on_node(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto old = api::as<api::Node>(before);
    const auto node = api::as<api::Node>(after);
    if (node && needs_reconciling(*node)) node_queue_.add(api::Key({}, node->metadata.name));
    if (old && node && same_health(*old, *node)) return;
    mark_dirty((node ? node : old)->metadata.name);
}

// A pod that comes to a node which is lost already is not ready either.
void NodeLifecycle::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto old = api::as<api::Pod>(before);
    const auto pod = api::as<api::Pod>(after);
    if (!pod || pod->spec.nodeName.empty()) return;
    if (old && old->spec.nodeName == pod->spec.nodeName) return;
    const auto it = health_.find(pod->spec.nodeName);
    if (it == health_.end() || it->second.ready.empty() || it->second.ready == "True") return;
    pod_queue_.add(pod->key());
}

void NodeLifecycle::mark_dirty(const api::Text& node) {
    dirty_.insert(node);
    if (started_) plan_pass();
}

sim::Time NodeLifecycle::next_on_grid(sim::Time at) const {
    if (at <= grid_) return grid_;
    const sim::Duration past = (at - grid_) % options_.period;
    return past == 0ns ? at : at + (options_.period - past);
}

void NodeLifecycle::plan_pass() {
    if (in_pass_) return;  // planned at its end
    sim::Time due = sim::kNever;
    if (!deadlines_.empty()) due = next_on_grid(std::max(now(), deadlines_.begin()->first));
    if (!dirty_.empty()) due = next_on_grid(now());
    if (due == pass_due_) return;
    if (pass_event_) process_.engine().cancel(*pass_event_);
    pass_event_.reset();
    pass_due_ = due;
    if (due == sim::kNever) return;
    pass_event_ = process_.engine().call_at(due, kind_of(Wait::PollGrid), [this] {
        pass_event_.reset();
        pass_due_ = sim::kNever;
        in_pass_ = true;
        process_.spawn("node monitor", pass());
    });
}

sim::Task<void> NodeLifecycle::pass() {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
        dirty_.insert(deadlines_.begin()->second);
        deadlines_.erase(deadlines_.begin());
    }
    work_.assign(dirty_.begin(), dirty_.end());
    dirty_.clear();
    auto registering = register_and_forget();
    co_await std::move(registering);
    auto looking = look_at_nodes();
    co_await std::move(looking);
    auto handling = handle_disruption();
    co_await std::move(handling);
    in_pass_ = false;
    // The next pass comes a period after the end of this one.
    grid_ = now() + options_.period;
    plan_pass();
    plan_tainting();
}

sim::Task<void> NodeLifecycle::register_and_forget() {
    for (const api::Text& name : work_) {
        const auto node = nodes_.get<api::Node>(api::Key({}, name));
        if (!node || known_.contains(name)) continue;
        known_[name].uid = node->metadata.uid;
        recorder_.record(
            *node, control::EventType::Normal, "RegisteredNode",
            "Node " + name.str() + " event: Registered Node " + name.str() + " in Controller");
        zone_of_new(*node);
        auto marking = mark_reachable(node);
        api::Status marked = co_await std::move(marking);
        (void)marked;  // the look at the node that follows tries again
    }
    for (const api::Text& name : work_) {
        const auto it = known_.find(name);
        if (it == known_.end() || nodes_.get(api::Key({}, name))) continue;
        api::Node gone;
        gone.metadata.name = name;
        gone.metadata.uid = it->second.uid;
        recorder_.record(
            gone, control::EventType::Normal, "RemovingNode",
            "Node " + name.str() + " event: Removing Node " + name.str() + " from Controller");
        uncount(it->second);
        Health& health = health_[name];
        deadlines_.erase({health.deadline, name});
        health.deadline = sim::kNever;
        known_.erase(it);
    }
}

// 1.26: one after the other; later, 8 at a time.
sim::Task<void> NodeLifecycle::look_at_nodes() {
    next_work_ = 0;
    workers_ = std::min<std::size_t>(
        static_cast<std::size_t>(options_.profile.node_monitor_workers), work_.size());
    for (std::size_t i = workers_; i > 0; --i) {
        auto take = [](NodeLifecycle& self) -> sim::Task<void> {
            while (self.next_work_ < self.work_.size()) {
                auto looking = self.look_at(self.work_[self.next_work_++]);
                co_await std::move(looking);
            }
            if (--self.workers_ == 0) self.worker_ended_.notify_all();
        };
        process_.spawn("node monitor worker", take(*this));
    }
    while (workers_ != 0) {
        co_await worker_ended_.wait(kind_of(Wait::Lock), "the workers of the node monitor");
    }
}

sim::Task<void> NodeLifecycle::look_at(api::Text name) {
    if (!known_.contains(name)) co_return;
    auto updating = update_health(name);
    const Verdict v = co_await std::move(updating);
    if (!v.fine || !v.node) {
        if (v.node) mark_dirty(name);
        co_return;
    }
    count(*v.node, v.current);
    if (v.current.empty()) co_return;  // nothing was ever posted
    std::vector<api::Ref<api::Pod>> pods = pods_->on(name);
    auto tainting =
        taint_by(v.node, options_.profile.node_tainted_at_once ? v.current : v.observed);
    api::Status tainted = co_await std::move(tainting);
    if (!tainted.ok()) mark_dirty(name);
    const auto known = known_.find(name);
    const bool retry = known != known_.end() && known->second.retry;
    const bool lost = v.current != "True" && v.observed == "True";
    if (lost)
        recorder_.record(*v.node, control::EventType::Normal, "NodeNotReady",
                         "Node " + name.str() + " status is now: NodeNotReady");
    bool failed = false;
    if (lost || (retry && v.observed != "True")) {
        auto marking = mark_pods_not_ready(std::move(pods));
        api::Status marked = co_await std::move(marking);
        failed = !marked.ok();
    }
    if (const auto still = known_.find(name); still != known_.end()) still->second.retry = failed;
    if (failed) mark_dirty(name);
}

sim::Task<NodeLifecycle::Verdict> NodeLifecycle::update_health(api::Text name) {
    Verdict verdict;
    api::Ref<api::Node> node = nodes_.get<api::Node>(api::Key({}, name));
    verdict.node = node;
    if (!node) co_return verdict;
    for (int tries = 0;; ++tries) {
        auto trying = try_update_health(node, verdict);
        api::Status status = co_await std::move(trying);
        if (status.ok()) co_return verdict;
        auto getting = client_.get<api::Node>(api::Key({}, name));
        api::Result<api::Ref<api::Node>> live = co_await std::move(getting);
        verdict.fine = false;
        if (!live || tries >= kRetries) co_return verdict;
        verdict.fine = true;
        node = *live;
        co_await process_.engine().sleep_for(kRetrySleep, kind_of(Wait::Backoff));
    }
}

// Which pass saw a renewal first: passes that had nothing to do came by every 5 s.
sim::Time NodeLifecycle::seen_at(sim::Time renewal) const {
    const sim::Time last = now() < grid_ ? grid_ - options_.period : now();
    if (renewal >= last) return in_pass_ ? now() : next_on_grid(now());
    return last - (last - renewal) / options_.period * options_.period;
}

sim::Time NodeLifecycle::next_action() const {
    if (in_pass_ || tainting_) return now();
    return std::min(pass_due_, taint_due_);
}

std::string NodeLifecycle::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Node) return {};
    const auto it = health_.find(key.name);
    if (it == health_.end() || it->second.deadline == sim::kNever) return {};
    return "its heartbeats have stopped; its status becomes unknown at " +
           sim::seconds_text(next_on_grid(it->second.deadline)) + "s";
}

sim::Task<api::Status> NodeLifecycle::mark_pod(control::WorkQueue::Item item) {
    const auto pod = process_.informer(api::Kind::Pod).get<api::Pod>(item.key);
    if (!pod) co_return api::Status();
    const auto it = health_.find(pod->spec.nodeName);
    if (it == health_.end() || it->second.ready.empty() || it->second.ready == "True")
        co_return api::Status();
    std::vector<api::Ref<api::Pod>> one = {pod};
    auto marking = mark_pods_not_ready(std::move(one));
    api::Status status = co_await std::move(marking);
    if (!status.ok()) pod_queue_.add_rate_limited(item.key);
    co_return status;
}

}  // namespace model::workload
