// VolumeLives: how long CSI drivers and the programs beside them took to make volumes for claims
// and to take them away again, as typed segments.
//
//     claim-provisioned  from the claim's creation to its volume being an object
//     volume-bound       from there to the claim's phase becoming Bound
//     volume-reclaimed   from the volume's phase becoming Released to the volume being gone
//
// Only claims and volumes of the drivers that the cluster runs count, and of Released ones only
// those that are to be deleted. Segments sum exactly to the time that the passage took. Left out:
// attaching and mounting.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/api/objects_storage.hpp"
#include "reports/paths.hpp"

namespace reports {

struct VolumePassages {
    std::vector<Passage> provisioned, bound, reclaimed;  // each in the order of beginning
    bool empty() const { return provisioned.empty() && reclaimed.empty(); }
};

class VolumeLives : public model::Listener {
  public:
    explicit VolumeLives(const std::vector<std::string>& drivers)
        : drivers_(drivers.begin(), drivers.end()) {}
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    VolumePassages passages(const EventTrace& trace) const;

  private:
    using Claim = model::api::PersistentVolumeClaim;
    using Volume = model::api::PersistentVolume;
    struct ClaimLife {
        std::string name;
        sim::Time created;
        std::optional<model::Stamp> made, bound;
    };
    struct VolumeLife {
        std::string name;
        sim::Time released;
        std::optional<model::Stamp> gone;
        bool is_to_be_deleted = true;
    };

    void on_claim(const model::Stamp& stamp, const model::Committed& commit);
    void on_volume(const model::Stamp& stamp, const model::Committed& commit);
    bool is_of_a_driver(const model::api::TextMap& annotations) const;
    bool is_of_a_driver(const Volume& volume) const;

    std::set<std::string, std::less<>> drivers_;
    std::vector<ClaimLife> claims_;
    std::vector<VolumeLife> volumes_;
    std::unordered_map<std::string, sim::Time> created_;  // claims that no driver has yet, by uid
    std::unordered_map<std::string, std::size_t> claim_by_uid_, volume_by_uid_;
};

}  // namespace reports
