#include "model/workload/daemon_set.hpp"

#include <algorithm>

#include "model/workload/node_conditions.hpp"
#include "model/workload/slow_start.hpp"

namespace model::workload {

namespace {

constexpr std::size_t kWorkers = 2, kBurst = 250;

struct Tolerated {
    std::string_view key, effect;
};
// AddOrUpdateDaemonPodTolerations.
constexpr Tolerated kTolerated[] = {
    {taint::kNotReady, taint::kNoExecute},      {taint::kUnreachable, taint::kNoExecute},
    {taint::kDiskPressure, taint::kNoSchedule}, {taint::kMemoryPressure, taint::kNoSchedule},
    {taint::kPidPressure, taint::kNoSchedule},  {taint::kUnschedulable, taint::kNoSchedule},
};

// The template's tolerations with those that every daemon has.
api::Value tolerations_of(const api::ObjectRef& set) {
    const api::Value* given = set->extra.at({"spec", "template", "spec", "tolerations"});
    api::Value all = given ? *given : api::Value::list();
    for (const Tolerated& t : kTolerated)
        all.push_back(api::Value::map({{"key", api::Value(t.key)},
                                       {"operator", "Exists"},
                                       {"effect", api::Value(t.effect)}}));
    return all;
}

// The node that a daemon's pod is for, bound or not.
api::Text node_of(const api::Pod& pod) {
    if (!pod.spec.nodeName.empty()) return pod.spec.nodeName;
    const api::Value* terms = pod.spec.affinity.at(
        {"nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"});
    if (!terms || terms->as_list().empty()) return {};
    const api::Value* fields = terms->as_list()[0].find("matchFields");
    if (!fields || fields->as_list().empty()) return {};
    const api::Value* values = fields->as_list()[0].find("values");
    return values && !values->as_list().empty() ? values->as_list()[0].as_text() : api::Text();
}

bool is_tolerated(const api::Value& tolerations, const api::Taint& t) {
    for (const api::Value& toleration : tolerations.as_list())
        if (tolerates(toleration, t)) return true;
    return false;
}

}  // namespace

DaemonSetController::DaemonSetController(control::Process& process, control::Client& client,
                                         control::EventRecorder& recorder,
                                         std::shared_ptr<PodsOfOwners> pods)
    : process_(process),
      client_(client),
      recorder_(recorder),
      pod_control_(client, recorder),
      pods_(std::move(pods)),
      kind_(process.server().scheme().resolve("apps/v1", "DaemonSet")),
      sets_(process.informer(kind_)),
      nodes_(process.informer(api::Kind::Node)),
      queue_(process.engine(), process.journal(), "daemonset") {
    sets_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        queue_.add((after ? after : before)->key());
    });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
    nodes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_node(before, after);
    });
}

void DaemonSetController::start() {
    process_.spawn_workers(queue_, kWorkers, [this](control::WorkQueue::Item item) {
        return sync_and_requeue(std::move(item));
    });
}

api::ObjectRef DaemonSetController::set_of(const api::ObjectRef& pod) const {
    return owner_in(sets_, "DaemonSet", pod);
}

void DaemonSetController::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::ObjectRef set = set_of(after ? after : before);
    if (!set) return;
    if (!after || after->metadata.terminating()) {
        expectations_.saw_deletion(set->key(), (after ? after : before)->key());
    } else if (!before) {
        expectations_.saw_creation(set->key());
    }
    queue_.add(set->key());
}

void DaemonSetController::on_node(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto old = api::as<api::Node>(before);
    const auto node = api::as<api::Node>(after);
    sets_.for_each([&](const api::ObjectRef& set) {
        const Fit was = old ? fit(set, *old) : Fit();
        const Fit is = node ? fit(set, *node) : Fit();
        if (was.should_run != is.should_run || was.may_stay != is.may_stay) queue_.add(set->key());
    });
}

// A NoSchedule taint keeps new pods away, a NoExecute one those that are there as well.
DaemonSetController::Fit DaemonSetController::fit(const api::ObjectRef& set,
                                                  const api::Node& node) const {
    Fit f;
    const api::Value* selector = set->extra.at({"spec", "template", "spec", "nodeSelector"});
    if (selector)
        for (const auto& member : selector->as_map())
            if (node.metadata.labels.get(member.first) != member.second.as_string()) return f;
    const api::Value* name = set->extra.at({"spec", "template", "spec", "nodeName"});
    if (name && node.metadata.name != name->as_string()) return f;
    f.should_run = f.may_stay = true;
    const api::Value tolerations = tolerations_of(set);
    for (const api::Taint& t : node.spec.taints) {
        if (is_tolerated(tolerations, t)) continue;
        if (t.effect == taint::kNoExecute) f.should_run = f.may_stay = false;
        if (t.effect == taint::kNoSchedule) f.should_run = false;
    }
    return f;
}

sim::Task<api::Status> DaemonSetController::sync_and_requeue(control::WorkQueue::Item item) {
    auto syncing = sync(item.key);
    api::Status status = co_await std::move(syncing);
    settle(queue_, item.key, status);
    co_return status;
}

sim::Task<api::Status> DaemonSetController::sync(api::Key key) {
    const api::ObjectRef set = sets_.get(key);
    if (!set) {
        expectations_.forget(key);
        co_return api::Status();
    }
    if (set->metadata.terminating()) co_return api::Status();
    Claiming how;
    how.owner = set;
    if (const api::Value* s = set->extra.at({"spec", "selector"})) how.selector = selector_of(*s);
    auto claiming = claim_pods(client_, *pods_, std::move(how));
    Claimed claimed = co_await std::move(claiming);
    if (!claimed.status.ok()) co_return claimed.status;
    api::Status managed;
    if (expectations_.satisfied(key, process_.engine().now())) {
        auto managing = manage(set, claimed.pods);
        managed = co_await std::move(managing);
    }
    auto writing = write_status(set, std::move(claimed.pods));
    api::Status written = co_await std::move(writing);
    co_return managed.ok() ? written : managed;
}

sim::Task<api::Status> DaemonSetController::manage(api::ObjectRef set,
                                                   std::vector<api::Ref<api::Pod>> pods) {
    std::map<api::Text, std::vector<api::Ref<api::Pod>>> by_node;
    for (const api::Ref<api::Pod>& pod : pods) by_node[node_of(*pod)].push_back(pod);
    std::vector<api::Text> missing;
    std::vector<api::Ref<api::Pod>> surplus;
    nodes_.for_each([&](const api::ObjectRef& o) {
        const api::Node& node = static_cast<const api::Node&>(*o);
        const Fit f = fit(set, node);
        std::vector<api::Ref<api::Pod>>& here = by_node[node.metadata.name];
        std::size_t kept = 0;
        for (const api::Ref<api::Pod>& pod : here) {
            if (pod->metadata.terminating()) {
                ++kept;  // its successor waits for its end
                continue;
            }
            const bool failed = pod->status.phase == "Failed";
            if (failed && f.may_stay)
                recorder_.record(*set, control::EventType::Warning, "FailedDaemonPod",
                                 "Found failed daemon pod " + pod->key().to_string() + " on node " +
                                     node.metadata.name.str() + ", will try to kill it");
            if (failed || !f.may_stay || kept > 0) {
                surplus.push_back(pod);
            } else {
                ++kept;
            }
        }
        if (f.should_run && kept == 0 && here.empty()) missing.push_back(node.metadata.name);
    });
    missing.resize(std::min(missing.size(), kBurst));
    surplus.resize(std::min(surplus.size(), kBurst));
    if (missing.empty() && surplus.empty()) co_return api::Status();
    const api::Key key = set->key();
    std::set<api::Key> going;
    for (const api::Ref<api::Pod>& pod : surplus) going.insert(pod->key());
    expectations_.expect(key, missing.size(), std::move(going), process_.engine().now());
    Batches creations;
    creations.actor = "worker of " + set->metadata.name.str();
    creations.count = missing.size();
    creations.work = [this, set, missing](std::size_t i) { return create_pod(set, missing[i]); };
    auto creating = slow_start(process_, std::move(creations));
    BatchResult made = co_await std::move(creating);
    for (std::size_t i = made.done; i < missing.size(); ++i) expectations_.saw_creation(key);
    Batches deletions;
    deletions.actor = "worker of " + set->metadata.name.str();
    deletions.first = deletions.count = surplus.size();
    deletions.work = [this, set, surplus](std::size_t i) { return delete_pod(set, surplus[i]); };
    auto deleting = slow_start(process_, std::move(deletions));
    BatchResult gone = co_await std::move(deleting);
    co_return made.status.ok() ? gone.status : made.status;
}

sim::Task<api::Status> DaemonSetController::create_pod(api::ObjectRef set, api::Text node) {
    const api::Value* t = set->extra.at({"spec", "template"});
    api::Value pod =
        pod_from_template(t ? *t : api::Value(), *set, process_.server().scheme().info(kind_));
    api::Value field;
    field["key"] = "metadata.name";
    field["operator"] = "In";
    field["values"].push_back(api::Value(node));
    api::Value term;
    term["matchFields"].push_back(std::move(field));
    api::Value& required =
        pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    required["nodeSelectorTerms"] = api::Value::list({term});
    pod["spec"]["tolerations"] = tolerations_of(set);
    auto creating = pod_control_.create(std::move(set), std::move(pod));
    api::Status made = co_await std::move(creating);
    co_return made;
}

sim::Task<api::Status> DaemonSetController::delete_pod(api::ObjectRef set, api::Ref<api::Pod> pod) {
    const api::Key key = pod->key();
    auto removing = pod_control_.remove(set, std::move(pod));
    api::Status gone = co_await std::move(removing);
    if (!gone.ok()) expectations_.saw_deletion(set->key(), key);
    co_return gone.is(api::Reason::NotFound) ? api::Status() : gone;
}

sim::Task<api::Status> DaemonSetController::write_status(api::ObjectRef set,
                                                         std::vector<api::Ref<api::Pod>> pods) {
    std::int64_t desired = 0, current = 0, wrong = 0, ready = 0, available = 0;
    const api::Value* seconds = set->extra.at({"spec", "minReadySeconds"});
    nodes_.for_each([&](const api::ObjectRef& o) {
        const api::Node& node = static_cast<const api::Node&>(*o);
        const bool wanted = fit(set, node).should_run;
        desired += wanted ? 1 : 0;
        const auto here = std::find_if(pods.begin(), pods.end(), [&](const auto& pod) {
            return node_of(*pod) == node.metadata.name;
        });
        if (here == pods.end()) return;
        if (!wanted) ++wrong;
        if (!wanted) return;
        ++current;
        ready += is_ready(**here) ? 1 : 0;
        available +=
            is_available(**here, seconds ? seconds->as_int() : 0, process_.server().wall_clock())
                ? 1
                : 0;
    });
    api::Value s;
    s["currentNumberScheduled"] = current;
    s["desiredNumberScheduled"] = desired;
    s["numberMisscheduled"] = wrong;
    s["numberReady"] = ready;
    if (available != 0) s["numberAvailable"] = available;
    if (desired != available) s["numberUnavailable"] = desired - available;
    if (current != 0) s["updatedNumberScheduled"] = current;
    s["observedGeneration"] = set->metadata.generation;
    const api::Value* told = set->extra.find("status");
    if (told && *told == s) co_return api::Status();
    auto updating = client_.call(status_update(kind_, set, std::move(s)));
    api::Response answer = co_await std::move(updating);
    co_return answer.status;
}

sim::Time DaemonSetController::next_action() const { return next_due(sets_, queue_); }

}  // namespace model::workload
