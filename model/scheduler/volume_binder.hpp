// VolumeBinder: finds volumes for a pod's claims on a node, takes them in memory, and has them
// bound before the pod is. Counterpart: pkg/scheduler/framework/plugins/volumebinding
// (volume_binding.go, binder.go). Left out: scoring by capacity (gate StorageCapacityScoring),
// migrated in-tree volumes, whose affinity is that of the volume as it stands.
#pragma once

#include <list>
#include <map>
#include <set>
#include <vector>

#include "model/control/process.hpp"
#include "model/scheduler/assume_cache.hpp"
#include "model/scheduler/pod_info.hpp"
#include "model/scheduler/verdict.hpp"
#include "model/volume/binding.hpp"
#include "sim/notify.hpp"

namespace model::scheduler {

using volume::PV;
using volume::PVC;

// The informers that volume plugins read; they live as long as the process.
struct VolumeInformers {
    control::Informer& pods;
    control::Informer& nodes;
    control::Informer& volumes;
    control::Informer& claims;
    control::Informer& classes;
    control::Informer& csi_drivers;
    control::Informer& csi_nodes;
    control::Informer& capacities;
    control::Informer& attachments;
    explicit VolumeInformers(control::Process& process);
};

// What a node would mean for the pod's claims.
struct PodVolumes {
    struct Binding {
        api::Ref<PV> volume;
        api::Ref<PVC> claim;
    };
    std::vector<Binding> static_bindings;
    std::vector<api::Ref<PVC>> to_provision;
};

// A pod's claims sorted before the nodes are looked at.
struct PodClaims {
    bool none = true;
    std::vector<api::Ref<PVC>> bound, to_bind;
    std::vector<api::Ref<PV>> volumes;        // of the classes of to_bind, by name
    std::map<api::Text, PodVolumes> by_node;  // where a filter has passed
};

class VolumeBinder {
  public:
    // Writes through `client`.
    VolumeBinder(control::Process& process, control::Client& client, VolumeInformers& informers);

    // Fills `claims`. A refusal holds for every node.
    Verdict before_nodes(const PodInfo& pod, PodClaims& claims) const;
    Verdict filter(PodClaims& claims, const api::Node& node) const;
    // True where there is nothing left to write for the pod. Errors: somebody was faster; what was
    // taken is given back.
    api::Result<bool> assume(const PodInfo& pod, const api::Text& node, PodVolumes& volumes);
    void revert(const PodVolumes& volumes);
    // The writes, then the wait until everything is bound: a look each second, for ten minutes.
    sim::Task<api::Status> bind(PodRef pod, api::Text node, PodVolumes volumes);

    // The next look at a binding that waits; kNever where none does.
    sim::Time next_look() const;
    // What the pod's bindings wait for; "" where none do.
    std::string waits_for(const api::Key& pod) const;

  private:
    struct Wait {  // one pod that waits for its volumes
        api::Key pod;
        std::vector<api::Key> claims;
        std::vector<api::Text> volumes;
        api::Text node;
        sim::Time began{}, deadline{};
        bool changed = false;
        std::string on;
        sim::Signal signal;
        explicit Wait(sim::Engine& engine) : signal(engine) {}
    };
    enum class Check { Bound, Wait, Failed };

    std::vector<api::Ref<PV>> candidates(const std::vector<api::Ref<PVC>>& claims) const;
    std::string problem_of_claim(const PodInfo& pod, const ClaimUse& use) const;
    bool is_delayed(const PVC& claim, std::string& error) const;
    std::string check_bound(const PodClaims& claims, const api::Node& node) const;
    Verdict find_new(PodClaims& claims, const api::Node& node, PodVolumes& found,
                     std::vector<std::string>& reasons) const;
    std::string why_not_provisioned(const PVC& claim, const api::Node& node,
                                    std::string& error) const;
    bool has_capacity(const PVC& claim, const api::StorageClass& cls, const api::Node& node) const;
    bool is_fully_bound(const PVC& claim) const;
    bool all_bound(const PodInfo& pod) const;
    sim::Task<api::Status> write(PodVolumes& volumes);
    sim::Task<api::Status> wait_until_bound(PodRef pod, api::Text node, PodVolumes volumes);
    Check check(const PodInfo& pod, const api::Text& node, const PodVolumes& volumes,
                std::string& text) const;
    Check check_binding(const PodVolumes::Binding& binding, const api::Node& node,
                        std::string& text) const;
    Check check_provisioned(const PVC& written, const api::Node& node, std::string& text) const;
    void wake(const api::ObjectRef& changed);

    control::Process& process_;
    control::Client& client_;
    VolumeInformers& informers_;
    Release release_;
    AssumeCache<PV> volumes_;
    AssumeCache<PVC> claims_;
    // By class and the claim that holds them (an empty key: free): their names.
    std::map<std::pair<api::Text, api::Key>, std::set<api::Text>> volumes_of_;
    std::list<Wait> waits_;
};

// Volume.nodeAffinity against the labels of the node; no affinity fits everywhere.
bool reaches(const PV& volume, const api::Node& node);

}  // namespace model::scheduler
