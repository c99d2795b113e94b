// KindStore: all objects of one kind, by name and by a dense number (slot) that a key keeps for
// ever, and the log of the latest changes from which a watch can resume.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "model/api/hash_index.hpp"
#include "model/api/server.hpp"

namespace model::api {

struct Server::KindStore {
    // What upstream's watch cache keeps at least; a watch that lags further must list again.
    static constexpr std::size_t kLogLength = 1000;

    HashIndex slots;
    std::vector<Key> keys;           // by slot
    std::vector<ObjectRef> current;  // by slot; null: gone
    std::deque<WatchEvent> log;
    std::uint64_t log_floor = 0;  // changes at or below are no longer in the log
    std::vector<WatchSink*> sinks;
    std::size_t living = 0;

    // HashIndex::kNone where the key was never seen.
    std::uint32_t known_slot(const Key& key) const {
        return slots.find(key.hash(), [&](std::uint32_t slot) { return keys[slot] == key; });
    }

    ObjectRef find(const Key& key) const {
        const std::uint32_t slot = known_slot(key);
        return slot == HashIndex::kNone ? ObjectRef() : current[slot];
    }

    std::uint32_t slot_of(const Key& key) {
        const std::uint32_t known = known_slot(key);
        if (known != HashIndex::kNone) return known;
        const auto slot = static_cast<std::uint32_t>(keys.size());
        slots.insert(key.hash(), slot);
        keys.push_back(key);
        current.emplace_back();
        return slot;
    }

    // Slots in the order of their keys. New ones are merged in when somebody asks.
    const std::vector<std::uint32_t>& sorted() const {
        if (sorted_.size() < keys.size()) {
            const auto middle = static_cast<std::ptrdiff_t>(sorted_.size());
            for (std::size_t s = sorted_.size(); s < keys.size(); ++s)
                sorted_.push_back(static_cast<std::uint32_t>(s));
            auto less = [this](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; };
            std::sort(sorted_.begin() + middle, sorted_.end(), less);
            std::inplace_merge(sorted_.begin(), sorted_.begin() + middle, sorted_.end(), less);
        }
        return sorted_;
    }

    void append(WatchEvent event) {
        log.push_back(std::move(event));
        if (log.size() > kLogLength) {
            log_floor = log.front().resourceVersion;
            log.pop_front();
        }
    }

  private:
    mutable std::vector<std::uint32_t> sorted_;
};

}  // namespace model::api
