#include "model/volume/pvc_protection.hpp"

#include "model/volume/binding.hpp"
#include "model/volume/finalizers.hpp"

namespace model::volume {

namespace {

using api::finalizer::kPVCProtection;

// A generic ephemeral volume's claim belongs to the pod that controls it; another of that name does
// not count.
bool belongs_to(const PVC& claim, const api::Pod& pod) {
    for (const api::OwnerReference& owner : claim.metadata.ownerReferences)
        if (owner.controller.value_or(false)) return owner.uid == pod.metadata.uid;
    return false;
}

bool names_claim(const api::Pod& pod, const PVC& claim, bool ephemeral_too) {
    if (pod.metadata.ns != claim.metadata.ns) return false;
    for (const api::Volume& v : pod.spec.volumes) {
        if (v.persistentVolumeClaim && v.persistentVolumeClaim->claimName == claim.metadata.name)
            return true;
        if (ephemeral_too && v.ephemeral &&
            pod.metadata.name.str() + "-" + v.name.str() == claim.metadata.name.view() &&
            belongs_to(claim, pod))
            return true;
    }
    return false;
}

// The kubelet has unmounted everything, or somebody forced the deletion.
bool is_shut_down(const api::Pod& pod) {
    return pod.metadata.terminating() && pod.metadata.deletionGracePeriodSeconds == std::int64_t{0};
}

constexpr std::string_view kUnused = "Unused";

const api::Condition* find_condition(const PVC& claim) {
    for (const api::Condition& c : claim.status.conditions)
        if (c.type == kUnused) return &c;
    return nullptr;
}

// The claim with its condition Unused as it ought to be; nothing where it is.
std::optional<PVC> with_use_told(const PVC& claim, bool used, api::Timestamp now) {
    const api::Condition* told = find_condition(claim);
    const bool says_unused = told && told->status == "True";
    if (told && used != says_unused) return std::nullopt;
    api::Condition c;
    c.type = kUnused;
    c.status = used ? "False" : "True";
    c.reason = used ? "PodUsingPVC" : "NoPodsUsingPVC";
    c.message = used ? "A pod is currently referencing this PVC"
                     : "No pods are currently referencing this PVC";
    c.lastTransitionTime = now;
    PVC next = claim;
    erase_if(next.status.conditions, [](const api::Condition& x) { return x.type == kUnused; });
    next.status.conditions.push_back(std::move(c));
    return next;
}

}  // namespace

bool keeps_from_deletion(const api::Pod& pod, const PVC& claim) {
    return !pod.spec.nodeName.empty() && names_claim(pod, claim, !is_shut_down(pod));
}

bool counts_as_user(const api::Pod& pod, const PVC& claim) {
    return !is_terminated(pod) && names_claim(pod, claim, true);
}

PvcProtection::PvcProtection(control::Process& process, control::Client& client)
    : process_(process),
      client_(client),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      pods_(process.informer(api::Kind::Pod)),
      queue_(process.engine(), process.journal(), "pvc-protection-controller"),
      namespaces_(process.engine()) {
    claims_.add_handler(
        [this](const api::ObjectRef&, const api::ObjectRef& after) { on_claim(after); });
    process.informer(api::Kind::Pod)
        .add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            on_pod(before, after);
        });
}

bool PvcProtection::tells_use() const {
    return process_.server().profile().on(Gate::PersistentVolumeClaimUnusedSinceTime);
}

void PvcProtection::on_claim(const api::ObjectRef& after) {
    if (!after) return;
    const bool untold = tells_use() && !find_condition(static_cast<const PVC&>(*after));
    if (untold || lacks_finalizer(after->metadata, kPVCProtection) ||
        waits_for_removal(after->metadata, kPVCProtection))
        queue_.add(after->key());
}

void PvcProtection::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto old = api::as<api::Pod>(before);
    const auto now = api::as<api::Pod>(after);
    if (now) enqueue_claims_of(*now, false);
    // A deletion, or one that hides behind an update: another pod has taken the name.
    if (old && (!now || old->metadata.uid != now->metadata.uid)) enqueue_claims_of(*old, true);
}

// A pod that runs on its node cannot let a claim go.
void PvcProtection::enqueue_claims_of(const api::Pod& pod, bool deleted) {
    if (!tells_use() && !deleted && !is_terminated(pod) && !pod.spec.nodeName.empty()) return;
    for (const api::Key& claim : claims_of(pod)) queue_.add(claim);
}

void PvcProtection::start() {
    if (!process_.server().profile().pvc_protection_batches) {
        process_.spawn_worker(
            queue_, [this](control::WorkQueue::Item item) { return work(std::move(item)); });
        return;
    }
    process_.spawn("pvc-protection-controller gatherer", gather());
    process_.spawn("pvc-protection-controller worker", work_on_batches());
}

sim::Task<api::Status> PvcProtection::work(control::WorkQueue::Item item) {
    LivePods live;
    auto syncing = sync_and_requeue(item.key, live);
    api::Status result = co_await std::move(syncing);
    co_return result;
}

sim::Task<void> PvcProtection::gather() {
    for (;;) {
        auto next = queue_.next();
        control::WorkQueue::Item item = co_await std::move(next);
        const api::Text ns = item.key.ns;
        Batch& batch = batches_[ns];
        if (batch.empty()) namespaces_.post(ns);
        batch.push_back(std::move(item));
    }
}

sim::Task<void> PvcProtection::work_on_batches() {
    for (;;) {
        api::Text ns = co_await namespaces_.receive(kind_of(Wait::WorkQueue),
                                                    "a namespace with claims to look at");
        const auto taken = batches_.extract(ns);
        LivePods live;
        for (const control::WorkQueue::Item& item : taken.mapped()) {
            process_.journal().link(Link{engine_event(), item.parent, Wait::WorkQueue});
            Synced told;
            told.controller = name();
            told.key = item.key;
            told.added = item.added;
            told.started = process_.engine().now();
            auto syncing = sync_and_requeue(item.key, live);
            api::Status result = co_await std::move(syncing);
            told.failed = !result.ok();
            told.error = result.message;
            queue_.done(item.key);
            process_.journal().emit(Stamp{process_.engine().now(), engine_event()}, told);
        }
    }
}

std::uint64_t PvcProtection::engine_event() const { return process_.engine().current().seq; }

sim::Task<api::Status> PvcProtection::sync_and_requeue(api::Key key, LivePods& live) {
    auto syncing = sync(key, live);
    api::Status result = co_await std::move(syncing);
    if (result.ok()) {
        queue_.forget(key);
    } else {
        queue_.add_rate_limited(key);
    }
    co_return result;
}

sim::Task<api::Status> PvcProtection::sync(api::Key key, LivePods& live) {
    const api::Ref<PVC> claim = claims_.get<PVC>(key);
    if (!claim) co_return api::Status();
    if (tells_use() && !claim->metadata.terminating()) {
        auto telling = tell_use(claim, live);
        api::Status told = co_await std::move(telling);
        if (!told.ok()) co_return told;
    }
    if (waits_for_removal(claim->metadata, kPVCProtection)) {
        auto asking = is_used(claim, keeps_from_deletion, live);
        api::Result<bool> used = co_await std::move(asking);
        if (!used) co_return used.error();
        if (*used) co_return api::Status();  // the pod's deletion comes back here
        auto saving = save(without_finalizer(*claim, kPVCProtection), api::Subresource::None);
        api::Status result = co_await std::move(saving);
        co_return result;
    }
    if (!lacks_finalizer(claim->metadata, kPVCProtection)) co_return api::Status();
    auto saving = save(with_finalizer(*claim, kPVCProtection), api::Subresource::None);
    api::Status result = co_await std::move(saving);
    co_return result;
}

sim::Task<api::Result<bool>> PvcProtection::is_used(api::Ref<PVC> claim, Uses uses,
                                                    LivePods& live) {
    for (const api::Ref<api::Pod>& pod : pods_.of(claim->key()))
        if (uses(*pod, *claim)) co_return true;
    if (!process_.server().profile().on(Guard::LivePodsLookup)) co_return false;
    // The informer may not have heard of a pod yet: only the server's no is a no.
    if (!live.pods) {
        auto listing = client_.list(api::Kind::Pod, claim->metadata.ns);
        api::Response answer = co_await std::move(listing);
        if (!answer.status.ok())
            co_return api::Status(500, api::Reason::InternalError,
                                  "live list of pods failed: " + answer.status.message.str());
        live.pods = std::move(answer.items);
    }
    for (const api::ObjectRef& o : *live.pods)
        if (const auto pod = api::as<api::Pod>(o); pod && uses(*pod, *claim)) co_return true;
    co_return false;
}

sim::Task<api::Status> PvcProtection::tell_use(api::Ref<PVC> claim, LivePods& live) {
    auto asking = is_used(claim, counts_as_user, live);
    api::Result<bool> used = co_await std::move(asking);
    if (!used) co_return used.error();
    std::optional<PVC> next = with_use_told(*claim, *used, process_.server().wall_clock());
    if (!next) co_return api::Status();
    auto saving = save(std::move(*next), api::Subresource::Status);
    api::Status result = co_await std::move(saving);
    co_return result;
}

sim::Task<api::Status> PvcProtection::save(PVC next, api::Subresource part) {
    auto saving = client_.update<PVC>(std::move(next), part);
    api::Result<api::Ref<PVC>> saved = co_await std::move(saving);
    co_return saved.ok() ? api::Status() : saved.error();
}

std::string PvcProtection::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::PersistentVolumeClaim) return {};
    const api::Ref<PVC> claim = claims_.get<PVC>(key);
    if (!claim || !waits_for_removal(claim->metadata, kPVCProtection)) return {};
    for (const api::Ref<api::Pod>& pod : pods_.of(key))
        if (keeps_from_deletion(*pod, *claim))
            return "being deleted; kept until pod " + pod->key().to_string() + " is deleted";
    if (const sim::Time due = queue_.due(key); due != sim::kNever)
        return "being deleted; its protection is tried to be taken away again at " +
               sim::seconds_text(due) + "s";
    return "being deleted; its protection is being taken away";
}

}  // namespace model::volume
