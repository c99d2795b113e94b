// What the API server fills in. Counterparts: pkg/apis/core/v1/defaults.go,
// pkg/apis/storage/v1/defaults.go. Left out: ports and probes. What admission adds to a pod is in
// pod_completion.hpp.
#include "model/api/validation.hpp"
#include "model/api/wording.hpp"

namespace model::api {

namespace {

constexpr std::int64_t kFileMode = 0644, kTokenSeconds = 3600, kGraceSeconds = 30;

void default_text(Text& field, std::string_view value) {
    if (field.empty()) field = Text(value);
}

template <class T, class V>
void default_value(std::optional<T>& field, V value) {
    if (!field) field = T(value);
}

// A member of a Value; nothing is copied where it is there already.
void default_member(Value& map, std::string_view name, const Value& value) {
    if (!map.find(name)) map[name] = value;
}

struct SourceDefault {
    std::string_view source, member, value;
};

// Of sources that the model keeps as given.
constexpr SourceDefault kSourceDefaults[] = {
    {"iscsi", "iscsiInterface", "default"},
    {"rbd", "pool", "rbd"},
    {"rbd", "user", "admin"},
    {"rbd", "keyring", "/etc/ceph/keyring"},
    {"azureDisk", "cachingMode", "ReadWrite"},
    {"azureDisk", "kind", "Shared"},
    {"azureDisk", "fsType", "ext4"},
    {"scaleIO", "storageMode", "ThinProvisioned"},
    {"scaleIO", "fsType", "xfs"},
};

void default_other_source(Value& others) {
    if (others.as_map().empty()) return;  // a source that has a struct
    for (const SourceDefault& d : kSourceDefaults)
        if (const Value* source = others.find(d.source); source && !source->find(d.member))
            others[d.source][d.member] = Value(d.value);
    if (const Value* disk = others.find("azureDisk"); disk && !disk->find("readOnly"))
        others["azureDisk"]["readOnly"] = Value(false);
}

void default_pv(PersistentVolume& pv) {
    default_text(pv.status.phase, phase::kPending);
    default_text(pv.spec.persistentVolumeReclaimPolicy, policy::kRetain);
    default_value(pv.spec.volumeMode, mode::kFilesystem);
    if (pv.spec.source.hostPath) default_value(pv.spec.source.hostPath->type, std::string_view());
    default_other_source(pv.spec.source.others);
}

void default_pvc(PersistentVolumeClaim& pvc) {
    default_text(pvc.status.phase, phase::kPending);
    default_value(pvc.spec.volumeMode, mode::kFilesystem);
}

void default_class_fields(StorageClass& sc) {
    default_value(sc.reclaimPolicy, policy::kDelete);
    default_value(sc.volumeBindingMode, mode::kImmediate);
}

void default_driver(CSIDriver& driver, const Profile& profile) {
    CSIDriverSpec& s = driver.spec;
    default_value(s.attachRequired, true);
    default_value(s.podInfoOnMount, false);
    default_value(s.storageCapacity, false);
    default_value(s.requiresRepublish, false);
    default_value(s.fsGroupPolicy, std::string_view("ReadWriteOnceWithFSType"));
    if (s.volumeLifecycleModes.empty()) s.volumeLifecycleModes.emplace_back("Persistent");
    if (Wording::of(profile).selinux_mount_field) default_value(s.seLinuxMount, false);
}

// Values in which a member of a member has a default: copied only where it is missing.
void default_projected_tokens(Value& projected) {
    const Value* sources = projected.find("sources");
    if (!sources) return;  // refused by validation
    for (std::size_t i = 0; i < sources->as_list().size(); ++i) {
        const Value* token = projected.find("sources")->as_list()[i].find("serviceAccountToken");
        if (token && !token->find("expirationSeconds"))
            projected["sources"].edit_list()[i]["serviceAccountToken"]["expirationSeconds"] =
                Value(kTokenSeconds);
    }
}

void default_volume(Volume& v) {
    if (v.ephemeral) {
        if (v.ephemeral->volumeClaimTemplate)
            default_value(v.ephemeral->volumeClaimTemplate->spec.volumeMode, mode::kFilesystem);
        return;  // a source is given
    }
    if (v.persistentVolumeClaim) return;  // likewise, without defaults
    if (v.extra.as_map().empty()) {
        v.extra["emptyDir"] = Value::map();
        return;  // the default source
    }
    for (std::string_view name : {"secret", "configMap", "downwardAPI", "projected"})
        if (const Value* source = v.extra.find(name); source && !source->find("defaultMode"))
            v.extra[name]["defaultMode"] = Value(kFileMode);
    if (const Value* path = v.extra.find("hostPath"); path && !path->find("type"))
        v.extra["hostPath"]["type"] = Value("");
    if (v.extra.find("projected")) default_projected_tokens(v.extra["projected"]);
}

// Always for "latest" and for no tag, as the kubelet would pull.
std::string_view pull_policy(std::string_view image) {
    const std::size_t slash = image.rfind('/');
    if (image.find('@') != std::string_view::npos) return "IfNotPresent";
    const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
    const std::size_t colon = last.find(':');
    return colon == std::string_view::npos || last.substr(colon + 1) == "latest" ? "Always"
                                                                                 : "IfNotPresent";
}

// A limit that has no request beside it is a request, too. (1.26 and 1.36 alike.)
void default_requests(Value& container) {
    const Value* limits = container.at({"resources", "limits"});
    if (!limits) return;  // nothing to take over
    const Value copy = *limits;
    for (const auto& [name, amount] : copy.as_map())
        if (!container.at({"resources", "requests", name}))
            container["resources"]["requests"][name] = amount;
}

bool is_complete(const Value& container) {
    return container.find("imagePullPolicy") && container.find("terminationMessagePath") &&
           container.find("terminationMessagePolicy") && container.find("resources") &&
           !container.at({"resources", "limits"});
}

void default_containers(Value& containers) {
    for (std::size_t i = 0; i < containers.as_list().size(); ++i) {
        if (is_complete(containers.as_list()[i])) continue;
        Value& c = containers.edit_list()[i];
        const Value* image = c.find("image");
        default_member(c, "imagePullPolicy",
                       Value(pull_policy(image ? image->as_string() : std::string_view())));
        default_member(c, "resources", Value::map());
        default_requests(c);
        default_member(c, "terminationMessagePath", Value("/dev/termination-log"));
        default_member(c, "terminationMessagePolicy", Value("File"));
    }
}

void default_pod(Pod& pod) {
    PodSpec& s = pod.spec;
    default_text(s.restartPolicy, "Always");
    default_text(s.schedulerName, "default-scheduler");
    default_value(s.terminationGracePeriodSeconds, kGraceSeconds);
    default_member(s.extra, "dnsPolicy", Value("ClusterFirst"));
    default_member(s.extra, "enableServiceLinks", Value(true));
    default_member(s.extra, "securityContext", Value::map());
    default_containers(s.containers);
    default_containers(s.initContainers);
    for (Volume& v : s.volumes) default_volume(v);
}

void default_namespace(Namespace& ns) {
    default_text(ns.status.phase, "Active");
    if (!ns.metadata.name.empty())
        ns.metadata.labels.set("kubernetes.io/metadata.name", ns.metadata.name);
}

}  // namespace

void set_defaults(Object& object, const Profile& profile) {
    switch (object.kind) {
        case Kind::Namespace:
            return default_namespace(static_cast<Namespace&>(object));
        case Kind::Node: {
            NodeStatus& status = static_cast<Node&>(object).status;
            if (status.allocatable.empty()) status.allocatable = status.capacity;
            return;
        }
        case Kind::Pod:
            return default_pod(static_cast<Pod&>(object));
        case Kind::PersistentVolume:
            return default_pv(static_cast<PersistentVolume&>(object));
        case Kind::PersistentVolumeClaim:
            return default_pvc(static_cast<PersistentVolumeClaim&>(object));
        case Kind::StorageClass:
            return default_class_fields(static_cast<StorageClass&>(object));
        case Kind::CSIDriver:
            return default_driver(static_cast<CSIDriver&>(object), profile);
        default:
            return;  // the other kinds have none
    }
}

}  // namespace model::api
