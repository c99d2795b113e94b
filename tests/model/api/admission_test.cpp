#include "model/api/admission.hpp"

#include <doctest/doctest.h>

#include <map>

#include "model/api/codec.hpp"
#include "tests/model/api/flow_text.hpp"

using namespace model;
using namespace model::api;

namespace {

// A store that holds what a test puts in, in the order of keys.
class Shelf : public ObjectReader {
  public:
    Shelf() {
        put("{apiVersion: v1, kind: Namespace, metadata: {name: default}, status: {phase: "
            "Active}}");
    }

    std::unique_ptr<Object> read(std::string_view text) {
        auto decoded = decode(FlowText::parse(text), scheme_);
        REQUIRE(decoded.ok());
        return std::move(decoded.value());
    }
    void put(std::string_view text) { put(read(text)); }
    void put(std::unique_ptr<Object> object) {
        const Kind kind = object->kind;
        const Key key = object->key();
        objects_[kind][key] = freeze(std::move(object));
    }
    ObjectRef find(Kind kind, const Key& key) const override {
        const auto kinds = objects_.find(kind);
        if (kinds == objects_.end() || !kinds->second.contains(key)) return {};
        return kinds->second.at(key);
    }
    void for_each(Kind kind, std::string_view ns,
                  const std::function<void(const ObjectRef&)>& visit) const override {
        const auto kinds = objects_.find(kind);
        if (kinds == objects_.end()) return;
        for (const auto& [key, object] : kinds->second)
            if (ns.empty() || key.ns == ns) visit(object);
    }
    const Scheme& scheme() const override { return scheme_; }

  private:
    Scheme scheme_;
    std::map<Kind, std::map<Key, ObjectRef>> objects_;
};

std::string claim_text(std::string_view name, std::string_view size, std::string_view rest) {
    return "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " + std::string(name) +
           ", namespace: default}, spec: {resources: {requests: {storage: " + std::string(size) +
           "}}" + std::string(rest) + "}}";
}

std::string create(Shelf& shelf, std::string_view text, std::string_view version = "1.36") {
    const Profile profile = *Profile::of(version);
    auto object = shelf.read(text);
    Status s = admit_create(*object, shelf, profile);
    if (s.ok()) s = validate_admitted_create(*object, shelf, profile);
    if (!s.ok()) return std::to_string(s.code) + " " + s.message.str();
    for (auto& quota : quota_updates_for_create(*object, shelf, profile))
        shelf.put(std::move(quota));
    shelf.put(std::move(object));
    return {};
}

std::string resize(Shelf& shelf, std::string_view name, std::string_view size,
                   std::string_view phase = "Bound") {
    const Profile profile = *Profile::of("1.36");
    const auto stored = as<PersistentVolumeClaim>(
        shelf.find(Kind::PersistentVolumeClaim, Key("default", Text(name))));
    REQUIRE(stored);
    PersistentVolumeClaim old = *stored;
    old.status.phase = Text(phase);
    PersistentVolumeClaim now = old;
    now.spec.resources.requests.set("storage", *Quantity::parse(size));
    const Status s = validate_admitted_update(now, old, Subresource::None, shelf, profile);
    return s.ok() ? std::string() : std::to_string(s.code) + " " + s.message.str();
}

constexpr std::string_view kNoResize =
    "403 persistentvolumeclaims \"c\" is forbidden: only dynamically provisioned pvc can be "
    "resized and the "
    "storageclass that provisions the pvc must support resize";

}  // namespace

TEST_SUITE_BEGIN("admission");

TEST_CASE("nothing is made in a namespace that is not there, or that goes") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: v1, kind: Namespace, metadata: {name: going}, status: {phase: Terminating}}");
    const auto in = [](std::string_view ns) {
        return "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: " +
               std::string(ns) + "}}";
    };
    CHECK(create(shelf, in("nowhere")) == "404 namespaces \"nowhere\" not found");
    CHECK(create(shelf, in("going")) ==
          "403 persistentvolumeclaims \"c\" is forbidden: unable to create new content in "
          "namespace going because it "
          "is being terminated");
    CHECK(create(shelf, in("default")).empty());
    CHECK(create(shelf, "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}}").empty());
}

TEST_CASE("a name that is still to be made is told by its prefix") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: v1, kind: Namespace, metadata: {name: going}, status: {phase: Terminating}}");
    CHECK(create(shelf,
                 "{apiVersion: v1, kind: Pod, metadata: {generateName: web-, namespace: going}}") ==
          "403 pods \"web-\" is forbidden: unable to create new content in namespace going because "
          "it is being "
          "terminated");
}

TEST_CASE("objects of storage start with their protection, once") {
    Shelf shelf;
    const auto finalizers = [&](std::string_view text, std::string_view version = "1.36") {
        auto object = shelf.read(text);
        REQUIRE(admit_create(*object, shelf, *Profile::of(version)).ok());
        return object->metadata.finalizers;
    };
    using List = model::api::List<Text>;
    CHECK(finalizers("{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}}") ==
          List{"kubernetes.io/pv-protection"});
    CHECK(finalizers("{apiVersion: v1, kind: PersistentVolume, metadata: {name: v, finalizers: "
                     "[kubernetes.io/pv-protection, a/b]}}") ==
          List{"kubernetes.io/pv-protection", "a/b"});
    CHECK(finalizers("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: "
                     "default}}") == List{"kubernetes.io/pvc-protection"});
    constexpr std::string_view gold =
        "{apiVersion: storage.k8s.io/v1, kind: VolumeAttributesClass, metadata: {name: gold}}";
    CHECK(finalizers(gold) == List{"kubernetes.io/vac-protection"});
    CHECK(finalizers(gold, "1.26").empty());
    CHECK(
        finalizers("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: default}}").empty());
}

TEST_CASE("a claim without a class gets the newest default, by name among equals") {
    Shelf shelf;
    const auto add_class = [&](std::string_view name, std::string_view time,
                               std::string_view annotation) {
        shelf.put(
            "{apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: d, metadata: "
            "{name: " +
            std::string(name) + ", creationTimestamp: \"" + std::string(time) +
            "\", annotations: {" + std::string(annotation) + ": \"true\"}}}");
    };
    const auto chosen = [&](std::string_view rest) {
        auto claim = shelf.read(claim_text("c", "1Gi", rest));
        REQUIRE(admit_create(*claim, shelf, *Profile::of("1.36")).ok());
        const auto& name = static_cast<PersistentVolumeClaim&>(*claim).spec.storageClassName;
        return name ? name->str() : std::string("none");
    };
    CHECK(chosen("") == "none");
    add_class("old", "2026-01-01T00:00:00Z", "storageclass.kubernetes.io/is-default-class");
    add_class("plain", "2026-01-05T00:00:00Z", "other");
    CHECK(chosen("") == "old");
    add_class("b", "2026-01-02T00:00:00Z", "storageclass.kubernetes.io/is-default-class");
    add_class("a", "2026-01-02T00:00:00Z", "storageclass.beta.kubernetes.io/is-default-class");
    CHECK(chosen("") == "a");
    CHECK(chosen(", storageClassName: \"\"").empty());
    CHECK(chosen(", storageClassName: b") == "b");
}

TEST_CASE("a claim is as large as the limits of its namespace say") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: v1, kind: LimitRange, metadata: {name: l, namespace: default}, spec: "
        "{limits: [{type: "
        "PersistentVolumeClaim, min: {storage: 2Gi}, max: {storage: 8Gi}}, {type: Pod, max: {cpu: "
        "1}}]}}");
    CHECK(create(shelf, claim_text("c", "1Gi", "")) ==
          "403 persistentvolumeclaims \"c\" is forbidden: minimum storage usage per "
          "PersistentVolumeClaim is 2Gi, but "
          "request is 1Gi");
    CHECK(create(shelf, claim_text("c", "9Gi", "")) ==
          "403 persistentvolumeclaims \"c\" is forbidden: maximum storage usage per "
          "PersistentVolumeClaim is 8Gi, but "
          "request is 9Gi");
    CHECK(create(shelf, claim_text("c", "2Gi", "")).empty());
    CHECK(resize(shelf, "c", "9Gi")
              .starts_with("403 persistentvolumeclaims \"c\" is forbidden: maximum storage"));
}

TEST_CASE("a claim grows if it is bound and its class allows it") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: grows}, provisioner: "
        "d, "
        "allowVolumeExpansion: true}");
    shelf.put(
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: stays}, provisioner: "
        "d}");
    REQUIRE(create(shelf, claim_text("c", "1Gi", ", storageClassName: grows")).empty());
    CHECK(resize(shelf, "c", "2Gi").empty());
    CHECK(resize(shelf, "c", "2Gi", "Pending") ==
          "403 persistentvolumeclaims \"c\" is forbidden: Only bound persistent volume claims can "
          "be expanded");
    for (std::string_view name : {"stays", "gone", "\"\""}) {
        CAPTURE(name);
        Shelf other = shelf;
        REQUIRE(create(other, claim_text("c", "1Gi", ", storageClassName: " + std::string(name)))
                    .empty());
        CHECK(resize(other, "c", "2Gi") == kNoResize);
        CHECK(resize(other, "c", "1Gi").empty());
    }
}

TEST_CASE("a quota is charged at once and refuses what exceeds it") {
    Shelf shelf;
    const auto counted = [&] {
        const auto quota = as<ResourceQuota>(shelf.find(Kind::ResourceQuota, Key("default", "q")));
        ResourceQuota next = *quota;
        next.status = quota_status(*quota, shelf, *Profile::of("1.26"));
        shelf.put(std::make_unique<ResourceQuota>(next));
    };
    shelf.put(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: "
        "{hard: "
        "{requests.storage: 3Gi, persistentvolumeclaims: 3, "
        "lab-sc.storageclass.storage.k8s.io/requests.storage: 2Gi}}}");
    counted();
    CHECK(create(shelf, claim_text("pvc-q1", "1Gi", ", storageClassName: lab-sc")).empty());
    CHECK(create(shelf, claim_text("pvc-q2", "2Gi", ", storageClassName: lab-sc")) ==
          "403 persistentvolumeclaims \"pvc-q2\" is forbidden: exceeded quota: q, requested: "
          "lab-sc.storageclass.storage.k8s.io/requests.storage=2Gi, used: "
          "lab-sc.storageclass.storage.k8s.io/requests.storage=1Gi, limited: "
          "lab-sc.storageclass.storage.k8s.io/requests.storage=2Gi");
    CHECK(create(shelf, claim_text("pvc-q3", "2Gi", ", storageClassName: \"\"")).empty());
    CHECK(create(shelf, claim_text("pvc-q4", "1Gi", ", storageClassName: \"\"")) ==
          "403 persistentvolumeclaims \"pvc-q4\" is forbidden: exceeded quota: q, requested: "
          "requests.storage=1Gi, "
          "used: requests.storage=3Gi, limited: requests.storage=3Gi");
    CHECK(create(shelf, claim_text("pvc-q5", "1Mi", ", storageClassName: lab-sc")) ==
          "403 persistentvolumeclaims \"pvc-q5\" is forbidden: exceeded quota: q, requested: "
          "requests.storage=1Mi, "
          "used: requests.storage=3Gi, limited: requests.storage=3Gi");
    const auto charged = as<ResourceQuota>(shelf.find(Kind::ResourceQuota, Key("default", "q")));
    CHECK(charged->status.used.find("persistentvolumeclaims")->to_string() == "2");
    CHECK(charged->status == quota_status(*charged, shelf, *Profile::of("1.26")));
}

TEST_CASE("a quota without usage refuses, one without status is not there yet") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: "
        "{hard: "
        "{requests.storage: 1Gi}}}");
    CHECK(create(shelf, claim_text("a", "5Gi", "")).empty());
    shelf.put(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: "
        "{hard: "
        "{requests.storage: 1Gi}}, status: {hard: {requests.storage: 1Gi, persistentvolumeclaims: "
        "2}}}");
    CHECK(create(shelf, claim_text("b", "5Gi", "")) ==
          "403 persistentvolumeclaims \"b\" is forbidden: status unknown for quota: q, resources: "
          "persistentvolumeclaims,requests.storage");
}

TEST_CASE("quotas count objects of any kind") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, status: "
        "{hard: "
        "{count/pods: 1, count/volumesnapshots.snapshot.storage.k8s.io: 0}, used: {count/pods: 0, "
        "count/volumesnapshots.snapshot.storage.k8s.io: 0}}}");
    CHECK(create(shelf, "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}}")
              .empty());
    CHECK(create(shelf, "{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: default}}") ==
          "403 pods \"b\" is forbidden: exceeded quota: q, requested: count/pods=1, used: "
          "count/pods=1, limited: "
          "count/pods=1");
    CHECK(create(shelf,
                 "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: "
                 "s, namespace: "
                 "default}}") ==
          "403 volumesnapshots.snapshot.storage.k8s.io \"s\" is forbidden: exceeded quota: q, "
          "requested: "
          "count/volumesnapshots.snapshot.storage.k8s.io=1, used: "
          "count/volumesnapshots.snapshot.storage.k8s.io=0, "
          "limited: count/volumesnapshots.snapshot.storage.k8s.io=0");
}

TEST_CASE("growth is charged by its difference") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: grows}, provisioner: "
        "d, "
        "allowVolumeExpansion: true}");
    shelf.put(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, status: "
        "{hard: "
        "{requests.storage: 5Gi}, used: {requests.storage: 0}}}");
    REQUIRE(create(shelf, claim_text("c", "2Gi", ", storageClassName: grows")).empty());
    CHECK(resize(shelf, "c", "5Gi").empty());
    CHECK(resize(shelf, "c", "6Gi") ==
          "403 persistentvolumeclaims \"c\" is forbidden: exceeded quota: q, requested: "
          "requests.storage=4Gi, used: "
          "requests.storage=2Gi, limited: requests.storage=5Gi");
}

TEST_CASE(
    "an expansion that was taken back counts as long as it is allocated, fractions as whole "
    "bytes") {
    PersistentVolumeClaim claim;
    claim.spec.resources.requests.set("storage", *Quantity::parse("1500m"));
    CHECK(quota_usage(claim).find("requests.storage")->to_string() == "2");
    claim.status.allocatedResources.set("storage", *Quantity::parse("3Gi"));
    CHECK(quota_usage(claim).find("requests.storage")->to_string() == "3Gi");
    claim.spec.storageClassName = "fast";
    CHECK(
        quota_usage(claim).find("fast.storageclass.storage.k8s.io/requests.storage")->to_string() ==
        "3Gi");
    CHECK(quota_usage(claim)
              .find("fast.storageclass.storage.k8s.io/persistentvolumeclaims")
              ->to_string() == "1");
}

TEST_CASE("a quota with a scope counts claims of that attributes class only") {
    Shelf shelf;
    shelf.put(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: default}, spec: "
        "{scopeSelector: "
        "{matchExpressions: [{scopeName: VolumeAttributesClass, operator: In, values: [gold]}]}}, "
        "status: {hard: "
        "{persistentvolumeclaims: 0}, used: {persistentvolumeclaims: 0}}}");
    CHECK(create(shelf, claim_text("a", "1Gi", "")).empty());
    CHECK(create(shelf, claim_text("b", "1Gi", ", volumeAttributesClassName: silver")).empty());
    CHECK(create(shelf, claim_text("c", "1Gi", ", volumeAttributesClassName: gold")) ==
          "403 persistentvolumeclaims \"c\" is forbidden: exceeded quota: q, requested: "
          "persistentvolumeclaims=1, used: "
          "persistentvolumeclaims=0, limited: persistentvolumeclaims=0");
}

TEST_SUITE_END();
