// The binding subresource of pods: the one way in which a pod gets its node after its creation.
// Counterpart: pkg/registry/core/pod/storage BindingREST, and the admission plugin
// podtopologylabels. Left out: a binding's resourceVersion as a precondition, and bindings posted
// to a namespace's own collection.
#include "model/api/server.hpp"

namespace model::api {

namespace {

Response refused(Status status) {
    Response r;
    r.status = std::move(status);
    return r;
}

Status binding_conflict(const Text& pod, const std::string& why) {
    return Status::conflict("pods/binding", pod, why);
}

std::string_view string_at(const Value& v, std::initializer_list<std::string_view> path) {
    const Value* found = v.at(path);
    return found ? found->as_string() : std::string_view();
}

// What the binding itself lacks: upstream's list of field errors, which comes without a status of
// its own and so as an internal error.
std::string problems(const Value& binding) {
    const std::string_view kind = string_at(binding, {"target", "kind"});
    if (!kind.empty() && kind != "Node")
        return "target.kind: Unsupported value: \"" + std::string(kind) +
               "\": supported values: \"Node\", \"<empty>\"";
    if (string_at(binding, {"target", "name"}).empty()) return "target.name: Required value";
    return {};
}

// Why this pod takes no node; "" where it does.
std::string refusal(const Pod& pod) {
    const std::string name = pod.metadata.name.str();
    if (pod.metadata.terminating())
        return "pod " + name + " is being deleted, cannot be assigned to a host";
    if (!pod.spec.nodeName.empty())
        return "pod " + name + " is already assigned to node \"" + pod.spec.nodeName.str() + "\"";
    const Value* gates = pod.spec.extra.find("schedulingGates");
    if (gates && !gates->as_list().empty())
        return "pod " + name + " has non-empty .spec.schedulingGates";
    return {};
}

// PodScheduled=True; its time stays where it was true before.
void set_scheduled(PodStatus& status, Timestamp now) {
    Condition scheduled;
    scheduled.type = "PodScheduled";
    scheduled.status = "True";
    scheduled.lastTransitionTime = now;
    for (std::size_t i = 0; i < status.conditions.size(); ++i) {
        if (std::as_const(status.conditions)[i].type != "PodScheduled") continue;
        Condition& known = status.conditions[i];
        if (known.status == "True") scheduled.lastTransitionTime = known.lastTransitionTime;
        known = std::move(scheduled);
        return;
    }
    status.conditions.push_back(std::move(scheduled));
}

}  // namespace

Response Server::bind_pod(const Request& r, const Text& by) {
    const Text& name = r.key.name;
    if (string_at(r.manifest, {"metadata", "name"}) != name)
        return refused(Status::bad_request("name in URL does not match name in Binding object"));
    if (const std::string wrong = problems(r.manifest); !wrong.empty())
        return refused(Status(500, Reason::InternalError, wrong));
    const Ref<Pod> old = as<Pod>(find(Kind::Pod, r.key));
    if (!old) return refused(Status::not_found("pods", name));
    const std::string_view uid = string_at(r.manifest, {"metadata", "uid"});
    if (!uid.empty() && uid != old->metadata.uid)
        return refused(
            binding_conflict(name, "Precondition failed: UID in precondition: " + std::string(uid) +
                                       ", UID in object meta: " + old->metadata.uid.str()));
    if (const std::string why = refusal(*old); !why.empty())
        return refused(binding_conflict(name, why));

    auto pod = std::make_unique<Pod>(*old);
    pod->spec.nodeName = Text(string_at(r.manifest, {"target", "name"}));
    if (options_.profile.on(Gate::ClearingNominatedNodeNameAfterBinding))
        pod->status.nominatedNodeName = Text();
    if (options_.profile.on(Gate::PodTopologyLabelsAdmission)) add_topology_labels(*pod, *this);
    if (const Value* given = r.manifest.at({"metadata", "annotations"}))
        for (const Value::Member& m : given->as_map())
            pod->metadata.annotations.set(m.first, m.second.as_text());
    set_scheduled(pod->status, wall_clock());
    if (scheme_.info(Kind::Pod).has_generation) ++pod->metadata.generation;
    Response answer;
    answer.object = commit(Change::Modified, std::move(pod), old, r, by);
    answer.status.code = 201;
    return answer;
}

}  // namespace model::api
