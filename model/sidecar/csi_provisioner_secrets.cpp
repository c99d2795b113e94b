// Secrets, the attributes class, and the deletion of a volume. Counterpart: external-provisioner
// controller.go getCredentials, handleSecretsForDeletion, canDeleteVolume, Delete.
#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/plain_objects.hpp"
#include "model/volume/csi_translation.hpp"

namespace model::sidecar {

namespace {

constexpr std::string_view kCaller = "csi-provisioner";
constexpr std::string_view kDeletionSecretName =
    "volume.kubernetes.io/provisioner-deletion-secret-name";
constexpr std::string_view kDeletionSecretNamespace =
    "volume.kubernetes.io/provisioner-deletion-secret-namespace";
constexpr std::string_view kModifySecretName = "volume.kubernetes.io/controller-modify-secret-name";
constexpr std::string_view kModifySecretNamespace =
    "volume.kubernetes.io/controller-modify-secret-namespace";

}  // namespace

sim::Task<api::Status> CsiProvisioner::add_secrets(api::Ref<PVC> claim,
                                                   api::Ref<api::StorageClass> cls,
                                                   Prepared& prepared) {
    using Reference = std::optional<api::SecretReference>;
    const std::string name = prepared.request.name.str();
    const auto find = [&](SecretUse use) {
        return secret_of(use, cls->parameters, name, claim.get());
    };
    const api::Result<Reference> own = find(SecretUse::Provision);
    if (!own) co_return own.error();
    if (*own) {
        auto reading = credentials(**own);
        api::Result<api::TextMap> secret = co_await std::move(reading);
        if (!secret) co_return secret.error();
        prepared.request.secrets = std::move(*secret);
    }
    api::CSIPersistentVolumeSource& source = *prepared.volume.spec.source.csi;
    const std::pair<SecretUse, Reference*> others[] = {
        {SecretUse::ControllerPublish, &source.controllerPublishSecretRef},
        {SecretUse::NodeStage, &source.nodeStageSecretRef},
        {SecretUse::NodePublish, &source.nodePublishSecretRef},
        {SecretUse::ControllerExpand, &source.controllerExpandSecretRef},
        {SecretUse::NodeExpand, &source.nodeExpandSecretRef},
    };
    for (const auto& other : others) {
        api::Result<Reference> found = find(other.first);
        if (!found) co_return found.error();
        *other.second = std::move(*found);
    }
    const api::Result<Reference> modify = find(SecretUse::ControllerModify);
    if (!modify) co_return modify.error();
    api::TextMap& annotations = prepared.volume.metadata.annotations;
    annotations.set(kDeletionSecretName, *own ? (*own)->name : api::Text());
    annotations.set(kDeletionSecretNamespace, *own ? (*own)->ns : api::Text());
    if (*modify) {
        annotations.set(kModifySecretName, (*modify)->name);
        annotations.set(kModifySecretNamespace, (*modify)->ns);
    }
    co_return api::Status();
}

sim::Task<api::Result<api::TextMap>> CsiProvisioner::credentials(api::SecretReference reference) {
    auto getting = get_secret(client_, api::Key(reference.ns, reference.name));
    api::Result<api::TextMap> found = co_await std::move(getting);
    if (!found)
        co_return failed("error getting secret " + reference.name.str() + " in namespace " +
                         reference.ns.str() + ": " + found.error().message.str());
    co_return found;
}

sim::Task<std::optional<Provisioned>> CsiProvisioner::add_attributes_class(
    api::Ref<PVC> claim, csi::CreateVolumeRequest& request) {
    const api::Text name = attributes_class_of(*claim);
    if (name.empty()) co_return std::nullopt;
    auto getting = get_plain(client_, "storage.k8s.io/v1", "VolumeAttributesClass",
                             api::Key(api::Text(), name));
    const api::Result<api::Value> found = co_await std::move(getting);
    if (!found) co_return Provisioned(ProvisionState::NoChange, found.error().message.str());
    const api::Value* driver = found->find("driverName");
    if (!driver || driver->as_string() != capabilities_.driver)
        co_return Provisioned(ProvisionState::Finished,
                              "VAC " + name.str() + " referenced in PVC is for driver " +
                                  (driver ? std::string(driver->as_string()) : std::string()) +
                                  " which does not match driver name " + capabilities_.driver);
    request.mutable_parameters = texts_of(found->find("parameters"));
    co_return std::nullopt;
}

sim::Task<api::Status> CsiProvisioner::remove(api::Ref<PV> volume) {
    auto removing = remove_storage(volume);
    const api::Status removed = co_await std::move(removing);
    if (watcher_ && removed.ok()) watcher_->removed(*volume);
    co_return removed;
}

sim::Task<api::Status> CsiProvisioner::remove_storage(api::Ref<PV> volume) {
    if (!volume::translated_driver_of(*volume).empty()) {
        api::Result<PV> translated = volume::volume_for_csi(*volume);
        if (!translated) co_return failed(translated.error().message.str());
        volume = api::freeze(std::move(*translated));
    }
    if (!volume->spec.source.csi) co_return failed("invalid CSI PV");
    if (std::string why = unsupported(); !why.empty()) co_return failed(why);
    csi::DeleteVolumeRequest request;
    request.volume_id = volume->spec.source.csi->volumeHandle;
    auto reading = secrets_for_deletion(volume);
    request.secrets = co_await std::move(reading);
    if (std::string why = why_attached(*volume); !why.empty()) co_return failed(why);
    auto calling = endpoint_.call(api::Text(kCaller), std::move(request), options_.timeout);
    const csi::CallResult<csi::Empty> answer = co_await std::move(calling);
    co_return answer.ok() ? api::Status() : failed(answer.status.text());
}

// A secret that is gone does not keep a volume from being deleted.
sim::Task<api::TextMap> CsiProvisioner::secrets_for_deletion(api::Ref<PV> volume) {
    const api::TextMap& annotations = volume->metadata.annotations;
    const api::Text* name = annotations.find(kDeletionSecretName);
    const api::Text* ns = annotations.find(kDeletionSecretNamespace);
    std::optional<api::SecretReference> reference;
    if (name && ns) {
        if (!name->empty() && !ns->empty()) {
            reference.emplace();
            reference->name = *name;
            reference->ns = *ns;
        }
    } else if (const auto cls = classes_.get<api::StorageClass>(
                   api::Key(api::Text(), volume->spec.storageClassName))) {
        auto found =
            secret_of(SecretUse::Provision, cls->parameters, volume->metadata.name.str(), nullptr);
        if (found) reference = *found;
    }
    if (!reference) co_return api::TextMap();
    auto reading = credentials(*reference);
    api::Result<api::TextMap> secret = co_await std::move(reading);
    co_return secret ? *secret : api::TextMap();
}

// By the cache: an attachment that it does not know of yet does not hold the deletion back.
std::string CsiProvisioner::why_attached(const PV& volume) const {
    std::string why;
    if (!attachments_) return why;
    attachments_->for_each([&](const api::ObjectRef& object) {
        const auto& attachment = static_cast<const api::VolumeAttachment&>(*object);
        const auto& name = attachment.spec.source.persistentVolumeName;
        if (why.empty() && name && *name == volume.metadata.name)
            why = "persistentvolume " + name->str() + " is still attached to node " +
                  attachment.spec.nodeName.str();
    });
    return why;
}

}  // namespace model::sidecar
