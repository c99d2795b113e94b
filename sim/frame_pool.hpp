// Memory for coroutine frames and other small short-lived blocks: size classes of 64 bytes, one
// pool a thread.
//
// A free list a class makes an allocation a handful of instructions and keeps frames of one kind
// side by side. Slabs grow to 2 MiB on huge pages; a thread that ends leaves its pool to the next,
// so a block stays valid whoever releases it. Under the address sanitizer every block comes from
// malloc, or use after free would stay unseen. Left out: giving memory back.
#pragma once

#include <cstddef>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define STOWAGE_PLAIN_FRAMES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STOWAGE_PLAIN_FRAMES 1
#endif
#endif

namespace sim {

// A block of `bytes` (a multiple of 4 KiB), on huge pages where the system has them. Never null;
// throws std::bad_alloc.
void* allocate_pages(std::size_t bytes);
void free_pages(void* pages, std::size_t bytes);

class FramePool {
  public:
    static constexpr std::size_t kStep = 64;
    static constexpr std::size_t kClasses =
        32;  // up to 2 KiB; larger blocks come from operator new

    FramePool() = default;
    ~FramePool();
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;

    void* allocate(std::size_t bytes) {
        const std::size_t index = (bytes - 1) / kStep;
        if (index >= kClasses) return ::operator new(bytes);
        Block* block = free_[index];
        if (block == nullptr) return carve(index);
        free_[index] = block->next;
        return block;
    }

    void release(void* memory, std::size_t bytes) noexcept {
        const std::size_t index = (bytes - 1) / kStep;
        if (index >= kClasses) return ::operator delete(memory);
        Block* block = static_cast<Block*>(memory);
        block->next = free_[index];
        free_[index] = block;
    }

  private:
    struct Block {
        Block* next;
    };
    struct Slab {
        void* pages;
        std::size_t bytes;
    };

    void* carve(std::size_t index);

    Block* free_[kClasses] = {};
    char* cursor_ = nullptr;
    char* end_ = nullptr;
    std::vector<Slab> slabs_;
};

#if !defined(STOWAGE_PLAIN_FRAMES)
extern thread_local constinit FramePool* frame_pool_of_thread;
FramePool& make_frame_pool();
#endif

// `bytes` > 0; the block is aligned to 16 bytes at least.
inline void* allocate_frame(std::size_t bytes) {
#if defined(STOWAGE_PLAIN_FRAMES)
    return ::operator new(bytes);
#else
    FramePool* pool = frame_pool_of_thread;
    if (pool == nullptr) pool = &make_frame_pool();
    return pool->allocate(bytes);
#endif
}

inline void release_frame(void* memory, std::size_t bytes) noexcept {
#if defined(STOWAGE_PLAIN_FRAMES)
    (void)bytes;
    ::operator delete(memory);
#else
    FramePool* pool = frame_pool_of_thread;
    if (pool == nullptr) pool = &make_frame_pool();
    pool->release(memory, bytes);
#endif
}

}  // namespace sim
