// Label, node and field selectors, with the API's meaning (an empty label selector matches all, a
// null one nothing; node selector terms are ORed, their expressions ANDed; an empty term matches
// nothing). Counterparts: apimachinery pkg/labels, component-helpers
// scheduling/corev1/nodeaffinity, apimachinery pkg/fields.
#pragma once

#include <string_view>

#include "model/api/objects_core.hpp"
#include "model/api/status.hpp"

namespace model::api {

// Errors: an unknown operator, or values that the operator does not take (upstream's text of
// LabelSelectorAsSelector).
Result<bool> matches(const LabelSelector& selector, const TextMap& labels);
// Canonical text of a label selector, equal for selectors that match alike; used as a key by
// indexes.
std::string canonical(const LabelSelector& selector);
bool matches(const NodeSelector& selector, const TextMap& node_labels, std::string_view node_name);
bool matches_requirement(const SelectorRequirement& r,
                         const TextMap& labels);  // invalid requirements match nothing
// "metadata.name=a,spec.nodeName!=b" against an object's Value form. Errors: bad syntax, unknown
// path.
Result<bool> matches_fields(std::string_view field_selector, const Value& object);
// "a=b,c!=d,e in (f,g),!h,i" as kubectl -l takes it. Errors: bad syntax (400).
Result<LabelSelector> parse_label_selector(std::string_view text);

}  // namespace model::api
