// PodCompletion: what the admission plugins write into a pod before it is validated. Counterparts:
// plugin/pkg/admission/{serviceaccount,priority,defaulttolerationseconds} (1.26 and 1.36 alike).
// Left out: ServiceAccount objects (each namespace is taken to have every account that is asked
// for, without pull secrets), mirror pods.
#pragma once

#include "model/api/admission.hpp"

namespace model::api {

class PodCompletion {
  public:
    PodCompletion();

    // `token_volume` is the name for the volume with the account's token, unused where there is one
    // already. Errors: 403 for a priority that is not its class's.
    Status complete(Pod& pod, const Text& token_volume, const ObjectReader& reader) const;
    // An update cannot take away what completion gave.
    void keep_complete(Pod& pod, const Pod& old) const;

  private:
    void mount_token(Pod& pod, const Text& token_volume) const;
    void tolerate_lost_nodes(Pod& pod) const;

    // Made once: the copies in the pods share them.
    Value token_source_, not_ready_, unreachable_;
};

}  // namespace model::api
