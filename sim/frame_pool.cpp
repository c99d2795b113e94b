#include "sim/frame_pool.hpp"

#include <algorithm>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace sim {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;
constexpr std::size_t kFirstSlab = std::size_t{1} << 16;

#if !defined(STOWAGE_PLAIN_FRAMES)
// Pools without a thread, and never destroyed: statics release what they hold when no thread-local
// object is left.
struct IdlePools {
    std::mutex mutex;
    std::vector<FramePool*> pools;
};
IdlePools& idle_pools() {
    static IdlePools* const idle = new IdlePools;
    return *idle;
}

// A thread's pool, left to another thread at the end.
struct Lease {
    Lease() {
        const std::lock_guard lock(idle_pools().mutex);
        if (idle_pools().pools.empty()) idle_pools().pools.push_back(new FramePool);
        pool = idle_pools().pools.back();
        idle_pools().pools.pop_back();
    }
    ~Lease() {
        const std::lock_guard lock(idle_pools().mutex);
        idle_pools().pools.push_back(pool);
    }
    Lease(const Lease&) = delete;
    FramePool* pool;
};

// Apart from the pointer, so that the hot path reads a plain thread-local word without a guard.
thread_local Lease lease_of_thread;
#endif

}  // namespace

#if !defined(STOWAGE_PLAIN_FRAMES)
thread_local constinit FramePool* frame_pool_of_thread = nullptr;

FramePool& make_frame_pool() {
    frame_pool_of_thread = lease_of_thread.pool;
    return *frame_pool_of_thread;
}
#endif

void* allocate_pages(std::size_t bytes) {
    const std::size_t alignment = bytes >= kHugePage ? kHugePage : 4096;
    void* pages = ::operator new(bytes, std::align_val_t(alignment));
#if defined(__linux__)
    // Refusal is no fault: the pages stay small and everything is a little slower.
    if (bytes >= kHugePage) (void)::madvise(pages, bytes, MADV_HUGEPAGE);
#endif
    return pages;
}

void free_pages(void* pages, std::size_t bytes) {
    const std::size_t alignment = bytes >= kHugePage ? kHugePage : 4096;
    ::operator delete(pages, std::align_val_t(alignment));
}

FramePool::~FramePool() {
    for (const Slab& slab : slabs_) free_pages(slab.pages, slab.bytes);
}

void* FramePool::carve(std::size_t index) {
    const std::size_t bytes = (index + 1) * kStep;
    if (static_cast<std::size_t>(end_ - cursor_) < bytes) {
        // What is left of the old slab is given up: at most one block of 2 KiB.
        const std::size_t wanted = slabs_.empty() ? kFirstSlab : slabs_.back().bytes * 2;
        const std::size_t size = std::min(wanted, kHugePage);
        void* pages = allocate_pages(size);
        slabs_.push_back(Slab{pages, size});
        cursor_ = static_cast<char*>(pages);
        end_ = cursor_ + size;
    }
    void* block = cursor_;
    cursor_ += bytes;
    return block;
}

}  // namespace sim
