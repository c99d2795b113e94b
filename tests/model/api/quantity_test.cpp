#include "model/api/quantity.hpp"

#include <doctest/doctest.h>

#include <limits>

using model::api::Quantity;
using Format = Quantity::Format;

namespace {

std::string text_of(std::string_view written) {
    const std::optional<Quantity> q = Quantity::parse(written);
    return q ? q->to_string() : "no quantity";
}

Quantity parsed(std::string_view written) {
    const std::optional<Quantity> q = Quantity::parse(written);
    REQUIRE_MESSAGE(q.has_value(), written);
    return *q;
}

struct Row {
    std::string_view written, printed;
};

}  // namespace

TEST_CASE("a quantity is printed with the largest suffix that keeps every digit") {
    constexpr Row kRows[] = {
        {"0", "0"},
        {"0n", "0"},
        {"-0", "0"},
        {"0Gi", "0"},
        {"1", "1"},
        {"1000m", "1"},
        {"1500m", "1500m"},
        {"1.5", "1500m"},
        {"0.5", "500m"},
        {"100u", "100u"},
        {"1000u", "1m"},
        {"1n", "1n"},
        {"1000", "1k"},
        {"1500", "1500"},
        {"1.5G", "1500M"},
        {"1000k", "1M"},
        {"5000M", "5G"},
        {"1T", "1T"},
        {"2P", "2P"},
        {"3E", "3E"},
        {"1024Ki", "1Mi"},
        {"1024", "1024"},
        {"0.5Gi", "512Mi"},
        {"1.5Gi", "1536Mi"},
        {"1Ei", "1Ei"},
        {"1025Ki", "1025Ki"},
        {"1000Ki", "1000Ki"},
        {"0.5Ki", "512"},
        {"12e6", "12e6"},
        {"12E6", "12E6"},
        {"12000000e0", "12e6"},
        {"1200e3", "1200e3"},
        {"5e-1", "500e-3"},
        {"10e2", "1e3"},
        {"-1.5Gi", "-1536Mi"},
        {"-5", "-5"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.written);
        CHECK(text_of(row.written) == row.printed);
    }
}

TEST_CASE("a binary quantity that is no whole number of bytes is printed in thousandths") {
    CHECK(text_of("0.1Gi") == "107374182400m");
    CHECK(text_of("1.1Ki") == "1126400m");
    CHECK(text_of("0.0001Ki") == "102400u");
}

TEST_CASE("an amount finer than a nano-unit is rounded up") {
    CHECK(text_of("0.1n") == "1n");
    CHECK(text_of("1.0000000001") == "1000000001n");
    CHECK(text_of("1e-30") == "1e-9");
    CHECK(text_of("-0.1n") == "-1n");
    CHECK(text_of("0.00000000000000000000000000000000000000000000000000000000000001") == "1n");
}

TEST_CASE("a binary amount is capped at the largest 64-bit integer") {
    CHECK(text_of("8Ei") == "9223372036854775807");
    CHECK(text_of("16Ei") == "9223372036854775807");
    CHECK(text_of("-16Ei") == "-9223372036854775807");
    CHECK(parsed("99999999999999999999999999999999999999999999Ei").value() ==
          std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a decimal amount may go beyond 64 bits, and its value stays within them") {
    CHECK(text_of("10E") == "10E");
    CHECK(parsed("10E").value() == std::numeric_limits<std::int64_t>::max());
    CHECK(parsed("10E") > parsed("8Ei"));
}

TEST_CASE("some texts are printed as they were written, as upstream does") {
    CHECK(text_of("1.500") == "1.500");
    CHECK(text_of("+5Gi") == "+5Gi");
    CHECK(text_of("007") == "007");
    CHECK(text_of("1E3") == "1E3");
    CHECK(text_of("1.000") == "1");
    CHECK(text_of("+8Gi") == "8Gi");
    Quantity sum = parsed("1.500");
    sum += parsed("0");
    CHECK(sum.to_string() == "1500m");
}

TEST_CASE("a text that is no quantity is refused with upstream's reason") {
    for (std::string_view bad :
         {"", "1.1.M", "1+1.0M", "0.1am", "aoeu", " 1", "1 ", "10GB", "1Gib", "ten"}) {
        CAPTURE(bad);
        CHECK_FALSE(Quantity::parse(bad).has_value());
        CHECK(Quantity::parse_error(bad) == Quantity::kSyntaxError);
    }
    for (std::string_view bad :
         {".5i", "1i", "-3.01i", "-3.01e-", "0.1mi", "5e", "1k5", "1mm", "1Ee3"}) {
        CAPTURE(bad);
        CHECK_FALSE(Quantity::parse(bad).has_value());
        CHECK(Quantity::parse_error(bad) == Quantity::kSuffixError);
    }
    CHECK(Quantity::parse_error("Ei") == Quantity::kNumberError);
    CHECK(Quantity::parse_error("1Gi") == "");
}

TEST_CASE("value and milli_value round away from zero") {
    CHECK(parsed("1.1").value() == 2);
    CHECK(parsed("-1.1").value() == -2);
    CHECK(parsed("1n").value() == 1);
    CHECK(parsed("1u").milli_value() == 1);
    CHECK(parsed("1.5").milli_value() == 1500);
    CHECK(parsed("1Gi").value() == 1073741824);
}

TEST_CASE("zero takes the family of what is added to it or taken from it") {
    Quantity sum;
    sum += parsed("2Gi");
    CHECK(sum.to_string() == "2Gi");
    sum += parsed("1G");
    CHECK(sum.to_string() == "3147483648");
    sum -= sum;
    CHECK(sum.to_string() == "0");
    sum -= parsed("1e3");
    CHECK(sum.to_string() == "-1e3");
}

TEST_CASE("quantities compare by amount, their texts may differ") {
    CHECK(parsed("1Gi") == parsed("1073741824"));
    CHECK_FALSE(parsed("1Gi").same_text(parsed("1073741824")));
    CHECK(parsed("1Gi").same_text(parsed("1024Mi")));
    CHECK(parsed("1G") < parsed("1Gi"));
    CHECK(Quantity::of(5, Format::BinarySI).to_string() == "5");
    CHECK(Quantity::of(1000, Format::BinarySI).to_string() == "1k");
    CHECK(Quantity::of(5 << 20, Format::BinarySI).to_string() == "5Mi");
}
