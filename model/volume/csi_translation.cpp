#include "model/volume/csi_translation.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "model/api/constants.hpp"

namespace model::volume {

namespace {

using api::PersistentVolume;

constexpr std::string_view kZone = "topology.kubernetes.io/zone",
                           kRegion = "topology.kubernetes.io/region",
                           kBetaZone = "failure-domain.beta.kubernetes.io/zone",
                           kBetaRegion = "failure-domain.beta.kubernetes.io/region",
                           kVmwareRegion = "topology.csi.vmware.com/region", kManyZones = "__",
                           kUnspecified = "UNSPECIFIED", kFilePath = "initialvolumefilepath",
                           kFsType = "csi.storage.k8s.io/fstype";

enum class Cloud : unsigned char { Aws, Gce, AzureDisk, Cinder, Vsphere };

struct Plugin {
    Cloud cloud;
    std::string_view name, driver;
    std::string_view field, id;  // of the source: awsElasticBlockStore, volumeID
    std::string_view zone_key;   // the driver's topology
};

constexpr std::array<Plugin, 5> kPlugins = {{
    {Cloud::Aws, "kubernetes.io/aws-ebs", "ebs.csi.aws.com", "awsElasticBlockStore", "volumeID",
     "topology.ebs.csi.aws.com/zone"},
    {Cloud::Gce, "kubernetes.io/gce-pd", "pd.csi.storage.gke.io", "gcePersistentDisk", "pdName",
     "topology.gke.io/zone"},
    {Cloud::AzureDisk, "kubernetes.io/azure-disk", "disk.csi.azure.com", "azureDisk", "diskURI",
     "topology.disk.csi.azure.com/zone"},
    {Cloud::Cinder, "kubernetes.io/cinder", "cinder.csi.openstack.org", "cinder", "volumeID",
     "topology.cinder.csi.openstack.org/zone"},
    {Cloud::Vsphere, "kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com", "vsphereVolume",
     "volumePath", "topology.csi.vmware.com/zone"},
}};

api::Status error(std::string message) {
    return api::Status(0, api::Reason::None, std::move(message));
}

const Plugin* plugin_of(const PersistentVolume& volume) {
    for (const Plugin& p : kPlugins)
        if (volume.spec.source.others.find(p.field)) return &p;
    return nullptr;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::vector<std::string> split(std::string_view text, std::string_view by) {
    std::vector<std::string> parts;
    for (std::size_t end = text.find(by); end != text.npos; end = text.find(by)) {
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(end + by.size());
    }
    parts.emplace_back(text);
    return parts;
}

std::string joined(const std::vector<std::string>& parts, std::string_view by) {
    std::string text;
    for (const std::string& p : parts) text += (text.empty() ? "" : std::string(by)) + p;
    return text;
}

// Every requirement of the volume's node affinity.
template <class Visit>
void for_each_requirement(PersistentVolume& volume, Visit&& visit) {
    if (!volume.spec.nodeAffinity || !volume.spec.nodeAffinity->required) return;
    for (api::NodeSelectorTerm& term : volume.spec.nodeAffinity->required->nodeSelectorTerms)
        for (api::SelectorRequirement& r : term.matchExpressions) visit(r);
}

std::vector<std::string> topology_values(PersistentVolume& volume, std::string_view key) {
    std::set<std::string> values;
    for_each_requirement(volume, [&](api::SelectorRequirement& r) {
        if (r.key == key)
            for (const api::Text& v : r.values) values.insert(v.str());
    });
    return {values.begin(), values.end()};
}

void rename_topology(PersistentVolume& volume, std::string_view from, std::string_view to) {
    for_each_requirement(volume, [&](api::SelectorRequirement& r) {
        if (r.key == from) r.key = to;
    });
}

api::SelectorRequirement one_of(std::string_view key, const std::vector<std::string>& values) {
    api::SelectorRequirement r;
    r.key = key;
    r.op = "In";
    for (const std::string& v : values) r.values.emplace_back(v);
    return r;
}

void add_topology(PersistentVolume& volume, std::string_view key,
                  const std::vector<std::string>& values) {
    std::set<std::string> kept(values.begin(), values.end());
    kept.erase("");
    if (kept.empty()) return;
    if (!volume.spec.nodeAffinity) volume.spec.nodeAffinity.emplace();
    auto& required = volume.spec.nodeAffinity->required;
    if (!required) required.emplace();
    if (required->nodeSelectorTerms.empty()) required->nodeSelectorTerms.emplace_back();
    for (api::NodeSelectorTerm& term : required->nodeSelectorTerms)
        term.matchExpressions.push_back(one_of(key, {kept.begin(), kept.end()}));
}

struct Labels {
    std::string_view zone, region;
};

// The labels of old or of now, whichever the volume has.
Labels labels_of(PersistentVolume& volume) {
    const auto asks = [&volume](std::string_view key) {
        bool found = false;
        for_each_requirement(volume, [&](const auto& r) { found = found || r.key == key; });
        return found;
    };
    if (asks(kZone)) return {kZone, kRegion};
    if (asks(kBetaZone)) return {kBetaZone, kBetaRegion};
    const bool old =
        !volume.metadata.labels.contains(kZone) && volume.metadata.labels.contains(kBetaZone);
    return old ? Labels{kBetaZone, kBetaRegion} : Labels{kZone, kRegion};
}

void set_missing_label(PersistentVolume& volume, std::string_view key, const std::string& value) {
    if (!volume.metadata.labels.contains(key)) volume.metadata.labels.set(key, value);
}

// "" where the zone has no form that is known.
std::string region_of_zone(Cloud cloud, const std::string& zone) {
    std::vector<std::string> parts = split(zone, "-");
    const std::size_t n = parts.size();
    if (cloud == Cloud::Gce) return n == 3 ? parts[0] + "-" + parts[1] : "";
    if ((n == 3 || n == 4) && parts.back().size() == 2) {  // us-west-2a
        parts.back().resize(1);
        return joined(parts, "-");
    }
    if (n != 5 && n != 7) return "";  // local zones and wavelength
    parts.resize(3);
    return joined(parts, "-");
}

api::Result<std::string> region_of(Cloud cloud, const std::vector<std::string>& zones) {
    std::set<std::string> regions;
    for (const std::string& zone : zones) {
        const std::string region = region_of_zone(cloud, zone);
        if (region.empty() && cloud == Cloud::Gce)
            return error("zone in unexpected format, expected: {locale}-{region}-{zone}, got: " +
                         zone);
        if (region.empty())
            return error("Unexpected zone format: " + zone + " is not a valid AWS zone");
        regions.insert(region);
    }
    if (zones.empty()) return error("no zones specified");
    if (regions.size() != 1) return error("multiple or no regions gotten from zones");
    return *regions.begin();
}

void topology_for_csi(PersistentVolume& volume, const Plugin& plugin) {
    const Labels labels = labels_of(volume);
    const auto take = [&volume](std::string_view label, std::string_view key, bool many) {
        if (!topology_values(volume, label).empty()) return rename_topology(volume, label, key);
        const std::string value(volume.metadata.labels.get(label));
        if (value.empty()) return;
        add_topology(volume, key, many ? split(value, kManyZones) : std::vector{value});
    };
    const bool vmware = plugin.cloud == Cloud::Vsphere;
    take(labels.zone, plugin.zone_key, !vmware);
    if (vmware) return take(labels.region, kVmwareRegion, false);
    if (labels.region == kBetaRegion) rename_topology(volume, kBetaRegion, kRegion);
}

api::Status add_regions(PersistentVolume& volume, Cloud cloud, const Labels& labels) {
    if (!volume.spec.nodeAffinity || !volume.spec.nodeAffinity->required) return {};
    for (api::NodeSelectorTerm& term : volume.spec.nodeAffinity->required->nodeSelectorTerms) {
        std::vector<std::string> zones;
        bool has_region = false;
        for (const api::SelectorRequirement& r : term.matchExpressions) {
            has_region = has_region || r.key == labels.region;
            if (r.key == labels.zone)
                for (const api::Text& v : r.values) zones.push_back(v.str());
        }
        if (has_region) continue;
        const api::Result<std::string> region = region_of(cloud, zones);
        if (!region)
            return error("Failed to handle region topology. error: " +
                         region.error().message.str());
        term.matchExpressions.push_back(one_of(labels.region, {*region}));
    }
    const std::vector<std::string> regions = topology_values(volume, labels.region);
    if (regions.size() == 1) set_missing_label(volume, labels.region, regions[0]);
    return {};
}

api::Status topology_in_tree(PersistentVolume& volume, const Plugin& plugin) {
    const Labels labels = labels_of(volume);
    rename_topology(volume, plugin.zone_key, labels.zone);
    const bool vmware = plugin.cloud == Cloud::Vsphere;
    if (vmware) rename_topology(volume, kVmwareRegion, labels.region);
    if (plugin.cloud == Cloud::Aws || plugin.cloud == Cloud::Gce)
        if (api::Status bad = add_regions(volume, plugin.cloud, labels); !bad.message.empty())
            return bad;
    const std::vector<std::string> zones = topology_values(volume, labels.zone);
    if (!zones.empty())
        set_missing_label(volume, labels.zone, vmware ? zones[0] : joined(zones, kManyZones));
    const std::vector<std::string> regions = topology_values(volume, labels.region);
    if (vmware && !regions.empty()) set_missing_label(volume, labels.region, regions[0]);
    return {};
}

std::string text_of(const api::Value& source, std::string_view field) {
    const api::Value* v = source.find(field);
    return v ? std::string(v->as_string()) : std::string();
}

std::int64_t partition_of(const api::Value& source) {
    const api::Value* v = source.find("partition");
    return v ? v->as_int() : 0;
}

api::Result<std::string> gce_handle(const PersistentVolume& volume, const std::string& name) {
    std::string label(volume.metadata.labels.get(kBetaZone));
    if (label.empty()) label = volume.metadata.labels.get(kZone);
    const std::string project = "projects/" + std::string(kUnspecified);
    const std::vector<std::string> zones = split(label, kManyZones);
    if (zones.size() > 1) {
        const api::Result<std::string> region = region_of(Cloud::Gce, zones);
        if (!region)
            return error("failed to get region from zones: " + region.error().message.str());
        return project + "/regions/" + *region + "/disks/" + name;
    }
    return project + "/zones/" + (label.empty() ? std::string(kUnspecified) : label) + "/disks/" +
           name;
}

// Disks of that cloud are never written from several nodes.
api::List<api::Text> gce_modes(const api::List<api::Text>& modes) {
    const bool reads_only = !modes.empty() && std::all_of(modes.begin(), modes.end(), [](auto& m) {
        return m == api::mode::kReadOnlyMany;
    });
    return {reads_only ? api::mode::kReadOnlyMany : api::mode::kReadWriteOnce};
}

bool is_parameter_of_vsphere(const std::string& key) {
    constexpr std::string_view kKnown[] = {
        "datastore",        "diskformat",  "hostfailurestotolerate", "forceprovisioning",
        "cachereservation", "diskstripes", "objectspacereservation", "iopslimit"};
    return std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown);
}

// What the driver gets of one parameter. Zones become topologies instead.
void translate_parameter(const Plugin& plugin, const api::TextMap::Member& m, api::TextMap& into,
                         std::vector<std::string>& zones) {
    const std::string key = lower(m.first);
    const bool vmware = plugin.cloud == Cloud::Vsphere;
    const bool takes_zones = !vmware && plugin.cloud != Cloud::Cinder;
    if (takes_zones && key == "zone") {
        zones = {m.second.str()};
    } else if (takes_zones && key == "zones") {
        zones = split(m.second, ",");
    } else if (key == "fstype" && plugin.cloud != Cloud::AzureDisk) {
        into.set(kFsType, m.second);
    } else if (vmware) {
        if (key == "storagepolicyname") into.set(key, m.second);
        if (is_parameter_of_vsphere(key)) into.set(key + "-migrationparam", m.second);
    } else {
        into.set(m.first, m.second);
        if (plugin.cloud == Cloud::Aws && key == "iopspergb")
            into.set("allowautoiopspergbincrease", "true");
    }
}

void translate_topologies(const Plugin& plugin, api::List<api::TopologySelectorTerm>& terms) {
    for (api::TopologySelectorTerm& term : terms)
        for (api::TopologySelectorLabel& label : term.matchLabelExpressions)
            if (label.key == kZone || label.key == kBetaZone) label.key = plugin.zone_key;
    if (plugin.cloud != Cloud::AzureDisk) return;
    // A number alone is a fault domain, not a zone.
    for (api::TopologySelectorTerm& term : terms)
        for (api::TopologySelectorLabel& label : term.matchLabelExpressions)
            for (api::Text& v : label.values) {
                const std::string_view text = v;
                if (label.key == plugin.zone_key &&
                    text.find_first_not_of("0123456789") == text.npos)
                    v = api::Text();
            }
}

}  // namespace

std::string_view in_tree_plugin_of(std::string_view driver) {
    for (const Plugin& p : kPlugins)
        if (p.driver == driver) return p.name;
    return {};
}

std::string_view translated_driver_of(const PersistentVolume& volume) {
    const Plugin* plugin = plugin_of(volume);
    return plugin ? plugin->driver : std::string_view();
}

api::Result<api::StorageClass> class_for_csi(const api::StorageClass& cls) {
    const auto plugin = std::find_if(kPlugins.begin(), kPlugins.end(),
                                     [&](const Plugin& p) { return cls.provisioner == p.name; });
    if (plugin == kPlugins.end())
        return error("could not find in-tree storage class translation logic for \"" +
                     cls.provisioner.str() + "\"");
    api::StorageClass next = cls;
    next.parameters = api::TextMap();
    std::vector<std::string> zones;
    for (const api::TextMap::Member& m : cls.parameters)
        translate_parameter(*plugin, m, next.parameters, zones);
    if (plugin->cloud == Cloud::Vsphere) next.parameters.set("csimigration", "true");
    if (!zones.empty() && !cls.allowedTopologies.empty())
        return error("cannot simultaneously set allowed topologies and zone/zones parameters");
    if (!zones.empty()) {
        api::TopologySelectorLabel label;
        label.key = plugin->zone_key;
        for (const std::string& z : zones) label.values.emplace_back(z);
        next.allowedTopologies.emplace_back().matchLabelExpressions.push_back(std::move(label));
    }
    translate_topologies(*plugin, next.allowedTopologies);
    return next;
}

api::Result<PersistentVolume> volume_for_csi(const PersistentVolume& volume) {
    const Plugin* plugin = plugin_of(volume);
    if (!plugin) return error("could not find in-tree plugin translation logic");
    const api::Value source = *volume.spec.source.others.find(plugin->field);
    PersistentVolume next = volume;
    next.spec.source.others.erase(plugin->field);
    if (next.spec.source.others.as_map().empty()) next.spec.source.others = api::Value();
    api::CSIPersistentVolumeSource& csi = next.spec.source.csi.emplace();
    csi.driver = plugin->driver;
    csi.volumeHandle = text_of(source, plugin->id);
    csi.fsType = text_of(source, "fsType");
    const api::Value* read_only = source.find("readOnly");
    csi.readOnly = read_only && read_only->as_bool();
    const std::int64_t partition = partition_of(source);
    if (plugin->cloud == Cloud::Aws)
        csi.volumeAttributes.set("partition", std::to_string(partition));
    if (plugin->cloud == Cloud::Gce) {
        const api::Result<std::string> handle = gce_handle(volume, csi.volumeHandle.str());
        if (!handle) return handle.error();
        csi.volumeHandle = *handle;
        csi.volumeAttributes.set("partition", partition ? std::to_string(partition) : "");
        next.spec.accessModes = gce_modes(volume.spec.accessModes);
    }
    if (plugin->cloud == Cloud::AzureDisk) {
        const std::string kind = text_of(source, "kind");
        if (!kind.empty() && lower(kind) != "managed")
            return error("kind(" + kind + ") is not supported in csi migration");
        csi.volumeAttributes.set("kind", "Managed");
        if (source.find("cachingMode"))
            csi.volumeAttributes.set("cachingmode", text_of(source, "cachingMode"));
        if (source.find("fsType")) csi.volumeAttributes.set("fstype", csi.fsType);
        return next;
    }
    const std::string storage_policy = text_of(source, "storagePolicyName");
    if (plugin->cloud == Cloud::Vsphere && !storage_policy.empty())
        csi.volumeAttributes.set("storagepolicyname", storage_policy);
    topology_for_csi(next, *plugin);
    return next;
}

api::Result<PersistentVolume> volume_in_tree(const PersistentVolume& volume) {
    if (!volume.spec.source.csi) return error("pv is nil or CSI source not defined on pv");
    const api::CSIPersistentVolumeSource csi = *volume.spec.source.csi;
    const auto plugin = std::find_if(kPlugins.begin(), kPlugins.end(),
                                     [&](const Plugin& p) { return csi.driver == p.driver; });
    if (plugin == kPlugins.end())
        return error("could not find CSI driver name in-tree plugin translation logic");
    PersistentVolume next = volume;
    next.spec.source.csi.reset();
    api::Value source;
    source[plugin->id] = csi.volumeHandle;
    if (!csi.fsType.empty()) source["fsType"] = csi.fsType;
    if (csi.readOnly) source["readOnly"] = true;
    const std::string partition(csi.volumeAttributes.get("partition"));
    if (!partition.empty() && partition != "0")
        source["partition"] = std::int64_t{std::atoll(partition.c_str())};
    if (plugin->cloud == Cloud::Gce) {
        const std::vector<std::string> parts = split(csi.volumeHandle, "/");
        if (parts.size() < 6)
            return error("failed to get id components.Got: " + std::to_string(parts.size()) +
                         ", wanted 6 components or more. ");
        source[plugin->id] = parts[5];
    }
    if (plugin->cloud == Cloud::AzureDisk) {
        const std::string handle = csi.volumeHandle.str();
        const std::size_t disks = handle.rfind("/disks/");
        if (disks == handle.npos)
            return error("could not get disk name from " + handle +
                         ", correct format: .*/subscriptions/(?:.*)/resourceGroups/(?:.*)/"
                         "providers/Microsoft.Compute/disks/(.+)");
        source["diskName"] = handle.substr(disks + 7);
        source["kind"] = "Managed";
        source["fsType"] = csi.fsType;
        source["readOnly"] = csi.readOnly;
        for (const api::TextMap::Member& m : csi.volumeAttributes) {
            if (lower(m.first) == "cachingmode" && !m.second.empty())
                source["cachingMode"] = m.second;
            if (lower(m.first) == "fstype" && !m.second.empty()) source["fsType"] = m.second;
        }
        next.spec.source.others[plugin->field] = source;
        return next;
    }
    if (plugin->cloud == Cloud::Vsphere) source[plugin->id] = csi.volumeAttributes.get(kFilePath);
    if (api::Status bad = topology_in_tree(next, *plugin); !bad.message.empty())
        return error("failed to translate topology. Error:" + bad.message.str());
    next.spec.source.others[plugin->field] = source;
    return next;
}

}  // namespace model::volume
