#include "model/scheduler/volume_filters.hpp"

#include <algorithm>

#include "model/volume/csi_translation.hpp"

namespace model::scheduler {

namespace {

constexpr std::string_view kUsedNew =
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already "
    "in-use by another pod";
constexpr std::string_view kUsedOld =
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
constexpr std::string_view kBetaPrefix = "failure-domain.beta.kubernetes.io/";
constexpr std::string_view kPrefix = "topology.kubernetes.io/";

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

std::string not_found(std::string_view resource, std::string_view name) {
    return std::string(resource) + " " + in_quotes(name) + " not found";
}

bool once_per_pod(const PVC& claim) {
    return std::find(claim.spec.accessModes.begin(), claim.spec.accessModes.end(),
                     api::mode::kReadWriteOncePod) != claim.spec.accessModes.end();
}

bool is_zone_label(std::string_view key) {
    for (std::string_view prefix : {kBetaPrefix, kPrefix})
        if (key.starts_with(prefix)) {
            key.remove_prefix(prefix.size());
            return key == "zone" || key == "region";
        }
    return false;
}

std::string ga_label(std::string_view key) {
    if (!key.starts_with(kBetaPrefix)) return std::string(key);
    return std::string(kPrefix) + std::string(key.substr(kBetaPrefix.size()));
}

// "a__b__c" holds b.
bool zones_hold(std::string_view zones, std::string_view zone) {
    while (true) {
        const std::size_t end = zones.find("__");
        if (zones.substr(0, end) == zone) return true;
        if (end == std::string_view::npos) return false;
        zones.remove_prefix(end + 2);
    }
}

bool same(const api::Value& a, const api::Value& b, std::string_view field) {
    const api::Value* x = a.find(field);
    const api::Value* y = b.find(field);
    return x && y && *x == *y;
}

bool read_only(const api::Value& v) {
    const api::Value* r = v.find("readOnly");
    return r && r->as_bool();
}

bool monitors_overlap(const api::Value& a, const api::Value& b) {
    const api::Value* x = a.find("monitors");
    const api::Value* y = b.find("monitors");
    if (!x || !y) return false;
    for (const api::Value& m : x->as_list())
        for (const api::Value& n : y->as_list())
            if (m == n) return true;
    return false;
}

// Two pods' volumes are one disk that only one of them may have.
bool collide(const api::Value& mine, const api::Value& other) {
    const auto both = [&](std::string_view kind) {
        const api::Value* a = mine.find(kind);
        const api::Value* b = other.find(kind);
        return a && b ? std::pair(a, b) : std::pair<const api::Value*, const api::Value*>();
    };
    if (const auto [a, b] = both("gcePersistentDisk"); a)
        if (same(*a, *b, "pdName") && !(read_only(*a) && read_only(*b))) return true;
    if (const auto [a, b] = both("awsElasticBlockStore"); a)
        if (same(*a, *b, "volumeID")) return true;
    if (const auto [a, b] = both("iscsi"); a)
        if (same(*a, *b, "iqn") && !(read_only(*a) && read_only(*b))) return true;
    if (const auto [a, b] = both("rbd"); a)
        if (monitors_overlap(*a, *b) && same(*a, *b, "pool") && same(*a, *b, "image") &&
            !(read_only(*a) && read_only(*b)))
            return true;
    return false;
}

}  // namespace

bool is_migrated_on(const api::Ref<api::CSINode>& csi_node, std::string_view plugin) {
    if (!csi_node) return false;
    std::string_view list =
        csi_node->metadata.annotations.get("storage.alpha.kubernetes.io/migrated-plugins");
    while (!list.empty()) {
        const std::size_t end = list.find(',');
        if (list.substr(0, end) == plugin) return true;
        if (end == std::string_view::npos) break;
        list.remove_prefix(end + 1);
    }
    return false;
}

VolumeFilters::VolumeFilters(const VolumeInformers& informers, const SchedulerCache& cache,
                             const Profile& profile)
    : informers_(informers), cache_(cache), profile_(profile), release_(Release::of(profile)) {}

Verdict VolumeFilters::restrictions_before_nodes(const PodInfo& pod, State& state) const {
    if (!profile_.on(Gate::ReadWriteOncePod)) return {};
    for (const ClaimUse& use : pod.claims) {
        if (use.ephemeral) continue;
        const api::Key key(pod.pod->metadata.ns, use.claim);
        const api::Ref<PVC> claim = informers_.claims.get<PVC>(key);
        if (!claim)
            return Verdict::never(Plugin::VolumeRestrictions,
                                  not_found("persistentvolumeclaim", use.claim));
        if (!once_per_pod(*claim)) continue;
        const auto users = static_cast<int>(cache_.users_of(key));
        if (!release_.once_per_pod_by_node && users > 0)
            return Verdict::never(Plugin::VolumeRestrictions, std::string(kUsedOld));
        state.once.push_back(key);
        state.once_conflicts += users;
    }
    return {};
}

Verdict VolumeFilters::check_restrictions(const PodInfo& pod, const State& state,
                                          const NodeInfo& node) const {
    for (const api::Volume& mine : pod.pod->spec.volumes)
        for (const PodRef& other : node.pods)
            for (const api::Volume& theirs : other->pod->spec.volumes)
                if (collide(mine.extra, theirs.extra))
                    return Verdict::no(Plugin::VolumeRestrictions, "node(s) had no available disk");
    if (state.once_conflicts <= 0) return {};
    return Verdict::no(Plugin::VolumeRestrictions,
                       std::string(release_.once_per_pod_new_text ? kUsedNew : kUsedOld));
}

int VolumeFilters::uses_of(const State& state, const PodInfo& other) {
    int n = 0;
    for (const ClaimUse& use : other.claims) {
        const api::Key key(other.pod->metadata.ns, use.claim);
        const bool counts =
            std::find(state.once.begin(), state.once.end(), key) != state.once.end();
        if (!use.ephemeral && counts) ++n;
    }
    return n;
}

Verdict VolumeFilters::limits_before_nodes(const PodInfo& pod) const {
    if (!release_.limits_refuse_early) return {};
    for (const ClaimUse& use : pod.claims)
        if (!use.ephemeral &&
            !informers_.claims.get<PVC>(api::Key(pod.pod->metadata.ns, use.claim)))
            return Verdict::never(Plugin::NodeVolumeLimits,
                                  not_found("persistentvolumeclaim", use.claim));
    return {};
}

Verdict VolumeFilters::check_limits(const PodInfo& pod, const NodeInfo& node) const {
    if (pod.claims.empty()) return {};
    const auto csi_node =
        informers_.csi_nodes.get<api::CSINode>(api::Key(api::Text(), node.name()));
    std::map<std::string, std::int64_t, std::less<>> limits;
    if (csi_node)
        for (const api::CSINodeDriver& d : csi_node->spec.drivers)
            if (d.allocatable && d.allocatable->count) limits[d.name.str()] = *d.allocatable->count;
    Volumes wanted;
    if (std::string error = volumes_of(pod, csi_node, true, wanted); !error.empty())
        return Verdict::error(Plugin::NodeVolumeLimits, std::move(error));
    if (wanted.empty() || limits.empty()) return {};
    Volumes used;
    for (const PodRef& other : node.pods) (void)volumes_of(*other, csi_node, false, used);
    if (release_.counts_attachments) used.merge(attached_to(node.name(), csi_node));
    std::map<std::string, std::int64_t> used_of, wanted_of;
    for (const auto& [name, driver] : used) {
        ++used_of[driver];
        wanted.erase(name);
    }
    for (const auto& [name, driver] : wanted) ++wanted_of[driver];
    for (const auto& [driver, n] : wanted_of) {
        const auto limit = limits.find(driver);
        if (limit != limits.end() && used_of[driver] + n > limit->second)
            return Verdict::no(Plugin::NodeVolumeLimits, "node(s) exceed max volume count");
    }
    return {};
}

// The error of a new pod; another pod's claim that is gone counts nothing.
std::string VolumeFilters::volumes_of(const PodInfo& pod, const api::Ref<api::CSINode>& csi_node,
                                      bool is_new, Volumes& all) const {
    for (const ClaimUse& use : pod.claims) {
        const api::Key key(pod.pod->metadata.ns, use.claim);
        const api::Ref<PVC> claim = informers_.claims.get<PVC>(key);
        if (!claim) {
            if (!is_new) continue;
            return "looking up PVC " + key.to_string() + ": " +
                   not_found("persistentvolumeclaim", use.claim);
        }
        if (use.ephemeral)
            if (std::string error = not_for_pod(*pod.pod, *claim); !error.empty()) return error;
        const auto [driver, handle] = driver_and_handle(*claim, csi_node, is_new);
        if (!driver.empty() && !handle.empty()) all[driver + "/" + handle] = driver;
    }
    return {};
}

std::pair<std::string, std::string> VolumeFilters::driver_and_handle(
    const PVC& claim, const api::Ref<api::CSINode>& csi_node, bool is_new) const {
    const auto v = claim.spec.volumeName.empty()
                       ? api::Ref<PV>()
                       : informers_.volumes.get<PV>(api::Key(api::Text(), claim.spec.volumeName));
    if (v) return source_of(*v, csi_node);
    const std::string_view class_name = volume::storage_class_of(claim);
    const auto cls =
        informers_.classes.get<api::StorageClass>(api::Key(api::Text(), api::Text(class_name)));
    if (class_name.empty() || !cls) return {};
    // A volume yet to be made is one of its own, another one for each who asks.
    return {cls->provisioner.str(),
            (is_new ? "new-" : "yet-") + claim.metadata.ns.str() + "/" + claim.metadata.name.str()};
}

std::pair<std::string, std::string> VolumeFilters::source_of(
    const PV& v, const api::Ref<api::CSINode>& csi_node) const {
    if (v.spec.source.csi)
        return {v.spec.source.csi->driver.str(), v.spec.source.csi->volumeHandle.str()};
    const std::string_view driver = volume::translated_driver_of(v);
    if (driver.empty() || !is_migrated_on(csi_node, volume::in_tree_plugin_of(driver))) return {};
    const api::Result<PV> translated = volume::volume_for_csi(v);
    if (!translated || !translated->spec.source.csi) return {};
    return {std::string(driver), translated->spec.source.csi->volumeHandle.str()};
}

VolumeFilters::Volumes VolumeFilters::attached_to(const api::Text& node,
                                                  const api::Ref<api::CSINode>& csi_node) const {
    Volumes all;
    informers_.attachments.for_each([&](const api::ObjectRef& o) {
        const auto& va = static_cast<const api::VolumeAttachment&>(*o);
        if (va.spec.nodeName != node || !va.spec.source.persistentVolumeName) return;
        const auto v =
            informers_.volumes.get<PV>(api::Key(api::Text(), *va.spec.source.persistentVolumeName));
        if (!v) return;
        const auto [driver, handle] = source_of(*v, csi_node);
        if (!driver.empty() && driver == va.spec.attacher.view())
            all[driver + "/" + handle] = driver;
    });
    return all;
}

Verdict VolumeFilters::zones_before_nodes(const PodInfo& pod, State& state) const {
    Verdict found = find_zones(pod, state);
    if (release_.zones_refuse_early) return found;
    state.no_zones = std::move(found);
    return {};
}

Verdict VolumeFilters::find_zones(const PodInfo& pod, State& state) const {
    for (const ClaimUse& use : pod.claims) {
        if (use.ephemeral) continue;
        const api::Ref<PVC> claim =
            informers_.claims.get<PVC>(api::Key(pod.pod->metadata.ns, use.claim));
        const auto never = [](std::string why) {
            return Verdict::never(Plugin::VolumeZone, std::move(why));
        };
        if (!claim) return never(not_found("persistentvolumeclaim", use.claim));
        if (claim->spec.volumeName.empty()) {
            const std::string_view name = volume::storage_class_of(*claim);
            if (name.empty())
                return never("PersistentVolumeClaim had no pv name and storageClass name");
            const auto cls =
                informers_.classes.get<api::StorageClass>(api::Key(api::Text(), api::Text(name)));
            if (!cls) return never(not_found("storageclass.storage.k8s.io", name));
            if (!cls->volumeBindingMode)
                return never("VolumeBindingMode not set for StorageClass " + in_quotes(name));
            if (*cls->volumeBindingMode == api::mode::kWaitForFirstConsumer) continue;
            return never("PersistentVolume had no name");
        }
        const auto v = informers_.volumes.get<PV>(api::Key(api::Text(), claim->spec.volumeName));
        if (!v) return never(not_found("persistentvolume", claim->spec.volumeName));
        for (const api::TextMap::Member& label : v->metadata.labels)
            if (is_zone_label(label.first)) state.zones.push_back(label);
    }
    return {};
}

Verdict VolumeFilters::check_zones(const State& state, const NodeInfo& node) const {
    const api::TextMap& labels = node.node->metadata.labels;
    bool constrained = false;
    for (const api::TextMap::Member& label : labels) constrained |= is_zone_label(label.first);
    if (!constrained) return {};
    if (!state.no_zones.ok()) return state.no_zones;
    for (const auto& [key, zones] : state.zones) {
        const api::Text* value = labels.find(key);
        if (!value && release_.zone_labels_translated) value = labels.find(ga_label(key));
        if (!value || !zones_hold(zones, *value))
            return Verdict::never(Plugin::VolumeZone, "node(s) had no available volume zone");
    }
    return {};
}

}  // namespace model::scheduler
