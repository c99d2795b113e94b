// What an actor waits for, as an opaque number: it stands in every event and every report. The
// kernel knows only None; the layer above defines its own values and hands their names to
// Engine::set_wait_names. Left out: any meaning of the values.
#pragma once

#include <cstdint>

namespace sim {

enum class WaitKind : std::uint8_t { None = 0 };

}  // namespace sim
