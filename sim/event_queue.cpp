#include "sim/event_queue.hpp"

#include <cstring>
#include <limits>

namespace sim {
namespace {

constexpr std::size_t kSlotsAhead = 32;
constexpr std::size_t kFramesAhead = 8;
constexpr std::size_t kShortRun = 64;

// g++ 12 deletes a loop whose only effect is a prefetch; the empty asm keeps it.
inline void prefetch(const void* address) {
    __builtin_prefetch(address);
    asm volatile("");
}

}  // namespace

// The run is empty: sorts the lowest bucket into it, or takes that bucket apart. The entries of one
// bucket share its digit and all above it, so they land on lower levels, and those of the earliest
// time in ready_.
bool EventQueue::refill(std::uint64_t limit) {
    while (levels_ != 0) {
        const int level = std::countr_zero(levels_);
        const int digit = std::countr_zero(digits_[level]);
        Bucket& bucket = buckets_[level * kDigits + digit];
        if (bucket.size <= (slots_.size() > kCachedSlots ? kRunAmongMany : kRun)) {
            drop_digit(level);
            if (bucket.size != 0) sort_into_run(bucket, level);
            give_back(bucket);
            if (run_.empty()) continue;
            return true;
        }
        if (stale_ != 0) drop_stale(bucket, 0);
        if (bucket.size != 0) {
            const std::uint64_t minimum = earliest(bucket);
            if (minimum > limit) return false;
            last_ = minimum;
            run_last_ = minimum;
        }
        drop_digit(level);
        ready_head_ = 0;
        ready_.size = 0;
        if (level == 0) {
            std::swap(ready_, bucket);
        } else {
            for (std::uint32_t i = 0; i < bucket.size; ++i) place(bucket.data[i]);
            bucket.size = 0;
        }
        give_back(bucket);
        if (ready_.size != 0) return true;
    }
    return false;
}

void EventQueue::drop_digit(int level) {
    digits_[level] &= digits_[level] - 1;
    if (digits_[level] == 0) levels_ &= levels_ - 1;
}

// The minimum stays where it is: the run may hold what is not yet due, and what comes before that
// is inserted.
void EventQueue::sort_into_run(Bucket& bucket, int level) {
    const int bits = level * kDigitBits;
    run_last_ = bucket.data[0].time | ((std::uint64_t{1} << bits) - 1);
    const bool wide = slots_.size() > kCachedSlots;
    if (wide && bucket.size <= kShortRun) {
        for (std::uint32_t i = 0; i < bucket.size; ++i) prefetch_slot(bucket.data[i]);
    }
    run_.assign(bucket.data, bucket.size, bits);
    bucket.size = 0;
    if (wide) prefetch_run();
}

// A short run asked for its slots before it was sorted; a long one asks for its first ones now and
// for the others as it goes.
void EventQueue::prefetch_run() const {
    const std::size_t size = run_.size();
    if (size > kShortRun) {
        for (std::size_t i = 0; i < kSlotsAhead; ++i) prefetch_slot(run_[i]);
    }
    for (std::size_t i = 0; i < kFramesAhead && i < size; ++i) prefetch_frame(run_[i]);
}

// An entry far from the end of the run: the run goes back to the buckets. The levels below the one
// it came from are empty while it is there, and all digits above are those of last_.
void EventQueue::place_near(Entry entry) {
    if (run_.insert(entry)) return;
    run_last_ = last_;
    for (; !run_.empty(); run_.pop_front()) place_far(run_.front());
    place_far(entry);
}

void EventQueue::prefetch_next() const {
    const std::size_t size = run_.size();
    if (size > kSlotsAhead) prefetch_slot(run_[kSlotsAhead]);
    if (size > kFramesAhead) prefetch_frame(run_[kFramesAhead]);
}

void EventQueue::prefetch_slot(const Entry& entry) const {
    prefetch(&slots_[EventId(entry.id).slot()]);
}

void EventQueue::prefetch_frame(const Entry& entry) const {
    const EventSlot& slot = slots_[EventId(entry.id).slot()];
    // A freed slot holds a free-list index where a frame's address stands.
    if (slot.id.value != entry.id || slot.callback != nullptr) return;
    prefetch(slot.frame);
    prefetch(static_cast<const char*>(slot.frame) + 64);
    if (slot.outer == nullptr) return;
    prefetch(slot.outer);
    prefetch(static_cast<const char*>(slot.outer) + 64);
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
    stale_ -= run_.drop([this](const Entry& entry) { return is_live(entry); });
    for (std::uint32_t levels = levels_; levels != 0; levels &= levels - 1) {
        const int level = std::countr_zero(levels);
        for (std::uint64_t digits = digits_[level]; digits != 0; digits &= digits - 1) {
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
    for (; !run_.empty(); run_.pop_front(), --stale_) {
        if (is_live(run_.front())) return run_.front().time;
    }
    while (levels_ != 0) {
        const int level = std::countr_zero(levels_);
        const int digit = std::countr_zero(digits_[level]);
        Bucket& bucket = buckets_[level * kDigits + digit];
        if (stale_ != 0) drop_stale(bucket, 0);
        if (bucket.size != 0) return earliest(bucket);
        drop_digit(level);
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
    return entries * sizeof(Entry) + run_.bytes();
}

EventQueue::~EventQueue() {
    delete[] ready_.data;
    for (const Bucket& bucket : buckets_) delete[] bucket.data;
    for (const Bucket& bucket : large_) delete[] bucket.data;
}

}  // namespace sim
