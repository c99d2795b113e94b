#include "tests/conformance/mock_volume.hpp"

namespace conformance {

using namespace model::volume;

namespace {
constexpr std::string_view kName = "kubernetes.io/mock-volume";
}

std::string_view MockVolume::csi_driver_of(std::string_view plugin) const {
    return migrated_to.empty() ? InTreePlugins::csi_driver_of(plugin)
                               : std::string_view(migrated_to);
}
bool MockVolume::can_provision(std::string_view provisioner) const {
    return present && provisioner == kName;
}
bool MockVolume::has_deleter(std::string_view plugin) const { return present && plugin == kName; }

std::string MockVolume::prepare_to_provision(const PVC&) {
    return provisions.empty() ? "Mock plugin error: no provisionCalls configured" : "";
}

std::string MockVolume::provision(const PVC& claim, const model::api::StorageClass& cls,
                                  PV* volume) {
    if (provisioned_ >= provisions.size())
        return "Mock plugin error: unexpected provisioner call " + std::to_string(provisioned_);
    const ProvisionCall& call = provisions[provisioned_];
    if (!(call.expected_parameters == cls.parameters))
        return "Mock plugin error: invalid provisioner call";
    ++provisioned_;
    if (!call.error.empty()) return call.error;
    volume->spec.capacity.set("storage", requested_storage(claim));
    volume->spec.accessModes = claim.spec.accessModes;
    volume->spec.persistentVolumeReclaimPolicy = cls.reclaimPolicy.value_or("");
    volume->spec.volumeMode = claim.spec.volumeMode;
    volume->spec.source.others["gcePersistentDisk"]["pdName"] = "";
    return "";
}

std::string MockVolume::remove(const PV& volume) {
    if (deletes.empty())
        return "failed to create deleter for volume \"" + volume.metadata.name.str() +
               "\": Mock plugin error: no deleteCalls configured";
    if (deleted_ >= deletes.size())
        return "Mock plugin error: unexpected deleter call " + std::to_string(deleted_);
    return deletes[deleted_++];
}

std::optional<std::string> MockVolume::recycle(const PV&) {
    if (recycles.empty()) return "Mock plugin error: no recycleCalls configured";
    if (recycled_ >= recycles.size())
        return "Mock plugin error: unexpected recycle call " + std::to_string(recycled_);
    return recycles[recycled_++];
}

}  // namespace conformance
