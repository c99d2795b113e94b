// Node: a piece of a scenario file or manifest with the place where it stands, so that every
// complaint can name line and column. Maps keep the order of the file. A Node lives only while a
// file is loaded; what is kept is turned into a Value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/api/value.hpp"
#include "scenarios/diagnostic.hpp"

namespace scenarios {

using model::api::Value;

struct Member;

struct Node {
    enum class Type : unsigned char { Null, Bool, Int, Double, String, List, Map };

    Type type = Type::Null;
    bool quoted = false;
    int line = 0;  // from 1
    int column = 0;
    const std::string* file = nullptr;  // outlives the node
    std::string text;                   // a scalar as written: 1.30 stays 1.30
    Value scalar;
    std::vector<Node> items;
    std::vector<Member> members;

    bool is_null() const { return type == Type::Null; }
    bool is_bool() const { return type == Type::Bool; }
    bool is_int() const { return type == Type::Int; }
    bool is_string() const { return type == Type::String; }
    bool is_list() const { return type == Type::List; }
    bool is_map() const { return type == Type::Map; }
    bool is_scalar() const { return !is_list() && !is_map(); }
    // Null where this is no map or has no such key, and where what stands there is an explicit
    // null.
    const Node* find(std::string_view key) const;
    const Member* member(std::string_view key) const;
    Place place() const;
    // "a list", "the number 5", "the text \"x\"": for "expected ..., found ...".
    std::string describe() const;
    // With all that is below, and without places.
    Value to_value() const;
    // How many nodes, this one included.
    std::size_t size() const;
};

struct Member {
    std::string key;
    int line = 0;  // of the key
    int column = 0;
    Node value;
    Place place() const;
};

}  // namespace scenarios
