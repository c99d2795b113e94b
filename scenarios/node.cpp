#include "scenarios/node.hpp"

namespace scenarios {
namespace {

constexpr std::size_t kShownLetters = 60;

std::string shortened(const std::string& text) {
    if (text.size() <= kShownLetters) return text;
    std::size_t end = kShownLetters;
    // Not in the middle of a letter of several bytes.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end) + "...";
}

}  // namespace

const Node* Node::find(std::string_view key) const {
    const Member* found = member(key);
    return found && !found->value.is_null() ? &found->value : nullptr;
}

const Member* Node::member(std::string_view key) const {
    for (const Member& m : members) {
        if (m.key == key) return &m;
    }
    return nullptr;
}

Place Node::place() const { return Place{file ? *file : std::string(), line, column}; }

Place Member::place() const {
    return Place{value.file ? *value.file : std::string(), line, column};
}

std::string Node::describe() const {
    switch (type) {
        case Type::Null:
            return "nothing";
        case Type::Bool:
            return scalar.as_bool() ? "true" : "false";
        case Type::Int:
        case Type::Double:
            return "the number " + shortened(text);
        case Type::String:
            return "the text " + Value(shortened(text)).to_json();
        case Type::List:
            return "a list";
        case Type::Map:
            return "a map";
    }
    return "nothing";
}

Value Node::to_value() const {
    if (is_list()) {
        Value::List list;
        list.reserve(items.size());
        for (const Node& item : items) list.push_back(item.to_value());
        return Value::list(std::move(list));
    }
    if (is_map()) {
        Value map = Value::map();
        for (const Member& m : members) map[m.key] = m.value.to_value();
        return map;
    }
    return scalar;
}

std::size_t Node::size() const {
    std::size_t sum = 1;
    for (const Node& item : items) sum += item.size();
    for (const Member& m : members) sum += m.value.size();
    return sum;
}

}  // namespace scenarios
