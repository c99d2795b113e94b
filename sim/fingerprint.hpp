// Hashes that are the same on every machine: for fingerprints of runs and for keys of random
// streams.
//
// Two runs with equal fingerprints are taken to be equal, so the rolling hash depends on order and
// on every bit. It is no defence against malice. Left out: std::hash, whose values differ between
// standard libraries.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace sim {

// The finalizer of splitmix64: a bijection in which every input bit reaches every output bit.
constexpr std::uint64_t scramble(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

// FNV-1a, scrambled: names differ in few bits, and plain FNV leaves that visible.
constexpr std::uint64_t hash_text(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return scramble(hash);
}

constexpr std::uint64_t hash_pair(std::uint64_t a, std::uint64_t b) {
    return scramble(a + 0x9e3779b97f4a7c15ULL + std::rotl(scramble(b), 17));
}

// A rolling hash over words.
class Fingerprint {
  public:
    constexpr void mix(std::uint64_t word) {
        state_ = (std::rotl(state_, 23) ^ word) * 0x9fb21c651e98df25ULL;
    }
    constexpr std::uint64_t value() const { return scramble(state_); }

  private:
    std::uint64_t state_ = 0x2545f4914f6cdd1dULL;
};

}  // namespace sim
