// ClaimStore: the controller's private store of claims, by key and by the volume they name.
// Counterpart: pv_controller.go `claims` (a cache.Store); the second index is for clean keys and
// has no counterpart.
#pragma once

#include <set>
#include <unordered_map>

#include "model/volume/binding.hpp"

namespace model::volume {

class ClaimStore {
  public:
    void put(const api::Ref<PVC>& claim);
    void erase(const api::Key& key);
    api::Ref<PVC> get(const api::Key& key) const;
    // Keys of the claims whose spec names that volume, ascending; empty without any.
    const std::set<api::Key>& naming(const api::Text& volume) const;
    std::size_t size() const { return claims_.size(); }

  private:
    std::unordered_map<api::Key, api::Ref<PVC>, api::KeyHash> claims_;
    std::unordered_map<api::Key, std::set<api::Key>, api::KeyHash> by_volume_;  // key: ("", volume)
    std::set<api::Key> none_;
};

}  // namespace model::volume
