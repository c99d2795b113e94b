// The three patch types of the API on Values: JSON merge patch (RFC 7386), JSON patch (RFC 6902),
// strategic merge patch. Strategic lists merge by upstream's keys (finalizers as a set,
// ownerReferences by uid, conditions by type, volumes and containers by name...; taints,
// tolerations and volumesAttached are replaced), with $patch, $deleteFromPrimitiveList,
// $setElementOrder and $retainKeys directives.
#pragma once

#include "model/api/object.hpp"
#include "model/api/status.hpp"

namespace model::api {

enum class PatchType : unsigned char { Merge, Json, Strategic };
std::string_view to_string(PatchType t);  // merge, json, strategic
std::optional<PatchType> parse_patch_type(std::string_view);

// Errors: 400 for a malformed patch, 422 where a JSON patch's test or path fails, each with
// upstream's message.
Result<Value> apply_patch(PatchType type, const Value& target, const Value& patch, Kind kind);
// The merge patch that turns `from` into `to` (upstream's CreateMergePatch): what sidecars send.
Value merge_patch_between(const Value& from, const Value& to);

}  // namespace model::api
