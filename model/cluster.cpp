#include "model/cluster.hpp"

#include <algorithm>

#include "model/control/client.hpp"
#include "model/controller_manager.hpp"

namespace model {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kServerName = "kube-apiserver";
constexpr std::string_view kControllerManagerName = "kube-controller-manager";
constexpr std::string_view kUserName = "client";
// A loop with a period of up to a minute must have passed once since the last write before a run
// counts as settled.
constexpr sim::Duration kSettlePeriod = 60s;

sim::EngineOptions engine_options(const ClusterOptions& options) {
    sim::EngineOptions e;
    e.seed = options.seed;
    e.order = options.ready_order;
    e.bounds = options.bounds;
    return e;
}

api::Value namespace_manifest(std::string_view name) {
    api::Value v;
    v["apiVersion"] = "v1";
    v["kind"] = "Namespace";
    v["metadata"]["name"] = name;
    v["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
    v["spec"]["finalizers"].push_back("kubernetes");
    v["status"]["phase"] = "Active";
    return v;
}

}  // namespace

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)) {
    engine_ = std::make_unique<sim::Engine>(engine_options(options_));
    engine_->set_wait_names({kWaitNames.begin(), kWaitNames.end()});
    api::ServerOptions server;
    server.seed = options_.seed;
    server.start_unix_seconds = options_.start_unix_seconds;
    server.profile = options_.profile;
    server_ = std::make_unique<api::Server>(*engine_, journal_, std::move(server));
    control::Client::Options user;
    user.name = kUserName;
    user.qps = options_.api_qps;
    user.burst = options_.api_burst;
    user.in_order = true;
    user_ = std::make_unique<control::Client>(*server_, options_.latencies, std::move(user));
    for (std::string_view name : {"default", "kube-node-lease", "kube-public", "kube-system"})
        (void)server_->preload(namespace_manifest(name));
    const sim::Duration period = options_.controller_manager.pv_claim_binder_sync_period.value_or(
        options_.profile.binder_sync_period);
    phases_ = options_.phases;
    if (!phases_.contains("pvBinderResync"))
        phases_["pvBinderResync"] = sim::Duration(
            static_cast<std::int64_t>(engine_->stream("phases/pvBinderResync")
                                          .below(static_cast<std::uint64_t>(period.count()))));
}

Cluster::~Cluster() = default;

api::Result<api::ObjectRef> Cluster::preload(const api::Value& manifest) {
    // A manifest may bring one of the namespaces that every cluster has.
    const api::Value* kind = manifest.find("kind");
    const api::Value* name = manifest.at({"metadata", "name"});
    if (kind && name && kind->as_string() == "Namespace") {
        const api::ObjectRef known =
            server_->find(api::Kind::Namespace, api::Key(api::Text(), name->as_text()));
        if (known) return known;
    }
    return server_->preload(manifest);
}

void Cluster::start() {
    started_ = true;
    if (options_.controller_manager_on) run_controller_manager(true);
}

std::vector<std::string> Cluster::components() const {
    std::vector<std::string> names = {std::string(kServerName)};
    if (options_.controller_manager_on) names.emplace_back(kControllerManagerName);
    return names;
}

bool Cluster::has_component(std::string_view name) const {
    const std::vector<std::string> all = components();
    return std::find(all.begin(), all.end(), name) != all.end();
}

bool Cluster::is_running(std::string_view name) const {
    if (name == kServerName) return server_->up();
    return name == kControllerManagerName && controller_manager_ != nullptr;
}

void Cluster::tell(std::string_view component, Lifecycle::What what) {
    journal_.emit(Stamp{engine_->now(), engine_->current().seq},
                  Lifecycle{api::Text(component), what});
}

std::optional<std::string> Cluster::crash_component(std::string_view name, InFlight in_flight) {
    if (!has_component(name)) return "there is no component " + std::string(name);
    if (!is_running(name)) return std::string(name) + " is not running";
    tell(name, Lifecycle::What::Crashed);
    if (name == kServerName) {
        server_->set_up(false);
        return std::nullopt;
    }
    if (in_flight == InFlight::Drop) controller_manager_->drop_in_flight();
    controller_manager_.reset();
    return std::nullopt;
}

// A stop lets go at once too: what a terminated process has in its queues is gone with it.
std::optional<std::string> Cluster::stop_component(std::string_view name) {
    if (!has_component(name)) return "there is no component " + std::string(name);
    if (controller_manager_start_ && name == kControllerManagerName) {
        engine_->cancel(*controller_manager_start_);
        controller_manager_start_.reset();
        tell(name, Lifecycle::What::Stopped);
        return std::nullopt;
    }
    if (!is_running(name)) return std::string(name) + " is not running";
    tell(name, Lifecycle::What::Stopped);
    if (name == kServerName) {
        server_->set_up(false);
    } else {
        controller_manager_.reset();
    }
    return std::nullopt;
}

std::optional<std::string> Cluster::start_component(std::string_view name) {
    if (!has_component(name)) return "there is no component " + std::string(name);
    if (is_running(name) || (name == kControllerManagerName && controller_manager_start_))
        return std::string(name) + " is running already";
    tell(name, Lifecycle::What::Started);
    if (name == kServerName) {
        server_->set_up(true);
        tell(name, Lifecycle::What::Ready);
        return std::nullopt;
    }
    controller_manager_start_ =
        engine_->call_in(options_.controller_manager.start_delay, kind_of(Wait::Start), [this] {
            controller_manager_start_.reset();
            run_controller_manager(false);
        });
    return std::nullopt;
}

void Cluster::run_controller_manager(bool first_time) {
    const ControllerManagerOptions& o = options_.controller_manager;
    controller_manager_ = std::make_unique<control::Process>(*server_, options_.latencies,
                                                             std::string(kControllerManagerName));
    ControllerManagerSettings settings;
    settings.profile = options_.profile;
    settings.qps = o.kube_api_qps.value_or(options_.profile.kcm_qps);
    settings.burst = o.kube_api_burst.value_or(options_.profile.kcm_burst);
    settings.binder_sync_period =
        o.pv_claim_binder_sync_period.value_or(options_.profile.binder_sync_period);
    // A fresh process resyncs as soon as its caches are filled; one that runs since long is
    // somewhere in its period.
    settings.first_resync = first_time ? phases_["pvBinderResync"] : sim::Duration(0);
    settings.dynamic_provisioning = o.enable_dynamic_provisioning;
    settings.host_path_provisioner = o.enable_host_path_provisioner;
    add_controllers(*controller_manager_, settings);
    controller_manager_->start();
    tell(kControllerManagerName, Lifecycle::What::Ready);
}

std::vector<std::string> Cluster::explain(api::Kind kind, const api::Key& key) const {
    std::vector<std::string> lines;
    if (!controller_manager_) {
        if (options_.controller_manager_on)
            lines.push_back(std::string(kControllerManagerName) + " is down");
        return lines;
    }
    for (const auto& controller : controller_manager_->controllers())
        if (std::string line = controller->explain(kind, key); !line.empty())
            lines.push_back(std::move(line));
    return lines;
}

std::vector<Unsettled> Cluster::unsettled() const {
    std::vector<Unsettled> all;
    if (controller_manager_start_)
        all.push_back({std::string(kControllerManagerName) + " is starting", sim::kNever});
    if (!controller_manager_) return all;
    for (const auto& controller : controller_manager_->controllers()) {
        const sim::Time next = controller->next_action();
        if (next == sim::kNever || controller->repeats_only()) continue;
        all.push_back(
            {std::string(controller->name()) + " acts again at " + sim::seconds_text(next), next});
    }
    return all;
}

sim::Duration Cluster::settle_period() const { return kSettlePeriod; }

}  // namespace model
