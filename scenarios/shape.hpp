// Shape: what may stand at a place of a scenario file. One description serves three readers: the
// loader checks a file against it, the JSON Schema is printed from it, and whoever wants to know
// the language reads it (language.cpp). Rules that look at several keys at once (exactly one action
// a step, times in order) are the loader's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/built.hpp"
#include "scenarios/node.hpp"

namespace scenarios {

struct Shape;
using ShapeRef = std::shared_ptr<const Shape>;

struct Field {
    std::string name;
    ShapeRef shape;
    std::string help;
    bool required = false;
    // Asking for what is not built is refused, or only noted where the key names an actor that is
    // on by default.
    Part part = Part::Core;
    bool only_noted = false;
};

struct Shape {
    enum class Kind : unsigned char {
        Any,
        Bool,
        Int,
        Number,
        Text,
        Duration,
        Time,
        Word,
        List,
        Map,
        Record,
        OneOf
    };
    Kind kind{};
    std::string expected;    // "a duration such as 15s"
    std::int64_t least = 0;  // Int, Number
    std::int64_t most = 0;
    bool loose = false;              // Text: a plain number is fine as written (kubernetes: 1.30)
    std::vector<std::string> words;  // Word; Map: the keys, where they are known
    std::vector<Field> fields;       // Record
    bool open = false;               // Record: other keys may follow (partial objects, manifests)
    ShapeRef element;                // List, Map
    std::vector<ShapeRef>
        choices;  // OneOf: of different YAML types, so that a mistake is told of the nearest
    std::string definition;  // printed once in the JSON Schema under this name
};

// Complaints about all that is below `node`, in the order of the file. `where` is its path:
// spec.cluster.
struct CheckResult {
    Diagnostics problems;
    std::vector<std::string> notices;  // keys that name absent actors
};
void check(const Node& node, const Shape& shape, const std::string& where, CheckResult& result);

// The value of a scalar that was checked; nothing where the node is missing.
std::optional<std::chrono::nanoseconds> duration_of(const Node* node);
std::string text_of(const Node* node, std::string otherwise = "");
std::int64_t int_of(const Node* node, std::int64_t otherwise = 0);
bool bool_of(const Node* node, bool otherwise = false);

// `unknown key "x" in spec.cluster (nearest known: "y")`.
std::string unknown(const std::string& what, const std::string& word, const std::string& where,
                    const std::vector<std::string>& known);

}  // namespace scenarios
