// ClaimPaths: why each claim took as long as it did, as typed segments from the commit that created
// it to the commit that made its phase Bound.
//
// The path is walked backwards from the Bound commit: each event leads to the one that it waited
// for (EventTrace::back). The last segment is cut where the claim was created and keeps its kind: a
// claim created in the middle of a resync period waited for half a period of resync. The segments
// of a claim therefore sum exactly to its total, to the nanosecond. Left out: paths of pods and
// attachments, which begin and end elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/event_trace.hpp"

namespace reports {

struct Segment {
    model::Wait wait{};
    sim::Time from, to;
    std::string actor;      // who waited; empty for messages under way
    bool cut = false;       // the wait began before `from`
    std::string_view call;  // the method, of a CSI call; "": none, or not known
    sim::Duration length() const { return to - from; }
};

struct ClaimPath {
    std::string claim;  // default/data; the second claim of that name is default/data#2
    std::string uid;
    sim::Time created;
    bool existed_before = false;     // was there at time 0, from which its time is counted
    std::optional<sim::Time> bound;  // nothing: it never was
    std::optional<sim::Time> deleted;
    std::vector<Segment> segments;  // in the order of time; empty for claims not bound

    sim::Duration total() const { return bound ? *bound - created : sim::Duration(); }
};

// The segments between an instant and an event: they sum to the time between both.
std::vector<Segment> path_since(sim::Time from, EventSeq to, const EventTrace& trace);

class ClaimPaths : public model::Listener {
  public:
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // Claims in the order of their creation.
    std::vector<ClaimPath> paths(const EventTrace& trace) const;

  private:
    struct Life {
        std::string name, uid;
        sim::Time created;
        bool existed_before = false;
        std::optional<model::Stamp> bound;
        std::optional<sim::Time> deleted;
    };
    Life& life_of(const model::api::Object& claim);

    std::vector<Life> lives_;
    std::unordered_map<std::string, std::size_t> by_uid_;
    std::unordered_map<std::string, int> times_used_;
};

}  // namespace reports
