#include "tools/cli/object_name.hpp"

#include <algorithm>

#include "scenarios/diagnostic.hpp"

namespace cli {

namespace {

constexpr std::pair<std::string_view, std::string_view> kShortNames[] = {
    {"pv", "PersistentVolume"},
    {"pvc", "PersistentVolumeClaim"},
    {"sc", "StorageClass"},
    {"ns", "Namespace"},
    {"po", "Pod"},
    {"no", "Node"},
    {"ev", "Event"},
    {"va", "VolumeAttachment"},
    {"quota", "ResourceQuota"},
    {"sts", "StatefulSet"},
    {"deploy", "Deployment"},
    {"rs", "ReplicaSet"},
    {"vac", "VolumeAttributesClass"}};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    });
    return out;
}

const model::api::KindInfo* find_kind(const std::string& word, const model::api::Scheme& scheme) {
    std::string wanted = lower(word);
    for (const auto& [abbreviation, kind] : kShortNames)
        if (wanted == abbreviation) wanted = lower(kind);
    for (std::size_t k = 0; k < scheme.size(); ++k) {
        const model::api::KindInfo& info = scheme.info(static_cast<model::api::Kind>(k));
        if (lower(info.kind) == wanted || lower(info.resource) == wanted) return &info;
    }
    return nullptr;
}

std::string nearest_kind(const std::string& word, const model::api::Scheme& scheme) {
    std::vector<std::string> known;
    for (const auto& [abbreviation, kind] : kShortNames) known.emplace_back(abbreviation);
    for (std::size_t k = 0; k < scheme.size(); ++k)
        known.push_back(scheme.info(static_cast<model::api::Kind>(k)).kind);
    const std::string near = scenarios::nearest(word, known);
    return near.empty() ? "" : " (nearest known: " + near + ")";
}

}  // namespace

ObjectName parse_object_name(const std::string& text, const model::api::Scheme& scheme) {
    ObjectName name;
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        name.error = "\"" + text + "\" is no KIND/NAME such as pvc/data";
        return name;
    }
    const std::string kind = text.substr(0, slash);
    const model::api::KindInfo* info = find_kind(kind, scheme);
    if (!info) {
        name.error = "unknown kind " + kind + nearest_kind(kind, scheme);
        return name;
    }
    name.kind = info->id;
    const std::string rest = text.substr(slash + 1);
    const std::size_t inner = rest.find('/');
    if (inner == std::string::npos) {
        name.key = model::api::Key(info->namespaced ? "default" : "", rest);
    } else if (info->namespaced) {
        name.key = model::api::Key(rest.substr(0, inner), rest.substr(inner + 1));
    } else {
        name.error = info->kind + " has no namespace: write " + kind + "/NAME";
    }
    return name;
}

}  // namespace cli
