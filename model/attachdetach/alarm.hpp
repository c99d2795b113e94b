// Alarm: an actor sleeps until an instant that others move while it sleeps. It makes loops that
// look at fixed instants cheap: the actor is woken at the instant at which a look is worth while,
// and an idle one costs no events. No upstream counterpart.
#pragma once

#include <optional>

#include "model/wait.hpp"
#include "sim/engine.hpp"
#include "sim/notify.hpp"

namespace model::attachdetach {

class Alarm {
  public:
    explicit Alarm(sim::Engine& engine) : engine_(engine), signal_(engine) {}
    ~Alarm() { stop(); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // kNever: it does not ring.
    void set(sim::Time at) {
        if (timer_ && at == at_) return;
        stop();
        at_ = at;
        if (at == sim::kNever) return;
        timer_ = engine_.call_at(at < engine_.now() ? engine_.now() : at, kind_of(Wait::PollGrid),
                                 [this] {
                                     timer_.reset();
                                     signal_.notify_all();
                                 });
    }
    sim::Time at() const { return timer_ ? at_ : sim::kNever; }
    // `co_await alarm.ring();` Waits for the next ring.
    sim::Signal::Wait ring(Wait kind, std::string_view note) {
        return signal_.wait(kind_of(kind), note);
    }

  private:
    void stop() {
        if (timer_) engine_.cancel(*timer_);
        timer_.reset();
    }

    sim::Engine& engine_;
    sim::Signal signal_;
    sim::Time at_ = sim::kNever;
    std::optional<sim::EventId> timer_;
};

}  // namespace model::attachdetach
