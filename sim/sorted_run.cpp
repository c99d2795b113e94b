#include "sim/sorted_run.hpp"

#include <algorithm>

namespace sim {
namespace {

constexpr std::size_t kFew = 6;  // sorted by insertion alone

// Stable; takes time in proportion to how far entries are from their places.
void insertion_sort(QueueEntry* entries, std::size_t size) {
    for (std::size_t i = 1; i < size; ++i) {
        const QueueEntry entry = entries[i];
        std::size_t place = i;
        for (; place > 0 && entries[place - 1].time > entry.time; --place) {
            entries[place] = entries[place - 1];
        }
        entries[place] = entry;
    }
}

// Copies the entries in the order of the `kBits` bits of their times from `shift` up.
template <int kBits>
void scatter(const QueueEntry* from, QueueEntry* to, std::size_t size, int shift) {
    constexpr std::size_t kGroups = std::size_t{1} << kBits;
    std::uint16_t places[kGroups] = {};
    for (std::size_t i = 0; i < size; ++i) ++places[(from[i].time >> shift) & (kGroups - 1)];
    std::uint16_t place = 0;
    for (std::uint16_t& group : places) {
        const std::uint16_t count = group;
        group = place;
        place = static_cast<std::uint16_t>(place + count);
    }
    for (std::size_t i = 0; i < size; ++i) {
        to[places[(from[i].time >> shift) & (kGroups - 1)]++] = from[i];
    }
}

}  // namespace

void SortedRun::assign(const QueueEntry* entries, std::size_t size, int bits) {
    head_ = 0;
    entries_.resize(size);
    if (size <= kFew) {
        std::copy(entries, entries + size, entries_.begin());
    } else if (size <= 64) {
        scatter<6>(entries, entries_.data(), size, std::max(bits - 6, 0));
    } else {
        scatter<8>(entries, entries_.data(), size, std::max(bits - 8, 0));
    }
    insertion_sort(entries_.data(), size);
}

bool SortedRun::insert(QueueEntry entry) {
    if (empty()) {
        entries_.clear();
        head_ = 0;
    } else if (entries_.size() == entries_.capacity() && head_ > entries_.size() / 2) {
        // What has left makes room for what comes.
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    const std::size_t size = entries_.size();
    const std::size_t first = size - std::min(size - head_, kInsertSteps);
    if (first != head_ && entries_[first].time > entry.time) return false;
    entries_.push_back(entry);
    QueueEntry* place = entries_.data() + size;
    for (; place != entries_.data() + first && place[-1].time > entry.time; --place) {
        *place = place[-1];
    }
    *place = entry;
    return true;
}

}  // namespace sim
