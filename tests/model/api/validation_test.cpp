#include "model/api/validation.hpp"

#include <doctest/doctest.h>

#include "model/api/codec.hpp"
#include "model/api/patch.hpp"
#include "tests/model/api/flow_text.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kKey =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
    "used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

// A sound object of each kind, which the rows spoil.
constexpr std::string_view kVolume =
    "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
    "1Gi}, "
    "accessModes: [ReadWriteOnce], hostPath: {path: /tmp/v}}}";
constexpr std::string_view kCsiVolume =
    "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
    "1Gi}, "
    "accessModes: [ReadWriteOnce], csi: {driver: d.example.com, volumeHandle: h}}}";
constexpr std::string_view kClaim =
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: default}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}, storageClassName: "
    "fast}}";
constexpr std::string_view kBoundClaim =
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: default}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}, storageClassName: "
    "fast, "
    "volumeName: v}, status: {phase: Bound, capacity: {storage: 2Gi}}}";
constexpr std::string_view kClass =
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: "
    "d.example.com}";
constexpr std::string_view kAttributes =
    "{apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: {name: gold}, "
    "driverName: d.example.com, "
    "parameters: {iops: \"100\"}}";
constexpr std::string_view kAttachment =
    "{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: a}, spec: {attacher: "
    "d.example.com, "
    "nodeName: n, source: {persistentVolumeName: v}}}";
constexpr std::string_view kDriver =
    "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d.example.com}, spec: {}}";
constexpr std::string_view kCsiNode =
    "{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: n}, spec: {drivers: [{name: "
    "d.example.com, "
    "nodeID: n}]}}";
constexpr std::string_view kCapacity =
    "{apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, metadata: {name: s, namespace: "
    "default}, "
    "storageClassName: fast, capacity: 1Gi}";
constexpr std::string_view kPod =
    "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: default}, spec: {containers: "
    "[{name: c, "
    "image: busybox, volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, "
    "persistentVolumeClaim: {claimName: c}}]}}";
constexpr std::string_view kNamespace = "{apiVersion: v1, kind: Namespace, metadata: {name: team}}";
constexpr std::string_view kNode = "{apiVersion: v1, kind: Node, metadata: {name: n}}";
constexpr std::string_view kQuota =
    "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: {hard: "
    "{requests.storage: 1Gi}}}";
constexpr std::string_view kEvent =
    "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: default}, involvedObject: {kind: "
    "Pod, name: p, "
    "namespace: default}}";
constexpr std::string_view kSnapshot =
    "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: s, namespace: "
    "default}}";

struct CreateRow {
    std::string_view sentence, version, base, spoil,
        refusal;  // refusal: what follows "is invalid: "; "" for none
};

struct UpdateRow {
    std::string_view sentence, version, base, before, change, refusal;
    Subresource sub = Subresource::None;
};

std::string filled(std::string_view text) {
    std::string out(text);
    const std::pair<std::string_view, std::string_view> words[] = {
        {"{subdomain}", kSubdomain}, {"{label}", kLabel}, {"{key}", kKey}, {"{value}", kValue}};
    for (const auto& [word, full] : words)
        for (std::size_t at; (at = out.find(word)) != std::string::npos;)
            out.replace(at, word.size(), full);
    return out;
}

Value merged(const Value& base, std::string_view change) {
    if (change.empty()) return base;
    return apply_patch(PatchType::Merge, base, FlowText::parse(change), Kind::Pod).value();
}

std::unique_ptr<Object> object_of(const Value& manifest, Scheme& scheme) {
    auto decoded = decode(manifest, scheme);
    if (!decoded.ok()) throw std::runtime_error(decoded.error().message.str());
    return std::move(decoded.value());
}

std::string refusal_of(const KindInfo& info, const FieldErrors& errors) {
    if (errors.empty()) return {};
    const std::string message = invalid_status(info, "x", errors).message.str();
    const std::size_t start = message.find(" is invalid: ") + 13;
    return message.substr(start, message.find('\n') == std::string::npos
                                     ? message.size()
                                     : message.find('\n') - start);
}

void check_create(const CreateRow& row) {
    CAPTURE(row.sentence);
    Scheme scheme;
    const Profile profile = *Profile::of(row.version);
    const auto object = object_of(merged(FlowText::parse(row.base), row.spoil), scheme);
    const KindInfo& info = scheme.info(object->kind);
    set_defaults(*object, profile);
    prepare_for_create(*object, profile, Timestamp{});
    set_defaults(*object, profile);
    CHECK(refusal_of(info, validate_create(*object, info, profile)) == filled(row.refusal));
}

void check_update(const UpdateRow& row) {
    CAPTURE(row.sentence);
    Scheme scheme;
    const Profile profile = *Profile::of(row.version);
    Value stored = merged(FlowText::parse(row.base), row.before);
    stored["metadata"]["resourceVersion"] = "7";
    const auto old = object_of(stored, scheme);
    set_defaults(*old, profile);
    const auto object = object_of(merged(encode(*old, scheme), row.change), scheme);
    const KindInfo& info = scheme.info(object->kind);
    set_defaults(*object, profile);
    prepare_for_update(*object, *old, row.sub, info, profile, Timestamp{});
    CHECK(refusal_of(info, validate_update(*object, *old, row.sub, info, profile)) ==
          filled(row.refusal));
}

}  // namespace

TEST_SUITE_BEGIN("validation");

TEST_CASE("sound objects of all kinds are accepted by the oldest and the newest version") {
    for (std::string_view version : {"1.26", "1.36"})
        for (std::string_view base :
             {kVolume, kCsiVolume, kClaim, kClass, kAttributes, kAttachment, kDriver, kCsiNode,
              kCapacity, kPod, kNamespace, kNode, kQuota, kEvent, kSnapshot})
            check_create({base, version, base, "", ""});
}

TEST_CASE("metadata is refused with the API's words") {
    const CreateRow rows[] = {
        {"a name is needed", "1.36", kVolume, "{metadata: {name: null}}",
         "metadata.name: Required value: name or generateName is required"},
        {"a name is a subdomain", "1.36", kVolume, "{metadata: {name: Bad_Name}}",
         "metadata.name: Invalid value: \"Bad_Name\": {subdomain}"},
        {"names of unknown kinds, too", "1.36", kSnapshot, "{metadata: {name: Bad_Name}}",
         "metadata.name: Invalid value: \"Bad_Name\": {subdomain}"},
        {"a prefix may end in a dash", "1.36", kVolume, "{metadata: {generateName: \"pv-\"}}", ""},
        {"a prefix has the form of a name", "1.36", kVolume, "{metadata: {generateName: \"PV-\"}}",
         "metadata.generateName: Invalid value: \"PV-\": {subdomain}"},
        {"a namespace is a label", "1.36", kNamespace, "{metadata: {name: -team}}",
         "[metadata.name: Invalid value: \"-team\": {label}, metadata.labels: Invalid value: "
         "\"-team\": {value}]"},
        {"a namespace has no dots", "1.36", kNamespace, "{metadata: {name: a.b}}",
         "metadata.name: Invalid value: \"a.b\": must not contain dots"},
        {"1.26 tells dots like any other fault", "1.26", kNamespace, "{metadata: {name: a.b}}",
         "metadata.name: Invalid value: \"a.b\": {label}"},
        {"cluster kinds have no namespace", "1.36", kVolume, "{metadata: {namespace: default}}",
         "metadata.namespace: Forbidden: not allowed on this type"},
        {"others need one", "1.36", kClaim, "{metadata: {namespace: null}}",
         "metadata.namespace: Required value"},
        {"label keys are qualified names", "1.36", kVolume,
         "{metadata: {labels: {\"bad key!\": x}}}",
         "metadata.labels: Invalid value: \"bad key!\": {key}"},
        {"label values are words", "1.36", kVolume, "{metadata: {labels: {a: \"no blanks\"}}}",
         "metadata.labels: Invalid value: \"no blanks\": {value}"},
        {"a prefix of a key is no empty one", "1.36", kVolume, "{metadata: {labels: {/a: x}}}",
         "metadata.labels: Invalid value: \"/a\": prefix part must be non-empty"},
        {"annotation keys may have capitals", "1.36", kVolume,
         "{metadata: {annotations: {EXAMPLE.com/A: x}}}", ""},
        {"but not blanks", "1.36", kVolume, "{metadata: {annotations: {\"a b\": x}}}",
         "metadata.annotations: Invalid value: \"a b\": {key}"},
        {"finalizers are qualified", "1.36", kVolume, "{metadata: {finalizers: [mine]}}",
         "metadata.finalizers[0]: Invalid value: \"mine\": name is neither a standard finalizer "
         "name nor is it fully "
         "qualified"},
        {"unless Kubernetes knows them", "1.36", kVolume,
         "{metadata: {finalizers: [kubernetes, orphan]}}", ""},
        {"orphan and foreground exclude each other", "1.36", kVolume,
         "{metadata: {finalizers: [orphan, foregroundDeletion]}}",
         "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer "
         "orphan and "
         "foregroundDeletion cannot be both set"},
        {"1.26 shows lists in Go syntax", "1.26", kVolume,
         "{metadata: {finalizers: [orphan, foregroundDeletion]}}",
         "metadata.finalizers: Invalid value: []string{\"orphan\", \"foregroundDeletion\"}: "
         "finalizer orphan and "
         "foregroundDeletion cannot be both set"},
        {"owners are complete", "1.36", kVolume,
         "{metadata: {ownerReferences: [{apiVersion: v1, kind: Pod}]}}",
         "[metadata.ownerReferences.name: Invalid value: \"\": must not be empty, "
         "metadata.ownerReferences.uid: "
         "Invalid value: \"\": must not be empty]"},
        {"1.26 names the member again", "1.26", kVolume,
         "{metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: p}]}}",
         "metadata.ownerReferences.uid: Invalid value: \"\": uid must not be empty"},
    };
    for (const CreateRow& row : rows) check_create(row);
}

TEST_CASE("annotations are limited to 256 KiB in all") {
    Scheme scheme;
    for (const auto& [version, text] :
         {std::pair<std::string_view, std::string_view>("1.26", "must have at most"),
          {"1.36", "may not be more than"}}) {
        const Profile profile = *Profile::of(version);
        const auto pv = object_of(FlowText::parse(kVolume), scheme);
        set_defaults(*pv, profile);
        pv->metadata.annotations.set("a", Text(std::string(262143, 'x')));
        const KindInfo& info = scheme.info(pv->kind);
        CHECK(validate_create(*pv, info, profile).empty());
        pv->metadata.annotations.set("b", "");
        CHECK(refusal_of(info, validate_create(*pv, info, profile)) ==
              "metadata.annotations: Too long: " + std::string(text) + " 262144 bytes");
    }
}

TEST_CASE("volumes are refused with the API's words") {
    const CreateRow rows[] = {
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
        {"sources without a struct count, too", "1.36", kVolume,
         "{spec: {iscsi: {targetPortal: t}}}",
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
    for (const CreateRow& row : rows) check_create(row);
}

TEST_CASE("changes of volumes are refused with the API's words") {
    constexpr std::string_view affinity =
        "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: "
        "failure-domain.beta.kubernetes.io/zone, operator: In, values: [b]}]}]}}}}";
    constexpr std::string_view other =
        "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, "
        "operator: In, "
        "values: [c]}]}]}}}}";
    constexpr std::string_view renamed =
        "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: "
        "topology.kubernetes.io/zone, operator: In, values: [b]}]}]}}}}";
    const UpdateRow rows[] = {
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
        {"an affinity may be set once", "1.36", kVolume, "", other, ""},
        {"then it stays", "1.36", kVolume, affinity, other,
         "nodeAffinity: Invalid value: "
         "{\"Required\":{\"NodeSelectorTerms\":[{\"MatchExpressions\":[{\"Key\":\"a\","
         "\"Operator\":\"In\",\"Values\":[\"c\"]}],\"MatchFields\":null}]}}: field is immutable, "
         "except for updating "
         "from beta label to GA"},
        {"but for beta labels", "1.36", kVolume, affinity, renamed, ""},
        {"which 1.26 keeps", "1.26", kVolume, affinity, renamed,
         "nodeAffinity: Invalid value: "
         "core.VolumeNodeAffinity{Required:(*core.NodeSelector)(0xc000000000)}: field is "
         "immutable"},
        {"an affinity that goes is null in 1.26", "1.26", kVolume, affinity,
         "{spec: {nodeAffinity: null}}",
         "nodeAffinity: Invalid value: \"null\": field is immutable"},
        {"attributes do not go", "1.36", kCsiVolume, "{spec: {volumeAttributesClassName: gold}}",
         "{spec: {volumeAttributesClassName: null}}",
         "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is "
         "forbidden"},
        {"attributes may change", "1.36", kCsiVolume, "{spec: {volumeAttributesClassName: gold}}",
         "{spec: {volumeAttributesClassName: silver}}", ""},
        {"the rest is free", "1.36", kVolume, "",
         "{metadata: {labels: {a: b}}, spec: {capacity: {storage: 1Mi}, accessModes: "
         "[ReadOnlyMany], claimRef: "
         "{name: x}, storageClassName: other, persistentVolumeReclaimPolicy: Delete, mountOptions: "
         "[ro]}}",
         ""},
    };
    for (const UpdateRow& row : rows) check_update(row);
}

TEST_CASE("claims are refused with the API's words") {
    const CreateRow rows[] = {
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
        {"other data sources are dropped", "1.36", kClaim,
         "{spec: {dataSource: {kind: Foo, name: x}}}", ""},
        {"other references are not", "1.36", kClaim,
         "{spec: {dataSourceRef: {kind: Foo, name: x}}}",
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
        {"other requests do not matter", "1.36", kClaim,
         "{spec: {resources: {requests: {cpu: 1}}}}", ""},
    };
    for (const CreateRow& row : rows) check_create(row);
}

TEST_CASE("changes of claims are refused with the API's words") {
    constexpr std::string_view now =
        "spec: Forbidden: spec is immutable after creation except resources.requests and "
        "volumeAttributesClassName for "
        "bound claims";
    const UpdateRow rows[] = {
        {"the spec stays", "1.36", kClaim, "", "{spec: {accessModes: [ReadOnlyMany]}}", now},
        {"1.26 knows no attributes", "1.26", kClaim, "", "{spec: {accessModes: [ReadOnlyMany]}}",
         "spec: Forbidden: spec is immutable after creation except resources.requests for bound "
         "claims"},
        {"a pending claim does not grow", "1.36", kClaim, "",
         "{spec: {resources: {requests: {storage: 3Gi}}}}", now},
        {"a bound one does", "1.36", kBoundClaim, "",
         "{spec: {resources: {requests: {storage: 6Gi}}}}", ""},
        {"it may shrink above what it has", "1.36", kBoundClaim, "",
         "{spec: {resources: {requests: {storage: 3Gi}}}}", ""},
        {"but not to what it has", "1.36", kBoundClaim, "",
         "{spec: {resources: {requests: {storage: 2Gi}}}}",
         "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"},
        {"1.26 does not let it shrink", "1.26", kBoundClaim, "",
         "{spec: {resources: {requests: {storage: 3Gi}}}}",
         "spec.resources.requests.storage: Forbidden: field can not be less than previous value"},
        {"a volume is named once", "1.36", kClaim, "", "{spec: {volumeName: v}}", ""},
        {"and not again", "1.36", kBoundClaim, "", "{spec: {volumeName: w}}", now},
        {"a class may be given to a claim without one", "1.36", kClaim,
         "{spec: {storageClassName: null}}", "{spec: {storageClassName: fast}}", ""},
        {"but not another one", "1.36", kClaim, "", "{spec: {storageClassName: slow}}", now},
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
    for (const UpdateRow& row : rows) check_update(row);
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

TEST_CASE("storage kinds are refused with the API's words") {
    const CreateRow rows[] = {
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
        {"1.26 looks at the form last", "1.26", kAttachment,
         "{spec: {attacher: A_B, nodeName: C_D}}",
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
    for (const CreateRow& row : rows) check_create(row);
}

TEST_CASE("changes of storage kinds are refused with the API's words") {
    const UpdateRow rows[] = {
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
        {"attributes stay", "1.36", kAttributes, "",
         "{driverName: other, parameters: {iops: \"1\"}}",
         "[driverName: Forbidden: updates to driverName are forbidden., parameters: Forbidden: "
         "updates to parameters "
         "are forbidden.]"},
        {"an attachment stays", "1.36", kAttachment, "", "{spec: {nodeName: m}}",
         "spec: Invalid value: "
         "{\"Attacher\":\"d.example.com\",\"Source\":{\"PersistentVolumeName\":\"v\","
         "\"InlineVolumeSpec\":null},\"NodeName\":\"m\"}: field is immutable"},
        {"errors of attachments are short", "1.36", kAttachment, "",
         "{status: {attachError: {errorCode: -1}}}",
         "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, "
         "inclusive",
         Subresource::Status},
        {"a driver keeps attachRequired, misspelt", "1.36", kDriver, "",
         "{spec: {attachRequired: false}}",
         "spec.attachedRequired: Invalid value: false: field is immutable"},
        {"a driver may change its policy", "1.36", kDriver, "", "{spec: {fsGroupPolicy: File}}",
         ""},
        {"in 1.26 not", "1.26", kDriver, "", "{spec: {fsGroupPolicy: File}}",
         "spec.fsGroupPolicy: Invalid value: \"File\": field is immutable"},
        {"a node keeps its id", "1.26", kCsiNode, "",
         "{spec: {drivers: [{name: d.example.com, nodeID: o}]}}",
         "CSINodeDriver: Invalid value: storage.CSINodeDriver{Name:\"d.example.com\", "
         "NodeID:\"o\", "
         "TopologyKeys:[]string(nil), Allocatable:(*storage.VolumeNodeResources)(nil)}: field is "
         "immutable"},
        {"and in 1.36", "1.36", kCsiNode, "",
         "{spec: {drivers: [{name: d.example.com, nodeID: o}]}}",
         "spec.drivers: Invalid value: "
         "{\"Name\":\"d.example.com\",\"NodeID\":\"o\",\"TopologyKeys\":null,"
         "\"Allocatable\":null}: field is immutable"},
        {"counts may change in 1.36", "1.36", kCsiNode, "",
         "{spec: {drivers: [{name: d.example.com, nodeID: n, allocatable: {count: 4}}]}}", ""},
        {"a capacity keeps its class", "1.36", kCapacity, "", "{storageClassName: slow}",
         "storageClassName: Invalid value: \"slow\": field is immutable"},
        {"and nothing else", "1.36", kCapacity, "", "{capacity: 5Gi}", ""},
    };
    for (const UpdateRow& row : rows) check_update(row);
}

TEST_CASE("pods are refused with the API's words") {
    const CreateRow rows[] = {
        {"containers are needed", "1.36", kPod, "{spec: {containers: null}}",
         "spec.containers: Required value"},
        {"claims have names, and faulty volumes do not exist", "1.36", kPod,
         "{spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: \"\"}}]}}",
         "[spec.volumes[0].persistentVolumeClaim.claimName: Required value, "
         "spec.containers[0].volumeMounts[0].name: Not found: \"data\"]"},
        {"volumes are named once", "1.36", kPod, "{spec: {volumes: [{name: data}, {name: data}]}}",
         "spec.volumes[1].name: Duplicate value: \"data\""},
        {"names of volumes are labels", "1.36", kPod,
         "{spec: {volumes: [{name: data}, {name: A}]}}",
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
    for (const CreateRow& row : rows) check_create(row);
}

TEST_CASE("of a pod only a few fields may change") {
    constexpr std::string_view now =
        "spec: Forbidden: pod updates may not change fields other than "
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`"
        "spec.tolerations` "
        "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it "
        "to be set to 1 if it "
        "was previously negative)";
    const UpdateRow rows[] = {
        {"not its node", "1.36", kPod, "", "{spec: {nodeName: n}}", now},
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
    for (const UpdateRow& row : rows) check_update(row);
}

TEST_CASE("other core kinds are refused with the API's words") {
    const CreateRow creates[] = {
        {"taints have effects", "1.36", kNode, "{spec: {taints: [{key: a}]}}",
         "metadata.taints[0].effect: Required value"},
        {"quotas are of known resources", "1.36", kQuota, "{spec: {hard: {bananas: 1}}}",
         "[spec.hard[bananas]: Invalid value: \"bananas\": must be a standard resource type or "
         "fully qualified, "
         "spec.hard[bananas]: Invalid value: \"bananas\": must be a standard resource for quota]"},
        {"an event is in its object's namespace", "1.36", kEvent,
         "{involvedObject: {namespace: other}}",
         "involvedObject.namespace: Invalid value: \"other\": does not match event.namespace"},
        {"an event of a cluster object is in default", "1.36", kEvent,
         "{involvedObject: {namespace: null}}", ""},
    };
    for (const CreateRow& row : creates) check_create(row);
    const UpdateRow updates[] = {
        {"a node keeps its provider", "1.36", kNode, "{spec: {providerID: a}}",
         "{spec: {providerID: b}}",
         "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to "
         "valid"},
        {"a living namespace is active", "1.36", kNamespace, "", "{status: {phase: Terminating}}",
         "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if "
         "`deletionTimestamp` is empty",
         Subresource::Status},
    };
    for (const UpdateRow& row : updates) check_update(row);
}

TEST_CASE("metadata does not change after creation") {
    constexpr std::string_view deleted =
        "{metadata: {deletionTimestamp: \"2026-01-01T00:00:00Z\", deletionGracePeriodSeconds: 0, "
        "finalizers: "
        "[example.com/a]}}";
    const UpdateRow rows[] = {
        {"the uid", "1.36", kVolume, "{metadata: {uid: one}}", "{metadata: {uid: two}}",
         "metadata.uid: Invalid value: \"two\": field is immutable"},
        {"the name", "1.36", kVolume, "", "{metadata: {name: w}}",
         "metadata.name: Invalid value: \"w\": field is immutable"},
        {"a time of deletion cannot be set", "1.36", kVolume, "",
         "{metadata: {deletionTimestamp: \"2026-01-01T00:00:00Z\"}}",
         "metadata.deletionTimestamp: Invalid value: \"2026-01-01T00:00:00Z\": field is immutable"},
        {"1.26 prints times its own way", "1.26", kVolume, "",
         "{metadata: {deletionTimestamp: \"2026-01-01T00:00:00Z\"}}",
         "metadata.deletionTimestamp: Invalid value: 2026-01-01 00:00:00 +0000 UTC: field is "
         "immutable"},
        {"a time of deletion that is taken away stays", "1.36", kVolume, deleted,
         "{metadata: {deletionTimestamp: null, deletionGracePeriodSeconds: null}}", ""},
        {"a grace period stays", "1.36", kVolume, deleted,
         "{metadata: {deletionGracePeriodSeconds: 5}}",
         "metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable"},
        {"no new finalizers while it is deleted, listed sorted", "1.36", kVolume, deleted,
         "{metadata: {finalizers: [example.com/c, example.com/a, example.com/b]}}",
         "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
         "deleted, found new "
         "finalizers []string{\"example.com/b\", \"example.com/c\"}"},
        {"finalizers may go", "1.36", kVolume, deleted, "{metadata: {finalizers: []}}", ""},
        {"labels are judged again", "1.36", kVolume, "", "{metadata: {labels: {a: \"b c\"}}}",
         "metadata.labels: Invalid value: \"b c\": {value}"},
        {"status writes judge metadata, too", "1.36", kVolume, "",
         "{metadata: {labels: {a: \"b c\"}}}", "metadata.labels: Invalid value: \"b c\": {value}",
         Subresource::Status},
        {"but for attachments they take it from the old version", "1.36", kAttachment, "",
         "{metadata: {labels: {a: \"b c\"}}}", "", Subresource::Status},
    };
    for (const UpdateRow& row : rows) check_update(row);
}

TEST_CASE(
    "an update without a version is refused for kinds that ask for one, under the resource's "
    "name") {
    Scheme scheme;
    for (const auto& [version, zero] :
         {std::pair<std::string_view, std::string_view>("1.26", "0x0"), {"1.36", "0"}}) {
        const Profile profile = *Profile::of(version);
        const auto old = object_of(FlowText::parse(kCsiNode), scheme);
        old->metadata.resourceVersion = 7;
        const auto now = copy_of(*old);
        now->metadata.resourceVersion = 0;
        const KindInfo& info = scheme.info(old->kind);
        prepare_for_update(*now, *old, Subresource::None, info, profile, Timestamp{});
        const FieldErrors errors = validate_update(*now, *old, Subresource::None, info, profile);
        CHECK(
            invalid_status(info, "n", errors).message.str() ==
            "csinodes.storage.k8s.io \"n\" is invalid: metadata.resourceVersion: Invalid value: " +
                std::string(zero) + ": must be specified for an update");
    }
}

TEST_CASE("warnings tell of what is deprecated and of fractions") {
    Scheme scheme;
    const auto warned = [&](std::string_view base, std::string_view change) {
        return warnings(*object_of(merged(FlowText::parse(base), change), scheme));
    };
    CHECK(warned(kVolume, "").empty());
    CHECK(warned(kVolume, "{spec: {persistentVolumeReclaimPolicy: Recycle}}") ==
          std::vector<std::string>{
              "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
              "Instead, the recommended approach is to use dynamic provisioning."});
    CHECK(warned(kClaim, "{spec: {resources: {requests: {storage: 1500m}}}}") ==
          std::vector<std::string>{"spec.resources.requests[storage]: fractional byte value "
                                   "\"1500m\" is invalid, must be an integer"});
    CHECK(warned(kVolume,
                 "{spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: "
                 "beta.kubernetes.io/os, operator: Exists}]}]}}}}") ==
          std::vector<std::string>{
              "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: "
              "beta.kubernetes.io/os is deprecated since v1.14; use \"kubernetes.io/os\" instead"});
}

TEST_SUITE_END();
