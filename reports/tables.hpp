// Tables: volumes, claims and Events as they stand, in the columns of `kubectl get`.
//
// Ages are counted in virtual time. The namespace is shown where not all is in `default`, the class
// of volume attributes where one is set. Left out: other kinds.
#pragma once

#include <string>

#include "model/api/admission.hpp"
#include "sim/time.hpp"

namespace reports {

struct Clock {
    std::int64_t start_unix_seconds = 0;  // of virtual time 0
    sim::Time now;
};

// Each is "" where there are none. Lines end in newlines.
std::string volume_table(const model::api::ObjectReader& objects, const Clock& clock);
std::string claim_table(const model::api::ObjectReader& objects, const Clock& clock);
std::string event_table(const model::api::ObjectReader& objects, const Clock& clock);

}  // namespace reports
