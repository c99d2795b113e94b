// ClaimStore: the controller's private store of claims, by key and by the volume they name.
// Counterpart: pv_controller.go `claims` (a cache.Store); the second index is for clean keys and
// has no counterpart.
#pragma once

#include <vector>

#include "model/api/key_map.hpp"
#include "model/volume/binding.hpp"

namespace model::volume {

class ClaimStore {
  public:
    void put(const api::Ref<PVC>& claim);
    void erase(const api::Key& key);
    api::Ref<PVC> get(const api::Key& key) const;
    // Keys of the claims whose spec names that volume, ascending; empty without any.
    const std::vector<api::Key>& naming(const api::Text& volume) const;
    std::size_t size() const { return claims_.size(); }

  private:
    void leave(const api::Text& volume, const api::Key& claim);

    api::KeyMap<api::Ref<PVC>> claims_;
    api::KeyMap<std::vector<api::Key>> by_volume_;  // key: ("", volume); claims ascending
    std::vector<api::Key> none_;
};

}  // namespace model::volume
