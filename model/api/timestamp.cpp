#include "model/api/timestamp.hpp"

#include <chrono>

namespace model::api {

namespace {

struct Instant {
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
};

struct Scan {
    std::optional<Instant> instant;
    std::string_view element, rest;  // what was looked for, and what stood there
    std::string_view out_of_range;   // "month", "day", ... when the digits were fine
};

// `count` digits at the front, removed; nothing where they are not there.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int number = 0;
    for (char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return number;
}

std::int64_t take_fraction(std::string_view& text) {
    if (text.size() < 2 || text[0] != '.' || text[1] < '0' || text[1] > '9') return 0;
    text.remove_prefix(1);
    std::int64_t nanos = 0;
    std::int64_t unit = 100'000'000;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
        nanos += (text[0] - '0') * unit;
        unit /= 10;
    }
    return nanos;
}

// Seconds east of UTC.
std::optional<int> take_zone(std::string_view& text) {
    if (text.starts_with('Z')) {
        text.remove_prefix(1);
        return 0;
    }
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    std::string_view rest = text.substr(1);
    const std::optional<int> hours = take_digits(rest, 2);
    if (!hours || *hours > 24 || !rest.starts_with(':')) return std::nullopt;
    rest.remove_prefix(1);
    const std::optional<int> minutes = take_digits(rest, 2);
    if (!minutes || *minutes > 60) return std::nullopt;
    const int offset = *hours * 3600 + *minutes * 60;
    const int signed_offset = text[0] == '-' ? -offset : offset;
    text = rest;
    return signed_offset;
}

std::string_view range_error(const int (&number)[6]) {
    const std::chrono::year_month_day date{
        std::chrono::year(number[0]), std::chrono::month(number[1]), std::chrono::day(number[2])};
    if (number[1] < 1 || number[1] > 12) return "month";
    if (!date.ok()) return "day";
    if (number[3] > 23) return "hour";
    if (number[4] > 59) return "minute";
    return number[5] > 59 ? "second" : "";
}

Scan scan(std::string_view text) {
    struct Element {
        std::string_view layout;
        std::size_t digits;
        char behind;
    };
    constexpr Element kElements[] = {{"2006", 4, '-'}, {"01", 2, '-'}, {"02", 2, 'T'},
                                     {"15", 2, ':'},   {"04", 2, ':'}, {"05", 2, 0}};
    constexpr std::string_view kBehind[] = {"-", "-", "T", ":", ":"};
    int number[6] = {};
    for (int i = 0; i < 6; ++i) {
        const std::optional<int> digits = take_digits(text, kElements[i].digits);
        if (!digits) return Scan{std::nullopt, kElements[i].layout, text, {}};
        number[i] = *digits;
        if (i == 5) break;
        if (!text.starts_with(kElements[i].behind)) return Scan{std::nullopt, kBehind[i], text, {}};
        text.remove_prefix(1);
    }
    const std::int64_t nanos = take_fraction(text);
    const std::optional<int> zone = take_zone(text);
    if (!zone) return Scan{std::nullopt, "Z07:00", text, {}};
    if (!text.empty()) return Scan{std::nullopt, "", text, {}};
    if (const std::string_view wrong = range_error(number); !wrong.empty()) {
        return Scan{std::nullopt, "", "", wrong};
    }
    const std::chrono::sys_days day = std::chrono::year_month_day{
        std::chrono::year(number[0]), std::chrono::month(number[1]), std::chrono::day(number[2])};
    const std::int64_t seconds = std::int64_t{day.time_since_epoch().count()} * 86400 +
                                 number[3] * 3600 + number[4] * 60 + number[5] - *zone;
    return Scan{Instant{seconds, nanos}, {}, {}, {}};
}

// At least `width` digits.
void append_digits(std::string& text, std::uint64_t number, int width) {
    char digits[20];
    int length = 0;
    for (; number > 0 || length < width; number /= 10)
        digits[length++] = static_cast<char>('0' + number % 10);
    while (length > 0) text += digits[--length];
}

std::string text_of(std::int64_t seconds, std::int64_t micros, bool with_micros) {
    std::int64_t days = seconds / 86400;
    std::int64_t of_day = seconds % 86400;
    if (of_day < 0) {
        of_day += 86400;
        --days;
    }
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    // Written by hand: a status holds a dozen of these, and printf was a tenth of a run.
    std::string text;
    text.reserve(sizeof "2006-01-02T15:04:05.000000Z");
    const int year = static_cast<int>(date.year());
    if (year < 0) text += '-';
    append_digits(text, static_cast<std::uint64_t>(year < 0 ? -year : year), year < 0 ? 3 : 4);
    append_digits(text += '-', static_cast<unsigned>(date.month()), 2);
    append_digits(text += '-', static_cast<unsigned>(date.day()), 2);
    append_digits(text += 'T', static_cast<std::uint64_t>(of_day / 3600), 2);
    append_digits(text += ':', static_cast<std::uint64_t>(of_day / 60 % 60), 2);
    append_digits(text += ':', static_cast<std::uint64_t>(of_day % 60), 2);
    if (with_micros) append_digits(text += '.', static_cast<std::uint64_t>(micros), 6);
    return text += 'Z';
}

}  // namespace

std::string Timestamp::to_string() const { return text_of(unix_seconds, 0, false); }

std::optional<Timestamp> Timestamp::parse(std::string_view rfc3339) {
    const Scan s = scan(rfc3339);
    if (!s.instant) return std::nullopt;
    return Timestamp{s.instant->seconds};
}

std::string MicroTimestamp::to_string() const {
    std::int64_t seconds = unix_micros / 1'000'000;
    std::int64_t micros = unix_micros % 1'000'000;
    if (micros < 0) {
        micros += 1'000'000;
        --seconds;
    }
    return text_of(seconds, micros, true);
}

std::optional<MicroTimestamp> MicroTimestamp::parse(std::string_view rfc3339) {
    const Scan s = scan(rfc3339);
    if (!s.instant) return std::nullopt;
    return MicroTimestamp{s.instant->seconds * 1'000'000 + s.instant->nanos / 1000};
}

std::string rfc3339_error(std::string_view text) {
    const Scan s = scan(text);
    if (s.instant) return {};
    std::string message = "parsing time \"" + std::string(text) + "\"";
    if (!s.out_of_range.empty())
        return message + ": " + std::string(s.out_of_range) + " out of range";
    if (s.element.empty()) return message + ": extra text: \"" + std::string(s.rest) + "\"";
    message +=
        " as \"2006-01-02T15:04:05Z07:00\": cannot parse \"" + std::string(s.rest) + "\" as \"";
    return message + std::string(s.element) + "\"";
}

}  // namespace model::api
