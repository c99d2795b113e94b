// Timeline: what happened, for reading: a line for each API write, API Event, refusal, step's note,
// start and crash, with its virtual time and who did it.
//
//      2.031s  persistent-volume-binder    update PersistentVolume pv-a: claimRef -> default/data
//
// Where a write came only after a wait of 100 ms or more since what caused it, the line says what
// it waited for. An Event that is merely counted up is told at 2, 5, 10, 20, 50, ... times. Verbose
// adds reads, syncs, writes that changed nothing, and resource versions. Left out: leases, and
// whatever takes place without the API.
#pragma once

#include <ostream>
#include <unordered_set>

#include "model/api/scheme.hpp"
#include "reports/event_trace.hpp"
#include "reports/ink.hpp"

namespace reports {

class Timeline : public model::Listener {
  public:
    struct Options {
        bool verbose = false;
        Ink ink;
        Options() = default;
    };
    // `trace` may be null: then waits are not told.
    Timeline(std::ostream& out, const model::api::Scheme& scheme, const EventTrace* trace,
             Options options);
    void on(const model::Stamp& stamp, const model::Happening& happening) override;

  private:
    void tell(const model::Stamp& stamp, const model::Committed& commit);
    void tell(const model::Stamp& stamp, const model::Requested& request);
    void tell(const model::Stamp& stamp, const model::Synced& sync);
    void tell(const model::Stamp& stamp, const model::Matched& matched);
    void tell(const model::Stamp& stamp, const model::Lifecycle& lifecycle);
    void tell(const model::Stamp& stamp, const model::CsiCall& call);
    void tell(const model::Stamp& stamp, const model::Noted& note);
    void tell(const model::Stamp& stamp, const model::Violated& violation);

    void tell_event(const model::Stamp& stamp, const model::Committed& commit);
    std::string words_of(const model::Committed& commit) const;
    std::string waits_before(const model::Stamp& stamp) const;
    void line(const model::Stamp& stamp, std::string_view who, std::string_view text);

    std::ostream& out_;
    const model::api::Scheme& scheme_;
    const EventTrace* trace_;
    Options options_;
    EventSeq last_commit_ = 0;
    std::string last_refusal_;
    std::unordered_set<EventSeq> told_;  // events that a later wait need not reach behind
};

}  // namespace reports
