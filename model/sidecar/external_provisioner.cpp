#include "model/sidecar/external_provisioner.hpp"

#include <cstdio>

#include "model/sidecar/provision_controller.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kClient = "csi-provisioner";
constexpr sim::Duration kProbeInterval = 1s;  // csi-lib-utils connection
constexpr sim::Duration kExec = 28ms;         // process start to its first call; measured

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
    ~ExternalProvisioner() override { connected_.end(); }

    std::string_view name() const override { return controller_.name(); }
    void start() override { controller_.start(); }
    std::string explain(api::Kind kind, const api::Key& key) const override {
        return controller_.explain(kind, key);
    }
    sim::Time next_action() const override { return controller_.next_action(); }
    const control::Life& connected() const { return connected_; }

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
    control::Life connected_;
};

void run(control::Process& process, const ProvisionerSetting& setting,
         DriverCapabilities capabilities) {
    auto program = std::make_unique<ExternalProvisioner>(process, setting, std::move(capabilities));
    setting.endpoint->on_disconnect(program->connected(), setting.lost_driver);
    process.add(std::move(program));
    process.start();
    setting.ready();
}

// One that runs since long has asked the driver long ago: no call is made now.
DriverCapabilities known_capabilities(csi::Endpoint& endpoint) {
    csi::Driver& driver = endpoint.driver();
    const csi::CallContext context;
    DriverCapabilities known;
    known.driver = endpoint.name().str();
    known.plugin = std::get<csi::GetPluginCapabilitiesResponse>(
                       driver.handle(csi::GetPluginCapabilitiesRequest(), context).response)
                       .capabilities;
    known.controller = std::get<csi::ControllerGetCapabilitiesResponse>(
                           driver.handle(csi::ControllerGetCapabilitiesRequest(), context).response)
                           .capabilities;
    return known;
}

sim::Task<bool> is_ready(csi::Endpoint& endpoint, sim::Duration timeout) {
    auto probing = endpoint.call(api::Text(kClient), csi::ProbeRequest(), timeout);
    const csi::CallResult<csi::ProbeResponse> answer = co_await std::move(probing);
    co_return answer.ok() && answer.response.ready.value_or(true);
}

sim::Task<void> come_up(control::Process& process, ProvisionerSetting setting) {
    sim::Engine& engine = process.engine();
    csi::Endpoint& endpoint = *setting.endpoint;
    const sim::Duration timeout = setting.options.timeout;
    const sim::Time ready_at = engine.now() + setting.options.start_delay;
    co_await engine.sleep_for(std::min(kExec, setting.options.start_delay), kind_of(Wait::Start));
    for (;;) {
        auto probing = is_ready(endpoint, timeout);
        const bool ready = co_await std::move(probing);
        if (ready) break;
        co_await engine.sleep_for(kProbeInterval, kind_of(Wait::Start));
    }
    auto asking_name = endpoint.call(api::Text(kClient), csi::GetPluginInfoRequest(), timeout);
    const csi::CallResult<csi::GetPluginInfoResponse> info = co_await std::move(asking_name);
    auto asking_plugin =
        endpoint.call(api::Text(kClient), csi::GetPluginCapabilitiesRequest(), timeout);
    const csi::CallResult<csi::GetPluginCapabilitiesResponse> plugin =
        co_await std::move(asking_plugin);
    auto asking_controller =
        endpoint.call(api::Text(kClient), csi::ControllerGetCapabilitiesRequest(), timeout);
    const csi::CallResult<csi::ControllerGetCapabilitiesResponse> controller =
        co_await std::move(asking_controller);
    if (!info.ok() || !plugin.ok() || !controller.ok()) {
        // Fatal there; the container starts again. An event of its own, since this actor dies by
        // it.
        engine.call_in(0ns, kind_of(Wait::Start), setting.lost_driver);
        co_return;
    }
    co_await engine.sleep_until(ready_at, kind_of(Wait::Start));
    DriverCapabilities capabilities;
    capabilities.driver = info.response.name.str();
    capabilities.plugin = plugin.response.capabilities;
    capabilities.controller = controller.response.capabilities;
    run(process, setting, std::move(capabilities));
}

}  // namespace

void bring_up_provisioner(control::Process& process, ProvisionerSetting setting,
                          bool runs_since_long) {
    if (runs_since_long) return run(process, setting, known_capabilities(*setting.endpoint));
    process.spawn("start", come_up(process, std::move(setting)));
}

}  // namespace model::sidecar
