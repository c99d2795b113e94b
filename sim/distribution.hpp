// Distributions of durations, as values: cheap to copy, comparable, the same bytes on every
// machine.
//
// A sample is an integer number of nanoseconds read from a quantile table: 1024 cells of equal
// probability, linear inside a cell; the last cell is divided further, into halves of the remaining
// probability, so that a long tail stays a tail. The tables are made with + - * / on doubles only:
// libm differs in the last bit between versions. Left out: correlation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/random.hpp"
#include "sim/time.hpp"

namespace sim {

// "A fraction `probability` of all samples is at most `value`."
struct QuantilePoint {
    QuantilePoint() = default;
    QuantilePoint(double p, Duration v) : probability(p), value(v) {}
    bool operator==(const QuantilePoint&) const = default;

    double probability = 0;
    Duration value{};
};

class Distribution {
  public:
    // Always zero.
    Distribution() = default;

    // Negative durations and disordered parameters are the caller's fault: std::invalid_argument.
    static Distribution constant(Duration value);
    static Distribution uniform(Duration low, Duration high);  // both ends included
    static Distribution exponential(Duration mean);
    static Distribution lognormal(Duration median, Duration p99);  // 0 < median <= p99
    // Points in rising order of both fields, linear between them; below the first and above the
    // last the value stays.
    static Distribution empirical(std::vector<QuantilePoint> points);

    // A constant takes no draw, all others take exactly one from the stream (uniform: rarely more).
    Duration sample(Stream& stream) const;

    // The value that sample() does not exceed with the given probability (0 to 1), from the same
    // table.
    Duration quantile(double probability) const;

    // "lognormal(median 15ms, p99 80ms)".
    std::string describe() const;

    // Equal kind and equal parameters.
    bool operator==(const Distribution& other) const;

  private:
    enum class Kind : std::uint8_t { Constant, Uniform, Exponential, Lognormal, Empirical };
    struct Table;

    Distribution(Kind kind, Duration first, Duration second);

    template <class ShapeMade>
    static std::shared_ptr<const Table> remembered(const Distribution& parameters,
                                                   const ShapeMade& shape);

    Duration at(std::uint64_t position) const;

    Kind kind_ = Kind::Constant;
    Duration first_{};
    Duration second_{};
    std::shared_ptr<const Table> table_;
};

}  // namespace sim
