#include "reports/comparison.hpp"

#include <algorithm>
#include <cstdio>

namespace reports {

namespace {

std::optional<sim::Duration> median(std::vector<sim::Duration> reached, std::int64_t runs) {
    // A run that never came there is later than any that did.
    const auto rank = static_cast<std::size_t>((runs - 1) / 2);
    if (rank >= reached.size()) return std::nullopt;
    std::sort(reached.begin(), reached.end());
    return reached[rank];
}

double percent(std::int64_t count, std::int64_t of) {
    return of == 0 ? 0.0 : 100.0 * static_cast<double>(count) / static_cast<double>(of);
}

std::string number(const char* format, double value) {
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

double p_of(const ComparisonLine& l) {
    return fisher_exact(l.recorded_count, l.recorded_of - l.recorded_count, l.count,
                        l.of - l.count);
}

}  // namespace

// Weights of all tables relative to the most probable one, by the ratio of neighbours: no factorial
// overflows, and only the four basic operations are used.
double fisher_exact(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
    const std::int64_t row = a + b, column = a + c, all = a + b + c + d;
    const std::int64_t low = std::max<std::int64_t>(0, row + column - all);
    const std::int64_t high = std::min(row, column);
    if (low == high) return 1.0;
    const auto up = [&](std::int64_t x) {  // weight(x + 1) / weight(x)
        return static_cast<double>(row - x) * static_cast<double>(column - x) /
               (static_cast<double>(x + 1) * static_cast<double>(all - row - column + x + 1));
    };
    std::int64_t mode = low;
    while (mode < high && up(mode) >= 1.0) ++mode;
    std::vector<double> weight(static_cast<std::size_t>(high - low + 1));
    const auto at = [&](std::int64_t x) -> double& {
        return weight[static_cast<std::size_t>(x - low)];
    };
    at(mode) = 1.0;
    for (std::int64_t x = mode; x < high; ++x) at(x + 1) = at(x) * up(x);
    for (std::int64_t x = mode; x > low; --x) at(x - 1) = at(x) / up(x - 1);
    constexpr double kAsProbable = 1.0 + 1e-7;  // equal but for rounding
    double sum = 0, extreme = 0;
    for (double w : weight) {
        sum += w;
        if (w <= at(a) * kAsProbable) extreme += w;
    }
    return extreme / sum;
}

void ComparisonLine::add(const ComparisonLine& other) {
    count += other.count;
    of += other.of;
    runs += other.runs;
    reached.insert(reached.end(), other.reached.begin(), other.reached.end());
}

bool ComparisonLine::holds() const {
    if (is_share) {
        if (p_at_least && p_of(*this) < *p_at_least) return false;
        if (from_percent && percent(count, of) < static_cast<double>(*from_percent)) return false;
        return !to_percent || percent(count, of) <= static_cast<double>(*to_percent);
    }
    const auto here = median(reached, runs);
    if (!here) return false;
    if (!within_percent) return true;
    const sim::Duration off = *here > recorded_time ? *here - recorded_time : recorded_time - *here;
    return off * 100 <= recorded_time * *within_percent;
}

std::string text_of(const ComparisonLine& l) {
    if (l.is_share)
        return l.what + ": recorded " + std::to_string(l.recorded_count) + " of " +
               std::to_string(l.recorded_of) + " (" +
               number("%.0f %%", percent(l.recorded_count, l.recorded_of)) + "), here " +
               std::to_string(l.count) + " of " + std::to_string(l.of) + " (" +
               number("%.0f %%", percent(l.count, l.of)) + "), Fisher's p " +
               number("%.3f", p_of(l));
    const auto here = median(l.reached, l.runs);
    const std::string begin =
        l.what + ": recorded " + sim::seconds_text(sim::Time(l.recorded_time), 1) + "s, here ";
    if (!here) return begin + "never";
    const double ratio =
        static_cast<double>(here->count()) / static_cast<double>(l.recorded_time.count());
    return begin + sim::seconds_text(sim::Time(*here), 1) + "s (" +
           number("%+.1f %%", 100.0 * (ratio - 1.0)) + ")";
}

}  // namespace reports
