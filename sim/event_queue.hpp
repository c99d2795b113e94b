// The pending events in the order (time, sequence): a monotone radix heap with digits of six bits
// above a sorted run of the nearest entries.
//
// An entry of 16 bytes lies in the bucket of the highest digit in which its time differs from the
// end of the run. When the lowest bucket's turn comes, it is sorted as a whole if it is small, and
// taken apart into lower buckets if it is large. Timers far away cost nothing meanwhile. Entries of
// equal time stay together at all times, so they leave in the order in which they came. Cancelling
// frees the slot and leaves a stale entry behind, which is dropped on the way or in a sweep. Left
// out: times before the current minimum (the engine checks), and the meaning of the slots.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/event_slot.hpp"
#include "sim/sorted_run.hpp"

namespace sim {

class EventQueue {
  public:
    using Entry = QueueEntry;

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
        while (ready_head_ != ready_.size) {
            if (last_ > limit) return false;
            if (is_live(ready_.data[ready_head_])) return true;
            --stale_;
            ++ready_head_;
        }
        return next_instant(limit);
    }

    // After advance(): the time of the ready events.
    std::uint64_t ready_time() const { return last_; }

    // After advance(): takes the first ready event off the queue. Its slot is the caller's until he
    // releases it.
    EventSlot& take() {
        const Entry entry = ready_.data[ready_head_++];
        if (slots_.size() > kCachedSlots) prefetch_next();
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
    static constexpr int kDigitBits = 6;
    static constexpr int kDigits = 1 << kDigitBits;
    static constexpr int kLevels = 11;  // of 6 bits: 64 and more
    static constexpr std::size_t kSweepSlack = 4096;
    static constexpr std::uint32_t kCachedSlots = 4096;  // a table of this size fits the cache
    // Buckets up to this size are sorted. Among few events long runs would only be cut again.
    static constexpr std::uint32_t kRun = 64;
    static constexpr std::uint32_t kRunAmongMany = 512;
    static constexpr std::size_t kLargeBytes = std::size_t{1} << 16;

    struct Bucket {
        Entry* data = nullptr;
        std::uint32_t size = 0;
        std::uint32_t capacity = 0;
    };

    bool is_live(const Entry& entry) const {
        return slots_[EventId(entry.id).slot()].id.value == entry.id;
    }

    // The run holds all pending entries up to run_last_ that are not ready; the buckets hold those
    // after it, by the highest digit in which they differ from it.
    void place(Entry entry) {
        if (entry.time > run_last_) return place_far(entry);
        if (entry.time == last_) return append(ready_, entry);
        place_near(entry);
    }

    void place_far(Entry entry) {
        const int level = (63 - std::countl_zero(entry.time ^ run_last_)) / kDigitBits;
        const int digit = static_cast<int>(entry.time >> (level * kDigitBits)) & (kDigits - 1);
        digits_[level] |= std::uint64_t{1} << digit;
        levels_ |= 1u << level;
        append(buckets_[level * kDigits + digit], entry);
    }

    void append(Bucket& bucket, Entry entry) {
        if (bucket.size == bucket.capacity) [[unlikely]]
            grow(bucket);
        bucket.data[bucket.size++] = entry;
    }

    // With nothing ready: the first live entry of the run and its equals become ready.
    bool next_instant(std::uint64_t limit) {
        while (true) {
            if (run_.empty() && !refill(limit)) return false;
            if (ready_head_ != ready_.size) return true;
            const Entry entry = run_.front();
            if (entry.time > limit) return false;
            run_.pop_front();
            if (!is_live(entry)) {
                --stale_;
                continue;
            }
            last_ = entry.time;
            ready_head_ = 0;
            ready_.size = 0;
            append(ready_, entry);
            while (!run_.empty() && run_.front().time == last_) {
                append(ready_, run_.front());
                run_.pop_front();
            }
            return true;
        }
    }

    void place_near(Entry entry);
    bool refill(std::uint64_t limit);
    void sort_into_run(Bucket& bucket, int level);
    void drop_digit(int level);
    void prefetch_run() const;
    void prefetch_next() const;
    void prefetch_slot(const Entry& entry) const;
    void prefetch_frame(const Entry& entry) const;
    void drop_stale(Bucket& bucket, std::uint32_t from);
    void sweep();
    void grow(Bucket& bucket);
    void give_back(Bucket& bucket);
    static std::uint64_t earliest(const Bucket& bucket);

    SlotTable slots_;
    std::uint64_t last_ = 0;      // the current instant
    std::uint64_t run_last_ = 0;  // not before last_
    std::uint64_t seq_ = 0;
    std::size_t live_ = 0;
    std::size_t stale_ = 0;
    Bucket ready_;
    std::uint32_t ready_head_ = 0;
    std::uint32_t levels_ = 0;
    SortedRun run_;
    std::uint64_t digits_[kLevels] = {};
    Bucket buckets_[kLevels * kDigits];
    std::vector<Bucket> large_;  // empty buffers of 64 KiB and more, for any bucket
};

}  // namespace sim
