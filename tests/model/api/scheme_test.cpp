#include "model/api/scheme.hpp"

#include <doctest/doctest.h>

#include "model/api/object.hpp"
#include "model/api/typed.hpp"

using namespace model::api;

TEST_CASE("typed kinds are found by name, in the order of their numbers") {
    const Scheme scheme;
    for (std::size_t i = 0; i < kTypedKinds; ++i) {
        const KindInfo& info = scheme.info(static_cast<Kind>(i));
        CHECK(info.typed);
        CHECK(info.id == static_cast<Kind>(i));
        CHECK(scheme.find(info.kind) == &info);
    }
    CHECK(scheme.info(Kind::CSINode).kind == "CSINode");
    CHECK(scheme.info(Kind::PersistentVolumeClaim).resource == "persistentvolumeclaims");
    CHECK(scheme.info(Kind::StorageClass).qualified_resource() == "storageclasses.storage.k8s.io");
    CHECK(scheme.info(Kind::StorageClass).qualified_kind() == "StorageClass.storage.k8s.io");
    CHECK(scheme.info(Kind::PersistentVolume).qualified_resource() == "persistentvolumes");
}

TEST_CASE("an object made for a kind is of that kind") {
    for (std::size_t i = 0; i < kTypedKinds + 3; ++i) {
        const auto kind = static_cast<Kind>(i);
        CHECK(make_object(kind)->kind == kind);
        CHECK(copy_of(*make_object(kind))->kind == kind);
    }
}

TEST_CASE("only some kinds accept an update without a resourceVersion") {
    const Scheme scheme;
    for (Kind kind :
         {Kind::PersistentVolume, Kind::PersistentVolumeClaim, Kind::StorageClass, Kind::Pod}) {
        CHECK(scheme.info(kind).unconditional_update);
    }
    for (Kind kind :
         {Kind::VolumeAttachment, Kind::CSINode, Kind::CSIDriver, Kind::CSIStorageCapacity}) {
        CHECK_FALSE(scheme.info(kind).unconditional_update);
    }
    CHECK(scheme.find("VolumeAttributesClass")->unconditional_update);
    CHECK_FALSE(scheme.find("VolumeSnapshot")->unconditional_update);
}

TEST_CASE("scope and status follow the API") {
    const Scheme scheme;
    CHECK_FALSE(scheme.info(Kind::PersistentVolume).namespaced);
    CHECK(scheme.info(Kind::PersistentVolumeClaim).namespaced);
    CHECK(scheme.info(Kind::CSIStorageCapacity).namespaced);
    CHECK_FALSE(scheme.info(Kind::CSINode).namespaced);
    CHECK(scheme.info(Kind::VolumeAttachment).has_status);
    CHECK_FALSE(scheme.info(Kind::StorageClass).has_status);
    CHECK(scheme.info(Kind::CSIDriver).has_generation);
    CHECK(scheme.info(Kind::Pod).pod_like_grace);
    CHECK_FALSE(scheme.find("VolumeSnapshotContent")->namespaced);
    CHECK(scheme.find("VolumeSnapshot")->has_status);
}

TEST_CASE("an unknown kind is numbered when first seen and keeps its number") {
    Scheme scheme;
    const std::size_t before = scheme.size();
    const Kind policy = scheme.resolve("example.com/v1", "BackupPolicy");
    CHECK(static_cast<std::size_t>(policy) == before);
    CHECK(scheme.resolve("example.com/v2", "BackupPolicy") == policy);
    CHECK(scheme.info(policy).resource == "backuppolicies");
    CHECK(scheme.info(policy).qualified_resource() == "backuppolicies.example.com");
    CHECK_FALSE(scheme.info(policy).typed);
    CHECK(scheme.info(scheme.resolve("example.com/v1", "Chassis")).resource == "chassises");
    CHECK_FALSE(scheme.info(scheme.resolve("example.com/v1", "Zone", false)).namespaced);
}

TEST_CASE("kinds of one name in two groups are two kinds") {
    Scheme scheme;
    const Kind knative = scheme.resolve("serving.knative.dev/v1", "Service");
    CHECK(knative != scheme.resolve("v1", "Service"));
    CHECK(scheme.resolve("", "Service") == scheme.resolve("v1", "Service"));
    CHECK(scheme.resolve("storage.k8s.io/v1beta1", "StorageClass") == Kind::StorageClass);
    CHECK(scheme.resolve("events.k8s.io/v1", "Event") == Kind::Event);
}

TEST_CASE("a resource is found by plural, qualified plural, singular and short name") {
    const Scheme scheme;
    for (std::string_view name :
         {"persistentvolumeclaims", "PersistentVolumeClaim", "pvc", "PVC"}) {
        CAPTURE(name);
        REQUIRE(scheme.find_resource(name));
        CHECK(scheme.find_resource(name)->id == Kind::PersistentVolumeClaim);
    }
    CHECK(scheme.find_resource("storageclasses.storage.k8s.io")->id == Kind::StorageClass);
    CHECK(scheme.find_resource("volumesnapshots.snapshot.storage.k8s.io")->kind ==
          "VolumeSnapshot");
    CHECK(scheme.find_resource("nothing") == nullptr);
    CHECK(scheme.find_resource("") == nullptr);
}
