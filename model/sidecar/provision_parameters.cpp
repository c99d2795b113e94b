#include "model/sidecar/provision_parameters.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "model/api/constants.hpp"
#include "model/api/names.hpp"
#include "model/api/value.hpp"

namespace model::sidecar {

namespace {

constexpr std::string_view kPrefix = "csi.storage.k8s.io/";
constexpr std::string_view kFsType = "csi.storage.k8s.io/fstype";

// The word in keys, the word in messages, and the keys of old.
struct SecretKeys {
    std::string_view key, name, old_name_key, old_namespace_key;
};
constexpr std::array<SecretKeys, 7> kSecrets = {{
    {"provisioner-", "Provisioner", "csiProvisionerSecretName", "csiProvisionerSecretNamespace"},
    {"controller-publish-", "ControllerPublish", "csiControllerPublishSecretName",
     "csiControllerPublishSecretNamespace"},
    {"node-stage-", "NodeStage", "csiNodeStageSecretName", "csiNodeStageSecretNamespace"},
    {"node-publish-", "NodePublish", "csiNodePublishSecretName", "csiNodePublishSecretNamespace"},
    {"controller-expand-", "ControllerExpand", "", ""},
    {"node-expand-", "NodeExpand", "", ""},
    {"controller-modify-", "ControllerModify", "", ""},
}};
constexpr SecretKeys kDefaultSecret = {"", "Default", "", ""};

std::string name_key(const SecretKeys& s) {
    return std::string(kPrefix) + std::string(s.key) + "secret-name";
}
std::string namespace_key(const SecretKeys& s) {
    return std::string(kPrefix) + std::string(s.key) + "secret-namespace";
}

std::string in_quotes(std::string_view text) { return api::Value(text).to_json(); }

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

struct Templates {
    std::string name, ns;
    bool empty() const { return name.empty() && ns.empty(); }
};

api::Result<Templates> templates_of(const SecretKeys& s, const api::TextMap& parameters) {
    int names = 0, namespaces = 0;
    Templates found;
    const auto take = [&parameters](std::string_view key, std::string& into, int& count) {
        const api::Text* value = key.empty() ? nullptr : parameters.find(key);
        if (!value) return;
        into = value->str();
        ++count;
    };
    take(s.old_name_key, found.name, names);
    take(s.old_namespace_key, found.ns, namespaces);
    take(name_key(s), found.name, names);
    take(namespace_key(s), found.ns, namespaces);
    const std::string what = std::string(s.name);
    if (names > 1 || namespaces > 1)
        return failed(what + " secrets specified in parameters with both \"csi\" and \"" +
                      std::string(kPrefix) + "\" keys");
    if (names != namespaces)
        return failed("either name and namespace for " + what +
                      " secrets specified, Both must be specified");
    if (names == 1 && (found.name.empty() || found.ns.empty()))
        return failed(what +
                      " secrets specified in parameters but value of either namespace or name is "
                      "empty");
    return found;
}

using Tokens = std::map<std::string, std::string>;

// ${token} replaced; what is not known is told.
api::Result<std::string> resolve(const std::string& text, const Tokens& tokens) {
    std::string result;
    std::set<std::string> missing;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t end = text.compare(i, 2, "${") == 0 ? text.find('}', i) : text.npos;
        if (end == text.npos) {
            result += text[i];
            continue;
        }
        const std::string token = text.substr(i + 2, end - i - 2);
        const auto known = tokens.find(token);
        if (known == tokens.end()) {
            missing.insert(token);
        } else {
            result += known->second;
        }
        i = end;
    }
    std::string list;
    for (const std::string& token : missing) list += (list.empty() ? "" : " ") + in_quotes(token);
    if (!missing.empty())
        return failed("error resolving value " + in_quotes(text) + ": invalid tokens: [" + list +
                      "]");
    return result;
}

api::Result<std::string> checked(const std::string& text, const Tokens& tokens,
                                 bool (*is_valid)(std::string_view), std::string_view what) {
    api::Result<std::string> resolved = resolve(text, tokens);
    if (!resolved || is_valid(*resolved)) return resolved;
    if (*resolved != text)
        return failed(in_quotes(text) + " resolved to " + in_quotes(*resolved) +
                      " which is not a valid " + std::string(what) + " name");
    return failed(in_quotes(text) + " is not a valid " + std::string(what) + " name");
}

bool is_known_prefixed(std::string_view key) {
    if (key == kFsType || key == name_key(kDefaultSecret) || key == namespace_key(kDefaultSecret))
        return true;
    return std::any_of(kSecrets.begin(), kSecrets.end(), [key](const SecretKeys& s) {
        return key == name_key(s) || key == namespace_key(s);
    });
}

}  // namespace

api::Status failed(std::string message) {
    return api::Status(500, api::Reason::InternalError, std::move(message));
}

bool is_block(const PVC& claim) {
    return claim.spec.volumeMode && *claim.spec.volumeMode == "Block";
}

std::string volume_name(const ProvisionerOptions& options, const api::Text& claim_uid) {
    std::string uid = claim_uid.str();
    if (options.volume_name_uuid_length >= 0) {
        std::erase(uid, '-');
        uid = uid.substr(0, static_cast<std::size_t>(options.volume_name_uuid_length));
    }
    return options.volume_name_prefix + "-" + uid;
}

api::Result<std::string> fs_type(const api::TextMap& parameters, const std::string& otherwise) {
    int found = 0;
    std::string type;
    for (const api::TextMap::Member& m : parameters) {
        if (lower(m.first) != "fstype" && m.first != kFsType) continue;
        type = m.second.str();
        ++found;
    }
    if (found > 1)
        return failed("fstype specified in parameters with both \"fstype\" and \"" +
                      std::string(kFsType) + "\" keys");
    return type.empty() ? otherwise : type;
}

csi::AccessMode access_mode(std::string_view mode, bool single_node_multi_writer) {
    using csi::AccessMode;
    if (mode == api::mode::kReadWriteMany) return AccessMode::MultiNodeMultiWriter;
    if (mode == api::mode::kReadOnlyMany) return AccessMode::MultiNodeReaderOnly;
    if (!single_node_multi_writer) return AccessMode::SingleNodeWriter;
    return mode == api::mode::kReadWriteOncePod ? AccessMode::SingleNodeSingleWriter
                                                : AccessMode::SingleNodeMultiWriter;
}

std::vector<csi::VolumeCapability> capabilities_of(const PVC& claim, const api::StorageClass& cls,
                                                   const std::string& fs_type,
                                                   bool single_node_multi_writer) {
    std::vector<csi::VolumeCapability> all;
    for (const api::Text& mode : claim.spec.accessModes) {
        csi::VolumeCapability c;
        c.access_mode = access_mode(mode, single_node_multi_writer);
        c.block = is_block(claim);
        if (!c.block) {
            c.fs_type = fs_type;
            c.mount_flags.assign(cls.mountOptions.begin(), cls.mountOptions.end());
        }
        all.push_back(std::move(c));
    }
    return all;
}

api::Result<api::TextMap> without_prefixed(const api::TextMap& parameters) {
    api::TextMap rest;
    for (const api::TextMap::Member& m : parameters) {
        if (!m.first.view().starts_with(kPrefix)) {
            rest.set(m.first, m.second);
        } else if (!is_known_prefixed(m.first)) {
            return failed("found unknown parameter key \"" + m.first.str() +
                          "\" with reserved namespace " + std::string(kPrefix));
        }
    }
    return rest;
}

api::Result<std::optional<api::SecretReference>> secret_of(SecretUse use,
                                                           const api::TextMap& parameters,
                                                           const std::string& volume_name,
                                                           const PVC* claim) {
    api::Result<Templates> templates =
        templates_of(kSecrets[static_cast<std::size_t>(use)], parameters);
    if (!templates)
        return failed("failed to get name and namespace template from params: " +
                      templates.error().message.str());
    if (templates->empty()) {
        templates = templates_of(kDefaultSecret, parameters);
        if (!templates)
            return failed("failed to get default name and namespace template from params: " +
                          templates.error().message.str());
    }
    if (templates->empty()) return std::optional<api::SecretReference>();
    Tokens tokens = {{"pv.name", volume_name}};
    if (claim) tokens["pvc.namespace"] = claim->metadata.ns.str();
    const auto ns = checked(templates->ns, tokens, api::is_dns_label, "namespace");
    if (!ns) return ns.error();
    if (claim) {
        tokens["pvc.name"] = claim->metadata.name.str();
        for (const api::TextMap::Member& m : claim->metadata.annotations)
            tokens["pvc.annotations['" + m.first.str() + "']"] = m.second.str();
    }
    const auto name = checked(templates->name, tokens, api::is_dns_subdomain, "secret");
    if (!name) return name.error();
    api::SecretReference reference;
    reference.name = *name;
    reference.ns = *ns;
    return std::optional(reference);
}

}  // namespace model::sidecar
