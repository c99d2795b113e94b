// Released volumes: syncVolume, the finalizer that keeps a volume until its storage is gone, and
// the deletion. Counterpart: sig-storage-lib-external-provisioner controller.go.
#include <algorithm>

#include "model/api/constants.hpp"
#include "model/sidecar/provision_controller.hpp"

namespace model::sidecar {

namespace {

bool has_mine(const PV& volume) {
    return volume.metadata.has_finalizer(api::finalizer::kExternalProvisioner);
}

}  // namespace

void ProvisionController::on_volume(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (after) {
        const bool adds = options_.requeues_failed || volume_queue_.failures(after->key()) == 0;
        if (adds) volume_queue_.add(after->key());
        return;
    }
    volume_queue_.forget(before->key());
    failing_volumes_.erase(before->key());
}

sim::Task<api::Status> ProvisionController::work_on_volume(Item item) {
    const api::Ref<PV> volume = volume_informer_.get<PV>(item.key);
    api::Status result;
    if (volume) {
        auto syncing = sync_volume(volume);
        result = co_await std::move(syncing);
    }
    ended(volume_queue_, failing_volumes_, item.key, result);
    co_return result;
}

sim::Task<api::Status> ProvisionController::sync_volume(api::Ref<PV> volume) {
    if (!is_mine(*volume)) co_return api::Status();
    if (std::optional<api::List<api::Text>> finalizers = wanted_finalizers(*volume)) {
        auto setting = set_finalizers(volume, std::move(*finalizers));
        const api::Result<api::Ref<PV>> set = co_await std::move(setting);
        if (!set)
            co_return failed("failed to modify finalizers to " + set.error().message.str() +
                             " on volume " + volume->metadata.name.str());
        volume = *set;
    }
    if (!should_delete(*volume)) co_return api::Status();
    const sim::Time began = process_.engine().now();
    auto deleting = delete_volume(volume);
    api::Status result = co_await std::move(deleting);
    measure_deletion(*volume, result.ok(), process_.engine().now() - began);
    co_return result;
}

void ProvisionController::measure_deletion(const PV& volume, bool succeeded, sim::Duration took) {
    Meter* meter = process_.journal().meter();
    if (!meter) return;
    const std::string_view cls = volume.spec.storageClassName.view();
    if (!succeeded)
        return meter->count("controller_persistentvolume_delete_failed_total", {{"class", cls}});
    meter->observe("controller_persistentvolume_delete_duration_seconds", {{"class", cls}}, took);
    meter->count("controller_persistentvolume_delete_total", {{"class", cls}});
}

bool ProvisionController::is_mine(const PV& volume) const {
    const std::string& driver = provisioner_.capabilities().driver;
    const api::TextMap& annotations = volume.metadata.annotations;
    if (const api::Text* by = annotations.find(api::annotation::kProvisionedBy))
        return *by == driver || annotations.get(api::annotation::kMigratedTo) == driver;
    // One that nobody provisioned counts where its source names the driver.
    return adds_finalizer_ && volume.spec.source.csi && volume.spec.source.csi->driver == driver;
}

// Nothing where they are as they should be.
std::optional<api::List<api::Text>> ProvisionController::wanted_finalizers(const PV& volume) const {
    if (!adds_finalizer_) return std::nullopt;
    api::List<api::Text> finalizers = volume.metadata.finalizers;
    const bool deletes = volume.spec.persistentVolumeReclaimPolicy == api::policy::kDelete;
    if (deletes && !volume.metadata.terminating() && volume.status.phase == api::phase::kBound &&
        !has_mine(volume)) {
        finalizers.emplace_back(api::finalizer::kExternalProvisioner);
        return finalizers;
    }
    if (!deletes && has_mine(volume)) {
        erase_if(finalizers,
                 [](const api::Text& f) { return f == api::finalizer::kExternalProvisioner; });
        return finalizers;
    }
    return std::nullopt;
}

sim::Task<api::Result<api::Ref<PV>>> ProvisionController::set_finalizers(
    api::Ref<PV> volume, api::List<api::Text> finalizers) {
    // The difference of two versions as a strategic merge patch: the list's elements merge.
    api::Value list = api::Value::list();
    for (const api::Text& f : finalizers) list.push_back(api::Value(f));
    api::Value gone = api::Value::list();
    for (const api::Text& f : volume->metadata.finalizers)
        if (std::find(finalizers.begin(), finalizers.end(), f) == finalizers.end())
            gone.push_back(api::Value(f));
    api::Value body;
    if (gone.as_list().empty()) {
        body["metadata"]["finalizers"] = list;
    } else {
        body["metadata"]["$deleteFromPrimitiveList/finalizers"] = gone;
    }
    body["metadata"]["$setElementOrder/finalizers"] = list;
    auto patching = client_.patch<PV>(volume->key(), std::move(body), api::PatchType::Strategic);
    api::Result<api::Ref<PV>> patched = co_await std::move(patching);
    co_return patched;
}

bool ProvisionController::should_delete(const PV& volume) const {
    const bool is_gone_at_the_backend =
        volume.metadata.terminating() && !(adds_finalizer_ && has_mine(volume));
    return !is_gone_at_the_backend && volume.status.phase == api::phase::kReleased &&
           volume.spec.persistentVolumeReclaimPolicy == api::policy::kDelete;
}

// The storage first, the object second: a crash in between asks the driver again.
sim::Task<api::Status> ProvisionController::delete_volume(api::Ref<PV> volume) {
    auto removing_storage = provisioner_.remove(volume);
    const api::Status removed = co_await std::move(removing_storage);
    if (!removed.ok()) {
        recorder_.record(*volume, control::EventType::Warning, "VolumeFailedDelete",
                         removed.message.str());
        co_return removed;
    }
    auto removing =
        client_.remove(api::Kind::PersistentVolume, volume->key(), api::DeleteOptions());
    const api::Response answer = co_await std::move(removing);
    if (!answer.status.ok()) co_return answer.status;
    if (!adds_finalizer_) co_return api::Status();
    const api::Ref<PV> cached = volume_informer_.get<PV>(volume->key());
    if (!cached || !has_mine(*cached)) co_return api::Status();
    api::List<api::Text> finalizers = cached->metadata.finalizers;
    erase_if(finalizers,
             [](const api::Text& f) { return f == api::finalizer::kExternalProvisioner; });
    auto setting = set_finalizers(cached, std::move(finalizers));
    const api::Result<api::Ref<PV>> set = co_await std::move(setting);
    if (!set && !set.error().is(api::Reason::NotFound)) co_return set.error();
    co_return api::Status();
}

}  // namespace model::sidecar
