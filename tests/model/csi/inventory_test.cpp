#include "model/csi/inventory.hpp"

#include <doctest/doctest.h>

using namespace model;
using csi::Backend;
using csi::BackendVolume;

namespace {

BackendVolume stored(const char* id, const char* name) {
    BackendVolume volume;
    volume.id = id;
    volume.name = name;
    return volume;
}

api::Ref<api::PersistentVolume> volume(const char* name, const char* handle) {
    api::PersistentVolume pv;
    pv.metadata.name = name;
    api::CSIPersistentVolumeSource source;
    source.driver = "disk.example.com";
    source.volumeHandle = handle;
    pv.spec.source.csi = source;
    return api::freeze(std::move(pv));
}

}  // namespace

TEST_CASE("what no PersistentVolume names is leaked, what names nothing dangles") {
    Backend backend;
    for (const char* id : {"vol-1", "vol-2", "vol-3", "vol-4"}) backend.add(stored(id, id));
    backend.keep("vol-4", "archived-vol-4");
    const csi::Inventory inventory = csi::inventory_of(
        backend.volumes(),
        {volume("pv-a", "vol-2"), volume("pv-b", "vol-9"), volume("pv-c", "vol-2")});
    CHECK(inventory.leaked == std::vector<csi::Text>{"vol-1", "vol-3"});
    REQUIRE(inventory.dangling.size() == 1);
    CHECK(inventory.dangling[0] == csi::Inventory::Dangling{"pv-b", "vol-9"});
    REQUIRE(inventory.named_by.size() == 1);
    CHECK(inventory.named_by.at("vol-2") == std::vector<csi::Text>{"pv-a", "pv-c"});
}

TEST_CASE("an empty storage and no volumes are in order") {
    const csi::Inventory inventory = csi::inventory_of({}, {});
    CHECK(inventory.leaked.empty());
    CHECK(inventory.dangling.empty());
}
