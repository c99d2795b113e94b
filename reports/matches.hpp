// Matches: for every claim which volume it got, and by which rule each other was passed over.
//
// A claim may be matched many times before a volume fits; the last time that chose one is told, or
// the last time of all. Volumes are grouped by rule, since a cluster may hold thousands. Only
// filled while Journal::want_matches is on. Left out: the scheduler's choice of node.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/journal.hpp"

namespace reports {

struct PassedOver {
    std::string rule;
    std::size_t count = 0;
    std::vector<std::string> names;  // the first few
};

struct Match {
    std::string claim, volume;  // volume "": none
    sim::Time at;
    std::size_t times = 0;                // how often a volume was looked for
    std::vector<PassedOver> passed_over;  // the most frequent rule first
};

class Matches : public model::Listener {
  public:
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    std::vector<Match> all() const;  // by name of the claim

  private:
    std::map<std::string, Match> by_claim_;
};

// "default/data got pv-a (3 others: 2 too small (pv-b, pv-c), 1 other class (pv-d))"
std::string text_of(const Match& match);

}  // namespace reports
