// Cluster: engine, API server and the components of one simulation, wired together. Two clusters
// share nothing. It knows which programs exist, how each is brought up, and how it dies; what they
// do is in their own folders.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "sim/engine.hpp"

namespace model {

struct ControllerManagerOptions {
    std::optional<int> kube_api_qps, kube_api_burst;           // default: the profile's
    std::optional<sim::Duration> pv_claim_binder_sync_period;  // default: the profile's (15 s)
    sim::Duration start_delay =
        std::chrono::milliseconds(950);  // process start to first write; measured
    bool enable_dynamic_provisioning = true;
    bool enable_host_path_provisioner = false;
};

struct ClusterOptions {
    Profile profile;
    std::uint64_t seed = 1;
    std::int64_t start_unix_seconds = 1767225600;  // 2026-01-01T00:00:00Z
    control::Latencies latencies;
    ControllerManagerOptions controller_manager;
    bool controller_manager_on = true;
    // First tick of a periodic loop, after time 0: "pvBinderResync". Not given: drawn by the seed,
    // uniform in the period.
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

    // Components by the name the scenario uses: kube-controller-manager, kube-apiserver.
    std::vector<std::string> components() const;
    bool has_component(std::string_view name) const;
    bool is_running(std::string_view name) const;
    // Errors: unknown component, or already in that state (a plain sentence).
    std::optional<std::string> crash_component(std::string_view name, InFlight in_flight);
    std::optional<std::string> stop_component(std::string_view name);
    std::optional<std::string> start_component(std::string_view name);  // up after its start delay

    // First ticks of the periodic loops in this run, as given or drawn.
    const std::map<std::string, sim::Duration, std::less<>>& phases() const { return phases_; }

    // For `explain`: what each controller says about an object; one line each.
    std::vector<std::string> explain(api::Kind kind, const api::Key& key) const;
    // Controllers' unfinished business; empty when all are at rest.
    std::vector<Unsettled> unsettled() const;
    // The longest period of a loop (up to a minute) that must have passed once since the last write
    // before the cluster counts as settled.
    sim::Duration settle_period() const;

  private:
    void tell(std::string_view component, Lifecycle::What what);
    void run_controller_manager(bool first_time);

    ClusterOptions options_;
    Journal journal_;
    std::unique_ptr<sim::Engine> engine_;
    std::unique_ptr<api::Server> server_;
    std::unique_ptr<control::Client> user_;
    std::map<std::string, sim::Duration, std::less<>> phases_;
    std::unique_ptr<control::Process> controller_manager_;
    std::optional<sim::EventId> controller_manager_start_;
    bool started_ = false;
};

}  // namespace model
