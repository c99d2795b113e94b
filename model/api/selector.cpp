#include "model/api/selector.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace model::api {

namespace {

std::optional<std::int64_t> integer(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    if (error != std::errc() || end != text.end()) return std::nullopt;
    return number;
}

bool has_value(const SelectorRequirement& r, std::string_view value) {
    return std::any_of(r.values.begin(), r.values.end(), [&](const Text& v) { return v == value; });
}

// What labels.NewRequirement refuses, but for the syntax of keys and values, which validation
// checks.
std::string requirement_error(const SelectorRequirement& r) {
    const auto invalid = [&](std::string_view why) {
        std::string values = r.values.empty() ? "null" : "[";
        for (const Text& v : r.values) {
            if (values.size() > 1) values += ',';
            values += Value(v).to_json();
        }
        if (!r.values.empty()) values += ']';
        return "values: Invalid value: " + values + ": " + std::string(why);
    };
    if (r.op == "In" || r.op == "NotIn") {
        return r.values.empty() ? invalid("for 'in', 'notin' operators, values set can't be empty")
                                : "";
    }
    if (r.op == "Exists" || r.op == "DoesNotExist") {
        return r.values.empty() ? ""
                                : invalid("values set must be empty for exists and does not exist");
    }
    return Value(r.op).to_json() + " is not a valid label selector operator";
}

bool in_fields(const SelectorRequirement& r, std::string_view node_name) {
    if (r.values.size() != 1) return false;
    const std::string_view held = r.key == "metadata.name" ? node_name : std::string_view();
    if (r.op == "In") return held == r.values[0];
    return r.op == "NotIn" && held != r.values[0];
}

bool matches_term(const NodeSelectorTerm& term, const TextMap& labels, std::string_view node_name) {
    if (term.matchExpressions.empty() && term.matchFields.empty()) return false;
    const bool by_labels =
        std::all_of(term.matchExpressions.begin(), term.matchExpressions.end(),
                    [&](const auto& r) { return matches_requirement(r, labels); });
    return by_labels && std::all_of(term.matchFields.begin(), term.matchFields.end(),
                                    [&](const auto& r) { return in_fields(r, node_name); });
}

std::string in_set(std::string_view key, std::string_view op, std::vector<std::string> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    std::string out(key);
    if (values.size() == 1) return out + (op == "In" ? "=" : "!=") + values[0];
    out += op == "In" ? " in (" : " notin (";
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += ',';
        out += values[i];
    }
    return out + ")";
}

std::string text_of(const SelectorRequirement& r) {
    if (r.op == "Exists") return r.key.str();
    if (r.op == "DoesNotExist") return "!" + r.key.str();
    if (r.op == "In" || r.op == "NotIn") {
        std::vector<std::string> values;
        for (const Text& v : r.values) values.push_back(v.str());
        return in_set(r.key, r.op, std::move(values));
    }
    return r.key.str() + " " + r.op.str() +
           "?";  // invalid: matches nothing, and is equal only to itself
}

}  // namespace

bool matches_requirement(const SelectorRequirement& r, const TextMap& labels) {
    const Text* held = labels.find(r.key);
    if (r.op == "In") return held && has_value(r, *held);
    if (r.op == "NotIn") return !r.values.empty() && (!held || !has_value(r, *held));
    if (r.op == "Exists") return r.values.empty() && held;
    if (r.op == "DoesNotExist") return r.values.empty() && !held;
    if (r.op != "Gt" && r.op != "Lt") return false;
    if (!held || r.values.size() != 1) return false;
    const std::optional<std::int64_t> left = integer(*held);
    const std::optional<std::int64_t> right = integer(r.values[0]);
    if (!left || !right) return false;
    return r.op == "Gt" ? *left > *right : *left < *right;
}

Result<bool> matches(const LabelSelector& selector, const TextMap& labels) {
    // An error in any requirement is told, whatever the others say.
    for (const SelectorRequirement& r : selector.matchExpressions) {
        if (std::string error = requirement_error(r); !error.empty())
            return Status::bad_request(error);
    }
    for (const auto& [key, value] : selector.matchLabels) {
        const Text* held = labels.find(key);
        if (!held || *held != value) return false;
    }
    return std::all_of(
        selector.matchExpressions.begin(), selector.matchExpressions.end(),
        [&](const SelectorRequirement& r) { return matches_requirement(r, labels); });
}

std::string canonical(const LabelSelector& selector) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : selector.matchLabels)
        parts.push_back(key.str() + "=" + value.str());
    for (const SelectorRequirement& r : selector.matchExpressions) parts.push_back(text_of(r));
    std::sort(parts.begin(), parts.end());
    parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    std::string out;
    for (const std::string& part : parts) {
        if (!out.empty()) out += ',';
        out += part;
    }
    return out;
}

bool matches(const NodeSelector& selector, const TextMap& node_labels, std::string_view node_name) {
    return std::any_of(
        selector.nodeSelectorTerms.begin(), selector.nodeSelectorTerms.end(),
        [&](const NodeSelectorTerm& t) { return matches_term(t, node_labels, node_name); });
}

}  // namespace model::api
