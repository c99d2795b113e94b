// Choosing a volume for a claim, written as upstream's scan does it: the reference that the index
// is held against, and the source of explanations (by which rule was each volume passed over).
// Counterpart: persistentvolume/index.go findByClaim and pv_helpers.go FindMatchingVolume (v1.36),
// the path without a node. Upstream leaves two orders open; here they are fixed: within a set of
// access modes volumes are seen in the order given, and sets of equal size in the order of
// AccessModes below.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/volume/binding.hpp"

namespace model::volume {

// A set of access modes: bit 0 ReadWriteOnce, 1 ReadOnlyMany, 2 ReadWriteMany, 3 ReadWriteOncePod.
class AccessModes {
  public:
    static constexpr std::size_t kSets = 16;
    AccessModes() = default;
    // Modes that the API does not know are left out of a volume's set (upstream's index drops them)
    // ...
    static AccessModes of(const api::List<api::Text>& modes);
    // ... and make a claim's wish impossible to fulfil.
    static bool all_known(const api::List<api::Text>& modes);
    std::uint8_t bits() const { return bits_; }
    bool contains(AccessModes other) const { return (bits_ & other.bits_) == other.bits_; }
    // Fewest modes first, equal sizes by their bits.
    static const std::uint8_t* search_order();
    static std::uint8_t rank(std::uint8_t bits);

  private:
    std::uint8_t bits_ = 0;
};

struct MatchOptions {
    bool delay_binding =
        false;  // WaitForFirstConsumer: only volumes that are reserved for the claim
    bool attributes_classes = true;  // the gate VolumeAttributesClass
    MatchOptions() = default;
    MatchOptions(bool delay, bool vac) : delay_binding(delay), attributes_classes(vac) {}
};

struct Match {
    const PV* volume = nullptr;  // null: none fits
    std::vector<std::string_view>
        passed_over;  // for each volume given the rule, "" for the chosen one
};

// Errors: a selector that is none; an attributes class while the gate is off. As upstream, only if
// any volume offers the access modes.
api::Result<Match> find_best_match(const PVC& claim, const std::vector<const PV*>& volumes,
                                   MatchOptions options);

// The error of the wish itself, for scan and index alike; ok when there is none.
api::Status check_wish(const PVC& claim, MatchOptions options);

}  // namespace model::volume
