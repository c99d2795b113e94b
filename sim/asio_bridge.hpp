// The edge to the outside: runs an engine against the wall clock by Boost.Asio.
//
// The same actors run as on virtual time alone; the pump only waits until an event's time has come.
// This file and its .cpp are the one place in the kernel where the wall clock is read. Left out:
// sockets, and any influence of the wall clock on what an event does.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/engine.hpp"
#include "sim/time.hpp"

namespace sim {

struct RealTimeOptions {
    std::int64_t speed_permille =
        1000;  // virtual time per wall time: 1000 is real time, 60000 a minute a second
    bool stop_on_interrupt = true;  // SIGINT ends run_for
};

class RealTimePump {
  public:
    explicit RealTimePump(Engine& engine, RealTimeOptions options = RealTimeOptions());
    ~RealTimePump();
    RealTimePump(const RealTimePump&) = delete;
    RealTimePump& operator=(const RealTimePump&) = delete;

    // Runs the engine for that much virtual time. False if it was stopped before, now() standing
    // where it was stopped.
    bool run_for(Duration duration);
    // From an event, or from another thread.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sim
