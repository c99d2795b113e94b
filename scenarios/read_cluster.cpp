// spec.cluster, and what else of spec says what the cluster is: version, gates, seed, time.
#include <algorithm>
#include <map>

#include "model/api/codec.hpp"
#include "model/api/timestamp.hpp"
#include "scenarios/language.hpp"
#include "scenarios/load_context.hpp"
#include "scenarios/manifests.hpp"

namespace scenarios {
namespace {

using sim::Distribution;
using sim::Duration;

constexpr const char* kZones[] = {"zone-a", "zone-b", "zone-c"};

void read_profile(const Node& spec, LoadContext& context, Scenario& scenario) {
    const Node* version = spec.find("kubernetes");
    const auto profile = model::Profile::of(text_of(version, "1.36"));
    if (!profile) {
        context.error(version->place(), "spec.kubernetes: version " +
                                            Value(version->text).to_json() +
                                            " is not modelled; known are 1.26 to 1.36");
        return;
    }
    scenario.cluster.profile = *profile;
    const Node* gates = spec.find("featureGates");
    if (!gates) return;
    std::vector<std::string> known;
    for (std::string_view name : model::Profile::gate_names()) known.emplace_back(name);
    for (const Member& m : gates->members) {
        if (!scenario.cluster.profile.set_gate(m.key, bool_of(&m.value))) {
            context.error(m.place(), unknown("feature gate", m.key, "spec.featureGates", known));
        }
    }
}

// p99.9 -> 0.999.
std::optional<double> quantile_of(const std::string& key) {
    if (key.size() < 2 || key[0] != 'p') return std::nullopt;
    double percent = 0, unit = 1;
    bool point = false;
    for (char c : key.substr(1)) {
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            percent = percent * 10 + (c - '0');
            if (point) unit *= 10;
        } else {
            return std::nullopt;
        }
    }
    const double result = percent / unit / 100;
    return result <= 1 ? std::optional(result) : std::nullopt;
}

std::optional<Distribution> read_empirical(const Node& quantiles, LoadContext& context) {
    std::map<double, Duration> points;
    for (const Member& m : quantiles.members) {
        const auto quantile = quantile_of(m.key);
        if (!quantile) {
            context.error(m.place(), "expected a quantile such as p50 or p99.9, found " +
                                         Value(m.key).to_json());
            return std::nullopt;
        }
        points[*quantile] = *duration_of(&m.value);
    }
    std::vector<sim::QuantilePoint> list;
    for (const auto& [p, value] : points) {
        if (!list.empty() && value < list.back().value) {
            context.error(quantiles.place(), "quantiles must not fall: " + sim::to_text(value) +
                                                 " is less than " +
                                                 sim::to_text(list.back().value) + " before it");
            return std::nullopt;
        }
        list.emplace_back(p, value);
    }
    if (list.empty()) {
        context.error(quantiles.place(), "quantiles: at least one is needed");
        return std::nullopt;
    }
    return Distribution::empirical(std::move(list));
}

// The keys that each kind of distribution takes; it needs all of them and no other.
const std::map<std::string, std::vector<std::string>>& keys_of_distributions() {
    static const std::map<std::string, std::vector<std::string>> keys = {
        {"constant", {"value"}},
        {"uniform", {"min", "max"}},
        {"exponential", {"mean"}},
        {"lognormal", {"median", "p99"}},
        {"empirical", {"quantiles"}}};
    return keys;
}

bool has_its_keys(const Node& node, const std::string& kind, const std::string& where,
                  LoadContext& context) {
    const auto& wanted = keys_of_distributions().at(kind);
    bool fine = true;
    for (const std::string& key : wanted) {
        if (node.find(key)) continue;
        context.error(node.place(),
                      where + ": the distribution " + kind + " needs \"" + key + "\"");
        fine = false;
    }
    for (const Member& m : node.members) {
        if (m.key == "distribution" ||
            std::find(wanted.begin(), wanted.end(), m.key) != wanted.end())
            continue;
        context.error(m.place(),
                      where + ": the distribution " + kind + " takes no \"" + m.key + "\"");
        fine = false;
    }
    return fine;
}

// Every kubelet leaves attaching to the controller and says so when it registers its node.
constexpr const char* kManaged = "volumes.kubernetes.io/controller-managed-attach-detach";

std::vector<Value> made_nodes(const Node* nodes) {
    std::vector<Value> made;
    auto make = [&made](const std::string& name, std::string zone, const Node* labels,
                        const Node* capacity) {
        if (zone.empty()) zone = kZones[made.size() % std::size(kZones)];
        Value amounts = Value::map({{"cpu", "64"}, {"memory", "256Gi"}, {"pods", "110"}});
        if (capacity) {
            for (const Member& m : capacity->members) amounts[m.key] = Value(m.value.text);
        }
        Value all = Value::map({{"kubernetes.io/arch", "amd64"},
                                {"kubernetes.io/hostname", name},
                                {"kubernetes.io/os", "linux"},
                                {"topology.kubernetes.io/zone", zone}});
        if (labels) {
            for (const Member& m : labels->members) all[m.key] = m.value.to_value();
        }
        made.push_back(Value::map(
            {{"apiVersion", "v1"},
             {"kind", "Node"},
             {"metadata", Value::map({{"name", name},
                                      {"labels", all},
                                      {"annotations", Value::map({{kManaged, "true"}})}})},
             {"spec", Value::map()},
             {"status", Value::map({{"capacity", amounts}, {"allocatable", amounts}})}}));
    };
    if (!nodes) return made;
    for (std::int64_t i = 1; i <= int_of(nodes); ++i)
        make("node-" + std::to_string(i), "", nullptr, nullptr);
    for (const Node& n : nodes->items) {
        make(n.find("name")->text, text_of(n.find("zone")), n.find("labels"), n.find("capacity"));
    }
    return made;
}

void read_objects(const Node* cluster, LoadContext& context, Scenario& scenario) {
    std::map<std::string, Place> seen;
    auto add = [&](const Value& object, const Place& place) {
        const std::string name = name_of(object);
        auto [first, fresh] = seen.emplace(name, place);
        if (!fresh && !name.ends_with("*")) {
            // What a cluster is said to hold may be a list of states that followed each other.
            context.warn(place, name + " stands twice in spec.cluster (first at " +
                                    first->second.to_string() + "); this one counts");
            std::erase_if(scenario.objects,
                          [&](const Value& other) { return name_of(other) == name; });
        }
        scenario.objects.push_back(object);
    };
    if (!cluster) return;
    if (const Node* nodes = cluster->find("nodes")) {
        for (const Value& node : made_nodes(nodes)) add(node, nodes->place());
    }
    if (const Node* objects = cluster->find("objects")) {
        for (const Manifest& m : read_manifests(*objects, ManifestUse::Objects, context)) {
            const auto decoded = model::api::decode(m.value, context.scheme);
            if (!decoded) context.error(m.place, decoded.error().message.str());
            add(m.value, m.place);
        }
    }
}

const Node* on_kubelets(const Node& cluster) {
    const Node* on = cluster.find("controllers");
    return on ? on->find("kubelet") : nullptr;
}

void read_kubelet(const Node& node, LoadContext& context, model::KubeletOptions& options) {
    const auto take = [&](const char* key, Distribution& into) {
        if (const Node* given = node.find(key))
            into = read_distribution(*given, std::string("spec.cluster.kubelet.") + key, context);
    };
    take("makeSandbox", options.make_sandbox);
    take("createContainer", options.create_container);
    take("startContainer", options.start_container);
    take("stopSandbox", options.stop_sandbox);
    take("changeOwner", options.chown);
    options.start_delay = duration_of(node.find("startDelay")).value_or(options.start_delay);
    options.enable_controller_attach_detach =
        bool_of(node.find("enableControllerAttachDetach"), options.enable_controller_attach_detach);
    options.shutdown_grace =
        duration_of(node.find("shutdownGracePeriod")).value_or(options.shutdown_grace);
    options.shutdown_grace_critical = duration_of(node.find("shutdownGracePeriodCriticalPods"))
                                          .value_or(options.shutdown_grace_critical);
    if (options.shutdown_grace_critical > options.shutdown_grace)
        context.error(node.place(),
                      "kubelet: shutdownGracePeriodCriticalPods is a part of shutdownGracePeriod");
    options.selinux = bool_of(node.find("seLinux"), options.selinux);
}

void read_scheduler(const Node* node, model::SchedulerOptions& o) {
    if (!node) return;
    o.start_delay = duration_of(node->find("startDelay")).value_or(o.start_delay);
    if (const Node* choice = node->find("choice"))
        for (const Member& m : choice->members) o.choice[m.key] = text_of(&m.value);
}

void read_options(const Node& cluster, LoadContext& context, model::ClusterOptions& options) {
    if (const Node* on = cluster.find("controllers")) {
        options.controller_manager_on = bool_of(on->find("kubeControllerManager"), true);
        options.scheduler_on = bool_of(on->find("scheduler"), true);
    }
    if (const Node* kubelet = cluster.find("kubelet"))
        read_kubelet(*kubelet, context, options.kubelet);
    if (const Node* kubelets = on_kubelets(cluster)) {
        if (kubelets->is_bool()) {
            options.kubelet.on = kubelets->scalar.as_bool();
        } else {
            options.kubelet.nodes.emplace();
            for (const Node& node : kubelets->items) options.kubelet.nodes->push_back(node.text);
        }
    }
    if (const Node* kcm = cluster.find("kubeControllerManager")) {
        model::ControllerManagerOptions& o = options.controller_manager;
        if (const Node* qps = kcm->find("kubeAPIQPS"))
            o.kube_api_qps = static_cast<int>(int_of(qps));
        if (const Node* burst = kcm->find("kubeAPIBurst"))
            o.kube_api_burst = static_cast<int>(int_of(burst));
        if (const Node* sync = kcm->find("pvClaimBinderSyncPeriod")) {
            o.pv_claim_binder_sync_period = duration_of(sync);
            if (*duration_of(sync) == Duration::zero())
                context.error(sync->place(), "a period must be longer than 0s");
        }
        if (const Node* period = kcm->find("nodeMonitorPeriod")) {
            o.node_monitor_period = duration_of(period);
            if (*o.node_monitor_period == Duration::zero())
                context.error(period->place(), "a period must be longer than 0s");
        }
        if (const Node* grace = kcm->find("nodeMonitorGracePeriod"))
            o.node_monitor_grace = duration_of(grace);
        if (const Node* threshold = kcm->find("terminatedPodGCThreshold"))
            o.terminated_pod_threshold = int_of(threshold);
        if (const Node* sync = kcm->find("attachDetachReconcileSyncPeriod")) {
            o.attach_sync_period = *duration_of(sync);
            if (o.attach_sync_period < std::chrono::seconds(1))
                context.error(sync->place(), "the check's period must be 1s or longer");
        }
        o.attach_sync = !bool_of(kcm->find("disableAttachDetachReconcileSync"), !o.attach_sync);
        o.force_detach_on_timeout =
            !bool_of(kcm->find("disableForceDetachOnTimeout"), !o.force_detach_on_timeout);
        o.start_delay = duration_of(kcm->find("startDelay")).value_or(o.start_delay);
        o.enable_dynamic_provisioning =
            bool_of(kcm->find("enableDynamicProvisioning"), o.enable_dynamic_provisioning);
        o.enable_host_path_provisioner =
            bool_of(kcm->find("enableHostPathProvisioner"), o.enable_host_path_provisioner);
    }
    read_scheduler(cluster.find("scheduler"), options.scheduler);
    if (const Node* phases = cluster.find("phases"))
        for (const Member& m : phases->members)
            if (!m.value.is_null()) options.phases[m.key] = *duration_of(&m.value);
    const Node* server = cluster.find("apiServer");
    if (server)
        options.latencies.at_once =
            static_cast<int>(int_of(server->find("requestsAtOnce"), options.latencies.at_once));
    const Node* latency = server ? server->find("latency") : nullptr;
    if (!latency) return;
    auto take = [&](const char* key, Distribution& into) {
        const Node* given = latency->find(key);
        if (given)
            into = read_distribution(*given, std::string("spec.cluster.apiServer.latency.") + key,
                                     context);
    };
    take("write", options.latencies.write);
    take("read", options.latencies.read);
    take("response", options.latencies.response);
    take("watch", options.latencies.watch);
}

// One line for what is on by default, absent, and not turned off in the file.
void note_absent(const Node* cluster, LoadContext& context) {
    const Node* on = cluster ? cluster->find("controllers") : nullptr;
    struct Actor {
        Part part;
        const char* name;
        const char* key;  // that turns it off
    };
    constexpr Actor kActors[] = {{Part::Scheduler, "kube-scheduler", "scheduler"},
                                 {Part::Kubelet, "kubelet", "kubelet"},
                                 {Part::AttachDetach, "attach/detach", ""},
                                 {Part::Expansion, "volume expansion", ""},
                                 {Part::WorkloadControllers, "workload controllers", ""},
                                 {Part::NodeLifecycle, "node lifecycle", ""},
                                 {Part::PodGarbage, "pod garbage collection", ""}};
    std::string names;
    for (const Actor& actor : kActors) {
        const Node* key = on && *actor.key ? on->find(actor.key) : nullptr;
        const bool off = key && key->is_bool() && !key->scalar.as_bool();
        if (is_built(actor.part) || off) continue;
        names += (names.empty() ? "" : ", ") + std::string(actor.name);
    }
    if (!names.empty()) context.notices.push_back("not modelled yet, and so absent: " + names);
}

}  // namespace

Distribution read_distribution(const Node& node, const std::string& where, LoadContext& context) {
    if (!node.is_map()) return Distribution::constant(*duration_of(&node));
    const std::string kind = text_of(node.find("distribution"));
    if (!has_its_keys(node, kind, where, context)) return {};
    auto value = [&](const char* key) { return *duration_of(node.find(key)); };
    if (kind == "constant") return Distribution::constant(value("value"));
    if (kind == "exponential") return Distribution::exponential(value("mean"));
    if (kind == "uniform") {
        if (value("min") <= value("max")) return Distribution::uniform(value("min"), value("max"));
        context.error(node.place(), where + ": min must not be more than max");
        return {};
    }
    if (kind == "empirical")
        return read_empirical(*node.find("quantiles"), context).value_or(Distribution());
    const bool fits = value("median") > Duration::zero() && value("median") <= value("p99");
    if (fits) return Distribution::lognormal(value("median"), value("p99"));
    context.error(node.place(), where + ": median must be more than 0s and not more than p99");
    return {};
}

void read_cluster(const Node& spec, LoadContext& context, Scenario& scenario) {
    read_profile(spec, context, scenario);
    scenario.cluster.seed = static_cast<std::uint64_t>(int_of(spec.find("seed"), 1));
    if (const Node* start = spec.find("startTime")) {
        scenario.cluster.start_unix_seconds =
            model::api::Timestamp::parse(start->text)->unix_seconds;
    }
    const Node* cluster = spec.find("cluster");
    note_absent(cluster, context);
    read_objects(cluster, context, scenario);
    if (!cluster) return;
    read_options(*cluster, context, scenario.cluster);
    if (const Node* guards = cluster->find("guardsOff"))
        for (const Node& guard : guards->items)
            scenario.cluster.profile.guards.turn_off(guard.text);
    read_drivers(*cluster, context, scenario.cluster);
}

}  // namespace scenarios
