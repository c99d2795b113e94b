// StorageClass, VolumeAttachment, CSIDriver, CSINode and CSIStorageCapacity: the kinds of
// storage.k8s.io. Left out as a typed kind: VolumeAttributesClass, which is kept as given.
#pragma once

#include "model/api/objects_volume.hpp"

namespace model::api {

struct TopologySelectorLabel {
    Text key;
    List<Text> values;
    Value extra;
    bool operator==(const TopologySelectorLabel&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("key", s.key);
        v.always("values", s.values);
        v.extra(s.extra);
    }
};

struct TopologySelectorTerm {
    List<TopologySelectorLabel> matchLabelExpressions;
    Value extra;
    bool operator==(const TopologySelectorTerm&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("matchLabelExpressions", s.matchLabelExpressions);
        v.extra(s.extra);
    }
};

struct StorageClass : Object {
    static constexpr Kind kKind = Kind::StorageClass;
    StorageClass() : Object(kKind) {}
    Text provisioner;
    TextMap parameters;
    std::optional<Text> reclaimPolicy, volumeBindingMode;
    std::optional<bool> allowVolumeExpansion;
    List<Text> mountOptions;
    List<TopologySelectorTerm> allowedTopologies;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("allowVolumeExpansion", s.allowVolumeExpansion);
        v.field("allowedTopologies", s.allowedTopologies);
        v.field("mountOptions", s.mountOptions);
        v.field("parameters", s.parameters);
        v.always("provisioner", s.provisioner);
        v.field("reclaimPolicy", s.reclaimPolicy);
        v.field("volumeBindingMode", s.volumeBindingMode);
    }
};

struct VolumeAttachmentSource {
    std::optional<Text> persistentVolumeName;
    std::optional<PersistentVolumeSpec> inlineVolumeSpec;
    Value extra;
    bool operator==(const VolumeAttachmentSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("inlineVolumeSpec", s.inlineVolumeSpec);
        v.field("persistentVolumeName", s.persistentVolumeName);
        v.extra(s.extra);
    }
};

struct VolumeAttachmentSpec {
    Text attacher, nodeName;
    VolumeAttachmentSource source;
    Value extra;
    bool operator==(const VolumeAttachmentSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("attacher", s.attacher);
        v.always("nodeName", s.nodeName);
        v.always("source", s.source);
        v.extra(s.extra);
    }
};

struct VolumeError {
    Text message;
    std::optional<Timestamp> time;
    std::optional<std::int64_t> errorCode;
    Value extra;
    bool operator==(const VolumeError&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("errorCode", s.errorCode);
        v.field("message", s.message);
        v.field("time", s.time);
        v.extra(s.extra);
    }
};

struct VolumeAttachmentStatus {
    bool attached = false;
    TextMap attachmentMetadata;
    std::optional<VolumeError> attachError, detachError;
    Value extra;
    bool operator==(const VolumeAttachmentStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("attachError", s.attachError);
        v.always("attached", s.attached);
        v.field("attachmentMetadata", s.attachmentMetadata);
        v.field("detachError", s.detachError);
        v.extra(s.extra);
    }
};

struct VolumeAttachment : Object {
    static constexpr Kind kKind = Kind::VolumeAttachment;
    VolumeAttachment() : Object(kKind) {}
    VolumeAttachmentSpec spec;
    VolumeAttachmentStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

struct TokenRequest {
    Text audience;
    std::optional<std::int64_t> expirationSeconds;
    Value extra;
    bool operator==(const TokenRequest&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("audience", s.audience);
        v.field("expirationSeconds", s.expirationSeconds);
        v.extra(s.extra);
    }
};

struct CSIDriverSpec {
    std::optional<bool> attachRequired, podInfoOnMount, storageCapacity, requiresRepublish,
        seLinuxMount;
    std::optional<bool> serviceAccountTokenInSecrets;
    std::optional<Text> fsGroupPolicy;
    List<Text> volumeLifecycleModes;
    List<TokenRequest> tokenRequests;
    std::optional<std::int64_t> nodeAllocatableUpdatePeriodSeconds;
    Value extra;
    bool operator==(const CSIDriverSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("attachRequired", s.attachRequired);
        v.field("fsGroupPolicy", s.fsGroupPolicy);
        v.field("nodeAllocatableUpdatePeriodSeconds", s.nodeAllocatableUpdatePeriodSeconds);
        v.field("podInfoOnMount", s.podInfoOnMount);
        v.field("requiresRepublish", s.requiresRepublish);
        v.field("seLinuxMount", s.seLinuxMount);
        v.field("serviceAccountTokenInSecrets", s.serviceAccountTokenInSecrets);
        v.field("storageCapacity", s.storageCapacity);
        v.field("tokenRequests", s.tokenRequests);
        v.field("volumeLifecycleModes", s.volumeLifecycleModes);
        v.extra(s.extra);
    }
};

struct CSIDriver : Object {
    static constexpr Kind kKind = Kind::CSIDriver;
    CSIDriver() : Object(kKind) {}
    CSIDriverSpec spec;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
    }
};

struct VolumeNodeResources {
    std::optional<std::int64_t> count;
    Value extra;
    bool operator==(const VolumeNodeResources&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("count", s.count);
        v.extra(s.extra);
    }
};

struct CSINodeDriver {
    Text name, nodeID;
    List<Text> topologyKeys;
    std::optional<VolumeNodeResources> allocatable;
    Value extra;
    bool operator==(const CSINodeDriver&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("allocatable", s.allocatable);
        v.always("name", s.name);
        v.always("nodeID", s.nodeID);
        v.field("topologyKeys", s.topologyKeys);
        v.extra(s.extra);
    }
};

struct CSINodeSpec {
    List<CSINodeDriver> drivers;
    Value extra;
    bool operator==(const CSINodeSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("drivers", s.drivers);
        v.extra(s.extra);
    }
};

struct CSINode : Object {
    static constexpr Kind kKind = Kind::CSINode;
    CSINode() : Object(kKind) {}
    CSINodeSpec spec;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
    }
};

struct CSIStorageCapacity : Object {
    static constexpr Kind kKind = Kind::CSIStorageCapacity;
    CSIStorageCapacity() : Object(kKind) {}
    Boxed<LabelSelector> nodeTopology;
    Text storageClassName;
    std::optional<Quantity> capacity, maximumVolumeSize;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("capacity", s.capacity);
        v.field("maximumVolumeSize", s.maximumVolumeSize);
        v.field("nodeTopology", s.nodeTopology);
        v.always("storageClassName", s.storageClassName);
    }
};

}  // namespace model::api
