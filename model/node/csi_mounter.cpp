// The CSI plugin: which calls of the node service are made, with what, after which reads.
#include "model/node/volume_mounter.hpp"
#include "model/sidecar/plain_objects.hpp"

namespace model::node {

using namespace std::chrono_literals;
using csi::NodeCapability;

namespace {

constexpr std::string_view kCaller = "kubelet";
constexpr sim::Duration kTimeout = 2min;  // pkg/volume/csi/csi_plugin.go csiTimeout

// What is left of a step's two minutes.
sim::Duration left(sim::Engine& engine, sim::Time began) {
    return std::max<sim::Duration>(began + kTimeout - engine.now(), 1ns);
}

csi::AccessMode access_mode(const api::Text& mode, bool multi_writer) {
    if (mode == api::mode::kReadWriteMany) return csi::AccessMode::MultiNodeMultiWriter;
    if (mode == api::mode::kReadOnlyMany) return csi::AccessMode::MultiNodeReaderOnly;
    if (!multi_writer) return csi::AccessMode::SingleNodeWriter;
    return mode == api::mode::kReadWriteOncePod ? csi::AccessMode::SingleNodeSingleWriter
                                                : csi::AccessMode::SingleNodeMultiWriter;
}

std::string not_registered(const std::string& driver) {
    return "driver name " + driver + " not found in the list of registered CSI drivers";
}

std::string handle_of(const MountJob& job) {
    if (const auto* source = job.spec.csi()) return source->volumeHandle.str();
    return inline_handle(job.pod_uid, job.outer_name);
}

}  // namespace

std::string inline_handle(const api::Text& pod_uid, const api::Text& outer_name) {
    return "csi-" + sha256_hex(pod_uid.str() + outer_name.str());
}

MountResult VolumeMounter::of_rpc(const csi::RpcStatus& status) const {
    switch (status.code) {
        case csi::Code::Ok:
            return {};
        case csi::Code::Canceled:
        case csi::Code::DeadlineExceeded:
        case csi::Code::Unavailable:
        case csi::Code::ResourceExhausted:
        case csi::Code::Aborted:
            return {MountResult::Kind::Uncertain, status.text()};
        default:
            return MountResult::final_error(status.text());
    }
}

// Nothing was asked, so nothing is known: without the guard it counts as the driver's no.
MountResult VolumeMounter::unregistered(const std::string& driver) const {
    const auto kind = setting_.profile.on(Guard::UnregisteredIsTransient)
                          ? MountResult::Kind::Transient
                          : MountResult::Kind::Final;
    return {kind, not_registered(driver)};
}

sim::Task<api::Result<csi::Capabilities<NodeCapability>>> VolumeMounter::ask(
    csi::Endpoint& endpoint) {
    csi::NodeGetCapabilitiesRequest request;
    auto calling = endpoint.call(api::Text(kCaller), std::move(request), kTimeout);
    const csi::CallResult<csi::NodeGetCapabilitiesResponse> answer = co_await std::move(calling);
    if (!answer.ok())
        co_return api::Status(500, api::Reason::InternalError, api::Text(answer.status.text()));
    co_return answer.response.capabilities;
}

sim::Task<MountResult> VolumeMounter::read_context(VolumeSpec spec, api::TextMap& context) {
    if (!is_attachable(spec)) co_return MountResult();
    const auto* source = spec.csi();
    const api::Text name(attachment_name(source->volumeHandle, source->driver, setting_.node));
    auto reading = client_.get<api::VolumeAttachment>(api::Key("", name));
    const api::Result<api::Ref<api::VolumeAttachment>> found = co_await std::move(reading);
    if (!found) co_return MountResult::transient(found.error().message.str());
    context = (*found)->status.attachmentMetadata;
    co_return MountResult();
}

sim::Task<MountResult> VolumeMounter::read_secret(std::optional<api::SecretReference> reference,
                                                  std::string field, api::TextMap& secrets) {
    if (!reference) co_return MountResult();
    auto reading = sidecar::get_secret(client_, api::Key(reference->ns, reference->name));
    api::Result<api::TextMap> found = co_await std::move(reading);
    if (!found)
        co_return MountResult::transient("fetching " + field + " " + reference->ns.str() + "/" +
                                         reference->name.str() +
                                         " failed: " + found.error().message.str());
    secrets = *found;
    co_return MountResult();
}

csi::VolumeCapability VolumeMounter::capability(const MountJob& job, bool multi_writer,
                                                bool group_by_driver) const {
    csi::VolumeCapability c;
    c.block = job.spec.block;
    api::Text mode(api::mode::kReadWriteOnce);
    if (job.spec.volume && !job.spec.volume->spec.accessModes.empty())
        mode = job.spec.volume->spec.accessModes[0];
    c.access_mode = access_mode(mode, multi_writer);
    if (c.block) return c;
    if (const auto* source = job.spec.csi()) {
        c.fs_type = source->fsType;
        for (const api::Text& option : job.spec.volume->spec.mountOptions)
            c.mount_flags.push_back(option);
    } else if (const api::Value* type = job.spec.source.at({"csi", "fsType"})) {
        c.fs_type = type->as_text();
    }
    if (!job.selinux.empty()) c.mount_flags.emplace_back("context=\"" + job.selinux + "\"");
    if (const std::optional<std::int64_t> group = fs_group(job); group && group_by_driver)
        c.volume_mount_group = std::to_string(*group);
    return c;
}

// csi_attacher.go WaitForAttach: one look at the VolumeAttachment.
sim::Task<MountResult> VolumeMounter::wait_for_attach(MountJob job) {
    if (!job.spec.is_csi()) co_return MountResult();
    const auto* source = job.spec.csi();
    const api::Text name(attachment_name(source->volumeHandle, source->driver, setting_.node));
    auto reading = client_.get<api::VolumeAttachment>(api::Key("", name));
    const api::Result<api::Ref<api::VolumeAttachment>> found = co_await std::move(reading);
    const std::string volume = source->volumeHandle.str();
    if (!found)
        co_return MountResult::final_error("volume " + volume + " has GET error for volume " +
                                           "attachment " + name.str() + ": " +
                                           found.error().message.str());
    const api::VolumeAttachment& a = **found;
    if (a.metadata.terminating())
        co_return MountResult::final_error("volume attachment is being deleted");
    if (a.status.attached) co_return MountResult();
    if (a.status.attachError)
        co_return MountResult::final_error(a.status.attachError->message.str());
    co_return MountResult::final_error("volume attachment is not attached");
}

sim::Task<MountResult> VolumeMounter::csi_stage(MountJob job) {
    const sim::Time began = engine_.now();
    csi::Endpoint* endpoint = registered(job.spec);
    if (!endpoint) co_return unregistered(job.spec.driver());
    auto asking = ask(*endpoint);
    api::Result<csi::Capabilities<NodeCapability>> can = co_await std::move(asking);
    if (!can) co_return MountResult::final_error(can.error().message.str());
    const bool stages = can->has(NodeCapability::StageUnstageVolume);
    csi::NodeStageVolumeRequest request;
    auto reading = read_context(job.spec, request.publish_context);
    MountResult result = co_await std::move(reading);
    if (!result.ok()) co_return result;
    if (!stages) co_return MountResult();
    auto secret =
        read_secret(job.spec.csi()->nodeStageSecretRef, "NodeStageSecretRef", request.secrets);
    result = co_await std::move(secret);
    if (!result.ok()) co_return result;
    if (!job.spec.block) {
        auto asking_group = ask(*endpoint);
        can = co_await std::move(asking_group);
        if (!can) co_return MountResult::transient(can.error().message.str());
    }
    const std::string path = device_path(job.spec);
    setting_.machine->disk.staged[path] =
        job.spec.driver() + "^" + job.spec.csi()->volumeHandle.str();
    auto asking_mode = ask(*endpoint);
    can = co_await std::move(asking_mode);
    if (!can) co_return MountResult::final_error(can.error().message.str());
    request.volume_id = job.spec.csi()->volumeHandle;
    request.staging_target_path = path;
    request.volume_context = job.spec.csi()->volumeAttributes;
    request.volume_capability = capability(job, can->has(NodeCapability::SingleNodeMultiWriter),
                                           can->has(NodeCapability::VolumeMountGroup));
    const sim::Duration timeout = left(engine_, began);
    auto calling = endpoint->call(api::Text(kCaller), std::move(request), timeout);
    const csi::CallResult<csi::Empty> answer = co_await std::move(calling);
    result = of_rpc(answer.status);
    if (result.kind == MountResult::Kind::Final) setting_.machine->disk.staged.erase(path);
    co_return result;
}

void VolumeMounter::add_pod_info(const MountJob& job, api::TextMap& attributes) const {
    const api::Ref<api::CSIDriver> driver = csi_driver(job.spec.driver());
    if (!driver || !driver->spec.podInfoOnMount.value_or(false)) return;
    const api::Pod& pod = *job.pod;
    attributes.set("csi.storage.k8s.io/pod.name", pod.metadata.name);
    attributes.set("csi.storage.k8s.io/pod.namespace", pod.metadata.ns);
    attributes.set("csi.storage.k8s.io/pod.uid", pod.metadata.uid);
    attributes.set("csi.storage.k8s.io/serviceAccount.name", pod.spec.serviceAccountName);
    attributes.set("csi.storage.k8s.io/ephemeral", job.spec.is_inline_csi() ? "true" : "false");
}

// A driver that does not say takes persistent volumes only.
static std::string lifecycle_error(const api::Ref<api::CSIDriver>& driver, bool inline_volume,
                                   const std::string& name) {
    const std::string_view mode = inline_volume ? "Ephemeral" : "Persistent";
    bool offered = !inline_volume;
    if (driver && !driver->spec.volumeLifecycleModes.empty()) {
        offered = false;
        for (const api::Text& m : driver->spec.volumeLifecycleModes) offered |= m == mode;
    }
    if (offered) return {};
    if (!driver)
        return "volume mode \"" + std::string(mode) + "\" not supported by driver " + name +
               " (no CSIDriver object)";
    return "volume mode \"" + std::string(mode) + "\" not supported by driver " + name +
           " (only supports [\"Persistent\"])";
}

// vol_data.json, written before the call so that what may be mounted is found again.
void VolumeMounter::note_on_disk(const MountJob& job) {
    PodMount& mount = setting_.machine->disk.pods[target_path(job)];
    mount.pod_uid = job.pod_uid;
    mount.plugin = job.spec.plugin.name;
    mount.spec_name = job.spec.name;
    mount.driver = job.spec.driver();
    mount.handle = handle_of(job);
    mount.selinux = job.selinux;
    mount.block = job.spec.block;
    mount.inline_csi = job.spec.is_inline_csi();
    mount.read_only = job.spec.read_only;
}

sim::Task<MountResult> VolumeMounter::csi_publish(MountJob job) {
    const sim::Time began = engine_.now();
    const std::string driver = job.spec.driver();
    csi::Endpoint* endpoint = registered(job.spec);
    if (!endpoint)
        co_return MountResult::transient("mounter.SetUpAt failed to get CSI client: " +
                                         not_registered(driver));
    if (std::string e = lifecycle_error(csi_driver(driver), job.spec.is_inline_csi(), driver);
        !e.empty())
        co_return MountResult::transient("mounter.SetupAt failed to check volume lifecycle mode: " +
                                         e);
    csi::NodePublishVolumeRequest request;
    request.volume_id = handle_of(job);
    request.target_path = target_path(job);
    request.readonly = job.spec.read_only;
    MountResult result;
    if (job.spec.volume) {
        if (!job.spec.block) {
            auto asking = ask(*endpoint);
            const api::Result<csi::Capabilities<NodeCapability>> can = co_await std::move(asking);
            if (!can) co_return MountResult::final_error(can.error().message.str());
            if (can->has(NodeCapability::StageUnstageVolume))
                request.staging_target_path = device_path(job.spec);
        } else if (setting_.machine->disk.staged.contains(device_path(job.spec))) {
            request.staging_target_path = device_path(job.spec);
        }
        auto reading = read_context(job.spec, request.publish_context);
        result = co_await std::move(reading);
        if (!result.ok()) co_return result;
        request.volume_context = job.spec.csi()->volumeAttributes;
        auto secret = read_secret(job.spec.csi()->nodePublishSecretRef, "NodePublishSecretRef",
                                  request.secrets);
        result = co_await std::move(secret);
        if (!result.ok()) co_return result;
    } else if (const api::Value* attributes = job.spec.source.at({"csi", "volumeAttributes"})) {
        request.volume_context = sidecar::texts_of(attributes);
    }
    if (!job.spec.block) add_pod_info(job, request.volume_context);
    csi::Capabilities<NodeCapability> known;
    if (!job.spec.block) {
        auto asking_group = ask(*endpoint);
        const api::Result<csi::Capabilities<NodeCapability>> can = co_await std::move(asking_group);
        if (!can) co_return MountResult::transient(can.error().message.str());
        known = *can;
    }
    note_on_disk(job);
    auto asking_mode = ask(*endpoint);
    const api::Result<csi::Capabilities<NodeCapability>> can = co_await std::move(asking_mode);
    if (!can) co_return MountResult::final_error(can.error().message.str());
    const bool by_driver = known.has(NodeCapability::VolumeMountGroup);
    request.volume_capability =
        capability(job, can->has(NodeCapability::SingleNodeMultiWriter), by_driver);
    const sim::Duration timeout = left(engine_, began);
    auto calling = endpoint->call(api::Text(kCaller), std::move(request), timeout);
    const csi::CallResult<csi::Empty> answer = co_await std::move(calling);
    result = of_rpc(answer.status);
    const std::string path = target_path(job);
    if (result.kind == MountResult::Kind::Final && !job.reconstructed && !job.remount)
        setting_.machine->disk.pods.erase(path);
    if (!result.ok()) co_return result;
    setting_.machine->disk.pods[path].mounted = true;
    if (by_driver || !changes_owner(job)) co_return result;
    auto changing = change_owner(job);
    result = co_await std::move(changing);
    co_return result;
}

sim::Task<MountResult> VolumeMounter::csi_unpublish(MountJob job) {
    csi::Endpoint* endpoint = registered(job.spec);
    if (!endpoint) co_return MountResult::transient(not_registered(job.spec.driver()));
    csi::NodeUnpublishVolumeRequest request;
    request.volume_id = handle_of(job);
    request.target_path = target_path(job);
    auto calling = endpoint->call(api::Text(kCaller), std::move(request), kTimeout);
    const csi::CallResult<csi::Empty> answer = co_await std::move(calling);
    MountResult result = of_rpc(answer.status);
    if (result.ok()) setting_.machine->disk.pods.erase(target_path(job));
    co_return result;
}

sim::Task<MountResult> VolumeMounter::csi_unstage(MountJob job) {
    const sim::Time began = engine_.now();
    const std::string path = device_path(job.spec);
    // Where nothing is noted beside the mount nothing was staged.
    if (!setting_.machine->disk.staged.contains(path)) co_return MountResult();
    csi::Endpoint* endpoint = registered(job.spec);
    if (!endpoint) co_return MountResult::transient(not_registered(job.spec.driver()));
    auto asking = ask(*endpoint);
    const api::Result<csi::Capabilities<NodeCapability>> can = co_await std::move(asking);
    if (!can) co_return MountResult::final_error(can.error().message.str());
    if (!can->has(NodeCapability::StageUnstageVolume)) {
        setting_.machine->disk.staged.erase(path);
        co_return MountResult();
    }
    csi::NodeUnstageVolumeRequest request;
    request.volume_id = job.spec.csi()->volumeHandle;
    request.staging_target_path = path;
    const sim::Duration timeout = left(engine_, began);
    auto calling = endpoint->call(api::Text(kCaller), std::move(request), timeout);
    const csi::CallResult<csi::Empty> answer = co_await std::move(calling);
    MountResult result = of_rpc(answer.status);
    if (result.ok()) setting_.machine->disk.staged.erase(path);
    co_return result;
}

}  // namespace model::node
