#include "model/workload/garbage_collector.hpp"

namespace model::workload {

namespace {

constexpr sim::Duration kDiscoveryPeriod = std::chrono::seconds(30);
constexpr int kWorkers = 20;  // --concurrent-gc-syncs
constexpr std::string_view kOrphan = "orphan", kForeground = "foregroundDeletion";

bool is_waiting(const api::ObjectRef& o) {
    return o->metadata.terminating() && o->metadata.has_finalizer(kForeground);
}

}  // namespace

GarbageCollector::GarbageCollector(control::Process& process, control::Client& client,
                                   control::EventRecorder& recorder)
    : process_(process),
      client_(client),
      recorder_(recorder),
      to_delete_(process.engine(), process.journal(),
                 "generic-garbage-collector/attempt-to-delete"),
      to_orphan_(process.engine(), process.journal(),
                 "generic-garbage-collector/attempt-to-orphan") {
    discover();
    process.server().when_kind_appears([this, life = life_] {
        if (!life || kinds_watched_ == process_.server().scheme().size()) return;
        // Upstream looks for new kinds every 30 s.
        const sim::Duration now = process_.engine().now().time_since_epoch();
        const sim::Time next{now - now % kDiscoveryPeriod + kDiscoveryPeriod};
        process_.engine().call_at(next, kind_of(Wait::PollGrid), [this, life] {
            if (life) discover();
        });
    });
}

GarbageCollector::~GarbageCollector() { life_.end(); }

void GarbageCollector::discover() {
    const std::size_t kinds = process_.server().scheme().size();
    for (; kinds_watched_ < kinds; ++kinds_watched_) watch(static_cast<api::Kind>(kinds_watched_));
}

// Events are the one kind that upstream's collector ignores; they end by age.
void GarbageCollector::watch(api::Kind kind) {
    if (kind == api::Kind::Event) return;
    process_.informer(kind).add_handler(
        [this](const api::ObjectRef& before, const api::ObjectRef& after) {
            observe(before, after);
        });
}

void GarbageCollector::start() {
    for (int i = 0; i < kWorkers; ++i) {
        process_.spawn_worker(to_delete_, [this](control::WorkQueue::Item item) {
            return attempt_to_delete(std::move(item));
        });
        process_.spawn_worker(to_orphan_, [this](control::WorkQueue::Item item) {
            return attempt_to_orphan(std::move(item));
        });
    }
}

void GarbageCollector::observe(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::ObjectRef& o = after ? after : before;
    // Nearly all objects have no owner, own nothing, and end without ceremony: they need no node.
    const bool plain = o->metadata.ownerReferences.empty() && !o->metadata.has_finalizer(kOrphan) &&
                       !o->metadata.has_finalizer(kForeground);
    if (plain && graph_.find(o->metadata.uid.view()) == graph_.end()) return;
    const std::string uid = o->metadata.uid.str();
    if (!after) return forget(uid);
    Node& node = graph_[uid];
    unlink_owners(uid, node);
    node.kind = o->kind;
    node.key = o->key();
    node.owners = o->metadata.ownerReferences;
    node.is_virtual = false;
    node.terminating = o->metadata.terminating();
    node.orphaning = node.terminating && o->metadata.has_finalizer(kOrphan);
    node.foreground = is_waiting(o);
    link_owners(uid, node);
    if (node.orphaning) to_orphan_.add(api::Key(api::Text(), uid));
    if (node.foreground) {
        for (const std::string& dependent : node.dependents) enqueue(dependent);
        enqueue(uid);
    }
}

void GarbageCollector::link_owners(const std::string& uid, const Node& node) {
    const api::Scheme& scheme = process_.server().scheme();
    bool lost = false;
    for (const api::OwnerReference& owner : node.owners) {
        const std::string owner_uid = owner.uid.str();
        auto [it, fresh] = graph_.try_emplace(owner_uid);
        it->second.dependents.insert(uid);
        if (!fresh) continue;
        const api::KindInfo* info = scheme.find(owner.kind);
        it->second.is_virtual = true;
        it->second.kind = info ? info->id : api::Kind::FirstUnstructured;
        it->second.key = api::Key(info && info->namespaced ? node.key.ns : api::Text(), owner.name);
        const api::ObjectRef known =
            info ? process_.informer(info->id).get(it->second.key) : api::ObjectRef();
        if (known && known->metadata.uid == owner.uid) {
            it->second.is_virtual = false;
        } else {
            lost = true;  // a virtual owner is looked up live before its dependents are touched
        }
    }
    if (lost) enqueue(uid);
}

void GarbageCollector::unlink_owners(const std::string& uid, const Node& node) {
    for (const api::OwnerReference& owner : node.owners) {
        auto it = graph_.find(owner.uid.view());
        if (it != graph_.end()) it->second.dependents.erase(uid);
    }
}

void GarbageCollector::forget(const std::string& uid) {
    auto it = graph_.find(uid);
    if (it == graph_.end()) return;
    const Node node = it->second;
    unlink_owners(uid, node);
    graph_.erase(it);
    for (const std::string& dependent : node.dependents) enqueue(dependent);
    // An owner that waits for its last dependent is looked at again.
    for (const api::OwnerReference& owner : node.owners) {
        auto waiting = graph_.find(owner.uid.view());
        if (waiting != graph_.end() && waiting->second.foreground) enqueue(waiting->first);
    }
}

api::Status GarbageCollector::settle(control::WorkQueue& queue, const api::Key& key,
                                     api::Status status) {
    if (status.ok()) {
        queue.forget(key);
    } else {
        queue.add_rate_limited(key);
    }
    return status;
}

sim::Task<api::Status> GarbageCollector::attempt_to_delete(control::WorkQueue::Item item) {
    auto it = graph_.find(item.key.name.view());
    if (it == graph_.end()) {
        co_return api::Status();
    }
    auto judging = judge(it->first, it->second);
    api::Status status = co_await std::move(judging);
    co_return settle(to_delete_, item.key, std::move(status));
}

sim::Task<api::Status> GarbageCollector::judge(std::string uid, Node node) {
    if (node.foreground) {
        auto ending = end_foreground(uid, node);
        api::Status status = co_await std::move(ending);
        co_return status;
    }
    if (node.terminating || node.owners.empty()) {
        co_return api::Status();
    }
    api::Request get;
    get.verb = Verb::Get;
    get.kind = node.kind;
    get.key = node.key;
    auto getting = client_.call(std::move(get));
    api::Response live = co_await std::move(getting);
    if (live.status.is(api::Reason::NotFound) ||
        (live.object && live.object->metadata.uid != uid)) {
        forget(uid);  // it went before its deletion was heard of
        co_return api::Status();
    }
    if (!live.status.ok()) {
        co_return live.status;
    }
    std::vector<std::string> lost;
    bool solid = false, waiting = false;
    for (const api::OwnerReference& reference : live.object->metadata.ownerReferences) {
        auto classifying = classify(reference, live.object);
        const Owner owner = co_await std::move(classifying);
        if (owner == Owner::Unknown) {
            co_return api::Status(500, api::Reason::InternalError,
                                  "an owner could not be looked up");
        }
        solid = solid || owner == Owner::Solid;
        waiting = waiting || owner == Owner::Waiting;
        if (owner != Owner::Solid) lost.push_back(reference.uid.str());
    }
    if (lost.empty()) {
        co_return api::Status();
    }
    if (solid) {
        auto removing = remove_owners(node.kind, node.key, lost);
        api::Status status = co_await std::move(removing);
        co_return status;
    }
    const auto here = graph_.find(uid);
    const bool has_dependents = here != graph_.end() && !here->second.dependents.empty();
    api::DeleteOptions options;
    options.uid = uid;
    options.resourceVersion = live.object->metadata.resourceVersion;
    options.propagationPolicy = "Background";
    if (waiting && has_dependents) options.propagationPolicy = "Foreground";
    if (live.object->metadata.has_finalizer(kOrphan)) options.propagationPolicy = "Orphan";
    auto deleting = client_.remove(node.kind, node.key, std::move(options));
    api::Response answer = co_await std::move(deleting);
    if (answer.status.is(api::Reason::NotFound)) {
        co_return api::Status();
    }
    co_return answer.status;
}

sim::Task<GarbageCollector::Owner> GarbageCollector::classify(api::OwnerReference owner,
                                                              api::ObjectRef dependent) {
    const api::Text ns = dependent->metadata.ns;
    const api::KindInfo* info = process_.server().scheme().find(owner.kind);
    if (!info) {
        co_return Owner::Unknown;
    }
    if (info->namespaced && ns.empty()) {
        // A cluster-scoped object cannot have a namespaced owner: never deleted for it, and said
        // so.
        recorder_.record(*dependent, control::EventType::Warning, "OwnerRefInvalidNamespace",
                         "ownerRef [" + owner.apiVersion.str() + "/" + owner.kind.str() +
                             ", namespace: , name: " + owner.name.str() +
                             ", uid: " + owner.uid.str() + "] does not exist in namespace \"\"");
        co_return Owner::Solid;
    }
    api::Request get;
    get.verb = Verb::Get;
    get.kind = info->id;
    get.key = api::Key(info->namespaced ? ns : api::Text(), owner.name);
    auto getting = client_.call(std::move(get));
    api::Response live = co_await std::move(getting);
    if (live.status.is(api::Reason::NotFound)) {
        co_return Owner::Dangling;
    }
    if (!live.status.ok()) {
        co_return Owner::Unknown;
    }
    if (live.object->metadata.uid != owner.uid) {
        co_return Owner::Dangling;
    }
    const bool blocks = owner.blockOwnerDeletion.value_or(false);
    co_return is_waiting(live.object) && blocks ? Owner::Waiting : Owner::Solid;
}

sim::Task<api::Status> GarbageCollector::remove_owners(api::Kind kind, api::Key key,
                                                       std::vector<std::string> uids) {
    api::Request patch;
    patch.verb = Verb::Patch;
    patch.kind = kind;
    patch.key = key;
    patch.patch_type = api::PatchType::Strategic;
    for (const std::string& uid : uids) {
        api::Value item;
        item["$patch"] = "delete";
        item["uid"] = uid;
        patch.patch["metadata"]["ownerReferences"].push_back(std::move(item));
    }
    auto patching = client_.call(std::move(patch));
    api::Response answer = co_await std::move(patching);
    if (answer.status.is(api::Reason::NotFound)) {
        co_return api::Status();
    }
    co_return answer.status;
}

sim::Task<api::Status> GarbageCollector::remove_finalizer(api::Kind kind, api::Key key,
                                                          std::string finalizer) {
    const api::ObjectRef known = process_.informer(kind).get(key);
    if (!known) {
        co_return api::Status();
    }
    api::Request patch;
    patch.verb = Verb::Patch;
    patch.kind = kind;
    patch.key = key;
    api::Value kept = api::Value::list();
    for (const api::Text& f : known->metadata.finalizers)
        if (f != finalizer) kept.push_back(f);
    patch.patch["metadata"]["finalizers"] = std::move(kept);
    patch.patch["metadata"]["resourceVersion"] = std::to_string(known->metadata.resourceVersion);
    auto patching = client_.call(std::move(patch));
    api::Response answer = co_await std::move(patching);
    if (answer.status.is(api::Reason::NotFound)) {
        co_return api::Status();
    }
    co_return answer.status;
}

// An owner under foreground deletion goes when no dependent that blocks it is left.
sim::Task<api::Status> GarbageCollector::end_foreground(std::string uid, Node node) {
    bool blocked = false;
    for (const std::string& dependent : node.dependents) {
        auto it = graph_.find(dependent);
        if (it == graph_.end()) continue;
        for (const api::OwnerReference& o : it->second.owners)
            blocked = blocked || (o.uid == uid && o.blockOwnerDeletion.value_or(false));
        enqueue(dependent);
    }
    if (blocked) {
        co_return api::Status();
    }
    auto removing = remove_finalizer(node.kind, node.key, std::string(kForeground));
    api::Status status = co_await std::move(removing);
    co_return status;
}

sim::Task<api::Status> GarbageCollector::attempt_to_orphan(control::WorkQueue::Item item) {
    auto it = graph_.find(item.key.name.view());
    if (it == graph_.end() || !it->second.orphaning) {
        co_return api::Status();
    }
    const std::string uid = it->first;
    const Node node = it->second;
    for (const std::string& dependent : node.dependents) {
        auto found = graph_.find(dependent);
        if (found == graph_.end()) continue;
        auto removing = remove_owners(found->second.kind, found->second.key, {uid});
        api::Status status = co_await std::move(removing);
        if (!status.ok()) {
            co_return settle(to_orphan_, item.key, std::move(status));
        }
    }
    auto removing = remove_finalizer(node.kind, node.key, std::string(kOrphan));
    api::Status status = co_await std::move(removing);
    co_return settle(to_orphan_, item.key, std::move(status));
}

}  // namespace model::workload
