// What is known of an event when it runs, and who may watch: the ids of actors and groups,
// EventRecord, Observer.
//
// Every event names its cause (the event that was running when it was scheduled) and when it was
// scheduled, so that the chain behind a late outcome can be followed back. Left out: what the event
// did; the layer above reports that itself.
#pragma once

#include <cstdint>

#include "sim/time.hpp"
#include "sim/wait.hpp"

namespace sim {

// Never reused within an engine: (serial number << 24) | slot. 0 is no actor.
struct ActorId {
    std::uint64_t value = 0;

    constexpr ActorId() = default;
    constexpr explicit ActorId(std::uint64_t v) : value(v) {}
    constexpr explicit operator bool() const { return value != 0; }
    constexpr auto operator<=>(const ActorId&) const = default;
    constexpr std::uint64_t serial() const { return value >> 24; }
    constexpr std::uint32_t slot() const { return static_cast<std::uint32_t>(value & 0xffffff); }
};

// Actors that die together, such as those of one process. 0 is no group.
struct GroupId {
    std::uint32_t value = 0;

    constexpr GroupId() = default;
    constexpr explicit GroupId(std::uint32_t v) : value(v) {}
    constexpr explicit operator bool() const { return value != 0; }
    constexpr auto operator<=>(const GroupId&) const = default;
};

struct EventRecord {
    std::uint64_t seq = 0;  // from 1 in the order of scheduling; 0: no event is running
    Time time{};
    std::uint64_t cause = 0;  // seq of the event that scheduled it; 0: scheduled from outside
    Time scheduled_at{};
    ActorId actor;  // whom it resumes; none for callables
    WaitKind kind = WaitKind::None;
};

struct Observer {
    virtual ~Observer() = default;
    // Before the event runs.
    virtual void on_event(const EventRecord& event) = 0;
};

}  // namespace sim
