#include "scenarios/scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace scenarios {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<bool> as_bool(std::string_view t) {
    if (is_one_of(t, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
    if (is_one_of(t, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}))
        return false;
    return std::nullopt;
}

// A base that the text's prefix names, as Go's ParseInt with base 0 does; the prefix is taken off.
int take_base(std::string_view& digits) {
    if (digits.size() < 2 || digits[0] != '0') return 10;
    const char letter = digits[1];
    const int base = letter == 'x' || letter == 'X' ? 16 : letter == 'b' || letter == 'B' ? 2 : 8;
    digits.remove_prefix(base != 8 || letter == 'o' || letter == 'O' ? 2 : 1);
    return base;
}

std::optional<std::int64_t> as_int(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const bool negative = text[0] == '-';
    if (negative || text[0] == '+') text.remove_prefix(1);
    std::string digits(text);
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    std::string_view rest = digits;
    if (rest.empty() || rest[0] < '0' || rest[0] > '9') return std::nullopt;
    const int base = take_base(rest);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
    if (rest.empty() || error != std::errc() || end != rest.data() + rest.size())
        return std::nullopt;
    const std::uint64_t limit = std::uint64_t{1} << 63;
    if (value > limit || (value == limit && !negative)) return std::nullopt;
    return static_cast<std::int64_t>(negative ? 0 - value : value);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view t) {
    auto digits = [&t] {
        std::size_t n = 0;
        while (n < t.size() && t[n] >= '0' && t[n] <= '9') ++n;
        t.remove_prefix(n);
        return n;
    };
    auto take = [&t](std::string_view letters) {
        if (t.empty() || letters.find(t[0]) == std::string_view::npos) return false;
        t.remove_prefix(1);
        return true;
    };
    take("+-");
    const std::size_t before = digits();
    const bool point = take(".");
    const std::size_t after = point ? digits() : 0;
    if (before == 0 && after == 0) return false;
    if (take("eE")) {
        take("+-");
        if (digits() == 0) return false;
    }
    return t.empty();
}

std::optional<double> as_float(std::string_view text) {
    if (!looks_like_float(text)) return std::nullopt;
    if (text[0] == '+') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::string> resolve_plain(Node& node) {
    const std::string& text = node.text;
    if (const auto b = as_bool(text)) {
        node.type = Node::Type::Bool;
        node.scalar = Value(*b);
    } else if (const auto i = as_int(text)) {
        node.type = Node::Type::Int;
        node.scalar = Value(*i);
    } else if (const auto f = as_float(text)) {
        node.type = Node::Type::Double;
        node.scalar = Value(*f);
    } else if (is_one_of(text, {".inf", "+.inf", "-.inf", ".Inf", "-.Inf", ".INF", ".nan", ".NaN",
                                ".NAN"})) {
        return "JSON has no number " + text + "; quote it if it is text";
    } else {
        node.type = Node::Type::String;
        node.scalar = Value(text);
    }
    return std::nullopt;
}

}  // namespace scenarios
