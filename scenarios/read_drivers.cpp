// spec.cluster.drivers: a profile, and what the scenario says instead of it.
#include <algorithm>

#include "model/api/quantity.hpp"
#include "scenarios/language.hpp"
#include "scenarios/load_context.hpp"

namespace scenarios {
namespace {

using model::DriverOptions;
using model::csi::DriverProfile;

template <class E>
void read_set(const Node* list, const std::vector<E>& all, model::csi::Capabilities<E>& into) {
    if (!list) return;
    into = {};
    for (const Node& item : list->items)
        for (E e : all)
            if (item.text == to_string(e)) into.add(e);
}

void read_capabilities(const Node* given, DriverProfile& profile) {
    if (!given) return;
    read_set(given->find("plugin"), model::csi::plugin_capabilities(), profile.plugin);
    read_set(given->find("controller"), model::csi::controller_capabilities(), profile.controller);
    read_set(given->find("node"), model::csi::node_capabilities(), profile.node);
}

void read_size(const Node* given, const char* name, LoadContext& context, std::int64_t& into) {
    if (!given) return;
    const auto size = model::api::Quantity::parse(given->text);
    if (!size || size->sign() < 0) {
        context.error(given->place(), std::string(name) +
                                          ": expected a quantity such as 64Gi, "
                                          "found " +
                                          given->describe());
        return;
    }
    into = size->value();
}

void read_rate(const Node* given, DriverProfile& profile) {
    if (!given) return;
    model::csi::CallRate rate;
    rate.qps = static_cast<int>(int_of(given->find("qps")));
    rate.burst = static_cast<int>(int_of(given->find("burst")));
    rate.refuses = bool_of(given->find("refuses"));
    rate.message = text_of(given->find("msg"), "rate limit exceeded");
    rate.code = model::csi::code_of(text_of(given->find("code"), "ResourceExhausted"))
                    .value_or(model::csi::Code::ResourceExhausted);
    profile.rate = rate;
}

void read_latencies(const Node* given, LoadContext& context, DriverProfile& profile) {
    if (!given) return;
    for (const Member& m : given->members) {
        const auto method = model::csi::method_of(m.key);
        profile.latency[static_cast<std::size_t>(*method)] =
            read_distribution(m.value, "latency of " + m.key, context);
    }
}

void read_polls(const Node* given, LoadContext& context, DriverProfile& profile) {
    if (!given) return;
    for (const Member& m : given->members) {
        auto& polls = profile.polls[static_cast<std::size_t>(*model::csi::method_of(m.key))];
        if (m.value.is_list()) {
            for (const Node& n : m.value.items) polls.push_back(*duration_of(&n));
        } else {
            polls.push_back(*duration_of(&m.value));
        }
        if (std::find(polls.begin(), polls.end(), sim::Duration::zero()) != polls.end())
            context.error(m.value.place(), "poll of " + m.key + " must be longer than 0s");
    }
}

void read_concurrency(const Node& node, DriverProfile& profile) {
    using model::csi::Concurrency;
    const std::string word = text_of(node.find("concurrency"));
    if (word == "free") profile.concurrency = Concurrency::Free;
    if (word == "aborts-same-volume") profile.concurrency = Concurrency::AbortsSameVolume;
    if (word == "one-at-a-time") profile.concurrency = Concurrency::OneAtATime;
    profile.parallel_calls =
        static_cast<int>(int_of(node.find("parallelCalls"), profile.parallel_calls));
}

void read_overrides(const Node& node, LoadContext& context, DriverProfile& profile) {
    read_capabilities(node.find("capabilities"), profile);
    read_latencies(node.find("latency"), context, profile);
    read_polls(node.find("poll"), context, profile);
    read_concurrency(node, profile);
    read_rate(node.find("rate"), profile);
    read_size(node.find("capacity"), "capacity", context, profile.capacity_bytes);
    read_size(node.find("minVolumeSize"), "minVolumeSize", context, profile.min_volume_bytes);
    read_size(node.find("maxVolumeSize"), "maxVolumeSize", context, profile.max_volume_bytes);
    if (profile.max_volume_bytes != 0 && profile.min_volume_bytes > profile.max_volume_bytes)
        context.error(node.place(), "minVolumeSize is more than maxVolumeSize");
    profile.attach_required = bool_of(node.find("attachRequired"), profile.attach_required);
    profile.refuses_second_node =
        bool_of(node.find("refusesSecondNode"), profile.refuses_second_node);
    profile.attach_limit = static_cast<int>(int_of(node.find("attachLimit"), profile.attach_limit));
    if (const Node* parameters = node.find("parameters")) {
        profile.known_parameters.clear();
        for (const Node& p : parameters->items) profile.known_parameters.push_back(p.text);
    }
    if (const Node* options = node.find("options"))
        for (const Member& m : options->members) {
            const bool is_capacity = profile.behaviour == model::csi::Behaviour::HostPath &&
                                     m.key.starts_with("capacity/");
            if (!is_capacity && !profile.options.contains(m.key)) {
                std::vector<std::string> known;
                for (const auto& entry : profile.options) known.push_back(entry.first);
                context.error(m.place(),
                              unknown("option", m.key, "profile " + profile.name, known));
            }
            profile.options[m.key] = m.value.text;
        }
}

// `name`: of the sidecar, for messages.
void read_common(const Node& node, const std::string& name, LoadContext& context,
                 model::sidecar::SidecarOptions& o) {
    o.worker_threads = static_cast<int>(int_of(node.find("workerThreads"), o.worker_threads));
    o.timeout = duration_of(node.find("timeout")).value_or(o.timeout);
    o.kube_api_qps = static_cast<int>(int_of(node.find("kubeAPIQPS"), o.kube_api_qps));
    o.kube_api_burst = static_cast<int>(int_of(node.find("kubeAPIBurst"), o.kube_api_burst));
    o.retry_start = duration_of(node.find("retryIntervalStart")).value_or(o.retry_start);
    o.retry_max = duration_of(node.find("retryIntervalMax")).value_or(o.retry_max);
    o.start_delay = duration_of(node.find("startDelay")).value_or(o.start_delay);
    o.leader_election = bool_of(node.find("leaderElection"), o.leader_election);
    if (o.timeout == sim::Duration::zero())
        context.error(node.place(), name + ": a timeout must be longer than 0s");
    if (o.retry_start == sim::Duration::zero() || o.retry_start > o.retry_max)
        context.error(node.place(), name +
                                        ": retryIntervalStart must be more than 0s and not more "
                                        "than retryIntervalMax");
}

void read_provisioner(const Node* node, LoadContext& context,
                      model::sidecar::ProvisionerOptions& o) {
    if (!node) return;
    read_common(*node, "externalProvisioner", context, o);
    o.strict_topology = bool_of(node->find("strictTopology"), o.strict_topology);
    o.requeues_failed = bool_of(node->find("requeuesFailed"), o.requeues_failed);
    o.immediate_topology = bool_of(node->find("immediateTopology"), o.immediate_topology);
    o.extra_create_metadata = bool_of(node->find("extraCreateMetadata"), o.extra_create_metadata);
    o.default_fstype = text_of(node->find("defaultFSType"), o.default_fstype);
    o.volume_name_prefix = text_of(node->find("volumeNamePrefix"), o.volume_name_prefix);
    o.volume_name_uuid_length =
        static_cast<int>(int_of(node->find("volumeNameUUIDLength"), o.volume_name_uuid_length));
    o.controller_publish_readonly =
        bool_of(node->find("controllerPublishReadonly"), o.controller_publish_readonly);
    o.enable_capacity = bool_of(node->find("enableCapacity"), o.enable_capacity);
    o.capacity_for_immediate_binding =
        bool_of(node->find("capacityForImmediateBinding"), o.capacity_for_immediate_binding);
    o.capacity_poll_interval =
        duration_of(node->find("capacityPollInterval")).value_or(o.capacity_poll_interval);
    if (o.capacity_poll_interval == sim::Duration::zero())
        context.error(node->place(),
                      "externalProvisioner: capacityPollInterval must be longer than 0s");
}

void read_attacher(const Node* node, LoadContext& context, model::sidecar::AttacherOptions& o) {
    if (!node) return;
    read_common(*node, "externalAttacher", context, o);
    o.reconcile_sync = duration_of(node->find("reconcileSync")).value_or(o.reconcile_sync);
    if (o.reconcile_sync == sim::Duration::zero())
        context.error(node->place(), "externalAttacher: reconcileSync must be longer than 0s");
    o.resync = duration_of(node->find("resync")).value_or(o.resync);
    o.max_entries = int_of(node->find("maxEntries"), o.max_entries);
    o.default_fstype = text_of(node->find("defaultFSType"), o.default_fstype);
}

DriverOptions read_driver(const Node& node, LoadContext& context) {
    DriverOptions driver;
    driver.name = text_of(node.find("name"));
    driver.profile = *model::csi::find_profile(text_of(node.find("profile"), "instant"));
    driver.topology = bool_of(node.find("topology"));
    driver.snapshots = bool_of(node.find("snapshots"));
    read_overrides(node, context, driver.profile);
    if (const Node* nodes = node.find("nodes"))
        for (const Node& n : nodes->items) driver.nodes.push_back(n.text);
    if (const Node* labels = node.find("nodePods"))
        for (const Member& m : labels->members)
            driver.node_pods.set(model::api::Text(m.key), model::api::Text(text_of(&m.value)));
    model::sidecar::ProvisionerOptions& p = driver.provisioner;
    p.timeout = driver.profile.provisioner_timeout.value_or(p.timeout);
    p.retry_max = driver.profile.provisioner_retry_max.value_or(p.retry_max);
    p.extra_create_metadata = driver.profile.extra_create_metadata;
    const Node* sidecars = node.find("sidecars");
    if (sidecars) read_provisioner(sidecars->find("externalProvisioner"), context, p);
    if (sidecars) read_attacher(sidecars->find("externalAttacher"), context, driver.attacher);
    return driver;
}

}  // namespace

void read_drivers(const Node& cluster, LoadContext& context, model::ClusterOptions& options) {
    const Node* on = cluster.find("controllers");
    const auto is_on = [on](const char* sidecar, bool otherwise) {
        return bool_of(on ? on->find(sidecar) : nullptr, otherwise);
    };
    const Node* drivers = cluster.find("drivers");
    if (!drivers) return;
    for (const Node& node : drivers->items) {
        DriverOptions driver = read_driver(node, context);
        const bool twice =
            std::any_of(options.drivers.begin(), options.drivers.end(),
                        [&](const DriverOptions& d) { return d.name == driver.name; });
        if (twice)
            context.error(node.find("name")->place(),
                          "driver " + driver.name + " stands twice in spec.cluster.drivers");
        driver.provisioner_on = is_on("externalProvisioner", true);
        // A driver that attaches nothing is deployed without it.
        driver.attacher_on = is_on("externalAttacher", driver.profile.attach_required);
        context.drivers.push_back(driver.name);
        options.drivers.push_back(std::move(driver));
    }
}

}  // namespace scenarios
