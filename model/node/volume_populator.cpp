// VolumeManager: the populator, and what waits for it. Counterpart:
// volumemanager/populator/desired_state_of_world_populator.go and volume_manager.go.
#include <algorithm>

#include "model/node/volume_manager.hpp"
#include "model/wait.hpp"
#include "sim/race.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kWait = 123s;   // podAttachAndMountTimeout
constexpr sim::Duration kLook = 300ms;  // podAttachAndMountRetryInterval
constexpr sim::Duration kUnmountLook = 100ms;

api::Status told(std::string message) {
    return api::Status(500, api::Reason::InternalError, api::Text(message));
}

std::string listed(const std::vector<std::string>& names) {
    std::string text = "[";
    for (const std::string& name : names) text += (text.size() > 1 ? " " : "") + name;
    return text + "]";
}

sim::Task<void> signalled(sim::Signal& signal) {
    co_await signal.wait(kind_of(Wait::PollGrid), "volumes of a pod");
}
sim::Task<void> until(sim::Engine& engine, sim::Time at) {
    co_await engine.sleep_until(at, kind_of(Wait::Timer));
}

}  // namespace

VolumeManager::VolumeManager(control::Process& process, control::Client& client,
                             control::EventRecorder& recorder, VolumeManagerSetting setting)
    : process_(process),
      engine_(process.engine()),
      client_(client),
      recorder_(recorder),
      setting_(std::move(setting)),
      profile_(setting_.mounter.profile),
      mounter_(process, client, recorder, setting_.mounter),
      operations_(process, [this] { worlds_changed(); }),
      changed_(process.engine()) {
    process.informer(api::Kind::CSIDriver)
        .add_handler([this, life = life_](const api::ObjectRef&, const api::ObjectRef&) {
            if (life && !desired_.volumes().empty()) pods_changed();
        });
}

void VolumeManager::start() {
    reconstruct();
    pods_changed();
}

void VolumeManager::pods_changed() {
    populate_again();
    worlds_changed();
}

void VolumeManager::worlds_changed() {
    changed_.notify_all();
    look_again();
    setting_.in_use_changed();
}

void VolumeManager::populate_again() {
    populate_pending_ = true;
    if (populating_) return;
    populating_ = true;
    process_.spawn("volume populator", populate());
}

sim::Task<void> VolumeManager::populate() {
    while (populate_pending_) {
        populate_pending_ = false;
        const sim::Time next = setting_.populator.after(engine_.now());
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
        auto once = populate_once();
        co_await std::move(once);
    }
    populating_ = false;
}

sim::Task<void> VolumeManager::populate_once() {
    const std::vector<api::Ref<api::Pod>> pods = setting_.pods();
    for (const api::Ref<api::Pod>& pod : pods) {
        const api::Text& uid = pod->metadata.uid;
        PodWorkers& workers = setting_.workers();
        const bool skipped = has_added_pods_
                                 ? workers.should_containers_terminate(uid)
                                 : workers.find(uid) && workers.should_runtime_be_removed(uid);
        const auto known = processed_.find(uid);
        if (skipped || (known != processed_.end() && known->second)) continue;
        auto processing = process(pod);
        co_await std::move(processing);
    }
    remove_undesired();
    if (!has_added_pods_) {
        has_added_pods_ = true;
        worlds_changed();
    }
}

sim::Task<void> VolumeManager::process(api::Ref<api::Pod> pod) {
    const api::Text uid = pod->metadata.uid;
    const VolumesUsed used = volumes_used(*pod);
    bool all = true;
    for (const api::Volume& v : pod->spec.volumes) {
        if (!used.mounted.contains(v.name) && !used.devices.contains(v.name)) continue;
        const api::Volume volume = v;
        auto making = make_spec(pod, volume);
        api::Result<VolumeSpec> spec = co_await std::move(making);
        std::string error = spec ? std::string() : spec.error().message.str();
        if (spec) {
            DesiredMount mount;
            mount.pod = pod;
            mount.spec = *spec;
            mount.spec.attachable = mounter_.is_attachable(*spec);
            mount.outer_name = volume.name;
            mount.since = engine_.now();
            const api::Text name = unique_name(mount.spec, uid);
            error = desired_.add(name, mount, mounter_.selinux_label(mount.spec, *pod));
        }
        if (error.empty()) continue;
        desired_.add_error(uid, error);
        all = false;
    }
    if (all) {
        processed_[uid] = true;
        actual_.mark_remount(uid, [this](const VolumeSpec& s) { return mounter_.remounts(s); });
        (void)desired_.take_errors(uid);
    } else if (processed_.contains(uid)) {
        processed_[uid] = true;
    } else {
        populate_pending_ = true;
    }
    worlds_changed();
}

sim::Task<api::Result<VolumeSpec>> VolumeManager::make_spec(api::Ref<api::Pod> pod,
                                                            api::Volume volume) {
    const VolumesUsed used = volumes_used(*pod);
    if (!volume.persistentVolumeClaim && !volume.ephemeral) {
        VolumeSpec spec = spec_of(volume);
        if (spec.plugin.empty())
            co_return told("failed to get Plugin from volumeSpec for volume \"" +
                           volume.name.str() + "\" err=no volume plugin matched");
        co_return spec;
    }
    const bool ephemeral = volume.ephemeral.has_value();
    const std::string claim = ephemeral ? pod->metadata.name.str() + "-" + volume.name.str()
                                        : volume.persistentVolumeClaim->claimName.str();
    auto reading = read_claim(pod, claim, ephemeral);
    const api::Result<Claimed> found = co_await std::move(reading);
    if (!found)
        co_return told("error processing PVC " + pod->metadata.ns.str() + "/" + claim + ": " +
                       found.error().message.str());
    const bool read_only = !ephemeral && volume.persistentVolumeClaim->readOnly;
    api::Result<VolumeSpec> spec = spec_of(found->volume, read_only);
    if (!spec) co_return spec.error();
    if (spec->plugin.empty())
        co_return told("failed to get Plugin from volumeSpec for volume \"" + volume.name.str() +
                       "\" err=no volume plugin matched");
    if (used.mounted.contains(volume.name) && spec->block)
        co_return told("volume " + volume.name.str() +
                       " has volumeMode Block, but is specified in volumeMounts");
    if (used.devices.contains(volume.name) && !spec->block)
        co_return told("volume " + volume.name.str() +
                       " has volumeMode Filesystem, but is specified in volumeDevices");
    co_return spec;
}

sim::Task<api::Result<VolumeManager::Claimed>> VolumeManager::read_claim(api::Ref<api::Pod> pod,
                                                                         std::string claim,
                                                                         bool ephemeral) {
    auto reading = client_.get<PVC>(api::Key(pod->metadata.ns, claim));
    const api::Result<api::Ref<PVC>> found = co_await std::move(reading);
    if (!found)
        co_return told("failed to fetch PVC from API server: " + found.error().message.str());
    const PVC& pvc = **found;
    if (ephemeral) {
        const auto& owners = pvc.metadata.ownerReferences;
        const bool mine = std::any_of(owners.begin(), owners.end(), [&](const auto& o) {
            return o.controller.value_or(false) && o.uid == pod->metadata.uid;
        });
        if (!mine)
            co_return told("PVC " + pvc.key().to_string() + " was not created for pod " +
                           pod->key().to_string() + " (pod is not owner)");
    }
    if (pvc.metadata.terminating() && !pvc.metadata.has_finalizer(api::finalizer::kPVCProtection))
        co_return told("PVC is being deleted");
    if (pvc.status.phase != api::Text(api::phase::kBound)) co_return told("PVC is not bound");
    if (pvc.spec.volumeName.empty()) co_return told("PVC has empty pvc.Spec.VolumeName");
    auto reading_volume = client_.get<PV>(api::Key("", pvc.spec.volumeName));
    const api::Result<api::Ref<PV>> volume = co_await std::move(reading_volume);
    if (!volume)
        co_return told("failed to fetch PV " + pvc.spec.volumeName.str() +
                       " from API server: " + volume.error().message.str());
    const auto& reference = (*volume)->spec.claimRef;
    if (!reference)
        co_return told("found PV object " + pvc.spec.volumeName.str() +
                       " but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the "
                       "claim");
    if (reference->uid != pvc.metadata.uid)
        co_return told("found PV object " + pvc.spec.volumeName.str() +
                       " but its pv.Spec.ClaimRef.UID " + reference->uid.str() +
                       " does not point to claim.UID " + pvc.metadata.uid.str());
    Claimed claimed;
    claimed.claim = *found;
    claimed.volume = *volume;
    co_return claimed;
}

void VolumeManager::remove_undesired() {
    for (auto& [name, volume] : desired_.volumes()) {
        if (!volume.attachable || mounter_.is_attachable(volume.pods.begin()->second.spec))
            continue;
        volume.attachable = false;
        worlds_changed();
    }
    std::vector<std::pair<api::Text, api::Text>> gone;
    PodWorkers& workers = setting_.workers();
    std::set<api::Text> existing;
    for (const api::Ref<api::Pod>& pod : setting_.pods()) existing.insert(pod->metadata.uid);
    for (const auto& [name, volume] : desired_.volumes()) {
        for (const auto& [uid, mount] : volume.pods) {
            if (!workers.should_runtime_be_removed(uid)) continue;
            // One whose mount may be under way is kept as long as its pod is known.
            if (existing.contains(uid) && !actual_.find(name, uid)) continue;
            gone.emplace_back(name, uid);
        }
    }
    for (const auto& [name, uid] : gone) {
        desired_.remove(name, uid);
        processed_.erase(uid);
    }
    if (!gone.empty()) worlds_changed();
}

std::vector<std::string> VolumeManager::unmounted(const api::Pod& pod) const {
    const VolumesUsed used = volumes_used(pod);
    const std::set<api::Text> mounted = actual_.mounted(pod.metadata.uid);
    std::vector<std::string> names;
    for (const api::Volume& v : pod.spec.volumes) {
        const bool wanted = used.mounted.contains(v.name) || used.devices.contains(v.name);
        if (wanted && !mounted.contains(v.name)) names.push_back(v.name.str());
    }
    std::sort(names.begin(), names.end());
    return names;
}

VolumeManager::Waited VolumeManager::failed(const api::Pod& pod, std::string cause) const {
    const api::Text& uid = pod.metadata.uid;
    std::vector<std::string> unattached, unprocessed;
    const VolumesUsed used = volumes_used(pod);
    for (const api::Volume& v : pod.spec.volumes) {
        if (!used.mounted.contains(v.name) && !used.devices.contains(v.name)) continue;
        bool in_desired = false, attached = false;
        for (const auto& [name, volume] : desired_.volumes()) {
            const auto mount = volume.pods.find(uid);
            if (mount == volume.pods.end() || mount->second.outer_name != v.name) continue;
            in_desired = true;
            attached = actual_.find(name) != nullptr;
        }
        if (!in_desired) unprocessed.push_back(v.name.str());
        // Before 1.27 every volume of the pod was listed.
        if ((in_desired && !attached) || !profile_.kubelet_lists_unprocessed)
            unattached.push_back(v.name.str());
    }
    std::sort(unattached.begin(), unattached.end());
    Waited waited;
    waited.error = "unmounted volumes=" + listed(unmounted(pod)) +
                   ", unattached volumes=" + listed(unattached);
    if (profile_.kubelet_lists_unprocessed)
        waited.error += ", failed to process volumes=" + listed(unprocessed);
    waited.error += ": " + cause;
    return waited;
}

sim::Task<VolumeManager::Waited> VolumeManager::wait_for_mount(api::Ref<api::Pod> pod,
                                                               const PodWorker& worker) {
    const api::Text uid = pod->metadata.uid;
    const VolumesUsed used = volumes_used(*pod);
    if (used.mounted.empty() && used.devices.empty()) co_return Waited();
    processed_[uid] = false;
    populate_again();
    const sim::Time began = engine_.now();
    const sim::Time end = began + kWait;
    const Grid looks(began, kLook);
    for (;;) {
        const std::vector<std::string> errors = desired_.take_errors(uid);
        if (!errors.empty()) {
            std::string cause;
            for (const std::string& e : errors) cause += (cause.empty() ? "" : "; ") + e;
            if (unmounted(*pod).empty()) co_return Waited();
            co_return failed(*pod, std::move(cause));
        }
        if (unmounted(*pod).empty()) co_return Waited();
        const bool late = engine_.now() >= end;
        if (late || worker.interrupted) {
            const bool new_words = profile_.kubelet_cancels_syncs;
            Waited waited = failed(*pod, worker.interrupted ? "context canceled"
                                         : new_words        ? "context deadline exceeded"
                                                     : "timed out waiting for the condition");
            waited.timed_out = true;
            waited.interrupted = worker.interrupted;
            co_return waited;
        }
        while (!worker.interrupted && !desired_.has_errors(uid) && !unmounted(*pod).empty() &&
               engine_.now() < end) {
            auto racing = sim::race(engine_, signalled(changed_), until(engine_, end));
            co_await std::move(racing);
        }
        if (worker.interrupted) continue;
        const sim::Time next = std::min(looks.next(engine_.now()), end);
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
    }
}

sim::Task<std::string> VolumeManager::wait_for_unmount(api::Ref<api::Pod> pod) {
    const api::Text uid = pod->metadata.uid;
    const sim::Time began = engine_.now();
    const sim::Time end = began + kWait;
    const Grid looks(began, kLook);
    for (;;) {
        const std::set<api::Text> mounted = actual_.mounted(uid);
        if (mounted.empty()) break;
        if (engine_.now() >= end) {
            std::vector<std::string> names;
            for (const api::Text& name : mounted) names.push_back(name.str());
            co_return "mounted volumes=" + listed(names) + ": context deadline exceeded";
        }
        auto racing = sim::race(engine_, signalled(changed_), until(engine_, end));
        co_await std::move(racing);
        const sim::Time next = std::min(looks.next(engine_.now()), end);
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
    }
    const Grid closer(engine_.now(), kUnmountLook);
    while (actual_.is_perhaps_mounted(uid)) {
        co_await changed_.wait(kind_of(Wait::PollGrid), "volumes of a pod to be unmounted");
        const sim::Time next = closer.next(engine_.now());
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
    }
    co_return std::string();
}

// What in-tree plugins set up again looks as before; only a driver sees the difference.
bool VolumeManager::needs_resync(const api::Text& pod_uid) const {
    for (const auto& [name, volume] : desired_.volumes()) {
        const auto mount = volume.pods.find(pod_uid);
        if (mount == volume.pods.end() || !mount->second.spec.is_csi()) continue;
        if (mounter_.remounts(mount->second.spec)) return true;
    }
    return false;
}

std::vector<VolumeSpec> VolumeManager::unattached(const api::Text& pod_uid) const {
    std::vector<VolumeSpec> found;
    for (const auto& [name, volume] : desired_.volumes()) {
        const auto mount = volume.pods.find(pod_uid);
        if (mount == volume.pods.end() || !volume.attachable || actual_.find(name)) continue;
        found.push_back(mount->second.spec);
    }
    return found;
}

}  // namespace model::node
