#include "model/controller_manager.hpp"

#include "model/attachdetach/attach_detach_controller.hpp"
#include "model/volume/persistent_volume_controller.hpp"
#include "model/volume/pv_protection.hpp"
#include "model/volume/pvc_protection.hpp"
#include "model/workload/daemon_set.hpp"
#include "model/workload/deployment.hpp"
#include "model/workload/ephemeral_volume.hpp"
#include "model/workload/garbage_collector.hpp"
#include "model/workload/job.hpp"
#include "model/workload/namespace_controller.hpp"
#include "model/workload/node_lifecycle.hpp"
#include "model/workload/pod_garbage_collector.hpp"
#include "model/workload/quota_controller.hpp"
#include "model/workload/replica_set.hpp"
#include "model/workload/stateful_set.hpp"
#include "model/workload/taint_eviction.hpp"
#include "model/workload/ttl_controller.hpp"

namespace model {

namespace {

// The binder with the plugins it keeps; they live as long as the process.
class Binder : public control::Controller {
  public:
    Binder(control::Process& process, control::Client& client, control::EventRecorder& recorder,
           bool host_path_provisioner, volume::PersistentVolumeControllerOptions options)
        : plugins_(host_path_provisioner, !options.profile.binder_loads_only_able_plugins),
          controller_(process, client, recorder, plugins_, std::move(options)) {}
    std::string_view name() const override { return controller_.name(); }
    void start() override { controller_.start(); }
    std::string explain(api::Kind kind, const api::Key& key) const override {
        return controller_.explain(kind, key);
    }
    sim::Time next_action() const override { return controller_.next_action(); }
    bool repeats_only() const override { return controller_.repeats_only(); }
    std::vector<std::string> ghosts() const override { return controller_.ghosts(); }

  private:
    volume::HostPathAndNfs plugins_;
    volume::PersistentVolumeController controller_;
};

// Controllers that watch over nodes and their pods.
void add_node_controllers(control::Process& process, const ControllerManagerSettings& settings) {
    const auto client = [&](std::string_view name) -> control::Client& {
        return process.client(name, settings.qps, settings.burst);
    };
    const auto pods = std::make_shared<workload::PodsOfNodes>(process.informer(api::Kind::Pod));
    workload::NodeLifecycleOptions options;
    options.profile = settings.profile;
    options.first_pass = settings.node_monitor_phase;
    options.period = settings.node_monitor_period;
    options.runs_since_long = settings.runs_since_long;
    control::Client& nodes = client(workload::NodeLifecycle::kClientName);
    process.add(std::make_unique<workload::NodeLifecycle>(
        process, nodes, process.recorder(nodes, "node-controller"), *settings.heartbeats, pods,
        std::move(options)));
    process.add(std::make_unique<workload::TtlController>(
        process, client(workload::TtlController::kClientName)));
    const bool apart = settings.profile.taint_eviction_apart;
    control::Client& evictor = apart ? client(workload::NodeLifecycle::kClientName) : nodes;
    process.add(std::make_unique<workload::TaintEviction>(
        process, evictor,
        process.recorder(evictor, apart ? "taint-eviction-controller" : "taint-controller"), pods));
    process.add(std::make_unique<workload::PodGarbageCollector>(
        process, client(workload::PodGarbageCollector::kClientName), pods, settings.pod_gc_phase,
        settings.profile, settings.terminated_pod_threshold));
}

// Controllers that make pods.
void add_workload_controllers(control::Process& process,
                              const ControllerManagerSettings& settings) {
    const auto client = [&](std::string_view name) -> control::Client& {
        return process.client(name, settings.qps, settings.burst);
    };
    const auto pods = std::make_shared<workload::PodsOfOwners>(process.informer(api::Kind::Pod));
    control::Client& sets = client(workload::StatefulSetController::kClientName);
    process.add(std::make_unique<workload::StatefulSetController>(
        process, sets, process.recorder(sets, "statefulset-controller"), pods, settings.profile));
    control::Client& replicas = client(workload::ReplicaSetController::kClientName);
    process.add(std::make_unique<workload::ReplicaSetController>(
        process, replicas, process.recorder(replicas, "replicaset-controller"), pods));
    control::Client& deployments = client(workload::DeploymentController::kClientName);
    process.add(std::make_unique<workload::DeploymentController>(
        process, deployments, process.recorder(deployments, "deployment-controller"), pods,
        settings.profile));
    control::Client& jobs = client(workload::JobController::kClientName);
    process.add(std::make_unique<workload::JobController>(
        process, jobs, process.recorder(jobs, "job-controller"), pods, settings.profile));
    control::Client& daemons = client(workload::DaemonSetController::kClientName);
    process.add(std::make_unique<workload::DaemonSetController>(
        process, daemons, process.recorder(daemons, "daemonset-controller"), pods));
    control::Client& ephemeral = client(workload::EphemeralVolumeController::kClientName);
    process.add(std::make_unique<workload::EphemeralVolumeController>(
        process, ephemeral,
        process.recorder(ephemeral, workload::EphemeralVolumeController::kComponent)));
}

}  // namespace

void add_controllers(control::Process& process, const ControllerManagerSettings& settings) {
    const auto client = [&](std::string_view name) -> control::Client& {
        return process.client(name, settings.qps, settings.burst);
    };
    volume::PersistentVolumeControllerOptions binder;
    binder.profile = settings.profile;
    binder.sync_period = settings.binder_sync_period;
    binder.first_resync = settings.first_resync;
    binder.dynamic_provisioning = settings.dynamic_provisioning;
    control::Client& binder_client = client("persistent-volume-binder");
    process.add(std::make_unique<Binder>(
        process, binder_client, process.recorder(binder_client, "persistentvolume-controller"),
        settings.host_path_provisioner, std::move(binder)));
    process.add(
        std::make_unique<volume::PvcProtection>(process, client("pvc-protection-controller")));
    process.add(
        std::make_unique<volume::PvProtection>(process, client("pv-protection-controller")));
    attachdetach::AttachDetachOptions attach;
    attach.profile = settings.profile;
    attach.reconciler = settings.attach_reconciler;
    attach.populator = settings.attach_populator;
    control::Client& attach_client = client(attachdetach::AttachDetachController::kClientName);
    process.add(std::make_unique<attachdetach::AttachDetachController>(
        process, attach_client, process.recorder(attach_client, "attachdetach-controller"),
        std::move(attach)));
    process.add(std::make_unique<workload::NamespaceController>(
        process, client(workload::NamespaceController::kClientName), settings.profile));
    process.add(std::make_unique<workload::QuotaController>(
        process, client(workload::QuotaController::kClientName), settings.profile));
    control::Client& collector = client(workload::GarbageCollector::kClientName);
    process.add(std::make_unique<workload::GarbageCollector>(
        process, collector, process.recorder(collector, "garbage-collector-controller")));
    if (settings.heartbeats) add_node_controllers(process, settings);
    add_workload_controllers(process, settings);
}

}  // namespace model
