// DriverConnection: how a sidecar comes to know its driver: it probes until the driver is ready,
// then asks for its name and capabilities. Counterpart: csi-lib-utils connection and rpc. Left out:
// that a probe which fails otherwise than by its deadline ends the program; here it is tried again
// after a second too.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/profile.hpp"
#include "model/sidecar/sidecar_options.hpp"

namespace model::sidecar {

struct DriverCapabilities {
    std::string driver;
    csi::Capabilities<csi::PluginCapability> plugin;
    csi::Capabilities<csi::ControllerCapability> controller;
    bool topology() const {
        return plugin.has(csi::PluginCapability::VolumeAccessibilityConstraints);
    }
};

// What every sidecar is started with, beside its own options.
struct SidecarSetting {
    csi::Endpoint* endpoint = nullptr;
    Profile profile;
    std::int64_t start_unix_seconds = 0;  // the cluster's clock at time 0
    std::string pod;                      // its pod's name, which stays over a container's restart
    std::function<void()> ready;          // called once its controllers run
    std::function<void()> lost_driver;    // called when it has to end; must end the process
    SidecarSetting() = default;
};

// What the driver would say; no call is made. For a program that has asked long ago.
DriverCapabilities known_capabilities(csi::Endpoint& endpoint);

// Ends with the process's start delay. Nothing where the driver failed one of the questions.
// `asking_timeout`: of each question; a probe may take the option's timeout.
sim::Task<std::optional<DriverCapabilities>> connect(control::Process& process,
                                                     csi::Endpoint& endpoint, api::Text client,
                                                     SidecarOptions options,
                                                     sim::Duration asking_timeout);

struct SidecarStart {
    api::Text client;  // its name in the request log
    SidecarOptions options;
    sim::Duration asking_timeout{};
    std::string lease_prefix;            // the driver's name follows
    int lease_qps = 0, lease_burst = 0;  // of the client that keeps the lease
    bool runs_since_long = false;
    SidecarStart() = default;
};

// The whole start of a sidecar: it connects where it does not run since long, waits for the lease
// where there is an election, then calls `run` with what the driver can do. A driver that cannot be
// asked and a lease that is lost end the program.
using RunSidecar = std::function<void(control::Process&, DriverCapabilities)>;
void bring_up_sidecar(control::Process& process, const SidecarSetting& setting, SidecarStart start,
                      RunSidecar run);

// Where in its period a loop stands at the start: drawn by the seed where the program runs since
// long, else at its beginning.
sim::Duration phase_of(control::Process& process, std::string_view loop, sim::Duration period,
                       bool runs_since_long);

}  // namespace model::sidecar
