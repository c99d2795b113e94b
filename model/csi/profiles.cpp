// The driver profiles as data, each value with its source.
#include "model/csi/profile.hpp"
#include "model/csi/storage_kinds.hpp"

namespace model::csi {

namespace {

using namespace std::chrono_literals;
using sim::Distribution;

using P = PluginCapability;
using C = ControllerCapability;
using N = NodeCapability;

constexpr std::int64_t kTiB = std::int64_t{1} << 40;

void set_latency(DriverProfile& p, std::initializer_list<Method> methods, Distribution d) {
    for (Method m : methods) p.latency[static_cast<std::size_t>(m)] = d;
}

// The driver of the recordings, taken from what it answered in them.
DriverProfile instant() {
    DriverProfile p;
    p.name = "instant";
    p.summary = "answers at once: the driver of the recorded cluster";
    p.plugin = {P::ControllerService, P::VolumeAccessibilityConstraints, P::ExpansionOnline};
    p.controller = {C::CreateDeleteVolume, C::ExpandVolume,         C::GetCapacity,
                    C::CloneVolume,        C::CreateDeleteSnapshot, C::PublishUnpublishVolume};
    p.node = {N::GetVolumeStats, N::ExpandVolume, N::StageUnstageVolume};
    p.snapshots_on_request = true;
    p.latency_otherwise = Distribution::constant(100us);
    p.handle_prefix = "lab-vol-";
    p.snapshot_prefix = "lab-snap-";
    p.counted_handles = true;
    p.checks_attachment = false;
    p.publish_context_key = "dev";
    p.device_prefix = "/dev/lab-";
    p.topology_key = "topology.lab.csi.example.com/node";
    const char* recorded = "recorded calls of lab.csi.example.com, family t, u, v and x";
    p.sources = {
        {"plugin capabilities", recorded},
        {"controller capabilities", recorded},
        {"node capabilities", recorded},
        {"latency otherwise", "recorded calls: 0.03 to 0.4 ms, most near 0.1 ms"},
        {"volume ids", recorded},
        {"snapshot ids", "recorded: volumes and snapshots share one count"},
        {"publish context", recorded},
        {"topology key", "recorded: accessibility requirements of family u"},
        {"checks attachment", "chosen: a driver without devices has nothing to look for"},
    };
    return p;
}

std::vector<Citation> nfs_sources() {
    return {
        {"plugin capabilities", "csi-driver-nfs pkg/nfs/identityserver.go"},
        {"controller capabilities", "csi-driver-nfs pkg/nfs/nfs.go"},
        {"node capabilities", "csi-driver-nfs pkg/nfs/nfs.go"},
        {"block", "csi-driver-nfs pkg/nfs/controllerserver.go:isValidVolumeCapabilities"},
        {"attach required", "csi-driver-nfs deploy/csi-nfs-driverinfo.yaml"},
        {"fsGroupPolicy", "csi-driver-nfs deploy/csi-nfs-driverinfo.yaml"},
        {"latency CreateVolume", "chosen: a mount, a mkdir and an unmount on a near server"},
        {"latency DeleteVolume", "chosen: a mount, the removal of a few files and an unmount"},
        {"latency CreateSnapshot", "chosen: tar of a small volume; large ones take minutes"},
        {"latency NodePublishVolume", "chosen: one NFS mount on a near server"},
        {"latency NodeUnpublishVolume", "chosen: one unmount"},
        {"latency otherwise", "chosen: no I/O"},
        {"concurrency", "csi-driver-nfs pkg/nfs/utils.go:VolumeLocks"},
        {"reports capacity", "csi-driver-nfs pkg/nfs/controllerserver.go:CreateVolume"},
        {"option onDelete",
         "csi-driver-nfs cmd/nfsplugin/main.go: none given, which removes the directory"},
        {"provisioner timeout", "csi-driver-nfs deploy/csi-nfs-controller.yaml"},
        {"provisioner retry max", "csi-driver-nfs deploy/csi-nfs-controller.yaml"},
        {"extra create metadata", "csi-driver-nfs deploy/csi-nfs-controller.yaml"},
    };
}

DriverProfile nfs() {
    DriverProfile p;
    p.name = "nfs";
    p.summary = "csi-driver-nfs: directories of one NFS server, no attach, no sizes";
    p.behaviour = Behaviour::Nfs;
    p.plugin = {P::ControllerService};
    p.controller = {C::CreateDeleteVolume, C::SingleNodeMultiWriter, C::CloneVolume,
                    C::CreateDeleteSnapshot, C::ExpandVolume};
    p.node = {N::GetVolumeStats, N::SingleNodeMultiWriter};
    p.block = false;
    p.attach_required = false;
    p.fs_group_policy = "File";
    set_latency(p, {Method::CreateVolume, Method::DeleteVolume},
                Distribution::lognormal(150ms, 1500ms));
    set_latency(p, {Method::CreateSnapshot}, Distribution::lognormal(2s, 30s));
    set_latency(p, {Method::NodePublishVolume}, Distribution::lognormal(80ms, 1s));
    set_latency(p, {Method::NodeUnpublishVolume}, Distribution::lognormal(20ms, 300ms));
    p.latency_otherwise = Distribution::constant(1ms);
    p.concurrency = Concurrency::AbortsSameVolume;
    p.reports_capacity = false;
    p.options["onDelete"] = "delete";
    p.provisioner_timeout = 1200s;
    p.provisioner_retry_max = 30min;
    p.extra_create_metadata = true;
    p.sources = nfs_sources();
    return p;
}

std::vector<Citation> host_path_sources() {
    return {
        {"plugin capabilities", "csi-driver-host-path pkg/hostpath/identityserver.go"},
        {"controller capabilities", "csi-driver-host-path pkg/hostpath/controllerserver.go"},
        {"node capabilities", "csi-driver-host-path pkg/hostpath/nodeserver.go"},
        {"group capabilities", "csi-driver-host-path pkg/hostpath/groupcontrollerserver.go"},
        {"attach required", "csi-driver-host-path cmd/hostpathplugin/main.go: --enable-attach"},
        {"pod info on mount", "csi-driver-host-path deploy: csi-hostpath-driverinfo.yaml"},
        {"fsGroupPolicy", "csi-driver-host-path deploy: csi-hostpath-driverinfo.yaml"},
        {"latency CreateVolume", "chosen: a mkdir and a state file on a local disk"},
        {"latency DeleteVolume", "chosen: as CreateVolume"},
        {"latency CreateSnapshot", "chosen: tar of an empty directory"},
        {"latency NodePublishVolume", "chosen: a bind mount"},
        {"latency NodeUnpublishVolume", "chosen: an unmount"},
        {"latency otherwise", "chosen: one write of the state file"},
        {"concurrency", "csi-driver-host-path pkg/hostpath/hostpath.go: one mutex"},
        {"maximum size", "csi-driver-host-path cmd/hostpathplugin/main.go: --max-volume-size"},
        {"topology key", "csi-driver-host-path pkg/hostpath/nodeserver.go: TopologyKeyNode"},
        {"extra create metadata", "chosen: it shows claim names in parameters"},
    };
}

DriverProfile host_path() {
    DriverProfile p;
    p.name = "host-path";
    p.summary = "csi-driver-host-path: directories of a node, every call under one lock";
    p.behaviour = Behaviour::HostPath;
    p.plugin = {P::ControllerService, P::GroupControllerService, P::VolumeAccessibilityConstraints};
    p.controller = {C::CreateDeleteVolume,    C::GetVolume,     C::GetCapacity,
                    C::CreateDeleteSnapshot,  C::ListSnapshots, C::GetSnapshot,
                    C::ListVolumes,           C::CloneVolume,   C::VolumeCondition,
                    C::SingleNodeMultiWriter, C::ExpandVolume};
    p.node = {N::StageUnstageVolume, N::VolumeCondition, N::GetVolumeStats,
              N::SingleNodeMultiWriter, N::ExpandVolume};
    p.group = {GroupCapability::CreateDeleteGetVolumeGroupSnapshot};
    p.attach_required = false;
    p.pod_info_on_mount = true;
    p.fs_group_policy = "File";
    set_latency(p, {Method::CreateVolume, Method::DeleteVolume, Method::CreateSnapshot},
                Distribution::lognormal(10ms, 100ms));
    set_latency(p, {Method::NodePublishVolume, Method::NodeUnpublishVolume},
                Distribution::lognormal(5ms, 50ms));
    p.latency_otherwise = Distribution::constant(1ms);
    p.concurrency = Concurrency::OneAtATime;
    p.max_volume_bytes = kTiB;
    p.topology_key = "topology.hostpath.csi/node";
    p.extra_create_metadata = true;
    p.sources = host_path_sources();
    return p;
}

}  // namespace

const std::vector<DriverProfile>& profiles() {
    static const std::vector<DriverProfile> all{instant(),
                                                nfs(),
                                                host_path(),
                                                block_cloud_profile(),
                                                block_array_profile(),
                                                shared_file_profile()};
    return all;
}

const DriverProfile* find_profile(std::string_view name) {
    for (const DriverProfile& p : profiles())
        if (p.name == name) return &p;
    return nullptr;
}

}  // namespace model::csi
