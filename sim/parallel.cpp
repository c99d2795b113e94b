#include "sim/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <mutex>

namespace sim::detail {

void parallel_for(std::size_t n, unsigned threads, void* context,
                  void (*call)(void* context, std::size_t index)) {
    if (n == 0) return;
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::size_t first_failed = n;
    std::exception_ptr failure;

    const auto work = [&] {
        while (!failed.load(std::memory_order_relaxed)) {
            const std::size_t index = next.fetch_add(1, std::memory_order_relaxed);
            if (index >= n) return;
            try {
                call(context, index);
            } catch (...) {
                const std::lock_guard lock(mutex);
                failed = true;
                if (index >= first_failed) continue;
                first_failed = index;
                failure = std::current_exception();
            }
        }
    };

    const std::size_t workers = std::clamp<std::size_t>(threads, 1, n);
    if (workers == 1) {
        work();
    } else {
        boost::asio::thread_pool pool(workers);
        for (std::size_t i = 0; i < workers; ++i) boost::asio::post(pool, work);
        pool.join();
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace sim::detail
