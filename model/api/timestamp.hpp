// Instants as the API writes them: wall-clock seconds (metav1.Time) and microseconds
// (metav1.MicroTime), UTC, RFC 3339. The wall clock of the cluster is the scenario's startTime plus
// virtual time; nothing here reads a real clock.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace model::api {

// Seconds since 1970. Unset fields are std::optional<Timestamp>.
struct Timestamp {
    std::int64_t unix_seconds = 0;
    auto operator<=>(const Timestamp&) const = default;
    std::string to_string() const;  // 2026-01-01T00:00:00Z
    static std::optional<Timestamp> parse(std::string_view rfc3339);
};

struct MicroTimestamp {
    std::int64_t unix_micros = 0;
    auto operator<=>(const MicroTimestamp&) const = default;
    std::string to_string() const;  // 2026-01-01T00:00:00.000000Z
    static std::optional<MicroTimestamp> parse(std::string_view rfc3339);
};

// Why a text is no instant, in the words of Go's time.Parse; "" where it is one.
std::string rfc3339_error(std::string_view text);

}  // namespace model::api
