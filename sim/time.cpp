#include "sim/time.hpp"

#include <algorithm>

namespace sim {
namespace {

// "1.5" + unit; `fraction` counts the unit's parts, of which `digits` decimal digits make one.
void append_decimal(std::string& text, std::uint64_t whole, std::uint64_t fraction, int digits) {
    text += std::to_string(whole);
    if (fraction == 0) return;
    std::string places = std::to_string(fraction);
    places.insert(0, static_cast<std::size_t>(digits) - places.size(), '0');
    places.erase(places.find_last_not_of('0') + 1);
    text += "." + places;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint64_t take_unit(std::string_view& text) {
    struct Unit {
        std::string_view name;
        std::uint64_t nanoseconds;
    };
    // Longer names first, where one begins like another.
    static constexpr Unit kUnits[] = {
        {"ns", 1},         {"us", 1'000},        {"\u00b5s", 1'000},    {"\u03bcs", 1'000},
        {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
    for (const Unit& unit : kUnits) {
        if (text.substr(0, unit.name.size()) != unit.name) continue;
        text.remove_prefix(unit.name.size());
        return unit.nanoseconds;
    }
    return 0;
}

// One number with its unit, in nanoseconds.
std::optional<std::uint64_t> take_term(std::string_view& text) {
    unsigned __int128 whole = 0;
    std::uint64_t fraction = 0;
    std::uint64_t scale = 1;
    bool any = false;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), any = true) {
        whole = whole * 10 + static_cast<unsigned>(text.front() - '0');
        if (whole >> 64 != 0) return std::nullopt;
    }
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), any = true) {
            // Digits beyond a nanosecond of the largest unit count for nothing.
            if (scale >= 1'000'000'000'000'000) continue;
            fraction = fraction * 10 + static_cast<unsigned>(text.front() - '0');
            scale *= 10;
        }
    }
    if (!any) return std::nullopt;
    const std::uint64_t unit = take_unit(text);
    if (unit == 0) return std::nullopt;
    const unsigned __int128 value =
        whole * unit + static_cast<unsigned __int128>(fraction) * unit / scale;
    if (value >> 63 > 1 || value > (static_cast<unsigned __int128>(1) << 63)) return std::nullopt;
    return static_cast<std::uint64_t>(value);
}

}  // namespace

std::string to_text(Duration duration) {
    const std::int64_t count = duration.count();
    std::uint64_t rest = static_cast<std::uint64_t>(count);
    std::string text;
    if (count < 0) {
        rest = 0 - rest;
        text = "-";
    }
    if (rest == 0) return "0s";
    if (rest < 1'000) {
        text += std::to_string(rest) + "ns";
    } else if (rest < 1'000'000) {
        append_decimal(text, rest / 1'000, rest % 1'000, 3);
        text += "\u00b5s";
    } else if (rest < 1'000'000'000) {
        append_decimal(text, rest / 1'000'000, rest % 1'000'000, 6);
        text += "ms";
    } else {
        const std::uint64_t seconds = rest / 1'000'000'000;
        if (seconds >= 3600) text += std::to_string(seconds / 3600) + "h";
        if (seconds >= 60) text += std::to_string(seconds / 60 % 60) + "m";
        append_decimal(text, seconds % 60, rest % 1'000'000'000, 9);
        text += "s";
    }
    return text;
}

std::string seconds_text(Time time, int decimals) {
    const std::int64_t count = time.time_since_epoch().count();
    const std::uint64_t size =
        count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    std::string text = count < 0 ? "-" : "";
    text += std::to_string(size / 1'000'000'000);
    if (decimals <= 0) return text;
    std::string places = std::to_string(size % 1'000'000'000);
    places.insert(0, 9 - places.size(), '0');
    return text + "." + places.substr(0, static_cast<std::size_t>(std::min(decimals, 9)));
}

std::optional<Duration> parse_duration(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text == "0") return Duration(0);
    if (text.empty()) return std::nullopt;
    const std::uint64_t limit = (std::uint64_t{1} << 63) - (negative ? 0 : 1);
    std::uint64_t sum = 0;
    while (!text.empty()) {
        const std::optional<std::uint64_t> term = take_term(text);
        if (!term || *term > limit - sum) return std::nullopt;
        sum += *term;
    }
    return Duration(static_cast<std::int64_t>(negative ? 0 - sum : sum));
}

}  // namespace sim
