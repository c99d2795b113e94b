// Partial matching of objects: maps by the keys given, lists by an element that matches each one
// given, in any order.
//
// Amounts (under capacity, requests, limits and the like) compare by value, so 1Gi matches 1024Mi.
// The API leaves empty fields out, so a given null, "", 0, false, [] or {} matches a field that is
// absent.
#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.hpp"

namespace scenarios {

// `found` may be null: the field is absent.
bool matches(const Value& pattern, const Value* found);

// One field that keeps an object from matching.
struct Difference {
    std::string path;             // status.phase, spec.accessModes[]
    std::string expected, found;  // as text; found "nothing" where the field is absent
    std::string to_string() const;
};
// All of them, in the order of the pattern's keys; empty where the pattern matches.
std::vector<Difference> differences(const Value& pattern, const Value& object);

// Whether name and namespace are those that the pattern (whose ${uid:...} are resolved) asks for.
bool is_about(const Pattern& pattern, const model::api::Key& key);

// Messages of refusals are compared after both are cut at the first newline, `core.`, `storage.`,
// `(*` or `0x`: there upstream prints Go structs and addresses.
std::string comparable_message(const std::string& message);

}  // namespace scenarios
