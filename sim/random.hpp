// Random numbers that are the same on every machine: xoshiro256** seeded from (seed, name of the
// stream).
//
// Each use has a stream of its own by name, so that a new draw in one place disturbs no other. Left
// out: the generators and distributions of <random>, which differ between libraries; and floating
// point results, which invite rounding.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "sim/fingerprint.hpp"

namespace sim {

class Stream {
  public:
    Stream(std::uint64_t seed, std::string_view name) {
        std::uint64_t state = hash_pair(seed, hash_text(name));
        for (std::uint64_t& word : state_) {
            state += 0x9e3779b97f4a7c15ULL;
            word = scramble(state);
        }
    }

    // 64 uniform bits.
    std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // Uniform in [0, n), without bias; 0 for n == 0.
    std::uint64_t below(std::uint64_t n) {
        unsigned __int128 product = static_cast<unsigned __int128>(next()) * n;
        if (n != 0 && static_cast<std::uint64_t>(product) < n) {
            const std::uint64_t threshold = (0 - n) % n;
            while (static_cast<std::uint64_t>(product) < threshold) {
                product = static_cast<unsigned __int128>(next()) * n;
            }
        }
        return static_cast<std::uint64_t>(product >> 64);
    }

    // True with probability numerator / denominator.
    bool chance(std::uint64_t numerator, std::uint64_t denominator) {
        return below(denominator) < numerator;
    }

    // A uniform permutation in place (Fisher-Yates from the end).
    template <class Range>
    void shuffle(Range& range) {
        for (std::size_t n = range.size(); n > 1; --n) {
            const std::size_t k = static_cast<std::size_t>(below(n));
            using std::swap;
            if (k != n - 1) swap(range[n - 1], range[k]);
        }
    }

  private:
    std::uint64_t state_[4];
};

}  // namespace sim
