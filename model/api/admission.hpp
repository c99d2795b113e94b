// Admission: the plugins between a request and the store that look at other objects.
// Counterparts: plugin/pkg/admission/{namespace/lifecycle,limitranger,storage/*,resourcequota}.
// They see the store's current state (upstream's informers lag by milliseconds;
// NamespaceLifecycle's live look-ups make that equal for missing ones). Order as upstream:
// NamespaceLifecycle, LimitRanger, DefaultStorageClass, StorageObjectInUseProtection,
// PersistentVolumeClaimResize, ResourceQuota; mutation of all before validation of any.
#pragma once

#include <functional>

#include "model/api/objects_core.hpp"
#include "model/api/status.hpp"
#include "model/api/validation.hpp"

namespace model::api {

// What admission may look at: the current version of an object, and all of a kind (sorted by key).
class ObjectReader {
  public:
    virtual ~ObjectReader() = default;
    virtual ObjectRef find(Kind kind, const Key& key) const = 0;
    virtual void for_each(Kind kind, std::string_view ns,
                          const std::function<void(const ObjectRef&)>& visit) const = 0;
    virtual const Scheme& scheme() const = 0;
};

// Mutates a new object (default class, protection finalizer). Errors: 403 and 404 with upstream's
// text.
Status admit_create(Object& object, const ObjectReader& reader, const Profile& profile);
// Errors: 403 (resize, limits, quota).
Status validate_admitted_create(const Object& object, const ObjectReader& reader,
                                const Profile& profile);
Status validate_admitted_update(const Object& object, const Object& old, Subresource sub,
                                const ObjectReader& reader, const Profile& profile);

// The zone and region of the pod's node become labels of the pod (admission plugin
// PodTopologyLabels); nothing where the node is not known.
void add_topology_labels(Pod& pod, const ObjectReader& reader);

// The default StorageClass: newest creationTimestamp, then name ascending; null when none. Also
// used by the PersistentVolume controller's retroactive assignment
// (pkg/volume/util/storageclass.go).
Ref<StorageClass> default_class(const std::vector<Ref<StorageClass>>& classes);

// The class a claim names, by the beta annotation or the field; "" where it names none.
std::string_view claim_class(const PersistentVolumeClaim& claim);

// Usage of one claim as quota counts it, and of all in a namespace: what ResourceQuota status.used
// shows.
ResourceList quota_usage(const PersistentVolumeClaim& claim);

// A quota's status as its controller writes it: usage counted from the objects that are there.
ResourceQuotaStatus quota_status(const ResourceQuota& quota, const ObjectReader& reader,
                                 const Profile& profile);
// 403 where a quota of the namespace forbids the object, by its status; `old` is null on create.
Status check_quotas(const Object& object, const Object* old, const ObjectReader& reader,
                    const Profile& profile);
// The ResourceQuota objects whose status is to be written when the write is admitted, each with the
// new object counted in (upstream's admission writes them itself, before the object).
std::vector<std::unique_ptr<Object>> quota_updates_for_create(const Object& object,
                                                              const ObjectReader& reader,
                                                              const Profile& profile);
std::vector<std::unique_ptr<Object>> quota_updates_for_update(const Object& object,
                                                              const Object& old,
                                                              const ObjectReader& reader,
                                                              const Profile& profile);

}  // namespace model::api
