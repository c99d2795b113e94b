// Uplink: a program's way to the API server, which a network can cut. Nobody is told of a cut: what
// is sent is repeated by TCP, until the client takes the connection for dead and dials anew, which
// fails as long as the cut lasts. Counterparts: client-go's HTTP/2 health check, the dialer's 30 s,
// the kubelet's closing of its connections when heartbeats fail. What a repetition carries over
// counts as sent once. Left out: a connection's one retransmission timer (each message has its
// own), cuts of one direction only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/api/status.hpp"
#include "model/control/life.hpp"
#include "sim/engine.hpp"

namespace model::control {

class Uplink {
  public:
    // Why something did not get through; nothing where it did.
    using Lost = std::optional<api::Status>;
    // Reading is idle for 30 s, then a ping has no answer for 15 s.
    static constexpr sim::Duration kLongestSilence = std::chrono::seconds(45);

    explicit Uplink(sim::Engine& engine) : engine_(engine) {}
    Uplink(const Uplink&) = delete;
    Uplink& operator=(const Uplink&) = delete;

    bool up() const { return up_; }
    // `silence`: so long the client believes in its connection. Not while it is cut.
    void cut(sim::Duration silence);
    void heal();

    // For what cannot pass now: `then(const Lost&)` runs when it has passed, or was given up: by
    // the connection's end, after 30 s of dialling, or at `deadline`.
    template <class F>
    void wait(sim::Time deadline, F then) {
        hold(deadline, std::make_unique<Callable<F>>(std::move(then)));
    }
    // The connection is taken for dead: `lost` lists and watches again.
    void listen(Life life, std::function<void()> lost);
    // The program died: nobody waits any more.
    void drop();

  private:
    struct Then {
        virtual ~Then() = default;
        virtual void run(const Lost& lost) = 0;
    };
    template <class F>
    struct Callable final : Then {
        explicit Callable(F f) : call(std::move(f)) {}
        void run(const Lost& lost) override { call(lost); }
        F call;
    };
    struct Waiting {
        sim::Time began, deadline, gives_up;
        bool dials = false;
        std::unique_ptr<Then> then;
        sim::EventId timer;
        Waiting() = default;
    };

    void hold(sim::Time deadline, std::unique_ptr<Then> then);
    void give_up(std::uint64_t id);
    void arrive(std::uint64_t id);
    void lose_connection();

    sim::Engine& engine_;
    bool up_ = true;
    sim::Time lost_at_ = sim::kNever;
    std::map<std::uint64_t, Waiting> waiting_;  // in the order of sending
    std::uint64_t last_id_ = 0, cuts_ = 0;
    std::vector<std::pair<Life, std::function<void()>>> listeners_;
};

}  // namespace model::control
