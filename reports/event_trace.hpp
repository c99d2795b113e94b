// EventTrace: when each event of the engine ran, and what it had waited for since which other
// event.
//
// From any event it leads back, step by step, to the beginning: over the event that scheduled it,
// or, where a worker took work from a queue, over the event that put the work there
// (Journal::link). The times of the steps of such a walk add up by construction, which is what
// latency reports stand on. It costs 24 bytes an event. As a listener it learns in which events CSI
// calls began, and so which call a step waited for. Left out: what else happened in an event; the
// journal tells that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/journal.hpp"
#include "sim/engine.hpp"

namespace reports {

using EventSeq = std::uint64_t;  // 0: outside of any event, before the run

class EventTrace : public sim::Observer, public model::Listener {
  public:
    // Neither is asked after the run but for the journal's links.
    EventTrace(const sim::Engine& engine, const model::Journal& journal)
        : engine_(&engine), journal_(&journal) {}

    void on_event(const sim::EventRecord& event) override;
    // Who shall be told of events as well, after this; it must outlive the run.
    void pass_on_to(sim::Observer* next) { next_ = next; }
    void on(const model::Stamp& stamp, const model::Happening& happening) override;

    // One step back: what the event waited for, since when.
    struct Step {
        EventSeq parent = 0;
        model::Wait wait{};
        bool through_queue = false;
        std::string_view call;  // the method, where it waited for a CSI call; "": not known
    };
    // Nothing where the event was scheduled from outside of the run.
    std::optional<Step> back(EventSeq event) const;
    // The event that scheduled it, whether or not it also took work from a queue.
    std::optional<Step> scheduler_of(EventSeq event) const;

    sim::Time time(EventSeq event) const;  // of event 0: the beginning
    // Whom the event resumed, and of which program it is a part: "worker of csi-attacher/volumes",
    // "external-attacher/disk.example.com"; empty for no actor.
    std::string_view actor(EventSeq event) const;
    std::string_view program(EventSeq event) const;
    // Position in the order of running, from 1; 0 for events that never ran.
    std::size_t events() const { return ran_; }

  private:
    struct Entry {
        std::int64_t time = -1;  // -1: did not run
        EventSeq cause = 0;
        std::uint32_t name = 0;
        model::Wait wait{};
    };
    struct Named {
        sim::ActorId id;
        std::uint32_t name = 0;
    };
    const Entry* find(EventSeq event) const;
    std::uint32_t name_of(sim::ActorId actor);
    void take_in_links() const;
    std::string_view call_of(model::Wait wait, EventSeq parent) const;

    const sim::Engine* engine_;
    sim::Observer* next_ = nullptr;
    const model::Journal* journal_;
    std::vector<Entry> entries_;  // by sequence number
    std::vector<Named> named_;    // by slot of the actor
    struct Name {
        std::string program, actor;
    };
    std::vector<Name> names_{1};
    std::unordered_map<std::string, std::uint32_t> name_numbers_;  // by both, a line each
    std::size_t ran_ = 0;
    std::unordered_map<EventSeq, std::string_view> calls_;  // methods, by the event they began in
    mutable std::size_t links_taken_ = 0;
    mutable std::unordered_map<EventSeq, model::Link> links_;
};

}  // namespace reports
