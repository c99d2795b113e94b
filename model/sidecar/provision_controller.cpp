// Claims: syncClaim, provisionClaimOperation and what follows a failure.
#include "model/sidecar/provision_controller.hpp"

#include "model/api/constants.hpp"
#include "model/volume/binding.hpp"

namespace model::sidecar {

using control::EventType;
using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kResync = 15min;  // DefaultResyncPeriod
constexpr int kSavers = 4;                // DefaultThreadiness of the volume store

api::Key key_of(const api::Text& uid) { return api::Key(api::Text(), uid); }

control::BackoffLimits backoff(const ProvisionerOptions& o) {
    control::BackoffLimits limits(o.retry_start, o.retry_max);
    limits.shares_bucket = false;
    return limits;
}

// ", CreateVolume pvc-1 is in flight since 1.500s, given up at 11.500s"
std::string words_of(const std::vector<csi::CallInFlight>& calls) {
    std::string text;
    for (const csi::CallInFlight& call : calls) {
        text += ", " + std::string(to_string(call.method)) + " " + call.subject.str() +
                " is in flight since " + sim::seconds_text(call.started) + "s";
        text += call.deadline ? ", given up at " + sim::seconds_text(*call.deadline) + "s"
                              : ", and nobody waits for it any more";
    }
    return text;
}

// ", failed 2 times, tried again at 4.250s"; "" where it has not failed.
std::string tries(const control::WorkQueue& queue, const api::Key& key) {
    const int failures = queue.failures(key);
    if (failures == 0) return "";
    std::string text =
        ", failed " + std::to_string(failures) + (failures == 1 ? " time" : " times");
    if (queue.due(key) != sim::kNever)
        text += ", tried again at " + sim::seconds_text(queue.due(key)) + "s";
    return text;
}

}  // namespace

ProvisionController::ProvisionController(control::Process& process, control::Client& client,
                                         control::EventRecorder& recorder,
                                         CsiProvisioner& provisioner, ProvisionerOptions options,
                                         const Profile& profile)
    : process_(process),
      client_(client),
      recorder_(recorder),
      provisioner_(provisioner),
      options_(std::move(options)),
      name_(process.name()),
      adds_finalizer_(profile.on(Gate::HonorPVReclaimPolicy)),
      slows_infeasible_(profile.provisioner_slows_infeasible),
      claim_informer_(process.informer(api::Kind::PersistentVolumeClaim)),
      volume_informer_(process.informer(api::Kind::PersistentVolume)),
      class_informer_(process.informer(api::Kind::StorageClass)),
      claim_queue_(process.engine(), process.journal(), "csi-provisioner/claims",
                   backoff(options_)),
      volume_queue_(process.engine(), process.journal(), "csi-provisioner/volumes",
                    backoff(options_)),
      unsaved_queue_(process.engine(), process.journal(), "csi-provisioner/unsavedpvs"),
      any_failing_(process.engine()) {
    claim_informer_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_claim(before, after);
    });
    volume_informer_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_volume(before, after);
    });
}

void ProvisionController::start() {
    const auto threads = static_cast<std::size_t>(options_.worker_threads);
    first_resync_ = process_.engine().now() + kResync;
    process_.spawn_workers(claim_queue_, threads,
                           [this](Item item) { return work_on_claim(std::move(item)); });
    process_.spawn_workers(volume_queue_, threads,
                           [this](Item item) { return work_on_volume(std::move(item)); });
    process_.spawn_workers(unsaved_queue_, kSavers,
                           [this](Item item) { return work_on_unsaved(std::move(item)); });
    if (options_.requeues_failed) process_.spawn(name_ + " resync", resync());
}

// A claim that is gone is not queued: if the driver works for it, its key waits for a retry anyway.
void ProvisionController::on_claim(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (before && (!after || before->metadata.uid != after->metadata.uid))
        claims_.erase(before->metadata.uid);
    if (!after) return;
    claims_[after->metadata.uid] = api::as<PVC>(after);
    const api::Key key = key_of(after->metadata.uid);
    if (options_.requeues_failed || claim_queue_.failures(key) == 0) claim_queue_.add(key);
}

api::Ref<PVC> ProvisionController::find_claim(const api::Text& uid) const {
    if (const auto known = claims_.find(uid); known != claims_.end()) return known->second;
    const auto kept = in_progress_.find(uid);
    return kept == in_progress_.end() ? api::Ref<PVC>() : kept->second;
}

sim::Task<api::Status> ProvisionController::work_on_claim(Item item) {
    const api::Ref<PVC> claim = find_claim(item.key.name);
    api::Status result;
    if (claim) {
        auto syncing = sync_claim(claim);
        result = co_await std::move(syncing);
    }
    if (result.ok()) in_progress_.erase(item.key.name);
    ended(claim_queue_, failing_claims_, item.key, result);
    co_return result;
}

void ProvisionController::ended(control::WorkQueue& queue, std::set<api::Key>& failing,
                                const api::Key& key, const api::Status& result) {
    if (result.ok()) {
        failing.erase(key);
        queue.forget(key);
    } else {
        failing.insert(key);
        queue.add_rate_limited(key);
        any_failing_.open();
    }
}

sim::Task<api::Status> ProvisionController::sync_claim(api::Ref<PVC> claim) {
    if (is_held_back(*claim))
        co_return failed("skipping volume provisioning for pvc " + claim->metadata.uid.str() +
                         ", because provisioning previously failed with infeasible error");
    const api::Result<bool> should = should_provision(*claim);
    if (!should) co_return should.error();
    if (!*should) co_return api::Status();
    const sim::Time began = process_.engine().now();
    bool stopped = false;
    auto provisioning = provision(claim, stopped);
    api::Status result = co_await std::move(provisioning);
    measure_claim(*claim, result.ok() && !stopped, process_.engine().now() - began);
    co_return result;
}

// A claim that needs no volume any more counts as a failure, as upstream has it.
void ProvisionController::measure_claim(const PVC& claim, bool succeeded, sim::Duration took) {
    Meter* meter = process_.journal().meter();
    if (!meter) return;
    const std::string_view cls =
        claim.spec.storageClassName ? claim.spec.storageClassName->view() : std::string_view();
    const std::string_view source =
        claim.spec.dataSource ? claim.spec.dataSource->kind.view() : std::string_view();
    if (!succeeded)
        return meter->count("controller_persistentvolumeclaim_provision_failed_total",
                            {{"class", cls}, {"source", source}});
    meter->observe("controller_persistentvolumeclaim_provision_duration_seconds",
                   {{"class", cls}, {"source", source}}, took);
    meter->count("controller_persistentvolumeclaim_provision_total",
                 {{"class", cls}, {"source", source}});
}

bool ProvisionController::is_held_back(const PVC& claim) {
    const api::Ref<api::StorageClass> cls = class_of(claim);
    return cls && slow_.holds(claim.metadata.uid, cls->metadata.uid, process_.engine().now());
}

api::Ref<api::StorageClass> ProvisionController::class_of(const PVC& claim) const {
    return class_informer_.get<api::StorageClass>(
        api::Key(api::Text(), volume::storage_class_of(claim)));
}

api::Result<bool> ProvisionController::should_provision(const PVC& claim) const {
    if (!claim.spec.volumeName.empty() || !provisioner_.is_for_this_driver(claim)) return false;
    const api::Ref<api::StorageClass> cls = class_of(claim);
    if (!cls)
        return failed("storageclass.storage.k8s.io \"" +
                      std::string(volume::storage_class_of(claim)) + "\" not found");
    const bool waits =
        cls->volumeBindingMode && *cls->volumeBindingMode == api::mode::kWaitForFirstConsumer;
    return !waits || !claim.metadata.annotations.get(api::annotation::kSelectedNode).empty();
}

sim::Task<api::Status> ProvisionController::provision(api::Ref<PVC> claim, bool& stopped) {
    const api::Text uid = claim->metadata.uid;
    // The name is made from the claim alone, whatever prefix the options ask for.
    const api::Key existing(api::Text(), "pvc-" + uid.str());
    const api::Ref<api::StorageClass> cls = class_of(*claim);
    if (volume_informer_.get(existing)) {
        stopped = true;
        in_progress_.erase(uid);
        co_return api::Status();
    }
    if (!cls) co_return failed("the StorageClass is gone");
    if (!provisioner_.knows(cls->provisioner)) {
        stopped = true;
        in_progress_.erase(uid);
        co_return api::Status();
    }
    recorder_.record(*claim, EventType::Normal, "Provisioning",
                     "External provisioner is provisioning volume for claim \"" +
                         claim->key().to_string() + "\"");
    std::string node(claim->metadata.annotations.get(api::annotation::kSelectedNode));
    auto provisioning = provisioner_.provision(claim, cls, std::move(node));
    Provisioned made = co_await std::move(provisioning);
    if (!made.volume) {
        stopped = made.ignored;
        auto settling = settle_failure(claim, std::move(made));
        api::Status result = co_await std::move(settling);
        co_return result;
    }
    in_progress_.erase(uid);
    auto saving =
        save(claim, volume::storage_class_of(*claim), cls->provisioner, std::move(*made.volume));
    co_await std::move(saving);
    co_return api::Status();
}

// What becomes of a claim for which there is no volume. OK: it is left alone until it changes.
sim::Task<api::Status> ProvisionController::settle_failure(api::Ref<PVC> claim, Provisioned made) {
    const api::Text uid = claim->metadata.uid;
    if (made.ignored) {
        in_progress_.erase(uid);
        co_return api::Status();
    }
    const std::string class_name(volume::storage_class_of(*claim));
    if (made.infeasible && slows_infeasible_) {
        const api::Ref<api::StorageClass> cls = class_of(*claim);
        if (cls) slow_.add(uid, cls->metadata.uid, process_.engine().now());
        recorder_.record(*claim, EventType::Warning, "ProvisioningFailed",
                         "Volume provisioning failed with infeasible error. Retries will be "
                         "delayed. " +
                             made.error);
        in_progress_.erase(uid);
        co_return failed(made.error);
    }
    recorder_.record(
        *claim, EventType::Warning, "ProvisioningFailed",
        "failed to provision volume with StorageClass \"" + class_name + "\": " + made.error);
    if (made.state == ProvisionState::Reschedule) {
        made.state = ProvisionState::Finished;
        if (claim->metadata.annotations.contains(api::annotation::kSelectedNode)) {
            auto giving_back = give_node_back(claim);
            const api::Status given = co_await std::move(giving_back);
            in_progress_.erase(uid);
            co_return given;
        }
    }
    if (made.state == ProvisionState::Finished) in_progress_.erase(uid);
    if (made.state == ProvisionState::InBackground) in_progress_[uid] = claim;
    co_return failed(made.error);
}

// Tells the scheduler to choose again. The cache is changed too, so that the next sync does not
// work for the old node.
sim::Task<api::Status> ProvisionController::give_node_back(api::Ref<PVC> claim) {
    PVC next = *claim;
    next.metadata.annotations.erase(api::annotation::kSelectedNode);
    const api::Ref<PVC> sent = api::freeze(PVC(next));
    auto saving = client_.update<PVC>(std::move(next));
    const api::Result<api::Ref<PVC>> saved = co_await std::move(saving);
    if (!saved)
        co_return failed("delete annotation 'annSelectedNode' for PersistentVolumeClaim \"" +
                         claim->key().to_string() + "\": " + saved.error().message.str());
    if (const auto known = claims_.find(claim->metadata.uid);
        known != claims_.end() && known->second == claim)
        known->second = sent;
    co_return api::Status();
}

sim::Task<void> ProvisionController::resync() {
    for (;;) {
        co_await any_failing_.wait(kind_of(Wait::Resync), "nothing fails");
        const sim::Duration since = process_.engine().now() - first_resync_;
        const sim::Duration over = since < 0ns ? since : since % kResync - kResync;
        co_await process_.engine().sleep_for(-over, kind_of(Wait::Resync));
        for (const api::Key& key : failing_claims_)
            if (claims_.contains(key.name)) claim_queue_.add(key);
        for (const api::Key& key : failing_volumes_) volume_queue_.add(key);
        if (failing_claims_.empty() && failing_volumes_.empty()) any_failing_.close();
    }
}

std::string ProvisionController::explain(api::Kind kind, const api::Key& key) const {
    std::string text;
    if (kind == api::Kind::PersistentVolumeClaim) {
        const api::Ref<PVC> claim = claim_informer_.get<PVC>(key);
        if (!claim) return {};
        const api::Text& uid = claim->metadata.uid;
        text = words_of(provisioner_.in_flight(*claim)) + tries(claim_queue_, key_of(uid));
        if (in_progress_.contains(uid)) text += ", the driver may still be working for it";
    } else if (kind == api::Kind::PersistentVolume) {
        const api::Ref<PV> volume = volume_informer_.get<PV>(key);
        if (!volume) return {};
        text = words_of(provisioner_.in_flight(*volume)) + tries(volume_queue_, key);
    }
    // Each part begins with a comma.
    return text.empty() ? text : name_ + ":" + text.substr(1);
}

// Retries go on for ever, so a claim that fails keeps the run from settling.
sim::Time ProvisionController::next_action() const {
    sim::Time next = sim::kNever;
    for (const api::Key& key : failing_claims_) next = std::min(next, claim_queue_.due(key));
    for (const api::Key& key : failing_volumes_) next = std::min(next, volume_queue_.due(key));
    return next;
}

}  // namespace model::sidecar
