#include "scenarios/shape.hpp"

#include <algorithm>

#include "model/api/timestamp.hpp"
#include "sim/time.hpp"

namespace scenarios {
namespace {

std::string place_name(const std::string& where) { return where.empty() ? "the scenario" : where; }

std::string below(const std::string& where, const std::string& key) {
    return where.empty() ? key : where + "." + key;
}

void complain(const Node& node, std::string message, CheckResult& result) {
    result.problems.push_back({node.place(), std::move(message)});
}

void expected(const Node& node, const Shape& shape, const std::string& where, CheckResult& result) {
    complain(node, where + ": expected " + shape.expected + ", found " + node.describe(), result);
}

// Turned off, or nothing asked for: always accepted, whether or not the part is built.
bool asks_for_nothing(const Node& node) {
    if (node.is_bool()) return !node.scalar.as_bool();
    return node.is_null() || (node.is_list() && node.items.empty()) ||
           (node.is_map() && node.members.empty());
}

void check_built(const Field& field, const Node& node, const std::string& where,
                 CheckResult& result) {
    if (is_built(field.part) || asks_for_nothing(node)) return;
    const std::string sentence = where + ": " + not_built(field.part);
    if (field.only_noted) {
        result.notices.push_back(sentence);
    } else {
        complain(node, sentence, result);
    }
}

void check_record(const Node& node, const Shape& shape, const std::string& where,
                  CheckResult& result) {
    if (!node.is_map()) return expected(node, shape, where, result);
    for (const Member& m : node.members) {
        auto field = std::find_if(shape.fields.begin(), shape.fields.end(),
                                  [&](const Field& f) { return f.name == m.key; });
        if (field != shape.fields.end()) {
            check_built(*field, m.value, below(where, m.key), result);
            if (!m.value.is_null()) check(m.value, *field->shape, below(where, m.key), result);
        } else if (!shape.open) {
            std::vector<std::string> known;
            for (const Field& f : shape.fields) known.push_back(f.name);
            result.problems.push_back({m.place(), unknown("key", m.key, place_name(where), known)});
        }
    }
    for (const Field& field : shape.fields) {
        if (!field.required || node.find(field.name)) continue;
        complain(node, place_name(where) + " lacks the key \"" + field.name + "\"", result);
    }
}

void check_map(const Node& node, const Shape& shape, const std::string& where,
               CheckResult& result) {
    if (!node.is_map()) return expected(node, shape, where, result);
    for (const Member& m : node.members) {
        const auto& words = shape.words;
        if (!words.empty() && std::find(words.begin(), words.end(), m.key) == words.end()) {
            result.problems.push_back({m.place(), unknown("key", m.key, where, words)});
        } else {
            check(m.value, *shape.element, below(where, m.key), result);
        }
    }
}

void check_list(const Node& node, const Shape& shape, const std::string& where,
                CheckResult& result) {
    if (!node.is_list()) return expected(node, shape, where, result);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        check(node.items[i], *shape.element, where + "[" + std::to_string(i) + "]", result);
    }
}

void check_int(const Node& node, const Shape& shape, const std::string& where,
               CheckResult& result) {
    if (!node.is_int()) return expected(node, shape, where, result);
    const std::int64_t n = node.scalar.as_int();
    if (n >= shape.least && n <= shape.most) return;
    const std::string bound = n < shape.least ? "at least " + std::to_string(shape.least)
                                              : "at most " + std::to_string(shape.most);
    complain(node, where + ": expected " + bound + ", found " + std::to_string(n), result);
}

void check_number(const Node& node, const Shape& shape, const std::string& where,
                  CheckResult& result) {
    const double n = node.scalar.as_double();
    const bool fits = node.scalar.is_number() && n >= static_cast<double>(shape.least) &&
                      n <= static_cast<double>(shape.most);
    if (!fits) expected(node, shape, where, result);
}

void check_text(const Node& node, const Shape& shape, const std::string& where,
                CheckResult& result) {
    if (node.is_string() || (shape.loose && node.is_scalar())) return;
    if (!node.is_scalar()) return expected(node, shape, where, result);
    complain(node,
             where + ": expected " + shape.expected + ", found " + node.describe() + "; quote it",
             result);
}

void check_word(const Node& node, const Shape& shape, const std::string& where,
                CheckResult& result) {
    if (!node.is_string()) return expected(node, shape, where, result);
    const std::vector<std::string>& words = shape.words;
    if (std::find(words.begin(), words.end(), node.text) != words.end()) return;
    std::string message = unknown("word", node.text, where, words);
    if (nearest(node.text, words).empty()) message += "; expected " + shape.expected;
    complain(node, std::move(message), result);
}

void check_duration(const Node& node, const Shape& shape, const std::string& where,
                    CheckResult& result) {
    const bool number = node.is_int() || node.type == Node::Type::Double;
    if (!node.is_string() && !number) return expected(node, shape, where, result);
    const auto parsed = sim::parse_duration(node.text);
    if (!parsed) {
        const std::string hint = number ? " without a unit (h, m, s, ms, us, ns)" : "";
        complain(node, where + ": expected " + shape.expected + ", found " + node.describe() + hint,
                 result);
    } else if (*parsed < sim::Duration::zero()) {
        complain(node, where + ": a duration cannot be negative, found " + node.text, result);
    }
}

void check_time(const Node& node, const Shape& shape, const std::string& where,
                CheckResult& result) {
    if (!node.is_string() || !model::api::Timestamp::parse(node.text))
        expected(node, shape, where, result);
}

bool fits_type(const Node& node, const Shape& shape) {
    switch (shape.kind) {
        case Shape::Kind::List:
            return node.is_list();
        case Shape::Kind::Map:
        case Shape::Kind::Record:
            return node.is_map();
        case Shape::Kind::Bool:
            return node.is_bool();
        case Shape::Kind::Int:
            return node.is_int();
        default:
            return node.is_scalar();
    }
}

void check_one_of(const Node& node, const Shape& shape, const std::string& where,
                  CheckResult& result) {
    for (const ShapeRef& choice : shape.choices) {
        if (fits_type(node, *choice)) return check(node, *choice, where, result);
    }
    expected(node, shape, where, result);
}

}  // namespace

void check(const Node& node, const Shape& shape, const std::string& where, CheckResult& result) {
    switch (shape.kind) {
        case Shape::Kind::Any:
            return;
        case Shape::Kind::Bool:
            if (!node.is_bool()) expected(node, shape, where, result);
            return;
        case Shape::Kind::Int:
            return check_int(node, shape, where, result);
        case Shape::Kind::Number:
            return check_number(node, shape, where, result);
        case Shape::Kind::Text:
            return check_text(node, shape, where, result);
        case Shape::Kind::Duration:
            return check_duration(node, shape, where, result);
        case Shape::Kind::Time:
            return check_time(node, shape, where, result);
        case Shape::Kind::Word:
            return check_word(node, shape, where, result);
        case Shape::Kind::List:
            return check_list(node, shape, where, result);
        case Shape::Kind::Map:
            return check_map(node, shape, where, result);
        case Shape::Kind::Record:
            return check_record(node, shape, where, result);
        case Shape::Kind::OneOf:
            return check_one_of(node, shape, where, result);
    }
}

std::optional<std::chrono::nanoseconds> duration_of(const Node* node) {
    return node ? sim::parse_duration(node->text) : std::nullopt;
}

std::string text_of(const Node* node, std::string otherwise) {
    return node && node->is_scalar() ? node->text : otherwise;
}

std::int64_t int_of(const Node* node, std::int64_t otherwise) {
    return node && node->is_int() ? node->scalar.as_int() : otherwise;
}

bool bool_of(const Node* node, bool otherwise) {
    return node && node->is_bool() ? node->scalar.as_bool() : otherwise;
}

std::string unknown(const std::string& what, const std::string& word, const std::string& where,
                    const std::vector<std::string>& known) {
    const std::string near = nearest(word, known);
    std::string message = "unknown " + what + " " + Value(word).to_json() + " in " + where;
    if (!near.empty()) message += " (nearest known: \"" + near + "\")";
    return message;
}

}  // namespace scenarios
