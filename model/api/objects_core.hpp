// Namespace, Node, Pod, Event and ResourceQuota: the core kinds that storage hangs on.
// Of a Pod only what placement, volumes and life cycle need is typed; the rest (images, probes,
// ...) is kept as given.
#pragma once

#include "model/api/objects_storage.hpp"

namespace model::api {

struct NamespaceSpec {
    List<Text> finalizers;
    Value extra;
    bool operator==(const NamespaceSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("finalizers", s.finalizers);
        v.extra(s.extra);
    }
};

struct NamespaceStatus {
    Text phase;  // Active, Terminating
    List<Condition> conditions;
    Value extra;
    bool operator==(const NamespaceStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("conditions", s.conditions);
        v.field("phase", s.phase);
        v.extra(s.extra);
    }
};

struct Namespace : Object {
    static constexpr Kind kKind = Kind::Namespace;
    Namespace() : Object(kKind) {}
    NamespaceSpec spec;
    NamespaceStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

struct Taint {
    Text key, value, effect;
    std::optional<Timestamp> timeAdded;
    Value extra;
    bool operator==(const Taint&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("effect", s.effect);
        v.always("key", s.key);
        v.field("timeAdded", s.timeAdded);
        v.field("value", s.value);
        v.extra(s.extra);
    }
};

struct NodeSpec {
    Text podCIDR, providerID;
    bool unschedulable = false;
    List<Taint> taints;
    Value extra;
    bool operator==(const NodeSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("podCIDR", s.podCIDR);
        v.field("providerID", s.providerID);
        v.field("taints", s.taints);
        v.field("unschedulable", s.unschedulable);
        v.extra(s.extra);
    }
};

struct AttachedVolume {
    Text name, devicePath;
    Value extra;
    bool operator==(const AttachedVolume&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("devicePath", s.devicePath);
        v.always("name", s.name);
        v.extra(s.extra);
    }
};

struct NodeStatus {
    ResourceList capacity, allocatable;
    List<Condition> conditions;
    List<Text> volumesInUse;
    List<AttachedVolume> volumesAttached;
    Value extra;
    bool operator==(const NodeStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("allocatable", s.allocatable);
        v.field("capacity", s.capacity);
        v.field("conditions", s.conditions);
        v.field("volumesAttached", s.volumesAttached);
        v.field("volumesInUse", s.volumesInUse);
        v.extra(s.extra);
    }
};

struct Node : Object {
    static constexpr Kind kKind = Kind::Node;
    Node() : Object(kKind) {}
    NodeSpec spec;
    NodeStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

struct PersistentVolumeClaimVolumeSource {
    Text claimName;
    bool readOnly = false;
    Value extra;
    bool operator==(const PersistentVolumeClaimVolumeSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("claimName", s.claimName);
        v.field("readOnly", s.readOnly);
        v.extra(s.extra);
    }
};

// metadata (labels and annotations) and spec of a claim to be made.
struct PersistentVolumeClaimTemplate {
    Value metadata;
    PersistentVolumeClaimSpec spec;
    Value extra;
    bool operator==(const PersistentVolumeClaimTemplate&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("metadata", s.metadata);
        v.always("spec", s.spec);
        v.extra(s.extra);
    }
};

struct EphemeralVolumeSource {
    std::optional<PersistentVolumeClaimTemplate> volumeClaimTemplate;
    Value extra;
    bool operator==(const EphemeralVolumeSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("volumeClaimTemplate", s.volumeClaimTemplate);
        v.extra(s.extra);
    }
};

// A pod's volume. Sources other than claims are kept as given under their field name.
struct Volume {
    Text name;
    std::optional<PersistentVolumeClaimVolumeSource> persistentVolumeClaim;
    std::optional<EphemeralVolumeSource> ephemeral;
    Value extra;  // map: emptyDir, configMap, csi, hostPath, ...
    bool operator==(const Volume&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("ephemeral", s.ephemeral);
        v.always("name", s.name);
        v.field("persistentVolumeClaim", s.persistentVolumeClaim);
        v.extra(s.extra);
    }
};

struct PodSpec {
    Text nodeName, schedulerName, restartPolicy, serviceAccountName, priorityClassName;
    List<Volume> volumes;
    TextMap nodeSelector;
    Value containers, initContainers, affinity, tolerations, topologySpreadConstraints;
    std::optional<std::int64_t> terminationGracePeriodSeconds, activeDeadlineSeconds, priority;
    Value extra;
    bool operator==(const PodSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("activeDeadlineSeconds", s.activeDeadlineSeconds);
        v.field("affinity", s.affinity);
        v.field("containers", s.containers);
        v.field("initContainers", s.initContainers);
        v.field("nodeName", s.nodeName);
        v.field("nodeSelector", s.nodeSelector);
        v.field("priority", s.priority);
        v.field("priorityClassName", s.priorityClassName);
        v.field("restartPolicy", s.restartPolicy);
        v.field("schedulerName", s.schedulerName);
        v.field("serviceAccountName", s.serviceAccountName);
        v.field("terminationGracePeriodSeconds", s.terminationGracePeriodSeconds);
        v.field("tolerations", s.tolerations);
        v.field("topologySpreadConstraints", s.topologySpreadConstraints);
        v.field("volumes", s.volumes);
        v.extra(s.extra);
    }
};

struct PodStatus {
    Text phase, reason, message, nominatedNodeName, hostIP, podIP;
    List<Condition> conditions;
    Value containerStatuses, initContainerStatuses;
    std::optional<Timestamp> startTime;
    Value extra;
    bool operator==(const PodStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("conditions", s.conditions);
        v.field("containerStatuses", s.containerStatuses);
        v.field("hostIP", s.hostIP);
        v.field("initContainerStatuses", s.initContainerStatuses);
        v.field("message", s.message);
        v.field("nominatedNodeName", s.nominatedNodeName);
        v.field("phase", s.phase);
        v.field("podIP", s.podIP);
        v.field("reason", s.reason);
        v.field("startTime", s.startTime);
        v.extra(s.extra);
    }
};

struct Pod : Object {
    static constexpr Kind kKind = Kind::Pod;
    Pod() : Object(kKind) {}
    PodSpec spec;
    PodStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

struct EventSource {
    Text component, host;
    Value extra;
    bool operator==(const EventSource&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("component", s.component);
        v.field("host", s.host);
        v.extra(s.extra);
    }
};

// Core v1 Event. (The scheduler's events.k8s.io form is stored as the same object, as the API
// server does.)
struct Event : Object {
    static constexpr Kind kKind = Kind::Event;
    Event() : Object(kKind) {}
    ObjectReference involvedObject;
    Text reason, message, type;
    EventSource source;
    std::optional<Timestamp> firstTimestamp, lastTimestamp;
    std::int64_t count = 0;
    std::optional<MicroTimestamp> eventTime;
    Text action, reportingComponent, reportingInstance;
    Value series;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("action", s.action);
        v.field("count", s.count);
        v.field("eventTime", s.eventTime);
        v.field("firstTimestamp", s.firstTimestamp);
        v.always("involvedObject", s.involvedObject);
        v.field("lastTimestamp", s.lastTimestamp);
        v.field("message", s.message);
        v.field("reason", s.reason);
        v.field("reportingComponent", s.reportingComponent);
        v.field("reportingInstance", s.reportingInstance);
        v.field("series", s.series);
        v.field("source", s.source);
        v.field("type", s.type);
    }
};

struct ResourceQuotaSpec {
    ResourceList hard;
    Value extra;  // scopes, scopeSelector
    bool operator==(const ResourceQuotaSpec&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("hard", s.hard);
        v.extra(s.extra);
    }
};

struct ResourceQuotaStatus {
    ResourceList hard, used;
    Value extra;
    bool operator==(const ResourceQuotaStatus&) const = default;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("hard", s.hard);
        v.field("used", s.used);
        v.extra(s.extra);
    }
};

struct ResourceQuota : Object {
    static constexpr Kind kKind = Kind::ResourceQuota;
    ResourceQuota() : Object(kKind) {}
    ResourceQuotaSpec spec;
    ResourceQuotaStatus status;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.always("spec", s.spec);
        v.always("status", s.status);
    }
};

}  // namespace model::api
