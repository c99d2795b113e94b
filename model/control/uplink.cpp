#include "model/control/uplink.hpp"

#include <algorithm>

#include "model/wait.hpp"

namespace model::control {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kDialTimeout = 30s;
// The first repetition of data and of a SYN; each further one after twice the time.
constexpr sim::Duration kFirstRepeat = 200ms, kFirstSyn = 1s;

// The first repetition at or after `now` of what was sent at `began`.
sim::Time next_repeat(sim::Time began, sim::Duration first, sim::Time now) {
    sim::Time at = began + first;
    for (sim::Duration pause = first * 2; at < now; pause *= 2) at += pause;
    return at;
}

api::Status lost(std::string_view how) {
    return api::Status(0, api::Reason::ConnectionLost, api::Text(how));
}

}  // namespace

void Uplink::cut(sim::Duration silence) {
    up_ = false;
    lost_at_ = engine_.now() + silence;
    engine_.call_at(lost_at_, kind_of(Wait::Reconnect), [this, cut = ++cuts_] {
        if (!up_ && cut == cuts_) lose_connection();
    });
}

void Uplink::heal() {
    up_ = true;
    for (auto& [id, w] : waiting_) {
        const sim::Time at =
            next_repeat(w.began, w.dials ? kFirstSyn : kFirstRepeat, engine_.now());
        if (at >= w.gives_up) continue;
        engine_.cancel(w.timer);
        w.timer = engine_.call_at(at, kind_of(Wait::Reconnect), [this, id = id] { arrive(id); });
    }
}

void Uplink::hold(sim::Time deadline, std::unique_ptr<Then> then) {
    Waiting w;
    w.began = engine_.now();
    w.deadline = deadline;
    w.dials = engine_.now() >= lost_at_;
    w.gives_up = std::min(deadline, w.dials ? w.began + kDialTimeout : lost_at_);
    w.then = std::move(then);
    const std::uint64_t id = ++last_id_;
    w.timer = engine_.call_at(w.gives_up, kind_of(Wait::Reconnect), [this, id] { give_up(id); });
    waiting_.emplace(id, std::move(w));
}

void Uplink::give_up(std::uint64_t id) {
    auto found = waiting_.extract(id);
    const Waiting& w = found.mapped();
    if (w.gives_up == w.deadline)
        return w.then->run(
            lost("context deadline exceeded (Client.Timeout exceeded while "
                 "awaiting headers)"));
    w.then->run(lost(w.dials ? "dial tcp: i/o timeout" : "http2: client connection lost"));
}

void Uplink::arrive(std::uint64_t id) {
    auto found = waiting_.extract(id);
    Waiting& w = found.mapped();
    if (!up_) return hold(w.deadline, std::move(w.then));  // cut again meanwhile
    w.then->run(std::nullopt);
}

void Uplink::listen(Life life, std::function<void()> lost) {
    std::erase_if(listeners_, [](const auto& l) { return !l.first; });
    listeners_.emplace_back(std::move(life), std::move(lost));
}

void Uplink::lose_connection() {
    const auto listeners = listeners_;
    for (const auto& [life, lost] : listeners)
        if (life) lost();
}

void Uplink::drop() {
    for (auto& [id, w] : waiting_) engine_.cancel(w.timer);
    waiting_.clear();
    listeners_.clear();
}

}  // namespace model::control
