// PersistentVolume and PersistentVolumeClaim, and the pieces that other kinds share with them.
// Field names are those of the API, so that a reader finds them in its reference. Strings stay open
// strings: the API accepts phases and modes that no constant knows. Known ones: constants.hpp.
#pragma once

#include "model/api/boxed.hpp"
#include "model/api/constants.hpp"
#include "model/api/object.hpp"

namespace model::api {

// An amount of each named resource, sorted by name.
struct ResourceList {
    List<std::pair<Text, Quantity>> items;
    bool empty() const { return items.empty(); }
    const Quantity* find(std::string_view name) const;
    void set(std::string_view name, Quantity q);
    bool operator==(const ResourceList&) const = default;
};

struct ObjectReference {
    Text apiVersion, kind, ns, name, uid, resourceVersion, fieldPath;
    Value extra;
    bool operator==(const ObjectReference&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("apiVersion", s.apiVersion);
        v.field("fieldPath", s.fieldPath);
        v.field("kind", s.kind);
        v.field("name", s.name);
        v.field("namespace", s.ns);
        v.field("resourceVersion", s.resourceVersion);
        v.field("uid", s.uid);
        v.extra(s.extra);
    }
};

struct TypedObjectReference {
    std::optional<Text> apiGroup;
    Text kind, name;
    std::optional<Text> ns;
    Value extra;
    bool operator==(const TypedObjectReference&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("apiGroup", s.apiGroup);
        v.always("kind", s.kind);
        v.always("name", s.name);
        v.field("namespace", s.ns);
        v.extra(s.extra);
    }
};

struct SelectorRequirement {
    Text key, op;  // JSON "operator": In, NotIn, Exists, DoesNotExist (nodes: Gt, Lt too)
    List<Text> values;
    Value extra;
    bool operator==(const SelectorRequirement&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("key", s.key);
        v.always("operator", s.op);
        v.field("values", s.values);
        v.extra(s.extra);
    }
};

struct LabelSelector {
    TextMap matchLabels;
    List<SelectorRequirement> matchExpressions;
    Value extra;
    bool operator==(const LabelSelector&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("matchExpressions", s.matchExpressions);
        v.field("matchLabels", s.matchLabels);
        v.extra(s.extra);
    }
};

struct NodeSelectorTerm {
    List<SelectorRequirement> matchExpressions, matchFields;
    Value extra;
    bool operator==(const NodeSelectorTerm&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("matchExpressions", s.matchExpressions);
        v.field("matchFields", s.matchFields);
        v.extra(s.extra);
    }
};

struct NodeSelector {
    List<NodeSelectorTerm> nodeSelectorTerms;
    Value extra;
    bool operator==(const NodeSelector&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("nodeSelectorTerms", s.nodeSelectorTerms);
        v.extra(s.extra);
    }
};

struct VolumeNodeAffinity {
    std::optional<NodeSelector> required;
    Value extra;
    bool operator==(const VolumeNodeAffinity&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("required", s.required);
        v.extra(s.extra);
    }
};

struct HostPathVolumeSource {
    Text path;
    std::optional<Text> type;
    Value extra;
    bool operator==(const HostPathVolumeSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("path", s.path);
        v.field("type", s.type);
        v.extra(s.extra);
    }
};

struct NFSVolumeSource {
    Text server, path;
    bool readOnly = false;
    Value extra;
    bool operator==(const NFSVolumeSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("path", s.path);
        v.field("readOnly", s.readOnly);
        v.always("server", s.server);
        v.extra(s.extra);
    }
};

struct LocalVolumeSource {
    Text path;
    std::optional<Text> fsType;
    Value extra;
    bool operator==(const LocalVolumeSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("fsType", s.fsType);
        v.always("path", s.path);
        v.extra(s.extra);
    }
};

struct SecretReference {
    Text name, ns;
    Value extra;
    bool operator==(const SecretReference&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("name", s.name);
        v.field("namespace", s.ns);
        v.extra(s.extra);
    }
};

struct CSIPersistentVolumeSource {
    Text driver, volumeHandle;
    bool readOnly = false;
    Text fsType;
    TextMap volumeAttributes;
    std::optional<SecretReference> controllerPublishSecretRef, nodeStageSecretRef,
        nodePublishSecretRef,
        controllerExpandSecretRef, nodeExpandSecretRef;
    Value extra;
    bool operator==(const CSIPersistentVolumeSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("controllerExpandSecretRef", s.controllerExpandSecretRef);
        v.field("controllerPublishSecretRef", s.controllerPublishSecretRef);
        v.always("driver", s.driver);
        v.field("fsType", s.fsType);
        v.field("nodeExpandSecretRef", s.nodeExpandSecretRef);
        v.field("nodePublishSecretRef", s.nodePublishSecretRef);
        v.field("nodeStageSecretRef", s.nodeStageSecretRef);
        v.field("readOnly", s.readOnly);
        v.field("volumeAttributes", s.volumeAttributes);
        v.always("volumeHandle", s.volumeHandle);
        v.extra(s.extra);
    }
};

// Where the bytes are. The four that the model acts on are typed; any other source is kept as given
// under its field name ("iscsi", "awsElasticBlockStore", ...).
struct PersistentVolumeSource {
    Boxed<HostPathVolumeSource> hostPath;
    Boxed<NFSVolumeSource> nfs;
    Boxed<LocalVolumeSource> local;
    Boxed<CSIPersistentVolumeSource> csi;
    Value others;  // map: field name -> source; null when there is none
    bool operator==(const PersistentVolumeSource&) const = default;
    // The field name of the source given first in the API's order, or "".
    std::string_view name() const;
    std::size_t count() const;
};

struct PersistentVolumeSpec {
    ResourceList capacity;
    PersistentVolumeSource source;  // inlined in the text
    List<Text> accessModes;
    Boxed<ObjectReference> claimRef;
    Text persistentVolumeReclaimPolicy;
    Text storageClassName;
    List<Text> mountOptions;
    std::optional<Text> volumeMode;
    Boxed<VolumeNodeAffinity> nodeAffinity;
    std::optional<Text> volumeAttributesClassName;
    Value extra;
    bool operator==(const PersistentVolumeSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("accessModes", s.accessModes);
        v.field("capacity", s.capacity);
        v.field("claimRef", s.claimRef);
        v.field("csi", s.source.csi);
        v.field("hostPath", s.source.hostPath);
        v.field("local", s.source.local);
        v.field("mountOptions", s.mountOptions);
        v.field("nfs", s.source.nfs);
        v.field("nodeAffinity", s.nodeAffinity);
        v.field("persistentVolumeReclaimPolicy", s.persistentVolumeReclaimPolicy);
        v.field("storageClassName", s.storageClassName);
        v.field("volumeAttributesClassName", s.volumeAttributesClassName);
        v.field("volumeMode", s.volumeMode);
        v.other_sources(s.source.others);
        v.extra(s.extra);
    }
};

struct PersistentVolumeStatus {
    Text phase, message, reason;
    std::optional<Timestamp> lastPhaseTransitionTime;
    Value extra;
    bool operator==(const PersistentVolumeStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("lastPhaseTransitionTime", s.lastPhaseTransitionTime);
        v.field("message", s.message);
        v.field("phase", s.phase);
        v.field("reason", s.reason);
        v.extra(s.extra);
    }
};

struct PersistentVolume : Object {
    static constexpr Kind kKind = Kind::PersistentVolume;
    PersistentVolume() : Object(kKind) {}
    PersistentVolumeSpec spec;
    PersistentVolumeStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

struct VolumeResourceRequirements {
    ResourceList requests, limits;
    Value extra;
    bool operator==(const VolumeResourceRequirements&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("limits", s.limits);
        v.field("requests", s.requests);
        v.extra(s.extra);
    }
};

struct PersistentVolumeClaimSpec {
    List<Text> accessModes;
    Boxed<LabelSelector> selector;
    VolumeResourceRequirements resources;
    Text volumeName;
    std::optional<Text> storageClassName, volumeMode, volumeAttributesClassName;
    Boxed<TypedObjectReference> dataSource, dataSourceRef;
    Value extra;
    bool operator==(const PersistentVolumeClaimSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("accessModes", s.accessModes);
        v.field("dataSource", s.dataSource);
        v.field("dataSourceRef", s.dataSourceRef);
        v.field("resources", s.resources);
        v.field("selector", s.selector);
        v.field("storageClassName", s.storageClassName);
        v.field("volumeAttributesClassName", s.volumeAttributesClassName);
        v.field("volumeMode", s.volumeMode);
        v.field("volumeName", s.volumeName);
        v.extra(s.extra);
    }
};

struct Condition {
    Text type, status, reason, message;
    std::optional<Timestamp> lastTransitionTime, lastProbeTime, lastHeartbeatTime;
    Value extra;
    bool operator==(const Condition&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("lastHeartbeatTime", s.lastHeartbeatTime);
        v.field("lastProbeTime", s.lastProbeTime);
        v.field("lastTransitionTime", s.lastTransitionTime);
        v.field("message", s.message);
        v.field("reason", s.reason);
        v.always("status", s.status);
        v.always("type", s.type);
        v.extra(s.extra);
    }
};

struct PersistentVolumeClaimStatus {
    Text phase;
    List<Text> accessModes;
    ResourceList capacity, allocatedResources;
    TextMap allocatedResourceStatuses;
    List<Condition> conditions;
    std::optional<Text> currentVolumeAttributesClassName;
    Value modifyVolumeStatus;
    Value extra;
    bool operator==(const PersistentVolumeClaimStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("accessModes", s.accessModes);
        v.field("allocatedResourceStatuses", s.allocatedResourceStatuses);
        v.field("allocatedResources", s.allocatedResources);
        v.field("capacity", s.capacity);
        v.field("conditions", s.conditions);
        v.field("currentVolumeAttributesClassName", s.currentVolumeAttributesClassName);
        v.field("modifyVolumeStatus", s.modifyVolumeStatus);
        v.field("phase", s.phase);
        v.extra(s.extra);
    }
};

struct PersistentVolumeClaim : Object {
    static constexpr Kind kKind = Kind::PersistentVolumeClaim;
    PersistentVolumeClaim() : Object(kKind) {}
    PersistentVolumeClaimSpec spec;
    PersistentVolumeClaimStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

}  // namespace model::api
