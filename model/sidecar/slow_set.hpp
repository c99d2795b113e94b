// SlowSet: claims that the driver has called wrong; they are not tried again for a while.
// Counterpart: csi-lib-utils slowset as sig-storage-lib-external-provisioner uses it. Expired
// entries count as gone at once; upstream sweeps them each 100 ms, which nobody can tell apart.
#pragma once

#include <map>

#include "model/api/text.hpp"
#include "sim/time.hpp"

namespace model::sidecar {

class SlowSet {
  public:
    static constexpr sim::Duration kRetention = std::chrono::minutes(5);

    // A key that is in stays with its first time.
    void add(const api::Text& claim_uid, const api::Text& class_uid, sim::Time now) {
        entries_.try_emplace(claim_uid, Entry{class_uid, now});
    }
    void remove(const api::Text& claim_uid) { entries_.erase(claim_uid); }
    // True while the claim's failure is recent and its class is still the same.
    bool holds(const api::Text& claim_uid, const api::Text& class_uid, sim::Time now) {
        const auto found = entries_.find(claim_uid);
        if (found == entries_.end()) return false;
        const bool stays =
            now - found->second.since < kRetention && found->second.class_uid == class_uid;
        if (!stays) entries_.erase(found);
        return stays;
    }

  private:
    struct Entry {
        api::Text class_uid;
        sim::Time since;
    };
    std::map<api::Text, Entry> entries_;
};

}  // namespace model::sidecar
