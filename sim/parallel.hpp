// parallel_for: independent runs on several threads, such as one engine per seed in a sweep.
//
// Each call of fn must touch only what belongs to its index. Left out: anything within one
// simulation, which is one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace sim {

namespace detail {
void parallel_for(std::size_t n, unsigned threads, void* context,
                  void (*call)(void* context, std::size_t index));
}  // namespace detail

// Calls fn(0) ... fn(n - 1), each once, on up to `threads` threads (at least one), in rising order
// of start. If some throw, the exception of the lowest index is thrown after all started calls have
// ended; no further ones are started then.
template <class F>
void parallel_for(std::size_t n, unsigned threads, F&& fn) {
    using Function = std::remove_reference_t<F>;
    void* context = const_cast<void*>(static_cast<const void*>(std::addressof(fn)));
    detail::parallel_for(n, threads, context,
                         [](void* f, std::size_t index) { (*static_cast<Function*>(f))(index); });
}

}  // namespace sim
