// VolumeIndex: the controller's private store of volumes, with the answer of match.hpp's scan in
// O(log n). Counterpart: persistentvolume/index.go persistentVolumeOrderedIndex, which keeps lists
// by access modes and scans them. Free volumes lie under (class, volume mode, attributes class) ->
// set of access modes -> all, and again by set of labels -> ordered by (capacity, first seen).
// Reserved ones are found by the claim they name. First seen is the order in which names came into
// this store; a name that went and came back counts as new.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/api/key_map.hpp"
#include "model/volume/capacity_order.hpp"
#include "model/volume/match.hpp"

namespace model::volume {

class VolumeIndex {
  public:
    static constexpr std::size_t kAll = ~std::size_t{0};
    VolumeIndex();
    ~VolumeIndex();
    VolumeIndex(const VolumeIndex&) = delete;
    VolumeIndex& operator=(const VolumeIndex&) = delete;

    void put(const api::Ref<PV>& volume);
    void erase(const api::Text& name);
    api::Ref<PV> get(const api::Text& name) const;
    std::size_t size() const;

    // The same answer and errors as find_best_match over in_order(). Null: none fits.
    api::Result<api::Ref<PV>> find(const PVC& claim, MatchOptions options) const;

    // Volumes whose claimRef names that claim, in the order first seen.
    std::vector<api::Ref<PV>> reserved_for(const api::Key& claim) const;
    // In the order first seen, what the scan is given: all, or `most` of them and `also`.
    std::vector<const PV*> in_order(std::size_t most = kAll, const PV* also = nullptr) const;

  private:
    struct Place;   // where a free volume lies
    struct Record;  // one volume
    struct Labels;  // one distinct set of labels in use
    struct ModeSet;
    struct Bucket;
    struct Less;
    struct TooSmall;

    std::uint32_t slot_of(const api::Text& name) const;  // HashIndex::kNone: not here
    Place place_of(const PV& volume);
    std::uint32_t label_set(const api::TextMap& labels);
    void insert(std::uint32_t slot);
    void remove(std::uint32_t slot);
    const CapacityEntry* smallest(const ModeSet& set, const PVC& claim,
                                  const TooSmall& too_small) const;
    std::pair<std::uint32_t, std::uint8_t> reserved(const PVC& claim, MatchOptions options) const;

    std::vector<Record> records_;
    std::vector<std::uint32_t> free_slots_;
    api::HashIndex by_name_;  // of records_
    api::KeyMap<std::vector<std::uint32_t>> by_claim_;
    std::unordered_map<std::string, std::unique_ptr<Bucket>> buckets_;
    std::vector<Labels> labels_;
    std::unordered_map<std::string, std::uint32_t> label_ids_;
    std::array<std::uint32_t, AccessModes::kSets> count_by_modes_{};
    std::uint32_t seen_ = 0;
};

}  // namespace model::volume
