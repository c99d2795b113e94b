#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

// A volume that is published at /target; the code of the first call that fails.
Code mounted(World& w, Text& id) {
    if (const Code code = w.create("mounted", id); code != Code::Ok) return code;
    if (const Code code = w.bring_to_node(id); code != Code::Ok) return code;
    return w.call(w.mount_request(id, "/target"));
}

Code unpublish(World& w, const Text& id, std::string_view path) {
    NodeUnpublishVolumeRequest r;
    r.volume_id = id;
    r.target_path = path;
    return w.call(r);
}

Code unstage(World& w, const Text& id, std::string_view path) {
    NodeUnstageVolumeRequest r;
    r.volume_id = id;
    r.staging_target_path = path;
    return w.call(r);
}

Code stats(World& w, const Text& id, std::string_view path) {
    NodeGetVolumeStatsRequest r;
    r.volume_id = id;
    r.volume_path = path;
    return w.call(r);
}

Code expand(World& w, const Text& id, std::string_view path) {
    NodeExpandVolumeRequest r;
    r.volume_id = id;
    r.volume_path = path;
    r.capacity_range = CapacityRange{kGiB, 0};
    return w.call(r);
}

// Up and down again, every call `times` times.
Code live(World& w, int times) {
    Text id;
    Code code = mounted(w, id);
    const auto repeat = [&](auto call) {
        for (int i = 0; i < times && code == Code::Ok; ++i) code = call();
    };
    if (w.has(Need::Stage)) repeat([&] { return w.call(w.stage_request(id)); });
    repeat([&] { return w.call(w.mount_request(id, "/target")); });
    if (w.has(Need::Stats)) repeat([&] { return stats(w, id, "/target"); });
    repeat([&] { return unpublish(w, id, "/target"); });
    if (w.has(Need::Stage)) repeat([&] { return unstage(w, id, "/staging"); });
    if (w.has(Need::Publish)) {
        ControllerUnpublishVolumeRequest detach;
        detach.volume_id = id;
        detach.node_id = "node-1";
        repeat([&] { return w.call(detach); });
    }
    CHECK(!w.driver->backend().find(id)->is_in_use());
    DeleteVolumeRequest gone;
    gone.volume_id = id;
    repeat([&] { return w.call(gone); });
    return code;
}

Code publish_single_writer_twice(World& w) {
    Text id;
    if (const Code code = w.create("single", id); code != Code::Ok) return code;
    if (const Code code = w.bring_to_node(id); code != Code::Ok) return code;
    NodePublishVolumeRequest r = w.mount_request(id, "/target");
    r.volume_capability->access_mode = AccessMode::SingleNodeSingleWriter;
    if (const Code code = w.call(r); code != Code::Ok) return code;
    r.target_path = "/target-2";
    return w.call(r);
}

const Check kChecks[] = {
    {"NodeGetCapabilities", "should return appropriate capabilities", Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(NodeGetCapabilitiesRequest());
         CHECK(w.answer<NodeGetCapabilitiesRequest>().capabilities == w.profile().node);
         return code;
     }},
    {"NodeGetInfo", "should return appropriate values", Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(NodeGetInfoRequest());
         CHECK(w.answer<NodeGetInfoRequest>().node_id == "node-1");
         CHECK(w.answer<NodeGetInfoRequest>().max_volumes_per_node == w.profile().attach_limit);
         return code;
     }},
    {"NodePublishVolume", "should fail when no volume id is provided", Need::Nothing,
     Code::InvalidArgument, [](World& w) { return w.call(w.mount_request("", "/target")); }},
    {"NodePublishVolume", "should fail when no target path is provided", Need::Nothing,
     Code::InvalidArgument, [](World& w) { return w.call(w.mount_request("some-volume", "")); }},
    {"NodePublishVolume", "should fail when no volume capability is provided", Need::Nothing,
     Code::InvalidArgument,
     [](World& w) {
         NodePublishVolumeRequest r = w.mount_request("some-volume", "/target");
         r.volume_capability.reset();
         return w.call(r);
     }},
    {"NodePublishVolume with single node multi writer capability",
     "should fail when volume with single node single writer access mode is already mounted at a "
     "different target path",
     Need::SingleWriter, Code::FailedPrecondition, publish_single_writer_twice},
    {"NodeUnpublishVolume", "should fail when no volume id is provided", Need::Nothing,
     Code::InvalidArgument, [](World& w) { return unpublish(w, "", "/target"); }},
    {"NodeUnpublishVolume", "should fail when no target path is provided", Need::Nothing,
     Code::InvalidArgument, [](World& w) { return unpublish(w, "some-volume", ""); }},
    {"NodeUnpublishVolume", "should remove target path", Need::Nothing, Code::Ok,
     [](World& w) {
         Text id;
         if (const Code code = mounted(w, id); code != Code::Ok) return code;
         const Code code = unpublish(w, id, "/target");
         const auto& used = w.driver->backend().find(id)->used;
         CHECK((used.empty() || used.at("node-1").published.empty()));
         return code;
     }},
    {"NodeStageVolume", "should fail when no volume id is provided", Need::Stage,
     Code::InvalidArgument, [](World& w) { return w.call(w.stage_request("")); }},
    {"NodeStageVolume", "should fail when no staging target path is provided", Need::Stage,
     Code::InvalidArgument,
     [](World& w) {
         NodeStageVolumeRequest r = w.stage_request("some-volume");
         r.staging_target_path = Text();
         return w.call(r);
     }},
    {"NodeStageVolume", "should fail when no volume capability is provided", Need::Stage,
     Code::InvalidArgument,
     [](World& w) {
         NodeStageVolumeRequest r = w.stage_request("some-volume");
         r.volume_capability.reset();
         return w.call(r);
     }},
    {"NodeUnstageVolume", "should fail when no volume id is provided", Need::Stage,
     Code::InvalidArgument, [](World& w) { return unstage(w, "", "/staging"); }},
    {"NodeUnstageVolume", "should fail when no staging target path is provided", Need::Stage,
     Code::InvalidArgument, [](World& w) { return unstage(w, "some-volume", ""); }},
    {"NodeGetVolumeStats", "should fail when no volume id is provided", Need::Stats,
     Code::InvalidArgument, [](World& w) { return stats(w, "", "/target"); }},
    {"NodeGetVolumeStats", "should fail when no volume path is provided", Need::Stats,
     Code::InvalidArgument, [](World& w) { return stats(w, "some-volume", ""); }},
    {"NodeGetVolumeStats", "should fail when volume is not found", Need::Stats, Code::NotFound,
     [](World& w) { return stats(w, "no-such-volume", "/target"); }},
    {"NodeGetVolumeStats", "should fail when volume does not exist on the specified path",
     Need::Stats, Code::NotFound,
     [](World& w) {
         Text id;
         if (const Code code = mounted(w, id); code != Code::Ok) return code;
         return stats(w, id, "/some/path");
     }},
    {"NodeExpandVolume", "should fail when no volume id is provided", Need::NodeExpand,
     Code::InvalidArgument, [](World& w) { return expand(w, "", "/target"); }},
    {"NodeExpandVolume", "should fail when no volume path is provided", Need::NodeExpand,
     Code::InvalidArgument,
     [](World& w) {
         Text id;
         w.create("grown", id);
         return expand(w, id, "");
     }},
    {"NodeExpandVolume", "should fail when volume is not found", Need::NodeExpand, Code::NotFound,
     [](World& w) { return expand(w, "no-such-volume", "/target"); }},
    {"NodeExpandVolume", "should work if node-expand is called after node-publish",
     Need::NodeExpand, Code::Ok,
     [](World& w) {
         Text id;
         if (const Code code = mounted(w, id); code != Code::Ok) return code;
         return expand(w, id, "/target");
     }},
    {"Node Service", "should work", Need::Nothing, Code::Ok, [](World& w) { return live(w, 1); }},
    {"Node Service", "should be idempotent", Need::Nothing, Code::Ok,
     [](World& w) { return live(w, 3); }},
};

}  // namespace

const std::vector<Check>& node_checks() {
    static const std::vector<Check> all(std::begin(kChecks), std::end(kChecks));
    return all;
}

}  // namespace model::csi::sanity
