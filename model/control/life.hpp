// Life: tells callables that may outlive what they act on whether it is still there. The owner
// holds one and ends it; each callable holds a copy. Counted without atomics: a simulation stays on
// one thread. Left out: any access to the owner.
#pragma once

#include <cstdint>
#include <utility>

#include "sim/frame_pool.hpp"

namespace model::control {

class Life {
  public:
    Life() : state_(::new (sim::allocate_frame(sizeof(State))) State()) {}
    Life(const Life& other) : state_(other.state_) { ++state_->holders; }
    Life& operator=(Life other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~Life() {
        if (--state_->holders == 0) sim::release_frame(state_, sizeof(State));
    }

    void end() { state_->alive = false; }
    explicit operator bool() const { return state_->alive; }

  private:
    struct State {
        std::uint32_t holders = 1;
        bool alive = true;
    };
    State* state_;
};

}  // namespace model::control
