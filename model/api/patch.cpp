#include "model/api/patch.hpp"

#include "model/api/patch_apply.hpp"

namespace model::api {

namespace {

// A copy without members that are null, at any depth: nulls in a patch delete, they are never
// stored. Lists are kept.
Value without_nulls(const Value& v) {
    if (!v.is_map()) return v;
    Value::Map kept;
    for (const auto& [key, member] : v.as_map()) {
        if (!member.is_null()) kept.emplace_back(key, without_nulls(member));
    }
    Value out;
    out.edit_map() = std::move(kept);
    return out;
}

void merge_into(Value& target, const Value& patch) {
    for (const auto& [key, change] : patch.as_map()) {
        if (change.is_null()) {
            target.erase(key);
        } else if (Value* old = change.is_map() ? target.edit(key) : nullptr;
                   old && old->is_map()) {
            merge_into(*old, change);
        } else {
            target[key] = without_nulls(change);
        }
    }
}

Status wrong_shape(const Value& patch, std::string_view prefix, std::string_view wanted) {
    std::string message(prefix);
    message += "json: cannot unmarshal ";
    message += Value::type_name(patch.type());
    message += " into Go value of type ";
    message += wanted;
    return Status::bad_request(message);
}

// Members of custom resources have no merge keys, so the API refuses strategic patches of them.
bool is_custom(const Value& target) {
    const Value* version = target.find("apiVersion");
    if (!version) return false;
    const std::string_view text = version->as_string();
    const std::string_view group = text.substr(0, std::min(text.find('/'), text.size()));
    if (text.find('/') == text.npos || group.find('.') == group.npos) return false;
    constexpr std::string_view kBuiltIn[] = {"admissionregistration.k8s.io",
                                             "apiextensions.k8s.io",
                                             "apiregistration.k8s.io",
                                             "authentication.k8s.io",
                                             "authorization.k8s.io",
                                             "certificates.k8s.io",
                                             "coordination.k8s.io",
                                             "discovery.k8s.io",
                                             "events.k8s.io",
                                             "flowcontrol.apiserver.k8s.io",
                                             "networking.k8s.io",
                                             "node.k8s.io",
                                             "rbac.authorization.k8s.io",
                                             "resource.k8s.io",
                                             "scheduling.k8s.io",
                                             "storage.k8s.io",
                                             "storagemigration.k8s.io",
                                             "internal.apiserver.k8s.io"};
    for (std::string_view known : kBuiltIn) {
        if (group == known) return false;
    }
    return true;
}

}  // namespace

Status patching::not_applicable() {
    return Status(422, Reason::Invalid,
                  "the server rejected our request due to an error in our request");
}

std::string_view to_string(PatchType t) {
    switch (t) {
        case PatchType::Merge:
            return "merge";
        case PatchType::Json:
            return "json";
        case PatchType::Strategic:
            return "strategic";
    }
    return "";
}

std::optional<PatchType> parse_patch_type(std::string_view text) {
    for (PatchType t : {PatchType::Merge, PatchType::Json, PatchType::Strategic}) {
        if (to_string(t) == text) return t;
    }
    return std::nullopt;
}

Result<Value> apply_patch(PatchType type, const Value& target, const Value& patch, Kind kind) {
    constexpr std::string_view kGoMap = "map[string]interface {}";
    switch (type) {
        case PatchType::Merge: {
            if (!patch.is_map()) return wrong_shape(patch, "error decoding patch: ", kGoMap);
            Value result = target;
            merge_into(result, patch);
            return result;
        }
        case PatchType::Json:
            if (!patch.is_list())
                return wrong_shape(patch, "error decoding patch: ", "[]handlers.jsonPatchOp");
            return patching::apply_json(target, patch);
        case PatchType::Strategic:
            if (is_custom(target)) {
                return Status(415, Reason::UnsupportedMedia,
                              "the body of the request was in an unknown format - accepted media "
                              "types include: "
                              "application/json-patch+json, application/merge-patch+json, "
                              "application/apply-patch+yaml");
            }
            if (!patch.is_map()) return wrong_shape(patch, "", kGoMap);
            return patching::apply_strategic(target, patch, kind);
    }
    return target;
}

Value merge_patch_between(const Value& from, const Value& to) {
    Value patch = Value::map();
    for (const auto& [key, old] : from.as_map()) {
        if (!to.find(key)) patch[key] = Value();
    }
    for (const auto& [key, wanted] : to.as_map()) {
        const Value* old = from.find(key);
        if (old && *old == wanted) continue;
        if (old && old->is_map() && wanted.is_map()) {
            patch[key] = merge_patch_between(*old, wanted);
        } else {
            patch[key] = wanted;
        }
    }
    return patch;
}

}  // namespace model::api
