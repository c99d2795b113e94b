// The nearest entries of the event queue in order: what a small bucket becomes instead of going
// down the levels of the radix heap one digit at a time.
//
// A bucket is sorted by one counting pass over the highest bits in which its times differ and one
// pass of insertions over the nearly sorted result; both keep entries of equal time in the order in
// which they came. What comes later is inserted from the end, unless that would move more than a
// few entries. Left out: which entries are stale, and what becomes of a refused entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim {

struct QueueEntry {
    std::uint64_t time;
    std::uint64_t id;
};
static_assert(sizeof(QueueEntry) == 16);

class SortedRun {
  public:
    static constexpr std::size_t kInsertSteps = 32;

    bool empty() const { return head_ == entries_.size(); }
    std::size_t size() const { return entries_.size() - head_; }
    // The k-th entry from the earliest.
    const QueueEntry& operator[](std::size_t k) const { return entries_[head_ + k]; }
    const QueueEntry& front() const { return entries_[head_]; }
    void pop_front() { ++head_; }

    // Of an empty run: sorts `size` entries, whose times differ in the lowest `bits` bits only.
    void assign(const QueueEntry* entries, std::size_t size, int bits);

    // Puts the entry behind those of its time; false, and nothing is done, if that would move too
    // many.
    bool insert(QueueEntry entry);

    // Keeps the entries for which keep(entry).
    template <class Keep>
    std::size_t drop(Keep&& keep) {
        std::size_t kept = head_;
        for (std::size_t i = head_; i < entries_.size(); ++i) {
            if (keep(entries_[i])) entries_[kept++] = entries_[i];
        }
        const std::size_t dropped = entries_.size() - kept;
        entries_.resize(kept);
        return dropped;
    }

    std::size_t bytes() const { return entries_.capacity() * sizeof(QueueEntry); }

  private:
    std::vector<QueueEntry> entries_;
    std::size_t head_ = 0;
};

}  // namespace sim
