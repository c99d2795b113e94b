// Passages: the way of one object from one instant to another as typed segments; and ClaimPaths:
// why each claim took as long as it did from the commit that created it to the one that made it
// Bound.
//
// The path is walked backwards from the Bound commit: each event leads to the one that it waited
// for (EventTrace::back). The last segment is cut where the claim was created and keeps its kind: a
// claim created in the middle of a resync period waited for half a period of resync. The segments
// of a passage therefore sum exactly to its total, to the nanosecond. Passages of volumes are in
// volume_lives.hpp, those of pods in pod_lives.hpp.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/event_trace.hpp"

namespace reports {

// The stages of a pod's start, in their order; pod_lives.hpp says when each begins and ends.
enum class PodStage : unsigned char {
    None,  // of a passage that has no stages
    Bind,
    Provision,
    Schedule,
    DetachWait,
    Attach,
    Stage,
    Publish,
    Start,
    Count_
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(PodStage::Count_)>
    kPodStageNames = {"",       "bind",  "provision", "schedule", "detach wait",
                      "attach", "stage", "publish",   "start"};
constexpr std::string_view name_of(PodStage s) {
    return kPodStageNames[static_cast<std::size_t>(s)];
}

struct Segment {
    model::Wait wait{};
    sim::Time from, to;
    std::string actor;      // who waited; empty for messages under way
    bool cut = false;       // the wait began before `from`
    std::string_view call;  // the method, of a CSI call; "": none, or not known
    PodStage stage{};       // of a pod's start
    sim::Duration length() const { return to - from; }
};

struct Passage {
    std::string object;  // default/data, the second of that name default/data#2; a volume's name
    sim::Time began;
    std::optional<sim::Time> ended;  // nothing: it never did
    std::vector<Segment> segments;   // in the order of time; empty where it did not end
    // By what passages of this kind are told apart: node, driver, class.
    std::map<std::string_view, std::string> labels;
    sim::Duration total() const { return ended ? *ended - began : sim::Duration(); }
};

// From creation to Bound.
struct ClaimPath : Passage {
    std::string uid;
    bool existed_before = false;  // was there at time 0, from which its time is counted
    std::optional<sim::Time> deleted;
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
