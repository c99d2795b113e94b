// A volume that the driver has made becomes an object; if that fails it is tried again in the
// background for as long as the process lives. Counterpart: volume_store.go (queueStore).
#include "model/api/constants.hpp"
#include "model/sidecar/provision_controller.hpp"

namespace model::sidecar {

namespace {

api::ObjectReference reference_to(const PVC& claim) {
    api::ObjectReference ref;
    ref.apiVersion = "v1";
    ref.kind = "PersistentVolumeClaim";
    ref.ns = claim.metadata.ns;
    ref.name = claim.metadata.name;
    ref.uid = claim.metadata.uid;
    ref.resourceVersion = std::to_string(claim.metadata.resourceVersion);
    return ref;
}

}  // namespace

sim::Task<void> ProvisionController::save(api::Ref<PVC> claim, api::Text class_name,
                                          api::Text provisioner, PV volume) {
    volume.spec.claimRef = reference_to(*claim);
    if (adds_finalizer_)
        volume.metadata.finalizers.emplace_back(api::finalizer::kExternalProvisioner);
    volume.metadata.annotations.set(api::annotation::kProvisionedBy, provisioner);
    volume.spec.storageClassName = class_name;
    const api::Ref<PV> made = api::freeze(std::move(volume));
    auto creating = create_volume(made);
    const api::Status saved = co_await std::move(creating);
    if (saved.ok()) co_return;
    unsaved_[made->metadata.name] = made;
    unsaved_queue_.add(made->key());
}

sim::Task<api::Status> ProvisionController::create_volume(api::Ref<PV> volume) {
    auto creating = client_.create<PV>(PV(*volume));
    const api::Result<api::Ref<PV>> created = co_await std::move(creating);
    if (!created && !created.error().is(api::Reason::AlreadyExists))
        co_return failed("error saving volume " + volume->metadata.name.str() + ": " +
                         created.error().message.str());
    const auto claim = claims_.find(volume->spec.claimRef->uid);
    if (claim != claims_.end())
        recorder_.record(*claim->second, control::EventType::Normal, "ProvisioningSucceeded",
                         "Successfully provisioned volume " + volume->metadata.name.str());
    co_return api::Status();
}

sim::Task<api::Status> ProvisionController::work_on_unsaved(Item item) {
    const auto found = unsaved_.find(item.key.name);
    if (found == unsaved_.end()) co_return api::Status();
    const api::Ref<PV> volume = found->second;
    auto creating = create_volume(volume);
    api::Status saved = co_await std::move(creating);
    if (saved.ok()) {
        unsaved_.erase(item.key.name);
        unsaved_queue_.forget(item.key);
    } else {
        unsaved_queue_.add_rate_limited(item.key);
    }
    co_return saved;
}

}  // namespace model::sidecar
