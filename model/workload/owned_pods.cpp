#include "model/workload/owned_pods.hpp"

#include <algorithm>

#include "model/workload/node_conditions.hpp"

namespace model::workload {

namespace {

void insert_key(std::vector<api::Key>& keys, const api::Key& key) {
    const auto place = std::lower_bound(keys.begin(), keys.end(), key);
    if (place == keys.end() || *place != key) keys.insert(place, key);
}

void erase_key(std::map<api::Text, std::vector<api::Key>>& map, const api::Text& under,
               const api::Key& key) {
    const auto it = map.find(under);
    if (it == map.end()) return;
    std::erase(it->second, key);
    if (it->second.empty()) map.erase(it);
}

api::Value ownership_patch(const api::Pod& pod, api::Value owner) {
    api::Value body;
    body["metadata"]["ownerReferences"].push_back(std::move(owner));
    body["metadata"]["uid"] = pod.metadata.uid;
    return body;
}

sim::Task<api::Status> patch_owner(control::Client& client, api::Ref<api::Pod> pod,
                                   api::Value body) {
    auto patching = client.patch<api::Pod>(pod->key(), std::move(body), api::PatchType::Strategic);
    api::Result<api::Ref<api::Pod>> patched = co_await std::move(patching);
    if (patched.ok() || patched.error().is(api::Reason::NotFound)) co_return api::Status();
    co_return patched.error();
}

sim::Task<api::Status> may_adopt(control::Client& client, api::ObjectRef owner) {
    api::Request get;
    get.verb = Verb::Get;
    get.kind = owner->kind;
    get.key = owner->key();
    auto getting = client.call(std::move(get));
    api::Response live = co_await std::move(getting);
    if (!live.status.ok()) co_return live.status;
    const bool same = live.object->metadata.uid == owner->metadata.uid;
    if (same && !live.object->metadata.terminating()) co_return api::Status();
    co_return api::Status(409, api::Reason::Conflict, "can't adopt: the owner is going or gone");
}

}  // namespace

const api::OwnerReference* controller_of(const api::ObjectMeta& meta) {
    for (const api::OwnerReference& owner : meta.ownerReferences)
        if (owner.controller.value_or(false)) return &owner;
    return nullptr;
}

api::OwnerReference controller_ref(const api::Object& owner, const api::KindInfo& info) {
    api::OwnerReference ref;
    ref.apiVersion = info.apiVersion;
    ref.kind = info.kind;
    ref.name = owner.metadata.name;
    ref.uid = owner.metadata.uid;
    ref.controller = true;
    ref.blockOwnerDeletion = true;
    return ref;
}

api::Value to_value(const api::OwnerReference& owner) {
    api::Value v = api::Value::map({{"apiVersion", api::Value(owner.apiVersion)},
                                    {"kind", api::Value(owner.kind)},
                                    {"name", api::Value(owner.name)},
                                    {"uid", api::Value(owner.uid)}});
    if (owner.controller) v["controller"] = *owner.controller;
    if (owner.blockOwnerDeletion) v["blockOwnerDeletion"] = *owner.blockOwnerDeletion;
    return v;
}

api::ObjectRef owner_in(const control::Informer& owners, std::string_view kind,
                        const api::ObjectRef& pod) {
    const api::OwnerReference* named = pod ? controller_of(pod->metadata) : nullptr;
    if (!named || named->kind != kind) return {};
    const api::ObjectRef owner = owners.get(api::Key(pod->metadata.ns, named->name));
    return owner && owner->metadata.uid == named->uid ? owner : api::ObjectRef();
}

void queue_who_may_adopt(const control::Informer& owners, control::WorkQueue& queue,
                         const api::ObjectRef& before, const api::ObjectRef& after) {
    if (!after || controller_of(after->metadata)) return;
    if (before && before->metadata.labels == after->metadata.labels &&
        !controller_of(before->metadata))
        return;
    owners.for_each([&](const api::ObjectRef& o) {
        const api::Value* selector = o->extra.at({"spec", "selector"});
        if (!selector || o->metadata.ns != after->metadata.ns) return;
        const auto match = api::matches(selector_of(*selector), after->metadata.labels);
        if (match.ok() && *match) queue.add(o->key());
    });
}

sim::Time next_due(const control::Informer& owners, const control::WorkQueue& queue) {
    sim::Time next = sim::kNever;
    owners.for_each([&](const api::ObjectRef& o) { next = std::min(next, queue.due(o->key())); });
    return next;
}

void settle(control::WorkQueue& queue, const api::Key& key, const api::Status& status) {
    if (status.ok()) {
        queue.forget(key);
    } else {
        queue.add_rate_limited(key);
    }
}

api::LabelSelector selector_of(const api::Value& selector) {
    api::LabelSelector out;
    if (const api::Value* labels = selector.find("matchLabels"))
        for (const auto& member : labels->as_map())
            out.matchLabels.set(member.first, member.second.as_text());
    const api::Value* expressions = selector.find("matchExpressions");
    for (const api::Value& e : expressions ? expressions->as_list() : api::Value::List()) {
        api::SelectorRequirement r;
        if (const api::Value* key = e.find("key")) r.key = key->as_text();
        if (const api::Value* op = e.find("operator")) r.op = op->as_text();
        if (const api::Value* values = e.find("values"))
            for (const api::Value& v : values->as_list()) r.values.push_back(v.as_text());
        out.matchExpressions.push_back(std::move(r));
    }
    return out;
}

bool is_active(const api::Pod& pod) {
    return !pod.metadata.terminating() && pod.status.phase != "Succeeded" &&
           pod.status.phase != "Failed";
}

bool is_running_and_ready(const api::Pod& pod) {
    return pod.status.phase == "Running" && is_ready(pod);
}

bool is_available(const api::Pod& pod, std::int64_t min_ready_seconds, api::Timestamp now) {
    const api::Condition* ready = find_condition(pod.status.conditions, "Ready");
    if (!ready || ready->status != "True") return false;
    if (min_ready_seconds == 0) return true;
    return ready->lastTransitionTime &&
           ready->lastTransitionTime->unix_seconds + min_ready_seconds < now.unix_seconds;
}

api::Value pod_from_template(const api::Value& pod_template, const api::Object& owner,
                             const api::KindInfo& info) {
    api::Value pod;
    pod["apiVersion"] = "v1";
    pod["kind"] = "Pod";
    for (std::string_view part : {"labels", "annotations", "finalizers"})
        if (const api::Value* given = pod_template.at({"metadata", part}))
            pod["metadata"][part] = *given;
    pod["metadata"]["generateName"] = owner.metadata.name.str() + "-";
    pod["metadata"]["namespace"] = owner.metadata.ns;
    pod["metadata"]["ownerReferences"].push_back(to_value(controller_ref(owner, info)));
    if (const api::Value* spec = pod_template.find("spec")) pod["spec"] = *spec;
    return pod;
}

PodsOfOwners::PodsOfOwners(control::Informer& pods) : pods_(pods) {
    pods.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        const api::Key key = (after ? after : before)->key();
        if (before) {
            const api::OwnerReference* old = controller_of(before->metadata);
            const api::OwnerReference* now = after ? controller_of(after->metadata) : nullptr;
            if (after && ((!old && !now) || (old && now && old->uid == now->uid))) return;
            if (old) {
                erase_key(by_owner_, old->uid, key);
            } else {
                erase_key(orphans_, key.ns, key);
            }
        }
        if (!after) return;
        const api::OwnerReference* owner = controller_of(after->metadata);
        insert_key(owner ? by_owner_[owner->uid] : orphans_[key.ns], key);
    });
}

std::vector<api::Ref<api::Pod>> PodsOfOwners::find(const std::vector<api::Key>& keys) const {
    std::vector<api::Ref<api::Pod>> pods;
    for (const api::Key& key : keys)
        if (api::Ref<api::Pod> pod = pods_.get<api::Pod>(key)) pods.push_back(std::move(pod));
    return pods;
}

std::vector<api::Ref<api::Pod>> PodsOfOwners::of(const api::Text& uid) const {
    const auto it = by_owner_.find(uid);
    return it == by_owner_.end() ? std::vector<api::Ref<api::Pod>>() : find(it->second);
}

std::vector<api::Ref<api::Pod>> PodsOfOwners::orphans(const api::Text& ns) const {
    const auto it = orphans_.find(ns);
    return it == orphans_.end() ? std::vector<api::Ref<api::Pod>>() : find(it->second);
}

sim::Task<Claimed> claim_pods(control::Client& client, const PodsOfOwners& index, Claiming how) {
    Claimed claimed;
    const auto fits = [&how](const api::Pod& pod) {
        const api::Result<bool> match = api::matches(how.selector, pod.metadata.labels);
        return match.ok() && *match && (!how.may_belong || how.may_belong(pod));
    };
    const bool going = how.owner->metadata.terminating();
    for (const api::Ref<api::Pod>& pod : index.of(how.owner->metadata.uid)) {
        if (fits(*pod)) {
            claimed.pods.push_back(pod);
            continue;
        }
        if (going) continue;
        api::Value stranger;
        stranger["$patch"] = "delete";
        stranger["uid"] = how.owner->metadata.uid;
        auto releasing = patch_owner(client, pod, ownership_patch(*pod, std::move(stranger)));
        api::Status released = co_await std::move(releasing);
        if (!released.ok() && claimed.status.ok()) claimed.status = released;
    }
    bool asked = false;
    for (const api::Ref<api::Pod>& pod : index.orphans(how.owner->metadata.ns)) {
        if (going || pod->metadata.terminating() || !fits(*pod)) continue;
        if (!asked) {
            auto asking = may_adopt(client, how.owner);
            api::Status may = co_await std::move(asking);
            if (!may.ok()) {
                claimed.status = may;
                co_return claimed;
            }
            asked = true;
        }
        const api::KindInfo& info = client.server().scheme().info(how.owner->kind);
        auto adopting = patch_owner(
            client, pod, ownership_patch(*pod, to_value(controller_ref(*how.owner, info))));
        api::Status adopted = co_await std::move(adopting);
        if (adopted.ok()) claimed.pods.push_back(pod);
        if (!adopted.ok() && claimed.status.ok()) claimed.status = adopted;
    }
    std::sort(claimed.pods.begin(), claimed.pods.end(),
              [](const api::Ref<api::Pod>& a, const api::Ref<api::Pod>& b) {
                  return a->key() < b->key();
              });
    co_return claimed;
}

}  // namespace model::workload
