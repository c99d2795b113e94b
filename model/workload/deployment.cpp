#include "model/workload/deployment.hpp"

#include <algorithm>

#include "model/workload/deployment_numbers.hpp"
#include "model/workload/stateful_set_view.hpp"

namespace model::workload {

namespace {
constexpr std::size_t kWorkers = 5;
constexpr std::string_view kHashLabel = "pod-template-hash";
constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
constexpr std::string_view kDesired = "deployment.kubernetes.io/desired-replicas";
constexpr std::string_view kMax = "deployment.kubernetes.io/max-replicas";
}  // namespace

std::vector<api::ObjectRef> DeploymentController::Work::all() const {
    std::vector<api::ObjectRef> sets = old;
    if (fresh) sets.push_back(fresh);
    return sets;
}

DeploymentController::DeploymentController(control::Process& process, control::Client& client,
                                           control::EventRecorder& recorder,
                                           std::shared_ptr<PodsOfOwners> pods, Profile profile)
    : process_(process),
      client_(client),
      recorder_(recorder),
      pods_(std::move(pods)),
      profile_(std::move(profile)),
      kind_(process.server().scheme().resolve("apps/v1", "Deployment")),
      set_kind_(process.server().scheme().resolve("apps/v1", "ReplicaSet")),
      deployments_(process.informer(kind_)),
      sets_(process.informer(set_kind_)),
      queue_(process.engine(), process.journal(), "deployment") {
    deployments_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        queue_.add((after ? after : before)->key());
    });
    sets_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_set(before, after);
    });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
}

void DeploymentController::start() {
    process_.spawn_workers(queue_, kWorkers, [this](control::WorkQueue::Item item) {
        return sync_and_requeue(std::move(item));
    });
}

api::ObjectRef DeploymentController::deployment_of(const api::ObjectRef& set) const {
    const api::OwnerReference* owner = set ? controller_of(set->metadata) : nullptr;
    if (!owner || owner->kind != "Deployment") return {};
    const api::ObjectRef d = deployments_.get(api::Key(set->metadata.ns, owner->name));
    return d && d->metadata.uid == owner->uid ? d : api::ObjectRef();
}

void DeploymentController::on_set(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::ObjectRef old = deployment_of(before), now = deployment_of(after);
    if (old && (!now || old->key() != now->key())) queue_.add(old->key());
    if (now) queue_.add(now->key());
}

// Only Recreate waits for pods to be gone.
void DeploymentController::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (after) return;
    const api::OwnerReference* owner = controller_of(before->metadata);
    if (!owner || owner->kind != "ReplicaSet") return;
    const api::ObjectRef d = deployment_of(sets_.get(api::Key(before->metadata.ns, owner->name)));
    if (d && text_at(d, {"spec", "strategy", "type"}) == "Recreate") queue_.add(d->key());
}

sim::Task<api::Status> DeploymentController::sync_and_requeue(control::WorkQueue::Item item) {
    auto syncing = sync(item.key);
    api::Status status = co_await std::move(syncing);
    settle(queue_, item.key, status);
    co_return status;
}

DeploymentController::Work DeploymentController::view(const api::ObjectRef& deployment) const {
    Work w;
    w.deployment = deployment;
    w.replicas = int_at(deployment, {"spec", "replicas"}, 1);
    w.recreate = text_at(deployment, {"spec", "strategy", "type"}) == "Recreate";
    const api::Value* paused = deployment->extra.at({"spec", "paused"});
    w.paused = paused && paused->as_bool();
    w.deadline = int_at(deployment, {"spec", "progressDeadlineSeconds"}, 600);
    w.history = int_at(deployment, {"spec", "revisionHistoryLimit"}, 10);
    if (!w.recreate) {
        const Fenceposts f = fenceposts(deployment, w.replicas);
        w.surge = f.surge;
        w.unavailable = f.unavailable;
    }
    if (const api::Value* t = deployment->extra.at({"spec", "template"})) w.pod_template = *t;
    const api::Value* status = deployment->extra.find("status");
    if (status) w.status = *status;
    sets_.for_each([&](const api::ObjectRef& set) {
        const api::OwnerReference* owner = controller_of(set->metadata);
        if (owner && owner->uid == deployment->metadata.uid) w.old.push_back(set);
    });
    std::stable_sort(w.old.begin(), w.old.end(), is_older);
    const auto match = std::find_if(w.old.begin(), w.old.end(), [&](const api::ObjectRef& set) {
        return without_hash(set->extra.at({"spec", "template"})) == w.pod_template;
    });
    if (match != w.old.end()) {
        w.fresh = *match;
        w.old.erase(match);
    }
    return w;
}

sim::Task<api::Status> DeploymentController::sync(api::Key key) {
    const api::ObjectRef deployment = deployments_.get(key);
    if (!deployment) co_return api::Status();
    Work work = view(deployment);
    const bool going = deployment->metadata.terminating();
    api::Status status;
    const bool plain = going || work.paused || is_scaling(work);
    if (going) {
        // Its ReplicaSets go with it.
    } else if (plain) {
        auto scaling = scale(work);
        status = co_await std::move(scaling);
    } else if (work.recreate) {
        auto recreating = recreate(work);
        status = co_await std::move(recreating);
    } else {
        auto rolling = roll(work);
        status = co_await std::move(rolling);
    }
    if (!status.ok()) co_return status;
    auto writing = write_status(work, !plain);
    api::Status written = co_await std::move(writing);
    co_return written;
}

// Somebody has changed the number of replicas: sizes follow before anything else does.
bool DeploymentController::is_scaling(const Work& work) const {
    for (const api::ObjectRef& set : work.all()) {
        if (size_of(set) == 0) continue;
        const api::Text* desired = set->metadata.annotations.find(kDesired);
        if (desired && *desired != std::to_string(work.replicas)) return true;
    }
    return false;
}

sim::Task<api::Status> DeploymentController::scale(Work& work) {
    bool done = false;
    std::size_t active = 0;
    for (const api::ObjectRef& set : work.old) active += size_of(set) > 0 ? 1 : 0;
    if (work.fresh && (active == 0 || size_of(work.fresh) > 0)) {
        std::int64_t others = 0;
        for (const api::ObjectRef& set : work.old) others += size_of(set);
        const std::int64_t most = work.replicas + (others > 0 ? work.surge : 0);
        auto resizing = resize(work, work.fresh, std::max<std::int64_t>(0, most - others), done);
        api::Status status = co_await std::move(resizing);
        if (!status.ok()) co_return status;
    }
    for (api::ObjectRef& set : work.old) {
        const bool alone = active == 1 && (!work.fresh || size_of(work.fresh) == 0);
        if (size_of(set) == 0) continue;
        auto resizing = resize(work, set, alone ? work.replicas : size_of(set), done);
        api::Status status = co_await std::move(resizing);
        if (!status.ok()) co_return status;
    }
    co_return api::Status();
}

sim::Task<api::Status> DeploymentController::roll(Work& work) {
    auto making = work.fresh ? keep_fresh(work) : make_fresh(work);
    api::Status status = co_await std::move(making);
    if (!status.ok() || !work.fresh) co_return status;
    bool scaled = false;
    if (size_of(work.fresh) > work.replicas) {
        auto resizing = resize(work, work.fresh, work.replicas, scaled);
        status = co_await std::move(resizing);
    } else if (size_of(work.fresh) < work.replicas) {
        std::int64_t all = 0;
        for (const api::ObjectRef& set : work.all()) all += size_of(set);
        const std::int64_t room = work.replicas + work.surge - all;
        const std::int64_t more = std::min(room, work.replicas - size_of(work.fresh));
        if (more > 0) {
            auto resizing = resize(work, work.fresh, size_of(work.fresh) + more, scaled);
            status = co_await std::move(resizing);
        }
    }
    if (!status.ok() || scaled) co_return status;
    auto shrinking = scale_old_down(work, scaled);
    status = co_await std::move(shrinking);
    if (!status.ok() || scaled) co_return status;
    auto cleaning = clean_up(work);
    status = co_await std::move(cleaning);
    co_return status;
}

// Old pods that are not available go first; of the others as many as availability allows.
sim::Task<api::Status> DeploymentController::scale_old_down(Work& work, bool& scaled) {
    std::int64_t all = 0, old = 0;
    for (const api::ObjectRef& set : work.all()) all += size_of(set);
    for (const api::ObjectRef& set : work.old) old += size_of(set);
    const std::int64_t least = work.replicas - work.unavailable;
    std::int64_t may_go =
        all - least - (size_of(work.fresh) - count_at(work.fresh, "availableReplicas"));
    if (old == 0 || may_go <= 0) co_return api::Status();
    for (api::ObjectRef& set : work.old) {
        const std::int64_t bad = size_of(set) - count_at(set, "availableReplicas");
        if (may_go <= 0 || size_of(set) == 0 || bad <= 0) continue;
        const std::int64_t gone = std::min(may_go, bad);
        auto resizing = resize(work, set, size_of(set) - gone, scaled);
        api::Status status = co_await std::move(resizing);
        if (!status.ok()) co_return status;
        may_go -= gone;
    }
    std::int64_t available = 0;
    for (const api::ObjectRef& set : work.all()) available += count_at(set, "availableReplicas");
    std::int64_t spare = available - least;
    for (api::ObjectRef& set : work.old) {
        if (spare <= 0 || size_of(set) == 0) continue;
        const std::int64_t gone = std::min(spare, size_of(set));
        auto resizing = resize(work, set, size_of(set) - gone, scaled);
        api::Status status = co_await std::move(resizing);
        if (!status.ok()) co_return status;
        spare -= gone;
    }
    co_return api::Status();
}

bool DeploymentController::has_old_pods(const Work& work) const {
    for (const api::ObjectRef& set : work.old) {
        if (count_at(set, "replicas") > 0) return true;
        for (const api::Ref<api::Pod>& pod : pods_->of(set->metadata.uid))
            if (pod->status.phase != "Failed" && pod->status.phase != "Succeeded") return true;
    }
    return false;
}

sim::Task<api::Status> DeploymentController::recreate(Work& work) {
    bool scaled = false;
    for (api::ObjectRef& set : work.old) {
        if (size_of(set) == 0) continue;
        auto resizing = resize(work, set, 0, scaled);
        api::Status status = co_await std::move(resizing);
        if (!status.ok()) co_return status;
    }
    if (scaled || has_old_pods(work)) co_return api::Status();
    auto making = work.fresh ? keep_fresh(work) : make_fresh(work);
    api::Status status = co_await std::move(making);
    if (!status.ok() || !work.fresh) co_return status;
    auto resizing = resize(work, work.fresh, work.replicas, scaled);
    status = co_await std::move(resizing);
    if (!status.ok()) co_return status;
    auto cleaning = clean_up(work);
    status = co_await std::move(cleaning);
    co_return status;
}

sim::Task<api::Status> DeploymentController::make_fresh(Work& work) {
    const api::ObjectRef& d = work.deployment;
    std::int64_t revision = 0, all = 0;
    for (const api::ObjectRef& set : work.old) {
        revision = std::max(revision, revision_of(set));
        all += size_of(set);
    }
    const std::int64_t size =
        work.recreate
            ? work.replicas
            : std::clamp<std::int64_t>(work.replicas + work.surge - all, 0, work.replicas);
    const std::string hash =
        revision_hash(work.pod_template, int_at(d, {"status", "collisionCount"}, 0));
    api::Value set;
    set["apiVersion"] = "apps/v1";
    set["kind"] = "ReplicaSet";
    api::Value& meta = set["metadata"];
    meta["name"] = d->metadata.name.str() + "-" + hash;
    meta["namespace"] = d->metadata.ns;
    for (const auto& a : d->metadata.annotations)
        if (a.first != kRevision && a.first != "kubectl.kubernetes.io/last-applied-configuration")
            meta["annotations"][a.first] = a.second;
    meta["annotations"][kRevision] = std::to_string(revision + 1);
    meta["annotations"][kDesired] = std::to_string(work.replicas);
    meta["annotations"][kMax] = std::to_string(work.replicas + work.surge);
    meta["ownerReferences"].push_back(
        to_value(controller_ref(*d, process_.server().scheme().info(kind_))));
    api::Value& spec = set["spec"];
    spec["replicas"] = size;
    if (const api::Value* s = d->extra.at({"spec", "minReadySeconds"}))
        spec["minReadySeconds"] = *s;
    if (const api::Value* s = d->extra.at({"spec", "selector"})) spec["selector"] = *s;
    spec["selector"]["matchLabels"][kHashLabel] = hash;
    spec["template"] = work.pod_template;
    spec["template"]["metadata"]["labels"][kHashLabel] = hash;
    const api::Value labels = *spec.at({"template", "metadata", "labels"});
    meta["labels"] = labels;
    api::Request r;
    r.verb = Verb::Create;
    r.kind = set_kind_;
    const std::string name = d->metadata.name.str() + "-" + hash;
    r.key = api::Key(d->metadata.ns, api::Text(name));
    r.manifest = std::move(set);
    auto creating = client_.call(std::move(r));
    api::Response answer = co_await std::move(creating);
    if (answer.status.is(api::Reason::AlreadyExists)) {
        const api::ObjectRef known = sets_.get(api::Key(d->metadata.ns, api::Text(name)));
        const api::OwnerReference* owner = known ? controller_of(known->metadata) : nullptr;
        if (!owner || owner->uid != d->metadata.uid) co_return answer.status;
        work.fresh = known;
        co_return api::Status();
    }
    if (!answer.status.ok()) {
        recorder_.record(
            *d, control::EventType::Warning, "ReplicaSetCreateError",
            "Failed to create new replica set \"" + name + "\": " + answer.status.message.str());
        co_return answer.status;
    }
    work.fresh = answer.object;
    if (size > 0)
        recorder_.record(
            *d, control::EventType::Normal, "ScalingReplicaSet",
            profile_.taint_eviction_apart
                ? "Scaled up replica set " + name + " from 0 to " + std::to_string(size)
                : "Scaled up replica set " + name + " to " + std::to_string(size));
    set_condition_of(work.status, "Progressing", "True", "NewReplicaSetCreated",
                     "Created new replica set \"" + name + "\"", process_.server().wall_clock());
    co_return api::Status();
}

// An earlier template is asked for again: its ReplicaSet becomes the latest revision.
sim::Task<api::Status> DeploymentController::keep_fresh(Work& work) {
    std::int64_t newest = 0;
    for (const api::ObjectRef& set : work.old) newest = std::max(newest, revision_of(set));
    if (revision_of(work.fresh) > newest) co_return api::Status();
    auto next = api::copy_of(*work.fresh);
    next->metadata.annotations.set(kRevision, api::Text(std::to_string(newest + 1)));
    api::Request r;
    r.verb = Verb::Update;
    r.kind = set_kind_;
    r.key = work.fresh->key();
    r.body = api::freeze(std::move(next));
    auto updating = client_.call(std::move(r));
    api::Response answer = co_await std::move(updating);
    if (answer.status.ok()) work.fresh = answer.object;
    co_return answer.status;
}

sim::Task<api::Status> DeploymentController::resize(Work& work, api::ObjectRef& set,
                                                    std::int64_t size, bool& done) {
    const std::int64_t before = size_of(set);
    const std::string desired = std::to_string(work.replicas);
    const std::string most = std::to_string(work.replicas + work.surge);
    const api::TextMap& told = set->metadata.annotations;
    if (before == size && told.get(kDesired) == desired && told.get(kMax) == most)
        co_return api::Status();
    auto next = api::copy_of(*set);
    next->extra["spec"]["replicas"] = size;
    next->metadata.annotations.set(kDesired, api::Text(desired));
    next->metadata.annotations.set(kMax, api::Text(most));
    api::Request r;
    r.verb = Verb::Update;
    r.kind = set_kind_;
    r.key = set->key();
    r.body = api::freeze(std::move(next));
    auto updating = client_.call(std::move(r));
    api::Response answer = co_await std::move(updating);
    if (!answer.status.ok()) co_return answer.status;
    set = answer.object;
    if (before == size) co_return api::Status();
    done = true;
    const std::string from = std::to_string(before), to = std::to_string(size);
    recorder_.record(*work.deployment, control::EventType::Normal, "ScalingReplicaSet",
                     std::string("Scaled ") + (before < size ? "up" : "down") + " replica set " +
                         set->metadata.name.str() +
                         (profile_.taint_eviction_apart ? " from " + from + " to " + to
                                                        : " to " + to + " from " + from));
    co_return api::Status();
}

sim::Task<api::Status> DeploymentController::clean_up(Work& work) {
    if (!is_complete(work.deployment, work.deployment->extra.find("status")))
        co_return api::Status();
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, work.history));
    std::vector<api::ObjectRef> sets = work.old;
    std::stable_sort(sets.begin(), sets.end(),
                     [](const auto& a, const auto& b) { return revision_of(a) < revision_of(b); });
    for (std::size_t i = 0; i + limit < sets.size(); ++i) {
        if (size_of(sets[i]) != 0 || count_at(sets[i], "replicas") != 0) continue;
        auto deleting = client_.remove(set_kind_, sets[i]->key(), api::DeleteOptions());
        api::Response answer = co_await std::move(deleting);
        if (!answer.status.ok() && !answer.status.is(api::Reason::NotFound))
            co_return answer.status;
    }
    co_return api::Status();
}

api::Value DeploymentController::present_status(const Work& work) const {
    std::int64_t all = 0, updated = 0, ready = 0, available = 0, asked = 0;
    for (const api::ObjectRef& set : work.all()) {
        all += count_at(set, "replicas");
        ready += count_at(set, "readyReplicas");
        available += count_at(set, "availableReplicas");
        asked += size_of(set);
    }
    if (work.fresh) updated = count_at(work.fresh, "replicas");
    api::Value s;
    s["observedGeneration"] = work.deployment->metadata.generation;
    const std::pair<std::string_view, std::int64_t> counts[] = {
        {"replicas", all},
        {"updatedReplicas", updated},
        {"readyReplicas", ready},
        {"availableReplicas", available},
        {"unavailableReplicas", std::max<std::int64_t>(0, asked - available)}};
    for (const auto& c : counts)
        if (c.second != 0) s[c.first] = c.second;
    if (const api::Value* c = work.status.find("conditions")) s["conditions"] = *c;
    if (const api::Value* c = work.status.find("collisionCount")) s["collisionCount"] = *c;
    const bool enough = available >= work.replicas - work.unavailable;
    set_condition_of(s, "Available", enough ? "True" : "False",
                     enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                     enough ? "Deployment has minimum availability."
                            : "Deployment does not have minimum availability.",
                     process_.server().wall_clock());
    return s;
}

void DeploymentController::tell_progress(Work& work) {
    const api::Timestamp now = process_.server().wall_clock();
    const std::string what = work.fresh
                                 ? "ReplicaSet \"" + work.fresh->metadata.name.str() + "\""
                                 : "Deployment \"" + work.deployment->metadata.name.str() + "\"";
    const api::Value* told = find_condition_of(work.status, "Progressing");
    const bool was_complete = told && told->find("reason") &&
                              told->find("reason")->as_string() == "NewReplicaSetAvailable";
    const api::Value* old = work.deployment->extra.find("status");
    if (was_complete && work.status.find("replicas") && work.status.find("updatedReplicas") &&
        *work.status.find("replicas") == *work.status.find("updatedReplicas"))
        return;
    if (is_complete(work.deployment, &work.status)) {
        set_condition_of(work.status, "Progressing", "True", "NewReplicaSetAvailable",
                         what + " has successfully progressed.", now);
    } else if (has_progressed(old, work.status)) {
        renew_condition_of(work.status, "Progressing", "True", "ReplicaSetUpdated",
                           what + " is progressing.", now);
    } else if (told && updated_at(*told) + work.deadline < now.unix_seconds) {
        set_condition_of(work.status, "Progressing", "False", "ProgressDeadlineExceeded",
                         what + " has timed out progressing.", now);
    }
}

sim::Task<api::Status> DeploymentController::write_status(Work& work, bool rollout) {
    work.status = present_status(work);
    if (rollout) tell_progress(work);
    const api::Value* told = work.deployment->extra.find("status");
    if (told && *told == work.status) {
        const api::Value* progress = find_condition_of(work.status, "Progressing");
        const bool open = progress && rollout && !is_complete(work.deployment, &work.status) &&
                          progress->find("status")->as_string() == "True";
        if (open) {
            const std::int64_t left = updated_at(*progress) + work.deadline + 1 -
                                      process_.server().wall_clock().unix_seconds;
            queue_.add_after(work.deployment->key(),
                             std::chrono::seconds(std::max<std::int64_t>(1, left)));
        }
        co_return api::Status();
    }
    api::Request r;
    r.verb = Verb::Update;
    r.kind = kind_;
    r.key = work.deployment->key();
    r.subresource = api::Subresource::Status;
    auto next = api::copy_of(*work.deployment);
    next->extra["status"] = work.status;
    if (work.fresh)
        next->metadata.annotations.set(kRevision,
                                       api::Text(std::to_string(revision_of(work.fresh))));
    r.body = api::freeze(std::move(next));
    auto updating = client_.call(std::move(r));
    api::Response answer = co_await std::move(updating);
    co_return answer.status;
}

sim::Time DeploymentController::next_action() const { return next_due(deployments_, queue_); }

}  // namespace model::workload
