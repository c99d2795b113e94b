#include "model/volume/claim_store.hpp"

namespace model::volume {

void ClaimStore::put(const api::Ref<PVC>& claim) {
    const api::Key key = claim->key();
    api::Ref<PVC>& mine = claims_[key];
    const api::Text before = mine ? mine->spec.volumeName : api::Text();
    mine = claim;
    if (before == claim->spec.volumeName) return;
    if (!before.empty()) {
        const auto it = by_volume_.find(api::Key(api::Text(), before));
        it->second.erase(key);
        if (it->second.empty()) by_volume_.erase(it);
    }
    if (!claim->spec.volumeName.empty())
        by_volume_[api::Key(api::Text(), claim->spec.volumeName)].insert(key);
}

void ClaimStore::erase(const api::Key& key) {
    const auto it = claims_.find(key);
    if (it == claims_.end()) return;
    const auto by = by_volume_.find(api::Key(api::Text(), it->second->spec.volumeName));
    if (by != by_volume_.end()) {
        by->second.erase(key);
        if (by->second.empty()) by_volume_.erase(by);
    }
    claims_.erase(it);
}

api::Ref<PVC> ClaimStore::get(const api::Key& key) const {
    const auto it = claims_.find(key);
    return it == claims_.end() ? api::Ref<PVC>() : it->second;
}

const std::set<api::Key>& ClaimStore::naming(const api::Text& volume) const {
    const auto it = by_volume_.find(api::Key(api::Text(), volume));
    return it == by_volume_.end() ? none_ : it->second;
}

}  // namespace model::volume
