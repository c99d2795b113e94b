// A pending event: one cache line with what it is and what it runs, and the table of all of them.
//
// An event either resumes a coroutine or runs a callable. Callables of up to 24 bytes lie in the
// line itself, larger ones in a block of the frame pool. Slots never move, so a callable may
// schedule others while it runs. Left out: the event's time, which stands in the queue's entry
// only.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/frame_pool.hpp"
#include "sim/wait.hpp"

namespace sim {

// Names a pending event; valid for cancel until the event runs. The value is (sequence number <<
// 24) | slot.
struct EventId {
    std::uint64_t value = 0;

    constexpr EventId() = default;
    constexpr explicit EventId(std::uint64_t v) : value(v) {}
    constexpr explicit operator bool() const { return value != 0; }
    constexpr bool operator==(const EventId&) const = default;
    constexpr std::uint64_t seq() const { return value >> 24; }
    constexpr std::uint32_t slot() const { return static_cast<std::uint32_t>(value & 0xffffff); }
};

struct alignas(64) EventSlot {
    static constexpr std::size_t kInlineBytes = 24;

    enum class Action : std::uint8_t { Run, Destroy };
    using Callback = void (*)(EventSlot&, Action);

    EventId id;                    // 0: free, or running
    std::uint64_t cause_and_kind;  // (seq of the cause << 8) | WaitKind
    std::int64_t scheduled_at;
    std::uint64_t actor;
    Callback callback;  // null: resume the coroutine
    union {
        struct {
            void* frame;
            void* outer;  // the frame awaiting it, if known: to prefetch it as well
        };
        std::uint32_t next_free;
        alignas(8) unsigned char storage[kInlineBytes];
    };

    WaitKind kind() const { return static_cast<WaitKind>(cause_and_kind & 0xff); }
    std::uint64_t cause() const { return cause_and_kind >> 8; }

    template <class F>
    void set_callable(F&& callable);
};

static_assert(sizeof(EventSlot) == 64);

namespace detail {

template <class F>
void small_callback(EventSlot& slot, EventSlot::Action action) {
    F& callable = *std::launder(reinterpret_cast<F*>(slot.storage));
    struct Guard {
        F& callable;
        ~Guard() { callable.~F(); }
    } guard{callable};
    if (action == EventSlot::Action::Run) callable();
}

template <class F>
void large_callback(EventSlot& slot, EventSlot::Action action) {
    F* callable = static_cast<F*>(slot.frame);
    struct Guard {
        F* callable;
        ~Guard() {
            callable->~F();
            if constexpr (alignof(F) <= 16) {
                release_frame(callable, sizeof(F));
            } else {
                ::operator delete(callable, std::align_val_t(alignof(F)));
            }
        }
    } guard{callable};
    if (action == EventSlot::Action::Run) (*callable)();
}

}  // namespace detail

template <class F>
void EventSlot::set_callable(F&& callable) {
    using Callable = std::decay_t<F>;
    static_assert(std::is_invocable_v<Callable&>, "an event is called without arguments");
    if constexpr (sizeof(Callable) <= kInlineBytes && alignof(Callable) <= 8) {
        ::new (static_cast<void*>(storage)) Callable(std::forward<F>(callable));
        callback = &detail::small_callback<Callable>;
    } else {
        void* memory = alignof(Callable) <= 16
                           ? allocate_frame(sizeof(Callable))
                           : ::operator new(sizeof(Callable), std::align_val_t(alignof(Callable)));
        frame = ::new (memory) Callable(std::forward<F>(callable));
        callback = &detail::large_callback<Callable>;
    }
}

class SlotTable {
  public:
    static constexpr std::uint32_t kMaxSlots = (1u << 24) - 1;
    static constexpr std::uint32_t kNone = 0xffffffff;

    SlotTable() = default;
    ~SlotTable();
    SlotTable(const SlotTable&) = delete;
    SlotTable& operator=(const SlotTable&) = delete;

    EventSlot& operator[](std::uint32_t index) const {
        return chunks_[index >> kChunkBits][index & (kChunkSlots - 1)];
    }

    // Slots ever used; those beyond were never written.
    std::uint32_t size() const { return size_; }

    // The caller has made sure that fewer than kMaxSlots are in use.
    std::uint32_t acquire() {
        const std::uint32_t index = free_;
        if (index == kNone) return grow();
        free_ = (*this)[index].next_free;
        return index;
    }

    // The slot's callable is gone already.
    void release(std::uint32_t index) {
        EventSlot& slot = (*this)[index];
        slot.id = EventId();
        slot.next_free = free_;
        free_ = index;
    }

  private:
    static constexpr std::uint32_t kChunkBits = 10;
    static constexpr std::uint32_t kChunkSlots = 1u << kChunkBits;
    static constexpr std::size_t kChunkBytes = kChunkSlots * sizeof(EventSlot);
    static constexpr std::uint32_t kChunksInSlab = 32;  // 2 MiB: one huge page

    struct Slab {
        void* pages;
        std::size_t bytes;
    };

    std::uint32_t grow();
    void add_chunks();

    std::vector<EventSlot*> chunks_;
    std::vector<Slab> slabs_;
    std::uint32_t size_ = 0;
    std::uint32_t free_ = kNone;
};

}  // namespace sim
