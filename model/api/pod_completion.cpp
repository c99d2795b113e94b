#include "model/api/pod_completion.hpp"

namespace model::api {

namespace {

constexpr std::string_view kTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::string_view kTokenVolumePrefix = "kube-api-access-";
// serviceaccount.WarnOnlyBoundTokenExpirationSeconds: an hour, told apart from one that was asked
// for.
constexpr std::int64_t kTokenSeconds = 3607;
constexpr std::int64_t kFileMode = 0644, kTolerationSeconds = 300;

std::string_view text_at(const Value& v, std::string_view name) {
    const Value* member = v.find(name);
    return member ? member->as_string() : std::string_view();
}

Value config_map(std::string_view name, std::string_view key) {
    Value source;
    Value item = Value::map({{"key", Value(key)}, {"path", Value(key)}});
    source["configMap"]["items"].push_back(std::move(item));
    source["configMap"]["name"] = Value(name);
    return source;
}

Value token_source() {
    Value token, ns, projected;
    token["serviceAccountToken"]["expirationSeconds"] = Value(kTokenSeconds);
    token["serviceAccountToken"]["path"] = "token";
    Value item;
    item["fieldRef"]["apiVersion"] = "v1";
    item["fieldRef"]["fieldPath"] = "metadata.namespace";
    item["path"] = "namespace";
    ns["downwardAPI"]["items"].push_back(std::move(item));
    projected["projected"]["defaultMode"] = Value(kFileMode);
    Value& sources = projected["projected"]["sources"];
    sources.push_back(std::move(token));
    sources.push_back(config_map("kube-root-ca.crt", "ca.crt"));
    sources.push_back(std::move(ns));
    return projected;
}

Value toleration(std::string_view taint) {
    return Value::map({{"effect", "NoExecute"},
                       {"key", Value(taint)},
                       {"operator", "Exists"},
                       {"tolerationSeconds", Value(kTolerationSeconds)}});
}

// No key stands for all taints, no effect for all effects.
bool tolerates(const Value& list, const Value& wanted) {
    for (const Value& t : list.as_list()) {
        const std::string_view key = text_at(t, "key"), effect = text_at(t, "effect");
        if ((key.empty() || key == text_at(wanted, "key")) &&
            (effect.empty() || effect == "NoExecute"))
            return true;
    }
    return false;
}

bool mounts_at(const Value& container, std::string_view path) {
    const Value* mounts = container.find("volumeMounts");
    if (!mounts) return false;
    for (const Value& m : mounts->as_list())
        if (text_at(m, "mountPath") == path) return true;
    return false;
}

// True where a container mounts the token through this.
bool add_mount(Value& containers, const Text& volume) {
    bool added = false;
    for (std::size_t i = 0; i < containers.as_list().size(); ++i) {
        if (mounts_at(containers.as_list()[i], kTokenPath)) continue;  // the user's own choice
        Value mount = Value::map(
            {{"mountPath", Value(kTokenPath)}, {"name", Value(volume)}, {"readOnly", Value(true)}});
        containers.edit_list()[i]["volumeMounts"].push_back(std::move(mount));
        added = true;
    }
    return added;
}

// The account under either of its names, and both names said.
void name_account(PodSpec& spec) {
    if (spec.serviceAccountName.empty())
        if (const Value* old_name = spec.extra.find("serviceAccount"))
            spec.serviceAccountName = old_name->as_text();
    if (spec.serviceAccountName.empty()) spec.serviceAccountName = "default";
    spec.extra["serviceAccount"] = Value(spec.serviceAccountName);
}

struct Priority {
    std::int64_t value = 0;
    std::string_view preemption = "PreemptLowerPriority";
    Priority() = default;
};

Priority priority_of(const Object& priority_class) {
    Priority p;
    const Value* value = priority_class.extra.find("value");
    p.value = value ? value->as_int() : 0;
    const std::string_view preemption = text_at(priority_class.extra, "preemptionPolicy");
    if (!preemption.empty()) p.preemption = preemption;
    return p;
}

// The class that pods without one get: of several the one of least value.
ObjectRef default_priority_class(const ObjectReader& reader) {
    ObjectRef best;
    const KindInfo* info = reader.scheme().find("PriorityClass");
    if (!info) return best;  // none was ever made
    reader.for_each(info->id, {}, [&](const ObjectRef& o) {
        const Value* global = o->extra.find("globalDefault");
        if (!global || !global->as_bool()) return;
        if (!best || priority_of(*o).value < priority_of(*best).value) best = o;
    });
    return best;
}

Status forbidden(const Pod& pod, const ObjectReader& reader, std::string_view why) {
    const Text& name = pod.metadata.name.empty() ? pod.metadata.generateName : pod.metadata.name;
    return Status::forbidden(reader.scheme().info(Kind::Pod).qualified_resource(), name, why);
}

Status set_priority(Pod& pod, const ObjectReader& reader) {
    constexpr std::int64_t kClusterCritical = 2000000000, kNodeCritical = 2000001000;
    PodSpec& spec = pod.spec;
    const KindInfo* info = reader.scheme().find("PriorityClass");
    ObjectRef chosen;
    Priority p;
    if (spec.priorityClassName.empty()) {
        chosen = default_priority_class(reader);
        if (chosen) spec.priorityClassName = chosen->metadata.name;
    } else {
        if (info) chosen = reader.find(info->id, Key(Text(), spec.priorityClassName));
        // Two that the API server itself makes.
        if (spec.priorityClassName == "system-cluster-critical") p.value = kClusterCritical;
        if (spec.priorityClassName == "system-node-critical") p.value = kNodeCritical;
        if (!chosen && p.value == 0)
            return forbidden(
                pod, reader,
                "no PriorityClass with name " + spec.priorityClassName.str() + " was found");
    }
    if (chosen) p = priority_of(*chosen);
    if (spec.priority && *spec.priority != p.value)
        return forbidden(pod, reader,
                         "the integer value of priority (" + std::to_string(*spec.priority) +
                             ") must not be provided in pod spec; priority admission controller "
                             "computed " +
                             std::to_string(p.value) + " from the given PriorityClass name");
    spec.priority = p.value;
    const std::string_view asked = text_at(spec.extra, "preemptionPolicy");
    if (!asked.empty() && asked != p.preemption)
        return forbidden(pod, reader,
                         "the string value of PreemptionPolicy (" + std::string(asked) +
                             ") must not be provided in pod spec; priority admission controller "
                             "computed " +
                             std::string(p.preemption) + " from the given PriorityClass name");
    spec.extra["preemptionPolicy"] = Value(p.preemption);
    return Status();
}

}  // namespace

PodCompletion::PodCompletion()
    : token_source_(token_source()),
      not_ready_(toleration("node.kubernetes.io/not-ready")),
      unreachable_(toleration("node.kubernetes.io/unreachable")) {}

Status PodCompletion::complete(Pod& pod, const Text& token_volume,
                               const ObjectReader& reader) const {
    name_account(pod.spec);
    const Value* automount = pod.spec.extra.find("automountServiceAccountToken");
    if (!automount || automount->as_bool()) mount_token(pod, token_volume);
    if (Status s = set_priority(pod, reader); !s.ok()) return s;
    tolerate_lost_nodes(pod);
    return Status();
}

void PodCompletion::keep_complete(Pod& pod, const Pod& old) const {
    if (!pod.spec.priority) pod.spec.priority = old.spec.priority;
    const Value* preemption = old.spec.extra.find("preemptionPolicy");
    if (preemption && !pod.spec.extra.find("preemptionPolicy"))
        pod.spec.extra["preemptionPolicy"] = *preemption;
    // Two names of one field: whoever says only one says both.
    if (!pod.spec.serviceAccountName.empty())
        pod.spec.extra["serviceAccount"] = Value(pod.spec.serviceAccountName);
    tolerate_lost_nodes(pod);
}

void PodCompletion::mount_token(Pod& pod, const Text& token_volume) const {
    Text name = token_volume;
    bool there = false;
    for (const Volume& v : pod.spec.volumes) {
        if (!v.name.view().starts_with(kTokenVolumePrefix)) continue;
        name = v.name;
        there = true;
        break;
    }
    bool needed = add_mount(pod.spec.initContainers, name);
    needed = add_mount(pod.spec.containers, name) || needed;
    if (there || !needed) return;
    Volume volume;
    volume.name = name;
    volume.extra = token_source_;
    pod.spec.volumes.push_back(std::move(volume));
}

void PodCompletion::tolerate_lost_nodes(Pod& pod) const {
    // Both are asked about what the user gave, as upstream.
    const Value given = pod.spec.tolerations;
    for (const Value* wanted : {&not_ready_, &unreachable_})
        if (!tolerates(given, *wanted)) pod.spec.tolerations.push_back(*wanted);
}

}  // namespace model::api
