#include "tests/model/api/validation_rows.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr CreateRow kMetadataRows[] = {
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
    {"label keys are qualified names", "1.36", kVolume, "{metadata: {labels: {\"bad key!\": x}}}",
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

constexpr std::string_view kDeleted =
    "{metadata: {deletionTimestamp: \"2026-01-01T00:00:00Z\", deletionGracePeriodSeconds: 0, "
    "finalizers: "
    "[example.com/a]}}";
constexpr UpdateRow kMetadataChanges[] = {
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
    {"a time of deletion that is taken away stays", "1.36", kVolume, kDeleted,
     "{metadata: {deletionTimestamp: null, deletionGracePeriodSeconds: null}}", ""},
    {"a grace period stays", "1.36", kVolume, kDeleted,
     "{metadata: {deletionGracePeriodSeconds: 5}}",
     "metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable"},
    {"no new finalizers while it is kDeleted, listed sorted", "1.36", kVolume, kDeleted,
     "{metadata: {finalizers: [example.com/c, example.com/a, example.com/b]}}",
     "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
     "deleted, found new "
     "finalizers []string{\"example.com/b\", \"example.com/c\"}"},
    {"finalizers may go", "1.36", kVolume, kDeleted, "{metadata: {finalizers: []}}", ""},
    {"labels are judged again", "1.36", kVolume, "", "{metadata: {labels: {a: \"b c\"}}}",
     "metadata.labels: Invalid value: \"b c\": {value}"},
    {"status writes judge metadata, too", "1.36", kVolume, "", "{metadata: {labels: {a: \"b c\"}}}",
     "metadata.labels: Invalid value: \"b c\": {value}", Subresource::Status},
    {"but for attachments they take it from the old version", "1.36", kAttachment, "",
     "{metadata: {labels: {a: \"b c\"}}}", "", Subresource::Status},
};

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
    for (const CreateRow& row : kMetadataRows) check_create(row);
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
    for (const UpdateRow& row : kMetadataChanges) check_update(row);
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
