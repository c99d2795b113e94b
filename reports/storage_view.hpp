// StorageView: what claims, volumes, classes and attachments are at the moment, as far as the start
// of a pod depends on them.
//
// Fed by commits, and before the run by what exists already. Kept apart from the server's own
// state, so that a history made by hand does as well. Left out: everything about snapshots, sizes
// and nodes.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/api/admission.hpp"
#include "model/journal.hpp"

namespace reports {

struct ClaimView {
    std::string uid, class_name, volume;  // volume: the name, once the claim says it
    bool bound = false, has_selected_node = false, is_provisioned_outside = false;
};

struct VolumeView {
    std::string claim_uid, driver;  // driver: or the plugin's field name; "hostPath"
    bool at_one_node = false;       // ReadWriteOnce: must leave a node before another gets it
};

class StorageView {
  public:
    // What existed before the run.
    void take_in(const model::api::ObjectReader& objects);
    void on(sim::Time at, const model::Committed& commit);

    const ClaimView* claim(const model::api::Key& key) const;
    const VolumeView* volume(const std::string& name) const;
    bool delays_binding(const std::string& class_name) const;
    // Whether some volume refers to the claim of that uid already.
    bool has_volume(const std::string& claim_uid) const { return made_for_.contains(claim_uid); }
    // When the volume was last attached to the node; nothing while it is not.
    std::optional<sim::Time> attached(const std::string& volume, const std::string& node) const;
    // When the volume last went from another node, behind `since`; nothing where it did not.
    std::optional<sim::Time> detached_elsewhere(const std::string& volume, const std::string& node,
                                                sim::Time since) const;

  private:
    void on_claim(const model::Committed& commit);
    void on_volume(const model::Committed& commit);
    void on_attachment(sim::Time at, const model::Committed& commit);

    struct Detached {
        std::string node;
        sim::Time at;
    };
    std::unordered_map<model::api::Key, ClaimView, model::api::KeyHash> claims_;
    std::unordered_map<std::string, VolumeView> volumes_;
    std::unordered_map<std::string, int> made_for_;  // volumes by uid of the claim
    std::map<std::string, bool> delays_;             // by class
    std::map<std::pair<std::string, std::string>, sim::Time> attached_;  // volume, node
    std::unordered_map<std::string, std::vector<Detached>> detached_;    // by volume
};

}  // namespace reports
