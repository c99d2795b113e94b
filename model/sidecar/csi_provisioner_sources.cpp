// What a new volume is filled from: another claim's volume, a snapshot, or nothing. Counterpart:
// external-provisioner controller.go dataSource, getPVCSource, setCloneFinalizer.
#include "model/api/constants.hpp"
#include "model/sidecar/csi_provisioner.hpp"

namespace model::sidecar {

namespace {

const api::Boxed<api::TypedObjectReference>& source_of(const PVC& claim) {
    return claim.spec.dataSource ? claim.spec.dataSource : claim.spec.dataSourceRef;
}

std::int64_t requested_bytes(const PVC& claim) {
    const api::Quantity* size = claim.spec.resources.requests.find("storage");
    return size ? size->value() : 0;
}

// Why the claim cannot be cloned, as far as the claims alone tell; "" where nothing speaks against
// it.
std::string why_not_source(const PVC& source, const PVC& wanted) {
    const std::string name = source.metadata.name.str();
    if (source.status.phase != api::phase::kBound)
        return "the PVC DataSource " + name + " must have a status of Bound.  Got " +
               source.status.phase.str();
    if (source.metadata.terminating())
        return "the PVC DataSource " + name + " is currently being deleted";
    if (!source.spec.storageClassName)
        return "the source PVC (" + name + ") storageclass cannot be empty";
    if (!wanted.spec.storageClassName)
        return "the requested PVC (" + wanted.metadata.name.str() +
               ") storageclass cannot be empty";
    if (requested_bytes(wanted) < requested_bytes(source))
        return "error, new PVC request must be greater than or equal in size to the specified PVC "
               "data source, requested " +
               std::to_string(requested_bytes(wanted)) + " but source is " +
               std::to_string(requested_bytes(source));
    if (source.spec.volumeName.empty()) return "volume name is empty in source PVC " + name;
    return "";
}

bool holds(const PV& volume, const PVC& source, std::string_view driver) {
    const auto& ref = volume.spec.claimRef;
    return volume.spec.source.csi && volume.spec.source.csi->driver == driver && ref &&
           ref->uid == source.metadata.uid && ref->ns == source.metadata.ns &&
           ref->name == source.metadata.name && volume.status.phase == api::phase::kBound;
}

std::string why_modes_differ(const PVC& wanted, const PV& source) {
    const bool source_is_block = source.spec.volumeMode && *source.spec.volumeMode == "Block";
    if (is_block(wanted) == source_is_block) return "";
    const std::string had = source_is_block ? "Block" : "Filesystem";
    const std::string asked = source_is_block ? "Filesystem" : "Block";
    return "the source PVC and destination PVCs must have the same volume mode for cloning.  "
           "Source is " +
           had + ", but new PVC requested " + asked;
}

}  // namespace

// Nothing where provisioning may go on.
std::optional<Provisioned> CsiProvisioner::check_source(const PVC& claim) {
    const auto& source = source_of(claim);
    if (!source) return std::nullopt;
    if (!claim.spec.dataSource && source->ns && !source->ns->empty() &&
        !profile_.on(Gate::CrossNamespaceVolumeDataSource))
        return Provisioned(
            ProvisionState::Finished,
            "dataSourceRef namespace specified but the CrossNamespaceVolumeDataSource "
            "feature is disabled");
    if (source->name.empty())
        return Provisioned(ProvisionState::Finished,
                           "the PVC source not found for PVC " + claim.metadata.name.str());
    if (source->kind == "VolumeSnapshot") {
        const api::Text group = source->apiGroup.value_or(api::Text());
        if (group == kSnapshotGroup) return std::nullopt;
        return Provisioned(ProvisionState::Finished,
                           "the PVC source does not belong to the right APIGroup. Expected " +
                               std::string(kSnapshotGroup) + ", Got " + group.str());
    }
    if (source->kind == "PersistentVolumeClaim") return std::nullopt;
    recorder_.record(claim, control::EventType::Normal, "Provisioning",
                     "Assuming an external populator will provision the volume");
    Provisioned other;
    other.ignored = true;
    return other;
}

sim::Task<std::optional<Provisioned>> CsiProvisioner::add_source(
    api::Ref<PVC> claim, api::Ref<api::StorageClass> cls, csi::CreateVolumeRequest& request) {
    const api::Boxed<api::TypedObjectReference> source = source_of(*claim);
    if (!source) co_return std::nullopt;
    const bool is_snapshot = source->kind == "VolumeSnapshot";
    const api::Key key(claim->metadata.ns, source->name);
    auto finding = is_snapshot ? snapshot_source(claim, cls, key) : clone_source(claim, cls);
    api::Result<csi::VolumeContentSource> found = co_await std::move(finding);
    if (!found)
        co_return Provisioned(ProvisionState::NoChange,
                              "error getting handle for DataSource Type " + source->kind.str() +
                                  " by Name " + source->name.str() + ": " +
                                  found.error().message.str());
    request.volume_content_source = *found;
    auto protecting = is_snapshot ? protect_snapshot(key) : protect_source(key);
    const api::Status is_protected = co_await std::move(protecting);
    if (!is_protected.ok())
        co_return Provisioned(ProvisionState::NoChange, is_protected.message.str());
    co_return std::nullopt;
}

sim::Task<api::Result<csi::VolumeContentSource>> CsiProvisioner::clone_source(
    api::Ref<PVC> claim, api::Ref<api::StorageClass> cls) {
    const api::Text name = source_of(*claim)->name;
    const api::Ref<PVC> source = claims_.get<PVC>(api::Key(claim->metadata.ns, name));
    if (!source)
        co_return failed(
            "error getting PVC " + name.str() + " (namespace \"" + claim->metadata.ns.str() +
            "\") from api server: persistentvolumeclaim \"" + name.str() + "\" not found");
    if (std::string why = why_not_source(*source, *claim); !why.empty()) co_return failed(why);
    auto getting = client_.get<PV>(api::Key(api::Text(), source->spec.volumeName));
    const api::Result<api::Ref<PV>> volume = co_await std::move(getting);
    if (!volume || !holds(**volume, *source, cls->provisioner))
        co_return failed("claim in dataSource not bound or invalid");
    if (std::string why = why_modes_differ(*claim, **volume); !why.empty()) co_return failed(why);
    csi::VolumeContentSource found;
    found.volume_id = (*volume)->spec.source.csi->volumeHandle;
    co_return found;
}

// The finalizer stays when the clone is made: upstream removes it only from a claim that is being
// deleted.
sim::Task<api::Status> CsiProvisioner::protect_source(api::Key key) {
    const api::Ref<PVC> source = claims_.get<PVC>(key);
    if (!source || source->metadata.has_finalizer(kCloneFinalizer)) co_return api::Status();
    PVC next = *source;
    next.metadata.finalizers.emplace_back(kCloneFinalizer);
    auto saving = client_.update<PVC>(std::move(next));
    const api::Result<api::Ref<PVC>> saved = co_await std::move(saving);
    co_return saved ? api::Status() : saved.error();
}

}  // namespace model::sidecar
