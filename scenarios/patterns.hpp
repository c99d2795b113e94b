// Patterns and conditions as they are written: {kind: Pod, name: web-0, status: {phase: Running}},
// {gone: {...}}.
#pragma once

#include <optional>

#include "scenarios/load_context.hpp"

namespace scenarios {

// Nothing where the kind is unknown; told to the context.
std::optional<Pattern> read_pattern(const Node& node, LoadContext& context);
std::optional<Condition> read_condition(const Node& node, LoadContext& context);

// The same of a value as written, of a kind that is known.
Pattern make_pattern(Value written, const model::api::KindInfo& info);

// "PersistentVolumeClaim default/data {status: {phase: Bound}}".
std::string to_text(const Pattern& pattern);
std::string to_text(const Condition& condition);
// A value on one line in YAML's flow style, without quotes where none are needed.
std::string flow_text(const Value& value);

}  // namespace scenarios
