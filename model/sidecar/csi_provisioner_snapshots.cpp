// A snapshot as the source of a new volume: what must hold of it, and the finalizer that keeps it
// while the volume is made. Everything is read live. Counterpart: external-provisioner
// controller.go getSnapshotSource, setSnapshotFinalizer, removeSnapshotFinalizer.
#include <algorithm>

#include "model/api/constants.hpp"
#include "model/sidecar/csi_provisioner.hpp"
#include "model/sidecar/plain_objects.hpp"

namespace model::sidecar {

namespace {

constexpr std::string_view kVersion = "snapshot.storage.k8s.io/v1";
constexpr std::string_view kAllowModeChange =
    "snapshot.storage.kubernetes.io/allow-volume-mode-change";

std::string text_at(const api::Value& v, std::initializer_list<std::string_view> path) {
    const api::Value* found = v.at(path);
    return found ? std::string(found->as_string()) : std::string();
}

bool lists(const api::Value* list, std::string_view text) {
    if (!list) return false;
    return std::any_of(list->as_list().begin(), list->as_list().end(),
                       [text](const api::Value& v) { return v.as_string() == text; });
}

std::optional<std::int64_t> bytes_of(const api::Value* size) {
    if (!size || size->is_empty()) return std::nullopt;
    if (size->is_int()) return size->as_int();
    const auto parsed = api::Quantity::parse(size->as_string());
    return parsed ? std::optional(parsed->value()) : std::nullopt;
}

// strconv.ParseBool.
std::optional<bool> parsed_bool(std::string_view text) {
    for (std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"})
        if (text == yes) return true;
    for (std::string_view no : {"0", "f", "F", "FALSE", "false", "False"})
        if (text == no) return false;
    return std::nullopt;
}

// "" where the claim may have the mode it asks for.
std::string why_mode_stays(const PVC& claim, const api::Value& content, const std::string& name) {
    const std::string was = text_at(content, {"spec", "sourceVolumeMode"});
    if (was.empty() || !claim.spec.volumeMode || *claim.spec.volumeMode == was) return "";
    const std::string refused = "requested volume " + claim.key().to_string() +
                                " modifies the mode of the source volume but does not have "
                                "permission to do so. ";
    const std::string annotation(kAllowModeChange);
    const api::Value* given = content.at({"metadata", "annotations", kAllowModeChange});
    if (!given)
        return refused + annotation + " annotation is not present on snapshotcontent " + name;
    const std::optional<bool> allowed = parsed_bool(given->as_string());
    if (!allowed)
        return refused + "failed to convert " + annotation +
               " annotation value to boolean with error: strconv.ParseBool: parsing " +
               given->to_json() + ": invalid syntax";
    return *allowed ? "" : refused + annotation + " is set to false on snapshotcontent " + name;
}

}  // namespace

// What is wrong with the snapshot and its content; "" where it can be restored. `told` tells the
// reasons apart, which sidecars did not do before.
std::string CsiProvisioner::why_not_restorable(const PVC& claim, const api::StorageClass& cls,
                                               const api::Value& snapshot,
                                               const api::Value& content) const {
    const std::string name = text_at(snapshot, {"metadata", "name"});
    const std::string content_name = text_at(content, {"metadata", "name"});
    const bool told = profile_.provisioner_protects_snapshots;
    const std::string about = "snapshotcontent " + content_name + " for snapshot " + name;
    const bool is_its_own = text_at(content, {"spec", "volumeSnapshotRef", "uid"}) ==
                                text_at(snapshot, {"metadata", "uid"}) &&
                            text_at(content, {"spec", "volumeSnapshotRef", "namespace"}) ==
                                text_at(snapshot, {"metadata", "namespace"}) &&
                            text_at(content, {"spec", "volumeSnapshotRef", "name"}) == name;
    if (!is_its_own)
        return told ? about + " is bound to a different snapshot"
                    : "snapshot " + name + " not bound";
    if (cls.provisioner != text_at(content, {"spec", "driver"}))
        return told ? about + " is not handled by CSI driver of StorageClass " +
                          cls.metadata.name.str()
                    : "snapshot " + name + " not bound";
    const api::Value* ready = snapshot.at({"status", "readyToUse"});
    if (!ready || !ready->as_bool()) return "snapshot " + name + " is not Ready";
    if (!content.at({"status", "snapshotHandle"}))
        return "snapshot handle " + name + " is not available";
    const std::optional<std::int64_t> size = bytes_of(snapshot.at({"status", "restoreSize"}));
    const api::Quantity* asked = claim.spec.resources.requests.find("storage");
    if (size && !asked)
        return "error getting capacity for PVC " + claim.metadata.name.str() +
               " when creating snapshot " + name;
    if (size && asked->value() < *size)
        return "requested volume size " + std::to_string(asked->value()) +
               " is less than the size " + std::to_string(*size) + " for the source snapshot " +
               name;
    return profile_.provisioner_keeps_mode ? why_mode_stays(claim, content, content_name) : "";
}

sim::Task<api::Result<csi::VolumeContentSource>> CsiProvisioner::snapshot_source(
    api::Ref<PVC> claim, api::Ref<api::StorageClass> cls, api::Key key) {
    auto getting = get_plain(client_, std::string(kVersion), "VolumeSnapshot", key);
    const api::Result<api::Value> snapshot = co_await std::move(getting);
    if (!snapshot)
        co_return failed("error getting snapshot " + key.name.str() +
                         " from api server: " + snapshot.error().message.str());
    const bool told = profile_.provisioner_protects_snapshots;
    // With the finalizer the work has begun before the deletion: it is brought to its end.
    if (snapshot->at({"metadata", "deletionTimestamp"}) &&
        !(told && lists(snapshot->at({"metadata", "finalizers"}), kSnapshotFinalizer)))
        co_return failed("snapshot " + key.name.str() +
                         (told ? " is being deleted" : " is currently being deleted"));
    const std::string content_name =
        text_at(*snapshot, {"status", "boundVolumeSnapshotContentName"});
    const std::string unbound = "snapshot " + key.name.str() + " not bound";
    if (content_name.empty()) co_return failed(unbound);
    auto getting_content = get_plain(client_, std::string(kVersion), "VolumeSnapshotContent",
                                     api::Key(api::Text(), content_name));
    const api::Result<api::Value> content = co_await std::move(getting_content);
    if (!content)
        co_return failed(told ? "error getting snapshotcontent " + content_name + " for snapshot " +
                                    key.name.str()
                              : unbound);
    if (std::string why = why_not_restorable(*claim, *cls, *snapshot, *content); !why.empty())
        co_return failed(why);
    csi::VolumeContentSource found;
    found.snapshot_id = text_at(*content, {"status", "snapshotHandle"});
    co_return found;
}

sim::Task<api::Status> CsiProvisioner::protect_snapshot(api::Key key) {
    if (!profile_.provisioner_protects_snapshots) co_return api::Status();
    auto reading = get_object(client_, std::string(kVersion), "VolumeSnapshot", key);
    const api::Result<api::ObjectRef> found = co_await std::move(reading);
    if (!found) co_return found.error();
    if ((*found)->metadata.has_finalizer(kSnapshotFinalizer)) co_return api::Status();
    api::List<api::Text> finalizers = (*found)->metadata.finalizers;
    finalizers.emplace_back(kSnapshotFinalizer);
    auto saving = set_finalizers(client_, *found, std::move(finalizers));
    const api::Status saved = co_await std::move(saving);
    // Whoever may not write snapshots makes volumes of them all the same.
    co_return saved.is(api::Reason::Forbidden) ? api::Status() : saved;
}

// A failure is not told: the sweep takes the finalizer later.
sim::Task<void> CsiProvisioner::release_snapshot(api::Key key) {
    if (!profile_.provisioner_protects_snapshots) co_return;
    auto reading = get_object(client_, std::string(kVersion), "VolumeSnapshot", key);
    const api::Result<api::ObjectRef> found = co_await std::move(reading);
    if (!found || !(*found)->metadata.has_finalizer(kSnapshotFinalizer)) co_return;
    auto saving =
        set_finalizers(client_, *found, without((*found)->metadata.finalizers, kSnapshotFinalizer));
    co_await std::move(saving);
}

}  // namespace model::sidecar
