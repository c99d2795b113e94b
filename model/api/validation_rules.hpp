// The rules of validation by kind, as validation.cpp puts them together. Not for use outside of
// model/api. A rule adds to `f` in upstream's order; `old` is null on create. Counterparts are
// named in each file. Left out: everything that validation.hpp leaves out.
#pragma once

#include "model/api/field_errors.hpp"
#include "model/api/objects_core.hpp"

namespace model::api {

// ---- metadata (validation_meta.cpp)
struct MetaRules {
    NameRule name = NameRule::Subdomain;
    bool namespaced = false;
    bool kubernetes_finalizers =
        true;  // an unqualified finalizer must be one that Kubernetes knows
};
void check_meta(const ObjectMeta& meta, const MetaRules& rules, Findings& f);
void check_meta_update(const ObjectMeta& meta, const ObjectMeta& old, Findings& f);
// Labels, annotations and owners, as far as they changed.
void check_texts_update(const ObjectMeta& meta, const ObjectMeta& old, Findings& f);
void check_labels(const TextMap& labels, const Path& at, Findings& f);
void check_label_key(std::string_view key, const Path& at, Findings& f);
void check_annotations(const TextMap& annotations, const Path& at, Findings& f);
void check_finalizer(std::string_view name, const Path& at, Findings& f);
void check_subdomain(std::string_view name, const Path& at, Findings& f);
void check_label_name(std::string_view name, const Path& at, Findings& f);

// ---- pieces that several kinds share (validation_pieces.cpp)
void check_driver_name(std::string_view name, const Path& at, Findings& f);
void check_label_selector(const LabelSelector& selector, bool any_value, const Path& at,
                          Findings& f);
void check_node_selector(const NodeSelector& selector, bool any_value, const Path& at, Findings& f);
bool has_invalid_value(const LabelSelector& selector, const Wording& wording);
bool has_invalid_value(const NodeSelector& selector, const Wording& wording);
void check_access_modes(const List<Text>& modes, const Path& at, Findings& f);
void check_volume_mode(const std::optional<Text>& mode, const Path& at, Findings& f);
void check_positive(const Quantity& q, const Path& at, Findings& f);
void check_nonnegative(const Quantity& q, const Path& at, Findings& f);
void check_quantity(std::string_view resource, const Quantity& q, const Path& at, Findings& f);
void check_basic_quantity(const Quantity& q, const Path& at, Findings& f);
void check_no_backsteps(std::string_view path, const Path& at, Findings& f);
void check_host_path(std::string_view path, const std::optional<Text>& type, const Path& at,
                     Findings& f);
void check_nfs(std::string_view server, std::string_view path, const Path& at, Findings& f);
Shown shown(const ResourceList& list);
// Lines "-name: old" and "+name: new" of the members that differ, behind a newline: what upstream
// shows as a Go diff.
std::string member_diff(const Value& old, const Value& now);

// Fills dataSource from dataSourceRef or the other way round (strategy.cpp).
void normalize_data_sources(PersistentVolumeClaimSpec& spec, const Profile& profile);

// ---- by kind; metadata is judged before, by validation.cpp
void check_volume_spec(const PersistentVolumeSpec& spec, bool inline_spec,
                       const PersistentVolumeSpec* old, const Path& at, Findings& f);
void check_volume(const PersistentVolume& pv, const PersistentVolume* old, Subresource sub,
                  Findings& f);
// Claims, and the templates of ephemeral volumes. An older version's faults are borne where `old`
// has them too.
void check_claim_spec(const PersistentVolumeClaimSpec& spec, const PersistentVolumeClaimSpec* old,
                      const Path& at, Findings& f);
void check_claim(const PersistentVolumeClaim& pvc, const PersistentVolumeClaim* old,
                 Subresource sub, Findings& f);
void check_class(const StorageClass& sc, const StorageClass* old, Findings& f);
void check_attributes_class(const Object& vac, const Object* old, Findings& f);
void check_attachment(const VolumeAttachment& va, const VolumeAttachment* old, Findings& f);
void check_csi_driver(const CSIDriver& driver, const CSIDriver* old, Findings& f);
void check_csi_node(const CSINode& node, const CSINode* old, Findings& f);
void check_capacity(const CSIStorageCapacity& capacity, const CSIStorageCapacity* old, Findings& f);
void check_namespace(const Namespace& ns, const Namespace* old, Subresource sub, Findings& f);
void check_node(const Node& node, const Node* old, Subresource sub, Findings& f);
void check_quota(const ResourceQuota& quota, const ResourceQuota* old, Subresource sub,
                 Findings& f);
void check_event(const Event& event, Findings& f);
void check_pod(const Pod& pod, const Pod* old, Subresource sub, Findings& f);

}  // namespace model::api
