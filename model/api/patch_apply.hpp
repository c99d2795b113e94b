// The two longer patch algorithms behind apply_patch. Internal to patch*.cpp.
#pragma once

#include "model/api/object.hpp"
#include "model/api/status.hpp"

namespace model::api::patching {

// 422 without detail, as the API answers where a patch is well formed but does not apply.
Status not_applicable();

// RFC 6902 with the liberties of evanphx/json-patch v4: "replace" of a missing member adds it,
// indexes may be negative.
Result<Value> apply_json(const Value& target, const Value& operations);
// Strategic merge patch (apimachinery pkg/util/strategicpatch).
Result<Value> apply_strategic(const Value& target, const Value& patch, Kind kind);

}  // namespace model::api::patching
