// What wakes the controller, its syncs, revisions and status.
#include "model/workload/stateful_set.hpp"

#include <algorithm>
#include <set>

#include "model/workload/node_conditions.hpp"
#include "model/workload/pod_control.hpp"

namespace model::workload {

namespace {

constexpr std::size_t kWorkers = 5;
constexpr int kStatusTries = 5;
constexpr sim::Duration kStatusRetry = std::chrono::milliseconds(10);
constexpr std::string_view kRevisionLabel = "controller-revision-hash";

std::int64_t number_of(const api::ObjectRef& revision) {
    const api::Value* n = revision->extra.find("revision");
    return n ? n->as_int() : 0;
}

const api::Value& data_of(const api::ObjectRef& revision) {
    static const api::Value* const kNone = new api::Value();
    const api::Value* data = revision->extra.find("data");
    return data ? *data : *kNone;
}

// The template that a revision keeps.
api::Value template_of(const api::Value& data) {
    const api::Value* t = data.at({"spec", "template"});
    api::Value out = t ? *t : api::Value();
    out.erase("$patch");
    return out;
}

}  // namespace

StatefulSetController::StatefulSetController(control::Process& process, control::Client& client,
                                             control::EventRecorder& recorder,
                                             std::shared_ptr<PodsOfOwners> pods, Profile profile)
    : process_(process),
      client_(client),
      recorder_(recorder),
      pods_(std::move(pods)),
      profile_(std::move(profile)),
      kind_(process.server().scheme().resolve("apps/v1", "StatefulSet")),
      revision_kind_(process.server().scheme().resolve("apps/v1", "ControllerRevision")),
      sets_(process.informer(kind_)),
      revisions_(process.informer(revision_kind_)),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      queue_(process.engine(), process.journal(), "statefulset") {
    sets_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        queue_.add((after ? after : before)->key());
    });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
}

void StatefulSetController::start() {
    process_.spawn_workers(queue_, kWorkers, [this](control::WorkQueue::Item item) {
        return sync_and_requeue(std::move(item));
    });
}

api::ObjectRef StatefulSetController::set_of(const api::ObjectRef& pod) const {
    return owner_in(sets_, "StatefulSet", pod);
}

void StatefulSetController::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::ObjectRef old = set_of(before), set = set_of(after);
    if (old && (!set || old->key() != set->key())) queue_.add(old->key());
    if (set) {
        queue_.add(set->key());
        const api::Value* seconds = set->extra.at({"spec", "minReadySeconds"});
        const bool became_ready = before && !is_ready(static_cast<const api::Pod&>(*before)) &&
                                  is_ready(static_cast<const api::Pod&>(*after));
        if (became_ready && seconds && seconds->as_int() > 0)
            queue_.add_after(set->key(), std::chrono::seconds(seconds->as_int() + 1));
        return;
    }
    queue_who_may_adopt(sets_, queue_, before, after);
}

sim::Task<api::Status> StatefulSetController::sync_and_requeue(control::WorkQueue::Item item) {
    auto syncing = sync(item.key);
    api::Status status = co_await std::move(syncing);
    settle(queue_, item.key, status);
    co_return status;
}

sim::Task<api::Status> StatefulSetController::sync(api::Key key) {
    const api::ObjectRef object = sets_.get(key);
    if (!object) co_return api::Status();
    Work work;
    work.set = StatefulSetView(object, process_.server().scheme(), profile_);
    Claiming how;
    how.owner = object;
    how.selector = work.set.selector;
    const StatefulSetView& set = work.set;
    how.may_belong = [&set](const api::Pod& pod) {
        return ordinal_of(set, pod.metadata.name) >= 0;
    };
    auto claiming = claim_pods(client_, *pods_, std::move(how));
    Claimed claimed = co_await std::move(claiming);
    if (!claimed.status.ok()) co_return claimed.status;
    auto finding = find_revisions(work.set);
    work.revisions = co_await std::move(finding);
    if (!work.revisions.status.ok()) co_return work.revisions.status;
    sort_pods(work, claimed.pods);
    auto updating = update(work);
    api::Status status = co_await std::move(updating);
    auto truncating = truncate_history(work);
    api::Status truncated = co_await std::move(truncating);
    co_return status.ok() ? truncated : status;
}

sim::Task<StatefulSetController::Revisions> StatefulSetController::find_revisions(
    const StatefulSetView& set) {
    Revisions found;
    revisions_.for_each([&](const api::ObjectRef& r) {
        if (r->metadata.ns != set.object->metadata.ns) return;
        const api::OwnerReference* owner = controller_of(r->metadata);
        if (!owner || owner->uid == set.object->metadata.uid) {
            const auto match = api::matches(set.selector, r->metadata.labels);
            if (match.ok() && *match) found.all.push_back(r);
        }
    });
    std::stable_sort(found.all.begin(), found.all.end(),
                     [](const api::ObjectRef& a, const api::ObjectRef& b) {
                         return number_of(a) < number_of(b);
                     });
    if (const api::Value* c = set.object->extra.at({"status", "collisionCount"}))
        found.collisions = c->as_int();
    const api::Value data = revision_data(set, profile_);
    const std::int64_t next = found.all.empty() ? 1 : number_of(found.all.back()) + 1;
    api::ObjectRef equal;
    for (const api::ObjectRef& r : found.all)
        if (data_of(r) == data) equal = r;
    found.update_template = set.pod_template;
    if (!equal) {
        auto creating = create_revision(set, data, next, found);
        found.status = co_await std::move(creating);
        if (!found.status.ok()) co_return found;
    } else {
        found.update = equal->metadata.name;
        if (equal != found.all.back()) {
            // Back to an earlier one: it becomes the latest.
            api::Request r;
            r.verb = Verb::Update;
            r.kind = revision_kind_;
            r.key = equal->key();
            auto again = api::copy_of(*equal);
            again->extra["revision"] = next;
            r.body = api::freeze(std::move(again));
            auto updating = client_.call(std::move(r));
            api::Response answer = co_await std::move(updating);
            found.status = answer.status;
            if (!found.status.ok()) co_return found;
        }
    }
    found.current = found.update;
    found.current_template = found.update_template;
    const api::Value* current = set.object->extra.at({"status", "currentRevision"});
    for (const api::ObjectRef& r : found.all)
        if (current && r->metadata.name == current->as_string()) {
            found.current = r->metadata.name;
            found.current_template = template_of(data_of(r));
        }
    co_return found;
}

sim::Task<api::Status> StatefulSetController::create_revision(const StatefulSetView& set,
                                                              api::Value data, std::int64_t number,
                                                              Revisions& found) {
    for (;;) {
        const std::string hash = revision_hash(data, found.collisions);
        api::Value revision;
        revision["apiVersion"] = "apps/v1";
        revision["kind"] = "ControllerRevision";
        api::Value& meta = revision["metadata"];
        meta["name"] = set.name().str() + "-" + hash;
        meta["namespace"] = set.object->metadata.ns;
        if (const api::Value* labels = set.pod_template.at({"metadata", "labels"}))
            meta["labels"] = *labels;
        meta["labels"]["controller.kubernetes.io/hash"] = hash;
        for (const auto& a : set.object->metadata.annotations)
            meta["annotations"][a.first] = a.second;
        meta["ownerReferences"].push_back(
            to_value(controller_ref(*set.object, process_.server().scheme().info(kind_))));
        revision["data"] = data;
        revision["revision"] = number;
        api::Request r;
        r.verb = Verb::Create;
        r.kind = revision_kind_;
        r.key = api::Key(set.object->metadata.ns, api::Text(set.name().str() + "-" + hash));
        const api::Key key = r.key;
        r.manifest = std::move(revision);
        auto creating = client_.call(std::move(r));
        api::Response answer = co_await std::move(creating);
        found.update = key.name;
        if (!answer.status.is(api::Reason::AlreadyExists)) co_return answer.status;
        api::Request get;
        get.verb = Verb::Get;
        get.kind = revision_kind_;
        get.key = key;
        auto getting = client_.call(std::move(get));
        api::Response there = co_await std::move(getting);
        if (!there.status.ok()) co_return there.status;
        if (data_of(there.object) == data) co_return api::Status();
        ++found.collisions;
    }
}

// Revisions that neither the set nor a pod refers to, beyond the limit.
sim::Task<api::Status> StatefulSetController::truncate_history(const Work& work) {
    std::set<std::string_view> live = {work.revisions.current.view(), work.revisions.update.view()};
    for (const auto* list : {&work.replicas, &work.condemned})
        for (const Replica& r : *list)
            if (r.pod) live.insert(r.pod->metadata.labels.get(kRevisionLabel));
    std::vector<api::ObjectRef> old;
    for (const api::ObjectRef& r : work.revisions.all)
        if (!live.contains(r->metadata.name.view())) old.push_back(r);
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, work.set.history_limit));
    for (std::size_t i = 0; i + limit < old.size(); ++i) {
        auto deleting = client_.remove(revision_kind_, old[i]->key(), api::DeleteOptions());
        api::Response answer = co_await std::move(deleting);
        if (!answer.status.ok() && !answer.status.is(api::Reason::NotFound))
            co_return answer.status;
    }
    co_return api::Status();
}

StatefulSetController::Replica StatefulSetController::new_replica(const Work& work,
                                                                  std::int64_t ordinal) const {
    const StatefulSetView& set = work.set;
    // Below the partition pods stay at the current revision.
    const bool current = set.has_rolling_update && ordinal < set.start + set.partition;
    Replica r;
    r.ordinal = ordinal;
    r.revision = current ? work.revisions.current : work.revisions.update;
    r.made = stateful_pod(
        set, current ? work.revisions.current_template : work.revisions.update_template, ordinal,
        r.revision, process_.server().scheme(), profile_);
    return r;
}

void StatefulSetController::sort_pods(Work& work, const std::vector<api::Ref<api::Pod>>& pods) {
    std::map<std::int64_t, Replica> by_ordinal;
    for (const api::Ref<api::Pod>& pod : pods) {
        Replica r;
        r.ordinal = ordinal_of(work.set, pod->metadata.name);
        r.pod = pod;
        r.revision = api::Text(pod->metadata.labels.get(kRevisionLabel));
        by_ordinal[r.ordinal] = std::move(r);
    }
    for (std::int64_t n = work.set.start; n < work.set.end(); ++n) {
        const auto it = by_ordinal.find(n);
        work.replicas.push_back(it == by_ordinal.end() ? new_replica(work, n)
                                                       : std::move(it->second));
    }
    for (const auto& entry : by_ordinal)
        if (!work.set.in_range(entry.first)) work.condemned.push_back(entry.second);
    const auto is_fine = [](const Replica& r) {
        return r.pod && is_running_and_ready(*r.pod) && !r.pod->metadata.terminating();
    };
    for (std::size_t i = 0; i < work.replicas.size() + work.condemned.size(); ++i) {
        const bool of_set = i < work.replicas.size();
        const Replica& r = of_set ? work.replicas[i] : work.condemned[i - work.replicas.size()];
        if (work.blocked_by == Work::kNone && !is_fine(r)) work.blocked_by = i;
    }
}

api::Value StatefulSetController::status_of(const Work& work,
                                            const std::vector<Replica>& counted) const {
    std::int64_t all = 0, ready = 0, available = 0, current = 0, updated = 0;
    for (const Replica& r : counted) {
        if (!r.pod) continue;
        ++all;
        const api::Pod& pod = *r.pod;
        ready += is_running_and_ready(pod) ? 1 : 0;
        available +=
            is_running_and_ready(pod) && is_available(pod, work.set.min_ready_seconds, clock()) ? 1
                                                                                                : 0;
        if (pod.metadata.terminating()) continue;
        current += r.revision == work.revisions.current ? 1 : 0;
        updated += r.revision == work.revisions.update ? 1 : 0;
    }
    api::Value s;
    s["observedGeneration"] = work.set.object->metadata.generation;
    s["replicas"] = all;
    s["readyReplicas"] = ready;
    s["availableReplicas"] = available;
    s["currentReplicas"] = current;
    s["updatedReplicas"] = updated;
    s["currentRevision"] = work.revisions.current;
    s["updateRevision"] = work.revisions.update;
    s["collisionCount"] = work.revisions.collisions;
    if (!work.set.on_delete && updated == all && ready == all) {
        s["currentReplicas"] = updated;
        s["currentRevision"] = work.revisions.update;
    }
    for (std::string_view count :
         {"readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas"})
        if (count != "availableReplicas" && s[count].as_int() == 0) s.erase(count);
    return s;
}

sim::Task<api::Status> StatefulSetController::write_status(const StatefulSetView& set,
                                                           api::Value status) {
    api::ObjectRef object = set.object;
    const api::Value* told = object->extra.find("status");
    if (told && *told == status) co_return api::Status();
    for (int tries = 1;; ++tries) {
        auto updating = client_.call(status_update(kind_, object, status));
        api::Response answer = co_await std::move(updating);
        if (answer.status.ok() || !answer.status.is(api::Reason::Conflict) || tries >= kStatusTries)
            co_return answer.status;
        if (const api::ObjectRef known = sets_.get(object->key())) object = known;
        co_await process_.engine().sleep_for(kStatusRetry, kind_of(Wait::Backoff));
    }
}

sim::Time StatefulSetController::next_action() const { return next_due(sets_, queue_); }

}  // namespace model::workload
