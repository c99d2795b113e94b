#include "sim/ready_order.hpp"

#include <utility>

#include "sim/fingerprint.hpp"

namespace sim {
namespace {

// How often, in choices, Priority draws all ranks anew.
constexpr std::uint64_t kChoicesPerEpoch = 64;

}  // namespace

ReadyChooser::ReadyChooser(std::uint64_t seed, ReadyOrder order, std::vector<std::uint32_t> replay)
    : stream_(seed, "sim/ready order"),
      order_(order),
      salt_(stream_.next()),
      replay_(std::move(replay)) {}

void ReadyChooser::choose(EventQueue& queue) {
    const std::uint32_t count = static_cast<std::uint32_t>(queue.count_ready());
    if (count < 2) return;
    const std::uint32_t index = choose_index(queue, count);
    choices_.push_back(index);
    queue.bring_forward(index);
}

std::uint32_t ReadyChooser::choose_index(const EventQueue& queue, std::uint32_t count) {
    switch (order_) {
        case ReadyOrder::Fifo:
            return 0;
        case ReadyOrder::Shuffle:
            return static_cast<std::uint32_t>(stream_.below(count));
        case ReadyOrder::Priority:
            if (stream_.chance(1, kChoicesPerEpoch)) salt_ = stream_.next();
            return highest_rank(queue, count);
        case ReadyOrder::Replay:
            break;
    }
    if (replayed_ == replay_.size()) return 0;
    const std::uint32_t index = replay_[replayed_++];
    if (index < count) return index;
    ++misses_;
    return 0;
}

// Events of one actor have one rank and stay in their order; a callable is ranked by itself.
std::uint32_t ReadyChooser::highest_rank(const EventQueue& queue, std::uint32_t count) {
    std::uint32_t best = 0;
    std::uint64_t best_rank = 0;
    std::uint64_t best_seq = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const EventSlot& slot = queue.ready(i);
        const std::uint64_t seq = slot.id.seq();
        const std::uint64_t rank = scramble(salt_ ^ (slot.actor != 0 ? slot.actor : ~seq));
        if (i == 0 || rank > best_rank || (rank == best_rank && seq < best_seq)) {
            best = i;
            best_rank = rank;
            best_seq = seq;
        }
    }
    return best;
}

}  // namespace sim
