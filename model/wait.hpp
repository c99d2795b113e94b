// The kinds of wait: what an actor, a request or an event in flight is waiting for. The segments of
// every latency report are of these kinds. The kernel carries them as opaque numbers.
#pragma once

#include <array>
#include <string_view>

#include "sim/wait.hpp"

namespace model {

enum class Wait : unsigned char {
    None,
    Start,      // a process coming up
    WorkQueue,  // a key lies in a work queue while its worker is busy, or a worker has nothing to
                // do
    Throttle,   // the client's own QPS limit
    ApiWrite,   // request sent to commit
    ApiRead,    // request sent to the server's answer being made
    ApiReply,   // commit to the client having the answer
    Watch,      // commit to an informer's cache
    CsiCall,
    PollGrid,  // a loop that looks at fixed instants
    Backoff,
    Resync,
    Lock,
    User,       // the scenario's own clock
    Reconnect,  // a watch that lost its server
    Timer,      // deadlines and delays of a controller that are no backoff
    Count_,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Wait::Count_)> kWaitNames = {
    "none",      "start",     "work queue", "client throttle",
    "API write", "API read",  "API reply",  "watch delay",
    "CSI call",  "poll grid", "backoff",    "resync",
    "lock",      "user",      "reconnect",  "timer"};

constexpr sim::WaitKind kind_of(Wait w) { return static_cast<sim::WaitKind>(w); }
constexpr std::string_view name_of(Wait w) { return kWaitNames[static_cast<std::size_t>(w)]; }

}  // namespace model
