#include "sim/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

using sim::Stream;

TEST_CASE("random: streams of different names or seeds differ") {
    CHECK(Stream(1, "a").next() == Stream(1, "a").next());
    CHECK(Stream(1, "a").next() != Stream(1, "b").next());
    CHECK(Stream(1, "a").next() != Stream(2, "a").next());
}

TEST_CASE("random: below is uniform and in range") {
    Stream stream(1, "below");
    CHECK(stream.below(0) == 0);
    CHECK(stream.below(1) == 0);
    int counts[7] = {};
    for (int i = 0; i < 70000; ++i) ++counts[stream.below(7)];
    for (const int count : counts) {
        CHECK(count > 9600);
        CHECK(count < 10400);
    }
    const std::uint64_t large = 0xc000000000000000ULL;
    int multiples = 0;  // of three: without the rejection half of all would be
    for (int i = 0; i < 30000; ++i) {
        const std::uint64_t value = stream.below(large);
        if (value >= large) FAIL("out of range");
        multiples += value % 3 == 0;
    }
    CHECK(multiples > 9600);
    CHECK(multiples < 10400);
}

TEST_CASE("random: chance holds in the long run") {
    Stream stream(1, "chance");
    int hits = 0;
    for (int i = 0; i < 100000; ++i) hits += stream.chance(3, 10);
    CHECK(hits > 29300);
    CHECK(hits < 30700);
    CHECK(stream.chance(1, 1));
    CHECK_FALSE(stream.chance(0, 5));
}

TEST_CASE("random: shuffle permutes") {
    Stream stream(1, "shuffle");
    std::vector<int> numbers(50);
    std::iota(numbers.begin(), numbers.end(), 0);
    const std::vector<int> before = numbers;
    stream.shuffle(numbers);
    CHECK(numbers != before);
    CHECK(std::is_permutation(numbers.begin(), numbers.end(), before.begin()));
}

TEST_CASE("random: the bytes are the same on every machine") {
    Stream stream(1, "a");
    CHECK(stream.next() == 13889637279378874983ULL);
    CHECK(stream.next() == 9192018424076160538ULL);
    CHECK(stream.next() == 14268127538169366798ULL);
}
