#include "model/workload/taint_eviction.hpp"

#include <algorithm>

#include "model/workload/node_conditions.hpp"

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr int kTries = 5;
constexpr sim::Duration kRetrySleep = 10ms;

std::vector<api::Taint> no_execute_taints(const api::Ref<api::Node>& node) {
    std::vector<api::Taint> taints;
    if (!node) return taints;
    for (const api::Taint& t : node->spec.taints)
        if (t.effect == taint::kNoExecute) taints.push_back(t);
    return taints;
}

// How long the pod may stay: nothing where it must go now, kNever's distance where it may stay.
std::optional<sim::Duration> tolerated_for(const api::Value& tolerations,
                                           const std::vector<api::Taint>& taints) {
    sim::Duration least = sim::Duration::max();
    for (const api::Taint& t : taints) {
        const auto& list = tolerations.as_list();
        const auto match = std::find_if(list.begin(), list.end(),
                                        [&](const api::Value& v) { return tolerates(v, t); });
        if (match == list.end()) return std::nullopt;
        const api::Value* seconds = match->find("tolerationSeconds");
        if (!seconds || !seconds->is_int()) continue;  // for ever
        least = std::min<sim::Duration>(
            least, std::chrono::seconds(std::max<std::int64_t>(0, seconds->as_int())));
    }
    return least;
}

}  // namespace

TaintEviction::TaintEviction(control::Process& process, control::Client& client,
                             control::EventRecorder& recorder, std::shared_ptr<PodsOfNodes> pods)
    : process_(process), client_(client), recorder_(recorder), pods_(std::move(pods)) {
    process.informer(api::Kind::Node)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_node(before, after);
        });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
}

TaintEviction::~TaintEviction() {
    for (auto& entry : evictions_)
        if (entry.second.timer) process_.engine().cancel(*entry.second.timer);
}

// What the first lists held is judged now, pods after nodes.
void TaintEviction::start() {
    started_ = true;
    const std::map<api::Text, std::vector<api::Taint>> tainted = tainted_;
    for (const auto& entry : tainted)
        for (const api::Ref<api::Pod>& pod : pods_->on(entry.first))
            process_pod(*pod, entry.second);
}

void TaintEviction::on_node(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto node = api::as<api::Node>(after);
    const std::vector<api::Taint> taints = no_execute_taints(node);
    if (before && node && no_execute_taints(api::as<api::Node>(before)) == taints) return;
    const api::Text name = (node ? after : before)->metadata.name;
    if (taints.empty()) {
        tainted_.erase(name);
    } else {
        tainted_[name] = taints;
    }
    if (!node || !started_) return;  // a deleted node's evictions stay planned
    for (const api::Ref<api::Pod>& pod : pods_->on(name)) {
        if (taints.empty()) {
            cancel(pod->key());
        } else {
            process_pod(*pod, taints);
        }
    }
}

void TaintEviction::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto old = api::as<api::Pod>(before);
    const auto pod = api::as<api::Pod>(after);
    if (!pod) return cancel(old->key());
    if (old && old->spec.nodeName == pod->spec.nodeName &&
        old->spec.tolerations == pod->spec.tolerations)
        return;
    if (pod->spec.nodeName.empty() || !started_) return;
    const auto it = tainted_.find(pod->spec.nodeName);
    if (it != tainted_.end()) process_pod(*pod, it->second);
}

void TaintEviction::process_pod(const api::Pod& pod, const std::vector<api::Taint>& taints) {
    const api::Key key = pod.key();
    const std::optional<sim::Duration> time = tolerated_for(pod.spec.tolerations, taints);
    if (!time) {
        cancel(key);
        return plan(key, now(), now());
    }
    if (*time == sim::Duration::max()) return cancel(key);
    sim::Time created = now();
    const sim::Time due = created + *time;
    const auto it = evictions_.find(key);
    if (it != evictions_.end() && !it->second.done) {
        // One that was planned before keeps its beginning, and its end where that comes earlier.
        created = it->second.created;
        if (created + *time < due) return;
        cancel(key);
    }
    plan(key, created, due);
}

void TaintEviction::plan(const api::Key& pod, sim::Time created, sim::Time due) {
    if (evictions_.contains(pod)) return;
    Eviction& eviction = evictions_[pod];
    eviction.created = created;
    eviction.due = due;
    eviction.number = ++numbers_;
    eviction.timer = process_.engine().call_at(
        std::max(due, now()), kind_of(Wait::Timer), [this, pod, number = eviction.number] {
            evictions_[pod].timer.reset();
            process_.spawn("eviction of " + pod.to_string(), evict(pod, number));
        });
}

void TaintEviction::cancel(const api::Key& pod) {
    const auto it = evictions_.find(pod);
    if (it == evictions_.end()) return;
    const bool open = !it->second.done;
    if (it->second.timer) process_.engine().cancel(*it->second.timer);
    evictions_.erase(it);
    // Also where the deletion is under way already: upstream cannot tell.
    if (open) tell(pod, "Cancelling deletion of Pod ");
}

sim::Task<void> TaintEviction::evict(api::Key pod, std::uint64_t number) {
    tell(pod, "Marking for deletion Pod ");
    api::Status status;
    for (int tries = 0; tries < kTries; ++tries) {
        auto deleting = mark_and_delete(pod);
        status = co_await std::move(deleting);
        if (status.ok()) break;
        co_await process_.engine().sleep_for(kRetrySleep, kind_of(Wait::Backoff));
    }
    const auto it = evictions_.find(pod);
    if (it == evictions_.end() || it->second.number != number) co_return;
    if (status.ok()) {
        it->second.done = true;
    } else {
        evictions_.erase(it);  // given up until something changes
    }
}

sim::Task<api::Status> TaintEviction::mark_and_delete(api::Key key) {
    auto getting = client_.get<api::Pod>(key);
    api::Result<api::Ref<api::Pod>> live = co_await std::move(getting);
    if (!live) co_return live.error();
    api::Pod marked = **live;
    api::Condition c;
    c.type = "DisruptionTarget";
    c.status = "True";
    c.reason = "DeletionByTaintManager";
    c.message = "Taint manager: deleting due to NoExecute taint";
    const api::Timestamp clock = process_.server().wall_clock();
    if (set_condition(marked.status.conditions, c, clock)) {
        c = *find_condition(marked.status.conditions, c.type);
        auto patching = patch_pod_status(client_, *live, c, {});
        api::Status patched = co_await std::move(patching);
        if (!patched.ok()) co_return patched;
    }
    auto deleting = client_.remove(api::Kind::Pod, key, api::DeleteOptions());
    api::Response answer = co_await std::move(deleting);
    co_return answer.status;
}

void TaintEviction::tell(const api::Key& pod, std::string_view what) {
    api::Pod about;  // by name alone, as upstream
    about.metadata.name = pod.name;
    about.metadata.ns = pod.ns;
    recorder_.record(about, control::EventType::Normal, "TaintManagerEviction",
                     std::string(what) + pod.to_string());
}

sim::Time TaintEviction::next_action() const {
    sim::Time next = sim::kNever;
    for (const auto& entry : evictions_)
        if (!entry.second.done) next = std::min(next, std::max(entry.second.due, now()));
    return next;
}

std::string TaintEviction::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Pod) return {};
    const auto it = evictions_.find(key);
    if (it == evictions_.end() || it->second.done) return {};
    return "its node has a taint that it does not tolerate for ever; it is deleted at " +
           sim::seconds_text(it->second.due) + "s";
}

}  // namespace model::workload
