#include "model/api/object.hpp"

#include <doctest/doctest.h>

#include "model/api/objects_storage.hpp"
#include "model/api/status.hpp"

using namespace model::api;

TEST_CASE("a text map is sorted by key, whatever the order of setting") {
    TextMap map;
    for (std::string_view key : {"c", "a", "b"}) map.set(key, key);
    map.append("d", "d");
    map.append("a", "again");
    std::string keys;
    for (const auto& [key, value] : map) keys += key.str();
    CHECK(keys == "abcd");
    CHECK(map.get("a") == "again");
    CHECK(map.get("z").empty());
    CHECK(map.find("z") == nullptr);
}

TEST_CASE("erasing tells whether there was something") {
    TextMap map;
    map.set("b", "1");
    CHECK_FALSE(map.erase("a"));
    CHECK_FALSE(map.erase("c"));
    CHECK(map.size() == 1);
    CHECK(map.erase("b"));
    CHECK(map.empty());
}

TEST_CASE("a resource list is sorted by name") {
    ResourceList list;
    list.set("storage", Quantity::of(1));
    list.set("cpu", Quantity::of(2));
    list.set("storage", Quantity::of(3));
    CHECK(list.items.size() == 2);
    CHECK(list.items[0].first == "cpu");
    CHECK(list.find("storage")->value() == 3);
    CHECK(list.find("memory") == nullptr);
}

TEST_CASE("keys with the same letters in other parts hash apart") {
    const KeyHash hash;
    CHECK(hash(Key("a", "bc")) == hash(Key("a", "bc")));
    CHECK(hash(Key("a", "bc")) != hash(Key("ab", "c")));
    CHECK(hash(Key("", "abc")) != hash(Key("abc", "")));
}

TEST_CASE("a copy of a version is a new object of the same kind, and the version stays") {
    PersistentVolume volume;
    volume.metadata.name = "pv";
    volume.spec.storageClassName = "fast";
    const ObjectRef version = freeze(volume);
    auto copy = copy_of(*version);
    auto& changed = static_cast<PersistentVolume&>(*copy);
    changed.spec.storageClassName = "slow";
    const Ref<PersistentVolume> typed = as<PersistentVolume>(version);
    CHECK(typed->spec.storageClassName == "fast");
    CHECK(changed.metadata.name == "pv");
    CHECK_FALSE(as<StorageClass>(version));
}

TEST_CASE("a volume with several sources is named by the first in the API's order") {
    PersistentVolumeSource source;
    CHECK(source.name().empty());
    CHECK(source.count() == 0);
    source.csi.emplace();
    source.hostPath.emplace();
    source.others["iscsi"]["lun"] = 0;
    CHECK(source.name() == "hostPath");
    CHECK(source.count() == 3);
    source.others["awsElasticBlockStore"]["volumeID"] = "v";
    CHECK(source.name() == "awsElasticBlockStore");
}

TEST_CASE("statuses carry the API's code, reason and words") {
    const Status missing = Status::not_found("persistentvolumes", "pv");
    CHECK(missing.code == 404);
    CHECK(missing.is(Reason::NotFound));
    CHECK(missing.message == "persistentvolumes \"pv\" not found");
    CHECK(Status::invalid("PersistentVolume", "pv", "spec: wrong").message ==
          "PersistentVolume \"pv\" is invalid: spec: wrong");
    CHECK(Status::already_exists("storageclasses.storage.k8s.io", "a").message ==
          "storageclasses.storage.k8s.io \"a\" already exists");
    CHECK(Status::conflict("persistentvolumes", "pv", "why").message ==
          "Operation cannot be fulfilled on persistentvolumes \"pv\": why");
    CHECK(Status::conflict("persistentvolumes", "pv", "why").code == 409);
    CHECK(Status::forbidden("pods", "p", "why").message == "pods \"p\" is forbidden: why");
    CHECK(Status::forbidden("pods", "", "why").message == "pods is forbidden: why");
    CHECK(Status::forbidden("", "", "why").message == "forbidden: why");
    CHECK(Status::bad_request("x").code == 400);
    CHECK(Status::invalid("A", "b", "c").code == 422);
    CHECK(to_string(Reason::UnsupportedMedia) == "UnsupportedMediaType");
}
