// TraceExport: a run as a trace for ui.perfetto.dev, written while the run plays.
//
// A process is a program, or a part of one that has a name of its own: an API client, a controller,
// a driver, its part on a node. Its tracks hold its requests (throttle and travel within them, the
// commit at their end), CSI calls, syncs of keys, and for each actor what it waits for. Commits are
// instants of the API server, API Events of who wrote them, steps and expectations of the scenario.
// Arrows lead from what was written or called to the request or call that it caused. Left out:
// leases.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

#include "model/api/scheme.hpp"
#include "reports/event_trace.hpp"
#include "reports/run_summary.hpp"
#include "reports/trace_file.hpp"

namespace reports {

class TraceExport : public sim::Observer, public model::Listener {
  public:
    // Must be told of events behind `trace`: EventTrace::pass_on_to.
    TraceExport(const std::string& path, const model::api::Scheme& scheme, const EventTrace& trace,
                std::size_t entries_max = TraceFile::kEntriesMax)
        : file_(path, entries_max), scheme_(scheme), trace_(trace) {}
    void on_event(const sim::EventRecord& event) override;
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // With the run's steps and expectations. Throws OutputError where anything was lost.
    void close(const RunSummary& summary);

  private:
    void tell(const model::Stamp& stamp, const model::Committed& commit);
    void tell(const model::Stamp& stamp, const model::Requested& request);
    void tell(const model::Stamp& stamp, const model::Synced& sync);
    void tell(const model::Stamp& stamp, const model::Lifecycle& lifecycle);
    void tell(const model::Stamp& stamp, const model::CsiCall& call);
    void tell(const model::Stamp& stamp, const model::Noted& note);
    void tell(const model::Stamp& stamp, const model::Violated& violation);
    void tell(const model::Stamp&, const model::Matched&) {}
    // The arrow to a slice whose work began in that event, or was sent by it.
    void arrow_to(const TraceFile::Point& slice, EventSeq event);
    void ends(EventSeq event, const TraceFile::Point& slice, sim::Time to);

    TraceFile file_;
    const model::api::Scheme& scheme_;
    const EventTrace& trace_;
    std::unordered_map<EventSeq, TraceFile::Point> ended_in_;  // slices that others may follow from
    std::unordered_map<std::uint64_t, sim::Time> seen_;        // when an actor last ran
    using CallId = std::tuple<std::string, std::string, std::uint64_t>;
    std::map<CallId, EventSeq> calls_;  // in flight, and the event in which they began
};

}  // namespace reports
