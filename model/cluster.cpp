#include "model/cluster.hpp"

#include <algorithm>

#include "model/control/client.hpp"
#include "model/controller_manager.hpp"
#include "model/csi/endpoint.hpp"
#include "model/node/kubelets.hpp"
#include "model/program_names.hpp"
#include "model/scheduler/kube_scheduler.hpp"
#include "model/sidecar/external_attacher.hpp"
#include "model/sidecar/external_provisioner.hpp"
#include "model/workload/heartbeats.hpp"
#include "model/workload/node_lifecycle.hpp"
#include "model/workload/pod_garbage_collector.hpp"
#include "model/workload/ttl_controller.hpp"

namespace model {

using namespace std::chrono_literals;
using namespace program_names;

namespace {

constexpr sim::Duration kSchedulerFlushPeriod = 30s;
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
    phases_ = options_.phases;
    const auto beat = phases_.find("nodeHeartbeat");
    heartbeats_ = std::make_unique<workload::Heartbeats>(
        *server_, options_.latencies,
        beat == phases_.end() ? std::nullopt : std::optional<sim::Duration>(beat->second));
    node::Kubelets::Setting kubelets;
    kubelets.profile = options_.profile;
    kubelets.options = options_.kubelet;
    kubelets.start_unix_seconds = options_.start_unix_seconds;
    kubelets.phases = options_.phases;
    kubelets.heartbeats = heartbeats_.get();
    kubelets_ = std::make_unique<node::Kubelets>(*engine_, journal_, *server_, std::move(kubelets));
    if (options_.controller_manager_on) add_controller_manager();
    if (options_.scheduler_on) add_scheduler();
    for (const DriverOptions& driver : options_.drivers) add_driver(driver);
    draw_phase("pvBinderResync", binder_period());
    draw_phase_beside("nodeMonitor", -20ms, 400ms,
                      options_.controller_manager.node_monitor_period.value_or(
                          workload::NodeLifecycle::kMonitorPeriod));
    draw_phase_beside("podGC", -100ms, 100ms, workload::PodGarbageCollector::kPeriod);
    draw_phase("attachDetachReconciler", attachdetach::ReconcilerOptions().period);
    draw_phase("attachDetachSync", options_.controller_manager.attach_sync_period);
    draw_phase("desiredStatePopulator", attachdetach::PopulatorOptions().period);
    draw_phase("schedulerFlush", kSchedulerFlushPeriod);
}

Cluster::~Cluster() = default;

void Cluster::draw_phase(const std::string& name, sim::Duration period) {
    if (phases_.contains(name)) return;
    sim::Stream& stream = engine_->stream("phases/" + name);
    phases_[name] = sim::Duration(
        static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(period.count()))));
}

// The loops of one process began together and keep their distance, whatever their periods: in the
// recordings the node monitor comes by 0.3 s after a multiple of its period from the resync, pod
// garbage collection 0.04 s before one.
void Cluster::draw_phase_beside(const std::string& name, sim::Duration least, sim::Duration most,
                                sim::Duration period) {
    if (phases_.contains(name)) return;
    constexpr std::uint64_t kResyncsBefore = 60;
    sim::Stream& stream = engine_->stream("phases/" + name);
    const auto resyncs = static_cast<std::int64_t>(stream.below(kResyncsBefore));
    const sim::Duration apart =
        sim::Distribution::uniform(sim::Duration(0), most - least).sample(stream) + least;
    const sim::Duration since = phases_["pvBinderResync"] + resyncs * binder_period() + apart;
    phases_[name] = (since % period + period) % period;
}

sim::Duration Cluster::binder_period() const {
    return options_.controller_manager.pv_claim_binder_sync_period.value_or(
        options_.profile.binder_sync_period);
}

// A fresh process looks as soon as its caches are filled; one that runs since long is somewhere in
// its period.
sim::Duration Cluster::phase(const std::string& name, bool runs_since_long) {
    return runs_since_long ? phases_[name] : sim::Duration(0);
}

api::Result<api::ObjectRef> Cluster::preload(const api::Value& manifest) {
    // A manifest may bring one of the namespaces that every cluster has.
    const api::Value* kind = manifest.find("kind");
    const api::Value* name = manifest.at({"metadata", "name"});
    if (kind && name && kind->as_string() == "Namespace") {
        const api::ObjectRef known =
            server_->find(api::Kind::Namespace, api::Key(api::Text(), name->as_text()));
        if (known) return known;
    }
    if (kind && kind->as_string() == "Node")
        return server_->preload(kubelets_->registered(
            workload::Heartbeats::completed(manifest, server_->wall_clock())));
    return server_->preload(manifest);
}

void Cluster::add_controller_manager() {
    const std::string name(kControllerManagerName);
    const auto bring_up = [this, name](bool runs_since_long) {
        auto process = new_process(name);
        const auto fill = [this, runs_since_long](control::Process& p) {
            add_controllers(p, controller_manager_settings(runs_since_long));
        };
        if (runs_since_long) {
            fill(*process);
            process->start();
            tell(name, Lifecycle::What::Ready);
        } else {
            process->spawn("start",
                           come_up(*process, options_.controller_manager.start_delay, fill));
        }
        return process;
    };
    programs_.push_back(std::make_unique<Program>(name, bring_up));
}

void Cluster::add_scheduler() {
    const std::string name(kSchedulerName);
    const auto bring_up = [this, name](bool runs_since_long) {
        auto process = new_process(name);
        scheduler::ProgramSetting setting;
        setting.scheduler.profile = options_.profile;
        setting.scheduler.choices = options_.scheduler.choice;
        setting.scheduler.first_flush = sim::Time(phases_["schedulerFlush"]);
        setting.start_delay = options_.scheduler.start_delay;
        setting.ready = [this, name] { tell(name, Lifecycle::What::Ready); };
        scheduler::bring_up_scheduler(*process, std::move(setting), runs_since_long);
        return process;
    };
    programs_.push_back(std::make_unique<Program>(name, bring_up));
}

sim::Task<void> Cluster::come_up(control::Process& process, sim::Duration delay,
                                 std::function<void(control::Process&)> fill) {
    co_await engine_->sleep_for(delay, kind_of(Wait::Start));
    fill(process);
    process.start();
    tell(process.name(), Lifecycle::What::Ready);
}

ControllerManagerSettings Cluster::controller_manager_settings(bool runs_since_long) {
    const ControllerManagerOptions& o = options_.controller_manager;
    ControllerManagerSettings settings;
    settings.profile = options_.profile;
    settings.qps = o.kube_api_qps.value_or(options_.profile.kcm_qps);
    settings.burst = o.kube_api_burst.value_or(options_.profile.kcm_burst);
    settings.binder_sync_period = binder_period();
    settings.first_resync = phase("pvBinderResync", runs_since_long);
    settings.heartbeats = heartbeats_.get();
    settings.node_monitor_phase = phase("nodeMonitor", runs_since_long);
    settings.pod_gc_phase = phase("podGC", runs_since_long);
    settings.node_monitor_period =
        o.node_monitor_period.value_or(workload::NodeLifecycle::kMonitorPeriod);
    if (o.node_monitor_grace) settings.profile.node_monitor_grace = *o.node_monitor_grace;
    settings.terminated_pod_threshold =
        o.terminated_pod_threshold.value_or(settings.terminated_pod_threshold);
    settings.runs_since_long = runs_since_long;
    settings.attach_reconciler.sync_period = o.attach_sync_period;
    settings.attach_reconciler.want_status = [this](const api::Text& node) {
        kubelets_->want_status(node);
    };
    settings.attach_reconciler.sync = o.attach_sync;
    settings.attach_reconciler.force_detach = o.force_detach_on_timeout;
    settings.attach_reconciler.every_tick = o.attach_every_tick;
    settings.attach_populator.every_tick = o.attach_every_tick;
    if (runs_since_long) {
        settings.attach_reconciler.first_pass = phases_["attachDetachReconciler"];
        settings.attach_reconciler.last_sync = o.attach_sync_period - phases_["attachDetachSync"];
        settings.attach_populator.first_pass = phases_["desiredStatePopulator"];
        // In which of its three minutes a list is due.
        settings.attach_populator.last_list =
            std::chrono::minutes(3 - engine_->stream("phases/desiredStateList").below(3)) -
            phases_["desiredStatePopulator"];
    }
    settings.dynamic_provisioning = o.enable_dynamic_provisioning;
    settings.host_path_provisioner = o.enable_host_path_provisioner;
    return settings;
}

void Cluster::add_driver(const DriverOptions& options) {
    csi::DriverSettings settings;
    settings.name = options.name;
    settings.profile = options.profile;
    settings.topology = options.topology;
    settings.snapshots = options.snapshots;
    settings.seed = options_.seed;
    for (const std::string& node : options.nodes) settings.nodes.emplace_back(node);
    auto part = std::make_unique<DriverPart>();
    part->options = options;
    part->driver = csi::make_driver(std::move(settings));
    part->endpoint =
        std::make_unique<csi::Endpoint>(*engine_, journal_, part->driver, api::Text(),
                                        options_.start_unix_seconds * std::int64_t{1'000'000'000});
    drivers_.push_back(std::move(part));
    kubelets_->add_driver(drivers_.back()->driver, options.nodes, drivers_.back()->endpoint.get(),
                          options.node_pods);
    if (options.provisioner_on) add_provisioner(*drivers_.back());
    if (options.attacher_on) add_attacher(*drivers_.back());
}

void Cluster::add_provisioner(DriverPart& part) {
    const std::string name = std::string(kProvisionerName) + "/" + part.options.name;
    const auto bring_up = [this, name, &part](bool runs_since_long) {
        auto process = new_process(name);
        sidecar::ProvisionerSetting setting;
        fill_setting(setting, name, part);
        setting.options = part.options.provisioner;
        sidecar::bring_up_provisioner(*process, std::move(setting), runs_since_long);
        return process;
    };
    programs_.push_back(std::make_unique<Program>(name, bring_up));
}

void Cluster::add_attacher(DriverPart& part) {
    const std::string name = std::string(kAttacherName) + "/" + part.options.name;
    const auto bring_up = [this, name, &part](bool runs_since_long) {
        auto process = new_process(name);
        sidecar::AttacherSetting setting;
        fill_setting(setting, name, part);
        setting.options = part.options.attacher;
        sidecar::bring_up_attacher(*process, std::move(setting), runs_since_long);
        return process;
    };
    programs_.push_back(std::make_unique<Program>(name, bring_up));
}

void Cluster::fill_setting(sidecar::SidecarSetting& setting, const std::string& name,
                           DriverPart& part) {
    setting.endpoint = part.endpoint.get();
    setting.profile = options_.profile;
    setting.start_unix_seconds = options_.start_unix_seconds;
    const Program* own = program(name);
    setting.pod = name + "-" + std::to_string(own ? own->pod : 1);
    setting.ready = [this, name] { tell(name, Lifecycle::What::Ready); };
    // It ends. A kubelet starts the container again at once; without kubelets nobody does.
    setting.lost_driver = [this, name] {
        (void)end_component(name, Lifecycle::What::Crashed, InFlight::Deliver);
        if (options_.kubelet.on) (void)start_component(name);
    };
}

std::unique_ptr<control::Process> Cluster::new_process(const std::string& name) {
    return std::make_unique<control::Process>(*server_, options_.latencies, name, &link(name));
}

void Cluster::add_kubelet(const api::Text& node) {
    const std::string name = std::string(kKubeletPrefix) + node.str();
    const auto bring_up = [this, name, node](bool runs_since_long) {
        auto process = new_process(name);
        const auto fill = [this, node, runs_since_long](control::Process& p) {
            kubelets_->bring_up(p, node, runs_since_long);
            if (!runs_since_long) (void)heartbeats_->start(node);
        };
        if (runs_since_long) {
            fill(*process);
            process->start();
            tell(name, Lifecycle::What::Ready);
        } else {
            process->spawn("start", come_up(*process, options_.kubelet.start_delay, fill));
        }
        return process;
    };
    programs_.push_back(std::make_unique<Program>(name, bring_up));
}

// What the ttl controller wrote before time 0.
void Cluster::tell_ttl() {
    std::vector<api::Ref<api::Node>> nodes;
    workload::TtlStep step;
    server_->for_each(api::Kind::Node, "", [&](const api::ObjectRef& object) {
        step.add_node();
        if (!object->metadata.annotations.find(workload::TtlController::kAnnotation))
            nodes.push_back(api::as<api::Node>(object));
    });
    for (const api::Ref<api::Node>& node : nodes) {
        api::Node told = *node;
        told.metadata.annotations.set(workload::TtlController::kAnnotation,
                                      std::to_string(step.seconds()));
        server_->preload_again(api::freeze(std::move(told)));
    }
}

void Cluster::start() {
    if (options_.controller_manager_on) tell_ttl();
    std::vector<api::Ref<api::Node>> nodes;
    server_->for_each(api::Kind::Node, "", [&](const api::ObjectRef& object) {
        const api::Ref<api::Node> node = api::as<api::Node>(object);
        if (kubelets_->runs_on(node->metadata.name.str())) nodes.push_back(node);
    });
    for (const api::Ref<api::Node>& node : nodes) {
        if (!server_->find(api::Kind::CSINode, node->key()) && !drivers_.empty())
            (void)server_->preload(kubelets_->csi_node(*node));
        add_kubelet(node->metadata.name);
        heartbeats_->leave_status_to_kubelet(node->metadata.name);
    }
    heartbeats_->begin();
    for (const auto& p : programs_) p->process = p->bring_up(true);
    heartbeats_->when_kubelet_must_tell([this](const api::Text& node) {
        const Program* p = program(std::string(kKubeletPrefix) + node.str());
        if (!p || !p->process || !p->process->is_started()) return;
        for (const auto& controller : p->process->controllers())
            static_cast<node::Kubelet&>(*controller).wake();
    });
    kubelets_->when_node_appears([this](const api::Text& node) {
        if (program(std::string(kKubeletPrefix) + node.str())) return;
        add_kubelet(node);
        (void)start_component(programs_.back()->name);
    });
}

std::vector<std::string> Cluster::components() const {
    std::vector<std::string> names = {std::string(kServerName)};
    for (const auto& p : programs_) names.push_back(p->name);
    for (const auto& d : drivers_)
        names.push_back(std::string(kDriverName) + "/" + d->options.name);
    for (const auto& p : programs_) {
        if (!p->name.starts_with(kKubeletPrefix)) continue;
        const std::string node = p->name.substr(kKubeletPrefix.size());
        for (const auto& d : drivers_)
            if (kubelets_->endpoint(d->options.name, node))
                names.push_back(std::string(kNodePartPrefix) + node + "/" + d->options.name);
    }
    return names;
}

std::optional<std::string> Cluster::full_name(std::string_view name) const {
    std::optional<std::string> found;
    for (const std::string& known : components()) {
        if (known == name) return known;
        const bool of_a_driver = known.starts_with(std::string(name) + "/");
        if (of_a_driver && found) return std::nullopt;
        if (of_a_driver) found = known;
    }
    return found;
}

Cluster::Program* Cluster::program(std::string_view full_name) {
    for (const auto& p : programs_)
        if (p->name == full_name) return p.get();
    return nullptr;
}

Cluster::DriverPart* Cluster::driver_part(std::string_view component) {
    for (const auto& d : drivers_)
        if (std::string(kDriverName) + "/" + d->options.name == component) return d.get();
    return nullptr;
}

csi::Endpoint* Cluster::socket_of(std::string_view component) {
    if (const DriverPart* part = driver_part(component)) return part->endpoint.get();
    if (!component.starts_with(kNodePartPrefix)) return nullptr;
    const std::string_view rest = component.substr(kNodePartPrefix.size());
    const std::size_t slash = rest.find('/');
    return node_endpoint(rest.substr(slash + 1), rest.substr(0, slash));
}

std::optional<std::string> Cluster::lag(std::string_view component, api::Kind kind,
                                        sim::Duration by) {
    const std::optional<std::string> name = full_name(component);
    if (!name || !program(*name)) return "there is no program " + std::string(component);
    options_.latencies.lags[*name + "/" + server_->scheme().info(kind).resource] = by;
    return std::nullopt;
}

bool Cluster::runs_container(const api::Text& node, const api::Text& pod_uid) const {
    return kubelets_->runs_container(node, pod_uid);
}

bool Cluster::has_kubelet(const api::Text& node) const { return kubelets_->runs_on(node.str()); }

std::vector<std::string> Cluster::ghosts() const {
    std::vector<std::string> all;
    for (const auto& p : programs_) {
        if (!p->process) continue;
        for (const auto& controller : p->process->controllers())
            for (std::string& ghost : controller->ghosts())
                all.push_back(std::string(controller->name()) + ": " + std::move(ghost));
    }
    return all;
}

csi::Endpoint* Cluster::endpoint(std::string_view driver) {
    if (driver.empty()) return drivers_.size() == 1 ? drivers_[0]->endpoint.get() : nullptr;
    for (const auto& d : drivers_)
        if (d->options.name == driver) return d->endpoint.get();
    return nullptr;
}

csi::Endpoint* Cluster::node_endpoint(std::string_view driver, std::string_view node) {
    return kubelets_->endpoint(std::string(driver), node);
}

std::vector<std::string> Cluster::nodes_mounting(std::string_view driver,
                                                 std::string_view handle) const {
    return kubelets_->nodes_mounting(driver, handle);
}

std::vector<std::string> Cluster::drivers() const {
    std::vector<std::string> names;
    for (const auto& d : drivers_) names.push_back(d->options.name);
    return names;
}

sim::Duration Cluster::race_grace() const {
    constexpr int kRequests = 20;  // that wait at the limit before it
    const int qps = options_.controller_manager.kube_api_qps.value_or(kRequests);
    const auto slowest = [](const sim::Distribution& d) { return d.quantile(0.99); };
    const control::Latencies& l = options_.latencies;
    return std::max<sim::Duration>(std::chrono::seconds(1), std::chrono::seconds(kRequests) / qps) +
           4 * (slowest(l.write) + slowest(l.response)) + 2 * slowest(l.watch);
}

std::vector<std::string> Cluster::explain(api::Kind kind, const api::Key& key) const {
    std::vector<std::string> lines;
    for (const auto& p : programs_) {
        if (!p->process) {
            lines.push_back(p->name + " is down");
            continue;
        }
        if (const auto way = links_.find(p->name); way != links_.end() && !way->second.up())
            lines.push_back(p->name + " is cut off from the API server");
        for (const auto& controller : p->process->controllers())
            if (std::string line = controller->explain(kind, key); !line.empty())
                lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<Unsettled> Cluster::unsettled() const {
    std::vector<Unsettled> all;
    for (const auto& p : programs_) {
        if (!p->process) continue;
        if (!p->process->is_started()) all.push_back({p->name + " is starting", sim::kNever});
        for (const auto& controller : p->process->controllers()) {
            const sim::Time next = controller->next_action();
            if (next == sim::kNever || controller->repeats_only()) continue;
            all.push_back(
                {std::string(controller->name()) + " acts again at " + sim::seconds_text(next),
                 next});
        }
    }
    if (const sim::Time next = heartbeats_->next_action(); next != sim::kNever)
        all.push_back({"a node posts its status at " + sim::seconds_text(next), next});
    for (const auto& d : drivers_)
        if (const std::size_t n = d->endpoint->awaited(); n != 0)
            all.push_back({std::to_string(n) + " calls of " + d->options.name + " are not answered",
                           sim::kNever});
    return all;
}

sim::Duration Cluster::settle_period() const { return kSettlePeriod; }

}  // namespace model
