// CallBars: every CSI call as a bar, a row for each method of each part of a driver, and what the
// API Events of a run said, in the order of their first time.
//
// For the HTML report. Bounded: a row has at most kBarsMax bars, all rows kCallsMax, and at most
// kEventsMax Events are kept; what is left out is counted. Left out: contents of calls.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "reports/object_words.hpp"
#include "reports/state_bars.hpp"

namespace reports {

struct SaidEvent {
    sim::Time first, last;
    Said said;
};

class CallBars : public model::Listener {
  public:
    static constexpr std::size_t kBarsMax = 400, kCallsMax = 5000, kEventsMax = 500;
    void on(const model::Stamp& stamp, const model::Happening& happening) override;

    // A section a driver, or part of it on a node; a row a method.
    std::vector<StateRows> calls() const;
    const std::vector<SaidEvent>& events() const { return events_; }
    std::size_t events_left_out() const { return events_left_out_; }

  private:
    void on_call(sim::Time at, const model::CsiCall& call);
    void on_event(sim::Time at, const model::api::Event& event);

    std::map<std::string, std::map<std::string, StateRow>> rows_;        // by driver, method
    using CallId = std::tuple<std::string, std::string, std::uint64_t>;  // driver, node, number
    std::map<CallId, std::size_t> running_;                              // the bar in its row
    std::size_t bars_ = 0;
    std::vector<SaidEvent> events_;
    std::unordered_map<std::string, std::size_t> event_by_key_;
    std::size_t events_left_out_ = 0;
};

}  // namespace reports
