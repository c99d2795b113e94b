// The always-on check for faults in our own code (never for outcomes of the simulated world, never
// for bad input).
//
// The message carries what is needed to see the fault again: seed, virtual time, running actor.
// Engine::fail composes it.
#pragma once

#include <stdexcept>

namespace sim {

class CheckFailed : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

// An exception left the root task of an actor; what() names the actor and repeats the cause, which
// is nested inside.
class ActorFailed : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// A bound on events per instant, per run or pending was exceeded; what() names the busiest actors.
class BoundExceeded : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace sim
