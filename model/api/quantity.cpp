#include "model/api/quantity.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace model::api {

namespace {

using Wide = __int128;

constexpr Wide kNanosPerUnit = 1'000'000'000;
constexpr Wide kWidest = ~(Wide{1} << 127);
// Only the binary family is capped (at 2^63-1 units), as in ParseQuantity; decimal amounts may go
// beyond.
constexpr Wide kBinaryCap = Wide{std::numeric_limits<std::int64_t>::max()} * kNanosPerUnit;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The text cut into its parts: "-01.50Mi" is negative, whole "1", fraction "50", suffix "Mi".
struct Parts {
    bool negative = false;
    std::string_view whole, fraction, suffix;
    bool has_digits = false;  // of the number, leading zeros counted
};

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

std::optional<Parts> split(std::string_view text) {
    if (text.empty()) return std::nullopt;
    Parts parts;
    std::size_t at = 0;
    if (text[0] == '-' || text[0] == '+') {
        parts.negative = text[0] == '-';
        ++at;
    }
    const std::size_t first = at;
    while (at < text.size() && text[at] == '0') ++at;
    if (at == text.size()) {  // "", "-" and "000" are all nought upstream
        parts.has_digits = true;
        return parts;
    }
    const std::size_t whole_end = skip_digits(text, at);
    parts.whole = text.substr(at, whole_end - at);
    parts.has_digits = whole_end > first;
    at = whole_end;
    if (at < text.size() && text[at] == '.') {
        const std::size_t end = skip_digits(text, at + 1);
        parts.fraction = text.substr(at + 1, end - at - 1);
        parts.has_digits = parts.has_digits || !parts.fraction.empty();
        at = end;
    }
    parts.suffix = text.substr(at);
    while (at < text.size() && std::string_view("eEinumkKMGTP").find(text[at]) != text.npos) ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (skip_digits(text, at) != text.size()) return std::nullopt;
    return parts;
}

struct Scale {
    Quantity::Format format = Quantity::Format::DecimalSI;
    std::int32_t tens = 0;  // the amount is number * 10^tens * 2^twos
    std::int32_t twos = 0;
};

struct DecimalSuffix {
    std::string_view text;
    std::int32_t tens;
};
constexpr DecimalSuffix kDecimal[] = {{"n", -9}, {"u", -6}, {"m", -3}, {"", 0},   {"k", 3},
                                      {"M", 6},  {"G", 9},  {"T", 12}, {"P", 15}, {"E", 18}};
constexpr std::string_view kBinary[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

std::optional<Scale> interpret(std::string_view suffix) {
    for (const DecimalSuffix& s : kDecimal) {
        if (s.text == suffix) return Scale{Quantity::Format::DecimalSI, s.tens, 0};
    }
    for (std::int32_t i = 1; i <= 6; ++i) {
        if (kBinary[i] == suffix) return Scale{Quantity::Format::BinarySI, 0, i * 10};
    }
    if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
    std::string_view digits = suffix.substr(1);
    if (digits[0] == '+') digits.remove_prefix(1);
    if (digits.empty()) return std::nullopt;
    std::int64_t exponent = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), exponent);
    if (end != digits.end() || error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range) return std::nullopt;
    // Beyond these every number is either the widest or the least one.
    exponent = std::clamp<std::int64_t>(exponent, -100'000, 100'000);
    return Scale{Quantity::Format::DecimalExponent, static_cast<std::int32_t>(exponent), 0};
}

// An unsigned number of 256 bits for texts with more digits than 128 bits hold. Overflow sticks.
class Big {
  public:
    void multiply(std::uint64_t factor, std::uint64_t add = 0) {
        unsigned __int128 carry = add;
        for (std::uint64_t& limb : limbs_) {
            carry += static_cast<unsigned __int128>(limb) * factor;
            limb = static_cast<std::uint64_t>(carry);
            carry >>= 64;
        }
        overflow_ = overflow_ || carry != 0;
    }
    // Returns whether anything was cut off.
    bool divide(std::uint64_t divisor) {
        unsigned __int128 rest = 0;
        for (int i = 3; i >= 0; --i) {
            rest = (rest << 64) | limbs_[i];
            limbs_[i] = static_cast<std::uint64_t>(rest / divisor);
            rest %= divisor;
        }
        return rest != 0;
    }
    bool is_zero() const {
        return !overflow_ && (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0;
    }
    bool overflow() const { return overflow_; }
    Wide clamped() const {
        if (overflow_ || limbs_[2] != 0 || limbs_[3] != 0 || limbs_[1] >> 63 != 0) return kWidest;
        return static_cast<Wide>((static_cast<unsigned __int128>(limbs_[1]) << 64) | limbs_[0]);
    }

  private:
    std::uint64_t limbs_[4] = {};
    bool overflow_ = false;
};

// The number in nano-units, rounded up where it is finer.
Wide magnitude(const Parts& parts, const Scale& scale) {
    constexpr std::size_t kDigitsKept = 50;  // with 2^60 behind them they fit 256 bits
    Big big;
    bool cut = false;
    std::size_t digits = 0;
    std::int32_t tens = scale.tens + 9;
    for (std::string_view run : {parts.whole, parts.fraction}) {
        const bool fraction = run.data() == parts.fraction.data();
        for (char c : run) {
            if (digits > 0 || c != '0') ++digits;
            if (digits > kDigitsKept) {
                cut = cut || c != '0';
                if (!fraction) ++tens;
                continue;
            }
            big.multiply(10, static_cast<std::uint64_t>(c - '0'));
            if (fraction) --tens;
        }
    }
    if (big.is_zero()) return 0;
    big.multiply(std::uint64_t{1} << scale.twos);
    for (; tens > 0 && !big.overflow(); --tens) big.multiply(10);
    for (; tens < 0 && !big.is_zero(); ++tens) cut = big.divide(10) || cut;
    const Wide result = big.clamped();
    return cut && result < kWidest ? result + 1 : result;
}

// The short form of `magnitude`: up to 18 digits and a scale that cannot overflow. Nothing where it
// does not apply.
std::optional<Wide> small_magnitude(const Parts& parts, const Scale& scale) {
    if (parts.whole.size() + parts.fraction.size() > 18 || scale.twos > 40) return std::nullopt;
    const std::int32_t tens = scale.tens + 9 - static_cast<std::int32_t>(parts.fraction.size());
    if (tens < 0 || tens > 18) return std::nullopt;
    std::int64_t number = 0;
    for (char c : parts.whole) number = number * 10 + (c - '0');
    for (char c : parts.fraction) number = number * 10 + (c - '0');
    if (scale.twos != 0 && (number >> 36) != 0) return std::nullopt;
    Wide result = Wide{number} << scale.twos;
    for (std::int32_t i = 0; i < tens; ++i) result *= 10;
    return result;
}

// Whether ParseQuantity takes its short path, on which it neither rounds nor caps.
bool is_short(const Parts& parts, const Scale& scale) {
    const auto digits = static_cast<std::int32_t>(std::max<std::size_t>(parts.whole.size(), 1) +
                                                  parts.fraction.size());
    if (scale.format == Quantity::Format::BinarySI) {
        return parts.fraction.empty() && digits + scale.twos * 3 / 10 <= 14;
    }
    return digits <= 18 && scale.tens - static_cast<std::int32_t>(parts.fraction.size()) >= -9;
}

// Upstream prints some numbers again as they were written though another text would be canonical:
// "+5Gi", "1.500", "1E3".
bool keeps_text(std::string_view text, const Parts& parts, const Scale& scale) {
    const bool odd = text[0] == '+' || text[0] == '0' || text.starts_with("-0") ||
                     text.find('.') != text.npos ||
                     scale.format == Quantity::Format::DecimalExponent;
    if (!odd || parts.whole.empty() || !is_short(parts, scale)) return false;
    std::string number(parts.whole);
    number += parts.fraction;
    if (scale.format != Quantity::Format::BinarySI) {
        return (scale.tens - static_cast<std::int32_t>(parts.fraction.size())) % 3 == 0 &&
               !number.ends_with("000");
    }
    return std::stoll(number) % 8 != 0;
}

// |amount| / divisor, rounded away from zero and held within 64 bits.
std::int64_t rounded(Wide amount, Wide divisor) {
    Wide whole = amount / divisor;
    const Wide rest = amount % divisor;
    if (rest != 0) whole += rest > 0 ? 1 : -1;
    constexpr Wide kMax = std::numeric_limits<std::int64_t>::max();
    constexpr Wide kMin = std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(std::clamp(whole, kMin, kMax));
}

std::string digits_of(Wide number) {
    char buffer[48];
    char* at = buffer + sizeof buffer;
    for (; number != 0; number /= 10)
        *--at = static_cast<char>('0' + static_cast<int>(number % 10));
    return std::string(at, buffer + sizeof buffer);
}

std::string decimal_text(Wide nanos, Quantity::Format format) {
    int tens = -9;
    // The suffixes end at E; upstream loses the exponent beyond it.
    const int most = format == Quantity::Format::DecimalSI ? 18 : 1000;
    while (tens + 3 <= most && nanos % 1000 == 0) {
        nanos /= 1000;
        tens += 3;
    }
    std::string text = digits_of(nanos);
    if (format == Quantity::Format::DecimalSI) {
        for (const DecimalSuffix& s : kDecimal) {
            if (s.tens == tens) text += s.text;
        }
    } else if (tens != 0) {
        text += 'e';
        text += std::to_string(tens);
    }
    return text;
}

std::string binary_text(Wide units) {
    std::size_t suffix = 0;
    while (suffix + 1 < std::size(kBinary) && units % 1024 == 0) {
        units /= 1024;
        ++suffix;
    }
    return digits_of(units) + std::string(kBinary[suffix]);
}

}  // namespace

std::optional<Quantity> Quantity::parse(std::string_view text) {
    const std::optional<Parts> parts = split(text);
    if (!parts) return std::nullopt;
    const std::optional<Scale> scale = interpret(parts->suffix);
    if (!scale) return std::nullopt;
    if (!parts->has_digits && !is_short(*parts, *scale)) return std::nullopt;
    const std::optional<Wide> small = small_magnitude(*parts, *scale);
    Wide nanos = small ? *small : magnitude(*parts, *scale);
    Quantity q;
    q.format_ = scale->format;
    if (scale->format == Format::BinarySI) {
        nanos = std::min(nanos, kBinaryCap);
        if (nanos > 0 && nanos < kNano) q.format_ = Format::DecimalSI;
    }
    q.nanos_ = parts->negative ? -nanos : nanos;
    if (keeps_text(text, *parts, *scale)) {
        if (q.to_string() != text) q.written_ = Text(text);
    }
    return q;
}

std::string_view Quantity::parse_error(std::string_view text) {
    const std::optional<Parts> parts = split(text);
    if (!parts) return kSyntaxError;
    const std::optional<Scale> scale = interpret(parts->suffix);
    if (!scale) return kSuffixError;
    return !parts->has_digits && !is_short(*parts, *scale) ? kNumberError : std::string_view();
}

Quantity Quantity::of(std::int64_t units, Format format) {
    Quantity q;
    q.nanos_ = Wide{units} * kNano;
    q.format_ = format;
    return q;
}

std::string Quantity::to_string() const {
    if (!written_.empty()) return written_.str();
    if (nanos_ == 0) return "0";
    const Wide amount = nanos_ < 0 ? -nanos_ : nanos_;
    // Less than 1Ki, or not whole, cannot be said in the binary family without rounding.
    const bool binary = format_ == Format::BinarySI && amount >= 1024 * kNano && is_whole();
    const Format decimal = format_ == Format::DecimalExponent ? format_ : Format::DecimalSI;
    std::string text = binary ? binary_text(amount / kNano) : decimal_text(amount, decimal);
    if (nanos_ < 0) text.insert(text.begin(), '-');
    return text;
}

std::int64_t Quantity::value() const { return rounded(nanos_, kNano); }

std::int64_t Quantity::milli_value() const { return rounded(nanos_, kNano / 1000); }

Quantity& Quantity::operator+=(const Quantity& other) {
    if (is_zero()) format_ = other.format_;
    written_ = Text();
    if (__builtin_add_overflow(nanos_, other.nanos_, &nanos_))
        nanos_ = other.sign() > 0 ? kWidest : -kWidest;
    return *this;
}

Quantity& Quantity::operator-=(const Quantity& other) {
    if (is_zero()) format_ = other.format_;
    written_ = Text();
    if (__builtin_sub_overflow(nanos_, other.nanos_, &nanos_))
        nanos_ = other.sign() < 0 ? kWidest : -kWidest;
    return *this;
}

bool Quantity::same_text(const Quantity& other) const {
    if (nanos_ != other.nanos_) return false;
    if (format_ == other.format_ && written_ == other.written_) return true;
    return to_string() == other.to_string();
}

}  // namespace model::api
