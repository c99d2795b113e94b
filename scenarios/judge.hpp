// Judge: holds the run against its expectations, commit by commit and at their deadlines.
//
// An expectation counts from the instant s of its beginning, with what is true when that instant is
// over: `within D` must be true at some instant of (s, s + D], `always` and `never` hold from s to
// the end, `count` and `latency` look at what happened after s when the run ends. Deadlines are no
// events: the run asks for the next one and tells when it has passed.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "scenarios/run.hpp"
#include "scenarios/tally.hpp"

namespace scenarios {

class Judge {
  public:
    Judge(View& view, Tallies& tallies, std::vector<ExpectationResult>& results);
    ~Judge();

    void begin(const Expectation& expectation, int step);
    void on(const model::Stamp& stamp, const model::Happening& happening);
    // kNever where nothing is due.
    sim::Time next_deadline() const;
    // All that happens up to and including `at` has happened.
    void pass(sim::Time at);
    // `within`s that are neither held nor failed.
    std::size_t open() const { return open_; }
    std::string first_open() const;
    // Decides all that is left.
    void finish(sim::Time end);

  private:
    struct Case;
    void begin_state(Case& c);
    void begin_happening(Case& c);
    bool state_holds(const Case& c) const;
    void look(Case& c, sim::Time at);
    void happened(Case& c, sim::Time at, std::int64_t times, const std::string& what);
    void decide(Case& c, Verdict verdict, sim::Time at);
    void explain_state(Case& c);
    void finish_within(Case& c, sim::Time end);
    void finish_count(Case& c, sim::Time end);
    void finish_latency(Case& c, sim::Time end);

    View& view_;
    Tallies& tallies_;
    std::vector<ExpectationResult>& results_;
    std::vector<std::unique_ptr<Case>> cases_;
    std::vector<Case*> listening_;  // those that look at events, requests or latencies
    std::multimap<sim::Time, Case*> deadlines_;
    std::size_t open_ = 0;
};

}  // namespace scenarios
