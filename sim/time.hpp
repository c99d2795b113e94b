// Virtual time: integer nanoseconds since the start of the simulation.
//
// The clock type has no now() on purpose: only an Engine knows the time, and nobody can read the
// wall clock by mistake. Texts follow Go's time.Duration, because that is what configuration files
// and logs of the simulated world use. Left out: calendars and time zones; the layer above maps
// Time to dates if it must print any.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

using Duration = std::chrono::nanoseconds;

struct VirtualClock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = Duration;
    using time_point = std::chrono::time_point<VirtualClock, Duration>;
    static constexpr bool is_steady = true;
};

using Time = VirtualClock::time_point;

// An event at kNever is accepted and never run.
inline constexpr Time kNever = Time::max();

// `from + delay`, not below `from` and not beyond kNever.
constexpr Time later(Time from, Duration delay) {
    if (delay <= Duration::zero()) return from;
    if (delay >= kNever - from) return kNever;
    return from + delay;
}

// "1.063s", "2m3s", "15ms", "0s": as Go prints a time.Duration.
std::string to_text(Duration duration);

// Seconds since the start, cut (not rounded) to `decimals` (0 to 9) places: "12.345".
std::string seconds_text(Time time, int decimals = 3);

// Go's syntax: an optional sign, then numbers with a unit each (h, m, s, ms, us, µs, ns), or "0".
// Nothing if the text is malformed or the value does not fit.
std::optional<Duration> parse_duration(std::string_view text);

}  // namespace sim
