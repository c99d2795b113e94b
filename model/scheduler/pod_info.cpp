#include "model/scheduler/pod_info.hpp"

#include <algorithm>

#include "model/api/selector.hpp"
#include "model/scheduler/pod_fields.hpp"

namespace model::scheduler {

namespace {

constexpr std::int64_t kUnaskedCpu = 100;  // GetNonzeroRequests
constexpr std::int64_t kUnaskedMemory = 200LL * 1024 * 1024;

// Null where there is none. By value, since copies share their content.
api::Value member(const api::Value& v, std::string_view name) {
    const api::Value* found = v.find(name);
    return found ? *found : api::Value();
}

struct ContainerNeeds {
    Amounts amounts;
    std::int64_t scored_cpu = kUnaskedCpu, scored_memory = kUnaskedMemory;

    void add(const ContainerNeeds& o) {
        amounts.add(o.amounts);
        scored_cpu += o.scored_cpu;
        scored_memory += o.scored_memory;
    }
    void raise_to(const ContainerNeeds& o) {
        amounts.raise_to(o.amounts);
        scored_cpu = std::max(scored_cpu, o.scored_cpu);
        scored_memory = std::max(scored_memory, o.scored_memory);
    }
    static ContainerNeeds none() {
        ContainerNeeds n;
        n.scored_cpu = n.scored_memory = 0;
        return n;
    }
};

// Requests; what is limited and not requested is requested as limited.
ContainerNeeds needs_of(const api::Value& container) {
    ContainerNeeds needs;
    const api::Value resources = member(container, "resources");
    const api::Value requests = member(resources, "requests");
    api::Value asked = member(resources, "limits");
    for (const api::Value::Member& m : requests.as_map()) asked[m.first] = m.second;
    needs.amounts = read_amounts(asked);
    if (asked.find("cpu")) needs.scored_cpu = needs.amounts.milli_cpu;
    if (asked.find("memory")) needs.scored_memory = needs.amounts.memory;
    return needs;
}

// Containers run together; init containers one by one before them, each beside those sidecars that
// were started before it.
ContainerNeeds needs_of(const api::PodSpec& spec) {
    ContainerNeeds together = ContainerNeeds::none();
    for (const api::Value& c : spec.containers.as_list()) together.add(needs_of(c));
    ContainerNeeds sidecars = ContainerNeeds::none(), at_start = ContainerNeeds::none();
    for (const api::Value& c : spec.initContainers.as_list()) {
        ContainerNeeds needs = needs_of(c);
        if (member(c, "restartPolicy").as_string() == "Always") {
            together.add(needs);
            sidecars.add(needs);
            needs = sidecars;
        } else {
            needs.add(sidecars);
        }
        at_start.raise_to(needs);
    }
    together.raise_to(at_start);
    const Amounts overhead = read_amounts(member(spec.extra, "overhead"));
    together.amounts.add(overhead);
    together.scored_cpu += overhead.milli_cpu;
    together.scored_memory += overhead.memory;
    return together;
}

void read_ports(const api::PodSpec& spec, std::vector<HostPort>& ports) {
    for (const api::Value& c : spec.containers.as_list())
        for (const api::Value::List ports_given = member(c, "ports").as_list();
             const api::Value& p : ports_given) {
            HostPort port;
            port.port = member(p, "hostPort").as_int();
            if (port.port == 0) continue;
            port.ip = member(p, "hostIP").as_text();
            if (port.ip.empty()) port.ip = "0.0.0.0";
            port.protocol = member(p, "protocol").as_text();
            if (port.protocol.empty()) port.protocol = "TCP";
            ports.push_back(std::move(port));
        }
}

bool has_disks(const api::PodSpec& spec) {
    return std::any_of(spec.volumes.begin(), spec.volumes.end(), [](const api::Volume& v) {
        for (std::string_view kind : {"gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd"})
            if (v.extra.find(kind)) return true;
        return false;
    });
}

void read_claims(const api::Pod& pod, std::vector<ClaimUse>& claims) {
    for (const api::Volume& v : pod.spec.volumes) {
        if (v.persistentVolumeClaim) {
            claims.push_back({v.persistentVolumeClaim->claimName, false});
        } else if (v.ephemeral) {
            claims.push_back({pod.metadata.name.str() + "-" + v.name.str(), true});
        }
    }
}

}  // namespace

void Amounts::add(const Amounts& o) {
    milli_cpu += o.milli_cpu;
    memory += o.memory;
    ephemeral_storage += o.ephemeral_storage;
    for (const auto& [name, n] : o.others) others[name] += n;
}

void Amounts::subtract(const Amounts& o) {
    milli_cpu -= o.milli_cpu;
    memory -= o.memory;
    ephemeral_storage -= o.ephemeral_storage;
    for (const auto& [name, n] : o.others) others[name] -= n;
}

void Amounts::raise_to(const Amounts& o) {
    milli_cpu = std::max(milli_cpu, o.milli_cpu);
    memory = std::max(memory, o.memory);
    ephemeral_storage = std::max(ephemeral_storage, o.ephemeral_storage);
    for (const auto& [name, n] : o.others) others[name] = std::max(others[name], n);
}

bool Amounts::empty() const {
    return milli_cpu == 0 && memory == 0 && ephemeral_storage == 0 &&
           std::all_of(others.begin(), others.end(), [](const auto& o) { return o.second == 0; });
}

bool Toleration::tolerates(const api::Taint& taint) const {
    if (!effect.empty() && effect != taint.effect) return false;
    if (!key.empty() && key != taint.key) return false;
    if (op == "Exists") return true;
    return (op.empty() || op == "Equal") && value == taint.value;
}

bool AffinityTerm::matches(const api::Pod& pod, const api::TextMap& ns_labels) const {
    const bool named =
        std::find(namespaces.begin(), namespaces.end(), pod.metadata.ns) != namespaces.end();
    if (!named && !(namespace_selector && selects(*namespace_selector, ns_labels))) return false;
    return selector && selects(*selector, pod.metadata.labels);
}

bool HostPort::conflicts_with(const HostPort& o) const {
    if (port != o.port || protocol != o.protocol) return false;
    return ip == o.ip || ip == "0.0.0.0" || o.ip == "0.0.0.0";
}

bool PodInfo::tolerates(const api::Taint& taint) const {
    return std::any_of(tolerations.begin(), tolerations.end(),
                       [&](const Toleration& t) { return t.tolerates(taint); });
}

bool PodInfo::wants_node(const api::Node& node) const {
    const api::TextMap& labels = node.metadata.labels;
    for (const api::TextMap::Member& wanted : pod->spec.nodeSelector) {
        const api::Text* value = labels.find(wanted.first);
        if (!value || *value != wanted.second) return false;
    }
    return !required_nodes || api::matches(*required_nodes, labels, node.metadata.name);
}

PodRef make_pod_info(api::Ref<api::Pod> pod) {
    auto info = std::make_shared<PodInfo>();
    const api::PodSpec& spec = pod->spec;
    const ContainerNeeds needs = needs_of(spec);
    info->requests = needs.amounts;
    info->scored_cpu = needs.scored_cpu;
    info->scored_memory = needs.scored_memory;
    info->tolerations = read_tolerations(spec.tolerations);
    read_affinity(*pod, *info);
    info->spread = read_spread(*pod);
    read_ports(spec, info->ports);
    read_claims(*pod, info->claims);
    info->has_disks = has_disks(spec);
    info->priority = spec.priority.value_or(0);
    info->gated = !member(spec.extra, "schedulingGates").as_list().empty();
    info->preempts = member(spec.extra, "preemptionPolicy").as_string() != "Never";
    info->pod = std::move(pod);
    return info;
}

std::string not_for_pod(const api::Pod& pod, const api::PersistentVolumeClaim& claim) {
    for (const api::OwnerReference& owner : claim.metadata.ownerReferences)
        if (owner.controller.value_or(false) && owner.uid == pod.metadata.uid) return {};
    return "PVC " + claim.key().to_string() + " was not created for pod " + pod.key().to_string() +
           " (pod is not owner)";
}

}  // namespace model::scheduler
