#include <doctest/doctest.h>

#include "model/api/codec.hpp"
#include "model/api/validation.hpp"
#include "tests/model/api/flow_text.hpp"

using namespace model;
using namespace model::api;

namespace {

constexpr Timestamp kEarlier{100}, kNow{200};

struct Row {
    std::string_view sentence, version, given, expected;
};

Value without_identity(Value v) {
    v.erase("apiVersion");
    v.erase("kind");
    v["metadata"].erase("name");
    v["metadata"].erase("namespace");
    if (v.find("metadata")->as_map().empty()) v.erase("metadata");
    return v;
}

template <class T>
std::unique_ptr<T> read(std::string_view text) {
    Scheme scheme;
    auto decoded = decode(FlowText::parse(text), scheme);
    REQUIRE(decoded.ok());
    return std::unique_ptr<T>(static_cast<T*>(decoded.value().release()));
}

// The object as it is printed after defaulting, beside its name.
std::string defaulted(std::string_view version, std::string_view text) {
    Scheme scheme;
    const auto object = read<Object>(text);
    set_defaults(*object, *Profile::of(version));
    return without_identity(encode(*object, scheme)).to_json();
}

template <class T>
void prepare(T& object, const T& old, Subresource sub, std::string_view version = "1.36") {
    Scheme scheme;
    prepare_for_update(object, old, sub, scheme.info(object.kind), *Profile::of(version), kNow);
}

constexpr std::string_view kVolume =
    "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: "
    "1Gi}, accessModes: "
    "[ReadWriteOnce], hostPath: {path: /x}}, status: {phase: Available}}";
constexpr std::string_view kClaim =
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: default}, spec: "
    "{accessModes: "
    "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}, status: {phase: Bound}}";
constexpr std::string_view kAttachment =
    "{apiVersion: storage.k8s.io/v1, kind: VolumeAttachment, metadata: {name: a}, spec: {attacher: "
    "d, nodeName: n, "
    "source: {persistentVolumeName: v}}}";

}  // namespace

TEST_SUITE_BEGIN("defaults and strategies");

TEST_CASE("each kind gets its defaults") {
    const Row rows[] = {
        {"a volume", "1.36",
         "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {hostPath: {path: "
         "/x}}}",
         R"({"spec":{"hostPath":{"path":"/x","type":""},"persistentVolumeReclaimPolicy":"Retain",)"
         R"("volumeMode":"Filesystem"},"status":{"phase":"Pending"}})"},
        {"a claim, but no class", "1.36",
         "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: {volumeName: "
         "v}}",
         R"({"spec":{"volumeMode":"Filesystem","volumeName":"v"},"status":{"phase":"Pending"}})"},
        {"a class", "1.36",
         "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, provisioner: d}",
         R"({"provisioner":"d","reclaimPolicy":"Delete","volumeBindingMode":"Immediate"})"},
        {"a driver of 1.26", "1.26",
         "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d}}",
         R"({"spec":{"attachRequired":true,"fsGroupPolicy":"ReadWriteOnceWithFSType",)"
         R"("podInfoOnMount":false,)"
         R"("requiresRepublish":false,"storageCapacity":false,)"
         R"("volumeLifecycleModes":["Persistent"]}})"},
        {"a driver of 1.36 has one flag more", "1.36",
         "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d}}",
         R"({"spec":{"attachRequired":true,"fsGroupPolicy":"ReadWriteOnceWithFSType",)"
         R"("podInfoOnMount":false,)"
         R"("requiresRepublish":false,"seLinuxMount":false,"storageCapacity":false,)"
         R"("volumeLifecycleModes":["Persistent"]}})"},
        {"what is given stays", "1.36",
         "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: s}, provisioner: d, "
         "reclaimPolicy: "
         "Retain, volumeBindingMode: WaitForFirstConsumer}",
         R"({"provisioner":"d","reclaimPolicy":"Retain",)"
         R"("volumeBindingMode":"WaitForFirstConsumer"})"},
        {"a namespace is labelled with its name", "1.36",
         "{apiVersion: v1, kind: Namespace, metadata: {name: n}}",
         R"({"metadata":{"labels":{"kubernetes.io/metadata.name":"n"}},)"
         R"("spec":{},"status":{"phase":"Active"}})"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sentence);
        CHECK(defaulted(row.version, row.given) == row.expected);
    }
}

TEST_CASE("a volume's source gets its defaults") {
    auto pv = read<PersistentVolume>(
        "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {iscsi: {lun: 0}, "
        "rbd: "
        "{pool: p}}}");
    set_defaults(*pv, *Profile::of("1.26"));
    CHECK(pv->spec.source.others.to_json() ==
          R"({"iscsi":{"iscsiInterface":"default","lun":0},)"
          R"("rbd":{"keyring":"/etc/ceph/keyring","pool":"p","user":"admin"}})");
}

TEST_CASE("a pod and its volumes get their defaults") {
    auto pod = read<Pod>(
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: "
        "\"r:5000/i\"}, {name: b, "
        "image: \"i:1.2\"}], volumes: [{name: none}, {name: s, secret: {secretName: x}}, {name: h, "
        "hostPath: {path: "
        "/x}}, {name: t, projected: {sources: [{serviceAccountToken: {path: t}}]}}, {name: e, "
        "ephemeral: "
        "{volumeClaimTemplate: {spec: {}}}}, {name: c, persistentVolumeClaim: {claimName: c}}]}}");
    set_defaults(*pod, *Profile::of("1.36"));
    CHECK(pod->spec.restartPolicy == "Always");
    CHECK(pod->spec.schedulerName == "default-scheduler");
    CHECK(pod->spec.terminationGracePeriodSeconds == 30);
    CHECK(pod->spec.containers.as_list()[0].find("imagePullPolicy")->as_string() == "Always");
    CHECK(pod->spec.containers.as_list()[1].find("imagePullPolicy")->as_string() == "IfNotPresent");
    const auto& volumes = pod->spec.volumes;
    CHECK(volumes[0].extra.to_json() == R"({"emptyDir":{}})");
    CHECK(volumes[1].extra.to_json() == R"({"secret":{"defaultMode":420,"secretName":"x"}})");
    CHECK(volumes[2].extra.to_json() == R"({"hostPath":{"path":"/x","type":""}})");
    CHECK(volumes[3].extra.to_json() ==
          R"({"projected":{"defaultMode":420,"sources":[{"serviceAccountToken":)"
          R"({"expirationSeconds":3600,)"
          R"("path":"t"}}]}})");
    CHECK(volumes[4].ephemeral->volumeClaimTemplate->spec.volumeMode == Text("Filesystem"));
    CHECK(volumes[5].extra.as_map().empty());
}

TEST_CASE("defaulting twice changes nothing") {
    for (std::string_view text : {kVolume, kClaim, kAttachment}) {
        const auto once = read<Object>(text);
        set_defaults(*once, *Profile::of("1.36"));
        const auto twice = copy_of(*once);
        set_defaults(*twice, *Profile::of("1.36"));
        CHECK(same_content(*once, *twice));
    }
}

TEST_CASE("a created volume starts Pending, with a time where the version has one") {
    auto pv = read<PersistentVolume>(kVolume);
    prepare_for_create(*pv, *Profile::of("1.36"), kNow);
    CHECK(pv->status.phase == "Pending");
    CHECK(pv->status.lastPhaseTransitionTime == kNow);
    prepare_for_create(*pv, *Profile::of("1.26"), kNow);
    CHECK_FALSE(pv->status.lastPhaseTransitionTime);
}

TEST_CASE("a write of the main resource keeps the status, one of the status keeps the spec") {
    const auto old = read<PersistentVolumeClaim>(kClaim);
    PersistentVolumeClaim now = *old;
    now.spec.volumeName = "v";
    now.status.phase = "Lost";
    now.metadata.labels.set("a", "b");
    PersistentVolumeClaim main = now, status = now;
    prepare(main, *old, Subresource::None);
    CHECK(main.spec.volumeName == "v");
    CHECK(main.status.phase == "Bound");
    prepare(status, *old, Subresource::Status);
    CHECK(status.spec.volumeName.empty());
    CHECK(status.status.phase == "Lost");
    CHECK(status.metadata.labels.contains("a"));
}

TEST_CASE("the time of a phase changes with the phase") {
    auto old = read<PersistentVolume>(kVolume);
    old->status.lastPhaseTransitionTime = kEarlier;
    PersistentVolume same = *old, other = *old, own = *old;
    same.status.lastPhaseTransitionTime.reset();
    prepare(same, *old, Subresource::Status);
    CHECK(same.status.lastPhaseTransitionTime == kEarlier);
    other.status.phase = "Bound";
    prepare(other, *old, Subresource::Status);
    CHECK(other.status.lastPhaseTransitionTime == kNow);
    own.status.phase = "Bound";
    own.status.lastPhaseTransitionTime = Timestamp{7};
    prepare(own, *old, Subresource::Status);
    CHECK(own.status.lastPhaseTransitionTime == Timestamp{7});
}

TEST_CASE("a secret for expansion on nodes is dropped where the version does not know it") {
    const auto has_secret = [](std::string_view version) {
        auto pv = read<PersistentVolume>(
            "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {csi: {driver: d, "
            "volumeHandle: h, nodeExpandSecretRef: {name: s, namespace: n}}}}");
        prepare_for_create(*pv, *Profile::of(version), kNow);
        return pv->spec.source.csi->nodeExpandSecretRef.has_value();
    };
    CHECK_FALSE(has_secret("1.26"));
    CHECK(has_secret("1.27"));
}

TEST_CASE("data sources are dropped, kept or copied") {
    const auto prepared = [](std::string_view sources, std::string_view version = "1.36") {
        auto claim = read<PersistentVolumeClaim>(
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, spec: " +
            std::string(sources) + "}");
        prepare_for_create(*claim, *Profile::of(version), kNow);
        return claim;
    };
    CHECK_FALSE(prepared("{dataSource: {kind: Foo, name: x}}")->spec.dataSource);
    const auto clone = prepared("{dataSource: {kind: PersistentVolumeClaim, name: x}}");
    CHECK(clone->spec.dataSourceRef == clone->spec.dataSource);
    const auto snapshot = prepared(
        "{dataSourceRef: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: x}}");
    CHECK(snapshot->spec.dataSource->kind == "VolumeSnapshot");
    CHECK_FALSE(
        prepared("{dataSourceRef: {kind: PersistentVolumeClaim, name: x, namespace: other}}")
            ->spec.dataSourceRef);
    CHECK_FALSE(
        prepared("{volumeAttributesClassName: gold}", "1.26")->spec.volumeAttributesClassName);
    CHECK(prepared("{volumeAttributesClassName: gold}")->spec.volumeAttributesClassName);
}

TEST_CASE("a status write of an attachment leaves its metadata alone") {
    auto old = read<VolumeAttachment>(kAttachment);
    old->metadata.finalizers = {"external-attacher/d"};
    VolumeAttachment now = *old;
    now.metadata.finalizers.clear();
    now.metadata.annotations.set("a", "b");
    now.status.attached = true;
    prepare(now, *old, Subresource::Status);
    CHECK(now.metadata.finalizers == old->metadata.finalizers);
    CHECK(now.metadata.annotations.empty());
    CHECK(now.status.attached);
}

TEST_CASE("error codes of attachments are dropped where the version does not know them") {
    const auto old = read<VolumeAttachment>(kAttachment);
    VolumeAttachment now = *old;
    now.status.attachError.emplace();
    now.status.attachError->errorCode = 8;
    VolumeAttachment newer = now;
    prepare(now, *old, Subresource::Status, "1.26");
    CHECK_FALSE(now.status.attachError->errorCode);
    prepare(newer, *old, Subresource::Status, "1.36");
    CHECK(newer.status.attachError->errorCode == 8);
}

TEST_CASE("system fields that an update leaves out stay") {
    auto old = read<PersistentVolume>(kVolume);
    old->metadata.uid = "u";
    old->metadata.resourceVersion = 5;
    old->metadata.creationTimestamp = kEarlier;
    old->metadata.deletionTimestamp = kNow;
    old->metadata.deletionGracePeriodSeconds = 0;
    PersistentVolume now = *old;
    now.metadata = ObjectMeta();
    now.metadata.name = "v";
    prepare(now, *old, Subresource::None);
    CHECK(now.metadata.uid == "u");
    CHECK(now.metadata.resourceVersion == 5);
    CHECK(now.metadata.creationTimestamp == kEarlier);
    CHECK(now.metadata.deletionTimestamp == kNow);
    CHECK(now.metadata.deletionGracePeriodSeconds == 0);
}

TEST_CASE(
    "a namespace starts active, held by Kubernetes, which only the finalize subresource lets go") {
    auto ns = read<Namespace>("{apiVersion: v1, kind: Namespace, metadata: {name: n}}");
    prepare_for_create(*ns, *Profile::of("1.36"), kNow);
    CHECK(ns->spec.finalizers == List<Text>{"kubernetes"});
    CHECK(ns->status.phase == "Active");
    Namespace main = *ns, finalize = *ns;
    main.spec.finalizers.clear();
    prepare(main, *ns, Subresource::None);
    CHECK(main.spec.finalizers.size() == 1);
    finalize.spec.finalizers.clear();
    prepare(finalize, *ns, Subresource::Finalize);
    CHECK(finalize.spec.finalizers.empty());
}

TEST_CASE("a pod's quality of service is told at its creation") {
    const auto quality = [](std::string_view resources) {
        auto pod = read<Pod>(
            "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: "
            "i, "
            "resources: " +
            std::string(resources) + "}]}}");
        prepare_for_create(*pod, *Profile::of("1.36"), kNow);
        return std::string(pod->status.extra.find("qosClass")->as_string());
    };
    CHECK(quality("{}") == "BestEffort");
    CHECK(quality("{requests: {cpu: 1}}") == "Burstable");
    CHECK(quality("{limits: {cpu: 1, memory: 1Gi}}") == "Guaranteed");
}

TEST_SUITE_END();
