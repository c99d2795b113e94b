#include "tests/model/api/validation_rows.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr CreateRow kStorageRows[] = {
    {"a provisioner is needed", "1.36", kClass, "{provisioner: \"\"}",
     "provisioner: Required value"},
    {"policies of a class are two", "1.36", kClass, "{reclaimPolicy: Recycle}",
     "reclaimPolicy: Unsupported value: \"Recycle\": supported values: \"Delete\", \"Retain\""},
    {"binding modes are two", "1.36", kClass, "{volumeBindingMode: Sometimes}",
     "volumeBindingMode: Unsupported value: \"Sometimes\": supported values: \"Immediate\", "
     "\"WaitForFirstConsumer\""},
    {"parameters have names", "1.36", kClass, "{parameters: {\"\": x}}",
     "parameters: Invalid value: \"\": field can not be empty."},
    {"an empty topology is a duplicate", "1.36", kClass,
     "{allowedTopologies: [{matchLabelExpressions: []}]}",
     "allowedTopologies[0].matchLabelExpressions: Duplicate value: \"\""},
    {"topologies have values", "1.36", kClass,
     "{allowedTopologies: [{matchLabelExpressions: [{key: a}]}]}",
     "allowedTopologies[0].matchLabelExpressions[0].values: Required value"},
    {"attributes are some", "1.36", kAttributes, "{parameters: null}",
     "parameters: Required value: must contain at least one key/value pair"},
    {"an attachment has one source", "1.36", kAttachment,
     "{spec: {source: {persistentVolumeName: null}}}",
     "spec.source: Required value: must specify exactly one of inlineVolumeSpec and "
     "persistentVolumeName"},
    {"an attacher is needed", "1.26", kAttachment, "{spec: {attacher: \"\"}}",
     "[spec.attacher: Required value, spec.attacher: Invalid value: \"\": {subdomain}]"},
    {"1.26 looks at the form last", "1.26", kAttachment, "{spec: {attacher: A_B, nodeName: C_D}}",
     "[spec.nodeName: Invalid value: \"C_D\": {subdomain}, spec.attacher: Invalid value: "
     "\"A_B\": {subdomain}]"},
    {"1.36 looks at it first", "1.36", kAttachment, "{spec: {attacher: A_B, nodeName: C_D}}",
     "[spec.attacher: Invalid value: \"A_B\": {subdomain}, spec.nodeName: Invalid value: "
     "\"C_D\": {subdomain}]"},
    {"inline volumes are CSI", "1.36", kAttachment,
     "{spec: {source: {persistentVolumeName: null, inlineVolumeSpec: {accessModes: "
     "[ReadWriteOnce], capacity: "
     "{storage: 1Gi}, csi: {driver: d, volumeHandle: h}, persistentVolumeReclaimPolicy: "
     "Delete}}}}",
     "[spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context "
     "of inline volumes, "
     "spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: may only be "
     "Retain in the context of "
     "inline volumes]"},
    {"policies for fsGroup are three", "1.36", kDriver, "{spec: {fsGroupPolicy: Odd}}",
     "spec.fsGroupPolicy: Unsupported value: \"Odd\": supported values: \"File\", \"None\", "
     "\"ReadWriteOnceWithFSType\""},
    {"life cycles are two", "1.36", kDriver, "{spec: {volumeLifecycleModes: [Sometimes]}}",
     "spec.volumeLifecycleModes: Unsupported value: \"Sometimes\": supported values: "
     "\"Persistent\", "
     "\"Ephemeral\""},
    {"tokens live ten minutes", "1.36", kDriver,
     "{spec: {tokenRequests: [{audience: a, expirationSeconds: 599}, {audience: a}]}}",
     "[spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration "
     "less than 10 "
     "minutes, spec.tokenRequests[1].audience: Duplicate value: \"a\"]"},
    {"updates are not too frequent", "1.36", kDriver,
     "{spec: {nodeAllocatableUpdatePeriodSeconds: 9}}",
     "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal "
     "to 10 seconds"},
    {"a node id is needed", "1.36", kCsiNode, "{spec: {drivers: [{name: d.example.com}]}}",
     "spec.drivers[0].nodeID: Required value"},
    {"drivers are named once", "1.36", kCsiNode,
     "{spec: {drivers: [{name: d.example.com, nodeID: a}, {name: d.example.com, nodeID: b}]}}",
     "spec.drivers[1].name: Duplicate value: \"d.example.com\""},
    {"counts are not negative", "1.36", kCsiNode,
     "{spec: {drivers: [{name: d.example.com, nodeID: a, allocatable: {count: -1}}]}}",
     "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to "
     "0"},
    {"capacities name a class", "1.36", kCapacity, "{storageClassName: \"\"}",
     "storageClassName: Invalid value: \"\": {subdomain}"},
    {"capacities are not negative", "1.36", kCapacity, "{capacity: -1Gi}",
     "capacity: Invalid value: \"-1Gi\": must be greater than or equal to 0"},
};

constexpr UpdateRow kStorageChanges[] = {
    {"1.26: a class keeps its provisioner", "1.26", kClass, "", "{provisioner: y}",
     "provisioner: Forbidden: updates to provisioner are forbidden."},
    {"1.36: a class keeps its provisioner", "1.36", kClass, "", "{provisioner: y}",
     "provisioner: Invalid value: \"y\": field is immutable"},
    {"a class keeps its parameters", "1.36", kClass, "", "{parameters: {a: b}}",
     "parameters: Invalid value: {\"a\":\"b\"}: field is immutable"},
    {"a class keeps its policy", "1.26", kClass, "", "{reclaimPolicy: Retain}",
     "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden."},
    {"a class keeps its mode", "1.26", kClass, "", "{volumeBindingMode: WaitForFirstConsumer}",
     "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable"},
    {"the rest of a class is free", "1.36", kClass, "",
     "{allowVolumeExpansion: true, mountOptions: [ro]}", ""},
    {"attributes stay", "1.36", kAttributes, "", "{driverName: other, parameters: {iops: \"1\"}}",
     "[driverName: Forbidden: updates to driverName are forbidden., parameters: Forbidden: "
     "updates to parameters "
     "are forbidden.]"},
    {"an attachment stays", "1.36", kAttachment, "", "{spec: {nodeName: m}}",
     "spec: Invalid value: "
     "{\"Attacher\":\"d.example.com\",\"Source\":{\"PersistentVolumeName\":\"v\","
     "\"InlineVolumeSpec\":null},\"NodeName\":\"m\"}: field is immutable"},
    {"an attacher's form is judged once in 1.26", "1.26", kAttachment, "",
     "{spec: {attacher: Bad_Name}}",
     "spec: Invalid value: storage.VolumeAttachmentSpec{Attacher:\"Bad_Name\", "
     "Source:storage.VolumeAttachmentSource{PersistentVolumeName:(*string)(0xc000000000), "
     "InlineVolumeSpec:(*core.PersistentVolumeSpec)(nil)}, NodeName:\"n\"}: field is immutable"},
    {"errors of attachments are short", "1.36", kAttachment, "",
     "{status: {attachError: {errorCode: -1}}}",
     "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, "
     "inclusive",
     Subresource::Status},
    {"a driver keeps attachRequired, misspelt", "1.36", kDriver, "",
     "{spec: {attachRequired: false}}",
     "spec.attachedRequired: Invalid value: false: field is immutable"},
    {"a driver may change its policy", "1.36", kDriver, "", "{spec: {fsGroupPolicy: File}}", ""},
    {"in 1.26 not", "1.26", kDriver, "", "{spec: {fsGroupPolicy: File}}",
     "spec.fsGroupPolicy: Invalid value: \"File\": field is immutable"},
    {"a node keeps its id", "1.26", kCsiNode, "",
     "{spec: {drivers: [{name: d.example.com, nodeID: o}]}}",
     "CSINodeDriver: Invalid value: storage.CSINodeDriver{Name:\"d.example.com\", "
     "NodeID:\"o\", "
     "TopologyKeys:[]string(nil), Allocatable:(*storage.VolumeNodeResources)(nil)}: field is "
     "immutable"},
    {"and in 1.36", "1.36", kCsiNode, "", "{spec: {drivers: [{name: d.example.com, nodeID: o}]}}",
     "spec.drivers: Invalid value: "
     "{\"Name\":\"d.example.com\",\"NodeID\":\"o\",\"TopologyKeys\":null,"
     "\"Allocatable\":null}: field is immutable"},
    {"counts may change in 1.36", "1.36", kCsiNode, "",
     "{spec: {drivers: [{name: d.example.com, nodeID: n, allocatable: {count: 4}}]}}", ""},
    {"a capacity keeps its class", "1.36", kCapacity, "", "{storageClassName: slow}",
     "storageClassName: Invalid value: \"slow\": field is immutable"},
    {"and nothing else", "1.36", kCapacity, "", "{capacity: 5Gi}", ""},
};

}  // namespace

TEST_SUITE_BEGIN("validation");

TEST_CASE("storage kinds are refused with the API's words") {
    for (const CreateRow& row : kStorageRows) check_create(row);
}

TEST_CASE("changes of storage kinds are refused with the API's words") {
    for (const UpdateRow& row : kStorageChanges) check_update(row);
}

TEST_SUITE_END();
