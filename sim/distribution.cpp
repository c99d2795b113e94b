#include "sim/distribution.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>

#include "sim/elementary.hpp"

namespace sim {
namespace {

constexpr int kCellBits = 10;
constexpr std::uint64_t kCells = std::uint64_t{1} << kCellBits;
// The last cell: each further level holds half of the probability that is left, in 16 parts.
constexpr int kTailLevels = 24;
constexpr int kTailPartBits = 4;
constexpr std::uint64_t kTailParts = std::uint64_t{1} << kTailPartBits;
constexpr double kZ99 = 2.3263478740408408;

std::int64_t to_nanoseconds(double value) {
    constexpr double kLimit = 9.2e18;
    if (!(value > 0)) return 0;
    if (value > kLimit) return static_cast<std::int64_t>(kLimit);
    return static_cast<std::int64_t>(value + 0.5);
}

// low + (high - low) * part / 2^bits, in integers.
std::int64_t between(std::int64_t low, std::int64_t high, std::uint64_t part, int bits) {
    const __int128 span = static_cast<__int128>(high) - low;
    return low + static_cast<std::int64_t>((span * static_cast<__int128>(part)) >> bits);
}

// The value below which the probability is 1 - `upper`; `lower` is 1 - upper, given apart since the
// difference would lose digits at the far end.
class Shape {
  public:
    Shape() = default;
    virtual ~Shape() = default;
    virtual double value(double lower, double upper) const = 0;
};

class ExponentialShape : public Shape {
  public:
    explicit ExponentialShape(double mean) : mean_(mean) {}
    double value(double, double upper) const override { return -mean_ * natural_log(upper); }

  private:
    double mean_;
};

class LognormalShape : public Shape {
  public:
    LognormalShape(double median, double p99)
        : median_(median), sigma_(natural_log(p99 / median) / kZ99) {}
    double value(double lower, double upper) const override {
        if (lower <= 0) return 0;
        return median_ * exponential(sigma_ * normal_quantile(lower, upper));
    }

  private:
    double median_;
    double sigma_;
};

class EmpiricalShape : public Shape {
  public:
    explicit EmpiricalShape(const std::vector<QuantilePoint>& points) : points_(points) {}
    double value(double lower, double) const override {
        const auto next = std::find_if(points_.begin(), points_.end(), [&](const auto& point) {
            return point.probability >= lower;
        });
        if (next == points_.end()) return count(points_.back());
        if (next == points_.begin()) return count(points_.front());
        const QuantilePoint& before = *(next - 1);
        const double part = (lower - before.probability) / (next->probability - before.probability);
        return count(before) + (count(*next) - count(before)) * part;
    }

  private:
    static double count(const QuantilePoint& point) {
        return static_cast<double>(point.value.count());
    }

    const std::vector<QuantilePoint>& points_;
};

}  // namespace

struct Distribution::Table {
    explicit Table(const Shape& shape);

    // `position` is the probability in units of 2^-64.
    std::int64_t at(std::uint64_t position) const;

    std::int64_t cells[kCells];                       // quantiles 0/1024 ... 1023/1024
    std::int64_t tail[kTailLevels * kTailParts + 1];  // from 1023/1024 on
    std::vector<QuantilePoint> points;                // of an empirical distribution
};

Distribution::Table::Table(const Shape& shape) {
    for (std::uint64_t i = 0; i < kCells; ++i) {
        const double lower = static_cast<double>(i) / static_cast<double>(kCells);
        cells[i] = to_nanoseconds(shape.value(lower, 1.0 - lower));
    }
    double left = 1.0 / static_cast<double>(kCells);  // the probability beyond the level's begin
    for (int level = 0; level < kTailLevels; ++level, left /= 2) {
        for (std::uint64_t part = 0; part < kTailParts; ++part) {
            const double gone = static_cast<double>(part) / static_cast<double>(2 * kTailParts);
            const double upper = left * (1.0 - gone);
            tail[level * kTailParts + part] = to_nanoseconds(shape.value(1.0 - upper, upper));
        }
    }
    tail[kTailLevels * kTailParts] = to_nanoseconds(shape.value(1.0 - left, left));
}

std::int64_t Distribution::Table::at(std::uint64_t position) const {
    constexpr int kRestBits = 64 - kCellBits;
    const std::uint64_t cell = position >> kRestBits;
    const std::uint64_t rest = position & ((std::uint64_t{1} << kRestBits) - 1);
    if (cell + 1 < kCells) return between(cells[cell], cells[cell + 1], rest, kRestBits);
    // The leading ones of the rest are the levels passed; what follows the zero is the place within
    // the level.
    const int level = std::countl_one(rest << kCellBits);
    if (level >= kTailLevels) return tail[kTailLevels * kTailParts];
    const std::uint64_t within = rest << (kCellBits + level + 1);
    const std::uint64_t part = within >> (64 - kTailPartBits);
    const std::uint64_t fine = (within << kTailPartBits) >> 32;
    const std::size_t index = level * kTailParts + part;
    return between(tail[index], tail[index + 1], fine, 32);
}

// A table is a function of its parameters alone, and the same few are asked for by every run of a
// process: it is made once a thread. The bound keeps a sweep over parameters from filling memory.
template <class ShapeMade>
std::shared_ptr<const Distribution::Table> Distribution::remembered(const Distribution& parameters,
                                                                    const ShapeMade& shape) {
    constexpr std::size_t kRemembered = 256;
    using Parameters = std::tuple<Kind, Duration, Duration>;
    thread_local std::map<Parameters, std::shared_ptr<const Table>> tables;
    if (tables.size() >= kRemembered) tables.clear();
    auto& table = tables[{parameters.kind_, parameters.first_, parameters.second_}];
    if (!table) table = std::make_shared<const Table>(shape);
    return table;
}

Distribution::Distribution(Kind kind, Duration first, Duration second)
    : kind_(kind), first_(first), second_(second) {}

Distribution Distribution::constant(Duration value) {
    if (value < Duration::zero()) throw std::invalid_argument("constant: a negative duration");
    return Distribution(Kind::Constant, value, value);
}

Distribution Distribution::uniform(Duration low, Duration high) {
    if (low < Duration::zero()) throw std::invalid_argument("uniform: a negative duration");
    if (high < low) throw std::invalid_argument("uniform: the upper end is below the lower");
    return Distribution(Kind::Uniform, low, high);
}

Distribution Distribution::exponential(Duration mean) {
    if (mean < Duration::zero()) throw std::invalid_argument("exponential: a negative mean");
    Distribution result(Kind::Exponential, mean, mean);
    result.table_ = remembered(result, ExponentialShape(static_cast<double>(mean.count())));
    return result;
}

Distribution Distribution::lognormal(Duration median, Duration p99) {
    if (median <= Duration::zero())
        throw std::invalid_argument("lognormal: the median must be positive");
    if (p99 < median) throw std::invalid_argument("lognormal: the p99 is below the median");
    Distribution result(Kind::Lognormal, median, p99);
    result.table_ = remembered(result, LognormalShape(static_cast<double>(median.count()),
                                                      static_cast<double>(p99.count())));
    return result;
}

Distribution Distribution::empirical(std::vector<QuantilePoint> points) {
    if (points.empty()) throw std::invalid_argument("empirical: no quantiles");
    for (std::size_t i = 0; i < points.size(); ++i) {
        const QuantilePoint& point = points[i];
        if (!(point.probability >= 0 && point.probability <= 1)) {
            throw std::invalid_argument("empirical: a probability outside of 0 to 1");
        }
        if (point.value < Duration::zero()) {
            throw std::invalid_argument("empirical: a negative duration");
        }
        if (i == 0) continue;
        if (point.probability <= points[i - 1].probability || point.value < points[i - 1].value) {
            throw std::invalid_argument("empirical: the quantiles do not rise");
        }
    }
    Distribution result(Kind::Empirical, Duration(), Duration());
    auto table = std::make_shared<Table>(EmpiricalShape(points));
    table->points = std::move(points);
    result.table_ = std::move(table);
    return result;
}

Duration Distribution::at(std::uint64_t position) const { return Duration(table_->at(position)); }

Duration Distribution::sample(Stream& stream) const {
    if (kind_ == Kind::Constant) return first_;
    if (kind_ != Kind::Uniform) return at(stream.next());
    const std::uint64_t span = static_cast<std::uint64_t>((second_ - first_).count());
    return first_ + Duration(static_cast<std::int64_t>(stream.below(span + 1)));
}

Duration Distribution::quantile(double probability) const {
    constexpr double kTwoTo64 = 18446744073709551616.0;
    const double scaled = probability * kTwoTo64;
    std::uint64_t position = 0;
    if (scaled >= kTwoTo64) {
        position = ~std::uint64_t{0};
    } else if (scaled > 0) {
        position = static_cast<std::uint64_t>(scaled);
    }
    switch (kind_) {
        case Kind::Constant:
            return first_;
        case Kind::Uniform: {
            const std::uint64_t span = static_cast<std::uint64_t>((second_ - first_).count()) + 1;
            const auto product = static_cast<unsigned __int128>(position) * span;
            return first_ + Duration(static_cast<std::int64_t>(product >> 64));
        }
        default:
            return at(position);
    }
}

std::string Distribution::describe() const {
    switch (kind_) {
        case Kind::Constant:
            return "constant(" + to_text(first_) + ")";
        case Kind::Uniform:
            return "uniform(" + to_text(first_) + " to " + to_text(second_) + ")";
        case Kind::Exponential:
            return "exponential(mean " + to_text(first_) + ")";
        case Kind::Lognormal:
            return "lognormal(median " + to_text(first_) + ", p99 " + to_text(second_) + ")";
        case Kind::Empirical:
            break;
    }
    std::string text = "empirical(";
    for (const QuantilePoint& point : table_->points) {
        if (text.back() != '(') text += ", ";
        const std::int64_t per_mille = to_nanoseconds(point.probability * 1000);
        text += "p" + std::to_string(per_mille / 10);
        if (per_mille % 10 != 0) text += "." + std::to_string(per_mille % 10);
        text += " " + to_text(point.value);
    }
    return text + ")";
}

bool Distribution::operator==(const Distribution& other) const {
    if (kind_ != other.kind_ || first_ != other.first_ || second_ != other.second_) return false;
    return kind_ != Kind::Empirical || table_->points == other.table_->points;
}

}  // namespace sim
