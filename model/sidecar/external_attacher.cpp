#include "model/sidecar/external_attacher.hpp"

#include "model/sidecar/attach_controller.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kClient = "csi-attacher";
constexpr sim::Duration kAskingTimeout = 1s;  // csiTimeout: of short calls

}  // namespace

void bring_up_attacher(control::Process& process, AttacherSetting setting, bool runs_since_long) {
    SidecarStart start;
    start.client = kClient;
    start.options = setting.options;
    start.asking_timeout = kAskingTimeout;
    start.lease_prefix = "external-attacher-leader-";
    start.lease_qps = setting.options.kube_api_qps;
    start.lease_burst = setting.options.kube_api_burst;
    start.runs_since_long = runs_since_long;
    const sim::Duration first_reconcile =
        phase_of(process, "reconcile", setting.options.reconcile_sync, runs_since_long);
    const auto run = [setting, first_reconcile](control::Process& p, DriverCapabilities known) {
        control::Client& client = p.client(api::Text(kClient), setting.options.kube_api_qps,
                                           setting.options.kube_api_burst);
        p.add(std::make_unique<AttachController>(p, client, *setting.endpoint, std::move(known),
                                                 setting.options, setting.profile,
                                                 first_reconcile));
        p.start();
        setting.ready();
    };
    bring_up_sidecar(process, setting, std::move(start), run);
}

}  // namespace model::sidecar
