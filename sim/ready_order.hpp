// Which of several events ready at one instant runs next.
//
// Fifo is the order of scheduling. Shuffle draws uniformly. Priority gives every actor a random
// rank and runs the highest, and now and then draws all ranks anew: it finds bugs of few ordering
// constraints sooner than shuffling does. Replay follows a recorded list and then Fifo. A choice is
// recorded only where more than one event was ready. Left out: skipping choices that commute.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/event_queue.hpp"
#include "sim/random.hpp"

namespace sim {

enum class ReadyOrder : std::uint8_t { Fifo, Shuffle, Priority, Replay };

class ReadyChooser {
  public:
    ReadyChooser(std::uint64_t seed, ReadyOrder order, std::vector<std::uint32_t> replay);

    bool is_fifo() const { return order_ == ReadyOrder::Fifo; }

    // After queue.advance(): puts the chosen event first.
    void choose(EventQueue& queue);

    const std::vector<std::uint32_t>& choices() const { return choices_; }
    // How many entries of the replayed list named no ready event; the first was taken instead.
    std::uint64_t misses() const { return misses_; }

  private:
    std::uint32_t choose_index(const EventQueue& queue, std::uint32_t count);
    std::uint32_t highest_rank(const EventQueue& queue, std::uint32_t count);

    Stream stream_;
    ReadyOrder order_;
    std::uint64_t salt_;  // of the ranks; drawn anew with each epoch
    std::uint64_t misses_ = 0;
    std::size_t replayed_ = 0;
    std::vector<std::uint32_t> replay_;
    std::vector<std::uint32_t> choices_;
};

}  // namespace sim
