// Defaulting and validation: what the API server fills in and what it refuses, with the real
// messages and field paths. Counterparts: pkg/apis/core/{v1/defaults.go,validation/validation.go},
// pkg/apis/storage/... . Pure functions on one object (and its old version); admission, which looks
// at other objects, is in admission.hpp. Left out: pod validation beyond volumes, and Go's struct
// dumps behind "is immutable" messages.
#pragma once

#include <string>
#include <vector>

#include "model/api/objects_core.hpp"
#include "model/api/scheme.hpp"
#include "model/api/status.hpp"
#include "model/profile.hpp"

namespace model::api {

enum class Subresource : unsigned char { None, Status, Finalize, Binding, Eviction };
std::string_view to_string(Subresource s);  // "", status, finalize, binding, eviction

// Fills the defaults of its kind in place (volumeMode, reclaim policy, phase, CSIDriver's booleans,
// ...).
void set_defaults(Object& object, const Profile& profile);

// One refusal: `spec.capacity: Required value`. Aggregated by `invalid_status` as upstream prints
// them: a single one bare, several in brackets joined by ", ", duplicates dropped.
using FieldErrors = std::vector<std::string>;

FieldErrors validate_create(const Object& object, const KindInfo& info, const Profile& profile);
FieldErrors validate_update(const Object& object, const Object& old, Subresource sub,
                            const KindInfo& info, const Profile& profile);
Status invalid_status(const KindInfo& info, std::string_view name, const FieldErrors& errors);

// What the strategy of a kind does before validation. create: status wiped, spec fields dropped
// (dataSource rules), phase and lastPhaseTransitionTime; update: the parts that this write may not
// touch are taken from old; generation.
void prepare_for_create(Object& object, const Profile& profile, Timestamp now);
void prepare_for_update(Object& object, const Object& old, Subresource sub, const KindInfo& info,
                        const Profile& profile, Timestamp now);

// Warnings that the API server sends beside an answer (deprecated policies, fractional bytes, ...).
std::vector<std::string> warnings(const Object& object);

}  // namespace model::api
