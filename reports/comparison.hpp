// Comparison: a figure measured on a real cluster beside the one that the simulator gives, and
// whether the two agree.
//
// A share is held against the recorded one by Fisher's exact test (two-sided) or by plain bounds, a
// point in time by a tolerance. Over several seeds shares are pooled and points taken at their
// median. Left out: any other statistic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/time.hpp"

namespace reports {

struct ComparisonLine {
    std::string what, source;
    bool is_share = true;
    std::int64_t count = 0, of = 0, recorded_count = 0, recorded_of = 0;  // share
    std::vector<sim::Duration> reached;  // point: one a run, those that came to it
    std::int64_t runs = 1;
    sim::Duration recorded_time{};
    std::optional<double> p_at_least;
    std::optional<std::int64_t> from_percent, to_percent, within_percent;

    // The same comparison of another run counted in.
    void add(const ComparisonLine& other);
    // Agrees with all bounds that are given; a point that was never reached does not.
    bool holds() const;
    bool judged() const { return p_at_least || from_percent || to_percent || within_percent; }
};

// Two-sided: the probability of all tables with these margins that are no more probable than the
// one seen. 1 where a margin is empty.
double fisher_exact(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d);

// "bound at once: recorded 29 of 30, here 588 of 600 (p 0.47)"
std::string text_of(const ComparisonLine& line);

}  // namespace reports
