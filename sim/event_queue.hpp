// The pending events in the order (time, sequence): a monotone radix heap with digits of four bits.
//
// An entry of 16 bytes lies in the bucket of the highest hexadecimal digit in which its time
// differs from the current minimum; it moves to lower buckets as the minimum advances, by streaming
// copies that prefetch what will run soon. Timers far away cost nothing meanwhile. Entries of equal
// time share a bucket at all times, so they leave in the order in which they came. Cancelling frees
// the slot and leaves a stale entry behind, which is dropped when its bucket is redistributed or in
// a sweep. Left out: times before the current minimum (the engine checks), and the meaning of the
// slots.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/event_slot.hpp"

namespace sim {

class EventQueue {
  public:
    struct Entry {
        std::uint64_t time;
        std::uint64_t id;
    };
    static_assert(sizeof(Entry) == 16);

    EventQueue() = default;
    ~EventQueue();
    EventQueue(const EventQueue&) = delete;
    EventQueue& operator=(const EventQueue&) = delete;

    // A new pending event; the caller fills the slot. `time` is not before that of the last event
    // taken by next().
    EventSlot& push(std::uint64_t time) {
        const std::uint32_t index = slots_.acquire();
        EventSlot& slot = slots_[index];
        slot.id = EventId((++seq_ << 24) | index);
        ++live_;
        place(Entry{time, slot.id.value});
        return slot;
    }

    // Makes the events of the earliest instant ready, unless it is after `limit`. False: nothing to
    // run.
    bool advance(std::uint64_t limit) {
        while (true) {
            while (ready_head_ != ready_.size) {
                if (last_ > limit) return false;
                const Entry& entry = ready_.data[ready_head_];
                if (slots_[EventId(entry.id).slot()].id.value == entry.id) return true;
                --stale_;
                ++ready_head_;
            }
            if (!refill(limit)) return false;
        }
    }

    // After advance(): the time of the ready events.
    std::uint64_t ready_time() const { return last_; }

    // After advance(): takes the first ready event off the queue. Its slot is the caller's until he
    // releases it.
    EventSlot& take() {
        const Entry entry = ready_.data[ready_head_++];
        if (ready_.size - ready_head_ >= kLookahead) prefetch_ready();
        --live_;
        return slots_[EventId(entry.id).slot()];
    }

    // After advance(): drops stale entries among the ready ones and says how many remain.
    std::size_t count_ready();
    EventSlot& ready(std::size_t index) const {
        return slots_[EventId(ready_.data[ready_head_ + index].id).slot()];
    }
    // Puts the ready event at `index` first; the first takes its place.
    void bring_forward(std::size_t index) {
        std::swap(ready_.data[ready_head_], ready_.data[ready_head_ + index]);
    }

    bool is_pending(EventId id) const {
        return id && id.slot() < slots_.size() && slots_[id.slot()].id == id;
    }
    // Of a pending event, which will not run. Its slot is the caller's until he releases it.
    EventSlot& cancel(EventId id) {
        EventSlot& slot = slots_[id.slot()];
        slot.id = EventId();
        --live_;
        ++stale_;
        if (stale_ > live_ + kSweepSlack) [[unlikely]]
            sweep();
        return slot;
    }

    // The time of the earliest pending event, without moving the minimum to it.
    std::optional<std::uint64_t> peek();

    std::size_t size() const { return live_; }
    std::size_t stale() const { return stale_; }
    std::uint64_t last_seq() const { return seq_; }
    SlotTable& slots() { return slots_; }
    const SlotTable& slots() const { return slots_; }
    // Bytes held by the buckets, for tests of the return of large buffers.
    std::size_t bucket_bytes() const;

  private:
    static constexpr int kDigitBits = 4;
    static constexpr int kDigits = 1 << kDigitBits;
    static constexpr int kLevels = 64 / kDigitBits;
    static constexpr std::size_t kSweepSlack = 4096;
    static constexpr std::uint32_t kLookahead = 8;
    static constexpr std::uint32_t kCachedSlots = 4096;
    static constexpr std::uint32_t kPrefetchSlots = 256;  // in buckets up to this size
    static constexpr std::uint32_t kPrefetchFrames = 24;
    static constexpr std::size_t kLargeBytes = std::size_t{1} << 16;

    struct Bucket {
        Entry* data = nullptr;
        std::uint32_t size = 0;
        std::uint32_t capacity = 0;
    };

    void place(Entry entry) {
        const std::uint64_t difference = entry.time ^ last_;
        if (difference == 0) return append(ready_, entry);
        const int level = (63 - std::countl_zero(difference)) / kDigitBits;
        const int digit = static_cast<int>(entry.time >> (level * kDigitBits)) & (kDigits - 1);
        digits_[level] |= static_cast<std::uint16_t>(1u << digit);
        levels_ |= 1u << level;
        append(buckets_[level * kDigits + digit], entry);
    }

    void append(Bucket& bucket, Entry entry) {
        if (bucket.size == bucket.capacity) [[unlikely]]
            grow(bucket);
        bucket.data[bucket.size++] = entry;
    }

    bool refill(std::uint64_t limit);
    void redistribute(Bucket& bucket);
    void prefetch_ready() const;
    void drop_stale(Bucket& bucket, std::uint32_t from);
    void sweep();
    void grow(Bucket& bucket);
    void give_back(Bucket& bucket);
    static std::uint64_t earliest(const Bucket& bucket);

    SlotTable slots_;
    std::uint64_t last_ = 0;
    std::uint64_t seq_ = 0;
    std::size_t live_ = 0;
    std::size_t stale_ = 0;
    Bucket ready_;
    std::uint32_t ready_head_ = 0;
    std::uint32_t levels_ = 0;
    std::uint16_t digits_[kLevels] = {};
    Bucket buckets_[kLevels * kDigits];
    std::vector<Bucket> large_;  // empty buffers of 64 KiB and more, for any bucket
};

}  // namespace sim
