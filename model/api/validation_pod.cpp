// Rules of Pod: its volumes, how containers use them, and what of a pod may change. Counterpart:
// ValidatePod* of pkg/apis/core/validation. Left out: everything else of containers, affinity,
// security, host ports, other volume types' members, gated pods' mutable affinity.
#include <algorithm>
#include <set>

#include "model/api/codec.hpp"
#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

constexpr std::int64_t kTokenSecondsMin = 600, kTokenSecondsMax = std::int64_t{1} << 32,
                       kInt32Max = 2147483647;

// In the order in which the API looks for them.
constexpr std::string_view kSources[] = {"emptyDir",
                                         "hostPath",
                                         "gitRepo",
                                         "gcePersistentDisk",
                                         "awsElasticBlockStore",
                                         "secret",
                                         "nfs",
                                         "iscsi",
                                         "glusterfs",
                                         "flocker",
                                         "persistentVolumeClaim",
                                         "rbd",
                                         "cinder",
                                         "cephfs",
                                         "quobyte",
                                         "downwardAPI",
                                         "fc",
                                         "flexVolume",
                                         "configMap",
                                         "azureFile",
                                         "vsphereVolume",
                                         "photonPersistentDisk",
                                         "portworxVolume",
                                         "azureDisk",
                                         "storageos",
                                         "projected",
                                         "scaleIO",
                                         "csi",
                                         "ephemeral",
                                         "image"};

std::string_view text_at(const Value& v, std::string_view name) {
    const Value* member = v.find(name);
    return member ? member->as_string() : std::string_view();
}

const Value::List& list_at(const Value& v, std::string_view name) {
    const Value* member = v.find(name);
    return member ? member->as_list() : Value().as_list();
}

void check_local_path(std::string_view path, const Path& at, Findings& f) {
    if (path.starts_with('/')) f.invalid(at, shown(path), "must be a relative path");
    check_no_backsteps(path, at, f);
    if (path.starts_with("..") && !path.starts_with("../") && path != "..")
        f.invalid(at, shown(path), "must not start with '..'");
}

// Paths of one projected volume, over all its sources.
class ProjectedPaths {
  public:
    ProjectedPaths(const Path& volume, Findings& f) : volume_(volume), f_(f) {}
    void add(std::string_view path, std::string_view shown_as) {
        if (!path.empty() && !seen_.insert(path).second)
            f_.invalid(volume_, shown(shown_as), "conflicting duplicate paths");
    }

  private:
    const Path& volume_;
    Findings& f_;
    std::set<std::string_view> seen_;
};

void check_projected_items(const Value& source, const Path& at, ProjectedPaths& paths,
                           Findings& f) {
    const std::string_view name = text_at(source, "name");
    if (name.empty()) f.required(at.child("name"));
    const Value::List& items = list_at(source, "items");
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Path here = at.child("items").index(i);
        const std::string_view path = text_at(items[i], "path");
        if (text_at(items[i], "key").empty()) f.required(here.child("key"));
        if (path.empty()) f.required(here.child("path"));
        check_local_path(path, here.child("path"), f);
        paths.add(path, name);
    }
}

void check_token(const Value& token, const Path& volume, const Path& at, Findings& f) {
    const Value* seconds = token.find("expirationSeconds");
    if (seconds && seconds->as_int() < kTokenSecondsMin)
        f.invalid(at.child("expirationSeconds"), shown(seconds->as_int()),
                  "may not specify a duration less than 10 minutes");
    if (seconds && seconds->as_int() > kTokenSecondsMax)
        f.invalid(at.child("expirationSeconds"), shown(seconds->as_int()),
                  "may not specify a duration larger than 2^32 seconds");
    const std::string_view path = text_at(token, "path");
    if (path.empty())
        f.required(volume.child("path"));
    else
        check_local_path(path, volume.child("path"), f);
}

void check_projected(const Value& projected, const Path& at, Findings& f) {
    ProjectedPaths paths(at, f);
    const Value::List& sources = list_at(projected, "sources");
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const Path here = at.child("sources").index(i);
        for (std::string_view name : {"secret", "configMap"})
            if (const Value* s = sources[i].find(name))
                check_projected_items(*s, here.child(name), paths, f);
        if (const Value* s = sources[i].find("downwardAPI"))
            for (const Value& item : list_at(*s, "items"))
                paths.add(text_at(item, "path"), text_at(item, "path"));
        if (const Value* s = sources[i].find("serviceAccountToken"))
            check_token(*s, at, here.child("serviceAccountToken"), f);
        if (sources[i].as_map().size() > 1)
            f.forbidden(here, "may not specify more than 1 volume type per source");
    }
}

void check_template(const PersistentVolumeClaimTemplate& t, const Path& at, Findings& f) {
    const Path meta = at.child("metadata");
    for (std::string_view part : {"annotations", "labels"}) {
        TextMap map;
        if (const Value* v = t.metadata.find(part))
            for (const auto& [key, value] : v->as_map()) map.set(key, value.as_text());
        if (part == "labels")
            check_labels(map, meta.child(part), f);
        else
            check_annotations(map, meta.child(part), f);
    }
    for (const auto& [name, value] : t.metadata.as_map())
        if (name != "annotations" && name != "labels" && !value.is_empty())
            f.forbidden(meta.child(name), "cannot be set");
    check_claim_spec(t.spec, nullptr, at.child("spec"), f);
}

void check_ephemeral(const EphemeralVolumeSource& source, const Pod& pod, const Volume& volume,
                     const Path& at, Findings& f) {
    const Path here = at.child("ephemeral").child("volumeClaimTemplate");
    if (source.volumeClaimTemplate)
        check_template(*source.volumeClaimTemplate, here, f);
    else
        f.required(here);
    if (pod.metadata.name.empty() || volume.name.empty()) return;  // both are refused elsewhere
    const std::string claim = pod.metadata.name + "-" + volume.name.str();
    for (const std::string& m : dns_subdomain_problems(claim))
        f.invalid(at.child("name"), shown(volume.name.view()),
                  "PVC name " + in_quotes(claim) + ": " + m);
}

bool has_source(const Volume& v, std::string_view name) {
    if (name == "persistentVolumeClaim") return v.persistentVolumeClaim.has_value();
    if (name == "ephemeral") return v.ephemeral.has_value();
    return v.extra.find(name) != nullptr;
}

void check_source(const Pod& pod, const Volume& v, std::string_view name, const Path& at,
                  Findings& f) {
    if (name == "persistentVolumeClaim") {
        if (v.persistentVolumeClaim->claimName.empty())
            f.required(at.child(name).child("claimName"));
        return;  // nothing more is asked of it
    }
    if (name == "ephemeral") {
        check_ephemeral(*v.ephemeral, pod, v, at, f);
        return;  // its template was all
    }
    const Value& source = *v.extra.find(name);
    const Path here = at.child(name);
    if (name == "hostPath") {
        const Value* type = source.find("type");
        check_host_path(text_at(source, "path"),
                        type ? std::optional<Text>(type->as_text()) : std::nullopt, here, f);
    }
    if (name == "nfs") check_nfs(text_at(source, "server"), text_at(source, "path"), here, f);
    if (name == "csi") check_driver_name(text_at(source, "driver"), here.child("driver"), f);
    if (name == "secret" && text_at(source, "secretName").empty())
        f.required(here.child("secretName"));
    if (name == "configMap" && text_at(source, "name").empty()) f.required(here.child("name"));
    if (name == "projected") check_projected(source, here, f);
}

void check_volume_source(const Pod& pod, const Volume& v, const Path& at, Findings& f) {
    std::size_t found = 0;
    for (std::string_view name : kSources) {
        if (!has_source(v, name)) continue;
        if (found++ > 0)
            f.forbidden(at.child(name), "may not specify more than 1 volume type");
        else
            check_source(pod, v, name, at, f);
    }
    if (found == 0) f.required(at, "must specify a volume type");
}

using Volumes = std::map<std::string_view, const Volume*>;

// The volumes without a fault: others do not exist for the containers.
Volumes check_volumes(const Pod& pod, Findings& f) {
    const List<Volume>& volumes = pod.spec.volumes;
    std::set<std::string> made;
    for (const Volume& v : volumes)
        if (v.ephemeral && !pod.metadata.name.empty())
            made.insert(pod.metadata.name + "-" + v.name.str());
    Volumes sound;
    for (std::size_t i = 0; i < volumes.size(); ++i) {
        const Volume& v = volumes[i];
        const Path at = Path("spec").child("volumes").index(i);
        const std::size_t before = f.size();
        check_volume_source(pod, v, at, f);
        if (v.name.empty())
            f.required(at.child("name"));
        else
            check_label_name(v.name, at.child("name"), f);
        if (sound.contains(v.name)) f.duplicate(at.child("name"), shown(v.name.view()));
        if (f.size() == before) sound[v.name] = &v;
        if (v.persistentVolumeClaim && made.contains(v.persistentVolumeClaim->claimName.str()))
            f.invalid(at.child("persistentVolumeClaim").child("claimName"),
                      shown(v.persistentVolumeClaim->claimName.view()),
                      "must not reference a PVC that gets created for an ephemeral volume");
    }
    return sound;
}

bool uses(const Value::List& list, std::string_view member, std::string_view value) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Value& v) { return text_at(v, member) == value; });
}

void check_mounts(const Value& container, const Volumes& volumes, const Path& at, Findings& f) {
    const Value::List& mounts = list_at(container, "volumeMounts");
    const Value::List& devices = list_at(container, "volumeDevices");
    std::set<std::string_view> taken;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        const std::string_view name = text_at(mounts[i], "name"),
                               path = text_at(mounts[i], "mountPath");
        const Path here = at.index(i);
        if (name.empty()) f.required(here.child("name"));
        if (!volumes.contains(name)) f.not_found(here.child("name"), name);
        if (path.empty()) f.required(here.child("mountPath"));
        if (!taken.insert(path).second)
            f.invalid(here.child("mountPath"), shown(path), "must be unique");
        if (uses(devices, "name", name))
            f.invalid(here.child("name"), shown(name), "must not already exist in volumeDevices");
        if (uses(devices, "devicePath", path))
            f.invalid(here.child("mountPath"), shown(path),
                      "must not already exist as a path in volumeDevices");
        const std::string_view sub = text_at(mounts[i], "subPath");
        if (sub.starts_with('/'))
            f.invalid(at.child("subPath"), shown(sub), "must be a relative path");
        check_no_backsteps(sub, at.child("subPath"), f);
    }
}

void check_devices(const Value& container, const Volumes& volumes, const Path& at, Findings& f) {
    const Value::List& mounts = list_at(container, "volumeMounts");
    const Value::List& devices = list_at(container, "volumeDevices");
    std::set<std::string_view> names, paths;
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const std::string_view name = text_at(devices[i], "name"),
                               path = text_at(devices[i], "devicePath");
        const Path here = at.index(i);
        const auto volume = volumes.find(name);
        if (name.empty()) f.required(here.child("name"));
        if (names.contains(name)) f.invalid(here.child("name"), shown(name), "must be unique");
        if (volume == volumes.end())
            f.not_found(here.child("name"), name);
        else if (!volume->second->persistentVolumeClaim && !volume->second->ephemeral)
            f.invalid(here.child("name"), shown(name),
                      "can only use volume source type of PersistentVolumeClaim or Ephemeral for "
                      "block mode");
        if (path.empty()) f.required(here.child("devicePath"));
        if (!paths.insert(path).second)
            f.invalid(here.child("devicePath"), shown(path), "must be unique");
        if (uses(mounts, "name", name))
            f.invalid(here.child("name"), shown(name), "must not already exist in volumeMounts");
        if (uses(mounts, "mountPath", path))
            f.invalid(here.child("devicePath"), shown(path),
                      "must not already exist as a path in volumeMounts");
        if (!name.empty()) names.insert(name);
    }
}

void check_containers(const Value& containers, const Volumes& volumes, const Path& at, bool needed,
                      Findings& f) {
    const Value::List& list = containers.as_list();
    if (list.empty() && needed) f.required(at);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string_view name = text_at(list[i], "name");
        const Path here = at.index(i);
        if (name.empty())
            f.required(here.child("name"));
        else
            check_label_name(name, here.child("name"), f);
        if (text_at(list[i], "image").empty()) f.required(here.child("image"));
        check_mounts(list[i], volumes, here.child("volumeMounts"), f);
        check_devices(list[i], volumes, here.child("volumeDevices"), f);
        if (!names.insert(name).second) f.duplicate(here.child("name"), shown(name));
    }
}

void check_pod_spec(const Pod& pod, Findings& f) {
    const PodSpec& spec = pod.spec;
    const Path at("spec");
    const Volumes volumes = check_volumes(pod, f);
    check_containers(spec.containers, volumes, at.child("containers"), true, f);
    check_containers(spec.initContainers, volumes, at.child("initContainers"), false, f);
    if (spec.restartPolicy.empty())
        f.required(at.child("restartPolicy"));
    else if (spec.restartPolicy != "Always" && spec.restartPolicy != "OnFailure" &&
             spec.restartPolicy != "Never")
        f.unsupported(at.child("restartPolicy"), shown(spec.restartPolicy.view()),
                      {"Always", "OnFailure", "Never"});
    check_labels(spec.nodeSelector, at.child("nodeSelector"), f);
    if (!spec.serviceAccountName.empty())
        check_subdomain(spec.serviceAccountName, at.child("serviceAccountName"), f);
    if (!spec.nodeName.empty()) check_subdomain(spec.nodeName, at.child("nodeName"), f);
    const auto& deadline = spec.activeDeadlineSeconds;
    if (deadline && (*deadline < 1 || *deadline > kInt32Max))
        f.invalid(at.child("activeDeadlineSeconds"), shown(*deadline),
                  "must be between 1 and 2147483647, inclusive");
    if (!spec.priorityClassName.empty())
        check_subdomain(spec.priorityClassName, at.child("priorityClassName"), f);
}

// False where the containers are not the same ones, which ends the comparison.
bool check_container_update(const Value& now, const Value& old, const Path& at, Findings& f) {
    const Value::List& list = now.as_list();
    if (list.size() != old.as_list().size()) {
        f.forbidden(at, "pod updates may not add or remove containers");
        return false;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        const std::string_view image = text_at(list[i], "image");
        if (image.empty())
            f.required(at.index(i).child("image"));
        else if (image.front() == ' ' || image.back() == ' ')
            f.invalid(at.index(i).child("image"), shown(image),
                      "must not have leading or trailing whitespace");
    }
    return true;
}

void check_tolerations(const Value& now, const Value& old, const Path& at, Findings& f) {
    const auto without_seconds = [](Value t) {
        t.erase("tolerationSeconds");
        return t;
    };
    for (const Value& was : old.as_list()) {
        const bool kept = std::any_of(
            now.as_list().begin(), now.as_list().end(),
            [&](const Value& is) { return without_seconds(is) == without_seconds(was); });
        if (kept) continue;
        f.forbidden(at, "existing toleration can not be modified except its tolerationSeconds");
        return;  // one is enough
    }
}

void take_images(Value& now, const Value& old) {
    Value::List& list = now.edit_list();
    for (std::size_t i = 0; i < list.size(); ++i)
        if (const Value* image = old.as_list()[i].find("image")) list[i]["image"] = *image;
}

std::string pod_fields(const Wording& wording) {
    return std::string("pod updates may not change fields other than ") +
           (wording.pod_fields_by_comma
                ? "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec."
                  "activeDeadlineSeconds`,"
                  "`spec.tolerations` (only additions to existing tolerations),"
                : "`spec.containers[*].image`, `spec.initContainers[*].image`, "
                  "`spec.activeDeadlineSeconds`, "
                  "`spec.tolerations` (only additions to existing tolerations) or ") +
           "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
           "negative)";
}

// The new spec with everything put back that may change.
PodSpec with_old_mutables(PodSpec spec, const PodSpec& old) {
    if (!spec.containers.as_list().empty()) take_images(spec.containers, old.containers);
    if (!spec.initContainers.as_list().empty())
        take_images(spec.initContainers, old.initContainers);
    spec.activeDeadlineSeconds = old.activeDeadlineSeconds;
    spec.tolerations = old.tolerations;
    if (old.terminationGracePeriodSeconds.value_or(0) < 0 &&
        spec.terminationGracePeriodSeconds == 1)
        spec.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
    if (const Value* gates = old.extra.find("schedulingGates"))
        spec.extra["schedulingGates"] = *gates;
    return spec;
}

Value members_of(const PodSpec& spec) {
    std::vector<std::pair<std::string_view, Value>> members = {{"containers", spec.containers},
                                                               {"nodeName", Value(spec.nodeName)},
                                                               {"affinity", spec.affinity}};
    Value names;
    for (const Volume& v : spec.volumes) names.push_back(Value(v.name));
    members.emplace_back("volumes", names);
    return Value::map(std::move(members));
}

void check_pod_update(const PodSpec& now, const PodSpec& old, Findings& f) {
    const Path at("spec");
    if (!check_container_update(now.containers, old.containers, at.child("containers"), f)) return;
    if (!check_container_update(now.initContainers, old.initContainers, at.child("initContainers"),
                                f))
        return;
    const auto &is = now.activeDeadlineSeconds, &was = old.activeDeadlineSeconds;
    const Path deadline = at.child("activeDeadlineSeconds");
    if (is && was && *is > *was)
        f.invalid(deadline, shown(*is), "must be less than or equal to previous value");
    if (!is && was)
        f.invalid(deadline, shown_null(), "must not update from a positive integer to nil value");
    check_tolerations(now.tolerations, old.tolerations, at.child("tolerations"), f);
    const PodSpec munged = with_old_mutables(now, old);
    if (munged == old) return;  // only what may change did
    f.forbidden(at, pod_fields(f.wording) + member_diff(members_of(old), members_of(munged)));
}

}  // namespace

void check_pod(const Pod& pod, const Pod* old, Subresource sub, Findings& f) {
    if (old && sub == Subresource::Status) {
        const Text& nominated = pod.status.nominatedNodeName;
        if (!nominated.empty() && nominated != old->status.nominatedNodeName)
            check_subdomain(nominated, Path("status").child("nominatedNodeName"), f);
        return;  // spec was taken from the old version
    }
    if (old && (sub != Subresource::None || pod.spec == old->spec))
        return;  // a binding, or nothing to judge
    check_pod_spec(pod, f);
    if (old) check_pod_update(pod.spec, old->spec, f);
}

}  // namespace model::api
