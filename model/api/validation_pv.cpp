// Rules of PersistentVolume. Counterparts: ValidatePersistentVolume{,Spec,Update,StatusUpdate} of
// pkg/apis/core/validation and checkMountOption of pkg/volume/validation.
// Left out: the members of sources that the model does not act on (iscsi, rbd, cloud disks, ...).
#include <algorithm>

#include "model/api/codec.hpp"
#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

// All sources in the order in which the API looks for them. The first one found counts; a later one
// is refused under this name (flexVolume never is).
constexpr std::string_view kSources[] = {"hostPath",
                                         "gcePersistentDisk",
                                         "awsElasticBlockStore",
                                         "glusterfs",
                                         "flocker",
                                         "nfs",
                                         "rbd",
                                         "quobyte",
                                         "cephfs",
                                         "iscsi",
                                         "cinder",
                                         "fc",
                                         "flexVolume",
                                         "azureFile",
                                         "vsphereVolume",
                                         "photonPersistentDisk",
                                         "portworxVolume",
                                         "azureDisk",
                                         "scaleIO",
                                         "local",
                                         "storageos",
                                         "csi"};

constexpr std::string_view kMountOptionSources[] = {"gcePersistentDisk",
                                                    "awsElasticBlockStore",
                                                    "glusterfs",
                                                    "nfs",
                                                    "rbd",
                                                    "quobyte",
                                                    "iscsi",
                                                    "cinder",
                                                    "cephfs",
                                                    "azureFile",
                                                    "vsphereVolume",
                                                    "azureDisk",
                                                    "photonPersistentDisk"};

constexpr std::string_view kMountOptions = "volume.beta.kubernetes.io/mount-options";
constexpr std::string_view kInline = "may not be specified in the context of inline volumes";

bool has_source(const PersistentVolumeSource& s, std::string_view name) {
    if (name == "hostPath") return s.hostPath.has_value();
    if (name == "nfs") return s.nfs.has_value();
    if (name == "local") return s.local.has_value();
    if (name == "csi") return s.csi.has_value();
    return s.others.find(name) != nullptr;
}

// What path.Clean makes "/" of: slashes, dots, and steps back that end at the root.
bool is_root(std::string_view path) {
    if (!path.starts_with('/')) return false;
    int depth = 0;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (part == "..")
            depth = std::max(0, depth - 1);
        else if (!part.empty() && part != ".")
            ++depth;
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return depth == 0;
}

bool has_dots(const std::optional<SecretReference>& ref) {
    return ref && ref->name.view().find('.') != std::string_view::npos;
}

// Names with dots were refused at first, except where the volume had one already.
bool allows_dots(const CSIPersistentVolumeSource* old, const Wording& wording) {
    return wording.secret_subdomains ||
           (old && (has_dots(old->controllerExpandSecretRef) ||
                    has_dots(old->controllerPublishSecretRef) ||
                    has_dots(old->nodeStageSecretRef) || has_dots(old->nodePublishSecretRef)));
}

void check_secret(const std::optional<SecretReference>& ref, bool dots, const Path& at,
                  Findings& f) {
    if (!ref) return;  // none asked for
    if (ref->name.empty())
        f.required(at.child("name"));
    else if (dots)
        check_subdomain(ref->name, at.child("name"), f);
    else
        check_label_name(ref->name, at.child("name"), f);
    if (ref->ns.empty())
        f.required(at.child("namespace"));
    else
        check_label_name(ref->ns, at.child("namespace"), f);
}

void check_csi(const CSIPersistentVolumeSource& csi, const CSIPersistentVolumeSource* old,
               const Path& at, Findings& f) {
    check_driver_name(csi.driver, at.child("driver"), f);
    if (csi.volumeHandle.empty()) f.required(at.child("volumeHandle"));
    const bool dots = allows_dots(old, f.wording);
    // A nodeStageSecretRef is not judged, upstream neither.
    check_secret(csi.controllerPublishSecretRef, dots, at.child("controllerPublishSecretRef"), f);
    check_secret(csi.controllerExpandSecretRef, dots, at.child("controllerExpandSecretRef"), f);
    check_secret(csi.nodePublishSecretRef, dots, at.child("nodePublishSecretRef"), f);
    check_secret(csi.nodeExpandSecretRef, dots, at.child("nodeExpandSecretRef"), f);
}

void check_source(const PersistentVolumeSpec& spec, const PersistentVolumeSpec* old,
                  std::string_view name, const Path& at, Findings& f) {
    const PersistentVolumeSource& s = spec.source;
    const Path here = at.child(name);
    if (name == "hostPath") check_host_path(s.hostPath->path, s.hostPath->type, here, f);
    if (name == "nfs") check_nfs(s.nfs->server, s.nfs->path, here, f);
    if (name == "csi")
        check_csi(*s.csi, old && old->source.csi ? &*old->source.csi : nullptr, here, f);
    if (name != "local") return;  // the other sources are kept as given
    if (s.local->path.empty())
        f.required(here.child("path"));
    else
        check_no_backsteps(s.local->path, here.child("path"), f);
    if (!spec.nodeAffinity)
        f.required(at.child("nodeAffinity"), "Local volume requires node affinity");
}

void check_sources(const PersistentVolumeSpec& spec, const PersistentVolumeSpec* old,
                   const Path& at, Findings& f) {
    std::size_t found = 0;
    for (std::string_view name : kSources) {
        if (!has_source(spec.source, name)) continue;
        if (found > 0 && name != "flexVolume")
            f.forbidden(at.child(name == "cephfs" ? "cephFS" : name),
                        "may not specify more than 1 volume type");
        else
            check_source(spec, old, name, at, f);
        ++found;
    }
    if (found == 0) f.required(at, "must specify a volume type");
    if (spec.source.hostPath && is_root(spec.source.hostPath->path) &&
        spec.persistentVolumeReclaimPolicy == policy::kRecycle)
        f.forbidden(at.child("persistentVolumeReclaimPolicy"),
                    "may not be 'recycle' for a hostPath mount of '/'");
}

void check_volume_capacity(const ResourceList& capacity, const Path& at, Findings& f) {
    if (capacity.empty()) f.required(at);
    if (!capacity.find("storage") || capacity.items.size() > 1)
        f.unsupported(at, shown(capacity), {"storage"});
    for (const auto& [name, q] : capacity.items) {
        check_basic_quantity(q, at.key(name), f);
        check_positive(q, at.key(name), f);
    }
}

void check_reclaim_policy(const Text& p, bool inline_spec, const Path& at, Findings& f) {
    if (p.empty()) return;  // defaulted, or an inline spec without one
    if (inline_spec) {
        if (p != policy::kRetain)
            f.forbidden(at, "may only be Retain in the context of inline volumes");
    } else if (p != policy::kDelete && p != policy::kRecycle && p != policy::kRetain) {
        f.unsupported(at, shown(p.view()), {policy::kDelete, policy::kRecycle, policy::kRetain});
    }
}

void check_affinity(const VolumeNodeAffinity& affinity, const PersistentVolumeSpec* old,
                    const Path& at, Findings& f) {
    const bool any_value = old && old->nodeAffinity && old->nodeAffinity->required &&
                           has_invalid_value(*old->nodeAffinity->required, f.wording);
    if (affinity.required)
        check_node_selector(*affinity.required, any_value, at.child("required"), f);
    else
        f.required(at.child("required"), "must specify required node constraints");
}

void check_attributes_class_name(const PersistentVolumeSpec& spec, const PersistentVolumeSpec* old,
                                 const Path& at, Findings& f) {
    const bool judged =
        f.profile.on(Gate::VolumeAttributesClass) || (old && old->volumeAttributesClassName);
    if (!spec.volumeAttributesClassName || !judged)
        return;  // none, or a field that this version does not know
    const Path here = at.child("volumeAttributesClassName");
    if (spec.volumeAttributesClassName->empty())
        f.required(here, "an empty string is disallowed");
    else
        check_subdomain(*spec.volumeAttributesClassName, here, f);
    if (!spec.source.csi)
        f.required(at.child("csi"), "has to be specified when using volumeAttributesClassName");
}

void check_mount_option_annotation(const PersistentVolume& pv, Findings& f) {
    if (!pv.metadata.annotations.contains(kMountOptions))
        return;  // the field mountOptions is never judged
    for (std::string_view name : kMountOptionSources)
        if (has_source(pv.spec.source, name)) return;  // a source that takes them
    f.forbidden(Path("metadata").child("annotations").child(kMountOptions),
                "may not specify mount options for this volume type");
}

std::string_view ga_label(std::string_view beta) {
    if (beta == "failure-domain.beta.kubernetes.io/zone") return "topology.kubernetes.io/zone";
    if (beta == "failure-domain.beta.kubernetes.io/region") return "topology.kubernetes.io/region";
    if (beta == "beta.kubernetes.io/os") return "kubernetes.io/os";
    if (beta == "beta.kubernetes.io/arch") return "kubernetes.io/arch";
    if (beta == "beta.kubernetes.io/instance-type") return "node.kubernetes.io/instance-type";
    return {};
}

// The old affinity with those labels renamed that the new one has renamed from beta to GA at the
// same place.
VolumeNodeAffinity with_ga_labels(VolumeNodeAffinity old, const VolumeNodeAffinity& now) {
    if (!old.required || !now.required) return old;
    auto& terms = old.required->nodeSelectorTerms;
    const auto& now_terms = now.required->nodeSelectorTerms;
    for (std::size_t i = 0; i < std::min(terms.size(), now_terms.size()); ++i) {
        auto& mine = terms[i].matchExpressions;
        const auto& theirs = now_terms[i].matchExpressions;
        for (std::size_t j = 0; j < std::min(mine.size(), theirs.size()); ++j)
            if (mine[j].key != theirs[j].key && ga_label(mine[j].key) == theirs[j].key.view())
                mine[j].key = theirs[j].key;
    }
    return old;
}

Shown shown_requirements(const List<SelectorRequirement>& list) {
    if (list.empty()) return Shown{"", "null"};
    std::string json;
    for (const SelectorRequirement& r : list)
        json += (json.empty() ? "" : ",") +
                ("{\"Key\":" + in_quotes(r.key) + ",\"Operator\":" + in_quotes(r.op)) +
                ",\"Values\":" + shown(r.values, "string").json + "}";
    return Shown{"", "[" + json + "]"};
}

Shown shown_affinity(const Boxed<VolumeNodeAffinity>& affinity) {
    if (!affinity) return shown_null();
    if (!affinity->required)
        return Shown{"core.VolumeNodeAffinity{Required:(*core.NodeSelector)(nil)}",
                     "{\"Required\":null}"};
    std::string json;
    for (const NodeSelectorTerm& t : affinity->required->nodeSelectorTerms)
        json += (json.empty() ? "" : ",") +
                ("{\"MatchExpressions\":" + shown_requirements(t.matchExpressions).json) +
                ",\"MatchFields\":" + shown_requirements(t.matchFields).json + "}";
    return Shown{"core.VolumeNodeAffinity{Required:(*core.NodeSelector)(0xc000000000)}",
                 "{\"Required\":{\"NodeSelectorTerms\":[" + json + "]}}"};
}

void check_affinity_update(const PersistentVolumeSpec& now, const PersistentVolumeSpec& old,
                           Findings& f) {
    if (!old.nodeAffinity || f.profile.on(Gate::MutablePVNodeAffinity))
        return;  // may be set once, or freely
    if (now.nodeAffinity == old.nodeAffinity) return;
    const bool beta_to_ga = f.wording.affinity_beta_to_ga;
    if (beta_to_ga && now.nodeAffinity &&
        with_ga_labels(*old.nodeAffinity, *now.nodeAffinity) == *now.nodeAffinity)
        return;  // only labels that have become GA
    f.invalid(Path("nodeAffinity"), shown_affinity(now.nodeAffinity),
              beta_to_ga ? "field is immutable, except for updating from beta label to GA"
                         : "field is immutable");
}

void check_volume_update(const PersistentVolumeSpec& now, const PersistentVolumeSpec& old,
                         Findings& f) {
    PersistentVolumeSource source = now.source;
    // The secret for expansion may be added later: volumes made before it existed need it, too.
    if (old.source.csi && !old.source.csi->controllerExpandSecretRef && source.csi)
        source.csi->controllerExpandSecretRef.reset();
    if (source != old.source) {
        PersistentVolumeSpec was, is;
        was.source = old.source;
        is.source = now.source;
        f.forbidden(Path("spec").child("persistentvolumesource"),
                    "spec.persistentvolumesource is immutable after creation" +
                        member_diff(encode(was), encode(is)));
    }
    if (now.volumeMode != old.volumeMode)
        f.immutable(Path("volumeMode"), shown_or_null(now.volumeMode));
    check_affinity_update(now, old, f);
    const Path vac = Path("spec").child("volumeAttributesClassName");
    if (now.volumeAttributesClassName == old.volumeAttributesClassName) return;
    if (!f.profile.on(Gate::VolumeAttributesClass))
        f.forbidden(vac,
                    "update is forbidden when the VolumeAttributesClass feature gate is disabled");
    if (old.volumeAttributesClassName && !now.volumeAttributesClassName)
        f.forbidden(vac, "update from non-nil value to nil is forbidden");
}

}  // namespace

void check_volume_spec(const PersistentVolumeSpec& spec, bool inline_spec,
                       const PersistentVolumeSpec* old, const Path& at, Findings& f) {
    if (inline_spec) {
        if (spec.claimRef) f.forbidden(at.child("claimRef"), kInline);
        if (!spec.capacity.empty()) f.forbidden(at.child("capacity"), kInline);
        if (!spec.source.csi)
            f.required(at.child("csi"), "has to be specified in the context of inline volumes");
    }
    if (spec.accessModes.empty()) f.required(at.child("accessModes"));
    check_access_modes(spec.accessModes, at.child("accessModes"), f);
    if (!inline_spec) check_volume_capacity(spec.capacity, at.child("capacity"), f);
    check_reclaim_policy(spec.persistentVolumeReclaimPolicy, inline_spec,
                         at.child("persistentVolumeReclaimPolicy"), f);
    if (spec.nodeAffinity && inline_spec) f.forbidden(at.child("nodeAffinity"), kInline);
    if (spec.nodeAffinity && !inline_spec)
        check_affinity(*spec.nodeAffinity, old, at.child("nodeAffinity"), f);
    check_sources(spec, old, at, f);
    if (!spec.storageClassName.empty() && inline_spec)
        f.forbidden(at.child("storageClassName"), kInline);
    if (!spec.storageClassName.empty() && !inline_spec)
        check_subdomain(spec.storageClassName, at.child("storageClassName"), f);
    if (inline_spec && spec.volumeMode && *spec.volumeMode != mode::kFilesystem)
        f.forbidden(
            at.child("volumeMode"),
            "may not specify volumeMode other than Filesystem in the context of inline volumes");
    if (!inline_spec) check_volume_mode(spec.volumeMode, at.child("volumeMode"), f);
    if (!inline_spec) check_attributes_class_name(spec, old, at, f);
}

void check_volume(const PersistentVolume& pv, const PersistentVolume* old, Subresource sub,
                  Findings& f) {
    if (old && sub == Subresource::Status) {
        if (pv.metadata.resourceVersion == 0) f.required(Path("resourceVersion"));
        return;  // spec was taken from the old version
    }
    // What did not change was judged when it came in.
    if (!old || pv.spec != old->spec)
        check_volume_spec(pv.spec, false, old ? &old->spec : nullptr, Path("spec"), f);
    check_mount_option_annotation(pv, f);
    if (old && pv.spec != old->spec) check_volume_update(pv.spec, old->spec, f);
}

}  // namespace model::api
