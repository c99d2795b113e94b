// Queues, private stores and the resync of the PersistentVolume controller. Counterpart:
// pv_controller_base.go.
#include "model/volume/persistent_volume_controller.hpp"

#include <algorithm>

namespace model::volume {

PersistentVolumeController::PersistentVolumeController(control::Process& process,
                                                       control::Client& client,
                                                       control::EventRecorder& recorder,
                                                       InTreePlugins& plugins,
                                                       PersistentVolumeControllerOptions options)
    : process_(process),
      client_(client),
      recorder_(recorder),
      plugins_(plugins),
      options_(std::move(options)),
      volume_informer_(process.informer(api::Kind::PersistentVolume)),
      claim_informer_(process.informer(api::Kind::PersistentVolumeClaim)),
      class_informer_(process.informer(api::Kind::StorageClass)),
      node_informer_(process.informer(api::Kind::Node)),
      pods_(process.informer(api::Kind::Pod)),
      claim_queue_(process.engine(), process.journal(), "persistent-volume-binder/claims"),
      volume_queue_(process.engine(), process.journal(), "persistent-volume-binder/volumes"),
      any_restless_(process.engine()) {
    volume_informer_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        volume_queue_.add(after ? after->key() : before->key());
    });
    claim_informer_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        claim_queue_.add(after ? after->key() : before->key());
    });
}

void PersistentVolumeController::start() {
    volume_informer_.for_each([this](const api::ObjectRef& o) { store(api::as<PV>(o)); });
    claim_informer_.for_each([this](const api::ObjectRef& o) { store(api::as<PVC>(o)); });
    first_tick_ = engine().now() + options_.first_resync;
    process_.spawn("persistent-volume-binder resync", resync_loop());
    process_.spawn_worker(volume_queue_, [this](control::WorkQueue::Item item) {
        return work_on_volume(std::move(item));
    });
    process_.spawn_worker(claim_queue_, [this](control::WorkQueue::Item item) {
        return work_on_claim(std::move(item));
    });
}

sim::Task<api::Status> PersistentVolumeController::work_on_claim(control::WorkQueue::Item item) {
    const api::Ref<PVC> claim = claim_informer_.get<PVC>(item.key);
    Status result;
    if (!claim) {
        forget_claim(item.key);
    } else if (store(claim)) {
        // A version older than one's own last write is not looked at: the newer one is on its way.
        Pass pass;
        restless_claims_.begin(item.key);
        auto syncing = sync_claim(claim, pass);
        result = co_await std::move(syncing);
        restless_claims_.end(item.key, pass, result.message);
    } else {
        restless_claims_.put_back(item.key);
    }
    requeue_or_forget(claim_queue_, item.key, result);
    co_return result;
}

sim::Task<api::Status> PersistentVolumeController::work_on_volume(control::WorkQueue::Item item) {
    const api::Ref<PV> volume = volume_informer_.get<PV>(item.key);
    Status result;
    if (!volume) {
        forget_volume(item.key);
    } else if (store(volume)) {
        Pass pass;
        restless_volumes_.begin(item.key);
        auto syncing = sync_volume(volume, pass);
        result = co_await std::move(syncing);
        restless_volumes_.end(item.key, pass, result.message);
    } else {
        restless_volumes_.put_back(item.key);
    }
    requeue_or_forget(volume_queue_, item.key, result);
    co_return result;
}

// Up to 1.35 an error was only logged: the key waits for its next event or resync.
void PersistentVolumeController::requeue_or_forget(control::WorkQueue& queue, const api::Key& key,
                                                   const Status& result) {
    if (!restless_claims_.empty() || !restless_volumes_.empty()) any_restless_.open();
    if (result.ok()) {
        queue.forget(key);
    } else if (options_.profile.binder_requeues_on_error) {
        queue.add_rate_limited(key);
    }
}

bool PersistentVolumeController::store(const api::Ref<PVC>& claim) {
    const api::Ref<PVC> mine = claims_.get(claim->key());
    if (mine == claim) return true;
    if (mine && mine->metadata.resourceVersion > claim->metadata.resourceVersion) return false;
    claims_.put(claim);
    if (mine && mine->metadata.resourceVersion == claim->metadata.resourceVersion) return true;
    for (const api::Ref<PV>& volume : volumes_.reserved_for(claim->key()))
        mark_volume(volume->metadata.name);
    if (!claim->spec.volumeName.empty()) mark_volume(claim->spec.volumeName);
    return true;
}

bool PersistentVolumeController::store(const api::Ref<PV>& volume) {
    const api::Ref<PV> mine = volumes_.get(volume->metadata.name);
    if (mine == volume) return true;
    if (mine && mine->metadata.resourceVersion > volume->metadata.resourceVersion) return false;
    volumes_.put(volume);
    if (mine && mine->metadata.resourceVersion == volume->metadata.resourceVersion) return true;
    for (const api::Key& key : claims_.naming(volume->metadata.name)) mark_claim(key);
    if (volume->spec.claimRef) mark_claim(claim_key(*volume->spec.claimRef));
    if (mine && mine->spec.claimRef) mark_claim(claim_key(*mine->spec.claimRef));
    return true;
}

// The claim is gone: its volume is looked at now, so that it need not wait for the resync to be
// released.
void PersistentVolumeController::forget_claim(const api::Key& key) {
    const api::Ref<PVC> mine = claims_.get(key);
    restless_claims_.forget(key);
    if (!mine) return;  // seen already
    claims_.erase(key);
    for (const api::Ref<PV>& volume : volumes_.reserved_for(key))
        mark_volume(volume->metadata.name);
    if (!mine->spec.volumeName.empty())
        volume_queue_.add(api::Key(api::Text(), mine->spec.volumeName));
}

// The volume is gone: its claim is looked at now and becomes Lost.
void PersistentVolumeController::forget_volume(const api::Key& key) {
    const api::Ref<PV> mine = volumes_.get(key.name);
    restless_volumes_.forget(key);
    if (!mine) return;
    volumes_.erase(key.name);
    for (const api::Key& claim : claims_.naming(key.name)) mark_claim(claim);
    if (mine->spec.claimRef) claim_queue_.add(claim_key(*mine->spec.claimRef));
}

void PersistentVolumeController::mark_claim(const api::Key& key) {
    if (!claims_.get(key)) return;
    restless_claims_.mark(key);
    any_restless_.open();
}

void PersistentVolumeController::mark_volume(const api::Text& name) {
    if (!volumes_.get(name)) return;
    restless_volumes_.mark(api::Key(api::Text(), name));
    any_restless_.open();
}

void PersistentVolumeController::enqueue_restless(RestlessKeys& keys,
                                                  const control::Informer& informer,
                                                  control::WorkQueue& queue) {
    for (const api::Key& key : keys.take_unqueued()) {
        if (informer.get(key)) {
            queue.add(key);
        } else {
            keys.put_back(key);
        }
    }
}

// Claims first, then volumes. A key that the informer does not know is not enqueued; its event is
// on the way.
void PersistentVolumeController::resync() {
    if (options_.true_grid) {
        claim_informer_.for_each([this](const api::ObjectRef& o) { claim_queue_.add(o->key()); });
        volume_informer_.for_each([this](const api::ObjectRef& o) { volume_queue_.add(o->key()); });
        return;
    }
    enqueue_restless(restless_claims_, claim_informer_, claim_queue_);
    enqueue_restless(restless_volumes_, volume_informer_, volume_queue_);
}

// The first instant of the grid that is still to come.
sim::Time PersistentVolumeController::next_tick() const {
    const sim::Time now = engine().now();
    sim::Time tick = first_tick_;
    if (now > tick) {
        const auto passed =
            (now - tick + options_.sync_period - sim::Duration(1)) / options_.sync_period;
        tick += passed * options_.sync_period;
    }
    if (last_tick_ && tick <= *last_tick_) tick = *last_tick_ + options_.sync_period;
    return tick;
}

sim::Task<void> PersistentVolumeController::resync_loop() {
    for (;;) {
        if (!options_.true_grid && restless_claims_.empty() && restless_volumes_.empty()) {
            any_restless_.close();
            co_await any_restless_.wait(kind_of(Wait::Resync), "a key that is not clean");
        }
        const sim::Time tick = next_tick();
        co_await engine().sleep_until(tick, kind_of(Wait::Resync));
        last_tick_ = tick;
        resync();
    }
}

void PersistentVolumeController::say(const api::Object& about, control::EventType type,
                                     std::string_view reason, std::string message, Pass& pass) {
    pass.spoke = true;
    recorder_.record(about, type, reason, std::move(message));
}

void PersistentVolumeController::schedule(const std::string& operation,
                                          std::function<sim::Task<Status>()> make, Pass& pass) {
    pass.hung = true;
    pass.operation = operation;
    if (options_.before_operation) options_.before_operation(operation);
    // Dropped, not put off: the next sync asks again.
    if (!operations_.may_start(operation, engine().now())) return;
    operations_.started(operation);
    process_.spawn("persistent-volume-binder " + operation, run_operation(operation, make()));
}

sim::Task<void> PersistentVolumeController::run_operation(std::string operation,
                                                          sim::Task<Status> work) {
    sim::Task<Status> running = std::move(work);
    Status result = co_await std::move(running);
    operations_.ended(operation, result.ok(), engine().now());
}

MatchOptions PersistentVolumeController::match_options(bool delay_binding) const {
    return MatchOptions(delay_binding, attributes_classes());
}

// What is repeated or retried at the next tick, and failed keys that come back by themselves.
sim::Time PersistentVolumeController::next_action() const {
    sim::Time next = sim::kNever;
    if (!restless_claims_.empty() || !restless_volumes_.empty()) next = next_tick();
    restless_claims_.entries().for_each(
        [&](const api::Key& key, const auto&) { next = std::min(next, claim_queue_.due(key)); });
    restless_volumes_.entries().for_each(
        [&](const api::Key& key, const auto&) { next = std::min(next, volume_queue_.due(key)); });
    return next;
}

bool PersistentVolumeController::repeats_only() const {
    bool repeats = true;
    for (const RestlessKeys* keys : {&restless_claims_, &restless_volumes_})
        keys->entries().for_each([&](const api::Key&, const RestlessKeys::Entry& entry) {
            repeats = repeats && entry.why == RestlessKeys::Why::Repeats &&
                      (entry.operation.empty() || !operations_.backoff(entry.operation));
        });
    return repeats;
}

}  // namespace model::volume
