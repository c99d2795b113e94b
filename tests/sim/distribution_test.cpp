#include "sim/distribution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/elementary.hpp"

using namespace sim;
using namespace std::chrono_literals;

namespace {

bool near(double value, double expected, double tolerance) {
    return std::abs(value - expected) <= tolerance * std::abs(expected);
}

std::vector<std::int64_t> sorted_samples(const Distribution& distribution, int count) {
    Stream stream(11, "samples");
    std::vector<std::int64_t> samples;
    for (int i = 0; i < count; ++i) samples.push_back(distribution.sample(stream).count());
    std::sort(samples.begin(), samples.end());
    return samples;
}

}  // namespace

TEST_CASE("distribution: own logarithm, exponential and root agree with the library's") {
    for (double x = 1e-12; x < 1e12; x *= 3.7) {
        CHECK(near(square_root(x), std::sqrt(x), 1e-14));
        CHECK(std::abs(natural_log(x) - std::log(x)) < 1e-14 * (1 + std::abs(std::log(x))));
    }
    for (double x = -40; x < 40; x += 0.37) CHECK(near(exponential(x), std::exp(x), 1e-13));
}

TEST_CASE("distribution: the normal quantile inverts the normal distribution") {
    for (double p = 1e-11; p < 0.5; p *= 1.3) {
        const double low = normal_quantile(p, 1 - p);
        CHECK(near(std::erfc(-low / std::sqrt(2.0)) / 2, p, 1e-10));
        CHECK(normal_quantile(1 - p, p) == -low);
    }
    CHECK(normal_quantile(0.5, 0.5) == 0);
}

TEST_CASE("distribution: a lognormal has the median and the p99 it was made with") {
    const Distribution d = Distribution::lognormal(15ms, 80ms);
    CHECK(near(static_cast<double>(d.quantile(0.5).count()), 15e6, 0.001));
    CHECK(near(static_cast<double>(d.quantile(0.99).count()), 80e6, 0.001));
    const std::vector<std::int64_t> samples = sorted_samples(d, 400000);
    CHECK(near(static_cast<double>(samples[200000]), 15e6, 0.01));
    CHECK(near(static_cast<double>(samples[396000]), 80e6, 0.01));
    const double sigma = std::log(80.0 / 15.0) / 2.3263478740408408;
    CHECK(near(static_cast<double>(d.quantile(0.9999).count()),
               15e6 * std::exp(sigma * 3.719016485), 0.002));
    CHECK(near(static_cast<double>(d.quantile(0.01).count()), 15e6 * 15 / 80, 0.005));
    CHECK(samples.front() > 0);
}

TEST_CASE("distribution: an exponential has its mean, its quantiles and its tail") {
    const Distribution d = Distribution::exponential(1s);
    for (const double p : {0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.999999, 0.99999999}) {
        CAPTURE(p);
        CHECK(near(static_cast<double>(d.quantile(p).count()), -std::log1p(-p) * 1e9, 0.0015));
    }
    double sum = 0;
    const std::vector<std::int64_t> samples = sorted_samples(d, 400000);
    for (const std::int64_t sample : samples) sum += static_cast<double>(sample);
    CHECK(near(sum / 400000, 1e9, 0.01));
    CHECK(samples.back() > 10'000'000'000);
}

TEST_CASE("distribution: quantiles never fall, from 0 to 1") {
    std::vector<QuantilePoint> points{{0.2, 1ms}, {0.5, 10ms}, {0.99, 100ms}};
    for (const Distribution& d : {Distribution::constant(5ms), Distribution::uniform(1ms, 2ms),
                                  Distribution::exponential(1s), Distribution::lognormal(1ms, 1s),
                                  Distribution::empirical(points)}) {
        Duration before(0);
        for (int i = 0; i <= 100000; ++i) {
            const Duration value = d.quantile(i / 100000.0);
            if (value < before) FAIL(d.describe());
            before = value;
        }
        CHECK(d.quantile(1.0) >= before);
    }
}

TEST_CASE("distribution: uniform reaches both ends and nothing beyond") {
    const Distribution d = Distribution::uniform(3ns, 5ns);
    const std::vector<std::int64_t> samples = sorted_samples(d, 1000);
    CHECK(samples.front() == 3);
    CHECK(samples.back() == 5);
    CHECK(d.quantile(0) == 3ns);
    CHECK(d.quantile(0.5) == 4ns);
    CHECK(d.quantile(1) == 5ns);
}

TEST_CASE("distribution: empirical passes through its points and stays flat outside") {
    std::vector<QuantilePoint> points{{0.25, 1ms}, {0.5, 10ms}, {0.75, 30ms}};
    const Distribution d = Distribution::empirical(points);
    CHECK(d.quantile(0.1) == 1ms);
    CHECK(d.quantile(0.25) == 1ms);
    CHECK(d.quantile(0.5) == 10ms);
    CHECK(d.quantile(0.625) == 20ms);
    CHECK(d.quantile(0.75) == 30ms);
    CHECK(d.quantile(0.9999) == 30ms);
}

TEST_CASE("distribution: a constant takes no draw and the others take one") {
    Stream stream(1, "draws");
    Stream twin(1, "draws");
    CHECK(Distribution::constant(5ms).sample(stream) == 5ms);
    Distribution::exponential(1s).sample(stream);
    twin.next();
    CHECK(stream.next() == twin.next());
}

TEST_CASE("distribution: equal kinds and parameters are equal, and say what they are") {
    std::vector<QuantilePoint> points{{0.5, 10ms}, {0.995, 1s}};
    std::vector<QuantilePoint> others{{0.5, 11ms}, {0.995, 1s}};
    CHECK(Distribution::lognormal(1ms, 2ms) == Distribution::lognormal(1ms, 2ms));
    CHECK(Distribution::lognormal(1ms, 2ms) != Distribution::lognormal(1ms, 3ms));
    CHECK(Distribution::constant(1ms) != Distribution::exponential(1ms));
    CHECK(Distribution::empirical(points) == Distribution::empirical(points));
    CHECK(Distribution::empirical(points) != Distribution::empirical(others));
    CHECK(Distribution() == Distribution::constant(0ms));
    CHECK(Distribution::constant(5ms).describe() == "constant(5ms)");
    CHECK(Distribution::uniform(1ms, 2s).describe() == "uniform(1ms to 2s)");
    CHECK(Distribution::exponential(1s).describe() == "exponential(mean 1s)");
    CHECK(Distribution::lognormal(15ms, 80ms).describe() == "lognormal(median 15ms, p99 80ms)");
    CHECK(Distribution::empirical(points).describe() == "empirical(p50 10ms, p99.5 1s)");
}

TEST_CASE("distribution: disordered parameters are refused") {
    CHECK_THROWS_AS(Distribution::constant(-1ns), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::uniform(2ms, 1ms), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::lognormal(0ms, 1ms), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::lognormal(2ms, 1ms), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::empirical({}), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::empirical({{0.5, 2ms}, {0.9, 1ms}}), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::empirical({{0.5, 1ms}, {0.5, 2ms}}), std::invalid_argument);
    CHECK_THROWS_AS(Distribution::empirical({{1.5, 1ms}}), std::invalid_argument);
}

TEST_CASE("distribution: extreme parameters stay within the range of time") {
    const Distribution d = Distribution::lognormal(1h, 20000h);
    CHECK(d.quantile(1.0) > 0ns);
    CHECK(Distribution::lognormal(1ms, 1ms).quantile(0.999) == 1ms);
    CHECK(Distribution::exponential(0ms).quantile(0.999) == 0ms);
    CHECK(Distribution::exponential(100000h).quantile(1.0) > 0ns);
}

TEST_CASE("distribution: the bytes are the same on every machine") {
    Stream stream(1, "bytes");
    CHECK(Distribution::exponential(1s).sample(stream).count() == 1794604470);
    CHECK(Distribution::exponential(1s).sample(stream).count() == 386657598);
    CHECK(Distribution::lognormal(15ms, 80ms).sample(stream).count() == 12446563);
    CHECK(Distribution::lognormal(15ms, 80ms).sample(stream).count() == 11956727);
    CHECK(Distribution::uniform(1s, 2s).sample(stream).count() == 1815055903);
    CHECK(Distribution::lognormal(15ms, 80ms).quantile(0.999999).count() == 458763695);
}
