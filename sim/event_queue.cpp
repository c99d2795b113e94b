#include "sim/event_queue.hpp"

#include <cstring>
#include <limits>

namespace sim {
namespace {

// g++ 12 deletes a loop whose only effect is a prefetch; the empty asm keeps it.
inline void prefetch(const void* address) {
    __builtin_prefetch(address);
    asm volatile("");
}

}  // namespace

// Takes the lowest bucket apart. Every entry of it shares the digits above the bucket's level with
// the minimum, so all entries land below that level, and those of the minimum itself in ready_.
bool EventQueue::refill(std::uint64_t limit) {
    while (levels_ != 0) {
        const int level = std::countr_zero(levels_);
        const int digit = std::countr_zero(digits_[level]);
        Bucket& bucket = buckets_[level * kDigits + digit];
        if (stale_ != 0) drop_stale(bucket, 0);
        if (bucket.size != 0) {
            const std::uint64_t minimum = earliest(bucket);
            if (minimum > limit) return false;
            last_ = minimum;
        }
        digits_[level] &= static_cast<std::uint16_t>(digits_[level] - 1);
        if (digits_[level] == 0) levels_ &= levels_ - 1;
        if (bucket.size == 0) {
            give_back(bucket);
            continue;
        }
        ready_head_ = 0;
        ready_.size = 0;
        if (bucket.size == 1) {
            append(ready_, bucket.data[0]);
            bucket.size = 0;
            give_back(bucket);
        } else if (level == 0) {
            std::swap(ready_, bucket);
        } else {
            redistribute(bucket);
        }
        return true;
    }
    return false;
}

void EventQueue::redistribute(Bucket& bucket) {
    const std::uint32_t size = bucket.size;
    Entry* const entries = bucket.data;
    // A table that fits the cache needs no help.
    const bool wide = slots_.size() > kCachedSlots;
    if (wide && size <= kPrefetchSlots) {
        for (std::uint32_t i = 0; i < size; ++i) prefetch(&slots_[EventId(entries[i].id).slot()]);
    }
    // place() appends to other buckets only, and none of them is this one.
    for (std::uint32_t i = 0; i < size; ++i) place(entries[i]);
    if (wide && size <= kPrefetchFrames) {
        for (std::uint32_t i = 0; i < size; ++i) {
            const EventSlot& slot = slots_[EventId(entries[i].id).slot()];
            // A freed slot holds a free-list index where a frame's address stands.
            if (slot.id.value != entries[i].id || slot.callback != nullptr) continue;
            const char* frame = static_cast<const char*>(slot.frame);
            prefetch(frame);
            prefetch(frame + 64);
            const char* outer = static_cast<const char*>(slot.outer);
            if (outer == nullptr) continue;
            prefetch(outer);
            prefetch(outer + 64);
        }
    }
    bucket.size = 0;
    give_back(bucket);
}

void EventQueue::prefetch_ready() const {
    prefetch(&slots_[EventId(ready_.data[ready_head_ + kLookahead - 1].id).slot()]);
    const Entry& near = ready_.data[ready_head_ + kLookahead / 2];
    const EventSlot& slot = slots_[EventId(near.id).slot()];
    if (slot.id.value == near.id && slot.callback == nullptr) prefetch(slot.frame);
}

std::uint64_t EventQueue::earliest(const Bucket& bucket) {
    std::uint64_t minimum = std::numeric_limits<std::uint64_t>::max();
    for (std::uint32_t i = 0; i < bucket.size; ++i) {
        const std::uint64_t time = bucket.data[i].time;
        minimum = time < minimum ? time : minimum;
    }
    return minimum;
}

void EventQueue::drop_stale(Bucket& bucket, std::uint32_t from) {
    constexpr std::uint32_t kAhead = 12;
    std::uint32_t kept = from;
    for (std::uint32_t i = from; i < bucket.size; ++i) {
        if (i + kAhead < bucket.size) {
            prefetch(&slots_[EventId(bucket.data[i + kAhead].id).slot()]);
        }
        const Entry entry = bucket.data[i];
        if (slots_[EventId(entry.id).slot()].id.value == entry.id) bucket.data[kept++] = entry;
    }
    stale_ -= bucket.size - kept;
    bucket.size = kept;
}

void EventQueue::sweep() {
    drop_stale(ready_, ready_head_);
    for (std::uint32_t levels = levels_; levels != 0; levels &= levels - 1) {
        const int level = std::countr_zero(levels);
        for (std::uint32_t digits = digits_[level]; digits != 0; digits &= digits - 1) {
            drop_stale(buckets_[level * kDigits + std::countr_zero(digits)], 0);
        }
    }
}

std::size_t EventQueue::count_ready() {
    if (stale_ != 0) drop_stale(ready_, ready_head_);
    return ready_.size - ready_head_;
}

std::optional<std::uint64_t> EventQueue::peek() {
    if (count_ready() != 0) return last_;
    while (levels_ != 0) {
        const int level = std::countr_zero(levels_);
        const int digit = std::countr_zero(digits_[level]);
        Bucket& bucket = buckets_[level * kDigits + digit];
        if (stale_ != 0) drop_stale(bucket, 0);
        if (bucket.size != 0) return earliest(bucket);
        digits_[level] &= static_cast<std::uint16_t>(digits_[level] - 1);
        if (digits_[level] == 0) levels_ &= levels_ - 1;
        give_back(bucket);
    }
    return std::nullopt;
}

void EventQueue::grow(Bucket& bucket) {
    if (&bucket == &ready_ && ready_head_ > ready_.size / 2) {
        // A long instant: what has run makes room for what comes.
        ready_.size -= ready_head_;
        std::memmove(ready_.data, ready_.data + ready_head_, ready_.size * sizeof(Entry));
        ready_head_ = 0;
        return;
    }
    const std::uint32_t capacity = bucket.capacity == 0 ? 8 : bucket.capacity * 2;
    Bucket grown;
    grown.capacity = capacity;
    for (std::size_t i = 0; i < large_.size(); ++i) {
        if (large_[i].capacity < capacity) continue;
        grown = large_[i];
        large_[i] = large_.back();
        large_.pop_back();
        break;
    }
    if (grown.data == nullptr) grown.data = new Entry[capacity];
    grown.size = bucket.size;
    if (bucket.size != 0) std::memcpy(grown.data, bucket.data, bucket.size * sizeof(Entry));
    bucket.size = 0;
    std::swap(bucket, grown);
    if (grown.capacity * sizeof(Entry) >= kLargeBytes) {
        give_back(grown);
    } else {
        delete[] grown.data;
    }
}

// Buffers keep their peak size; large ones are shared, or every bucket would hold one.
void EventQueue::give_back(Bucket& bucket) {
    if (bucket.capacity * sizeof(Entry) < kLargeBytes) return;
    large_.push_back(bucket);
    bucket = Bucket();
}

std::size_t EventQueue::bucket_bytes() const {
    std::size_t entries = ready_.capacity;
    for (const Bucket& bucket : buckets_) entries += bucket.capacity;
    for (const Bucket& bucket : large_) entries += bucket.capacity;
    return entries * sizeof(Entry);
}

EventQueue::~EventQueue() {
    delete[] ready_.data;
    for (const Bucket& bucket : buckets_) delete[] bucket.data;
    for (const Bucket& bucket : large_) delete[] bucket.data;
}

}  // namespace sim
