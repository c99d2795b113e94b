// Activity: which commits keep a cluster from counting as settled. Leases, Events and heartbeats
// never do: they go on for ever in a cluster at rest.
#pragma once

#include "model/api/scheme.hpp"
#include "model/journal.hpp"

namespace scenarios {

bool is_activity(const model::Committed& committed, const model::api::Scheme& scheme);

}  // namespace scenarios
