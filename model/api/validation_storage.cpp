// Rules of StorageClass, VolumeAttributesClass, VolumeAttachment, CSIDriver, CSINode and
// CSIStorageCapacity. Counterpart: pkg/apis/storage/validation/validation.go.
#include <algorithm>
#include <set>

#include "model/api/codec.hpp"
#include "model/api/validation_rules.hpp"

namespace model::api {

namespace {

constexpr std::size_t kParametersMax = 512, kParameterBytesMax = 256 * 1024,
                      kMetadataBytesMax = 256 * 1024;
constexpr std::size_t kErrorMessageMax = 1024, kNodeIdMax = 256;
constexpr std::int64_t kTokenSecondsMin = 600, kTokenSecondsMax = std::int64_t{1} << 32,
                       kUpdateSecondsMin = 10;

void check_provisioner(std::string_view name, const Path& at, Findings& f) {
    if (name.empty()) {
        f.required(at);
        return;  // nothing to look at
    }
    const std::string lower = ascii_lower(name);
    f.invalid_each(at, lower, label_key_problems(lower, f.wording));
}

void check_parameters(const TextMap& parameters, bool may_be_empty, const Path& at, Findings& f) {
    if (parameters.size() > kParametersMax) {
        f.too_long(at, kParametersMax);
        return;  // upstream looks no further
    }
    std::size_t bytes = 0;
    for (const auto& [key, value] : parameters) {
        if (key.empty()) f.invalid(at, shown(""), "field can not be empty.");
        bytes += key.size() + value.size();
    }
    if (bytes > kParameterBytesMax) f.too_long(at, kParameterBytesMax);
    if (!may_be_empty && parameters.empty())
        f.required(at, "must contain at least one key/value pair");
}

using Topology = std::map<std::string, std::set<std::string>>;

Topology check_topology_term(const TopologySelectorTerm& term, const Path& at, Findings& f) {
    Topology seen;
    for (std::size_t i = 0; i < term.matchLabelExpressions.size(); ++i) {
        const TopologySelectorLabel& label = term.matchLabelExpressions[i];
        const Path here = at.child("matchLabelExpressions").index(i);
        std::set<std::string> values;
        if (label.values.empty()) f.required(here.child("values"));
        for (std::size_t j = 0; j < label.values.size(); ++j)
            if (!values.insert(label.values[j].str()).second)
                f.duplicate(here.child("values").index(j), shown(label.values[j].view()));
        check_label_key(label.key, here.child("key"), f);
        if (seen.contains(label.key.str())) f.duplicate(here.child("key"), shown(label.key.view()));
        seen[label.key.str()] = std::move(values);
    }
    return seen;
}

void check_topologies(const List<TopologySelectorTerm>& terms, const Path& at, Findings& f) {
    // Upstream compares each term with a list that starts with as many empty ones: an empty term is
    // always a duplicate.
    std::vector<Topology> earlier(terms.size());
    for (std::size_t i = 0; i < terms.size(); ++i) {
        Topology topology = check_topology_term(terms[i], at.index(i), f);
        if (std::find(earlier.begin(), earlier.end(), topology) != earlier.end())
            f.duplicate(at.index(i).child("matchLabelExpressions"), shown(""));
        earlier.push_back(std::move(topology));
    }
}

void check_class_update(const StorageClass& sc, const StorageClass& old, Findings& f) {
    const bool immutable = f.wording.class_fields_immutable;
    const auto refuse = [&](std::string_view field, const Shown& value) {
        if (immutable)
            f.immutable(Path(field), value);
        else
            f.forbidden(Path(field), "updates to " + std::string(field) + " are forbidden.");
    };
    if (sc.parameters != old.parameters) refuse("parameters", shown(sc.parameters));
    if (sc.provisioner != old.provisioner) refuse("provisioner", shown(sc.provisioner.view()));
    if (sc.reclaimPolicy != old.reclaimPolicy)
        refuse("reclaimPolicy", shown_or_null(sc.reclaimPolicy));
    if (sc.volumeBindingMode != old.volumeBindingMode)
        f.immutable(Path("volumeBindingMode"), shown_or_null(sc.volumeBindingMode));
}

TextMap text_map(const Value* v) {
    TextMap map;
    if (v)
        for (const auto& [key, value] : v->as_map()) map.set(key, value.as_text());
    return map;
}

void check_attachment_source(const VolumeAttachmentSource& source, const Path& at, Findings& f) {
    constexpr std::string_view kExactlyOne =
        "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    const auto& name = source.persistentVolumeName;
    const auto& spec = source.inlineVolumeSpec;
    if (!name && !spec)
        f.required(at, kExactlyOne);
    else if (name && spec)
        f.forbidden(at, kExactlyOne);
    else if (spec)
        check_volume_spec(*spec, true, nullptr, at.child("inlineVolumeSpec"), f);
    else if (name->empty())
        f.required(at.child("persistentVolumeName"), "must specify non empty persistentVolumeName");
}

void check_volume_error(const std::optional<VolumeError>& e, const Path& at, Findings& f) {
    if (!e) return;  // no error to judge
    // The limit is 1024; the number in the message is another one, upstream too.
    if (e->message.size() > kErrorMessageMax) f.too_long(at.child("message"), kMetadataBytesMax);
    if (f.wording.volume_error_code && e->errorCode.value_or(0) < 0)
        f.invalid(at.child("errorCode"), shown(*e->errorCode),
                  "must be between 0 and 2147483647, inclusive");
}

void check_attachment_status(const VolumeAttachmentStatus& status, const Path& at, Findings& f) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : status.attachmentMetadata) bytes += key.size() + value.size();
    if (bytes > kMetadataBytesMax) f.too_long(at.child("attachmentMetadata"), kMetadataBytesMax);
    check_volume_error(status.attachError, at.child("attachError"), f);
    check_volume_error(status.detachError, at.child("detachError"), f);
}

Shown shown_attachment_spec(const VolumeAttachmentSpec& spec) {
    const auto& name = spec.source.persistentVolumeName;
    const auto& inline_spec = spec.source.inlineVolumeSpec;
    Shown s;
    s.go = "storage.VolumeAttachmentSpec{Attacher:" + in_quotes(spec.attacher) +
           ", Source:storage.VolumeAttachmentSource{PersistentVolumeName:(*string)(" +
           (name ? "0xc000000000" : "nil") + "), InlineVolumeSpec:(*core.PersistentVolumeSpec)(" +
           (inline_spec ? "0xc000000000" : "nil") + ")}, NodeName:" + in_quotes(spec.nodeName) +
           "}";
    s.json = "{\"Attacher\":" + in_quotes(spec.attacher) +
             ",\"Source\":{\"PersistentVolumeName\":" + (name ? in_quotes(*name) : "null") +
             ",\"InlineVolumeSpec\":" + (inline_spec ? encode(*inline_spec).to_json() : "null") +
             "},\"NodeName\":" + in_quotes(spec.nodeName) + "}";
    return s;
}

void check_token_requests(const List<TokenRequest>& requests, const Path& at, Findings& f) {
    std::set<std::string> audiences;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const TokenRequest& r = requests[i];
        if (!audiences.insert(r.audience.str()).second) {
            f.duplicate(at.index(i).child("audience"), shown(r.audience.view()));
            continue;
        }
        if (!r.expirationSeconds) continue;
        const Path seconds = at.index(i).child("expirationSeconds");
        if (*r.expirationSeconds < kTokenSecondsMin)
            f.invalid(seconds, shown(*r.expirationSeconds),
                      "may not specify a duration less than 10 minutes");
        if (*r.expirationSeconds > kTokenSecondsMax)
            f.invalid(seconds, shown(*r.expirationSeconds),
                      "may not specify a duration larger than 2^32 seconds");
    }
}

void check_driver_spec(const CSIDriverSpec& spec, const Path& at, Findings& f) {
    // The misspelt path is upstream's.
    if (!spec.attachRequired) f.required(at.child("attachedRequired"));
    if (!spec.podInfoOnMount) f.required(at.child("podInfoOnMount"));
    if (!spec.storageCapacity) f.required(at.child("storageCapacity"));
    if (spec.fsGroupPolicy && *spec.fsGroupPolicy != "File" && *spec.fsGroupPolicy != "None" &&
        *spec.fsGroupPolicy != "ReadWriteOnceWithFSType")
        f.unsupported(at.child("fsGroupPolicy"), shown(spec.fsGroupPolicy->view()),
                      {"File", "None", "ReadWriteOnceWithFSType"});
    check_token_requests(spec.tokenRequests, at.child("tokenRequests"), f);
    for (const Text& m : spec.volumeLifecycleModes)
        if (m != "Persistent" && m != "Ephemeral")
            f.unsupported(at.child("volumeLifecycleModes"), shown(m.view()),
                          {"Persistent", "Ephemeral"});
    const auto& seconds = spec.nodeAllocatableUpdatePeriodSeconds;
    if (seconds && *seconds < kUpdateSecondsMin)
        f.invalid(at.child("nodeAllocatableUpdatePeriodSeconds"), shown(*seconds),
                  "must be greater than or equal to 10 seconds");
    if (spec.serviceAccountTokenInSecrets && spec.tokenRequests.empty())
        f.invalid(at.child("serviceAccountTokenInSecrets"),
                  shown_bool(*spec.serviceAccountTokenInSecrets),
                  "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
}

Shown shown_flag(const std::optional<bool>& b) { return b ? shown_bool(*b) : shown_null(); }

void check_driver_update(const CSIDriverSpec& now, const CSIDriverSpec& old, const Path& at,
                         Findings& f) {
    if (now.attachRequired != old.attachRequired)
        f.immutable(at.child("attachedRequired"), shown_flag(now.attachRequired));
    if (!f.wording.csidriver_mutable && now.fsGroupPolicy != old.fsGroupPolicy)
        f.immutable(at.child("fsGroupPolicy"), shown_or_null(now.fsGroupPolicy));
    if (!f.wording.csidriver_mutable && now.podInfoOnMount != old.podInfoOnMount)
        f.immutable(at.child("podInfoOnMount"), shown_flag(now.podInfoOnMount));
    if (now.volumeLifecycleModes != old.volumeLifecycleModes)
        f.immutable(at.child("volumeLifecycleModes"),
                    shown(now.volumeLifecycleModes, "storage.VolumeLifecycleMode"));
}

Shown shown_node_driver(const CSINodeDriver& d) {
    const std::string count =
        d.allocatable && d.allocatable->count ? std::to_string(*d.allocatable->count) : "null";
    const Shown keys = shown(d.topologyKeys, "string");
    Shown s;
    s.go = "storage.CSINodeDriver{Name:" + in_quotes(d.name) + ", NodeID:" + in_quotes(d.nodeID) +
           ", TopologyKeys:" + keys.go + ", Allocatable:(*storage.VolumeNodeResources)(" +
           (d.allocatable ? "0xc000000000" : "nil") + ")}";
    s.json = "{\"Name\":" + in_quotes(d.name) + ",\"NodeID\":" + in_quotes(d.nodeID) +
             ",\"TopologyKeys\":" + keys.json +
             ",\"Allocatable\":" + (d.allocatable ? "{\"Count\":" + count + "}" : "null") + "}";
    return s;
}

void check_node_driver(const CSINodeDriver& d, std::set<std::string>& names, const Path& at,
                       Findings& f) {
    check_driver_name(d.name, at.child("name"), f);
    if (d.nodeID.empty()) f.required(at.child("nodeID"));
    if (d.nodeID.size() > kNodeIdMax)
        f.invalid(at.child("nodeID"), shown(d.nodeID.view()), "must be 256 characters or less");
    if (d.allocatable && d.allocatable->count.value_or(0) < 0)
        f.invalid(at.child("allocatable").child("count"), shown(*d.allocatable->count),
                  "must be greater than or equal to 0");
    if (!names.insert(d.name.str()).second) f.duplicate(at.child("name"), shown(d.name.view()));
    std::set<std::string> keys;
    for (const Text& key : d.topologyKeys) {
        if (key.empty()) f.required(at);
        if (!keys.insert(key.str()).second) f.duplicate(at, shown(key.view()));
        check_label_key(key, at, f);
    }
}

}  // namespace

void check_class(const StorageClass& sc, const StorageClass* old, Findings& f) {
    check_provisioner(sc.provisioner, Path("provisioner"), f);
    check_parameters(sc.parameters, true, Path("parameters"), f);
    if (sc.reclaimPolicy && !sc.reclaimPolicy->empty() && *sc.reclaimPolicy != policy::kDelete &&
        *sc.reclaimPolicy != policy::kRetain)
        f.unsupported(Path("reclaimPolicy"), shown(sc.reclaimPolicy->view()),
                      {policy::kDelete, policy::kRetain});
    const Path binding("volumeBindingMode");
    if (!sc.volumeBindingMode)
        f.required(binding);
    else if (*sc.volumeBindingMode != mode::kImmediate &&
             *sc.volumeBindingMode != mode::kWaitForFirstConsumer)
        f.unsupported(binding, shown(sc.volumeBindingMode->view()),
                      {mode::kImmediate, mode::kWaitForFirstConsumer});
    check_topologies(sc.allowedTopologies, Path("allowedTopologies"), f);
    if (old) check_class_update(sc, *old, f);
}

void check_attributes_class(const Object& vac, const Object* old, Findings& f) {
    const Value* driver = vac.extra.find("driverName");
    const TextMap parameters = text_map(vac.extra.find("parameters"));
    const Text name = driver ? driver->as_text() : Text();
    if (old) {
        const Value* was = old->extra.find("driverName");
        if (name != (was ? was->as_text() : Text()))
            f.forbidden(Path("driverName"), "updates to driverName are forbidden.");
        if (parameters != text_map(old->extra.find("parameters")))
            f.forbidden(Path("parameters"), "updates to parameters are forbidden.");
    }
    check_provisioner(name, Path("driverName"), f);
    check_parameters(parameters, false, Path("parameters"), f);
}

void check_attachment(const VolumeAttachment& va, const VolumeAttachment* old, Findings& f) {
    const Path at("spec");
    const VolumeAttachmentSpec& spec = va.spec;
    // Up to 1.35 the spec's own rule asks only for an attacher; its form, and the volume's name,
    // are judged after everything else, and only once.
    if (f.wording.attacher_with_spec)
        check_driver_name(spec.attacher, at.child("attacher"), f);
    else if (spec.attacher.empty())
        f.required(at.child("attacher"));
    check_attachment_source(spec.source, at.child("source"), f);
    check_subdomain(spec.nodeName, at.child("nodeName"), f);
    check_attachment_status(va.status, Path("status"), f);
    const bool first = f.wording.attacher_with_spec || !old;
    if (!f.wording.attacher_with_spec && first)
        check_driver_name(spec.attacher, at.child("attacher"), f);
    if (spec.source.persistentVolumeName && first)
        check_subdomain(*spec.source.persistentVolumeName,
                        at.child("source").child("persistentVolumeName"), f);
    if (old && spec != old->spec) f.immutable(at, shown_attachment_spec(spec));
}

void check_csi_driver(const CSIDriver& driver, const CSIDriver* old, Findings& f) {
    check_driver_spec(driver.spec, Path("spec"), f);
    if (old) check_driver_update(driver.spec, old->spec, Path("spec"), f);
}

void check_csi_node(const CSINode& node, const CSINode* old, Findings& f) {
    const Path at = Path("spec").child("drivers");
    std::set<std::string> names;
    for (std::size_t i = 0; i < node.spec.drivers.size(); ++i)
        check_node_driver(node.spec.drivers[i], names, at.index(i), f);
    if (!old) return;
    const bool count_may_change = f.profile.on(Gate::MutableCSINodeAllocatableCount);
    for (CSINodeDriver was : old->spec.drivers)
        for (CSINodeDriver is : node.spec.drivers) {
            if (was.name != is.name) continue;
            if (count_may_change) {
                was.allocatable.reset();
                is.allocatable.reset();
            }
            if (is != was)
                f.immutable(f.wording.csinode_drivers_path ? at : Path("CSINodeDriver"),
                            shown_node_driver(is));
        }
}

void check_capacity(const CSIStorageCapacity& capacity, const CSIStorageCapacity* old,
                    Findings& f) {
    if (capacity.nodeTopology)
        check_label_selector(*capacity.nodeTopology, false, Path("nodeTopology"), f);
    check_subdomain(capacity.storageClassName, Path("storageClassName"), f);
    if (capacity.capacity) check_nonnegative(*capacity.capacity, Path("capacity"), f);
    if (!old) return;
    if (capacity.nodeTopology != old->nodeTopology) {
        const std::string json =
            capacity.nodeTopology ? encode(*capacity.nodeTopology).to_json() : "null";
        f.immutable(Path("nodeTopology"),
                    Shown{capacity.nodeTopology ? "&LabelSelector" + json : "\"null\"", json});
    }
    if (capacity.storageClassName != old->storageClassName)
        f.immutable(Path("storageClassName"), shown(capacity.storageClassName.view()));
}

}  // namespace model::api
