// Objects to and from Value, by the one description of each type (describe in objects_*.hpp).
// Decoding fails as the API server does (400, `X in version "v1" cannot be handled as a X: ...`);
// unknown fields are kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/api/objects_core.hpp"
#include "model/api/scheme.hpp"
#include "model/api/status.hpp"

namespace model::api {

// A new object from a manifest. `kind` and `apiVersion` members must be there; the scheme may gain
// a kind. Errors: 400 BadRequest with upstream's wording; the field path is in the message.
Result<std::unique_ptr<Object>> decode(const Value& manifest, Scheme& scheme);
// The same where the kind is known already (patches, subresources); apiVersion and kind members are
// ignored.
Result<std::unique_ptr<Object>> decode_as(Kind kind, const Value& manifest, const Scheme& scheme);

// The whole object as the API would print it: apiVersion, kind, metadata, and so on; empty fields
// left out.
Value encode(const Object& object, const Scheme& scheme);
// Members of `metadata` alone.
Value encode(const ObjectMeta& meta);
// A piece of an object: PersistentVolumeSpec, PersistentVolumeSource (a map with one member),
// NodeSelector, ...
Value encode(const PersistentVolumeSpec& spec);
Value encode(const PersistentVolumeClaimSpec& spec);
Value encode(const LabelSelector& selector);
Value encode(const VolumeNodeAffinity& affinity);
Result<PersistentVolumeSpec> decode_volume_spec(const Value& v);
Result<PersistentVolumeClaimSpec> decode_claim_spec(const Value& v);

// True where both versions hold the same bytes but for resourceVersion. Compares the structs,
// builds no Value.
bool same_content(const Object& a, const Object& b);
// The parts that writes to the main resource and to /status keep apart. Kinds without status:
// nothing to do.
void copy_status(Object& to, const Object& from);
void copy_spec(Object& to, const Object& from);
bool same_spec(const Object& a, const Object& b);

// Field names of a described type at a path ("spec.resources.requests" of PersistentVolumeClaim),
// for did-you-mean and the JSON Schema; empty where the path is free-form or unknown.
std::vector<std::string> field_names(Kind kind, std::string_view path);

}  // namespace model::api
