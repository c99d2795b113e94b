#include "model/sidecar/driver_connection.hpp"

#include "model/control/leader_election.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kProbeInterval = 1s;  // csi-lib-utils connection
constexpr sim::Duration kExec = 28ms;         // process start to its first call; measured

sim::Task<bool> is_ready(csi::Endpoint& endpoint, api::Text client, sim::Duration timeout) {
    auto probing = endpoint.call(std::move(client), csi::ProbeRequest(), timeout);
    const csi::CallResult<csi::ProbeResponse> answer = co_await std::move(probing);
    co_return answer.ok() && answer.response.ready.value_or(true);
}

// Ends the program, by an event of its own, since the caller dies by it. The container starts
// again.
void give_up(control::Process& process, const SidecarSetting& setting) {
    process.engine().call_in(0ns, kind_of(Wait::Start), setting.lost_driver);
}

sim::Task<void> lead(control::Process& process, SidecarSetting setting, SidecarStart start,
                     DriverCapabilities known, RunSidecar run) {
    // Nobody waits for a renewal longer than the lease may go without.
    control::Client& client = process.client(start.client, start.lease_qps, start.lease_burst,
                                             control::LeaderElectionOptions().renew_deadline);
    const std::string lock = start.lease_prefix + known.driver;
    control::LeaderElectionOptions options;
    options.ns = kSidecarNamespace;
    options.lease = control::LeaderElection::sanitized(lock);
    options.identity = control::LeaderElection::sanitized(setting.pod);
    options.updates_first = setting.profile.election_updates_first;
    const sim::Duration period = options.retry_period;
    control::LeaderElection election(client, process.recorder(client, lock + "/" + setting.pod),
                                     std::move(options));
    if (start.runs_since_long) {
        election.hold_since_long();
        const sim::Duration first = phase_of(process, "lease", period, true);
        co_await process.engine().sleep_for(first, kind_of(Wait::Timer));
    } else {
        auto acquiring = election.acquire();
        co_await std::move(acquiring);
        run(process, std::move(known));
    }
    auto renewing = election.renew();
    co_await std::move(renewing);
    give_up(process, setting);
}

sim::Task<void> come_up(control::Process& process, SidecarSetting setting, SidecarStart start,
                        RunSidecar run) {
    auto connecting =
        connect(process, *setting.endpoint, start.client, start.options, start.asking_timeout);
    std::optional<DriverCapabilities> known = co_await std::move(connecting);
    if (!known) {
        give_up(process, setting);
        co_return;
    }
    setting.endpoint->on_disconnect(process.life(), setting.lost_driver);
    if (!start.options.leader_election) {
        run(process, std::move(*known));
        co_return;
    }
    auto leading = lead(process, setting, std::move(start), std::move(*known), std::move(run));
    co_await std::move(leading);
}

}  // namespace

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

sim::Task<std::optional<DriverCapabilities>> connect(control::Process& process,
                                                     csi::Endpoint& endpoint, api::Text client,
                                                     SidecarOptions options,
                                                     sim::Duration asking_timeout) {
    sim::Engine& engine = process.engine();
    const sim::Time ready_at = engine.now() + options.start_delay;
    co_await engine.sleep_for(std::min(kExec, options.start_delay), kind_of(Wait::Start));
    for (;;) {
        auto probing = is_ready(endpoint, client, options.timeout);
        const bool ready = co_await std::move(probing);
        if (ready) break;
        co_await engine.sleep_for(kProbeInterval, kind_of(Wait::Start));
    }
    auto asking_name = endpoint.call(client, csi::GetPluginInfoRequest(), asking_timeout);
    const csi::CallResult<csi::GetPluginInfoResponse> info = co_await std::move(asking_name);
    auto asking_plugin = endpoint.call(client, csi::GetPluginCapabilitiesRequest(), asking_timeout);
    const csi::CallResult<csi::GetPluginCapabilitiesResponse> plugin =
        co_await std::move(asking_plugin);
    auto asking_controller =
        endpoint.call(client, csi::ControllerGetCapabilitiesRequest(), asking_timeout);
    const csi::CallResult<csi::ControllerGetCapabilitiesResponse> controller =
        co_await std::move(asking_controller);
    if (!info.ok() || !plugin.ok() || !controller.ok()) co_return std::nullopt;
    co_await engine.sleep_until(ready_at, kind_of(Wait::Start));
    DriverCapabilities capabilities;
    capabilities.driver = info.response.name.str();
    capabilities.plugin = plugin.response.capabilities;
    capabilities.controller = controller.response.capabilities;
    co_return capabilities;
}

void bring_up_sidecar(control::Process& process, const SidecarSetting& setting, SidecarStart start,
                      RunSidecar run) {
    if (!start.runs_since_long) {
        process.spawn("start", come_up(process, setting, std::move(start), std::move(run)));
        return;
    }
    const DriverCapabilities known = known_capabilities(*setting.endpoint);
    setting.endpoint->on_disconnect(process.life(), setting.lost_driver);
    run(process, known);
    if (!start.options.leader_election) return;
    process.spawn("leader election", lead(process, setting, std::move(start), known, {}));
}

sim::Duration phase_of(control::Process& process, std::string_view loop, sim::Duration period,
                       bool runs_since_long) {
    if (!runs_since_long || period <= 0ns) return 0ns;
    sim::Stream& stream = process.engine().stream(process.name() + "/" + std::string(loop));
    const auto count = static_cast<std::uint64_t>(period.count());
    return sim::Duration(static_cast<std::int64_t>(stream.below(count)));
}

}  // namespace model::sidecar
