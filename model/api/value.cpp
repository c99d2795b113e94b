#include "model/api/value.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace model::api {

namespace {

const Value::List kNoList;
const Value::Map kNoMap;

auto lower(Value::Map& map, std::string_view key) {
    return std::lower_bound(
        map.begin(), map.end(), key,
        [](const Value::Member& m, std::string_view k) { return m.first.view() < k; });
}

void append_escaped(std::string& out, std::string_view s) {
    out += '"';
    for (char c : s) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    char buffer[8];
                    std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
                    out += buffer;
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

}  // namespace

Value Value::list(List items) {
    Value v;
    v.edit_list() = std::move(items);
    return v;
}

Value Value::map(std::vector<std::pair<std::string_view, Value>> members) {
    Value v;
    v.edit_map();
    for (auto& [key, member] : members) v[key] = std::move(member);
    return v;
}

bool Value::is_empty() const {
    switch (type()) {
        case Type::Null:
            return true;
        case Type::String:
            return as_string().empty();
        case Type::List:
            return as_list().empty();
        case Type::Map:
            return as_map().empty();
        default:
            return false;
    }
}

std::int64_t Value::as_int() const {
    if (is_int()) return int_;
    return type() == Type::Double ? static_cast<std::int64_t>(double_) : 0;
}

double Value::as_double() const {
    if (is_int()) return static_cast<double>(int_);
    return type() == Type::Double ? double_ : 0;
}

std::string_view Value::as_string() const {
    return is_string() ? text_.view() : std::string_view();
}

const Value::List& Value::as_list() const { return is_list() ? list_ : kNoList; }

const Value::Map& Value::as_map() const { return is_map() ? map_ : kNoMap; }

const Value* Value::find(std::string_view key) const {
    const Map& map = as_map();
    auto it =
        std::lower_bound(map.begin(), map.end(), key,
                         [](const Member& m, std::string_view k) { return m.first.view() < k; });
    return it != map.end() && it->first == key ? &it->second : nullptr;
}

const Value* Value::at(std::initializer_list<std::string_view> path) const {
    const Value* v = this;
    for (std::string_view key : path) {
        v = v->find(key);
        if (!v) return nullptr;
    }
    return v;
}

Value& Value::operator[](std::string_view key) {
    Map& map = edit_map();
    auto it = lower(map, key);
    if (it == map.end() || it->first != key) it = map.insert(it, Member(Text(key), Value()));
    return it->second;
}

Value* Value::edit(std::string_view key) {
    if (!find(key)) return nullptr;
    return &lower(edit_map(), key)->second;
}

void Value::erase(std::string_view key) {
    if (!find(key)) return;
    Map& map = edit_map();
    map.erase(lower(map, key));
}

Value::List& Value::edit_list() {
    if (is_list()) return list_;
    this->~Value();
    type_ = Type::List;
    return *::new (&list_) List();
}

Value::Map& Value::edit_map() {
    if (is_map()) return map_;
    this->~Value();
    type_ = Type::Map;
    return *::new (&map_) Map();
}

bool operator==(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number() && a.type() != b.type())
        return a.as_double() == b.as_double();
    if (a.type() != b.type()) return false;
    switch (a.type()) {
        case Value::Type::Null:
            return true;
        case Value::Type::Bool:
            return a.as_bool() == b.as_bool();
        case Value::Type::Int:
            return a.as_int() == b.as_int();
        case Value::Type::Double:
            return a.as_double() == b.as_double();
        case Value::Type::String:
            return a.as_string() == b.as_string();
        case Value::Type::List:
            return a.list_ == b.list_;
        case Value::Type::Map:
            return a.map_ == b.map_;
    }
    return false;
}

void Value::append_json(std::string& out) const {
    switch (type()) {
        case Type::Null:
            out += "null";
            break;
        case Type::Bool:
            out += as_bool() ? "true" : "false";
            break;
        case Type::Int:
            out += std::to_string(as_int());
            break;
        case Type::Double: {
            char buffer[40];
            auto end = std::to_chars(buffer, buffer + sizeof buffer, as_double()).ptr;
            out.append(buffer, end);
            break;
        }
        case Type::String:
            append_escaped(out, as_string());
            break;
        case Type::List: {
            out += '[';
            bool first = true;
            for (const Value& v : as_list()) {
                if (!std::exchange(first, false)) out += ',';
                v.append_json(out);
            }
            out += ']';
            break;
        }
        case Type::Map: {
            out += '{';
            bool first = true;
            for (const auto& [key, v] : as_map()) {
                if (!std::exchange(first, false)) out += ',';
                append_escaped(out, key);
                out += ':';
                v.append_json(out);
            }
            out += '}';
            break;
        }
    }
}

std::string Value::to_json() const {
    std::string out;
    append_json(out);
    return out;
}

std::string_view Value::type_name(Type t) {
    constexpr std::string_view kNames[] = {"null",   "bool",  "number", "number",
                                           "string", "array", "object"};
    return kNames[static_cast<std::size_t>(t)];
}

}  // namespace model::api
