#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

ValidateVolumeCapabilitiesRequest validate(const Text& id) {
    ValidateVolumeCapabilitiesRequest r;
    r.volume_id = id;
    r.volume_capabilities = {mount_capability()};
    return r;
}

ControllerExpandVolumeRequest expand(const Text& id) {
    ControllerExpandVolumeRequest r;
    r.volume_id = id;
    r.capacity_range = CapacityRange{2 * kGiB, 0};
    return r;
}

ControllerModifyVolumeRequest modify(const Text& id, std::string_view parameter) {
    ControllerModifyVolumeRequest r;
    r.volume_id = id;
    r.mutable_parameters.set(parameter, "4000");
    return r;
}

// From creation to deletion; every call `times` times.
Code live(World& w, int times) {
    Text id;
    Code code = Code::Ok;
    const auto repeat = [&](const auto& request) {
        for (int i = 0; i < times && code == Code::Ok; ++i) code = w.call(request);
    };
    if (code = w.create("full-life", id); code != Code::Ok) return code;
    repeat(w.create_request("full-life"));
    repeat(w.publish_request(id));
    ControllerUnpublishVolumeRequest detach;
    detach.volume_id = id;
    detach.node_id = "node-1";
    repeat(detach);
    DeleteVolumeRequest gone;
    gone.volume_id = id;
    repeat(gone);
    return code;
}

Code attach_too_many(World& w) {
    const int limit = w.profile().attach_limit > 0 ? w.profile().attach_limit : 3;
    for (int i = 0; i <= limit; ++i) {
        Text id;
        w.create("many-" + std::to_string(i), id);
        const Code code = w.call(w.publish_request(id));
        if (i == limit || !w.has(Need::Publish)) return code;
        if (code != Code::Ok) return Code::Internal;  // too early
    }
    return Code::Internal;
}

const Check kChecks[] = {
    {"ValidateVolumeCapabilities", "should fail when no volume id is provided", Need::Nothing,
     Code::InvalidArgument, [](World& w) { return w.call(validate("")); }},
    {"ValidateVolumeCapabilities", "should fail when no volume capabilities are provided",
     Need::Nothing, Code::InvalidArgument,
     [](World& w) {
         Text id;
         w.create("validated", id);
         ValidateVolumeCapabilitiesRequest r = validate(id);
         r.volume_capabilities.clear();
         return w.call(r);
     }},
    {"ValidateVolumeCapabilities", "should return appropriate values (no optional values added)",
     Need::Nothing, Code::Ok,
     [](World& w) {
         Text id;
         w.create("validated", id);
         const Code code = w.call(validate(id));
         CHECK(w.answer<ValidateVolumeCapabilitiesRequest>().confirmed.has_value());
         return code;
     }},
    {"ValidateVolumeCapabilities", "should fail when the requested volume does not exist",
     Need::Nothing, Code::NotFound, [](World& w) { return w.call(validate("no-such-volume")); }},
    {"ControllerPublishVolume", "should fail when no volume id is provided", Need::Publish,
     Code::InvalidArgument, [](World& w) { return w.call(w.publish_request("")); }},
    {"ControllerPublishVolume", "should fail when no node id is provided", Need::Publish,
     Code::InvalidArgument,
     [](World& w) {
         ControllerPublishVolumeRequest r = w.publish_request("some-volume");
         r.node_id = Text();
         return w.call(r);
     }},
    {"ControllerPublishVolume", "should fail when no volume capability is provided", Need::Publish,
     Code::InvalidArgument,
     [](World& w) {
         ControllerPublishVolumeRequest r = w.publish_request("some-volume");
         r.volume_capability.reset();
         return w.call(r);
     }},
    {"ControllerPublishVolume",
     "should fail when publishing more volumes than the node max attach limit", Need::AttachLimit,
     Code::ResourceExhausted, attach_too_many},
    {"ControllerPublishVolume", "should fail when the volume does not exist", Need::Publish,
     Code::NotFound, [](World& w) { return w.call(w.publish_request("no-such-volume")); }},
    {"ControllerPublishVolume", "should fail when the node does not exist", Need::Publish,
     Code::NotFound,
     [](World& w) {
         Text id;
         w.create("attached", id);
         ControllerPublishVolumeRequest r = w.publish_request(id);
         r.node_id = "no-such-node";
         return w.call(r);
     }},
    {"ControllerPublishVolume",
     "should fail when the volume is already published but is incompatible", Need::Publish,
     Code::AlreadyExists,
     [](World& w) {
         Text id;
         w.create("attached", id);
         ControllerPublishVolumeRequest r = w.publish_request(id);
         if (const Code code = w.call(r); code != Code::Ok) return code;
         r.readonly = true;
         return w.call(r);
     }},
    {"volume lifecycle", "should work", Need::Publish, Code::Ok,
     [](World& w) { return live(w, 1); }},
    {"volume lifecycle", "should be idempotent", Need::Publish, Code::Ok,
     [](World& w) { return live(w, 3); }},
    {"ControllerUnpublishVolume", "should fail when no volume id is provided", Need::Publish,
     Code::InvalidArgument, [](World& w) { return w.call(ControllerUnpublishVolumeRequest()); }},
    {"ExpandVolume [Controller Server]", "should fail if no volume id is given", Need::Expand,
     Code::InvalidArgument, [](World& w) { return w.call(expand("")); }},
    {"ExpandVolume [Controller Server]", "should fail if no capacity range is given", Need::Expand,
     Code::InvalidArgument,
     [](World& w) {
         ControllerExpandVolumeRequest r = expand("some-volume");
         r.capacity_range.reset();
         return w.call(r);
     }},
    {"ExpandVolume [Controller Server]", "should work", Need::Expand, Code::Ok,
     [](World& w) {
         Text id;
         w.create("grown", id);
         const Code code = w.call(expand(id));
         if (code == Code::Ok)
             CHECK(w.answer<ControllerExpandVolumeRequest>().capacity_bytes == 2 * kGiB);
         return code;
     }},
    {"ModifyVolume [Controller Server]", "should fail if no volume id is given", Need::Modify,
     Code::InvalidArgument, [](World& w) { return w.call(modify("", "iops")); }},
    {"ModifyVolume [Controller Server]", "should fail if volume does not exist", Need::Modify,
     Code::NotFound, [](World& w) { return w.call(modify("no-such-volume", "iops")); }},
    {"ModifyVolume [Controller Server]",
     "should fail if specified mutable parameters are not supported by the volume", Need::Modify,
     Code::InvalidArgument,
     [](World& w) {
         Text id;
         w.create("plain", id);
         return w.call(modify(id, "no-such-parameter"));
     }},
    {"ModifyVolume [Controller Server]",
     "should modify a volume created without a volume attribute class", Need::Modify, Code::Ok,
     [](World& w) {
         Text id;
         w.create("plain", id);
         const Code code = w.call(modify(id, "iops"));
         if (code == Code::Ok)
             CHECK(w.driver->backend().find(id)->mutable_parameters.get("iops") == "4000");
         return code;
     }},
    {"ModifyVolume [Controller Server]",
     "should modify a volume created with a volume attribute class", Need::Modify, Code::Ok,
     [](World& w) {
         CreateVolumeRequest r = w.create_request("classy");
         r.mutable_parameters.set("iops", "3000");
         if (const Code code = w.call(r); code != Code::Ok) return code;
         const Text id = w.answer<CreateVolumeRequest>().volume.volume_id;
         return w.call(modify(id, "iops"));
     }},
    {"ModifyVolume [Controller Server]",
     "should fail to modify a volume created with a volume attribute class if new mutable "
     "parameters are not supported by volume",
     Need::Modify, Code::InvalidArgument,
     [](World& w) {
         CreateVolumeRequest r = w.create_request("classy");
         r.mutable_parameters.set("iops", "3000");
         if (const Code code = w.call(r); code != Code::Ok) return code;
         const Text id = w.answer<CreateVolumeRequest>().volume.volume_id;
         return w.call(modify(id, "no-such-parameter"));
     }},
};

}  // namespace

const std::vector<Check>& change_checks() {
    static const std::vector<Check> all(std::begin(kChecks), std::end(kChecks));
    return all;
}

}  // namespace model::csi::sanity
