// Messages as grpc-go prints them. The lines have the form of a real driver's log.
#include "model/csi/messages.hpp"

#include <doctest/doctest.h>

namespace model::csi {

namespace {

std::string json(const Request& r) { return to_value(r).to_json(); }
std::string json(const Response& r) { return to_value(r).to_json(); }

VolumeCapability writer() {
    VolumeCapability c;
    c.access_mode = AccessMode::SingleNodeWriter;
    return c;
}

}  // namespace

TEST_CASE("a request shows what is in it and no more") {
    CreateVolumeRequest r;
    r.name = "pvc-1";
    r.capacity_range = CapacityRange{1073741824, 0};
    r.volume_capabilities = {writer()};
    CHECK(json(Request(r)) ==
          R"({"capacity_range":{"required_bytes":1073741824},"name":"pvc-1",)"
          R"("volume_capabilities":[{"AccessType":{"Mount":{}},"access_mode":{"mode":1}}]})");
    r.volume_capabilities[0].fs_type = "ext4";
    r.volume_content_source.emplace().volume_id = "lab-vol-12";
    r.secrets.set("password", "swordfish");
    const std::string text = json(Request(r));
    CHECK(text.find(R"("AccessType":{"Mount":{"fs_type":"ext4"}})") != std::string::npos);
    CHECK(text.find(R"("volume_content_source":{"Type":{"Volume":{"volume_id":"lab-vol-12"}}})") !=
          std::string::npos);
    CHECK(text.find("swordfish") == std::string::npos);
    CHECK(text.find(R"("secrets":"***stripped***")") != std::string::npos);
}

TEST_CASE("a block capability and a snapshot source are members of their oneof") {
    VolumeCapability block = writer();
    block.block = true;
    ControllerExpandVolumeRequest r;
    r.volume_id = "lab-vol-10";
    r.capacity_range = CapacityRange{2147483648, 0};
    r.volume_capability = block;
    CHECK(json(Request(r)) ==
          R"({"capacity_range":{"required_bytes":2147483648},"volume_capability":)"
          R"({"AccessType":{"Block":{}},"access_mode":{"mode":1}},"volume_id":"lab-vol-10"})");
    CreateVolumeResponse answer;
    answer.volume.capacity_bytes = 1073741824;
    answer.volume.volume_id = "lab-vol-3";
    answer.volume.content_source.emplace().snapshot_id = "lab-snap-2";
    CHECK(json(Response(answer)) ==
          R"({"volume":{"capacity_bytes":1073741824,"content_source":)"
          R"({"Type":{"Snapshot":{"snapshot_id":"lab-snap-2"}}},"volume_id":"lab-vol-3"}})");
}

TEST_CASE("capabilities are printed in the driver's order, expansion under its own name") {
    GetPluginCapabilitiesResponse plugin;
    plugin.capabilities = {PluginCapability::ControllerService, PluginCapability::ExpansionOnline};
    CHECK(json(Response(plugin)) == R"({"capabilities":[{"Type":{"Service":{"type":1}}},)"
                                    R"({"Type":{"VolumeExpansion":{"type":1}}}]})");
    NodeGetCapabilitiesResponse node;
    node.capabilities = {NodeCapability::GetVolumeStats, NodeCapability::StageUnstageVolume};
    CHECK(json(Response(node)) == R"({"capabilities":[{"Type":{"Rpc":{"type":2}}},)"
                                  R"({"Type":{"Rpc":{"type":1}}}]})");
}

TEST_CASE("a time is seconds and nanoseconds, a wrapped value keeps its zero apart from none") {
    CreateSnapshotResponse answer;
    answer.snapshot.creation_time = 1795412606'135948137;
    answer.snapshot.ready_to_use = true;
    CHECK(json(Response(answer)) ==
          R"({"snapshot":{"creation_time":{"nanos":135948137,"seconds":1795412606},)"
          R"("ready_to_use":true}})");
    ProbeResponse probe;
    CHECK(json(Response(probe)) == "{}");
    probe.ready = false;
    CHECK(json(Response(probe)) == R"({"ready":{}})");
    probe.ready = true;
    CHECK(json(Response(probe)) == R"({"ready":{"value":true}})");
}

TEST_CASE("a call is about its volume, or what it has instead") {
    CreateVolumeRequest create;
    create.name = "pvc-1";
    CHECK(subject_of(Request(create)) == "pvc-1");
    CreateSnapshotRequest cut;
    cut.name = "snapshot-1";
    cut.source_volume_id = "vol-1";
    CHECK(subject_of(Request(cut)) == "snapshot-1");
    NodePublishVolumeRequest mount;
    mount.volume_id = "vol-1";
    CHECK(subject_of(Request(mount)) == "vol-1");
    CHECK(subject_of(Request(ProbeRequest())) == "");
}

TEST_CASE("every name is found again") {
    for (std::size_t i = 0; i < kMethods; ++i) {
        const auto method = static_cast<Method>(i);
        CHECK(method_of(to_string(method)) == method);
    }
    for (int i = 0; i < static_cast<int>(Code::Count_); ++i)
        CHECK(code_of(to_string(static_cast<Code>(i))) == static_cast<Code>(i));
    CHECK(!method_of("NoSuchMethod"));
    CHECK(RpcStatus(Code::Internal, "no space").text() ==
          "rpc error: code = Internal desc = no space");
    CHECK(to_string(ControllerCapability::GetSnapshot) == "GET_SNAPSHOT");
    CHECK(controller_capabilities().size() == 15);
    CHECK(node_capabilities().size() == 6);
    CHECK(to_string(AccessMode::SingleNodeMultiWriter) == "SINGLE_NODE_MULTI_WRITER");
}

}  // namespace model::csi
