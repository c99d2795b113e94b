// CapacityOrder: entries in the order (capacity, when first seen), for "the smallest that suffices"
// in one lower_bound. A list of sorted blocks: a find touches one directory and one block, which
// keeps it within a few cache lines at a million entries where a tree would walk twenty. No
// upstream counterpart; upstream scans an unsorted list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace model::volume {

struct CapacityEntry {
    std::int64_t units = 0;  // whole bytes, rounded up
    std::uint32_t seen = 0;  // lower: seen earlier
    std::uint32_t slot : 31 = 0;
    std::uint32_t inexact : 1 =
        0;  // rounding lost something: the amounts themselves must be compared
};
static_assert(sizeof(CapacityEntry) == 16);

// `Less` orders entries; it is given so that capacities which share their rounded value can be told
// apart.
class CapacityOrder {
  public:
    template <class Less>
    void insert(const CapacityEntry& e, const Less& less) {
        if (blocks_.empty()) {
            blocks_.emplace_back(1, e);
            last_.push_back(e);
            return;
        }
        const std::size_t b = block_of(e, less);
        std::vector<CapacityEntry>& block = blocks_[b];
        block.insert(std::lower_bound(block.begin(), block.end(), e, less), e);
        last_[b] = block.back();
        if (block.size() > kBlockMax) split(b);
    }

    template <class Less>
    void erase(const CapacityEntry& e, const Less& less) {
        const std::size_t b = block_of(e, less);
        std::vector<CapacityEntry>& block = blocks_[b];
        block.erase(std::lower_bound(block.begin(), block.end(), e, less));
        if (block.empty()) {
            blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(b));
            last_.erase(last_.begin() + static_cast<std::ptrdiff_t>(b));
        } else {
            last_[b] = block.back();
        }
    }

    // The first entry for which `too_small` is false (it must be true for a prefix), or null.
    template <class TooSmall>
    const CapacityEntry* first_not(const TooSmall& too_small) const {
        auto last = std::partition_point(last_.begin(), last_.end(), too_small);
        if (last == last_.end()) return nullptr;
        const std::vector<CapacityEntry>& block =
            blocks_[static_cast<std::size_t>(last - last_.begin())];
        return &*std::partition_point(block.begin(), block.end(), too_small);
    }

    bool empty() const { return blocks_.empty(); }

  private:
    static constexpr std::size_t kBlockMax = 256;

    template <class Less>
    std::size_t block_of(const CapacityEntry& e, const Less& less) const {
        const auto it = std::lower_bound(last_.begin(), last_.end(), e, less);
        return it == last_.end() ? last_.size() - 1 : static_cast<std::size_t>(it - last_.begin());
    }

    void split(std::size_t b) {
        std::vector<CapacityEntry>& block = blocks_[b];
        const auto middle = block.begin() + static_cast<std::ptrdiff_t>(block.size() / 2);
        std::vector<CapacityEntry> upper(middle, block.end());
        block.erase(middle, block.end());
        last_[b] = block.back();
        last_.insert(last_.begin() + static_cast<std::ptrdiff_t>(b) + 1, upper.back());
        blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(b) + 1, std::move(upper));
    }

    std::vector<std::vector<CapacityEntry>> blocks_;
    std::vector<CapacityEntry> last_;  // the last entry of each block
};

}  // namespace model::volume
