// Kubelet: the node agent of one node: its pods' containers and volumes, what it tells of them and
// of the node. Counterpart: pkg/kubelet (kubelet.go: syncLoop, SyncPod, SyncTerminatingPod,
// SyncTerminatedPod). It runs on a Machine, which stays when it dies. A kubelet without pods costs
// a watch and no events. Left out: admission of pods, eviction, images, probes, static pods, device
// plugins, resource management; the lease is kept elsewhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/node/kubelet_options.hpp"
#include "model/node/node_status.hpp"
#include "model/node/node_watch.hpp"
#include "model/node/status_manager.hpp"
#include "model/node/volume_manager.hpp"
#include "model/workload/heartbeats.hpp"

namespace model::node {

struct KubeletSetting {
    api::Text node;
    Profile profile;
    KubeletOptions options;
    std::int64_t start_unix_seconds = 0;  // the cluster's clock at time 0
    Machine* machine = nullptr;
    WatchHub* pods = nullptr;
    WatchHub* nodes = nullptr;
    // The node's part of a driver that runs on this node; null where none does.
    std::function<csi::Endpoint*(const std::string& driver)> driver;
    // The same, whether it runs or not.
    std::function<csi::Endpoint*(const std::string& driver)> socket;
    std::vector<std::string> drivers;  // that run on this node
    // First ticks of its loops, after time 0, as given; others are drawn.
    std::map<std::string, sim::Duration, std::less<>> phases;
    workload::Heartbeats* heartbeats = nullptr;  // see Kubelets
    bool runs_since_long = false;
};

class Kubelet final : public control::Controller {
  public:
    Kubelet(control::Process& process, KubeletSetting setting);
    ~Kubelet() override;
    std::string_view name() const override { return process_.name(); }
    void start() override;
    // nodeshutdown: ends all pods, the critical ones last, each group within its time, and waits
    // for their volumes. `done` is called then.
    void shut_down(std::function<void()> done);
    // Somebody says that its node is not ready: it looks at its status again.
    void wake() { awake(); }
    // Somebody waits for the node's next status, whatever it tells.
    void want_status();
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    struct Parts;
    // kubelet.cpp
    void heartbeats_changed();
    void awake();
    Grid grid(const std::string& loop, sim::Duration period);
    sim::Time first_tick(const std::string& loop, sim::Duration period);
    VolumeManagerSetting volume_setting();
    PodWorkers::Rounds rounds();
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void on_runtime(const api::Text& uid, int changes);
    void let_go(const api::Text& uid);
    void adopt(const api::Pod& pod);
    std::vector<api::Ref<api::Pod>> pods() const;
    api::Ref<api::Node> cached_node() const;
    csi::Endpoint* registered(const std::string& driver) const;
    // sync_pod.cpp
    sim::Task<RoundEnd> sync_pod(PodWorker& worker);
    sim::Task<RoundEnd> terminate_pod(PodWorker& worker);
    sim::Task<RoundEnd> tear_down_pod(PodWorker& worker);
    sim::Task<RoundEnd> run_containers(PodWorker& worker);
    sim::Task<void> start_container(api::Ref<api::Pod> pod, api::Text name, bool init);
    sim::Task<void> kill_pod(api::Ref<api::Pod> pod, std::int64_t grace);
    api::PodStatus status(const PodWorker& worker, bool terminal) const;
    bool backs_off(PodWorker& worker, const Container& container);
    sim::Task<bool> exceeds_attach_limit(api::Text pod_uid);
    // shutdown.cpp
    sim::Task<void> end_pods(std::function<void()> done);
    sim::Task<void> end_group(bool critical, sim::Duration most);
    bool is_torn_down(const api::Text& uid) const;

    struct Backoff {
        sim::Duration delay{};
        sim::Time until{};
        std::string reason, message;
    };

    control::Process& process_;
    sim::Engine& engine_;
    KubeletSetting setting_;
    NodeWatch pod_watch_;
    std::unique_ptr<Parts> parts_;                                 // null until it has a pod
    std::map<std::pair<api::Text, api::Text>, Backoff> backoffs_;  // pod uid, container
    control::Life life_;
};

}  // namespace model::node
