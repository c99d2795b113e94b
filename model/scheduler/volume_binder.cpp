#include "model/scheduler/volume_binder.hpp"

#include <algorithm>

#include "model/api/selector.hpp"

namespace model::scheduler {

namespace {

using api::annotation::kBindCompleted;
using api::annotation::kSelectedNode;

constexpr std::string_view kNodeConflict = "node(s) didn't match PersistentVolume's node affinity";
constexpr std::string_view kOldNodeConflict = "node(s) had volume node affinity conflict";
constexpr std::string_view kBindConflict =
    "node(s) didn't find available persistent volumes to bind";
constexpr std::string_view kNoSpace = "node(s) did not have enough free storage";
constexpr std::string_view kNoVolume =
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
constexpr std::string_view kNoProvisioner = "kubernetes.io/no-provisioner";

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

api::Key class_key(const PVC& claim) {
    return api::Key(api::Text(), api::Text(volume::storage_class_of(claim)));
}

bool matches_term(const api::TopologySelectorTerm& term, const api::TextMap& labels) {
    if (term.matchLabelExpressions.empty()) return false;
    for (const api::TopologySelectorLabel& wanted : term.matchLabelExpressions) {
        const api::Text* value = labels.find(wanted.key);
        if (!value ||
            std::find(wanted.values.begin(), wanted.values.end(), *value) == wanted.values.end())
            return false;
    }
    return true;
}

bool allows_topology(const api::StorageClass& cls, const api::Node& node) {
    if (cls.allowedTopologies.empty()) return true;
    for (const api::TopologySelectorTerm& term : cls.allowedTopologies)
        if (matches_term(term, node.metadata.labels)) return true;
    return false;
}

bool selected_by(const PVC& claim, const PV& v) {
    if (!claim.spec.selector) return true;
    const api::Result<bool> matched = api::matches(*claim.spec.selector, v.metadata.labels);
    return matched && *matched;
}

// Whether the volume is free and fits the claim on any node it reaches.
bool is_free_for(const PV& v, const PVC& claim, bool attributes_classes) {
    if (v.status.phase != api::phase::kAvailable || !selected_by(claim, v)) return false;
    if (volume::storage_class_of(v) != volume::storage_class_of(claim)) return false;
    if (attributes_classes && volume::attributes_class(v) != volume::attributes_class(claim))
        return false;
    return volume::offers_access_modes(v, claim);
}

// FindMatchingVolume with a node: one that is reserved for the claim wins, or spoils the node where
// it does not reach it; else the smallest.
api::Ref<PV> best_volume(const PVC& claim, const std::vector<api::Ref<PV>>& volumes,
                         const PodVolumes& chosen, const api::Node& node, bool attributes_classes) {
    api::Ref<PV> best;
    for (const api::Ref<PV>& v : volumes) {
        const bool taken =
            std::any_of(chosen.static_bindings.begin(), chosen.static_bindings.end(),
                        [&](const auto& b) { return b.volume->metadata.name == v->metadata.name; });
        const bool reserved = volume::is_bound_to(*v, claim);
        if (taken || (v->spec.claimRef && !reserved)) continue;
        if (volume::storage_capacity(*v) < volume::requested_storage(claim)) continue;
        if (volume::volume_modes_differ(claim, *v) || v->metadata.terminating()) continue;
        if (reserved) return reaches(*v, node) ? v : api::Ref<PV>();
        if (!is_free_for(*v, claim, attributes_classes) || !reaches(*v, node)) continue;
        if (!best || volume::storage_capacity(*v) < volume::storage_capacity(*best)) best = v;
    }
    return best;
}

}  // namespace

bool reaches(const PV& v, const api::Node& node) {
    if (!v.spec.nodeAffinity || !v.spec.nodeAffinity->required) return true;
    return api::matches(*v.spec.nodeAffinity->required, node.metadata.labels, node.metadata.name);
}

VolumeInformers::VolumeInformers(control::Process& process)
    : pods(process.informer(api::Kind::Pod)),
      nodes(process.informer(api::Kind::Node)),
      volumes(process.informer(api::Kind::PersistentVolume)),
      claims(process.informer(api::Kind::PersistentVolumeClaim)),
      classes(process.informer(api::Kind::StorageClass)),
      csi_drivers(process.informer(api::Kind::CSIDriver)),
      csi_nodes(process.informer(api::Kind::CSINode)),
      capacities(process.informer(api::Kind::CSIStorageCapacity)),
      attachments(process.informer(api::Kind::VolumeAttachment)) {}

VolumeBinder::VolumeBinder(control::Process& process, control::Client& client,
                           VolumeInformers& informers)
    : process_(process),
      client_(client),
      informers_(informers),
      release_(Release::of(process.server().profile())),
      volumes_(informers.volumes),
      claims_(informers.claims) {
    for (control::Informer* informer :
         {&informers.pods, &informers.nodes, &informers.volumes, &informers.claims})
        informer->add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
            wake(after ? after : before);
        });
}

bool VolumeBinder::is_fully_bound(const PVC& claim) const {
    return !claim.spec.volumeName.empty() && claim.metadata.annotations.contains(kBindCompleted);
}

std::string VolumeBinder::problem_of_claim(const PodInfo& pod, const ClaimUse& use) const {
    const api::Ref<PVC> claim =
        informers_.claims.get<PVC>(api::Key(pod.pod->metadata.ns, use.claim));
    if (!claim && use.ephemeral)
        return "waiting for ephemeral volume controller to create the persistentvolumeclaim " +
               in_quotes(use.claim);
    if (!claim) return "persistentvolumeclaim " + in_quotes(use.claim) + " not found";
    if (claim->status.phase == api::phase::kLost)
        return "persistentvolumeclaim " + in_quotes(use.claim) +
               " bound to non-existent persistentvolume " + in_quotes(claim->spec.volumeName);
    if (claim->metadata.terminating())
        return "persistentvolumeclaim " + in_quotes(use.claim) + " is being deleted";
    return use.ephemeral ? not_for_pod(*pod.pod, *claim) : std::string();
}

bool VolumeBinder::is_delayed(const PVC& claim, std::string& error) const {
    if (volume::storage_class_of(claim).empty()) return false;
    const auto cls = informers_.classes.get<api::StorageClass>(class_key(claim));
    if (!cls) return false;
    if (!cls->volumeBindingMode)
        error = "VolumeBindingMode not set for StorageClass " + in_quotes(cls->metadata.name);
    return cls->volumeBindingMode == api::Text(api::mode::kWaitForFirstConsumer);
}

Verdict VolumeBinder::before_nodes(const PodInfo& pod, PodClaims& claims) const {
    for (const ClaimUse& use : pod.claims)
        if (std::string problem = problem_of_claim(pod, use); !problem.empty())
            return Verdict::never(Plugin::VolumeBinding, std::move(problem));
    claims.none = pod.claims.empty();
    bool immediate = false;
    std::string error;
    for (const ClaimUse& use : pod.claims) {
        const api::Ref<PVC> claim = claims_.get(api::Key(pod.pod->metadata.ns, use.claim));
        if (is_fully_bound(*claim)) {
            claims.bound.push_back(claim);
        } else if (is_delayed(*claim, error) && claim->spec.volumeName.empty()) {
            claims.to_bind.push_back(claim);
        } else {
            immediate = true;
        }
        if (!error.empty()) return Verdict::error(Plugin::VolumeBinding, error);
    }
    if (immediate)
        return Verdict::never(Plugin::VolumeBinding,
                              "pod has unbound immediate PersistentVolumeClaims");
    if (claims.to_bind.empty()) return {};
    std::stable_sort(claims.to_bind.begin(), claims.to_bind.end(),
                     [](const auto& a, const auto& b) {
                         return volume::requested_storage(*a) < volume::requested_storage(*b);
                     });
    volumes_.for_each([&](const api::Ref<PV>& v) {
        for (const api::Ref<PVC>& claim : claims.to_bind)
            if (volume::storage_class_of(*claim) == volume::storage_class_of(*v)) {
                claims.volumes.push_back(v);
                return;
            }
    });
    return {};
}

// The reason against the node by what is bound already; "" where there is none.
std::string VolumeBinder::check_bound(const PodClaims& claims, const api::Node& node) const {
    for (const api::Ref<PVC>& claim : claims.bound) {
        const api::Ref<PV> v = volumes_.get(api::Key(api::Text(), claim->spec.volumeName));
        if (!v) return std::string(kNoVolume);
        if (!reaches(*v, node)) return std::string(kNodeConflict);
    }
    return {};
}

Verdict VolumeBinder::filter(PodClaims& claims, const api::Node& node) const {
    if (claims.none) return {};
    std::vector<std::string> reasons;
    const std::string of_bound = check_bound(claims, node);
    PodVolumes found;
    Verdict v = find_new(claims, node, found, reasons);
    if (!v.ok()) return v;
    // Upstream's order: conflict of bound ones, no match, no space, no volume.
    if (of_bound == kNodeConflict)
        reasons.insert(reasons.begin(),
                       std::string(release_.new_affinity_text ? kNodeConflict : kOldNodeConflict));
    if (of_bound == kNoVolume) reasons.push_back(of_bound);
    if (!reasons.empty()) return Verdict{Code::Unresolvable, Plugin::VolumeBinding, reasons};
    claims.by_node[node.metadata.name] = std::move(found);
    return {};
}

Verdict VolumeBinder::find_new(PodClaims& claims, const api::Node& node, PodVolumes& found,
                               std::vector<std::string>& reasons) const {
    const bool attributes_classes = process_.server().profile().on(Gate::VolumeAttributesClass);
    std::vector<api::Ref<PVC>> to_provision, unmatched;
    for (const api::Ref<PVC>& claim : claims.to_bind) {
        const api::Text* selected = claim->metadata.annotations.find(kSelectedNode);
        if (selected && *selected != node.metadata.name) {
            reasons.emplace_back(kBindConflict);
            return {};
        }
        if (selected) to_provision.push_back(claim);
    }
    for (const api::Ref<PVC>& claim : claims.to_bind) {
        if (claim->metadata.annotations.contains(kSelectedNode)) continue;
        api::Ref<PV> v = best_volume(*claim, claims.volumes, found, node, attributes_classes);
        if (v) {
            found.static_bindings.push_back({std::move(v), claim});
        } else {
            unmatched.push_back(claim);
        }
    }
    to_provision.insert(to_provision.end(), unmatched.begin(), unmatched.end());
    for (const api::Ref<PVC>& claim : to_provision) {
        std::string error;
        std::string reason = why_not_provisioned(*claim, node, error);
        if (!error.empty()) return Verdict::error(Plugin::VolumeBinding, std::move(error));
        if (!reason.empty()) {
            reasons.push_back(std::move(reason));
            return {};
        }
        found.to_provision.push_back(claim);
    }
    return {};
}

std::string VolumeBinder::why_not_provisioned(const PVC& claim, const api::Node& node,
                                              std::string& error) const {
    const std::string_view name = volume::storage_class_of(claim);
    if (name.empty()) {
        error = "no class for claim " + in_quotes(claim.key().to_string());
        return {};
    }
    const auto cls = informers_.classes.get<api::StorageClass>(class_key(claim));
    if (!cls) {
        error = "failed to find storage class " + in_quotes(name);
        return {};
    }
    const bool provisions = !cls->provisioner.empty() && cls->provisioner != kNoProvisioner;
    if (!provisions || !allows_topology(*cls, node)) return std::string(kBindConflict);
    return has_capacity(claim, *cls, node) ? std::string() : std::string(kNoSpace);
}

bool VolumeBinder::has_capacity(const PVC& claim, const api::StorageClass& cls,
                                const api::Node& node) const {
    const api::Quantity* wanted = claim.spec.resources.requests.find("storage");
    const auto driver =
        informers_.csi_drivers.get<api::CSIDriver>(api::Key(api::Text(), cls.provisioner));
    if (!wanted || !driver || !driver->spec.storageCapacity.value_or(false)) return true;
    bool enough = false;
    informers_.capacities.for_each([&](const api::ObjectRef& o) {
        const auto& c = static_cast<const api::CSIStorageCapacity&>(*o);
        if (enough || c.storageClassName != cls.metadata.name || !c.nodeTopology) return;
        const std::optional<api::Quantity>& limit =
            c.maximumVolumeSize ? c.maximumVolumeSize : c.capacity;
        if (!limit || limit->value() < wanted->value()) return;
        const api::Result<bool> reached = api::matches(*c.nodeTopology, node.metadata.labels);
        enough = reached && *reached;
    });
    return enough;
}

bool VolumeBinder::all_bound(const PodInfo& pod) const {
    for (const ClaimUse& use : pod.claims) {
        const api::Ref<PVC> claim = claims_.get(api::Key(pod.pod->metadata.ns, use.claim));
        if (!claim || !is_fully_bound(*claim)) return false;
    }
    return true;
}

api::Result<bool> VolumeBinder::assume(const PodInfo& pod, const api::Text& node,
                                       PodVolumes& volumes) {
    if (all_bound(pod)) return true;
    PodVolumes taken;
    const auto give_up = [&](std::string text) {
        revert(taken);
        return api::Status(500, api::Reason::InternalError, std::move(text));
    };
    for (PodVolumes::Binding binding : volumes.static_bindings) {
        if (std::optional<PV> next = volume::bound_volume(*binding.volume, *binding.claim)) {
            binding.volume = api::freeze(std::move(*next));
            std::string error = volumes_.assume(binding.volume);
            if (!error.empty()) return give_up(std::move(error));
        }
        taken.static_bindings.push_back(std::move(binding));
    }
    for (const api::Ref<PVC>& claim : volumes.to_provision) {
        PVC next = *claim;
        next.metadata.annotations.set(kSelectedNode, node);
        api::Ref<PVC> assumed = api::freeze(std::move(next));
        std::string error = claims_.assume(assumed);
        if (!error.empty()) return give_up(std::move(error));
        taken.to_provision.push_back(std::move(assumed));
    }
    volumes = std::move(taken);
    return false;
}

void VolumeBinder::revert(const PodVolumes& volumes) {
    for (const PodVolumes::Binding& b : volumes.static_bindings) volumes_.restore(b.volume->key());
    for (const api::Ref<PVC>& claim : volumes.to_provision) claims_.restore(claim->key());
}

}  // namespace model::scheduler
