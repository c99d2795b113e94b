// PlacementRules: what kube-scheduler promises of the pods that it places, checked at every commit;
// a broken promise is told as Violated. It judges by what was true once, since the scheduler's
// caches lag. Not checked: limits of volumes, which may change while a pod is being bound, and
// which of several nodes was chosen.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "model/api/objects_core.hpp"
#include "model/journal.hpp"

namespace model {
class Cluster;
namespace api {
class ObjectReader;
}
}  // namespace model

namespace model::scheduler {

// Checks a cluster from now on; what it holds already is taken as given.
std::unique_ptr<Listener> make_placement_rules(Cluster& cluster);

// The rules' names, as Violated carries them.
namespace rule {
inline constexpr std::string_view kBoundFirst =
    "a pod gets a node after all its claims are bound, and one that their volumes reach";
inline constexpr std::string_view kOnlyReserves =
    "the scheduler deletes no storage, and changes neither spec nor status of a claim";
inline constexpr std::string_view kOnePod =
    "a claim for one pod only is used by one pod that the scheduler has placed";
}  // namespace rule

class PlacementRules final : public Listener {
  public:
    // Listens to the journal until destroyed; emits into it. `reader`: what is stored now.
    PlacementRules(Journal& journal, const api::ObjectReader& reader, bool once_per_pod);
    ~PlacementRules() override;
    PlacementRules(const PlacementRules&) = delete;
    PlacementRules& operator=(const PlacementRules&) = delete;

    void on(const Stamp& stamp, const Happening& happening) override;

  private:
    void check_storage_write(const Stamp& stamp, const Committed& commit);
    void check_placed(const Stamp& stamp, const api::Pod& pod);
    void check_claim(const Stamp& stamp, const api::Pod& pod,
                     const api::PersistentVolumeClaim& claim);
    void violated(const Stamp& stamp, std::string_view rule, std::string detail);

    Journal& journal_;
    const api::ObjectReader& reader_;
    bool once_per_pod_;
    std::map<api::Key, api::Text> user_of_;  // of claims for one pod only: the pod's uid
};

}  // namespace model::scheduler
