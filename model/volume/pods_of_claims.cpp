#include "model/volume/pods_of_claims.hpp"

#include <algorithm>

namespace model::volume {

std::vector<api::Key> claims_of(const api::Pod& pod) {
    std::vector<api::Key> keys;
    for (const api::Volume& v : pod.spec.volumes) {
        if (v.persistentVolumeClaim) {
            if (!v.persistentVolumeClaim->claimName.empty())
                keys.emplace_back(pod.metadata.ns, v.persistentVolumeClaim->claimName);
        } else if (v.ephemeral) {
            keys.emplace_back(pod.metadata.ns, pod.metadata.name.str() + "-" + v.name.str());
        }
    }
    return keys;
}

PodsOfClaims::PodsOfClaims(control::Informer& pods) : pods_(pods) {
    pods.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (const auto old = api::as<api::Pod>(before)) {
            for (const api::Key& claim : claims_of(*old)) {
                const auto it = by_claim_.find(claim);
                if (it == by_claim_.end()) continue;
                std::erase(it->second, old->key());
                if (it->second.empty()) by_claim_.erase(it);
            }
        }
        const auto now = api::as<api::Pod>(after);
        if (!now) return;
        const api::Key key = now->key();
        for (const api::Key& claim : claims_of(*now)) {
            std::vector<api::Key>& keys = by_claim_[claim];
            const auto place = std::lower_bound(keys.begin(), keys.end(), key);
            if (place == keys.end() || *place != key) keys.insert(place, key);
        }
    });
}

std::vector<api::Ref<api::Pod>> PodsOfClaims::of(const api::Key& claim) const {
    std::vector<api::Ref<api::Pod>> pods;
    const auto it = by_claim_.find(claim);
    if (it == by_claim_.end()) return pods;
    for (const api::Key& key : it->second)
        if (api::Ref<api::Pod> pod = pods_.get<api::Pod>(key)) pods.push_back(std::move(pod));
    return pods;
}

}  // namespace model::volume
