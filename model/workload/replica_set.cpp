#include "model/workload/replica_set.hpp"

#include <algorithm>

#include "model/workload/node_conditions.hpp"
#include "model/workload/slow_start.hpp"

namespace model::workload {

namespace {

constexpr std::size_t kWorkers = 5, kBurst = 500;
constexpr sim::Duration kExpectationsTimeout = std::chrono::minutes(5);
constexpr int kStatusRetries = 1;

std::int64_t int_at(const api::ObjectRef& o, std::initializer_list<std::string_view> path,
                    std::int64_t otherwise) {
    const api::Value* v = o->extra.at(path);
    return v && v->is_int() ? v->as_int() : otherwise;
}

std::int64_t wanted(const api::ObjectRef& set) { return int_at(set, {"spec", "replicas"}, 1); }

// Upstream's ActivePodsWithRanks: those that cost least to lose come first.
bool goes_first(const api::Ref<api::Pod>& a, const api::Ref<api::Pod>& b) {
    const auto rank = [](const api::Pod& p) {
        const int phase = p.status.phase == "Pending" ? 0 : p.status.phase == "Unknown" ? 1 : 2;
        return std::pair(std::pair(!p.spec.nodeName.empty(), phase), is_ready(p));
    };
    if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
    const auto cost = [](const api::Pod& p) {
        const std::string text(
            p.metadata.annotations.get("controller.kubernetes.io/pod-deletion-cost"));
        return text.empty() ? 0L : std::strtol(text.c_str(), nullptr, 10);
    };
    if (cost(*a) != cost(*b)) return cost(*a) < cost(*b);
    const auto born = [](const api::Pod& p) {
        return p.metadata.creationTimestamp.value_or(api::Timestamp());
    };
    return born(*a) > born(*b);
}

bool has_labels_of_template(const api::Pod& pod, const api::ObjectRef& set) {
    const api::Value* labels = set->extra.at({"spec", "template", "metadata", "labels"});
    if (!labels) return true;
    for (const auto& member : labels->as_map())
        if (pod.metadata.labels.get(member.first) != member.second.as_string()) return false;
    return true;
}

api::Value status_of(const api::ObjectRef& set, const std::vector<api::Ref<api::Pod>>& pods,
                     const api::Status& managed, api::Timestamp now) {
    std::int64_t labelled = 0, ready = 0, available = 0;
    const std::int64_t seconds = int_at(set, {"spec", "minReadySeconds"}, 0);
    for (const api::Ref<api::Pod>& pod : pods) {
        labelled += has_labels_of_template(*pod, set) ? 1 : 0;
        ready += is_ready(*pod) ? 1 : 0;
        available += is_available(*pod, seconds, now) ? 1 : 0;
    }
    const api::Value* old = set->extra.at({"status", "conditions"});
    api::Value conditions = api::Value::list();
    bool failed_before = false;
    for (const api::Value& c : old ? old->as_list() : api::Value::List()) {
        const bool failure = c.find("type") && c.find("type")->as_string() == "ReplicaFailure";
        failed_before = failed_before || failure;
        if (!failure || !managed.ok()) conditions.push_back(c);
    }
    if (!managed.ok() && !failed_before)
        conditions.push_back(api::Value::map(
            {{"lastTransitionTime", api::Value(now.to_string())},
             {"message", api::Value(managed.message)},
             {"reason", static_cast<std::int64_t>(pods.size()) < wanted(set) ? "FailedCreate"
                                                                             : "FailedDelete"},
             {"status", "True"},
             {"type", "ReplicaFailure"}}));
    api::Value s;
    s["replicas"] = static_cast<std::int64_t>(pods.size());
    if (labelled != 0) s["fullyLabeledReplicas"] = labelled;
    if (ready != 0) s["readyReplicas"] = ready;
    if (available != 0) s["availableReplicas"] = available;
    if (!conditions.is_empty()) s["conditions"] = std::move(conditions);
    s["observedGeneration"] = set->metadata.generation;
    return s;
}

}  // namespace

void Expectations::expect(const api::Key& owner, std::size_t creations,
                          std::set<api::Key> deletions, sim::Time now) {
    Expected& e = all_[owner];
    e.creations = creations;
    e.deletions = std::move(deletions);
    e.since = now;
}

void Expectations::saw_creation(const api::Key& owner) {
    const auto it = all_.find(owner);
    if (it != all_.end() && it->second.creations > 0) --it->second.creations;
}

void Expectations::saw_deletion(const api::Key& owner, const api::Key& pod) {
    const auto it = all_.find(owner);
    if (it != all_.end()) it->second.deletions.erase(pod);
}

bool Expectations::satisfied(const api::Key& owner, sim::Time now) const {
    const auto it = all_.find(owner);
    if (it == all_.end()) return true;
    const bool met = it->second.creations == 0 && it->second.deletions.empty();
    return met || now - it->second.since > kExpectationsTimeout;
}

ReplicaSetController::ReplicaSetController(control::Process& process, control::Client& client,
                                           control::EventRecorder& recorder,
                                           std::shared_ptr<PodsOfOwners> pods)
    : process_(process),
      client_(client),
      pod_control_(client, recorder),
      pods_(std::move(pods)),
      kind_(process.server().scheme().resolve("apps/v1", "ReplicaSet")),
      sets_(process.informer(kind_)),
      queue_(process.engine(), process.journal(), "replicaset") {
    sets_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_set(before, after);
    });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
}

void ReplicaSetController::start() {
    process_.spawn_workers(queue_, kWorkers, [this](control::WorkQueue::Item item) {
        return sync_and_requeue(std::move(item));
    });
}

void ReplicaSetController::on_set(const api::ObjectRef& before, const api::ObjectRef& after) {
    const bool replaced = before && (!after || before->metadata.uid != after->metadata.uid);
    if (replaced) expectations_.forget(before->key());
    queue_.add((after ? after : before)->key());
}

api::ObjectRef ReplicaSetController::set_of(const api::ObjectRef& pod) const {
    return owner_in(sets_, "ReplicaSet", pod);
}

void ReplicaSetController::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::ObjectRef old = set_of(before), set = set_of(after);
    if (old && (!set || old->key() != set->key())) {
        expectations_.saw_deletion(old->key(), before->key());
        queue_.add(old->key());
    }
    if (set) {
        if (after->metadata.terminating()) {
            expectations_.saw_deletion(set->key(), after->key());
        } else if (!before) {
            expectations_.saw_creation(set->key());
        }
        queue_.add(set->key());
        const std::int64_t seconds = int_at(set, {"spec", "minReadySeconds"}, 0);
        if (before && seconds > 0 && !is_ready(static_cast<const api::Pod&>(*before)) &&
            is_ready(static_cast<const api::Pod&>(*after)))
            queue_.add_after(set->key(), std::chrono::seconds(seconds + 1));
        return;
    }
    queue_who_may_adopt(sets_, queue_, before, after);
}

sim::Task<api::Status> ReplicaSetController::sync_and_requeue(control::WorkQueue::Item item) {
    auto syncing = sync(item.key);
    api::Status status = co_await std::move(syncing);
    settle(queue_, item.key, status);
    co_return status;
}

sim::Task<api::Status> ReplicaSetController::sync(api::Key key) {
    const api::ObjectRef set = sets_.get(key);
    if (!set) {
        expectations_.forget(key);
        co_return api::Status();
    }
    const bool may_manage = expectations_.satisfied(key, process_.engine().now());
    Claiming how;
    how.owner = set;
    if (const api::Value* s = set->extra.at({"spec", "selector"})) how.selector = selector_of(*s);
    auto claiming = claim_pods(client_, *pods_, std::move(how));
    Claimed claimed = co_await std::move(claiming);
    if (!claimed.status.ok()) co_return claimed.status;
    std::erase_if(claimed.pods, [](const api::Ref<api::Pod>& pod) { return !is_active(*pod); });
    api::Status managed;
    if (may_manage && !set->metadata.terminating()) {
        auto managing = manage(set, claimed.pods);
        managed = co_await std::move(managing);
    }
    api::Value status = status_of(set, claimed.pods, managed, process_.server().wall_clock());
    const std::int64_t seconds = int_at(set, {"spec", "minReadySeconds"}, 0);
    const api::Value* ready = status.find("readyReplicas");
    const api::Value* available = status.find("availableReplicas");
    const bool all_ready = (ready ? ready->as_int() : 0) == wanted(set);
    const bool all_available = (available ? available->as_int() : 0) == wanted(set);
    auto writing = write_status(set, std::move(status));
    api::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
    if (managed.ok() && seconds > 0 && all_ready && !all_available)
        queue_.add_after(key, std::chrono::seconds(seconds));
    co_return managed;
}

sim::Task<api::Status> ReplicaSetController::manage(api::ObjectRef set,
                                                    std::vector<api::Ref<api::Pod>> pods) {
    const api::Key key = set->key();
    const auto want = static_cast<std::size_t>(std::max<std::int64_t>(0, wanted(set)));
    if (pods.size() == want) co_return api::Status();
    Batches batches;
    batches.actor = "worker of " + set->metadata.name.str();
    if (pods.size() < want) {
        batches.count = std::min(want - pods.size(), kBurst);
        expectations_.expect(key, batches.count, {}, process_.engine().now());
        batches.work = [this, set](std::size_t) { return create_pod(set); };
        const std::size_t asked = batches.count;
        auto creating = slow_start(process_, std::move(batches));
        BatchResult made = co_await std::move(creating);
        // What was not made nobody will hear of.
        for (std::size_t i = made.done; i < asked; ++i) expectations_.saw_creation(key);
        co_return made.status;
    }
    std::stable_sort(pods.begin(), pods.end(), goes_first);
    pods.resize(std::min(pods.size() - want, kBurst));
    std::set<api::Key> keys;
    for (const api::Ref<api::Pod>& pod : pods) keys.insert(pod->key());
    expectations_.expect(key, 0, std::move(keys), process_.engine().now());
    batches.first = batches.count = pods.size();
    batches.work = [this, set, pods](std::size_t i) { return delete_pod(set, pods[i]); };
    auto deleting = slow_start(process_, std::move(batches));
    BatchResult gone = co_await std::move(deleting);
    co_return gone.status;
}

sim::Task<api::Status> ReplicaSetController::create_pod(api::ObjectRef set) {
    const api::Value* t = set->extra.at({"spec", "template"});
    auto creating = pod_control_.create(
        set,
        pod_from_template(t ? *t : api::Value(), *set, process_.server().scheme().info(kind_)));
    api::Status made = co_await std::move(creating);
    if (!is_namespace_ending(made)) co_return made;
    expectations_.saw_creation(set->key());  // not worth another try
    co_return api::Status();
}

sim::Task<api::Status> ReplicaSetController::delete_pod(api::ObjectRef set,
                                                        api::Ref<api::Pod> pod) {
    const api::Key key = pod->key();
    auto removing = pod_control_.remove(set, std::move(pod));
    api::Status gone = co_await std::move(removing);
    if (!gone.ok()) expectations_.saw_deletion(set->key(), key);
    co_return gone.is(api::Reason::NotFound) ? api::Status() : gone;
}

sim::Task<api::Status> ReplicaSetController::write_status(api::ObjectRef set, api::Value status) {
    for (int tries = 0;; ++tries) {
        const api::Value* told = set->extra.find("status");
        if (told && *told == status) co_return api::Status();
        auto updating = client_.call(status_update(kind_, set, status));
        api::Response answer = co_await std::move(updating);
        if (answer.status.ok() || tries >= kStatusRetries) co_return answer.status;
        api::Request get;
        get.verb = Verb::Get;
        get.kind = kind_;
        get.key = set->key();
        auto getting = client_.call(std::move(get));
        api::Response live = co_await std::move(getting);
        if (!live.status.ok()) co_return live.status;
        set = live.object;
    }
}

sim::Time ReplicaSetController::next_action() const { return next_due(sets_, queue_); }

}  // namespace model::workload
