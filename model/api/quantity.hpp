// Quantity: an amount of a resource with Kubernetes' arithmetic and canonical text.
// Counterpart: apimachinery pkg/api/resource. Kept as an integer number of nano-units, which holds
// every amount the API accepts (binary ones up to 2^63-1 units, down to one nano-unit; finer input
// is rounded up, as there).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/api/text.hpp"

namespace model::api {

class Quantity {
  public:
    // The family of suffixes in which it is written: 1.5G, 1536Mi, 15e2.
    enum class Format : std::uint8_t { DecimalSI, BinarySI, DecimalExponent };

    Quantity() = default;
    static Quantity of(std::int64_t units, Format format = Format::DecimalSI);
    // Nothing where the text is no quantity; the API's message for that is in kSyntaxError.
    static std::optional<Quantity> parse(std::string_view text);
    static constexpr std::string_view kSyntaxError =
        "quantities must match the regular expression "
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    static constexpr std::string_view kSuffixError = "unable to parse quantity's suffix";
    static constexpr std::string_view kNumberError = "unable to parse numeric part of quantity";
    // Which of the three the API would answer; "" where the text parses.
    static std::string_view parse_error(std::string_view text);

    // Canonical text: no fraction, the largest suffix of its format that keeps every digit.
    std::string to_string() const;
    // Whole units, rounded up (away from zero for negative amounts as upstream's Value does).
    std::int64_t value() const;
    std::int64_t milli_value() const;
    bool is_zero() const { return nanos_ == 0; }
    int sign() const { return nanos_ > 0 ? 1 : nanos_ < 0 ? -1 : 0; }
    bool is_whole() const { return nanos_ % kNano == 0; }
    Format format() const { return format_; }

    Quantity& operator+=(const Quantity& other);
    Quantity& operator-=(const Quantity& other);
    friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
        return a.nanos_ < b.nanos_   ? std::strong_ordering::less
               : a.nanos_ > b.nanos_ ? std::strong_ordering::greater
                                     : std::strong_ordering::equal;
    }
    friend bool operator==(const Quantity& a, const Quantity& b) { return a.nanos_ == b.nanos_; }
    // Stricter than ==, which compares amounts only: "1Gi" and "1073741824" differ.
    bool same_text(const Quantity& other) const;

  private:
    static constexpr __int128 kNano = 1'000'000'000;
    __int128 nanos_ = 0;
    Format format_ = Format::DecimalSI;
    Text written_;  // the text as given, where upstream repeats it though it is not canonical
};

}  // namespace model::api
