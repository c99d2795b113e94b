#include "model/volume/claim_store.hpp"

#include <algorithm>

namespace model::volume {

void ClaimStore::put(const api::Ref<PVC>& claim) {
    const api::Key key = claim->key();
    api::Ref<PVC>& mine = claims_[key];
    const api::Text before = mine ? mine->spec.volumeName : api::Text();
    mine = claim;
    const api::Text& volume = claim->spec.volumeName;
    if (before == volume) return;
    if (!before.empty()) leave(before, key);
    if (volume.empty()) return;
    std::vector<api::Key>& claims = by_volume_[api::Key(api::Text(), volume)];
    claims.insert(std::lower_bound(claims.begin(), claims.end(), key), key);
}

void ClaimStore::erase(const api::Key& key) {
    const api::Ref<PVC> claim = get(key);
    if (!claim) return;
    if (!claim->spec.volumeName.empty()) leave(claim->spec.volumeName, key);
    claims_.erase(key);
}

void ClaimStore::leave(const api::Text& volume, const api::Key& claim) {
    const api::Key by(api::Text(), volume);
    std::vector<api::Key>& claims = *by_volume_.find(by);
    std::erase(claims, claim);
    if (claims.empty()) by_volume_.erase(by);
}

api::Ref<PVC> ClaimStore::get(const api::Key& key) const {
    const api::Ref<PVC>* claim = claims_.find(key);
    return claim ? *claim : api::Ref<PVC>();
}

const std::vector<api::Key>& ClaimStore::naming(const api::Text& volume) const {
    const std::vector<api::Key>* claims = by_volume_.find(api::Key(api::Text(), volume));
    return claims ? *claims : none_;
}

}  // namespace model::volume
