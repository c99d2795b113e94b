// HashIndex: finds the number of an item by a hash of its key. It keeps no keys: the caller has the
// items, by number, and says which of those with an equal hash is meant. A look-up so touches one
// line of the table and the item itself, at any size. No upstream counterpart. Left out: iteration,
// whose order would depend on hashes.
#pragma once

#include <cstdint>
#include <vector>

namespace model::api {

class HashIndex {
  public:
    static constexpr std::uint32_t kNone = 0xffffffff;

    // `same(number)`: is that item the one?
    template <class Same>
    std::uint32_t find(std::uint32_t hash, const Same& same) const {
        if (places_.empty()) return kNone;
        for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
            const Place& place = places_[i];
            if (place.number == kNone) return kNone;
            if (place.hash == hash && same(place.number)) return place.number;
        }
    }

    // An item that is not in it yet.
    void insert(std::uint32_t hash, std::uint32_t number) {
        if ((size_ + 1) * 3 > places_.size() * 2) grow();
        ++size_;
        put(hash, number);
    }

    // An item that is in it.
    void erase(std::uint32_t hash, std::uint32_t number) {
        std::size_t hole = hash & mask();
        while (places_[hole].number != number) hole = (hole + 1) & mask();
        // Those behind move up, so that no search ends at the hole too early.
        for (std::size_t i = (hole + 1) & mask(); places_[i].number != kNone;
             i = (i + 1) & mask()) {
            const std::size_t home = places_[i].hash & mask();
            if (((i - home) & mask()) < ((i - hole) & mask())) continue;
            places_[hole] = places_[i];
            hole = i;
        }
        places_[hole] = Place();
        --size_;
    }

  private:
    struct Place {
        std::uint32_t hash = 0;
        std::uint32_t number = kNone;
    };

    std::size_t mask() const { return places_.size() - 1; }

    void put(std::uint32_t hash, std::uint32_t number) {
        std::size_t i = hash & mask();
        while (places_[i].number != kNone) i = (i + 1) & mask();
        places_[i] = Place{hash, number};
    }

    void grow() {
        std::vector<Place> old(places_.empty() ? 8 : places_.size() * 2);
        old.swap(places_);
        for (const Place& place : old)
            if (place.number != kNone) put(place.hash, place.number);
    }

    std::vector<Place> places_;  // a power of two of them
    std::size_t size_ = 0;
};

}  // namespace model::api
