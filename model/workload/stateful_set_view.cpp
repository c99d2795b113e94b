#include "model/workload/stateful_set_view.hpp"

#include "model/api/codec.hpp"
#include "model/api/validation.hpp"
#include "model/workload/owned_pods.hpp"

namespace model::workload {

namespace {

std::int64_t int_at(const api::Value& v, std::initializer_list<std::string_view> path,
                    std::int64_t otherwise) {
    const api::Value* found = v.at(path);
    return found && found->is_int() ? found->as_int() : otherwise;
}

std::string_view text_at(const api::Value& v, std::initializer_list<std::string_view> path) {
    const api::Value* found = v.at(path);
    return found ? found->as_string() : std::string_view();
}

// What the server fills into pods, but not into templates.
void drop_pod_defaults(api::Value& spec, const api::Value& given) {
    if (!given.find("enableServiceLinks")) spec.erase("enableServiceLinks");
    for (std::string_view list : {"containers", "initContainers"}) {
        const api::Value* before = given.find(list);
        if (!before) continue;
        for (std::size_t i = 0; i < before->as_list().size(); ++i) {
            const api::Value& container = before->as_list()[i];
            if (!container.at({"resources", "limits"})) continue;
            const api::Value* requests = container.at({"resources", "requests"});
            api::Value& now = spec[list].edit_list()[i]["resources"];
            now.erase("requests");
            if (requests) now["requests"] = *requests;
        }
    }
}

}  // namespace

StatefulSetView::StatefulSetView(const api::ObjectRef& set, const api::Scheme& scheme,
                                 const Profile& profile)
    : object(set) {
    const api::Value& all = set->extra;
    replicas = int_at(all, {"spec", "replicas"}, 1);
    if (profile.on(Gate::StatefulSetStartOrdinal))
        start = int_at(all, {"spec", "ordinals", "start"}, 0);
    min_ready_seconds = int_at(all, {"spec", "minReadySeconds"}, 0);
    history_limit = int_at(all, {"spec", "revisionHistoryLimit"}, 10);
    on_delete = text_at(all, {"spec", "updateStrategy", "type"}) == "OnDelete";
    // The server's default strategy has a partition of 0.
    has_rolling_update = !on_delete;
    partition = int_at(all, {"spec", "updateStrategy", "rollingUpdate", "partition"}, 0);
    parallel = text_at(all, {"spec", "podManagementPolicy"}) == "Parallel";
    if (profile.on(Gate::StatefulSetAutoDeletePVC)) {
        constexpr std::string_view kPolicy = "persistentVolumeClaimRetentionPolicy";
        deletes_when_scaled = text_at(all, {"spec", kPolicy, "whenScaled"}) == "Delete";
        deletes_when_deleted = text_at(all, {"spec", kPolicy, "whenDeleted"}) == "Delete";
    }
    if (const api::Value* s = all.at({"spec", "selector"})) selector = selector_of(*s);
    if (const api::Value* t = all.at({"spec", "template"}))
        pod_template = with_defaults(*t, scheme, profile);
    if (const api::Value* c = all.at({"spec", "volumeClaimTemplates"}))
        claim_templates = c->as_list();
    service = api::Text(text_at(all, {"spec", "serviceName"}));
    current_replicas = int_at(all, {"status", "currentReplicas"}, 0);
}

std::string StatefulSetView::pod_name(std::int64_t ordinal) const {
    return name().str() + "-" + std::to_string(ordinal);
}

std::string StatefulSetView::claim_name(const api::Value& claim_template,
                                        std::int64_t ordinal) const {
    return std::string(text_at(claim_template, {"metadata", "name"})) + "-" + pod_name(ordinal);
}

std::int64_t ordinal_of(const StatefulSetView& set, const api::Text& pod_name) {
    const std::string_view name = pod_name.view();
    const std::size_t length = set.name().size();
    if (name.size() < length + 2 || !name.starts_with(set.name().view()) || name[length] != '-')
        return -1;
    const std::string_view digits = name.substr(length + 1);
    if (digits.find_first_not_of("0123456789") != std::string_view::npos || digits.size() > 9)
        return -1;
    return std::stoll(std::string(digits));
}

api::Value with_defaults(const api::Value& pod_template, const api::Scheme& scheme,
                         const Profile& profile) {
    api::Value manifest;
    const api::Value* spec = pod_template.find("spec");
    if (!spec) return pod_template;
    manifest["spec"] = *spec;
    auto decoded = api::decode_as(api::Kind::Pod, manifest, scheme);
    if (!decoded) return pod_template;  // its pods will be refused, and say why
    api::set_defaults(*decoded.value(), profile);
    const api::Value encoded = api::encode(*decoded.value(), scheme);
    api::Value complete = pod_template;
    complete["spec"] = *encoded.find("spec");
    drop_pod_defaults(complete["spec"], *spec);
    return complete;
}

api::Value revision_data(const StatefulSetView& set, const Profile& profile) {
    api::Value data;
    api::Value& t = data["spec"]["template"];
    t = set.pod_template;
    t["$patch"] = "replace";
    // A time that was never set was written as null up to 1.33.
    if (profile.writes_null_times) t["metadata"]["creationTimestamp"] = api::Value();
    return data;
}

std::string revision_hash(const api::Value& data, std::int64_t collisions) {
    constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
    constexpr std::uint32_t kPrime = 16777619;
    std::uint32_t hash = 2166136261;
    for (char c : data.to_json() + std::to_string(collisions)) {
        hash *= kPrime;
        hash ^= static_cast<unsigned char>(c);
    }
    std::string text = std::to_string(hash);
    for (char& c : text) c = kLetters[static_cast<unsigned char>(c) % kLetters.size()];
    return text;
}

std::vector<api::Value> stateful_claims(const StatefulSetView& set, std::int64_t ordinal) {
    std::vector<api::Value> claims;
    for (const api::Value& t : set.claim_templates) {
        api::Value claim = t;
        claim["apiVersion"] = "v1";
        claim["kind"] = "PersistentVolumeClaim";
        claim["metadata"]["name"] = set.claim_name(t, ordinal);
        claim["metadata"]["namespace"] = set.object->metadata.ns;
        for (const auto& label : set.selector.matchLabels)
            claim["metadata"]["labels"][label.first] = label.second;
        claim.erase("status");
        claims.push_back(std::move(claim));
    }
    return claims;
}

api::Value stateful_pod(const StatefulSetView& set, const api::Value& pod_template,
                        std::int64_t ordinal, const api::Text& revision, const api::Scheme& scheme,
                        const Profile& profile) {
    api::Value pod = pod_from_template(pod_template, *set.object, scheme.info(set.object->kind));
    const std::string name = set.pod_name(ordinal);
    api::Value& meta = pod["metadata"];
    meta["name"] = name;
    meta["labels"]["statefulset.kubernetes.io/pod-name"] = name;
    if (profile.on(Gate::PodIndexLabel))
        meta["labels"]["apps.kubernetes.io/pod-index"] = std::to_string(ordinal);
    meta["labels"]["controller-revision-hash"] = revision;
    pod["spec"]["hostname"] = name;
    if (!set.service.empty()) pod["spec"]["subdomain"] = set.service;
    api::Value volumes = api::Value::list();
    for (const api::Value& t : set.claim_templates) {
        api::Value volume;
        volume["name"] = text_at(t, {"metadata", "name"});
        volume["persistentVolumeClaim"]["claimName"] = set.claim_name(t, ordinal);
        volumes.push_back(std::move(volume));
    }
    const api::Value* given = pod.at({"spec", "volumes"});
    for (const api::Value& v : given ? given->as_list() : api::Value::List()) {
        bool replaced = false;
        for (const api::Value& t : set.claim_templates)
            replaced = replaced || text_at(t, {"metadata", "name"}) == text_at(v, {"name"});
        if (!replaced) volumes.push_back(v);
    }
    if (!volumes.is_empty()) pod["spec"]["volumes"] = std::move(volumes);
    return pod;
}

}  // namespace model::workload
