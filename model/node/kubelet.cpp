#include "model/node/kubelet.hpp"

#include <algorithm>

#include "model/api/codec.hpp"
#include "model/node/kubelet_parts.hpp"
#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kVolumeLoop = 100ms, kRelist = 1s, kTick = 1s, kStatusSync = 10s;
constexpr sim::Duration kHeartbeatTimeout = 10s;
constexpr std::string_view kClient = "kubelet";

// config.go podsDifferSemantically: else only the status has changed.
bool differs(const api::Pod& a, const api::Pod& b) {
    return a.metadata.deletionTimestamp != b.metadata.deletionTimestamp ||
           a.metadata.deletionGracePeriodSeconds != b.metadata.deletionGracePeriodSeconds ||
           !(a.metadata.labels == b.metadata.labels) ||
           !(a.metadata.annotations == b.metadata.annotations) || !(a.spec == b.spec);
}

}  // namespace

Kubelet::Kubelet(control::Process& process, KubeletSetting setting)
    : process_(process),
      engine_(process.engine()),
      setting_(std::move(setting)),
      pod_watch_(
          *setting_.pods, process.latencies(), setting_.node,
          [this](const api::ObjectRef& before, const api::ObjectRef& after) {
              on_pod(before, after);
          },
          process.link()) {}

Kubelet::~Kubelet() { life_.end(); }

void Kubelet::start() {
    const bool has_something = !setting_.machine->containers.all().empty() ||
                               !setting_.machine->disk.pods.empty() || !setting_.runs_since_long;
    if (has_something) awake();
    pod_watch_.start();
    if (!setting_.heartbeats) return;
    setting_.heartbeats->listen(life_, [this](const api::Text& node) {
        if (node.empty() || node == setting_.node) heartbeats_changed();
    });
}

// Its next status says it is ready, where somebody else has said that it is not: also of a kubelet
// without a pod.
void Kubelet::heartbeats_changed() {
    if (!setting_.heartbeats->beats(setting_.node)) return;
    const auto node =
        api::as<api::Node>(process_.server().find(api::Kind::Node, api::Key("", setting_.node)));
    if (!node || NodeStatus::is_ready(*node)) return;
    awake();
    parts_->node_status->changed();
}

// Drawn where the scenario says nothing; a process that has just come up begins its loops at once.
sim::Time Kubelet::first_tick(const std::string& loop, sim::Duration period) {
    if (!setting_.runs_since_long) return engine_.now();
    const auto given = setting_.phases.find(loop);
    if (given != setting_.phases.end()) return sim::Time(given->second);
    sim::Stream& stream = engine_.stream("phases/" + loop + "/" + setting_.node.str());
    return sim::Time(sim::Duration(
        static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(period.count())))));
}

Grid Kubelet::grid(const std::string& loop, sim::Duration period) {
    return Grid(first_tick(loop, period), period);
}

// With the first pod, or at its start where there is something left of an earlier life.
void Kubelet::awake() {
    if (parts_) return;
    parts_ = std::make_unique<Parts>();
    Parts& p = *parts_;
    const Profile& profile = setting_.profile;
    p.client = &process_.client(kClient, profile.kubelet_qps, profile.kubelet_burst);
    control::Client& events = process_.client(kClient, profile.kubelet_qps, profile.kubelet_burst);
    control::Client& heartbeats = process_.client(kClient, 0, 0, kHeartbeatTimeout);
    p.recorder = &process_.recorder(events, std::string(kClient), setting_.node.str());
    p.node_watch = std::make_unique<NodeWatch>(
        *setting_.nodes, process_.latencies(), setting_.node,
        [this](const api::ObjectRef&, const api::ObjectRef& now) {
            if (now) setting_.machine->node = api::as<api::Node>(now);
            if (parts_->volumes) parts_->volumes->node_changed();
            if (parts_->node_status) parts_->node_status->changed();
        },
        process_.link());
    p.node_watch->start();
    PluginRegistration::Setting plugins;
    plugins.node = setting_.node;
    plugins.drivers = setting_.drivers;
    plugins.endpoint = setting_.driver;
    plugins.socket = setting_.socket;
    plugins.registered = [this] { parts_->volumes->node_changed(); };
    plugins.looks = grid("kubeletPlugins", kTick);
    p.plugins = std::make_unique<PluginRegistration>(process_, *p.client, std::move(plugins));
    if (setting_.runs_since_long) p.plugins->take_all_as_registered();
    p.statuses = std::make_unique<StatusManager>(
        *p.client, grid("kubeletStatus", kStatusSync),
        [this](const api::Text& uid) { return parts_->workers->could_run_containers(uid); });
    p.pleg = std::make_unique<Pleg>(
        engine_, setting_.machine->containers, grid("kubeletRelist", kRelist),
        [this](const api::Text& uid, int changes) { on_runtime(uid, changes); });
    p.pleg->look_at_all();
    p.volumes = std::make_unique<VolumeManager>(process_, *p.client, *p.recorder, volume_setting());
    NodeStatus::Setting status;
    status.node = setting_.node;
    status.first = first_tick("nodeStatusUpdate", 10s);
    status.tells_ready = !setting_.runs_since_long;
    status.cached = [this] { return cached_node(); };
    status.remembered = setting_.machine->node;
    if (setting_.heartbeats)
        status.is_heard = [this] { return setting_.heartbeats->beats(setting_.node); };
    p.node_status = std::make_unique<NodeStatus>(process_, heartbeats, *p.recorder, *p.volumes,
                                                 std::move(status));
    p.workers = std::make_unique<PodWorkers>(process_, *p.pleg, grid("kubeletSync", kTick),
                                             profile.kubelet_cancels_syncs, rounds());
    process_.spawn("pod statuses", p.statuses->run());
    p.volumes->start();
    p.plugins->start();
    if (setting_.runs_since_long) return p.node_status->changed();
    process_.spawn("node registration", p.node_status->register_node());
}

VolumeManagerSetting Kubelet::volume_setting() {
    VolumeManagerSetting s;
    s.mounter.node = setting_.node;
    s.mounter.profile = setting_.profile;
    s.mounter.options = setting_.options;
    s.mounter.machine = setting_.machine;
    s.mounter.driver = [this](const std::string& driver) { return registered(driver); };
    s.populator = grid("kubeletPopulator", kVolumeLoop);
    s.reconciler = grid("kubeletReconciler", kVolumeLoop);
    s.controller_attaches = setting_.options.enable_controller_attach_detach;
    s.runs_since_long = setting_.runs_since_long;
    s.pods = [this] { return pods(); };
    s.node = [this] { return cached_node(); };
    s.workers = [this]() -> PodWorkers& { return *parts_->workers; };
    s.in_use_changed = [this] {
        if (parts_->node_status) parts_->node_status->changed();
    };
    return s;
}

PodWorkers::Rounds Kubelet::rounds() {
    PodWorkers::Rounds r;
    r.sync = [this](PodWorker& w) { return sync_pod(w); };
    r.terminate = [this](PodWorker& w) { return terminate_pod(w); };
    r.tear_down = [this](PodWorker& w) { return tear_down_pod(w); };
    r.resyncs = [this](const PodWorker& w) { return parts_->volumes->needs_resync(w.uid); };
    r.changed = [this](PodWorker& w) {
        parts_->volumes->pods_changed();
        if (!w.finished || !w.removed) return;
        engine_.call_in(0ns, kind_of(Wait::Timer), [this, uid = w.uid, life = life_] {
            if (life) let_go(uid);
        });
    };
    return r;
}

std::vector<api::Ref<api::Pod>> Kubelet::pods() const {
    std::vector<api::Ref<api::Pod>> all;
    for (const auto& [key, object] : pod_watch_.all()) all.push_back(api::as<api::Pod>(object));
    return all;
}

api::Ref<api::Node> Kubelet::cached_node() const {
    if (!parts_ || !parts_->node_watch) return nullptr;
    return api::as<api::Node>(parts_->node_watch->get(api::Key("", setting_.node)));
}

csi::Endpoint* Kubelet::registered(const std::string& driver) const {
    if (!setting_.driver || !parts_->plugins->is_registered(driver)) return nullptr;
    return setting_.driver(driver);
}

void Kubelet::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    awake();
    const api::Ref<api::Pod> old = api::as<api::Pod>(before);
    const api::Ref<api::Pod> pod = api::as<api::Pod>(after);
    Parts& p = *parts_;
    if (!pod) {
        p.workers->update(old, PodUpdate::Kill);
        if (p.workers->mark_removed(old->metadata.uid)) let_go(old->metadata.uid);
    } else if (!old) {
        if (setting_.runs_since_long && engine_.now() == sim::Time()) adopt(*pod);
        p.workers->update(pod, pod->metadata.terminating() ? PodUpdate::Sync : PodUpdate::Create);
    } else if (differs(*old, *pod)) {
        p.workers->update(pod, PodUpdate::Sync);
    } else {
        p.statuses->reconcile(*pod);
        // A final phase that somebody else wrote ends the pod at its next resync.
        if (is_final(pod->status.phase) && !is_final(old->status.phase))
            p.workers->update(pod, PodUpdate::Sync);
    }
    p.volumes->pods_changed();
}

// A pod that runs since before time 0: its containers are up.
void Kubelet::adopt(const api::Pod& pod) {
    ContainerRuntime& runtime = setting_.machine->containers;
    if (pod.status.phase != "Running" || runtime.find(pod.metadata.uid)) return;
    runtime.make_sandbox(pod);
    for (const api::Text& name : names_of(pod.spec.containers))
        runtime.start_container(pod, name, false);
    parts_->pleg->look_at_all();
}

// Two updates of one pod are as good as many: the second waits for the next look.
void Kubelet::on_runtime(const api::Text& uid, int changes) {
    const PodWorker* worker = parts_->workers->find(uid);
    if (!worker || worker->removed) return;
    for (int i = 0; i < std::min(changes, 2); ++i)
        parts_->workers->update(worker->pod, PodUpdate::Sync);
}

void Kubelet::let_go(const api::Text& uid) {
    Parts& p = *parts_;
    p.workers->forget(uid);
    p.statuses->forget(uid);
    p.pleg->forget(uid);
    setting_.machine->containers.remove(uid);
    std::erase_if(backoffs_, [&](const auto& b) { return b.first.first == uid; });
}

void Kubelet::want_status() {
    awake();
    parts_->node_status->want_report();
}

std::string Kubelet::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Pod || !parts_) return {};
    const api::Ref<api::Pod> pod = api::as<api::Pod>(pod_watch_.get(key));
    const PodWorker* worker = pod ? parts_->workers->find(pod->metadata.uid) : nullptr;
    if (!worker || worker->finished) return {};
    std::string text = process_.name() + ": ";
    if (!worker->last_error.empty()) {
        text +=
            worker->last_error + "; tried again at " + sim::seconds_text(worker->again_at) + "s";
    } else if (!worker->doing.empty()) {
        text += worker->doing;
    } else {
        text += "nothing to do";
    }
    const std::string volumes = parts_->volumes->explain(pod->metadata.uid);
    return volumes.empty() ? text : text + "; volumes: " + volumes;
}

sim::Time Kubelet::next_action() const {
    if (!parts_) return sim::kNever;
    return std::min({parts_->workers->next_retry(), parts_->volumes->next_action(),
                     parts_->node_status->next_action(), parts_->statuses->next_retry()});
}

}  // namespace model::node
