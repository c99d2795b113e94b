#include "model/sidecar/external_provisioner.hpp"

#include <cstdio>

#include "model/sidecar/capacity_controller.hpp"
#include "model/sidecar/cloning_protection.hpp"
#include "model/sidecar/provision_controller.hpp"
#include "model/sidecar/snapshot_finalizers.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kClient = "csi-provisioner";

// The provisioner with what it drives; they live as long as the process.
class ExternalProvisioner : public control::Controller {
  public:
    ExternalProvisioner(control::Process& process, const ProvisionerSetting& setting,
                        DriverCapabilities capabilities)
        : client_(process.client(api::Text(kClient), setting.options.kube_api_qps,
                                 setting.options.kube_api_burst)),
          provisioner_(process, client_, process.recorder(client_, "external-provisioner"),
                       *setting.endpoint, capabilities, setting.options, setting.profile,
                       identity(process, setting, capabilities.driver)),
          controller_(process, client_,
                      process.recorder(client_, component(process, capabilities.driver)),
                      provisioner_, setting.options, setting.profile) {}

    std::string_view name() const override { return controller_.name(); }
    void start() override { controller_.start(); }
    std::string explain(api::Kind kind, const api::Key& key) const override {
        return controller_.explain(kind, key);
    }
    sim::Time next_action() const override { return controller_.next_action(); }
    control::Client& client() { return client_; }
    CsiProvisioner& provisioner() { return provisioner_; }

  private:
    // "<milliseconds>-<random>-<driver>": tells volumes of one process from those of another.
    static std::string identity(control::Process& process, const ProvisionerSetting& setting,
                                const std::string& driver) {
        const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
            process.engine().now().time_since_epoch());
        sim::Stream& stream = process.engine().stream(process.name() + "/identity");
        return std::to_string(setting.start_unix_seconds * 1000 + now.count()) + "-" +
               std::to_string(stream.below(10000)) + "-" + driver;
    }
    // "<driver>_<host>_<uuid>": another one for each process.
    static std::string component(control::Process& process, const std::string& driver) {
        sim::Stream& stream = process.engine().stream(process.name() + "/identity");
        const std::uint64_t a = stream.below(1ULL << 48), b = stream.below(1ULL << 48);
        char uuid[40];
        std::snprintf(uuid, sizeof uuid, "%08x-%04x-4%03x-a%03x-%012llx",
                      static_cast<unsigned>(a >> 16), static_cast<unsigned>(a & 0xffff),
                      static_cast<unsigned>(b >> 36) & 0xfff,
                      static_cast<unsigned>(b >> 24) & 0xfff,
                      static_cast<unsigned long long>((a * 31 + b) & 0xffffffffffffULL));
        return driver + "_csi-provisioner-0_" + uuid;
    }

    control::Client& client_;
    CsiProvisioner provisioner_;
    ProvisionController controller_;
};

void run(control::Process& process, const ProvisionerSetting& setting,
         DriverCapabilities capabilities, bool runs_since_long) {
    using csi::ControllerCapability;
    const ProvisionerOptions& options = setting.options;
    auto program = std::make_unique<ExternalProvisioner>(process, setting, capabilities);
    control::Client& client = program->client();
    CsiProvisioner& provisioner = program->provisioner();
    process.add(std::move(program));
    if (capabilities.controller.has(ControllerCapability::CloneVolume))
        process.add(std::make_unique<CloningProtection>(process, client, options));
    if (capabilities.controller.has(ControllerCapability::CreateDeleteSnapshot) &&
        setting.profile.provisioner_protects_snapshots)
        process.add(std::make_unique<SnapshotFinalizers>(
            process, client, phase_of(process, "snapshot sweep", 5min, runs_since_long)));
    if (options.enable_capacity) {
        control::Client& own = process.client(api::Text(kClient), options.kube_api_capacity_qps,
                                              options.kube_api_capacity_burst);
        auto capacity = std::make_unique<CapacityController>(
            process, own, *setting.endpoint, capabilities.driver, options, "external-provisioner",
            phase_of(process, "capacity poll", options.capacity_poll_interval, runs_since_long));
        provisioner.watch(capacity.get());
        process.add(std::move(capacity));
    }
    process.start();
    setting.ready();
}

}  // namespace

void bring_up_provisioner(control::Process& process, ProvisionerSetting setting,
                          bool runs_since_long) {
    const ProvisionerOptions& options = setting.options;
    SidecarStart start;
    start.client = kClient;
    start.options = options;
    start.asking_timeout = options.timeout;
    // The lease's client is made from the configuration that the capacity client has left.
    const bool slow = options.enable_capacity;
    start.lease_qps = slow ? options.kube_api_capacity_qps : options.kube_api_qps;
    start.lease_burst = slow ? options.kube_api_capacity_burst : options.kube_api_burst;
    start.runs_since_long = runs_since_long;
    const auto run_it = [setting, runs_since_long](control::Process& p, DriverCapabilities known) {
        run(p, setting, std::move(known), runs_since_long);
    };
    bring_up_sidecar(process, setting, std::move(start), run_it);
}

}  // namespace model::sidecar
