// Profiles of kinds of storage that no one driver stands for.
#include "model/csi/storage_kinds.hpp"

namespace model::csi {

namespace {

using namespace std::chrono_literals;
using sim::Distribution;

using P = PluginCapability;
using C = ControllerCapability;
using N = NodeCapability;
using A = AccessMode;

constexpr std::int64_t kMiB = 1 << 20, kGiB = 1 << 30, kTiB = std::int64_t{1} << 40;

void set_latency(DriverProfile& p, std::initializer_list<Method> methods, Distribution d) {
    for (Method m : methods) p.latency[static_cast<std::size_t>(m)] = d;
}

std::vector<Citation> block_cloud_sources() {
    const char* cloud = "aws-ebs-csi-driver pkg/cloud/cloud.go: waiting parameters";
    const char* controller = "aws-ebs-csi-driver pkg/driver/controller.go";
    const char* deployment = "aws-ebs-csi-driver deploy/kubernetes/base/controller.yaml";
    return {
        {"plugin capabilities", "aws-ebs-csi-driver pkg/driver/identity.go"},
        {"controller capabilities", controller},
        {"node capabilities", "aws-ebs-csi-driver pkg/driver/node.go"},
        {"access modes", "aws-ebs-csi-driver pkg/driver/controller.go; io2 multi-attach left out"},
        {"fsGroupPolicy", "aws-ebs-csi-driver deploy/kubernetes/base/csidriver.yaml"},
        {"latency CreateVolume", std::string(cloud) + ": median 1.5 s, p99 4 s measured there"},
        {"latency ControllerPublishVolume",
         std::string(cloud) + ": most attachments end within 1 to 4 s"},
        {"latency ControllerUnpublishVolume", std::string(cloud) + ": as attaching"},
        {"latency DeleteVolume", "chosen: one API call, nothing waited for"},
        {"latency CreateSnapshot", "chosen: the call alone; the upload goes on behind it"},
        {"latency ControllerExpandVolume", std::string(cloud) + ": polled from 1 s, times 1.7"},
        {"latency ControllerModifyVolume", std::string(cloud) + ": polled from 1 s, times 1.7"},
        {"latency NodeStageVolume", "chosen: finding the device, mkfs or fsck, a mount"},
        {"latency NodeUnstageVolume", "chosen: an unmount with its flush"},
        {"latency NodePublishVolume", "chosen: a bind mount"},
        {"latency NodeUnpublishVolume", "chosen: an unmount"},
        {"latency otherwise", "chosen: no call of the cloud's API"},
        {"concurrency", "aws-ebs-csi-driver pkg/driver/internal/inflight.go"},
        {"rate", "EC2 API throttling page: token buckets; 50 and 5 a second chosen in its range"},
        {"rate refusal",
         "EC2 API throttling page: RequestLimitExceeded; code as in controller.go CreateVolume"},
        {"minimum size", "EBS volume types page: gp3 1 GiB"},
        {"maximum size", "EBS volume types page: gp3 64 TiB"},
        {"default size", "aws-ebs-csi-driver pkg/cloud/cloud.go: DefaultVolumeSize"},
        {"rounds up to", "aws-ebs-csi-driver pkg/cloud/cloud.go: whole GiB"},
        {"attach limit", "aws-ebs-csi-driver issue 1163: 25 on a Nitro instance"},
        {"topology key", std::string(controller) + ": WellKnownZoneTopologyKey"},
        {"parameters", "aws-ebs-csi-driver pkg/driver/constants.go, the common ones"},
        {"mutable parameters", "aws-ebs-csi-driver docs/modify-volume.md"},
        {"volume ids", "EBS: vol- and 17 hexadecimal digits"},
        {"snapshot ids", "EBS: snap- and 17 hexadecimal digits"},
        {"publish context",
         "aws-ebs-csi-driver pkg/driver/constants.go: DevicePathKey; the path chosen"},
        {"provisioner timeout", deployment},
        {"provisioner retry max", deployment},
        {"extra create metadata", deployment},
    };
}

std::vector<Citation> block_array_sources() {
    const char* kind = "chosen: a mid-range array with serial management, no one product";
    return {
        {"plugin capabilities", kind},
        {"controller capabilities", kind},
        {"node capabilities", kind},
        {"group capabilities", kind},
        {"access modes", "chosen: raw disks without a cluster filesystem"},
        {"storage capacity", "chosen: a pool of fixed size, so that it can run out"},
        {"latency CreateVolume", "reference F15: about 5 s an order, serial; spread chosen"},
        {"latency DeleteVolume", "chosen: somewhat faster than creating"},
        {"latency ControllerPublishVolume", "reference F15: about 5 s for an attachment"},
        {"latency ControllerUnpublishVolume", "chosen: as attaching"},
        {"latency CreateSnapshot", "chosen: copy on write, the order's own time"},
        {"latency CreateVolumeGroupSnapshot", "chosen: as one snapshot"},
        {"latency NodeStageVolume", "chosen: a bus scan, multipath, a mount"},
        {"latency otherwise", "chosen: one answer of a management interface"},
        {"concurrency", "chosen: what the profile is for"},
        {"minimum size", kind},
        {"maximum size", kind},
        {"capacity", kind},
        {"default size", kind},
        {"rounds up to", kind},
        {"attach limit", "chosen: LUN numbers 1 to 255 of a SCSI target"},
        {"volume ids", kind},
        {"snapshot ids", kind},
        {"publish context", kind},
    };
}

std::vector<Citation> shared_file_sources() {
    return {
        {"plugin capabilities", "aws-efs-csi-driver pkg/driver/identity.go"},
        {"controller capabilities", "aws-efs-csi-driver pkg/driver/controller.go"},
        {"node capabilities", "aws-efs-csi-driver pkg/driver/driver.go, with volume metrics on"},
        {"access modes", "aws-efs-csi-driver pkg/driver/node.go: volumeCapAccessModes"},
        {"block", "chosen: a file service has no block devices"},
        {"attach required", "aws-efs-csi-driver deploy/kubernetes/base/csidriver.yaml"},
        {"latency CreateVolume", "chosen: two API calls that make an access point"},
        {"latency DeleteVolume", "chosen: one API call and a look"},
        {"latency NodePublishVolume", "chosen: starting a TLS tunnel and an NFS mount"},
        {"latency NodeUnpublishVolume", "chosen: an unmount and the end of the tunnel"},
        {"latency otherwise", "chosen: no I/O"},
        {"volume ids", "EFS: access points fsap- and 17 hexadecimal digits"},
    };
}

}  // namespace

DriverProfile block_cloud_profile() {
    DriverProfile p;
    p.name = "block-cloud";
    p.summary = "zonal network disks behind a throttled cloud API, shaped after AWS EBS";
    p.plugin = {P::ControllerService, P::VolumeAccessibilityConstraints};
    p.controller = {C::CreateDeleteVolume,   C::CloneVolume,   C::PublishUnpublishVolume,
                    C::CreateDeleteSnapshot, C::ListSnapshots, C::ExpandVolume,
                    C::ModifyVolume};
    p.node = {N::StageUnstageVolume, N::ExpandVolume, N::GetVolumeStats};
    p.access_modes = {A::SingleNodeWriter};
    p.fs_group_policy = "File";
    set_latency(p, {Method::CreateVolume}, Distribution::lognormal(1500ms, 4s));
    set_latency(p, {Method::ControllerPublishVolume, Method::ControllerUnpublishVolume},
                Distribution::lognormal(2s, 6s));
    set_latency(p, {Method::DeleteVolume}, Distribution::lognormal(400ms, 2s));
    set_latency(p, {Method::CreateSnapshot}, Distribution::lognormal(700ms, 4s));
    set_latency(p, {Method::ControllerExpandVolume, Method::ControllerModifyVolume},
                Distribution::lognormal(4s, 20s));
    set_latency(p, {Method::NodeStageVolume}, Distribution::lognormal(800ms, 6s));
    set_latency(p, {Method::NodeUnstageVolume}, Distribution::lognormal(100ms, 1s));
    set_latency(p, {Method::NodePublishVolume, Method::NodeUnpublishVolume},
                Distribution::lognormal(30ms, 300ms));
    p.latency_otherwise = Distribution::constant(2ms);
    p.concurrency = Concurrency::AbortsSameVolume;
    p.rate.qps = 5;
    p.rate.burst = 50;
    p.rate.refuses = true;
    p.rate.code = Code::Internal;
    p.rate.message = "RequestLimitExceeded: Request limit exceeded.";
    p.min_volume_bytes = kGiB;
    p.max_volume_bytes = 64 * kTiB;
    p.default_volume_bytes = 100 * kGiB;
    p.rounds_up_to = kGiB;
    p.attach_limit = 25;
    p.topology_key = "topology.kubernetes.io/zone";
    p.known_parameters = {"type", "iopspergb", "iops", "throughput", "encrypted", "kmskeyid"};
    p.mutable_parameters = {"type", "iops", "throughput"};
    p.handle_prefix = "vol-";
    p.snapshot_prefix = "snap-";
    p.publish_context_key = "devicePath";
    p.device_prefix = "/dev/disk/by-id/";
    p.provisioner_timeout = 60s;
    p.provisioner_retry_max = 30min;
    p.extra_create_metadata = true;
    p.sources = block_cloud_sources();
    return p;
}

DriverProfile block_array_profile() {
    DriverProfile p;
    p.name = "block-array";
    p.summary = "a storage array whose management takes one order at a time";
    p.plugin = {P::ControllerService, P::GroupControllerService, P::SnapshotMetadataService,
                P::ExpansionOffline};
    p.controller = {C::CreateDeleteVolume,
                    C::PublishUnpublishVolume,
                    C::ListVolumes,
                    C::ListVolumesPublishedNodes,
                    C::GetCapacity,
                    C::CreateDeleteSnapshot,
                    C::ListSnapshots,
                    C::CloneVolume,
                    C::ExpandVolume,
                    C::VolumeCondition,
                    C::GetVolume,
                    C::PublishReadonly,
                    C::SingleNodeMultiWriter,
                    C::GetSnapshot};
    p.node = {N::StageUnstageVolume, N::GetVolumeStats, N::ExpandVolume, N::SingleNodeMultiWriter};
    p.group = {GroupCapability::CreateDeleteGetVolumeGroupSnapshot};
    p.access_modes = {A::SingleNodeWriter, A::SingleNodeReaderOnly, A::MultiNodeReaderOnly,
                      A::SingleNodeSingleWriter, A::SingleNodeMultiWriter};
    p.storage_capacity = true;
    set_latency(p, {Method::CreateVolume}, Distribution::lognormal(5s, 20s));
    set_latency(p, {Method::DeleteVolume}, Distribution::lognormal(3s, 15s));
    set_latency(p, {Method::ControllerPublishVolume, Method::ControllerUnpublishVolume},
                Distribution::lognormal(4s, 12s));
    set_latency(p, {Method::CreateSnapshot, Method::CreateVolumeGroupSnapshot},
                Distribution::lognormal(3s, 10s));
    set_latency(p, {Method::NodeStageVolume}, Distribution::lognormal(2s, 15s));
    p.latency_otherwise = Distribution::constant(50ms);
    p.concurrency = Concurrency::OneAtATime;
    p.min_volume_bytes = 100 * kMiB;
    p.max_volume_bytes = 16 * kTiB;
    p.capacity_bytes = 100 * kTiB;
    p.default_volume_bytes = kGiB;
    p.rounds_up_to = kMiB;
    p.attach_limit = 255;
    p.handle_prefix = "lun-";
    p.snapshot_prefix = "cut-";
    p.publish_context_key = "lun";
    p.device_prefix = "/dev/mapper/";
    p.sources = block_array_sources();
    return p;
}

DriverProfile shared_file_profile() {
    DriverProfile p;
    p.name = "shared-file";
    p.summary = "a managed file service: many writers, no attach, shaped after AWS EFS";
    p.plugin = {P::ControllerService};
    p.controller = {C::CreateDeleteVolume};
    p.node = {N::GetVolumeStats};
    p.access_modes = {A::SingleNodeWriter, A::MultiNodeMultiWriter};
    p.block = false;
    p.attach_required = false;
    set_latency(p, {Method::CreateVolume, Method::DeleteVolume},
                Distribution::lognormal(600ms, 4s));
    set_latency(p, {Method::NodePublishVolume}, Distribution::lognormal(500ms, 3s));
    set_latency(p, {Method::NodeUnpublishVolume}, Distribution::lognormal(100ms, 1s));
    p.latency_otherwise = Distribution::constant(2ms);
    p.handle_prefix = "fsap-";
    p.sources = shared_file_sources();
    return p;
}

}  // namespace model::csi
