// The filters about volumes beside VolumeBinding: claims for one pod only, disks that two pods
// cannot share, how many volumes a node takes, zones. Counterparts: plugins/{volumerestrictions,
// nodevolumelimits/csi.go,volumezone}. Left out: limits of in-tree plugins that are not migrated
// (gone since 1.31), volumes of in-tree plugins written directly into pods.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/scheduler/scheduler_cache.hpp"
#include "model/scheduler/volume_binder.hpp"

namespace model::scheduler {

class VolumeFilters {
  public:
    // What each plugin has found before the nodes.
    struct State {
        std::vector<api::Key> once;  // claims of the pod with access mode ReadWriteOncePod
        std::vector<std::pair<api::Text, api::Text>> zones;  // label of a bound volume and value
        Verdict no_zones;                                    // up to 1.26: told with each node
        int once_conflicts = 0;     // users of those claims among other pods
        bool claims_stand = false;  // each is there, an ephemeral volume's is the pod's own
    };

    VolumeFilters(const VolumeInformers& informers, const SchedulerCache& cache,
                  const Profile& profile);

    // Refusals that hold for every node, in the order of the plugins.
    Verdict restrictions_before_nodes(const PodInfo& pod, State& state) const;
    Verdict limits_before_nodes(const PodInfo& pod, State& state) const;
    Verdict zones_before_nodes(const PodInfo& pod, State& state) const;

    Verdict check_restrictions(const PodInfo& pod, const State& state, const NodeInfo& node) const;
    Verdict check_limits(const PodInfo& pod, const State& state, const NodeInfo& node) const;
    Verdict check_zones(const State& state, const NodeInfo& node) const;

    // How many of the claims the pod uses, for preemption: without it they are fewer.
    static int uses_of(const State& state, const PodInfo& other);

  private:
    Verdict find_zones(const PodInfo& pod, State& state) const;
    // Driver and how many of its volumes the node takes.
    using Limits = std::vector<std::pair<std::string_view, std::int64_t>>;
    static Limits limits_of(const api::Ref<api::CSINode>& csi_node);
    static bool fits_surely(const PodInfo& pod, const NodeInfo& node);
    // Unique name of a volume -> its driver.
    using Volumes = std::map<std::string, std::string>;
    std::string volumes_of(const PodInfo& pod, const api::Ref<api::CSINode>& csi_node, bool is_new,
                           Volumes& all) const;
    std::pair<std::string, std::string> driver_and_handle(const PVC& claim,
                                                          const api::Ref<api::CSINode>& csi_node,
                                                          bool is_new) const;
    std::pair<std::string, std::string> source_of(const PV& volume,
                                                  const api::Ref<api::CSINode>& csi_node) const;
    Volumes attached_to(const NodeInfo& node, const api::Ref<api::CSINode>& csi_node) const;

    const VolumeInformers& informers_;
    const SchedulerCache& cache_;
    const Profile& profile_;
    Release release_;
};

// Whether the node's kubelet hands volumes of this in-tree plugin to its CSI driver.
bool is_migrated_on(const api::Ref<api::CSINode>& csi_node, std::string_view plugin);

}  // namespace model::scheduler
