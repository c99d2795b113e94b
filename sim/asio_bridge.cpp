#include "sim/asio_bridge.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>

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

    bool run_for(Duration duration);

    Engine& engine;
    RealTimeOptions options;
    asio::io_context io;
    asio::steady_timer timer;
    asio::signal_set signals;
    std::atomic<bool> stopped{false};
};

bool RealTimePump::Impl::run_for(Duration duration) {
    stopped = false;
    io.restart();
    if (options.stop_on_interrupt) {
        signals.add(SIGINT);
        signals.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) stopped = true;
        });
    }
    const Time virtual_start = engine.now();
    const WallClock::time_point wall_start = WallClock::now();
    const Time end = later(virtual_start, duration);
    while (!stopped) {
        // Signals and calls of stop() are seen between any two events, also when the engine lags
        // behind the wall clock.
        io.poll();
        if (stopped) break;
        const Time due = std::min(engine.next_time().value_or(end), end);
        const Time reached = later(virtual_start, to_virtual(WallClock::now() - wall_start));
        if (due <= reached) {
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

}  // namespace sim
