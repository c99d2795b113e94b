#include "scenarios/overrides.hpp"

#include <charconv>

#include "scenarios/yaml_reader.hpp"

namespace scenarios {
namespace {

struct Segment {
    std::string key;
    std::size_t index = 0;
    bool is_index = false;
};

// Nothing where the path is malformed.
std::optional<Segment> take_segment(std::string_view& path, bool first) {
    Segment segment;
    if (path.starts_with("[\"")) {
        const std::size_t close = path.find("\"]", 2);
        if (close == path.npos) return std::nullopt;
        segment.key = path.substr(2, close - 2);
        path.remove_prefix(close + 2);
        return segment;
    }
    if (path.starts_with("[")) {
        const std::size_t close = path.find(']');
        if (close == path.npos) return std::nullopt;
        const std::string_view digits = path.substr(1, close - 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), segment.index);
        if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
        segment.is_index = true;
        path.remove_prefix(close + 1);
        return segment;
    }
    if (!first) {
        if (!path.starts_with(".")) return std::nullopt;
        path.remove_prefix(1);
    }
    segment.key = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(segment.key.size());
    if (segment.key.empty()) return std::nullopt;
    return segment;
}

// An equals sign that is part of no ["..."].
std::size_t find_equals(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == '=' && !quoted) return i;
    }
    return text.npos;
}

void place_all(Node& node, const std::string& file) {
    node.file = &file;
    node.line = 0;
    node.column = 0;
    for (Node& item : node.items) place_all(item, file);
    for (Member& m : node.members) {
        m.line = 0;
        m.column = 0;
        place_all(m.value, file);
    }
}

// The node below `from`, made where it may be; null where there can be none, with the reason.
Node* descend(Node& from, const Segment& segment, const std::string& file, std::string& problem) {
    if (segment.is_index) {
        if (!from.is_list()) {
            problem =
                "[" + std::to_string(segment.index) + "] needs a list, found " + from.describe();
            return nullptr;
        }
        if (segment.index > from.items.size()) {
            problem = "[" + std::to_string(segment.index) + "]: the list has " +
                      std::to_string(from.items.size()) + " elements";
            return nullptr;
        }
        if (segment.index == from.items.size()) {
            from.items.emplace_back();
            from.items.back().file = &file;
        }
        return &from.items[segment.index];
    }
    if (from.is_null()) from.type = Node::Type::Map;
    if (!from.is_map()) {
        problem = "\"" + segment.key + "\" needs a map, found " + from.describe();
        return nullptr;
    }
    for (Member& m : from.members) {
        if (m.key == segment.key) return &m.value;
    }
    Member made;
    made.key = segment.key;
    made.value.file = &file;
    from.members.push_back(std::move(made));
    return &from.members.back().value;
}

}  // namespace

void override_value(Node& document, const std::string& assignment, LoadContext& context) {
    const std::string& file = context.keep("--set " + assignment);
    const std::size_t equals = find_equals(assignment);
    if (equals == std::string::npos || equals == 0) {
        return context.error(Place{file}, "expected path=value such as spec.seed=7");
    }
    std::string_view path = std::string_view(assignment).substr(0, equals);
    Node* at = &document;
    for (bool first = true; !path.empty(); first = false) {
        const auto segment = take_segment(path, first);
        std::string problem = "malformed path; expected one such as spec.steps[2].at";
        at = segment ? descend(*at, *segment, file, problem) : nullptr;
        if (!at) return context.error(Place{file}, problem);
    }
    Node value = read_scalar(assignment.substr(equals + 1), file);
    place_all(value, file);
    *at = std::move(value);
}

}  // namespace scenarios
