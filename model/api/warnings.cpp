// Warnings beside an answer. Counterparts: GetWarningsFor* of pkg/api/persistentvolume,
// persistentvolumeclaim and node. The texts are those of 1.36; 1.26 warns of fractional sizes and
// old node labels only.
#include "model/api/field_errors.hpp"
#include "model/api/validation.hpp"

namespace model::api {

namespace {

using Warnings = std::vector<std::string>;

struct Deprecation {
    std::string_view name, text;
};

constexpr Deprecation kAnnotations[] = {
    {"volume.beta.kubernetes.io/storage-class",
     "deprecated since v1.8; use \"storageClassName\" attribute instead"},
    {"volume.beta.kubernetes.io/mount-options",
     "deprecated since v1.31; use \"mountOptions\" attribute instead"}};

constexpr Deprecation kNodeLabels[] = {
    {"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"},
    {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"},
    {"failure-domain.beta.kubernetes.io/region",
     "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"},
    {"failure-domain.beta.kubernetes.io/zone",
     "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"},
    {"beta.kubernetes.io/instance-type",
     "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"},
    {"node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"}};

constexpr Deprecation kSources[] = {
    {"cephfs", "deprecated in v1.28, non-functional in v1.31+"},
    {"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"},
    {"scaleIO", "deprecated in v1.16, non-functional in v1.22+"},
    {"storageos", "deprecated in v1.22, non-functional in v1.25+"},
    {"glusterfs", "deprecated in v1.25, non-functional in v1.26+"},
    {"rbd", "deprecated in v1.28, non-functional in v1.31+"}};

void add(Warnings& out, const Path& at, std::string_view text) {
    out.push_back(at.text() + ": " + std::string(text));
}

void warn_of_annotations(const ObjectMeta& meta, std::size_t count, Warnings& out) {
    for (std::size_t i = 0; i < count; ++i)
        if (meta.annotations.contains(kAnnotations[i].name))
            add(out, Path("metadata").child("annotations").key(kAnnotations[i].name),
                kAnnotations[i].text);
}

void warn_of_node_labels(const NodeSelector& selector, const Path& at, Warnings& out) {
    for (std::size_t i = 0; i < selector.nodeSelectorTerms.size(); ++i) {
        const auto& expressions = selector.nodeSelectorTerms[i].matchExpressions;
        for (std::size_t j = 0; j < expressions.size(); ++j)
            for (const Deprecation& d : kNodeLabels)
                if (expressions[j].key == d.name)
                    add(out,
                        at.child("nodeSelectorTerms")
                            .index(i)
                            .child("matchExpressions")
                            .index(j)
                            .child("key"),
                        std::string(d.name) + " is " + std::string(d.text));
    }
}

Warnings of_volume(const PersistentVolume& pv) {
    Warnings out;
    warn_of_annotations(pv.metadata, std::size(kAnnotations), out);
    const Path spec("spec");
    if (pv.spec.persistentVolumeReclaimPolicy == policy::kRecycle)
        add(out, spec.child("persistentVolumeReclaimPolicy"),
            "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use "
            "dynamic "
            "provisioning.");
    if (pv.spec.nodeAffinity && pv.spec.nodeAffinity->required)
        warn_of_node_labels(*pv.spec.nodeAffinity->required,
                            spec.child("nodeAffinity").child("required"), out);
    for (const Deprecation& d : kSources)
        if (pv.spec.source.others.find(d.name))
            add(out, spec.child(d.name == "storageos" ? "storageOS" : d.name), d.text);
    return out;
}

void warn_of_fraction(const ResourceList& list, const Path& at, Warnings& out) {
    const Quantity* q = list.find("storage");
    if (q && q->milli_value() % 1000 != 0)
        add(out, at.key("storage"),
            "fractional byte value " + in_quotes(q->to_string()) +
                " is invalid, must be an integer");
}

Warnings of_claim(const PersistentVolumeClaim& pvc) {
    Warnings out;
    warn_of_annotations(pvc.metadata, 1, out);  // the class alone: a claim has no mount options
    const Path resources = Path("spec").child("resources");
    warn_of_fraction(pvc.spec.resources.requests, resources.child("requests"), out);
    warn_of_fraction(pvc.spec.resources.limits, resources.child("limits"), out);
    return out;
}

}  // namespace

std::vector<std::string> warnings(const Object& object) {
    if (object.kind == Kind::PersistentVolume)
        return of_volume(static_cast<const PersistentVolume&>(object));
    if (object.kind == Kind::PersistentVolumeClaim)
        return of_claim(static_cast<const PersistentVolumeClaim&>(object));
    return {};
}

}  // namespace model::api
