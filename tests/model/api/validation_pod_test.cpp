#include "tests/model/api/validation_rows.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr CreateRow kPodRows[] = {
    {"containers are needed", "1.36", kPod, "{spec: {containers: null}}",
     "spec.containers: Required value"},
    {"claims have names, and faulty volumes do not exist", "1.36", kPod,
     "{spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: \"\"}}]}}",
     "[spec.volumes[0].persistentVolumeClaim.claimName: Required value, "
     "spec.containers[0].volumeMounts[0].name: Not found: \"data\"]"},
    {"volumes are named once", "1.36", kPod, "{spec: {volumes: [{name: data}, {name: data}]}}",
     "spec.volumes[1].name: Duplicate value: \"data\""},
    {"names of volumes are labels", "1.36", kPod, "{spec: {volumes: [{name: data}, {name: A}]}}",
     "spec.volumes[1].name: Invalid value: \"A\": {label}"},
    {"one source a volume", "1.36", kPod,
     "{spec: {volumes: [{name: data, emptyDir: {}, persistentVolumeClaim: {claimName: c}}]}}",
     "[spec.volumes[0].persistentVolumeClaim: Forbidden: may not specify more than 1 volume "
     "type, "
     "spec.containers[0].volumeMounts[0].name: Not found: \"data\"]"},
    {"templates are claims", "1.36", kPod,
     "{spec: {volumes: [{name: data, ephemeral: {volumeClaimTemplate: {spec: {accessModes: "
     "[ReadWriteOnce]}}}}]}}",
     "[spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value, "
     "spec.containers[0].volumeMounts[0].name: Not found: \"data\"]"},
    {"a generated claim is not named", "1.36", kPod,
     "{spec: {volumes: [{name: data, ephemeral: {volumeClaimTemplate: {spec: {accessModes: "
     "[ReadWriteOnce], "
     "resources: {requests: {storage: 1Gi}}}}}}, {name: more, persistentVolumeClaim: "
     "{claimName: p-data}}]}}",
     "spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: \"p-data\": must not "
     "reference a PVC that "
     "gets created for an ephemeral volume"},
    {"paths of a projection differ", "1.36", kPod,
     "{spec: {volumes: [{name: data, projected: {sources: [{secret: {name: s, items: [{key: k, "
     "path: a}]}}, "
     "{configMap: {name: m, items: [{key: k, path: a}]}}]}}]}}",
     "[spec.volumes[0].projected: Invalid value: \"m\": conflicting duplicate paths, "
     "spec.containers[0].volumeMounts[0].name: Not found: \"data\"]"},
    {"tokens live ten minutes", "1.36", kPod,
     "{spec: {volumes: [{name: data, projected: {sources: [{serviceAccountToken: {path: t, "
     "expirationSeconds: 5}}]}}]}}",
     "[spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid "
     "value: 5: may not "
     "specify a duration less than 10 minutes, spec.containers[0].volumeMounts[0].name: Not "
     "found: \"data\"]"},
    {"devices are claims", "1.36", kPod,
     "{spec: {containers: [{name: c, image: i, volumeDevices: [{name: data, devicePath: "
     "/dev/x}]}], volumes: "
     "[{name: data, emptyDir: {}}]}}",
     "spec.containers[0].volumeDevices[0].name: Invalid value: \"data\": can only use volume "
     "source type of "
     "PersistentVolumeClaim or Ephemeral for block mode"},
};

constexpr std::string_view kImmutablePod =
    "spec: Forbidden: pod updates may not change fields other than "
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`"
    "spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it "
    "to be set to 1 if it "
    "was previously negative)";
constexpr UpdateRow kPodChanges[] = {
    {"not its node", "1.36", kPod, "", "{spec: {nodeName: n}}", kImmutablePod},
    {"not its volumes", "1.26", kPod, "", "{spec: {volumes: []}}",
     "[spec.containers[0].volumeMounts[0].name: Not found: \"data\", spec: Forbidden: pod "
     "updates may not change "
     "fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, "
     "`spec.activeDeadlineSeconds`, "
     "`spec.tolerations` (only additions to existing tolerations) or "
     "`spec.terminationGracePeriodSeconds` (allow "
     "it to be set to 1 if it was previously negative)"},
    {"its image", "1.36", kPod, "",
     "{spec: {containers: [{name: c, image: other, imagePullPolicy: Always, "
     "terminationMessagePath: "
     "/dev/termination-log, terminationMessagePolicy: File, volumeMounts: [{name: data, "
     "mountPath: /data}]}]}}",
     ""},
    {"more tolerations", "1.36", kPod, "{spec: {tolerations: [{key: a}]}}",
     "{spec: {tolerations: [{key: a}, {key: b}]}}", ""},
    {"not fewer", "1.36", kPod, "{spec: {tolerations: [{key: a}]}}",
     "{spec: {tolerations: [{key: b}]}}",
     "spec.tolerations: Forbidden: existing toleration can not be modified except its "
     "tolerationSeconds"},
    {"a binding sets the node", "1.36", kPod, "", "{spec: {nodeName: n}}", "",
     Subresource::Binding},
};

}  // namespace

TEST_SUITE_BEGIN("validation");

TEST_CASE("pods are refused with the API's words") {
    for (const CreateRow& row : kPodRows) check_create(row);
}

TEST_CASE("of a pod only a few fields may change") {
    for (const UpdateRow& row : kPodChanges) check_update(row);
}

TEST_SUITE_END();
