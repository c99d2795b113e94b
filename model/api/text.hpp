// Text: an immutable string whose copies share one allocation.
// Versions of an object differ in a few fields; with Text a new version costs reference counts, not
// copies of every name. Its hash is kept beside it once somebody has asked. The count is not
// atomic: a simulation and all its objects stay on one thread.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "sim/frame_pool.hpp"

namespace model::api {

// For tables in memory only: it differs between machines, and nothing that shows may depend on it.
inline std::uint32_t hash_of(std::string_view s) {
    constexpr std::uint64_t kFactor = 0x9fb21c651e98df25ULL;
    std::uint64_t hash = kFactor ^ s.size();
    const char* at = s.data();
    std::size_t left = s.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        hash = (hash ^ word) * kFactor;
        hash ^= hash >> 32;
    }
    std::uint64_t word = 0;
    if (left != 0) std::memcpy(&word, at, left);
    hash = (hash ^ word) * kFactor;
    return static_cast<std::uint32_t>(hash >> 32) | 1;  // never 0, which means "not yet known"
}

class Text {
  public:
    Text() = default;
    Text(std::string_view s) : rep_(make(s)) {}
    Text(const char* s) : Text(std::string_view(s)) {}
    Text(const std::string& s) : Text(std::string_view(s)) {}
    Text(const Text& other) : rep_(other.rep_) {
        if (rep_) ++rep_->count;
    }
    Text(Text&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}
    Text& operator=(Text other) noexcept {
        std::swap(rep_, other.rep_);
        return *this;
    }
    ~Text() {
        if (rep_ && --rep_->count == 0) free(rep_);
    }

    std::string_view view() const {
        return rep_ ? std::string_view(rep_->data(), rep_->size) : std::string_view();
    }
    operator std::string_view() const { return view(); }
    std::string str() const { return std::string(view()); }
    bool empty() const { return rep_ == nullptr; }
    std::size_t size() const { return rep_ ? rep_->size : 0; }
    std::uint32_t hash() const {
        if (!rep_) return 0;
        if (rep_->hash == 0) rep_->hash = hash_of(view());
        return rep_->hash;
    }

    friend bool operator==(const Text& a, const Text& b) {
        if (a.rep_ == b.rep_) return true;
        if (!a.rep_ || !b.rep_ || a.rep_->size != b.rep_->size) return false;
        // Hashes that are known already often tell unequal texts apart without a look at them.
        if (a.rep_->hash != b.rep_->hash && a.rep_->hash != 0 && b.rep_->hash != 0) return false;
        return std::memcmp(a.rep_->data(), b.rep_->data(), a.rep_->size) == 0;
    }
    friend bool operator==(const Text& a, std::string_view b) { return a.view() == b; }
    friend bool operator==(const Text& a, const std::string& b) { return a.view() == b; }
    friend bool operator==(const Text& a, const char* b) { return a.view() == b; }
    friend std::strong_ordering operator<=>(const Text& a, const Text& b) {
        if (a.rep_ == b.rep_) return std::strong_ordering::equal;
        return a.view() <=> b.view();
    }
    friend auto operator<=>(const Text& a, std::string_view b) { return a.view() <=> b; }

  private:
    struct Rep {
        std::uint32_t count;
        std::uint32_t size;
        std::uint32_t hash;  // 0: nobody has asked yet
        char* data() { return reinterpret_cast<char*>(this + 1); }
    };

    static Rep* make(std::string_view s) {
        if (s.empty()) return nullptr;
        auto* rep = static_cast<Rep*>(sim::allocate_frame(sizeof(Rep) + s.size()));
        rep->count = 1;
        rep->size = static_cast<std::uint32_t>(s.size());
        rep->hash = 0;
        std::memcpy(rep->data(), s.data(), s.size());
        return rep;
    }

    // Not inlined: else the compiler, which knows nothing of counts, takes the next copy's end for
    // a use after free.
    [[gnu::noinline]] static void free(Rep* rep) {
        sim::release_frame(rep, sizeof(Rep) + rep->size);
    }

    Rep* rep_ = nullptr;
};

inline std::string operator+(const std::string& a, const Text& b) {
    return a + std::string(b.view());
}
inline std::string operator+(const Text& a, const char* b) { return a.str() + b; }
inline std::string operator+(const Text& a, const std::string& b) { return a.str() + b; }
inline std::string operator+(const char* a, const Text& b) { return std::string(a) + b; }

}  // namespace model::api
