#include "tests/model/csi/sanity.hpp"

namespace model::csi::sanity {

namespace {

Code create_twice(World& w, std::int64_t second_bytes) {
    Text first;
    if (const Code code = w.create("twice", first); code != Code::Ok) return code;
    CreateVolumeRequest again = w.create_request("twice");
    again.capacity_range->required_bytes = second_bytes;
    again.capacity_range->limit_bytes = second_bytes;
    const Code code = w.call(again);
    if (code == Code::Ok) CHECK(w.answer<CreateVolumeRequest>().volume.volume_id == first);
    return code;
}

Code create_from(World& w, const VolumeContentSource& source) {
    CreateVolumeRequest r = w.create_request("copy");
    r.volume_content_source = source;
    const Code code = w.call(r);
    if (code == Code::Ok) CHECK(w.answer<CreateVolumeRequest>().volume.content_source == source);
    return code;
}

Code create_with_class(World& w, std::string_view parameter) {
    CreateVolumeRequest r = w.create_request("classy");
    r.mutable_parameters.set(parameter, "3000");
    return w.call(r);
}

const Check kChecks[] = {
    {"GetPluginCapabilities", "should return appropriate capabilities", Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(GetPluginCapabilitiesRequest());
         CHECK(w.answer<GetPluginCapabilitiesRequest>().capabilities.has(
             PluginCapability::ControllerService));
         return code;
     }},
    {"Probe", "should return appropriate information", Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(ProbeRequest());
         CHECK(w.answer<ProbeRequest>().ready.value_or(true));
         return code;
     }},
    {"GetPluginInfo", "should return appropriate information", Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(GetPluginInfoRequest());
         CHECK(w.answer<GetPluginInfoRequest>().name == "sanity.example.com");
         CHECK(!w.answer<GetPluginInfoRequest>().vendor_version.empty());
         return code;
     }},
    {"ControllerGetCapabilities", "should return appropriate capabilities", Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(ControllerGetCapabilitiesRequest());
         CHECK(w.answer<ControllerGetCapabilitiesRequest>().capabilities == w.profile().controller);
         return code;
     }},
    {"GetCapacity", "should return capacity (no optional values added)", Need::Capacity, Code::Ok,
     [](World& w) {
         const Code code = w.call(GetCapacityRequest());
         if (code == Code::Ok) CHECK(w.answer<GetCapacityRequest>().available_capacity > 0);
         return code;
     }},
    {"ListVolumes", "should return appropriate values (no optional values added)", Need::List,
     Code::Ok, [](World& w) { return w.call(ListVolumesRequest()); }},
    {"ListVolumes", "should fail when an invalid starting_token is passed", Need::List,
     Code::Aborted,
     [](World& w) {
         ListVolumesRequest r;
         r.starting_token = "invalid-token";
         return w.call(r);
     }},
    {"ListVolumes",
     "check the presence of new volumes and absence of deleted ones in the volume list", Need::List,
     Code::Ok,
     [](World& w) {
         Text id;
         if (const Code code = w.create("listed", id); code != Code::Ok) return code;
         if (const Code code = w.call(ListVolumesRequest()); code != Code::Ok) return code;
         CHECK(w.answer<ListVolumesRequest>().entries.size() == 1);
         DeleteVolumeRequest gone;
         gone.volume_id = id;
         w.call(gone);
         const Code code = w.call(ListVolumesRequest());
         CHECK(w.answer<ListVolumesRequest>().entries.empty());
         return code;
     }},
    {"CreateVolume", "should fail when no name is provided", Need::Nothing, Code::InvalidArgument,
     [](World& w) { return w.call(w.create_request("")); }},
    {"CreateVolume", "should fail when no volume capabilities are provided", Need::Nothing,
     Code::InvalidArgument,
     [](World& w) {
         CreateVolumeRequest r = w.create_request("bare");
         r.volume_capabilities.clear();
         return w.call(r);
     }},
    {"CreateVolume", "should return appropriate values SingleNodeWriter NoCapacity", Need::Nothing,
     Code::Ok,
     [](World& w) {
         CreateVolumeRequest r = w.create_request("unsized");
         r.capacity_range.reset();
         const Code code = w.call(r);
         CHECK(!w.answer<CreateVolumeRequest>().volume.volume_id.empty());
         return code;
     }},
    {"CreateVolume", "should return appropriate values SingleNodeWriter WithCapacity 1Gi",
     Need::Nothing, Code::Ok,
     [](World& w) {
         const Code code = w.call(w.create_request("sized"));
         const std::int64_t bytes = w.answer<CreateVolumeRequest>().volume.capacity_bytes;
         CHECK((bytes == kGiB || !w.profile().reports_capacity));
         return code;
     }},
    {"CreateVolume",
     "should not fail when requesting to create a volume with already existing name and same "
     "capacity",
     Need::Nothing, Code::Ok, [](World& w) { return create_twice(w, kGiB); }},
    {"CreateVolume",
     "should fail when requesting to create a volume with already existing name and different "
     "capacity",
     Need::Nothing, Code::AlreadyExists, [](World& w) { return create_twice(w, 2 * kGiB); }},
    {"CreateVolume", "should not fail when creating volume with maximum-length name", Need::Nothing,
     Code::Ok, [](World& w) { return w.call(w.create_request(std::string(128, 'n'))); }},
    {"CreateVolume", "should create volume from an existing source snapshot", Need::Snapshots,
     Code::Ok,
     [](World& w) {
         Text volume, snapshot;
         w.create("source", volume);
         if (const Code code = w.snapshot("cut", volume, snapshot); code != Code::Ok) return code;
         VolumeContentSource source;
         source.snapshot_id = snapshot;
         return create_from(w, source);
     }},
    {"CreateVolume", "should fail when the volume source snapshot is not found", Need::Snapshots,
     Code::NotFound,
     [](World& w) {
         VolumeContentSource source;
         source.snapshot_id = "no-such-snapshot";
         return create_from(w, source);
     }},
    {"CreateVolume", "should create volume from an existing source volume", Need::Clone, Code::Ok,
     [](World& w) {
         VolumeContentSource source;
         w.create("source", source.volume_id);
         return create_from(w, source);
     }},
    {"CreateVolume", "should fail when the volume source volume is not found", Need::Clone,
     Code::NotFound,
     [](World& w) {
         VolumeContentSource source;
         source.volume_id = "no-such-volume";
         return create_from(w, source);
     }},
    {"CreateVolume", "should create volume with a volume attribute class", Need::Modify, Code::Ok,
     [](World& w) { return create_with_class(w, "iops"); }},
    {"CreateVolume", "should not create volume with an invalid volume attribute class",
     Need::Modify, Code::InvalidArgument,
     [](World& w) { return create_with_class(w, "no-such-parameter"); }},
    {"DeleteVolume", "should fail when no volume id is provided", Need::Nothing,
     Code::InvalidArgument, [](World& w) { return w.call(DeleteVolumeRequest()); }},
    {"DeleteVolume", "should succeed when an invalid volume id is used", Need::Nothing, Code::Ok,
     [](World& w) {
         DeleteVolumeRequest r;
         r.volume_id = "no-such-volume";
         return w.call(r);
     }},
    {"DeleteVolume", "should return appropriate values (no optional values added)", Need::Nothing,
     Code::Ok,
     [](World& w) {
         DeleteVolumeRequest r;
         w.create("short-lived", r.volume_id);
         const Code code = w.call(r);
         CHECK(w.driver->backend().volumes().empty());
         return code;
     }},
};

}  // namespace

const std::vector<Check>& controller_checks() {
    static const std::vector<Check> all(std::begin(kChecks), std::end(kChecks));
    return all;
}

}  // namespace model::csi::sanity
