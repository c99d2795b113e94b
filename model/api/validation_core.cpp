// Rules of Namespace, Node, ResourceQuota and Event. Counterpart:
// pkg/apis/core/validation/{validation,events}.go. Left out: a node's CIDRs, addresses and
// configuration, the scopes of a quota.
#include <algorithm>
#include <set>

#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

constexpr std::size_t kEventTextMax = 128, kEventNoteMax = 1024;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> set) {
    return std::find(set.begin(), set.end(), name) != set.end();
}

bool is_standard_quota_resource(std::string_view name) {
    return is_one_of(name,
                     {"cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory",
                      "requests.storage", "requests.ephemeral-storage", "limits.cpu",
                      "limits.memory", "limits.ephemeral-storage", "pods", "resourcequotas",
                      "services", "replicationcontrollers", "secrets", "persistentvolumeclaims",
                      "configmaps", "services.nodeports", "services.loadbalancers"}) ||
           name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
}

void check_quota_resource(std::string_view name, const Path& at, Findings& f) {
    const std::size_t before = f.size();
    f.invalid_each(at, name, label_key_problems(name, f.wording));
    if (name.find('/') != std::string_view::npos) return;  // qualified: counts and classes
    const bool known = is_standard_quota_resource(name);
    if (f.size() == before && !known && name != "storage")
        f.invalid(at, shown(name), "must be a standard resource type or fully qualified");
    if (!known) f.invalid(at, shown(name), "must be a standard resource for quota");
}

void check_amounts(const ResourceList& list, const Path& at, Findings& f) {
    for (const auto& [name, q] : list.items) {
        check_quota_resource(name, at.key(name), f);
        check_quantity(name, q, at.key(name), f);
    }
}

Shown shown_taint(const Taint& t) {
    return Shown{"core.Taint{Key:" + in_quotes(t.key) + ", Value:" + in_quotes(t.value) +
                     ", Effect:" + in_quotes(t.effect) + ", TimeAdded:<nil>}",
                 "{\"Key\":" + in_quotes(t.key) + ",\"Value\":" + in_quotes(t.value) +
                     ",\"Effect\":" + in_quotes(t.effect) + ",\"TimeAdded\":null}"};
}

void check_taints(const List<Taint>& taints, const Path& at, Findings& f) {
    std::set<std::pair<std::string, std::string>> seen;
    for (std::size_t i = 0; i < taints.size(); ++i) {
        const Taint& t = taints[i];
        const Path here = at.index(i);
        check_label_key(t.key, here.child("key"), f);
        f.invalid_each(here.child("value"), t.value, label_value_problems(t.value, f.wording));
        if (t.effect.empty())
            f.required(here.child("effect"));
        else if (!is_one_of(t.effect, {"NoSchedule", "PreferNoSchedule", "NoExecute"}))
            f.unsupported(here.child("effect"), shown(t.effect.view()),
                          {"NoSchedule", "PreferNoSchedule", "NoExecute"});
        if (!seen.insert({t.effect.str(), t.key.str()}).second)
            f.duplicate(here, shown_taint(t), "taints must be unique by key and effect pair");
    }
}

void check_length(std::string_view text, std::size_t length_max, std::string_view field,
                  Findings& f) {
    if (text.size() > length_max)
        f.invalid(Path(field), shown(""),
                  "can have at most " + std::to_string(length_max) + " characters");
}

// Events with an eventTime are of the newer form, which asks for more.
void check_new_event(const Event& e, Findings& f) {
    const std::string_view about = e.involvedObject.ns, ns = e.metadata.ns;
    if (about.empty() && ns != "default" && ns != "kube-system")
        f.invalid(Path("involvedObject").child("namespace"), shown(about),
                  "does not match event.namespace");
    if (e.reportingComponent.empty()) f.required(Path("reportingComponent"));
    check_label_key(e.reportingComponent, Path("reportingComponent"), f);
    if (e.reportingInstance.empty()) f.required(Path("reportingInstance"));
    check_length(e.reportingInstance, kEventTextMax, "reportingInstance", f);
    if (e.action.empty()) f.required(Path("action"));
    check_length(e.action, kEventTextMax, "action", f);
    if (e.reason.empty()) f.required(Path("reason"));
    check_length(e.reason, kEventTextMax, "reason", f);
    check_length(e.message, kEventNoteMax, "message", f);
    // Only events.k8s.io asks for it; nobody writes series by the older API.
    const Value* count = e.series.find("count");
    if (!e.series.is_null() && (count ? count->as_int() : 0) < 2)
        f.invalid(Path("series.count"), shown(""), "should be at least 2");
}

}  // namespace

void check_namespace(const Namespace& ns, const Namespace* old, Subresource sub, Findings& f) {
    if (!old || sub != Subresource::Status)
        for (const Text& name : ns.spec.finalizers) {
            f.invalid_each(Path("spec").child("finalizers"), name,
                           label_key_problems(name, f.wording));
            check_finalizer(name, Path("spec").child("finalizers"), f);
        }
    if (!old || sub != Subresource::Status) return;
    const bool terminating = ns.metadata.terminating();
    if (terminating && ns.status.phase != "Terminating")
        f.invalid(Path("status").child("Phase"), shown(ns.status.phase.view()),
                  "may only be 'Terminating' if `deletionTimestamp` is not empty");
    if (!terminating && ns.status.phase != "Active")
        f.invalid(Path("status").child("Phase"), shown(ns.status.phase.view()),
                  "may only be 'Active' if `deletionTimestamp` is empty");
}

void check_node(const Node& node, const Node* old, Subresource sub, Findings& f) {
    // Upstream looks for the taints under metadata, and says so.
    if (!old || sub != Subresource::Status)
        check_taints(node.spec.taints, Path("metadata").child("taints"), f);
    for (const auto& [name, q] : node.status.capacity.items)
        check_quantity(name, q, Path("status").child("capacity").child(name), f);
    for (const auto& [name, q] : node.status.allocatable.items)
        check_quantity(name, q, Path("status").child("allocatable").child(name), f);
    if (old && !old->spec.providerID.empty() && node.spec.providerID != old->spec.providerID)
        f.forbidden(Path("spec").child("providerID"),
                    "node updates may not change providerID except from \"\" to valid");
}

void check_quota(const ResourceQuota& quota, const ResourceQuota* old, Subresource sub,
                 Findings& f) {
    if (old && sub == Subresource::Status && quota.metadata.resourceVersion == 0)
        f.required(Path("resourceVersion"));
    if (!old || sub != Subresource::Status)
        check_amounts(quota.spec.hard, Path("spec").child("hard"), f);
    if (old && sub != Subresource::Status) return;  // status was taken from the old version
    check_amounts(quota.status.hard, Path("status").child("hard"), f);
    check_amounts(quota.status.used, Path("status").child("used"), f);
}

void check_event(const Event& event, Findings& f) {
    const std::string_view about = event.involvedObject.ns, ns = event.metadata.ns;
    if (event.eventTime)
        check_new_event(event, f);
    else if (about.empty() ? !ns.empty() && ns != "default" : about != ns)
        f.invalid(Path("involvedObject").child("namespace"), shown(about),
                  "does not match event.namespace");
    check_subdomain(ns, Path("namespace"), f);
}

}  // namespace model::api
