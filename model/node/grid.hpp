// Grid: the instants at which a loop that sleeps one period between its looks comes by. The loops
// of the kubelet sleep until something changes and then look at the next of these instants, so that
// an idle node costs no events. Left out: that a look takes time, by which the real grid drifts.
#pragma once

#include "sim/time.hpp"

namespace model::node {

class Grid {
  public:
    Grid() = default;
    Grid(sim::Time first, sim::Duration period) : first_(first), period_(period) {}

    // The first look at or after `at`.
    sim::Time next(sim::Time at) const {
        if (at <= first_) return first_;
        const sim::Duration since = at - first_;
        const auto passed = (since.count() + period_.count() - 1) / period_.count();
        return first_ + period_ * passed;
    }
    // The first look after `at`.
    sim::Time after(sim::Time at) const { return next(at + sim::Duration(1)); }
    // The last look at or before `at`; the time before the first look if there was none.
    sim::Time last(sim::Time at) const {
        return at < first_ ? first_ - period_ : first_ + period_ * ((at - first_) / period_);
    }
    sim::Duration period() const { return period_; }

  private:
    sim::Time first_{};
    sim::Duration period_{1};
};

}  // namespace model::node
