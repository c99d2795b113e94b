#include "sim/event_slot.hpp"

namespace sim {

SlotTable::~SlotTable() {
    for (const Slab& slab : slabs_) free_pages(slab.pages, slab.bytes);
}

std::uint32_t SlotTable::grow() {
    if (size_ == chunks_.size() * kChunkSlots) add_chunks();
    const std::uint32_t index = size_++;
    (*this)[index].id = EventId();
    return index;
}

// Small engines, of which a sweep makes thousands, get single chunks; large ones whole huge pages.
void SlotTable::add_chunks() {
    const std::uint32_t count = chunks_.size() < kChunksInSlab ? 1 : kChunksInSlab;
    const std::size_t bytes = count * kChunkBytes;
    char* pages = static_cast<char*>(allocate_pages(bytes));
    slabs_.push_back(Slab{pages, bytes});
    for (std::uint32_t i = 0; i < count; ++i) {
        chunks_.push_back(reinterpret_cast<EventSlot*>(pages + i * kChunkBytes));
    }
}

}  // namespace sim
