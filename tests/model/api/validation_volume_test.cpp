#include "tests/model/api/validation_rows.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr CreateRow kVolumeRows[] = {
    {"capacity is needed", "1.26", kVolume, "{spec: {capacity: null}}",
     "[spec.capacity: Required value, spec.capacity: Unsupported value: "
     "core.ResourceList(nil): supported "
     "values: \"storage\"]"},
    {"1.36 shows values as JSON", "1.36", kVolume, "{spec: {capacity: {cpu: 1}}}",
     "spec.capacity: Unsupported value: {\"cpu\":\"1\",\"storage\":\"1Gi\"}: supported values: "
     "\"storage\""},
    {"1.26 shows them in Go syntax", "1.26", kVolume, "{spec: {capacity: {cpu: 1}}}",
     "spec.capacity: Unsupported value: "
     "core.ResourceList{\"cpu\":resource.Quantity{i:resource.int64Amount{"
     "value:1, scale:0}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:\"1\", "
     "Format:\"DecimalSI\"}, "
     "\"storage\":resource.Quantity{i:resource.int64Amount{value:1073741824, scale:0}, "
     "d:resource.infDecAmount{"
     "Dec:(*inf.Dec)(nil)}, s:\"1Gi\", Format:\"BinarySI\"}}: supported values: \"storage\""},
    {"capacity is not negative", "1.36", kVolume, "{spec: {capacity: {storage: -1Gi}}}",
     "[spec.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity, "
     "spec.capacity[storage]: Invalid value: \"-1Gi\": must be greater than zero]"},
    {"access modes are needed", "1.36", kVolume, "{spec: {accessModes: null}}",
     "spec.accessModes: Required value"},
    {"modes are listed sorted", "1.36", kVolume, "{spec: {accessModes: [ReadWriteTwice]}}",
     "spec.accessModes: Unsupported value: \"ReadWriteTwice\": supported values: "
     "\"ReadOnlyMany\", "
     "\"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""},
    {"1.26 does not know ReadWriteOncePod", "1.26", kVolume,
     "{spec: {accessModes: [ReadWriteOncePod, ReadWriteOnce]}}",
     "[spec.accessModes: Unsupported value: \"ReadWriteOncePod\": supported values: "
     "\"ReadOnlyMany\", "
     "\"ReadWriteMany\", \"ReadWriteOnce\", spec.accessModes: Forbidden: may not use "
     "ReadWriteOncePod with other "
     "access modes]"},
    {"duplicates are said once", "1.36", kVolume, "{spec: {accessModes: [X, X]}}",
     "spec.accessModes: Unsupported value: \"X\": supported values: \"ReadOnlyMany\", "
     "\"ReadWriteMany\", "
     "\"ReadWriteOnce\", \"ReadWriteOncePod\""},
    {"policies are three", "1.36", kVolume, "{spec: {persistentVolumeReclaimPolicy: Shred}}",
     "spec.persistentVolumeReclaimPolicy: Unsupported value: \"Shred\": supported values: "
     "\"Delete\", "
     "\"Recycle\", \"Retain\""},
    {"modes are two", "1.36", kVolume, "{spec: {volumeMode: Weird}}",
     "spec.volumeMode: Unsupported value: \"Weird\": supported values: \"Block\", "
     "\"Filesystem\""},
    {"a source is needed", "1.36", kVolume, "{spec: {hostPath: null}}",
     "spec: Required value: must specify a volume type"},
    {"the first source counts, in the API's order", "1.36", kVolume,
     "{spec: {nfs: {server: a, path: /b}}}",
     "spec.nfs: Forbidden: may not specify more than 1 volume type"},
    {"sources without a struct count, too", "1.36", kVolume, "{spec: {iscsi: {targetPortal: t}}}",
     "spec.iscsi: Forbidden: may not specify more than 1 volume type"},
    {"paths do not step back", "1.36", kVolume, "{spec: {hostPath: {path: ../x}}}",
     "spec.hostPath.path: Invalid value: \"../x\": must not contain '..'"},
    {"nobody recycles the root", "1.36", kVolume,
     "{spec: {persistentVolumeReclaimPolicy: Recycle, hostPath: {path: /./a/..}}}",
     "[spec.hostPath.path: Invalid value: \"/./a/..\": must not contain '..', "
     "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount "
     "of '/']"},
    {"nfs paths are absolute", "1.36", kVolume,
     "{spec: {hostPath: null, nfs: {server: a, path: b}}}",
     "spec.nfs.path: Invalid value: \"b\": must be an absolute path"},
    {"local volumes know their node", "1.36", kVolume,
     "{spec: {hostPath: null, local: {path: /x}}}",
     "spec.nodeAffinity: Required value: Local volume requires node affinity"},
    {"a handle is needed", "1.36", kCsiVolume, "{spec: {csi: {volumeHandle: null}}}",
     "spec.csi.volumeHandle: Required value"},
    {"a driver is needed", "1.36", kCsiVolume, "{spec: {csi: {driver: null}}}",
     "spec.csi.driver: Required value"},
    {"1.26 says so twice", "1.26", kCsiVolume, "{spec: {csi: {driver: null}}}",
     "[spec.csi.driver: Required value, spec.csi.driver: Invalid value: \"\": {subdomain}]"},
    {"secrets have a namespace", "1.36", kCsiVolume,
     "{spec: {csi: {nodePublishSecretRef: {name: s}}}}",
     "spec.csi.nodePublishSecretRef.namespace: Required value"},
    {"a secret's name may have dots", "1.27", kCsiVolume,
     "{spec: {csi: {nodePublishSecretRef: {name: a.b, namespace: n}}}}", ""},
    {"in 1.26 not", "1.26", kCsiVolume,
     "{spec: {csi: {nodePublishSecretRef: {name: a.b, namespace: n}}}}",
     "spec.csi.nodePublishSecretRef.name: Invalid value: \"a.b\": {label}"},
    {"classes have names", "1.36", kVolume, "{spec: {storageClassName: Bad_Class}}",
     "spec.storageClassName: Invalid value: \"Bad_Class\": {subdomain}"},
    {"an affinity has terms", "1.36", kVolume,
     "{spec: {nodeAffinity: {required: {nodeSelectorTerms: []}}}}",
     "spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one "
     "node selector term"},
    {"an affinity is one", "1.36", kVolume, "{spec: {nodeAffinity: {}}}",
     "spec.nodeAffinity.required: Required value: must specify required node constraints"},
    {"operators are known", "1.36", kVolume,
     "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, "
     "operator: Like, "
     "values: [b]}]}]}}}}",
     "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid "
     "value: \"Like\": not a "
     "valid selector operator"},
    {"values are label values", "1.36", kVolume,
     "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, "
     "operator: In, "
     "values: [\"b c\"]}]}]}}}}",
     "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid "
     "value: \"b c\": "
     "{value}"},
    {"1.26 did not look", "1.26", kVolume,
     "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, "
     "operator: In, "
     "values: [\"b c\"]}]}]}}}}",
     ""},
    {"attributes need CSI", "1.36", kVolume, "{spec: {volumeAttributesClassName: gold}}",
     "spec.csi: Required value: has to be specified when using volumeAttributesClassName"},
    {"attributes have a name", "1.36", kCsiVolume, "{spec: {volumeAttributesClassName: \"\"}}",
     "spec.volumeAttributesClassName: Required value: an empty string is disallowed"},
    {"1.26 drops them", "1.26", kVolume, "{spec: {volumeAttributesClassName: gold}}", ""},
    {"mount options by annotation are refused for most sources", "1.36", kVolume,
     "{metadata: {annotations: {volume.beta.kubernetes.io/mount-options: ro}}}",
     "metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify "
     "mount options for "
     "this volume type"},
    {"but not for nfs", "1.36", kVolume,
     "{metadata: {annotations: {volume.beta.kubernetes.io/mount-options: ro}}, spec: "
     "{hostPath: null, "
     "nfs: {server: a, path: /b}}}",
     ""},
    {"the field is never judged", "1.36", kVolume, "{spec: {mountOptions: [ro, \"\"]}}", ""},
    {"a claimRef is not judged", "1.36", kVolume, "{spec: {claimRef: {name: x}}}", ""},
};

constexpr std::string_view kBetaAffinity =
    "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: "
    "failure-domain.beta.kubernetes.io/zone, operator: In, values: [b]}]}]}}}}";
constexpr std::string_view kOtherAffinity =
    "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, "
    "operator: In, "
    "values: [c]}]}]}}}}";
constexpr std::string_view kRenamedAffinity =
    "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: "
    "topology.kubernetes.io/zone, operator: In, values: [b]}]}]}}}}";
constexpr UpdateRow kVolumeChanges[] = {
    {"the source stays", "1.36", kVolume, "", "{spec: {hostPath: {path: /other}}}",
     "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after "
     "creation"},
    {"an expand secret may come later", "1.36", kCsiVolume, "",
     "{spec: {csi: {controllerExpandSecretRef: {name: a, namespace: b}}}}", ""},
    {"but not another one", "1.36", kCsiVolume,
     "{spec: {csi: {controllerExpandSecretRef: {name: a, namespace: b}}}}",
     "{spec: {csi: {controllerExpandSecretRef: {name: c}}}}",
     "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after "
     "creation"},
    {"the mode stays", "1.36", kVolume, "", "{spec: {volumeMode: Block}}",
     "volumeMode: Invalid value: \"Block\": field is immutable"},
    {"an affinity may be set once", "1.36", kVolume, "", kOtherAffinity, ""},
    {"then it stays", "1.36", kVolume, kBetaAffinity, kOtherAffinity,
     "nodeAffinity: Invalid value: "
     "{\"Required\":{\"NodeSelectorTerms\":[{\"MatchExpressions\":[{\"Key\":\"a\","
     "\"Operator\":\"In\",\"Values\":[\"c\"]}],\"MatchFields\":null}]}}: field is immutable, "
     "except for updating "
     "from beta label to GA"},
    {"but for beta labels", "1.36", kVolume, kBetaAffinity, kRenamedAffinity, ""},
    {"which 1.26 keeps", "1.26", kVolume, kBetaAffinity, kRenamedAffinity,
     "nodeAffinity: Invalid value: "
     "core.VolumeNodeAffinity{Required:(*core.NodeSelector)(0xc000000000)}: field is "
     "immutable"},
    {"an affinity that goes is null in 1.26", "1.26", kVolume, kBetaAffinity,
     "{spec: {nodeAffinity: null}}", "nodeAffinity: Invalid value: \"null\": field is immutable"},
    {"attributes do not go", "1.36", kCsiVolume, "{spec: {volumeAttributesClassName: gold}}",
     "{spec: {volumeAttributesClassName: null}}",
     "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is "
     "forbidden"},
    {"attributes may change", "1.36", kCsiVolume, "{spec: {volumeAttributesClassName: gold}}",
     "{spec: {volumeAttributesClassName: silver}}", ""},
    {"the rest is free", "1.36", kVolume, "",
     "{metadata: {labels: {a: b}}, spec: {capacity: {storage: 1Mi}, accessModes: "
     "[ReadOnlyMany], claimRef: "
     "{name: x}, storageClassName: other, persistentVolumeReclaimPolicy: Delete, "
     "mountOptions: "
     "[ro]}}",
     ""},
};

constexpr CreateRow kClaimRows[] = {
    {"access modes are needed", "1.36", kClaim, "{spec: {accessModes: null}}",
     "spec.accessModes: Required value: at least 1 access mode is required"},
    {"a size is needed", "1.36", kClaim, "{spec: {resources: null}}",
     "spec.resources[storage]: Required value"},
    {"a size is positive", "1.36", kClaim, "{spec: {resources: {requests: {storage: -5Gi}}}}",
     "spec.resources[storage]: Invalid value: \"-5Gi\": must be greater than zero"},
    {"ReadWriteOncePod stands alone", "1.36", kClaim,
     "{spec: {accessModes: [ReadWriteOncePod, ReadOnlyMany]}}",
     "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"},
    {"selectors are sound", "1.36", kClaim,
     "{spec: {selector: {matchExpressions: [{key: a, operator: In}]}}}",
     "spec.selector.matchExpressions[0].values: Required value: must be specified when "
     "`operator` is 'In' or "
     "'NotIn'"},
    {"Exists has no values", "1.36", kClaim,
     "{spec: {selector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}}",
     "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when "
     "`operator` is 'Exists' or "
     "'DoesNotExist'"},
    {"classes have names", "1.36", kClaim, "{spec: {storageClassName: Bad_Class}}",
     "spec.storageClassName: Invalid value: \"Bad_Class\": {subdomain}"},
    {"a data source stands in both fields", "1.36", kClaim,
     "{spec: {dataSource: {kind: PersistentVolumeClaim, name: \"\"}}}",
     "[spec.dataSource.name: Required value, spec.dataSourceRef.name: Required value]"},
    {"other data sources are dropped", "1.36", kClaim, "{spec: {dataSource: {kind: Foo, name: x}}}",
     ""},
    {"other references are not", "1.36", kClaim, "{spec: {dataSourceRef: {kind: Foo, name: x}}}",
     "[spec.dataSource: Invalid value: \"Foo\": must be 'PersistentVolumeClaim' when "
     "referencing the default "
     "apiGroup, spec.dataSourceRef: Invalid value: \"Foo\": must be 'PersistentVolumeClaim' "
     "when referencing the "
     "default apiGroup]"},
    {"both fields agree", "1.36", kClaim,
     "{spec: {dataSource: {kind: PersistentVolumeClaim, name: a}, dataSourceRef: {kind: "
     "PersistentVolumeClaim, "
     "name: b}}}",
     "spec: Invalid value: {}: must match dataSourceRef"},
    {"groups are subdomains", "1.36", kClaim,
     "{spec: {dataSourceRef: {apiGroup: A_B, kind: Foo, name: x}}}",
     "[spec.dataSource.apiGroup: Invalid value: \"A_B\": {subdomain}, "
     "spec.dataSourceRef.apiGroup: Invalid value: "
     "\"A_B\": {subdomain}]"},
    {"1.26 did not look", "1.26", kClaim,
     "{spec: {dataSourceRef: {apiGroup: A_B, kind: Foo, name: x}}}", ""},
    {"attributes have names", "1.36", kClaim, "{spec: {volumeAttributesClassName: A_B}}",
     "spec.volumeAttributesClassName: Invalid value: \"A_B\": {subdomain}"},
    {"1.26 drops them", "1.26", kClaim, "{spec: {volumeAttributesClassName: A_B}}", ""},
    {"other requests do not matter", "1.36", kClaim, "{spec: {resources: {requests: {cpu: 1}}}}",
     ""},
};

constexpr std::string_view kImmutableClaim =
    "spec: Forbidden: spec is immutable after creation except resources.requests and "
    "volumeAttributesClassName for "
    "bound claims";
constexpr UpdateRow kClaimChanges[] = {
    {"the spec stays", "1.36", kClaim, "", "{spec: {accessModes: [ReadOnlyMany]}}",
     kImmutableClaim},
    {"1.26 knows no attributes", "1.26", kClaim, "", "{spec: {accessModes: [ReadOnlyMany]}}",
     "spec: Forbidden: spec is immutable after creation except resources.requests for bound "
     "claims"},
    {"a pending claim does not grow", "1.36", kClaim, "",
     "{spec: {resources: {requests: {storage: 3Gi}}}}", kImmutableClaim},
    {"a bound one does", "1.36", kBoundClaim, "", "{spec: {resources: {requests: {storage: 6Gi}}}}",
     ""},
    {"it may shrink above what it has", "1.36", kBoundClaim, "",
     "{spec: {resources: {requests: {storage: 3Gi}}}}", ""},
    {"but not to what it has", "1.36", kBoundClaim, "",
     "{spec: {resources: {requests: {storage: 2Gi}}}}",
     "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"},
    {"1.26 does not let it shrink", "1.26", kBoundClaim, "",
     "{spec: {resources: {requests: {storage: 3Gi}}}}",
     "spec.resources.requests.storage: Forbidden: field can not be less than previous value"},
    {"a volume is named once", "1.36", kClaim, "", "{spec: {volumeName: v}}", ""},
    {"and not again", "1.36", kBoundClaim, "", "{spec: {volumeName: w}}", kImmutableClaim},
    {"a class may be given to a claim without one", "1.36", kClaim,
     "{spec: {storageClassName: null}}", "{spec: {storageClassName: fast}}", ""},
    {"but not another one", "1.36", kClaim, "", "{spec: {storageClassName: slow}}",
     kImmutableClaim},
    {"the old annotation may become the field", "1.36", kClaim,
     "{metadata: {annotations: {volume.beta.kubernetes.io/storage-class: fast}}, spec: "
     "{storageClassName: null}}",
     "{metadata: {annotations: null}, spec: {storageClassName: fast}}", ""},
    {"the old annotation stays", "1.36", kClaim,
     "{metadata: {annotations: {volume.beta.kubernetes.io/storage-class: fast}}, spec: "
     "{storageClassName: null}}",
     "{metadata: {annotations: {volume.beta.kubernetes.io/storage-class: slow}}}",
     "metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"slow\": "
     "field is immutable"},
    {"applied attributes do not go", "1.36", kBoundClaim,
     "{spec: {volumeAttributesClassName: gold}, status: {currentVolumeAttributesClassName: "
     "gold}}",
     "{spec: {volumeAttributesClassName: null}}",
     "spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when "
     "status.currentVolumeAttributesClassName is not nil"},
    {"nor become empty", "1.36", kBoundClaim,
     "{spec: {volumeAttributesClassName: gold}, status: {currentVolumeAttributesClassName: "
     "gold}}",
     "{spec: {volumeAttributesClassName: \"\"}}",
     "spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when "
     "status.currentVolumeAttributesClassName is not nil"},
    {"attributes of a bound claim may change", "1.36", kBoundClaim, "",
     "{spec: {volumeAttributesClassName: gold}}", ""},
    {"allocated resources are storage", "1.36", kBoundClaim, "",
     "{status: {allocatedResources: {cpu: 1}}}",
     "status.allocatedResources: Unsupported value: \"cpu\": supported values: \"storage\"",
     Subresource::Status},
    {"states of a resize are known", "1.36", kBoundClaim, "",
     "{status: {allocatedResourceStatuses: {storage: Odd}}}",
     "status.allocatedResourceStatuses: Unsupported value: \"storage\": supported values: "
     "\"ControllerResizeInProgress\", \"ControllerResizeInfeasible\", "
     "\"NodeResizeInProgress\", "
     "\"NodeResizeInfeasible\", \"NodeResizePending\"",
     Subresource::Status},
    {"a status write does not touch the spec", "1.36", kBoundClaim, "",
     "{spec: {volumeName: w}, status: {phase: Lost}}", "", Subresource::Status},
};

}  // namespace

TEST_SUITE_BEGIN("validation");

TEST_CASE("volumes are refused with the API's words") {
    for (const CreateRow& row : kVolumeRows) check_create(row);
}

TEST_CASE("changes of volumes are refused with the API's words") {
    for (const UpdateRow& row : kVolumeChanges) check_update(row);
}

TEST_CASE("claims are refused with the API's words") {
    for (const CreateRow& row : kClaimRows) check_create(row);
}

TEST_CASE("changes of claims are refused with the API's words") {
    for (const UpdateRow& row : kClaimChanges) check_update(row);
}

TEST_CASE("a claim's first line of two faults stays readable") {
    const UpdateRow row{"volume mode",
                        "1.26",
                        kClaim,
                        "",
                        "{spec: {volumeMode: Block}}",
                        "[spec: Forbidden: spec is immutable after creation except "
                        "resources.requests for bound claims"};
    check_update(row);
}

TEST_SUITE_END();
