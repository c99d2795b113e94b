#include "model/api/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/model/api/small_json.hpp"

using namespace model::api;
using small_json::parse;

namespace {

// One manifest of every typed kind with most of its fields, each written as the API prints it, so
// that decoding and encoding give the same text.
constexpr std::string_view kManifests[] = {
    R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns"},
        "spec":{"finalizers":["kubernetes"]},
        "status":{"phase":"Terminating","conditions":[{"type":"NamespaceContentRemaining",
        "status":"True"}]}})",
    R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1","labels":{"zone":"a"}},
        "spec":{"podCIDR":"10.0.0.0/24","providerID":"x://1","unschedulable":true,
                "taints":[{"key":"k","effect":"NoExecute","value":"v",
                "timeAdded":"2026-01-01T00:00:00Z"}]},
        "status":{"capacity":{"cpu":"4","memory":"8Gi"},"allocatable":{"cpu":"3500m"},
                  "conditions":[{"type":"Ready","status":"True",
                  "lastHeartbeatTime":"2026-01-01T00:00:05Z"}],
                  "volumesInUse":["kubernetes.io/csi/d^h"],
                  "volumesAttached":[{"name":"kubernetes.io/csi/d^h","devicePath":""}]}})",
    R"({"apiVersion":"v1","kind":"Pod",
        "metadata":{"name":"p","namespace":"ns","ownerReferences":[{"apiVersion":"apps/v1",
        "kind":"StatefulSet",
                    "name":"s","uid":"u-1","controller":true,"blockOwnerDeletion":true}]},
        "spec":{"nodeName":"n1","restartPolicy":"Always","terminationGracePeriodSeconds":0,
        "priority":7,
                "containers":[{"name":"c","image":"i"}],"nodeSelector":{"zone":"a"},
                "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"c","readOnly":true}},
                           {"name":"e","ephemeral":{"volumeClaimTemplate":{
                            "metadata":{"labels":{"a":"b"}},
                            "spec":{"accessModes":["ReadWriteOnce"],
                            "resources":{"requests":{"storage":"1Gi"}}}}}},
                           {"name":"f","emptyDir":{}}]},
        "status":{"phase":"Running","startTime":"2026-01-01T00:00:00Z","podIP":"10.0.0.1",
                  "conditions":[{"type":"Ready","status":"True"}]}})",
    R"({"apiVersion":"v1","kind":"PersistentVolume",
        "metadata":{"name":"pv","resourceVersion":"12","uid":"u-2",
        "creationTimestamp":"2026-01-01T00:00:00Z",
                    "deletionTimestamp":"2026-01-01T00:00:01Z","deletionGracePeriodSeconds":0,
                    "finalizers":["kubernetes.io/pv-protection"],"annotations":{"a":"b"}},
        "spec":{"capacity":{"storage":"10Gi"},"accessModes":["ReadWriteOnce"],
        "mountOptions":["hard"],
                "persistentVolumeReclaimPolicy":"Delete","storageClassName":"fast",
                "volumeMode":"Filesystem",
                "volumeAttributesClassName":"gold",
                "claimRef":{"apiVersion":"v1","kind":"PersistentVolumeClaim","namespace":"ns",
                "name":"c","uid":"u-3",
                            "resourceVersion":"11"},
                "csi":{"driver":"d","volumeHandle":"h","fsType":"ext4","readOnly":true,
                       "volumeAttributes":{"k":"v"},"nodeStageSecretRef":{"name":"s",
                       "namespace":"ns"}},
                "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
                    {"key":"zone","operator":"In","values":["a"]}]}]}}},
        "status":{"phase":"Bound","lastPhaseTransitionTime":"2026-01-01T00:00:02Z"}})",
    R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"ns"},
        "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"},
        "limits":{"storage":"2Gi"}},
                "selector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"k",
                "operator":"Exists"}]},
                "storageClassName":"","volumeMode":"Block","volumeName":"pv",
                "volumeAttributesClassName":"gold",
                "dataSource":{"apiGroup":"snapshot.storage.k8s.io","kind":"VolumeSnapshot",
                "name":"s"},
                "dataSourceRef":{"kind":"PersistentVolumeClaim","name":"s","namespace":"other"}},
        "status":{"phase":"Bound","accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},
                  "allocatedResources":{"storage":"2Gi"},
                  "allocatedResourceStatuses":{"storage":"NodeResizePending"},
                  "conditions":[{"type":"Resizing","status":"True",
                  "lastProbeTime":"2026-01-01T00:00:00Z",
                                 "lastTransitionTime":"2026-01-01T00:00:00Z","reason":"r",
                                 "message":"m"}],
                  "currentVolumeAttributesClassName":"gold",
                  "modifyVolumeStatus":{"status":"Pending"}}})",
    R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"fast"},
        "provisioner":"d","parameters":{"type":"ssd"},"reclaimPolicy":"Delete",
        "allowVolumeExpansion":false,
        "volumeBindingMode":"WaitForFirstConsumer","mountOptions":["x"],
        "allowedTopologies":[{"matchLabelExpressions":[{"key":"zone","values":["a","b"]}]}]})",
    R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e","namespace":"ns"},
        "involvedObject":{"kind":"Pod","namespace":"ns","name":"p"},"reason":"r","message":"m",
        "type":"Warning",
        "source":{"component":"kubelet","host":"n1"},"firstTimestamp":"2026-01-01T00:00:00Z",
        "lastTimestamp":"2026-01-01T00:00:00Z","count":3,"eventTime":"2026-01-01T00:00:00.123456Z",
        "action":"a","reportingComponent":"c","reportingInstance":"i","series":{"count":2}})",
    R"({"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q","namespace":"ns"},
        "spec":{"hard":{"persistentvolumeclaims":"5","requests.storage":"10Gi"},
        "scopes":["Terminating"]},
        "status":{"hard":{"persistentvolumeclaims":"5"},"used":{"persistentvolumeclaims":"0"}}})",
    R"({"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttachment","metadata":{"name":"csi-1"},
        "spec":{"attacher":"d","nodeName":"n1","source":{"persistentVolumeName":"pv"}},
        "status":{"attached":true,"attachmentMetadata":{"devicePath":"/dev/x"},
                  "attachError":{"message":"m","time":"2026-01-01T00:00:00Z","errorCode":8},
                  "detachError":{"message":"n","time":"2026-01-01T00:00:00Z"}}})",
    R"({"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{"name":"d","generation":1},
        "spec":{"attachRequired":true,"podInfoOnMount":false,"storageCapacity":true,
        "requiresRepublish":false,
                "seLinuxMount":false,"fsGroupPolicy":"File","volumeLifecycleModes":["Persistent",
                "Ephemeral"],
                "tokenRequests":[{"audience":"a","expirationSeconds":600}],
                "nodeAllocatableUpdatePeriodSeconds":10}})",
    R"({"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"n1"},
        "spec":{"drivers":[{"name":"d","nodeID":"i","topologyKeys":["zone"],
        "allocatable":{"count":0}}]}})",
    R"({"apiVersion":"storage.k8s.io/v1","kind":"CSIStorageCapacity","metadata":{"name":"x",
        "namespace":"ns"},
        "storageClassName":"fast","capacity":"100Gi","maximumVolumeSize":"10Gi",
        "nodeTopology":{"matchLabels":{"zone":"a"}}})",
};
static_assert(std::size(kManifests) == kTypedKinds);

std::unique_ptr<Object> decoded(const Value& manifest, Scheme& scheme) {
    auto result = decode(manifest, scheme);
    if (!result) FAIL(result.error().message.str());
    return std::move(result.value());
}

std::string error_of(std::string_view manifest) {
    Scheme scheme;
    const auto result = decode(parse(manifest), scheme);
    return result.ok() ? std::string("no error") : result.error().message.str();
}

// The error of a PersistentVolume with that spec, without the words that all such errors begin
// with.
std::string spec_error(std::string_view spec) {
    const std::string error = error_of(R"({"apiVersion":"v1","kind":"PersistentVolume","spec":)" +
                                       std::string(spec) + "}");
    constexpr std::string_view kPrefix =
        "PersistentVolume in version \"v1\" cannot be handled as a PersistentVolume: ";
    return error.starts_with(kPrefix) ? error.substr(kPrefix.size()) : error;
}

}  // namespace

TEST_CASE("every typed kind comes back from a round trip as it was") {
    Scheme scheme;
    for (std::size_t i = 0; i < kTypedKinds; ++i) {
        const Value manifest = parse(kManifests[i]);
        const auto object = decoded(manifest, scheme);
        CHECK(object->kind == static_cast<Kind>(i));
        CHECK(object->extra.is_null());
        Value again = encode(*object, scheme);
        // Parts that are always printed, given or not.
        for (std::string_view part : {"spec", "status"}) {
            if (!manifest.find(part) && again.find(part) && again.find(part)->is_empty())
                again.erase(part);
        }
        CHECK(again.to_json() == manifest.to_json());
    }
}

TEST_CASE("nothing of a full manifest lands among the unknown fields") {
    Scheme scheme;
    const auto pv =
        decoded(parse(kManifests[static_cast<std::size_t>(Kind::PersistentVolume)]), scheme);
    const auto& volume = static_cast<const PersistentVolume&>(*pv);
    CHECK(volume.metadata.extra.is_null());
    CHECK(volume.metadata.resourceVersion == 12);
    CHECK(volume.spec.extra.is_null());
    CHECK(volume.spec.source.csi->volumeHandle == "h");
    CHECK(volume.spec.source.csi->extra.is_null());
    CHECK(volume.spec.claimRef->ns == "ns");
    CHECK(volume.spec.nodeAffinity->required->nodeSelectorTerms[0].matchExpressions[0].values[0] ==
          "a");
    CHECK(volume.status.extra.is_null());
}

TEST_CASE("unknown fields are kept at every level and given back") {
    constexpr std::string_view kOdd =
        R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"managedFields":[
            {"a":1}],"name":"c"},
            "odd":{"x":[1,2.5,null]},"spec":{"colour":"red","resources":{"claims":[
            {"name":"n"}]}},"status":{"z":true}})";
    Scheme scheme;
    const auto object = decoded(parse(kOdd), scheme);
    CHECK(encode(*object, scheme).to_json() == parse(kOdd).to_json());
    CHECK(object->extra.find("odd") != nullptr);
}

TEST_CASE("more than 64 members of one map are told apart") {
    Value manifest =
        parse(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"a"},"spec":{}})");
    for (int i = 0; i < 100; ++i) manifest["spec"]["a" + std::to_string(1000 + i)] = i;
    manifest["spec"]["storageClassName"] = "s";
    Scheme scheme;
    const auto object = decoded(manifest, scheme);
    const auto& spec = static_cast<const PersistentVolume&>(*object).spec;
    CHECK(spec.storageClassName == "s");
    CHECK(spec.extra.as_map().size() == 100);
}

TEST_CASE("sources that the model does not act on stand beside the typed ones") {
    Scheme scheme;
    const auto object = decoded(parse(R"({"apiVersion":"v1","kind":"PersistentVolume",
                  "spec":{"iscsi":{"lun":0},"rbd":null,"newSource":{"a":1},"nfs":{"server":"s",
                  "path":"/"}}})"),
                                scheme);
    const auto& spec = static_cast<const PersistentVolume&>(*object).spec;
    CHECK(spec.source.others.to_json() == R"({"iscsi":{"lun":0}})");
    CHECK(spec.extra.to_json() == R"({"newSource":{"a":1}})");
    CHECK(spec.source.count() == 2);
    CHECK(spec.source.name() == "nfs");
    CHECK(encode(spec).to_json() ==
          R"({"iscsi":{"lun":0},"newSource":{"a":1},"nfs":{"path":"/","server":"s"}})");
}

TEST_CASE("null counts as absent") {
    Scheme scheme;
    const auto object =
        decoded(parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","odd":null,
                  "metadata":{"name":"c","creationTimestamp":null,"labels":null},
                  "spec":{"storageClassName":null,"accessModes":null,
                  "resources":{"requests":null},"selector":null},
                  "status":null})"),
                scheme);
    CHECK(encode(*object, scheme).to_json() ==
          parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c"},
                    "spec":{},"status":{}})")
              .to_json());
}

TEST_CASE("an empty class name is not the same as none") {
    Scheme scheme;
    const auto claim = [&](std::string_view spec) {
        return decoded(parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","spec":)" +
                             std::string(spec) + "}"),
                       scheme);
    };
    const auto with = claim(R"({"storageClassName":""})");
    CHECK(static_cast<const PersistentVolumeClaim&>(*with).spec.storageClassName.has_value());
    CHECK(encode(*with, scheme).at({"spec", "storageClassName"}) != nullptr);
    const auto without = claim("{}");
    CHECK(encode(*without, scheme).at({"spec", "storageClassName"}) == nullptr);
    CHECK_FALSE(same_content(*with, *without));
}

TEST_CASE("a value of the wrong type is refused in the words of Go's JSON") {
    CHECK(spec_error(R"({"accessModes":"ReadWriteOnce"})") ==
          "json: cannot unmarshal string into Go struct field "
          "PersistentVolumeSpec.spec.accessModes of type "
          "[]v1.PersistentVolumeAccessMode");
    CHECK(spec_error(R"({"accessModes":[1]})") ==
          "json: cannot unmarshal number into Go struct field "
          "PersistentVolumeSpec.spec.accessModes of type "
          "v1.PersistentVolumeAccessMode");
    CHECK(spec_error(R"({"storageClassName":true})") ==
          "json: cannot unmarshal bool into Go struct field "
          "PersistentVolumeSpec.spec.storageClassName of type string");
    CHECK(spec_error(R"("x")") ==
          "json: cannot unmarshal string into Go struct field PersistentVolume.spec of type "
          "v1.PersistentVolumeSpec");
    CHECK(spec_error(R"({"csi":{"readOnly":"yes"}})") ==
          "json: cannot unmarshal string into Go struct field "
          "CSIPersistentVolumeSource.spec.csi.readOnly of type bool");
    CHECK(spec_error(
              R"({"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":{}}]}}})") ==
          "json: cannot unmarshal object into Go struct field "
          "NodeSelectorTerm.spec.nodeAffinity.required.nodeSelectorTerms.matchExpressions of type "
          "[]v1.NodeSelectorRequirement");
    CHECK(spec_error(R"({"capacity":[]})") ==
          "json: cannot unmarshal array into Go struct field PersistentVolumeSpec.spec.capacity of "
          "type v1.ResourceList");
    CHECK(error_of(R"({"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"a":1}}})") ==
          "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go "
          "struct field "
          "ObjectMeta.metadata.labels of type string");
    CHECK(error_of(R"({"apiVersion":"v1","kind":"Pod","spec":{"priority":1.5}})") ==
          "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number 1.5 "
          "into Go struct field "
          "PodSpec.spec.priority of type int32");
    CHECK(
        error_of(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","parameters":"x"})") ==
        "StorageClass in version \"v1\" cannot be handled as a StorageClass: json: cannot "
        "unmarshal string into Go "
        "struct field StorageClass.parameters of type map[string]string");
}

TEST_CASE("the first of several errors is told") {
    CHECK(spec_error(R"({"accessModes":7,"storageClassName":7})").find("accessModes") !=
          std::string::npos);
}

TEST_CASE("a quantity may be a number, and a bad one is refused by the expression") {
    Scheme scheme;
    const auto object = decoded(parse(R"({"apiVersion":"v1","kind":"PersistentVolume",
                          "spec":{"capacity":{"storage":1073741824,"other":1.5,
                          "third":" 1Gi "}}})"),
                                scheme);
    const auto& capacity = static_cast<const PersistentVolume&>(*object).spec.capacity;
    CHECK(capacity.find("storage")->value() == 1073741824);
    CHECK(capacity.find("other")->to_string() == "1500m");
    CHECK(capacity.find("third")->to_string() == "1Gi");
    for (std::string_view bad : {R"("ten")", "true", R"({"a":1})"}) {
        CAPTURE(bad);
        CHECK(spec_error(R"({"capacity":{"storage":)" + std::string(bad) + "}}") ==
              "quantities must match the regular expression "
              "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
    CHECK(spec_error(R"({"capacity":{"storage":"1gi"}})") ==
          "quantities must match the regular expression "
          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    CHECK(spec_error(R"({"capacity":{"storage":"1mi"}})") == "unable to parse quantity's suffix");
}

TEST_CASE("instants accept fractions and offsets, and tell what they could not read") {
    const auto time = [](std::string_view text) {
        Scheme scheme;
        Value manifest = parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}})");
        manifest["metadata"]["creationTimestamp"] = text;
        const auto result = decode(manifest, scheme);
        if (!result) return result.error().message.str();
        return result.value()->metadata.creationTimestamp->to_string();
    };
    CHECK(time("2026-01-01T00:00:00Z") == "2026-01-01T00:00:00Z");
    CHECK(time("2026-01-01T00:00:00.999Z") == "2026-01-01T00:00:00Z");
    CHECK(time("2026-01-01T01:30:00+01:30") == "2026-01-01T00:00:00Z");
    CHECK(time("1969-12-31T23:59:59Z") == "1969-12-31T23:59:59Z");
    CHECK(time("2024-02-29T12:00:00Z") == "2024-02-29T12:00:00Z");
    constexpr std::string_view kPrefix =
        "Pod in version \"v1\" cannot be handled as a Pod: parsing time ";
    CHECK(time("soon") ==
          std::string(kPrefix) +
              R"("soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006")");
    CHECK(time("2026-01-01") ==
          std::string(kPrefix) +
              R"("2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T")");
    CHECK(time("2026-13-01T00:00:00Z") ==
          std::string(kPrefix) + R"("2026-13-01T00:00:00Z": month out of range)");
    CHECK(time("2026-02-30T00:00:00Z") ==
          std::string(kPrefix) + R"("2026-02-30T00:00:00Z": day out of range)");
    CHECK(error_of(R"({"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":5}})")
              .ends_with("json: cannot unmarshal number into Go value of type string"));
}

TEST_CASE("a resourceVersion is a decimal text") {
    const auto error = [](std::string_view version) {
        return error_of(R"({"apiVersion":"v1","kind":"Pod","metadata":{"resourceVersion":)" +
                        std::string(version) + "}}");
    };
    CHECK(error(R"("17")") == "no error");
    CHECK(error(R"("")") == "no error");
    CHECK(
        error("17").ends_with("json: cannot unmarshal number into Go struct field "
                              "ObjectMeta.metadata.resourceVersion of type string"));
    CHECK(error(R"("abc")").ends_with("strconv.ParseUint: parsing \"abc\": invalid syntax"));
    CHECK(error(R"("99999999999999999999")").ends_with("value out of range"));
}

TEST_CASE("a manifest without kind or apiVersion is refused") {
    CHECK(error_of(R"({"apiVersion":"v1"})") ==
          R"(Object 'Kind' is missing in '{"apiVersion":"v1"}')");
    CHECK(error_of(R"({"kind":"Pod"})") == R"(Object 'apiVersion' is missing in '{"kind":"Pod"}')");
}

TEST_CASE("a kind without a struct keeps its fields as they are") {
    constexpr std::string_view kManifest =
        R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"ns"},
            "spec":{"size":3},"status":{"ready":true}})";
    Scheme scheme;
    const auto object = decoded(parse(kManifest), scheme);
    CHECK(object->kind >= Kind::FirstUnstructured);
    CHECK(encode(*object, scheme).to_json() == parse(kManifest).to_json());

    auto other = copy_of(*object);
    other->extra["spec"]["size"] = 4;
    other->extra["status"]["ready"] = false;
    CHECK_FALSE(same_spec(*object, *other));
    auto status_write = copy_of(*other);
    copy_spec(*status_write, *object);
    CHECK(same_spec(*status_write, *object));
    CHECK_FALSE(status_write->extra.at({"status", "ready"})->as_bool());
    copy_status(*other, *object);
    CHECK(other->extra.at({"status", "ready"})->as_bool());
    CHECK(other->extra.at({"spec", "size"})->as_int() == 4);
}

TEST_CASE("same content means the same bytes but for the resourceVersion") {
    Scheme scheme;
    for (std::string_view manifest : kManifests) {
        const auto a = decoded(parse(manifest), scheme);
        auto b = copy_of(*a);
        b->metadata.resourceVersion = 99;
        CHECK(same_content(*a, *b));
        b->metadata.labels.set("new", "label");
        CHECK_FALSE(same_content(*a, *b));
        auto c = copy_of(*a);
        c->extra["odd"] = 1;
        CHECK_FALSE(same_content(*a, *c));
    }
}

TEST_CASE("a change of any field of any kind is a change of content") {
    Scheme scheme;
    for (std::string_view manifest : kManifests) {
        const Value whole = parse(manifest);
        const auto object = decoded(whole, scheme);
        for (const auto& member : whole.as_map()) {
            const auto& part = member.first;
            const auto& members = member.second;
            if (part == "apiVersion" || part == "kind") continue;
            Value less = whole;
            less.erase(part);
            CAPTURE(part.str());
            CAPTURE(whole.find("kind")->as_string());
            CHECK_FALSE(same_content(*object, *decoded(less, scheme)));
            for (const auto& field : members.as_map()) {
                const auto& name = field.first;
                if (name == "resourceVersion") continue;
                Value fewer = whole;
                fewer[part].erase(name);
                CAPTURE(name.str());
                CHECK_FALSE(same_content(*object, *decoded(fewer, scheme)));
            }
        }
    }
}

TEST_CASE("a quantity written otherwise is another content, though an equal amount") {
    Scheme scheme;
    const auto claim = [&](std::string_view size) {
        Value v = parse(
            R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
                "spec":{"resources":{"requests":{}}}})");
        v["spec"]["resources"]["requests"]["storage"] = size;
        return decoded(v, scheme);
    };
    CHECK(same_content(*claim("1Gi"), *claim("1024Mi")));
    CHECK_FALSE(same_content(*claim("1Gi"), *claim("1073741824")));
    CHECK(same_spec(*claim("1Gi"), *claim("1073741824")));
}

TEST_CASE("status and spec are copied apart") {
    Scheme scheme;
    const auto full =
        decoded(parse(kManifests[static_cast<std::size_t>(Kind::PersistentVolume)]), scheme);
    PersistentVolume volume;
    volume.metadata.name = "other";
    copy_status(volume, *full);
    CHECK(volume.status.phase == "Bound");
    CHECK(volume.spec.storageClassName.empty());
    CHECK_FALSE(same_spec(volume, *full));
    volume.status.phase = "Failed";
    copy_spec(volume, *full);
    CHECK(volume.spec.storageClassName == "fast");
    CHECK(volume.status.phase == "Failed");
    CHECK(volume.metadata.name == "other");
    CHECK(same_spec(volume, *full));
}

TEST_CASE("pieces of objects are encoded and decoded alone") {
    Value manifest = parse(kManifests[static_cast<std::size_t>(Kind::PersistentVolumeClaim)]);
    const Value spec = manifest["spec"];
    const auto decoded_spec = decode_claim_spec(spec);
    REQUIRE(decoded_spec.ok());
    CHECK(encode(*decoded_spec).to_json() == spec.to_json());
    const auto bad = decode_volume_spec(parse(R"({"capacity":{"storage":"x"}})"));
    CHECK(bad.error().message == Quantity::kSyntaxError);
    CHECK(decode_volume_spec(parse(R"({"accessModes":1})")).error().message ==
          "json: cannot unmarshal number into Go struct field PersistentVolumeSpec.accessModes of "
          "type "
          "[]v1.PersistentVolumeAccessMode");
}

TEST_CASE("field names are those of the type at a path") {
    const auto has = [](const std::vector<std::string>& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    CHECK(field_names(Kind::PersistentVolumeClaim, "spec.resources") ==
          std::vector<std::string>{"limits", "requests"});
    CHECK(field_names(Kind::PersistentVolumeClaim, "") ==
          std::vector<std::string>{"apiVersion", "kind", "metadata", "spec", "status"});
    CHECK(field_names(Kind::PersistentVolumeClaim, "spec.resources.requests").empty());
    CHECK(field_names(Kind::PersistentVolumeClaim, "spec.nothing").empty());
    CHECK(has(field_names(Kind::PersistentVolume, "spec"), "iscsi"));
    CHECK(has(field_names(Kind::PersistentVolume, "spec.csi"), "volumeHandle"));
    CHECK(has(field_names(Kind::Pod, "spec.volumes[0]"), "emptyDir"));
    CHECK(has(field_names(Kind::Pod, "spec.volumes[0].ephemeral.volumeClaimTemplate.spec"),
              "storageClassName"));
    CHECK(has(field_names(Kind::Pod, "metadata"), "resourceVersion"));
    CHECK(has(field_names(Kind::Pod, "metadata.ownerReferences"), "blockOwnerDeletion"));
    CHECK(has(field_names(Kind::StorageClass, ""), "provisioner"));
    CHECK(field_names(Kind::FirstUnstructured, "").empty());
    CHECK(has(field_names(Kind::FirstUnstructured, "metadata"), "labels"));
}
