// JSON text to and from the model's Value, and the comparison of two Values as API objects: what an
// API leaves out when empty does not count, nor what depends on when and in which order things were
// stored.
#pragma once

#include <string>
#include <vector>

#include "model/api/value.hpp"

#include <nlohmann/json_fwd.hpp>

namespace conformance {

model::api::Value to_value(const nlohmann::json& j);

// Without empty members, resource versions and timestamps of creation.
model::api::Value normalized(const model::api::Value& v);

// "spec.claimRef.uid: expected "a", got "b"", one a line; empty when alike.
std::vector<std::string> differences(const model::api::Value& expected,
                                     const model::api::Value& got, const std::string& path = {});

}  // namespace conformance
