#include "model/workload/heartbeats.hpp"

#include <algorithm>

#include "model/wait.hpp"
#include "model/workload/node_conditions.hpp"

namespace model::workload {

namespace {

constexpr std::string_view kClientName = "client";

struct PostedCondition {
    std::string_view type, status, reason, message;
};

// What a healthy kubelet says of its node.
constexpr PostedCondition kPosted[] = {
    {"MemoryPressure", "False", "KubeletHasSufficientMemory",
     "kubelet has sufficient memory available"},
    {"DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"},
    {"PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"},
    {"Ready", "True", "KubeletReady", "kubelet is posting ready status"},
};

// Labels that the node lifecycle controller derives from the stable ones.
constexpr std::pair<std::string_view, std::string_view> kBetaLabels[] = {
    {"kubernetes.io/os", "beta.kubernetes.io/os"},
    {"kubernetes.io/arch", "beta.kubernetes.io/arch"}};

bool says(const api::Value& conditions, std::string_view type) {
    for (const api::Value& c : conditions.as_list())
        if (const api::Value* t = c.find("type"); t && t->as_string() == type) return true;
    return false;
}

api::Value posted(const PostedCondition& p, api::Timestamp now) {
    return api::Value::map({{"lastHeartbeatTime", api::Value(now.to_string())},
                            {"lastTransitionTime", api::Value(now.to_string())},
                            {"message", api::Value(p.message)},
                            {"reason", api::Value(p.reason)},
                            {"status", api::Value(p.status)},
                            {"type", api::Value(p.type)}});
}

control::Client::Options client_options() {
    control::Client::Options o;
    o.name = kClientName;
    return o;
}

}  // namespace

Heartbeats::Heartbeats(api::Server& server, const control::Latencies& latencies,
                       std::optional<sim::Duration> phase)
    : server_(server),
      client_(server, latencies, client_options()),
      phase_(phase),
      group_(server.engine().make_group("heartbeats")) {}

Heartbeats::~Heartbeats() {
    life_.end();
    if (watching_) server_.unwatch(api::Kind::Node, this);
    server_.engine().kill_group(group_);
}

api::Value Heartbeats::completed(api::Value node, api::Timestamp now) {
    const api::Value* given = node.at({"status", "conditions"});
    const api::Value conditions = given ? *given : api::Value::list();
    if (!says(conditions, "Ready"))
        for (const PostedCondition& p : kPosted)
            if (!says(conditions, p.type)) node["status"]["conditions"].push_back(posted(p, now));
    for (const auto& label : kBetaLabels) {
        const api::Value* stable = node.at({"metadata", "labels", label.first});
        if (!stable || node.at({"metadata", "labels", label.second})) continue;
        const api::Value value = *stable;
        node["metadata"]["labels"][label.second] = value;
    }
    return node;
}

void Heartbeats::begin() {
    server_.for_each(api::Kind::Node, {}, [this](const api::ObjectRef& o) {
        beats_[o->metadata.name].seen = api::as<api::Node>(o);
    });
    watching_ = server_.watch(api::Kind::Node, 0, this).ok();
}

sim::Duration Heartbeats::phase_of(const api::Text& node) const {
    if (phase_) return *phase_ % kPeriod;
    const auto beat = beats_.find(node);
    const bool of_its_own = beat != beats_.end() && beat->second.has_kubelet;
    const std::uint64_t h = sim::hash_pair(
        server_.options().seed, sim::hash_text("heartbeat:" + (of_its_own ? node.str() : "")));
    return sim::Duration(
        static_cast<std::int64_t>(h % static_cast<std::uint64_t>(kPeriod.count())));
}

sim::Time Heartbeats::next_renewal(const api::Text& node, sim::Time at) const {
    const sim::Duration since = (at.time_since_epoch() - phase_of(node)) % kPeriod;
    const sim::Duration left = since <= sim::Duration(0) ? -since : kPeriod - since;
    return at + left;
}

// The renewal at or before `at`.
std::optional<sim::Time> Heartbeats::last_tick(const api::Text& node, sim::Time at) const {
    const sim::Time next = next_renewal(node, at);
    return next == at ? at : next - kPeriod;
}

std::optional<sim::Time> Heartbeats::renewed(const api::Text& node, sim::Time at) const {
    const auto it = beats_.find(node);
    if (it == beats_.end()) return std::nullopt;
    const Beat& beat = it->second;
    if (!beat.on || beat.cut || !up_) return beat.last;
    const std::optional<sim::Time> tick = last_tick(node, at);
    return tick && *tick >= beat.from ? tick : beat.last;
}

bool Heartbeats::beats(const api::Text& node) const {
    const auto it = beats_.find(node);
    return up_ && it != beats_.end() && it->second.on && !it->second.cut;
}

// Before it stops: what was renewed so far stays.
void Heartbeats::freeze(const api::Text& node, Beat& beat) {
    beat.last = renewed(node, server_.engine().now());
}

std::optional<std::string> Heartbeats::stop(const api::Text& node) {
    const auto it = beats_.find(node);
    if (it == beats_.end()) return "there is no node " + node.str();
    if (!it->second.on) return "the heartbeats of " + node.str() + " have stopped already";
    freeze(node, it->second);
    it->second.on = false;
    tell(node);
    return std::nullopt;
}

std::optional<std::string> Heartbeats::start(const api::Text& node) {
    const auto it = beats_.find(node);
    if (it == beats_.end()) return "there is no node " + node.str();
    if (it->second.on) return "the heartbeats of " + node.str() + " have not stopped";
    it->second.on = true;
    it->second.from = server_.engine().now();
    look_at_next_tick(node);
    return std::nullopt;
}

std::optional<std::string> Heartbeats::cut_off(const api::Text& node, bool cut) {
    const auto it = beats_.find(node);
    if (it == beats_.end()) return "there is no node " + node.str();
    Beat& beat = it->second;
    if (beat.cut == cut) return node.str() + (cut ? " is cut off already" : " is not cut off");
    if (cut) {
        freeze(node, beat);
        beat.cut = true;
        tell(node);
        return std::nullopt;
    }
    beat.cut = false;
    beat.from = server_.engine().now();
    if (beat.on) look_at_next_tick(node);
    if (beat.has_kubelet) look_at(node, beat);
    return std::nullopt;
}

void Heartbeats::server_went(bool up) {
    if (up_ == up) return;
    if (!up)
        for (auto& [node, beat] : beats_)
            if (beat.on && !beat.cut) freeze(node, beat);
    up_ = up;
    for (auto& [node, beat] : beats_) beat.from = std::max(beat.from, server_.engine().now());
    if (up && !watching_) watching_ = server_.watch(api::Kind::Node, 0, this).ok();
    tell(api::Text());
}

void Heartbeats::listen(control::Life life, Listener listener) {
    std::erase_if(listeners_, [](const auto& l) { return !l.first; });
    listeners_.emplace_back(std::move(life), std::move(listener));
}

void Heartbeats::tell(const api::Text& node) {
    for (const auto& [life, listener] : listeners_)
        if (life) listener(node);
}

sim::Time Heartbeats::next_action() const {
    sim::Time next = sim::kNever;
    for (const auto& [node, beat] : beats_)
        if (beat.posting) next = std::min(next, next_renewal(node, server_.engine().now()));
    return next;
}

// A node that appears has a kubelet, or what stands for one, that will say it is ready; one that
// somebody else calls unready is ready again with the next status.
void Heartbeats::on_commit(const api::WatchEvent& event) {
    const auto node = api::as<api::Node>(event.object);
    const api::Text& name = node->metadata.name;
    if (event.change == Change::Deleted) {
        const auto it = beats_.find(name);
        if (it != beats_.end()) it->second.seen = node;
        return;
    }
    auto [it, fresh] = beats_.try_emplace(name);
    if (fresh) it->second.from = server_.engine().now();
    it->second.seen = node;
    if (fresh) tell(name);
    if (!is_ready(*node)) look_at(name, it->second);
}

// Of a node that is not ready, or may be.
void Heartbeats::look_at(const api::Text& node, const Beat& beat) {
    if (!beat.on || beat.cut) return;
    if (!beat.has_kubelet) return look_at_next_tick(node);
    if (!kubelet_must_tell_ || !beat.seen || is_ready(*beat.seen)) return;
    // Not within the commit that says so.
    server_.engine().call_in(sim::Duration(0), kind_of(Wait::PollGrid), [this, life = life_, node] {
        if (life) kubelet_must_tell_(node);
    });
}

void Heartbeats::on_disconnect() { watching_ = false; }

void Heartbeats::look_at_next_tick(const api::Text& node) {
    Beat& beat = beats_[node];
    if (beat.posting) return;
    beat.posting = true;
    sim::Engine& engine = server_.engine();
    // A renewal of this very instant has been made before whatever wakes this.
    const sim::Time tick = next_renewal(node, engine.now() + sim::Duration(1));
    engine.call_at(tick, kind_of(Wait::PollGrid), [this, life = life_, node] {
        if (life) server_.engine().spawn(group_, "heartbeat of " + node.str(), post(node));
    });
}

sim::Task<void> Heartbeats::post(api::Text node) {
    Beat& beat = beats_[node];
    tell(node);
    const bool able = beat.on && !beat.cut && !beat.has_kubelet;
    auto current = api::as<api::Node>(server_.find(api::Kind::Node, api::Key({}, node)));
    if (!able) {
        beat.posting = false;
        co_return;
    }
    if (!current && up_) {
        auto making = make_again(node);
        co_await std::move(making);
        current = api::as<api::Node>(server_.find(api::Kind::Node, api::Key({}, node)));
    }
    if (current && up_ && !is_ready(*current)) {
        api::Value body;
        for (const PostedCondition& p : kPosted)
            body["status"]["conditions"].push_back(posted(p, server_.wall_clock()));
        auto patching =
            client_.patch<api::Node>(api::Key({}, node), std::move(body), api::PatchType::Strategic,
                                     api::Subresource::Status);
        api::Result<api::Ref<api::Node>> patched = co_await std::move(patching);
        (void)patched;  // refused: the next look says so again
    }
    beat.posting = false;
    current = api::as<api::Node>(server_.find(api::Kind::Node, api::Key({}, node)));
    if (!current || !is_ready(*current)) look_at_next_tick(node);
}

// The kubelet registers its node anew with what it knows: labels and capacity, no taints.
sim::Task<void> Heartbeats::make_again(api::Text node) {
    const api::Ref<api::Node> seen = beats_[node].seen;
    api::Node fresh;
    fresh.metadata.name = node;
    if (seen) {
        fresh.metadata.labels = seen->metadata.labels;
        for (const auto& label : kBetaLabels) fresh.metadata.labels.erase(label.second);
        fresh.status.capacity = seen->status.capacity;
        fresh.status.allocatable = seen->status.allocatable;
        fresh.spec.providerID = seen->spec.providerID;
    }
    fresh.metadata.annotations.set("volumes.kubernetes.io/controller-managed-attach-detach",
                                   "true");
    auto creating = client_.create<api::Node>(std::move(fresh));
    api::Result<api::Ref<api::Node>> made = co_await std::move(creating);
    (void)made;  // refused: the next look tries again
}

}  // namespace model::workload
