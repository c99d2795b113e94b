// Which pods name which claim, by volumes of kind persistentVolumeClaim and by the names of generic
// ephemeral volumes. Counterpart: pkg/controller/volume/common/common.go PodPVCIndex. It follows an
// informer; the order is that of the pods' keys.
#pragma once

#include <unordered_map>
#include <vector>

#include "model/control/informer.hpp"

namespace model::volume {

// Keys of the claims that a pod names; a generic ephemeral volume's claim is "<pod>-<volume>".
std::vector<api::Key> claims_of(const api::Pod& pod);

class PodsOfClaims {
  public:
    // Follows the informer from now on; call before it starts.
    explicit PodsOfClaims(control::Informer& pods);
    PodsOfClaims(const PodsOfClaims&) = delete;
    PodsOfClaims& operator=(const PodsOfClaims&) = delete;

    std::vector<api::Ref<api::Pod>> of(const api::Key& claim) const;

  private:
    control::Informer& pods_;
    std::unordered_map<api::Key, std::vector<api::Key>, api::KeyHash> by_claim_;  // sorted
};

}  // namespace model::volume
