// NamesGiven: how often each name was given, by a hash of 64 bits of it, for uids and generated
// suffixes that differ from one object of a name to the next. One table without nodes, since every
// create asks it for a name that it has mostly never seen. No upstream counterpart.
#pragma once

#include <cstdint>
#include <vector>

#include "model/api/hash_index.hpp"

namespace model::api {

class NamesGiven {
  public:
    // How many there were before this one.
    std::uint64_t next(std::uint64_t hash) {
        const auto short_hash = static_cast<std::uint32_t>(hash >> 32);
        const std::uint32_t known = index_.find(
            short_hash, [&](std::uint32_t number) { return given_[number].hash == hash; });
        if (known != HashIndex::kNone) return given_[known].times++;
        index_.insert(short_hash, static_cast<std::uint32_t>(given_.size()));
        given_.push_back(Given{hash, 1});
        return 0;
    }

  private:
    struct Given {
        std::uint64_t hash = 0, times = 0;
    };
    HashIndex index_;
    std::vector<Given> given_;
};

}  // namespace model::api
