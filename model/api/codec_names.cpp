#include <algorithm>

#include "model/api/codec_visitor.hpp"

namespace model::api::codec {

namespace {

struct TypeRow {
    std::string_view owner, field, type;  // owner "" is any
};

// k8s.io/api types whose strings have a type of their own.
constexpr TypeRow kTextTypes[] = {
    {"", "accessModes", "v1.PersistentVolumeAccessMode"},
    {"", "persistentVolumeReclaimPolicy", "v1.PersistentVolumeReclaimPolicy"},
    {"", "reclaimPolicy", "v1.PersistentVolumeReclaimPolicy"},
    {"", "volumeBindingMode", "v1.VolumeBindingMode"},
    {"", "volumeMode", "v1.PersistentVolumeMode"},
    {"", "restartPolicy", "v1.RestartPolicy"},
    {"", "effect", "v1.TaintEffect"},
    {"", "uid", "types.UID"},
    {"", "fsGroupPolicy", "v1.FSGroupPolicy"},
    {"", "volumeLifecycleModes", "v1.VolumeLifecycleMode"},
    {"", "volumesInUse", "v1.UniqueVolumeName"},
    {"AttachedVolume", "name", "v1.UniqueVolumeName"},
    {"HostPathVolumeSource", "type", "v1.HostPathType"},
    {"NamespaceSpec", "finalizers", "v1.FinalizerName"},
    {"NamespaceStatus", "phase", "v1.NamespacePhase"},
    {"PersistentVolumeStatus", "phase", "v1.PersistentVolumePhase"},
    {"PersistentVolumeClaimStatus", "phase", "v1.PersistentVolumeClaimPhase"},
    {"PersistentVolumeClaimStatus", "allocatedResourceStatuses", "v1.ClaimResourceStatus"},
    {"PodStatus", "phase", "v1.PodPhase"},
    {"LabelSelectorRequirement", "operator", "v1.LabelSelectorOperator"},
    {"NodeSelectorRequirement", "operator", "v1.NodeSelectorOperator"},
    {"NamespaceCondition", "type", "v1.NamespaceConditionType"},
    {"NodeCondition", "type", "v1.NodeConditionType"},
    {"PodCondition", "type", "v1.PodConditionType"},
    {"PersistentVolumeClaimCondition", "type", "v1.PersistentVolumeClaimConditionType"},
    {"NamespaceCondition", "status", "v1.ConditionStatus"},
    {"NodeCondition", "status", "v1.ConditionStatus"},
    {"PodCondition", "status", "v1.ConditionStatus"},
    {"PersistentVolumeClaimCondition", "status", "v1.ConditionStatus"},
};

// Structs that serve several types upstream: ours, the struct they stand in, theirs.
constexpr TypeRow kStructNames[] = {
    {"LabelSelector", "SelectorRequirement", "LabelSelectorRequirement"},
    {"NodeSelectorTerm", "SelectorRequirement", "NodeSelectorRequirement"},
    {"NamespaceStatus", "Condition", "NamespaceCondition"},
    {"NodeStatus", "Condition", "NodeCondition"},
    {"PodStatus", "Condition", "PodCondition"},
    {"PersistentVolumeClaimStatus", "Condition", "PersistentVolumeClaimCondition"},
    {"", "TopologySelectorLabel", "TopologySelectorLabelRequirement"},
};

std::string_view look_up(auto& rows, std::string_view owner, std::string_view field) {
    for (const TypeRow& row : rows) {
        if (row.field == field && (row.owner.empty() || row.owner == owner)) return row.type;
    }
    return {};
}

// Sorted.
constexpr std::string_view kOtherSources[] = {"awsElasticBlockStore",
                                              "azureDisk",
                                              "azureFile",
                                              "cephfs",
                                              "cinder",
                                              "fc",
                                              "flexVolume",
                                              "flocker",
                                              "gcePersistentDisk",
                                              "glusterfs",
                                              "iscsi",
                                              "photonPersistentDisk",
                                              "portworxVolume",
                                              "quobyte",
                                              "rbd",
                                              "scaleIO",
                                              "storageos",
                                              "vsphereVolume"};

}  // namespace

std::string_view go_text_type(std::string_view owner, std::string_view field) {
    const std::string_view type = look_up(kTextTypes, owner, field);
    return type.empty() ? "string" : type;
}

std::string_view go_int_type(std::string_view field) {
    return field == "count" || field == "priority" || field == "errorCode" ? "int32" : "int64";
}

std::string_view go_struct_name(std::string_view ours, std::string_view owner) {
    const std::string_view name = look_up(kStructNames, owner, ours);
    return name.empty() ? ours : name;
}

bool is_other_source(std::string_view field) {
    return std::binary_search(std::begin(kOtherSources), std::end(kOtherSources), field);
}

}  // namespace model::api::codec
