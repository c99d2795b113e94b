#include "sim/time.hpp"

#include <doctest/doctest.h>

using namespace sim;
using namespace std::chrono_literals;

TEST_CASE("time: a duration prints as in Go") {
    CHECK(to_text(0ns) == "0s");
    CHECK(to_text(1ns) == "1ns");
    CHECK(to_text(1100ns) == "1.1\u00b5s");
    CHECK(to_text(15ms) == "15ms");
    CHECK(to_text(2200us) == "2.2ms");
    CHECK(to_text(1063ms) == "1.063s");
    CHECK(to_text(123s) == "2m3s");
    CHECK(to_text(1h) == "1h0m0s");
    CHECK(to_text(4min + 1ms) == "4m0.001s");
    CHECK(to_text(-1500ms) == "-1.5s");
    CHECK(to_text(Duration::max()) == "2562047h47m16.854775807s");
    CHECK(to_text(Duration::min()) == "-2562047h47m16.854775808s");
}

TEST_CASE("time: seconds are cut to the wanted decimals") {
    CHECK(seconds_text(Time(12345678901ns)) == "12.345");
    CHECK(seconds_text(Time(12345678901ns), 9) == "12.345678901");
    CHECK(seconds_text(Time(12999999999ns), 0) == "12");
    CHECK(seconds_text(Time(7ms)) == "0.007");
}

TEST_CASE("time: durations in Go's syntax are understood") {
    CHECK(parse_duration("0") == Duration(0));
    CHECK(parse_duration("1h2m3.5s") == Duration(1h + 2min + 3500ms));
    CHECK(parse_duration("-1.5s") == Duration(-1500ms));
    CHECK(parse_duration("+5ms") == Duration(5ms));
    CHECK(parse_duration(".5s") == Duration(500ms));
    CHECK(parse_duration("1.s") == Duration(1s));
    CHECK(parse_duration("10us") == Duration(10us));
    CHECK(parse_duration("10\u00b5s") == Duration(10us));
    CHECK(parse_duration("39h9m14.425s") == Duration(39h + 9min + 14425ms));
    CHECK(parse_duration("9223372036854775807ns") == Duration::max());
    CHECK(parse_duration("-9223372036854775808ns") == Duration::min());
}

TEST_CASE("time: malformed and overflowing durations are refused") {
    for (const char* text :
         {"", "-", "3", ".s", "1x", "s", "1s2", "1 s", "--1s", "1..5s", "9223372036854775808ns",
          "-9223372036854775809ns", "3000000h", "99999999999999999999999999999999999999999s"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("time: what is printed is read back") {
    for (std::int64_t n = 1; n > 0 && n < Duration::max().count() / 7; n = n * 7 + 3) {
        CHECK(parse_duration(to_text(Duration(n))) == Duration(n));
        CHECK(parse_duration(to_text(Duration(-n))) == Duration(-n));
    }
}

TEST_CASE("time: adding a delay neither overflows nor goes back") {
    CHECK(later(Time(5ns), 7ns) == Time(12ns));
    CHECK(later(Time(5ns), -7ns) == Time(5ns));
    CHECK(later(Time(5ns), Duration::max()) == kNever);
}
