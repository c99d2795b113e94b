// What plugins have in common: attachability, labels, owners, and the in-tree ones.
#include "model/node/volume_mounter.hpp"

#include <algorithm>

#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

// "/var/lib/kubelet/pods/UID/volumes/kubernetes.io~nfs/NAME"
std::string in_tree_path(const MountJob& job) {
    std::string plugin(job.spec.plugin.name);
    std::replace(plugin.begin(), plugin.end(), '/', '~');
    return std::string(kKubeletRoot) + "/pods/" + job.pod_uid.str() + "/volumes/" + plugin + "/" +
           job.spec.name.str();
}

// How many files a volume holds is told by an annotation of it, for what changing their owner
// takes.
constexpr std::string_view kFilesAnnotation = "stowage.dev/files";

const api::Value* security_context(const api::Pod& pod) {
    return pod.spec.extra.find("securityContext");
}

}  // namespace

VolumeMounter::VolumeMounter(control::Process& process, control::Client& client,
                             control::EventRecorder& recorder, MounterSetting setting)
    : process_(process),
      engine_(process.engine()),
      client_(client),
      recorder_(recorder),
      setting_(std::move(setting)),
      csi_drivers_(process.informer(api::Kind::CSIDriver)) {
    if (!csi_drivers_.synced()) csi_drivers_.start();
}

api::Ref<api::CSIDriver> VolumeMounter::csi_driver(const std::string& name) const {
    return csi_drivers_.get<api::CSIDriver>(api::Key("", name));
}

bool VolumeMounter::is_attachable(const VolumeSpec& spec) const {
    if (!spec.is_csi()) return spec.attachable;
    if (spec.is_inline_csi()) return false;
    const api::Ref<api::CSIDriver> driver = csi_driver(spec.driver());
    return !driver || driver->spec.attachRequired.value_or(true);
}

bool VolumeMounter::remounts(const VolumeSpec& spec) const {
    if (!spec.is_csi()) return spec.plugin.remounts;
    const api::Ref<api::CSIDriver> driver = csi_driver(spec.driver());
    return driver && driver->spec.requiresRepublish.value_or(false);
}

std::string VolumeMounter::selinux_label(const VolumeSpec& spec, const api::Pod& pod) const {
    if (!setting_.options.selinux || !spec.is_csi() || !spec.volume) return {};
    const api::Ref<api::CSIDriver> driver = csi_driver(spec.driver());
    if (!driver || !driver->spec.seLinuxMount.value_or(false)) return {};
    const auto& modes = spec.volume->spec.accessModes;
    const bool pod_only = modes.size() == 1 && modes[0] == api::mode::kReadWriteOncePod;
    if (!pod_only && !setting_.profile.on(Gate::SELinuxMount)) return {};
    const api::Value* context = security_context(pod);
    const api::Value* options = context ? context->find("seLinuxOptions") : nullptr;
    const api::Value* level = options ? options->find("level") : nullptr;
    const api::Value* policy = context ? context->find("seLinuxChangePolicy") : nullptr;
    if (!level || (policy && policy->as_string() == "Recursive")) return {};
    return "system_u:object_r:container_file_t:" + std::string(level->as_string());
}

std::string VolumeMounter::target_path(const MountJob& job) const {
    if (!job.spec.is_csi()) return in_tree_path(job);
    if (job.spec.block)
        return std::string(kKubeletRoot) + "/plugins/kubernetes.io/csi/volumeDevices/publish/" +
               job.spec.name.str() + "/" + job.pod_uid.str();
    return in_tree_path(job) + "/mount";
}

std::string VolumeMounter::device_path(const VolumeSpec& spec) const {
    const std::string root = std::string(kKubeletRoot) + "/plugins/";
    if (!spec.is_csi()) return root + std::string(spec.plugin.name) + "/mounts/" + spec.name.str();
    if (spec.block) return root + "kubernetes.io/csi/volumeDevices/staging/" + spec.name.str();
    const auto* csi = spec.csi();
    return root + "kubernetes.io/csi/" + csi->driver.str() + "/" +
           sha256_hex(csi->volumeHandle.view()) + "/globalmount";
}

sim::Task<MountResult> VolumeMounter::mount_device(MountJob job) {
    if (job.spec.is_csi()) {
        auto staging = csi_stage(std::move(job));
        co_return co_await std::move(staging);
    }
    co_await engine_.sleep_for(setting_.options.mount_in_tree, kind_of(Wait::Timer));
    co_return MountResult();
}

sim::Task<MountResult> VolumeMounter::set_up(MountJob job) {
    if (job.spec.is_csi()) return csi_publish(std::move(job));
    return in_tree_set_up(std::move(job));
}

// Mounts of in-tree plugins succeed: what they mount is outside of the model.
sim::Task<MountResult> VolumeMounter::in_tree_set_up(MountJob job) {
    co_await engine_.sleep_for(setting_.options.mount_in_tree, kind_of(Wait::Timer));
    // A hostPath leaves nothing in the pod's directory.
    if (job.spec.plugin.name == "kubernetes.io/host-path") co_return MountResult();
    PodMount mount;
    mount.pod_uid = job.pod_uid;
    mount.plugin = job.spec.plugin.name;
    mount.spec_name = job.spec.name;
    mount.mounted = true;
    setting_.machine->disk.pods[target_path(job)] = std::move(mount);
    co_return MountResult();
}

sim::Task<MountResult> VolumeMounter::tear_down(MountJob job) {
    if (job.spec.is_csi()) {
        auto unpublishing = csi_unpublish(std::move(job));
        co_return co_await std::move(unpublishing);
    }
    co_await engine_.sleep_for(setting_.options.mount_in_tree, kind_of(Wait::Timer));
    setting_.machine->disk.pods.erase(target_path(job));
    co_return MountResult();
}

sim::Task<MountResult> VolumeMounter::unmount_device(MountJob job) {
    if (job.spec.is_csi()) {
        auto unstaging = csi_unstage(std::move(job));
        co_return co_await std::move(unstaging);
    }
    co_await engine_.sleep_for(setting_.options.mount_in_tree, kind_of(Wait::Timer));
    co_return MountResult();
}

std::optional<std::int64_t> VolumeMounter::fs_group(const MountJob& job) const {
    const api::Value* context = job.pod ? security_context(*job.pod) : nullptr;
    const api::Value* group = context ? context->find("fsGroup") : nullptr;
    if (!group) return std::nullopt;
    return group->as_int();
}

// csi_mounter.go supportsFSGroup.
bool VolumeMounter::changes_owner(const MountJob& job) const {
    if (!fs_group(job) || job.spec.read_only || job.spec.block) return false;
    const api::Ref<api::CSIDriver> driver = csi_driver(job.spec.driver());
    const std::string policy = driver && driver->spec.fsGroupPolicy
                                   ? driver->spec.fsGroupPolicy->str()
                                   : "ReadWriteOnceWithFSType";
    if (policy == "None") return false;
    if (policy == "File") return true;
    if (job.spec.is_inline_csi()) return job.spec.source.at({"csi", "fsType"}) != nullptr;
    const auto& modes = job.spec.volume->spec.accessModes;
    return !job.spec.csi()->fsType.empty() &&
           std::any_of(modes.begin(), modes.end(), [](const api::Text& m) {
               return m == api::mode::kReadWriteOnce || m == api::mode::kReadWriteOncePod;
           });
}

// pkg/volume/volume_linux.go: a walk over all files, unless the root has the group already and that
// is enough; a slow one is told of.
sim::Task<MountResult> VolumeMounter::change_owner(MountJob job) {
    const api::Value* context = security_context(*job.pod);
    const api::Value* policy = context ? context->find("fsGroupChangePolicy") : nullptr;
    std::int64_t files = 0;
    if (job.spec.volume) {
        const api::TextMap& notes = job.spec.volume->metadata.annotations;
        if (notes.contains(kFilesAnnotation))
            files = std::stoll("0" + std::string(notes.get(kFilesAnnotation)));
    }
    const bool root_only = policy && policy->as_string() == "OnRootMismatch" && job.remount;
    if (root_only || files == 0) co_return MountResult();
    sim::Stream& stream = engine_.stream(process_.name() + "/chown");
    const sim::Duration each = setting_.options.chown.sample(stream);
    const sim::Time end = sim::later(engine_.now(), each * files);
    sim::Time told = engine_.now() + 30s;
    while (told < end) {
        co_await engine_.sleep_until(told, kind_of(Wait::Timer));
        recorder_.record(*job.pod, control::EventType::Warning, "VolumePermissionChangeInProgress",
                         "Setting volume ownership for " + target_path(job) +
                             ", processed so far, is taking longer than expected, consider using "
                             "OnRootMismatch - https://kubernetes.io/docs/tasks/"
                             "configure-pod-container/security-context/"
                             "#configure-volume-permission-and-ownership-change-policy-for-pods");
        told += 60s;
    }
    co_await engine_.sleep_until(end, kind_of(Wait::Timer));
    co_return MountResult();
}

}  // namespace model::node
