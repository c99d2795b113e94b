// Comparer: finds a run's own figures for the comparisons of its scenario.
//
// A share counts the objects whose latency lies between two bounds, of all that began; a point is
// the virtual time at which so many in a hundred had come to their end, or the latency that so many
// did not exceed, or the time at which the nth object came to a state or the nth event or CSI call
// came. Holding a figure against the recorded one (Fisher's exact test, a tolerance) is
// the reports' part.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "scenarios/happening_filter.hpp"
#include "scenarios/latencies.hpp"
#include "scenarios/run.hpp"

namespace scenarios {

class Comparer {
  public:
    Comparer(const std::vector<Comparison>& comparisons, View& view);
    void on(const model::Stamp& stamp, const model::Happening& happening);
    // One for each comparison, in their order.
    std::vector<Figure> figures() const;

  private:
    // What comes at an instant.
    struct Coming {
        const Comparison* comparison;
        std::optional<EventFilter> event;
        std::optional<RpcFilter> rpc;
        std::set<model::api::Key> matching;
        std::int64_t seen = 0;
        std::optional<sim::Time> at;
    };
    std::int64_t occurrences(Coming& coming, const model::Happening& happening);

    const std::vector<Comparison>& comparisons_;
    View& view_;
    std::vector<LatencySamples> samples_;
    std::vector<Coming> comings_;
};

}  // namespace scenarios
