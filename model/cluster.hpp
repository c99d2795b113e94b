// Cluster: engine, API server and the components of one simulation, wired together. Two clusters
// share nothing. It knows which programs exist, how each is brought up, and how it dies; what they
// do is in their own folders.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/control/uplink.hpp"
#include "model/csi/faults.hpp"
#include "model/csi/profile.hpp"
#include "model/node/kubelet_options.hpp"
#include "model/profile.hpp"
#include "model/sidecar/sidecar_options.hpp"
#include "sim/engine.hpp"

namespace model {

namespace csi {
class Driver;
class Endpoint;
}  // namespace csi

namespace sidecar {
struct SidecarSetting;
}

namespace workload {
class Heartbeats;
}

namespace node {
class Kubelets;
}

struct ControllerManagerSettings;

struct ControllerManagerOptions {
    std::optional<int> kube_api_qps, kube_api_burst;           // default: the profile's
    std::optional<sim::Duration> pv_claim_binder_sync_period;  // default: the profile's (15 s)
    sim::Duration start_delay =
        std::chrono::milliseconds(950);  // process start to first write; measured
    std::optional<sim::Duration> node_monitor_period, node_monitor_grace;  // 5 s; the profile's
    std::optional<std::int64_t> terminated_pod_threshold;                  // 12500
    bool enable_dynamic_provisioning = true;
    bool enable_host_path_provisioner = false;
    sim::Duration attach_sync_period = std::chrono::minutes(1);
    bool attach_sync = true;
    bool force_detach_on_timeout = true;
    bool attach_every_tick = false;  // its loops run idle too, to be held against
};

struct SchedulerOptions {
    // Process start to first write; measured.
    sim::Duration start_delay = std::chrono::milliseconds(780);
    // The node for a pod ("namespace/name") where it is among those of equal best score; not given:
    // drawn by the seed.
    std::map<std::string, std::string, std::less<>> choice;
    SchedulerOptions() = default;
};

// A CSI driver and the programs beside it.
struct DriverOptions {
    std::string name;  // as StorageClasses and volumes name it
    csi::DriverProfile profile;
    bool topology = false, snapshots = false;
    std::vector<std::string> nodes;  // where its node part runs; empty: all nodes
    api::TextMap node_pods;          // there, while a pod with these labels runs; empty: always
    bool provisioner_on = true, attacher_on = true;
    sidecar::ProvisionerOptions provisioner;
    sidecar::AttacherOptions attacher;
    DriverOptions() = default;
};

struct ClusterOptions {
    Profile profile;
    std::uint64_t seed = 1;
    std::int64_t start_unix_seconds = 1767225600;  // 2026-01-01T00:00:00Z
    control::Latencies latencies;
    ControllerManagerOptions controller_manager;
    bool controller_manager_on = true;
    SchedulerOptions scheduler;
    bool scheduler_on = true;
    KubeletOptions kubelet;
    std::vector<DriverOptions> drivers;
    // First tick of a periodic loop, after time 0: "pvBinderResync", "attachDetachReconciler",
    // "schedulerFlush" (the look at unschedulable pods each 30 s; before 1.33 the one at backoffs
    // each second goes with it), ... Not given: drawn by the seed, uniform in the period, but
    // for loops whose distance from pvBinderResync is known.
    std::map<std::string, sim::Duration, std::less<>> phases;
    int api_qps = 0, api_burst = 0;  // limits of the scenario's own client, 0: none
    sim::ReadyOrder ready_order = sim::ReadyOrder::Fifo;
    sim::Bounds bounds;
    ClusterOptions() = default;
};

// What happens to requests that a dying process has sent: carried out (deliver) or lost on the way.
enum class InFlight : unsigned char { Deliver, Drop };

// Why a run is not at rest.
struct Unsettled {
    std::string what;  // "default/data: persistent-volume-binder acts again at the next resync"
    sim::Time next = sim::kNever;  // when something will happen about it
};

class Cluster {
  public:
    explicit Cluster(ClusterOptions options);
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    sim::Engine& engine() { return *engine_; }
    api::Server& server() { return *server_; }
    Journal& journal() { return journal_; }
    const ClusterOptions& options() const { return options_; }
    // The person or program outside of the cluster: "client" in the request log.
    control::Client& user() { return *user_; }

    // An object that exists before time 0, status included. `default`, `kube-system` namespaces
    // exist already.
    api::Result<api::ObjectRef> preload(const api::Value& manifest);
    // Brings up all components, as running for long already. Call once, after preloading, at time
    // 0.
    void start();

    // Components by the name the scenario uses: kube-apiserver, kube-controller-manager,
    // kube-scheduler, and, for a driver, csi-driver/NAME, external-provisioner/NAME and
    // external-attacher/NAME. Where there is one driver only, its name may be left out.
    std::vector<std::string> components() const;
    bool is_running(std::string_view component);
    // Errors: unknown component, or already in that state (a plain sentence).
    std::optional<std::string> crash_component(std::string_view name, InFlight in_flight);
    std::optional<std::string> stop_component(std::string_view name);
    std::optional<std::string> start_component(std::string_view name);  // up after its start delay
    // A node loses its power, is shut down (in order, where kubelets take the time), or comes up
    // again: its kubelet, its containers and the parts of drivers on it.
    std::optional<std::string> crash_node(std::string_view node, InFlight in_flight);
    std::optional<std::string> stop_node(std::string_view node);
    std::optional<std::string> start_node(std::string_view node);
    // Called when a node with a kubelet has lost its power: all that was mounted there is gone.
    void when_power_fails(std::function<void(const api::Text& node)> call) {
        power_failed_ = std::move(call);
    }

    // The network cuts a node (its kubelet and heartbeats) or a program off from the API server, or
    // lets it through again. What runs there goes on.
    std::optional<std::string> cut_off_node(std::string_view node);
    std::optional<std::string> heal_node(std::string_view node);
    std::optional<std::string> cut_off_component(std::string_view name);
    std::optional<std::string> heal_component(std::string_view name);

    // Who renews the leases of the nodes.
    workload::Heartbeats& heartbeats() { return *heartbeats_; }

    // The controller part of a driver's socket; null where there is no such driver. "" means the
    // only one.
    csi::Endpoint* endpoint(std::string_view driver);
    std::vector<std::string> drivers() const;
    // Where a driver's volume is mounted in a pod's directory now, in the order of names.
    std::vector<std::string> nodes_mounting(std::string_view driver, std::string_view handle) const;
    // The part of a driver that runs on a node; null where none does.
    csi::Endpoint* node_endpoint(std::string_view driver, std::string_view node);

    // An informer of this component gets what happens to the kind so much later, from now on. A
    // plain sentence where there is no such component.
    std::optional<std::string> lag(std::string_view component, api::Kind kind, sim::Duration by);
    // Whether a container of this pod runs on the node, whatever the API says.
    bool runs_container(const api::Text& node, const api::Text& pod_uid) const;
    // Whether nodes of that name have a kubelet; without one their pods change only by steps.
    bool has_kubelet(const api::Text& node) const;
    // What controllers keep in stores of their own although it is gone since a while: one line
    // each.
    std::vector<std::string> ghosts() const;

    // First ticks of the periodic loops in this run, as given or drawn.
    const std::map<std::string, sim::Duration, std::less<>>& phases() const { return phases_; }

    // For `explain`: what each controller says about an object; one line each.
    std::vector<std::string> explain(api::Kind kind, const api::Key& key) const;
    // Controllers' unfinished business; empty when all are at rest.
    std::vector<Unsettled> unsettled() const;
    // How long after a change a controller may still act as if it had not come, for its decision is
    // on its way: by a watch, by a client's limit, to the server.
    sim::Duration race_grace() const;
    // The longest period of a loop (up to a minute) that must have passed once since the last write
    // before the cluster counts as settled.
    sim::Duration settle_period() const;

  private:
    // A process that can be started and ended; `process` is null while it does not run.
    struct Program {
        std::string name;
        // A process with its controllers, up if it `runs_since_long`, else coming up by itself.
        std::function<std::unique_ptr<control::Process>(bool runs_since_long)> bring_up;
        std::unique_ptr<control::Process> process;
        int pod = 1;  // counts those that were stopped; a crash is a container's restart
        Program(std::string n, std::function<std::unique_ptr<control::Process>(bool)> up)
            : name(std::move(n)), bring_up(std::move(up)) {}
    };
    struct DriverPart {
        DriverOptions options;
        std::shared_ptr<csi::Driver> driver;
        std::unique_ptr<csi::Endpoint> endpoint;
    };

    void tell(std::string_view component, Lifecycle::What what);
    void tell_ttl();
    void add_controller_manager();
    void add_scheduler();
    void add_driver(const DriverOptions& options);
    void add_provisioner(DriverPart& part);
    void add_attacher(DriverPart& part);
    void add_kubelet(const api::Text& node);
    void fill_setting(sidecar::SidecarSetting& setting, const std::string& name, DriverPart& part);
    std::unique_ptr<control::Process> new_process(const std::string& name);
    control::Uplink& link(const std::string& program);
    sim::Task<void> come_up(control::Process& process, sim::Duration delay,
                            std::function<void(control::Process&)> fill);
    ControllerManagerSettings controller_manager_settings(bool runs_since_long);
    // The full name of a component, or nothing.
    std::optional<std::string> full_name(std::string_view name) const;
    // The first tick of a loop, as given or drawn in its period.
    void draw_phase(const std::string& name, sim::Duration period);
    void draw_phase_beside(const std::string& name, sim::Duration least, sim::Duration most,
                           sim::Duration period);
    sim::Duration binder_period() const;
    sim::Duration phase(const std::string& name, bool runs_since_long);
    Program* program(std::string_view full_name);
    DriverPart* driver_part(std::string_view component);
    // The endpoint that a component is; null where it is a program or the server.
    csi::Endpoint* socket_of(std::string_view component);
    std::optional<std::string> end_component(std::string_view name, Lifecycle::What how,
                                             InFlight in_flight);

    ClusterOptions options_;
    std::function<void(const api::Text& node)> power_failed_;
    Journal journal_;
    std::unique_ptr<sim::Engine> engine_;
    std::unique_ptr<api::Server> server_;
    std::unique_ptr<control::Client> user_;
    std::unique_ptr<workload::Heartbeats> heartbeats_;
    std::map<std::string, sim::Duration, std::less<>> phases_;
    std::vector<std::unique_ptr<DriverPart>> drivers_;
    std::map<std::string, control::Uplink, std::less<>> links_;  // by program
    std::unique_ptr<node::Kubelets> kubelets_;        // machines, and what kubelets share
    std::vector<std::unique_ptr<Program>> programs_;  // they end before what they talk to
};

}  // namespace model
