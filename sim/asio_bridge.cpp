#include "sim/asio_bridge.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <utility>

namespace sim {

namespace asio = boost::asio;
using WallClock = std::chrono::steady_clock;

struct RealTimePump::Impl {
    Impl(Engine& e, RealTimeOptions o) : engine(e), options(o), timer(io), signals(io) {
        if (options.speed_permille <= 0) engine.fail("the speed of a pump must be positive");
    }

    Duration to_wall(Duration duration) const {
        return scale(duration, 1000, options.speed_permille);
    }
    Duration to_virtual(Duration duration) const {
        return scale(duration, options.speed_permille, 1000);
    }

    static Duration scale(Duration duration, std::int64_t numerator, std::int64_t denominator) {
        const __int128 scaled = static_cast<__int128>(duration.count()) * numerator / denominator;
        return Duration(
            static_cast<std::int64_t>(std::min<__int128>(scaled, Duration::max().count())));
    }

    // The virtual time that the wall clock has reached in this run.
    Time reached() const { return later(virtual_start, to_virtual(WallClock::now() - wall_start)); }

    bool run_for(Duration duration);
    bool deliver(Time due);

    Engine& engine;
    RealTimeOptions options;
    asio::io_context io;
    asio::steady_timer timer;
    asio::signal_set signals;
    std::atomic<bool> stopped{false};
    Time virtual_start{};
    WallClock::time_point wall_start{};
    Time end{};
    std::deque<std::pair<Time, std::unique_ptr<detail::Arrival>>> arrivals;
};

// Hands the oldest result over at the time at which it came, if all events before that have run.
bool RealTimePump::Impl::deliver(Time due) {
    if (arrivals.empty() || arrivals.front().first >= due) return false;
    const auto [time, arrival] = std::move(arrivals.front());
    arrivals.pop_front();
    engine.run_until(std::max(time, engine.now()));
    arrival->deliver();
    return true;
}

bool RealTimePump::Impl::run_for(Duration duration) {
    stopped = false;
    io.restart();
    if (options.stop_on_interrupt) {
        signals.add(SIGINT);
        signals.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) stopped = true;
        });
    }
    virtual_start = engine.now();
    wall_start = WallClock::now();
    end = later(virtual_start, duration);
    while (!stopped) {
        // Signals and calls of stop() are seen between any two events, also when the engine lags
        // behind the wall clock.
        io.poll();
        if (stopped) break;
        const Time due = std::min(engine.next_time().value_or(end), end);
        if (deliver(due)) continue;
        if (due <= reached()) {
            engine.run_until(due);
            if (due == end) break;
            continue;
        }
        timer.expires_at(wall_start + to_wall(due - virtual_start) + Duration(1));
        timer.async_wait([](const boost::system::error_code&) {});
        io.restart();
        io.run_one();
    }
    timer.cancel();
    boost::system::error_code ignored;
    signals.cancel(ignored);
    signals.clear(ignored);
    io.restart();
    io.poll();
    return !stopped;
}

RealTimePump::RealTimePump(Engine& engine, RealTimeOptions options)
    : impl_(std::make_unique<Impl>(engine, options)) {}

RealTimePump::~RealTimePump() = default;

bool RealTimePump::run_for(Duration duration) { return impl_->run_for(duration); }

void RealTimePump::stop() {
    impl_->stopped = true;
    boost::asio::post(impl_->io, [] {});
}

boost::asio::io_context& RealTimePump::context() { return impl_->io; }

Engine& RealTimePump::engine() { return impl_->engine; }

void RealTimePump::arrive(std::unique_ptr<detail::Arrival> arrival) {
    impl_->arrivals.emplace_back(std::min(impl_->reached(), impl_->end), std::move(arrival));
}

}  // namespace sim
