#include "model/node/kubelets.hpp"

#include <algorithm>

#include "model/csi/messages.hpp"
#include "model/wait.hpp"

namespace model::node {

namespace {

constexpr std::string_view kNodeIds = "csi.volume.kubernetes.io/nodeid";
constexpr std::string_view kManaged = "volumes.kubernetes.io/controller-managed-attach-detach";

std::string_view text_at(const api::Value& v, std::initializer_list<std::string_view> path) {
    const api::Value* found = v.at(path);
    return found ? found->as_string() : std::string_view();
}

api::Value labels_of(const api::Node& node) {
    api::Value labels = api::Value::map();
    for (const auto& [key, value] : node.metadata.labels) labels[key] = value;
    return labels;
}

}  // namespace

Kubelets::Kubelets(sim::Engine& engine, Journal& journal, api::Server& server, Setting setting)
    : engine_(engine),
      journal_(journal),
      server_(server),
      setting_(std::move(setting)),
      pods_(server, api::Kind::Pod),
      nodes_(server, api::Kind::Node) {}

void Kubelets::add_driver(std::shared_ptr<csi::Driver> driver, std::vector<std::string> nodes,
                          const csi::Endpoint* controller, api::TextMap pod_labels) {
    DriverOnNodes d;
    d.pod_labels = std::move(pod_labels);
    d.controller = controller;
    d.driver = std::move(driver);
    d.nodes = std::move(nodes);
    drivers_.push_back(std::move(d));
}

bool Kubelets::is_on(const DriverOnNodes& d, const std::string& node) const {
    return d.nodes.empty() || std::find(d.nodes.begin(), d.nodes.end(), node) != d.nodes.end();
}

std::vector<std::string> Kubelets::drivers_on(const std::string& node) const {
    std::vector<std::string> names;
    for (const DriverOnNodes& d : drivers_)
        if (is_on(d, node)) names.push_back(d.driver->settings().name.str());
    return names;
}

// What NodeGetInfo says; no call is told. A driver with topology knows its node's zone, from what
// the machine tells it; here that is the node's label.
csi::NodeGetInfoResponse Kubelets::info(const DriverOnNodes& d, const api::Value& labels,
                                        const api::Text& node) const {
    csi::CallContext context;
    context.node = node;
    csi::NodeGetInfoResponse info = std::get<csi::NodeGetInfoResponse>(
        d.driver->handle(csi::NodeGetInfoRequest(), context).response);
    const csi::DriverSettings& settings = d.driver->settings();
    const api::Value* zone = labels.find("topology.kubernetes.io/zone");
    const std::string& key = settings.profile.topology_key;
    if (settings.topology && !info.accessible_topology && zone && !key.empty()) {
        csi::Topology segment;
        segment.segments.set(key, zone->as_text());
        d.driver->know_node(node, segment);
        info.accessible_topology = segment;
    }
    return info;
}

api::Value Kubelets::registered(api::Value node) const {
    const std::string name(text_at(node, {"metadata", "name"}));
    if (!runs_on(name)) return node;
    api::Value& metadata = node["metadata"];
    if (setting_.options.enable_controller_attach_detach)
        metadata["annotations"][kManaged] = "true";
    const api::Value* labels = metadata.find("labels");
    const api::Value given = labels ? *labels : api::Value::map();
    api::Value ids = api::Value::map();
    for (const DriverOnNodes& d : drivers_) {
        if (!is_on(d, name) || !d.pod_labels.empty()) continue;
        const csi::NodeGetInfoResponse known = info(d, given, name);
        ids[d.driver->settings().name] = known.node_id;
        if (!known.accessible_topology) continue;
        for (const auto& [key, value] : known.accessible_topology->segments)
            metadata["labels"][key] = value;
    }
    if (!ids.as_map().empty() && !metadata["annotations"].find(kNodeIds))
        metadata["annotations"][kNodeIds] = ids.to_json();
    return node;
}

void Kubelets::know_zone(const api::Node& node) const {
    for (const DriverOnNodes& d : drivers_)
        if (is_on(d, node.metadata.name.str())) (void)info(d, labels_of(node), node.metadata.name);
}

api::Value Kubelets::csi_node(const api::Node& node) const {
    const api::Value labels = labels_of(node);
    api::Value v;
    v["apiVersion"] = "storage.k8s.io/v1";
    v["kind"] = "CSINode";
    v["metadata"]["name"] = node.metadata.name;
    api::Value owner;
    owner["apiVersion"] = "v1";
    owner["kind"] = "Node";
    owner["name"] = node.metadata.name;
    owner["uid"] = node.metadata.uid;
    v["metadata"]["ownerReferences"].push_back(std::move(owner));
    v["spec"]["drivers"] = api::Value::list();
    for (const DriverOnNodes& d : drivers_) {
        if (!is_on(d, node.metadata.name.str()) || !d.pod_labels.empty()) continue;
        const csi::NodeGetInfoResponse known = info(d, labels, node.metadata.name);
        api::Value entry;
        entry["name"] = d.driver->settings().name;
        entry["nodeID"] = known.node_id;
        entry["topologyKeys"] = api::Value::list();
        if (known.accessible_topology)
            for (const auto& segment : known.accessible_topology->segments)
                entry["topologyKeys"].push_back(segment.first);
        if (known.max_volumes_per_node > 0)
            entry["allocatable"]["count"] = known.max_volumes_per_node;
        v["spec"]["drivers"].push_back(std::move(entry));
    }
    return v;
}

void Kubelets::when_node_appears(std::function<void(const api::Text& node)> call) {
    nodes_.when_node_appears([this, call = std::move(call)](const api::Text& node) {
        if (!runs_on(node.str())) return;
        // Not within the commit that made the node.
        engine_.call_in(sim::Duration(0), kind_of(Wait::Start), [call, node] { call(node); });
    });
}

Machine& Kubelets::machine(const api::Text& node) {
    std::unique_ptr<Machine>& m = machines_[node];
    if (!m) {
        m = std::make_unique<Machine>(engine_, node, static_cast<int>(machines_.size()));
        m->containers.observe([this, node] { follow_pods(node); });
    }
    return *m;
}

bool Kubelets::runs_container(const api::Text& node, const api::Text& pod_uid) const {
    const auto m = machines_.find(node);
    const PodSandbox* pod = m == machines_.end() ? nullptr : m->second->containers.find(pod_uid);
    return pod && pod->is_running();
}

// The node parts that run in pods come and go with their containers.
void Kubelets::follow_pods(const api::Text& node) {
    for (const DriverOnNodes& d : drivers_) {
        if (d.pod_labels.empty() || !is_on(d, node.str())) continue;
        bool runs = false;
        for (const auto& [uid, pod] : machines_.at(node)->containers.all()) {
            bool fits = pod.is_running();
            for (const auto& [key, value] : d.pod_labels)
                fits = fits && pod.labels.get(key) == value;
            runs = runs || fits;
        }
        csi::Endpoint* part = endpoint(d.driver->settings().name.str(), node);
        if (part->running() != runs) part->set_running(runs);
    }
}

csi::Endpoint* Kubelets::endpoint(const std::string& driver, const api::Text& node) {
    for (DriverOnNodes& d : drivers_) {
        if (d.driver->settings().name != driver || !is_on(d, node.str())) continue;
        std::unique_ptr<csi::Endpoint>& e = d.endpoints[node];
        if (!e) {
            e = std::make_unique<csi::Endpoint>(
                engine_, journal_, d.driver, node,
                setting_.start_unix_seconds * std::int64_t{1'000'000'000});
            if (d.controller) e->share_faults(*d.controller);
            if (!d.pod_labels.empty()) e->set_running(false);
        }
        return e.get();
    }
    return nullptr;
}

std::vector<std::string> Kubelets::nodes_mounting(std::string_view driver,
                                                  std::string_view handle) const {
    std::vector<std::string> nodes;
    for (const auto& [node, machine] : machines_)
        for (const auto& [path, mount] : machine->disk.pods) {
            if (!mount.mounted || mount.driver != driver || mount.handle != handle) continue;
            nodes.push_back(node.str());
            break;
        }
    return nodes;
}

void Kubelets::want_status(const api::Text& node) {
    const auto known = running_.find(node);
    if (known != running_.end() && known->second.life) known->second.kubelet->want_status();
}

void Kubelets::set_power(const api::Text& node, bool on) {
    for (DriverOnNodes& d : drivers_) {
        if (!is_on(d, node.str())) continue;
        if (on && !d.pod_labels.empty()) continue;  // its pod brings it up
        endpoint(d.driver->settings().name.str(), node)->set_running(on);
        // The host path driver keeps what is mounted in a file, and believes it after a reboot.
        const bool remembers = d.driver->settings().profile.behaviour == csi::Behaviour::HostPath;
        if (!on && !remembers) d.driver->backend().forget_mounts(node);
    }
    if (on) return;
    Machine& m = machine(node);
    m.containers.lose_power();
    m.disk.unmount_all();
}

void Kubelets::bring_up(control::Process& process, const api::Text& node, bool runs_since_long) {
    KubeletSetting s;
    s.node = node;
    s.profile = setting_.profile;
    s.options = setting_.options;
    s.start_unix_seconds = setting_.start_unix_seconds;
    s.machine = &machine(node);
    s.pods = &pods_;
    s.nodes = &nodes_;
    s.driver = [this, node](const std::string& driver) -> csi::Endpoint* {
        csi::Endpoint* e = endpoint(driver, node);
        return e && e->running() ? e : nullptr;
    };
    s.socket = [this, node](const std::string& driver) { return endpoint(driver, node); };
    s.drivers = drivers_on(node.str());
    if (const auto object = server_.find(api::Kind::Node, api::Key("", node)))
        know_zone(static_cast<const api::Node&>(*object));
    s.phases = setting_.phases;
    s.heartbeats = setting_.heartbeats;
    s.runs_since_long = runs_since_long;
    auto kubelet = std::make_unique<Kubelet>(process, std::move(s));
    running_[node] = {process.life(), kubelet.get()};
    process.add(std::move(kubelet));
}

}  // namespace model::node
