// Comparer: finds a run's own figures for the comparisons of its scenario.
//
// A share counts the objects whose latency lies between two bounds, of all that began; a point is
// the virtual time at which so many in a hundred had come to their end, or the latency that so many
// did not exceed. Holding a figure against the recorded one (Fisher's exact test, a tolerance) is
// the reports' part.
#pragma once

#include <vector>

#include "scenarios/latencies.hpp"
#include "scenarios/run.hpp"

namespace scenarios {

class Comparer {
  public:
    explicit Comparer(const std::vector<Comparison>& comparisons);
    void on(sim::Time at, const model::Committed& committed);
    // One for each comparison, in their order.
    std::vector<Figure> figures() const;

  private:
    const std::vector<Comparison>& comparisons_;
    std::vector<LatencySamples> samples_;
};

}  // namespace scenarios
