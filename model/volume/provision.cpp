// Getting a new volume made for a claim: by asking an external provisioner, or by an in-tree
// plugin. Counterpart: pv_controller.go provisionClaim, provisionClaimOperation,
// provisionClaimOperationExternal.
#include "model/volume/migration.hpp"
#include "model/volume/persistent_volume_controller.hpp"

namespace model::volume {

namespace {

using control::EventType;

std::string in_quotes(std::string_view s) { return "\"" + std::string(s) + "\""; }

std::string with_name(std::string text, std::string_view name) {
    constexpr std::string_view kPlace = "{provisioner}";
    const std::size_t at = text.find(kPlace);
    return at == std::string::npos ? text : text.replace(at, kPlace.size(), name);
}

// As Go prints a list of strings.
std::string printed(const api::List<api::Text>& items) {
    std::string text = "[";
    for (const api::Text& item : items) {
        if (text.size() > 1) text += " ";
        text += item.view();
    }
    return text + "]";
}

// The plugin's volume with all that the controller adds to it.
void finish_provisioned(PV& volume, const PVC& claim, std::string_view plugin, bool honors_policy) {
    if (volume.metadata.name.empty()) volume.metadata.name = "pvc-" + claim.metadata.uid.str();
    volume.spec.claimRef = bound_volume(volume, claim)->spec.claimRef;
    volume.status.phase = api::phase::kBound;
    volume.spec.storageClassName = storage_class_of(claim);
    volume.metadata.annotations.set(api::annotation::kBoundByController, "yes");
    volume.metadata.annotations.set(api::annotation::kProvisionedBy, plugin);
    if (honors_policy && volume.spec.persistentVolumeReclaimPolicy == api::policy::kDelete)
        volume.metadata.finalizers = {api::Text(api::finalizer::kPVController)};
}

}  // namespace

void PersistentVolumeController::provision(api::Ref<PVC> claim, Pass& pass) {
    if (!options_.dynamic_provisioning) return;
    const api::Text name = storage_class_of(*claim);
    const auto cls = class_informer_.get<api::StorageClass>(api::Key(api::Text(), name));
    std::string error;
    bool in_tree = false;
    if (!cls) {
        // The lister's look-up names the resource in the singular, unlike the server.
        error = "storageclass.storage.k8s.io " + in_quotes(name) + " not found";
    } else if (plugins_.csi_driver_of(cls->provisioner).empty()) {
        in_tree = plugins_.can_provision(cls->provisioner);
        if (!in_tree && cls->provisioner.view().starts_with("kubernetes.io/"))
            error = plugins_.not_found(cls->provisioner, "provisionable");
    }
    if (!error.empty()) {
        // No error for the queue, so no backoff: every sync tries again.
        say(*claim, EventType::Warning, "ProvisioningFailed", error, pass);
        return;
    }
    const std::string operation =
        "provision-" + claim->key().to_string() + "[" + claim->metadata.uid.str() + "]";
    schedule(
        operation,
        [this, claim, cls, in_tree] {
            return in_tree ? provision_in_tree(claim, cls) : ask_external_provisioner(claim, cls);
        },
        pass);
}

sim::Task<api::Status> PersistentVolumeController::ask_external_provisioner(
    api::Ref<PVC> claim, api::Ref<api::StorageClass> cls) {
    Pass pass;
    api::Text provisioner = cls->provisioner;
    if (const std::string_view driver = plugins_.csi_driver_of(provisioner); !driver.empty())
        provisioner = driver;
    if (std::optional<PVC> next = with_provisioner(*claim, provisioner, plugins_)) {
        auto saving = save_claim(api::freeze(std::move(*next)), api::Subresource::None, pass);
        ClaimResult saved = co_await std::move(saving);
        if (!saved) {
            if (options_.profile.binder_tells_save_errors)
                say(*claim, EventType::Warning, "ProvisioningFailed",
                    "Error saving claim: " + saved.error().message.str(), pass);
            co_return saved.error();
        }
        claim = *saved;
    }
    say(*claim, EventType::Normal, "ExternalProvisioning",
        with_name(options_.profile.external_provisioning_message, provisioner), pass);
    co_return Status();
}

// Why the plugin is not even asked, or "".
std::string PersistentVolumeController::why_no_provisioning(const PVC& claim,
                                                            const api::StorageClass& cls) const {
    if (!cls.mountOptions.empty())
        return "Mount options are not supported by the provisioner but StorageClass " +
               in_quotes(cls.metadata.name) + " has mount options " + printed(cls.mountOptions);
    if (const std::string error = plugins_.prepare_to_provision(claim); !error.empty())
        return "Failed to create provisioner: " + error;
    if (const api::Text* node = claim.metadata.annotations.find(api::annotation::kSelectedNode))
        if (!node_informer_.get(api::Key(api::Text(), *node)))
            return "Failed to get target node: node " + in_quotes(*node) + " not found";
    return "";
}

sim::Task<api::Status> PersistentVolumeController::provision_in_tree(
    api::Ref<PVC> claim, api::Ref<api::StorageClass> cls) {
    Pass pass;
    const api::Text plugin = cls->provisioner;
    if (claim->spec.dataSource) {
        const std::string text =
            "plugin " + in_quotes(plugin) +
            " is not a CSI plugin. Only CSI plugin can provision a claim with a datasource";
        say(*claim, EventType::Warning, "ProvisioningFailed", text, pass);
        co_return failure(text);
    }
    if (std::optional<PVC> next = with_provisioner(*claim, plugin, plugins_)) {
        auto saving = save_claim(api::freeze(std::move(*next)), api::Subresource::None, pass);
        ClaimResult saved = co_await std::move(saving);
        if (!saved) co_return saved.error();
        claim = *saved;
    }
    // The name is made from the claim's uid, so an earlier attempt that did succeed is found.
    PV volume;
    volume.metadata.name = "pvc-" + claim->metadata.uid.str();
    auto getting = client_.get<PV>(volume.key());
    VolumeResult existing = co_await std::move(getting);
    if (existing) co_return Status();
    if (!existing.error().is(api::Reason::NotFound)) co_return existing.error();

    if (const std::string why = why_no_provisioning(*claim, *cls); !why.empty()) {
        say(*claim, EventType::Warning, "ProvisioningFailed", why, pass);
        co_return failure(why);
    }
    const std::string error = plugins_.provision(*claim, *cls, &volume);
    if (!error.empty()) {
        auto giving_back = give_node_back(claim, pass);
        co_await std::move(giving_back);
        say(*claim, EventType::Warning, "ProvisioningFailed",
            "Failed to provision volume with StorageClass " + in_quotes(cls->metadata.name) + ": " +
                error,
            pass);
        co_return failure(error);
    }
    finish_provisioned(volume, *claim, plugin, honors_policy());
    auto saving = save_provisioned(claim, std::move(volume), plugin);
    Status result = co_await std::move(saving);
    co_return result;
}

// The storage is there; without an object nobody would ever find it again, so saving is tried
// several times.
sim::Task<api::Status> PersistentVolumeController::save_provisioned(api::Ref<PVC> claim, PV volume,
                                                                    api::Text plugin) {
    Pass pass;
    Status result = failure("not tried");
    for (int i = 0; i < options_.save_attempts; ++i) {
        auto creating = client_.create<PV>(PV(volume));
        VolumeResult created = co_await std::move(creating);
        result = created ? Status() : created.error();
        if (created) store(*created);
        if (created || result.is(api::Reason::AlreadyExists)) {
            result = Status();
            break;
        }
        co_await engine().sleep_for(options_.save_interval, kind_of(Wait::Backoff));
    }
    if (result.ok()) {
        say(*claim, EventType::Normal, "ProvisioningSucceeded",
            "Successfully provisioned volume " + volume.metadata.name.str() + " using " +
                plugin.str(),
            pass);
        co_return Status();
    }
    say(*claim, EventType::Warning, "ProvisioningFailed",
        "Error creating provisioned PV object for claim " + claim->key().to_string() + ": " +
            result.message.str() + ". Deleting the volume.",
        pass);
    auto cleaning = clean_up(claim, std::move(volume), pass);
    co_await std::move(cleaning);
    co_return Status();
}

sim::Task<void> PersistentVolumeController::clean_up(api::Ref<PVC> claim, PV volume, Pass& pass) {
    const api::Ref<PV> orphan = api::freeze(std::move(volume));
    const Deleter deleter = find_deleter(*orphan);
    Status result = deleter.error.empty() ? Status() : failure(deleter.error);
    // Up to 1.35 storage that could not be deleted was taken for an external deleter's business: it
    // was not tried again.
    const bool gives_up = !options_.profile.binder_finds_deleter_first;
    for (int i = 0; deleter.in_tree && i < options_.save_attempts; ++i) {
        bool deleted = false;
        auto deleting = delete_storage(orphan, pass, &deleted);
        result = co_await std::move(deleting);
        if (result.ok() || (gives_up && !deleted)) break;
        co_await engine().sleep_for(options_.save_interval, kind_of(Wait::Backoff));
    }
    if (!result.ok())
        say(*claim, EventType::Warning, "ProvisioningCleanupFailed",
            "Error cleaning provisioned volume for claim " + claim->key().to_string() + ": " +
                result.message.str() + ". Please delete manually.",
            pass);
}

// Tells the scheduler to choose again.
sim::Task<void> PersistentVolumeController::give_node_back(api::Ref<PVC> claim, Pass& pass) {
    if (!claim->metadata.annotations.contains(api::annotation::kSelectedNode)) co_return;
    PVC next = *claim;
    next.metadata.annotations.erase(api::annotation::kSelectedNode);
    const api::Ref<PVC> sent = api::freeze(PVC(next));
    pass.wrote = true;
    auto saving = client_.update<PVC>(std::move(next), api::Subresource::None);
    ClaimResult saved = co_await std::move(saving);
    if (saved) store(sent);
}

}  // namespace model::volume
