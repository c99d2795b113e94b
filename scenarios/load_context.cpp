#include "scenarios/load_context.hpp"

#include <algorithm>
#include <filesystem>

#include "model/api/codec.hpp"
#include "scenarios/uid_text.hpp"

namespace scenarios {

using model::api::Kind;
using model::api::KindInfo;

LoadContext::LoadContext(std::string name) : file(std::move(name)) {}

void LoadContext::check_driver(const Place& place, const std::string& name) {
    if (drivers.empty()) return error(place, "there is no driver in spec.cluster.drivers");
    if (name.empty()) {
        if (drivers.size() > 1) error(place, "there are several drivers: say which by \"driver\"");
        return;
    }
    if (std::find(drivers.begin(), drivers.end(), name) == drivers.end())
        error(place, unknown("driver", name, "spec.cluster.drivers", drivers));
}

void LoadContext::warn(const Place& place, std::string message) {
    if (!again) warnings.push_back({place, std::move(message), true});
}

const std::string& LoadContext::keep(std::string name) {
    auto found = std::find(files_.begin(), files_.end(), name);
    if (found != files_.end()) return *found;
    files_.push_back(std::move(name));
    return files_.back();
}

std::string LoadContext::resolve(const std::string& name) const {
    const std::filesystem::path path(name);
    if (path.is_absolute()) return name;
    return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
}

const KindInfo* LoadContext::kind(const Node& node, const std::string& apiVersion) {
    if (!apiVersion.empty()) return &scheme.info(scheme.resolve(apiVersion, node.text));
    if (const KindInfo* known = scheme.find(node.text)) return known;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        names.push_back(scheme.info(static_cast<Kind>(i)).kind);
    const std::string near = nearest(node.text, names);
    std::string message = "unknown kind " + Value(node.text).to_json();
    if (!near.empty()) message += " (nearest known: \"" + near + "\")";
    error(node.place(), message + "; a custom resource needs its apiVersion");
    return nullptr;
}

namespace {

// Kinds that the model reads as plain values.
constexpr std::string_view kRead[] = {
    "ControllerRevision", "DaemonSet",           "Deployment",           "Job",    "LimitRange",
    "ReplicaSet",         "PriorityClass",       "PodDisruptionBudget",  "Secret", "StatefulSet",
    "VolumeSnapshot",     "VolumeSnapshotClass", "VolumeSnapshotContent"};

bool is_read(const std::string& kind) {
    return std::find(std::begin(kRead), std::end(kRead), kind) != std::end(kRead);
}

}  // namespace

void LoadContext::note_kind(const KindInfo& info, const Place& place) {
    if (info.typed || is_read(info.kind)) return;
    if (!noted_kinds_.insert(info.apiVersion + "/" + info.kind).second) return;
    warn(place, info.kind + " objects are stored as they are; nothing acts on them");
}

const std::vector<std::string>& LoadContext::field_names(Kind kind, const std::string& path) {
    auto [at, fresh] = fields_.try_emplace({kind, path});
    if (fresh) at->second = model::api::field_names(kind, path);
    return at->second;
}

void LoadContext::check_fields(const Node& node, Kind kind, const std::string& path,
                               const std::set<std::string>& also) {
    if (again) return;
    for (const Node& item : node.items) check_fields(item, kind, path);
    if (!node.is_map()) return;
    const std::vector<std::string>& names = field_names(kind, path);
    if (names.empty()) return;
    for (const Member& m : node.members) {
        const bool known = std::find(names.begin(), names.end(), m.key) != names.end();
        if (known) {
            check_fields(m.value, kind, path.empty() ? m.key : path + "." + m.key);
            continue;
        }
        if (also.contains(m.key)) continue;
        // A slip of the pen is refused; a field that the model has never heard of is kept as it is.
        const std::string where =
            path.empty() ? scheme.info(kind).kind : path + " of " + scheme.info(kind).kind;
        const std::string near = nearest(m.key, names);
        const bool slip = !near.empty() && m.key.size() > 3 && edit_distance(m.key, near) <= 2;
        const std::string message = unknown("key", m.key, where, names);
        if (slip) {
            error(m.place(), message);
        } else {
            warn(m.place(), message);
        }
    }
}

void LoadContext::check_uids(const Node& node) {
    if (node.is_string()) {
        if (auto problem = uid_references(node.text).problem) error(node.place(), *problem);
        for (const UidReference& r : uid_references(node.text).found) {
            if (!scheme.find(r.kind))
                error(node.place(), "unknown kind \"" + r.kind + "\" in " + r.to_string());
        }
    }
    for (const Node& item : node.items) check_uids(item);
    for (const Member& m : node.members) check_uids(m.value);
}

}  // namespace scenarios
