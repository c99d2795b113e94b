// VolumeManager: what one operation does, step by step, and what it leaves in the actual world.
// Counterpart: pkg/volume/util/operationexecutor/operation_generator.go.
#include <algorithm>

#include "model/api/selector.hpp"
#include "model/node/volume_manager.hpp"
#include "model/wait.hpp"

namespace model::node {

namespace {

std::string about(std::string_view step, const VolumeSpec& spec, const std::string& error) {
    return std::string(step) + " failed for volume \"" + spec.name.str() + "\" : " + error;
}

MountJob job_of(const DesiredMount& mount) {
    MountJob job;
    job.spec = mount.spec;
    job.pod = mount.pod;
    job.pod_uid = mount.pod->metadata.uid;
    job.outer_name = mount.outer_name;
    return job;
}

}  // namespace

sim::Task<std::string> VolumeManager::verify_attached(api::Text name, DesiredMount mount,
                                                      bool attachable) {
    const VolumeSpec& spec = mount.spec;
    std::optional<api::Quantity> claim_size;
    if (spec.volume && spec.volume->spec.claimRef) {
        const api::ObjectReference reference = *spec.volume->spec.claimRef;
        auto reading = client_.get<PVC>(api::Key(reference.ns, reference.name));
        const api::Result<api::Ref<PVC>> claim = co_await std::move(reading);
        if (!claim)
            co_return about("VerifyControllerAttachedVolume fetching pvc", spec,
                            claim.error().message.str());
        if (const api::Quantity* size = (*claim)->status.capacity.find("storage"))
            claim_size = *size;
    }
    if (!attachable) {
        actual_.attach(name, spec, {}).claim_size = claim_size;
        co_return std::string();
    }
    auto reading = client_.get<api::Node>(api::Key("", setting_.mounter.node));
    const api::Result<api::Ref<api::Node>> node = co_await std::move(reading);
    if (!node) co_return about("VerifyControllerAttachedVolume", spec, node.error().message.str());
    for (const api::AttachedVolume& a : (*node)->status.volumesAttached) {
        if (a.name != name) continue;
        actual_.attach(name, spec, a.devicePath.str()).claim_size = claim_size;
        co_return std::string();
    }
    co_return "Volume not attached according to node status for volume \"" + spec.name.str() + "\"";
}

// CSI drivers are attached by the controller manager or not at all.
sim::Task<std::string> VolumeManager::attach_itself(api::Text name, DesiredMount mount) {
    co_await engine_.yield_now();
    if (!mount.spec.is_csi()) {
        actual_.attach(name, mount.spec, {});
        co_return std::string();
    }
    const std::string error = about("AttachVolume.Attach", mount.spec,
                                    "attaching volumes from the kubelet is not supported");
    recorder_.record(*mount.pod, control::EventType::Warning, "FailedAttachVolume", error);
    co_return error;
}

std::string VolumeManager::mount_failed(const MountJob& job, std::string_view step,
                                        const std::string& error) {
    const std::string operation = job.spec.block ? "MapVolume." : "MountVolume.";
    std::string message = about(operation + std::string(step), job.spec, error);
    const bool affinity = step == "NodeAffinity check";
    recorder_.record(*job.pod, control::EventType::Warning,
                     job.spec.block && !affinity ? "FailedMapVolume" : "FailedMount", message);
    return message;
}

// Checks that need no waiting; the step's name and its error, or nothing.
std::string VolumeManager::check_mount(const api::Text& name, const MountJob& job) const {
    const api::Ref<PV>& pv = job.spec.volume;
    if (!pv) return {};
    const auto& modes = pv->spec.accessModes;
    if (modes.size() == 1 && modes[0] == api::mode::kReadWriteOncePod &&
        profile_.on(Gate::ReadWriteOncePod) && actual_.is_mounted_elsewhere(name, job.pod_uid))
        return "volume uses the ReadWriteOncePod access mode and is already in use by another pod";
    return {};
}

sim::Task<std::string> VolumeManager::mount_volume(api::Text name, DesiredMount mount,
                                                   bool attachable, bool remount,
                                                   std::string selinux) {
    MountJob job = job_of(mount);
    job.remount = remount;
    job.selinux = std::move(selinux);
    if (const ActualMount* known = actual_.find(name, job.pod_uid))
        job.reconstructed = known->reconstructed;
    co_await engine_.yield_now();
    const api::Ref<PV>& pv = job.spec.volume;
    const api::Ref<api::Node> node = setting_.node();
    if (pv && pv->spec.nodeAffinity && pv->spec.nodeAffinity->required && node &&
        !api::matches(*pv->spec.nodeAffinity->required, node->metadata.labels, node->metadata.name))
        co_return mount_failed(job, "NodeAffinity check", "no matching NodeSelectorTerms");
    if (pv && !pv->spec.mountOptions.empty() && !job.spec.plugin.mount_options)
        co_return mount_failed(job, "MountOptionSupport check",
                               "mount options are not supported for this volume type");
    if (const std::string error = check_mount(name, job); !error.empty())
        co_return mount_failed(job, "SetUp", error);
    auto mounting = mount_checked(name, std::move(job), attachable);
    co_return co_await std::move(mounting);
}

sim::Task<std::string> VolumeManager::mount_checked(api::Text name, MountJob job, bool attachable) {
    MountResult result;
    if (attachable) {
        auto waiting = mounter_.wait_for_attach(job);
        result = co_await std::move(waiting);
        if (!result.ok()) co_return mount_failed(job, "WaitForAttach", result.error);
    }
    ActualVolume* volume = actual_.find(name);
    if (!volume) co_return std::string("the volume was detached meanwhile");
    if (job.spec.plugin.device_mountable && volume->device != MountState::Yes) {
        auto staging = mounter_.mount_device(job);
        result = co_await std::move(staging);
        mark_device(name, result);
        if (!result.ok())
            co_return mount_failed(job, job.spec.block ? "SetUpDevice" : "MountDevice",
                                   result.error);
        volume = actual_.find(name);
        volume->device = MountState::Yes;
        volume->selinux = job.selinux;
    }
    auto publishing = mounter_.set_up(job);
    result = co_await std::move(publishing);
    mark_mount(name, job, result);
    if (!result.ok())
        co_return mount_failed(job, job.spec.block ? "MapPodDevice" : "SetUp", result.error);
    if (job.spec.block) {
        const std::string map = "MapVolume.MapPodDevice succeeded for volume \"" +
                                job.spec.name.str() + "\" globalMapPath \"" +
                                mounter_.device_path(job.spec) + "\"";
        recorder_.record(*job.pod, control::EventType::Normal, "SuccessfulMountVolume", map);
        recorder_.record(*job.pod, control::EventType::Normal, "SuccessfulMountVolume",
                         "MapVolume.MapPodDevice succeeded for volume \"" + job.spec.name.str() +
                             "\" volumeMapPath \"" + mounter_.target_path(job) + "\"");
    }
    co_return std::string();
}

void VolumeManager::mark_device(const api::Text& name, const MountResult& result) {
    ActualVolume* volume = actual_.find(name);
    if (!volume) return;
    if (result.kind == MountResult::Kind::Final && volume->device == MountState::Uncertain &&
        !volume->device_reconstructed)
        volume->device = MountState::No;
    if (result.kind == MountResult::Kind::Uncertain && volume->device == MountState::No)
        volume->device = MountState::Uncertain;
}

void VolumeManager::mark_mount(const api::Text& name, const MountJob& job,
                               const MountResult& result) {
    ActualVolume* volume = actual_.find(name);
    if (!volume) return;
    const auto known = volume->pods.find(job.pod_uid);
    const bool uncertain =
        known != volume->pods.end() && known->second.state == MountState::Uncertain;
    if (result.kind == MountResult::Kind::Transient) return;
    if (result.kind == MountResult::Kind::Final) {
        if (uncertain && !known->second.reconstructed) volume->pods.erase(known);
        return;
    }
    if (result.kind == MountResult::Kind::Uncertain && known != volume->pods.end()) return;
    ActualMount mount;
    mount.state = result.ok() ? MountState::Yes : MountState::Uncertain;
    mount.spec = job.spec;
    mount.outer_name = job.outer_name;
    mount.pod = job.pod->key();
    volume->pods.insert_or_assign(job.pod_uid, mount);
}

sim::Task<std::string> VolumeManager::unmount_volume(api::Text name, api::Text pod_uid) {
    const ActualMount* mount = actual_.find(name, pod_uid);
    MountJob job;
    job.spec = mount->spec;
    job.pod_uid = pod_uid;
    job.outer_name = mount->outer_name;
    auto going = mounter_.tear_down(job);
    const MountResult result = co_await std::move(going);
    ActualVolume* volume = actual_.find(name);
    if (!volume) co_return std::string();
    if (result.ok()) {
        volume->pods.erase(pod_uid);
        co_return std::string();
    }
    if (ActualMount* still = actual_.find(name, pod_uid)) still->state = MountState::Uncertain;
    co_return about("UnmountVolume.TearDown", job.spec, result.error);
}

sim::Task<std::string> VolumeManager::unmount_device(api::Text name) {
    MountJob job;
    job.spec = actual_.find(name)->spec;
    auto going = mounter_.unmount_device(job);
    const MountResult result = co_await std::move(going);
    ActualVolume* volume = actual_.find(name);
    if (!volume) co_return std::string();
    if (result.ok()) {
        volume->device = MountState::No;
        volume->device_reconstructed = false;
        co_return std::string();
    }
    volume->device = MountState::Uncertain;
    co_return about("UnmountDevice", job.spec, result.error);
}

// What the directories of pods tell a kubelet that starts. Counterpart: reconciler/reconstruct.go.
void VolumeManager::reconstruct() {
    for (const auto& [path, found] : setting_.mounter.machine->disk.pods) take_up(path, found);
    if (setting_.runs_since_long) awaiting_node_.clear();
}

void VolumeManager::take_up(const std::string&, const PodMount& found) {
    VolumeSpec spec;
    if (found.plugin == "kubernetes.io/csi" && !found.inline_csi) {
        PV pv;
        pv.metadata.name = found.spec_name;
        api::CSIPersistentVolumeSource source;
        source.driver = found.driver;
        source.volumeHandle = found.handle;
        pv.spec.source.csi = source;
        pv.spec.volumeMode = api::Text(found.block ? api::mode::kBlock : api::mode::kFilesystem);
        const api::Result<VolumeSpec> made = spec_of(api::freeze(std::move(pv)), found.read_only);
        if (!made) return;
        spec = *made;
    } else {
        spec.name = found.spec_name;
        spec.plugin = plugin_named(found.plugin);
        spec.source["csi"]["driver"] = found.driver;
        if (found.inline_csi) spec.plugin.device_mountable = false;
    }
    spec.attachable = mounter_.is_attachable(spec);
    const api::Text name = unique_name(spec, found.pod_uid);
    ActualVolume& volume = actual_.attach(name, spec, {});
    if (spec.plugin.device_mountable) {
        volume.device = MountState::Uncertain;
        volume.device_reconstructed = true;
    }
    volume.selinux = found.selinux;
    ActualMount mount;
    mount.state = MountState::Uncertain;
    mount.spec = spec;
    mount.outer_name = found.spec_name;
    mount.reconstructed = true;
    volume.pods.insert_or_assign(found.pod_uid, mount);
    if (spec.attachable) awaiting_node_.insert(name);
}

// The API server says which of them are attached; until then nothing is unmounted.
sim::Task<void> VolumeManager::learn_attached() {
    auto reading = client_.get<api::Node>(api::Key("", setting_.mounter.node));
    const api::Result<api::Ref<api::Node>> node = co_await std::move(reading);
    learning_ = false;
    if (!node) {
        look_again();
        co_return;
    }
    for (const api::Text& name : awaiting_node_) {
        ActualVolume* volume = actual_.find(name);
        if (!volume) continue;
        const auto& attached = (*node)->status.volumesAttached;
        volume->attachable = std::any_of(attached.begin(), attached.end(),
                                         [&](const auto& a) { return a.name == name; });
    }
    awaiting_node_.clear();
    worlds_changed();
}

}  // namespace model::node
