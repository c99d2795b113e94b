#include "model/volume/volume_index.hpp"

#include <limits>
#include <map>

#include "model/api/selector.hpp"

namespace model::volume {

namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

std::string bucket_key(std::string_view cls, bool block, std::string_view other_mode,
                       std::string_view vac) {
    std::string key;
    key.reserve(cls.size() + vac.size() + other_mode.size() + 3);
    key.append(cls).push_back('\0');
    key.append(vac).push_back('\0');
    key.push_back(block ? 'B' : 'F');
    key.append(other_mode);
    return key;
}

// Filesystem and Block in one letter; a mode that the API does not know keeps its name.
std::string bucket_key(std::string_view cls, const std::optional<api::Text>& mode,
                       std::string_view vac) {
    const std::string_view m = mode ? mode->view() : api::mode::kFilesystem;
    const bool known = m == api::mode::kFilesystem || m == api::mode::kBlock;
    return bucket_key(cls, m == api::mode::kBlock, known ? std::string_view() : m, vac);
}

std::string pair_key(std::string_view key, std::string_view value) {
    std::string text(key);
    text.push_back('\0');
    text.append(value);
    return text;
}

// A key and value that every volume matching the selector must have, or "" where it asks for no
// single one.
std::string required_pair(const api::LabelSelector& selector) {
    for (const auto& [key, value] : selector.matchLabels) return pair_key(key, value);
    for (const api::SelectorRequirement& r : selector.matchExpressions)
        if (r.op == "In" && r.values.size() == 1) return pair_key(r.key, r.values.front());
    return "";
}

bool selects_all(const api::Boxed<api::LabelSelector>& selector) {
    return !selector || (selector->matchLabels.empty() && selector->matchExpressions.empty());
}

// Capacities are kept as rounded up bytes; where that loses something the exact amounts are
// compared.
bool is_exact(const api::Quantity& q, std::int64_t units) {
    return q.is_whole() && units != std::numeric_limits<std::int64_t>::max();
}

}  // namespace

struct VolumeIndex::Place {
    ModeSet* set = nullptr;  // null: not free
    std::uint32_t labels = 0;
    CapacityEntry entry;
};

struct VolumeIndex::Record {
    api::Ref<PV> volume;  // null: the record is free
    api::Text name;       // what by_name_ looks at
    std::uint32_t seen = 0;
    std::uint8_t modes = 0;
    Place place;
};

struct VolumeIndex::Labels {
    api::TextMap labels;
    std::string key;
};

struct VolumeIndex::ModeSet {
    CapacityOrder all;
    std::map<std::uint32_t, CapacityOrder> by_labels;  // label set -> its volumes
    std::unordered_map<std::string, std::vector<std::uint32_t>>
        with_pair;  // "key\0value" -> label sets, ascending
};

struct VolumeIndex::Bucket {
    std::array<std::unique_ptr<ModeSet>, AccessModes::kSets> sets;
};

struct VolumeIndex::Less {
    const std::vector<Record>& records;
    bool operator()(const CapacityEntry& a, const CapacityEntry& b) const {
        if (a.units != b.units) return a.units < b.units;
        if (a.inexact || b.inexact) {
            const auto order = storage_capacity(*records[a.slot].volume) <=>
                               storage_capacity(*records[b.slot].volume);
            if (order != 0) return order < 0;
        }
        return a.seen < b.seen;
    }
};

// What a claim asks for, ready to be compared with entries: true for those that are too small.
struct VolumeIndex::TooSmall {
    TooSmall(const std::vector<Record>& r, const api::Quantity& w)
        : records(r), wanted(w), units(w.value()), inexact(!is_exact(w, units)) {}
    const std::vector<Record>& records;
    api::Quantity wanted;
    std::int64_t units;
    bool inexact;
    bool operator()(const CapacityEntry& e) const {
        if (e.units != units || !(inexact || e.inexact)) return e.units < units;
        return storage_capacity(*records[e.slot].volume) < wanted;
    }
};

VolumeIndex::VolumeIndex() = default;
VolumeIndex::~VolumeIndex() = default;

std::uint32_t VolumeIndex::label_set(const api::TextMap& labels) {
    std::string key;
    for (const auto& [k, v] : labels) {
        key.append(k.view()).push_back('\0');
        key.append(v.view()).push_back('\0');
    }
    const auto [it, fresh] =
        label_ids_.try_emplace(key, static_cast<std::uint32_t>(labels_.size()));
    if (fresh) labels_.push_back(Labels{labels, key});
    return it->second;
}

VolumeIndex::Place VolumeIndex::place_of(const PV& volume) {
    Place place;
    if (volume.spec.claimRef || volume.metadata.terminating() ||
        volume.status.phase != api::phase::kAvailable)
        return place;
    std::unique_ptr<Bucket>& bucket = buckets_[bucket_key(
        storage_class_of(volume), volume.spec.volumeMode, attributes_class(volume))];
    if (!bucket) bucket = std::make_unique<Bucket>();
    std::unique_ptr<ModeSet>& set = bucket->sets[AccessModes::of(volume.spec.accessModes).bits()];
    if (!set) set = std::make_unique<ModeSet>();
    place.set = set.get();
    place.labels = label_set(volume.metadata.labels);
    const api::Quantity capacity = storage_capacity(volume);
    place.entry.units = capacity.value();
    place.entry.inexact = is_exact(capacity, place.entry.units) ? 0 : 1;
    return place;
}

void VolumeIndex::insert(std::uint32_t slot) {
    Record& r = records_[slot];
    r.modes = AccessModes::of(r.volume->spec.accessModes).bits();
    ++count_by_modes_[r.modes];
    if (r.volume->spec.claimRef) by_claim_[claim_key(*r.volume->spec.claimRef)].push_back(slot);
    r.place = place_of(*r.volume);
    if (!r.place.set) return;
    r.place.entry.seen = r.seen;
    r.place.entry.slot = slot;
    const Less less{records_};
    ModeSet& set = *r.place.set;
    set.all.insert(r.place.entry, less);
    const auto [group, fresh] = set.by_labels.try_emplace(r.place.labels);
    group->second.insert(r.place.entry, less);
    if (!fresh) return;
    for (const auto& [key, value] : labels_[r.place.labels].labels) {
        std::vector<std::uint32_t>& with = set.with_pair[pair_key(key, value)];
        with.insert(std::lower_bound(with.begin(), with.end(), r.place.labels), r.place.labels);
    }
}

void VolumeIndex::remove(std::uint32_t slot) {
    Record& r = records_[slot];
    --count_by_modes_[r.modes];
    if (r.volume->spec.claimRef) {
        const api::Key claim = claim_key(*r.volume->spec.claimRef);
        std::vector<std::uint32_t>& slots = *by_claim_.find(claim);
        std::erase(slots, slot);
        if (slots.empty()) by_claim_.erase(claim);
    }
    if (!r.place.set) return;
    const Less less{records_};
    ModeSet& set = *r.place.set;
    set.all.erase(r.place.entry, less);
    const auto group = set.by_labels.find(r.place.labels);
    group->second.erase(r.place.entry, less);
    r.place.set = nullptr;
    if (!group->second.empty()) return;
    set.by_labels.erase(group);
    for (const auto& [key, value] : labels_[r.place.labels].labels) {
        const auto with = set.with_pair.find(pair_key(key, value));
        std::erase(with->second, r.place.labels);
        if (with->second.empty()) set.with_pair.erase(with);
    }
}

std::size_t VolumeIndex::size() const { return records_.size() - free_slots_.size(); }

std::uint32_t VolumeIndex::slot_of(const api::Text& name) const {
    return by_name_.find(name.hash(),
                         [&](std::uint32_t slot) { return records_[slot].name == name; });
}

void VolumeIndex::put(const api::Ref<PV>& volume) {
    const api::Text& name = volume->metadata.name;
    std::uint32_t slot = slot_of(name);
    if (slot != api::HashIndex::kNone) {
        remove(slot);
    } else {
        if (free_slots_.empty()) {
            free_slots_.push_back(static_cast<std::uint32_t>(records_.size()));
            records_.emplace_back();
        }
        slot = free_slots_.back();
        free_slots_.pop_back();
        records_[slot].seen = seen_++;
        records_[slot].name = name;
        by_name_.insert(name.hash(), slot);
    }
    records_[slot].volume = volume;
    insert(slot);
}

void VolumeIndex::erase(const api::Text& name) {
    const std::uint32_t slot = slot_of(name);
    if (slot == api::HashIndex::kNone) return;
    remove(slot);
    by_name_.erase(name.hash(), slot);
    records_[slot].volume = nullptr;
    records_[slot].name = api::Text();
    free_slots_.push_back(slot);
}

api::Ref<PV> VolumeIndex::get(const api::Text& name) const {
    const std::uint32_t slot = slot_of(name);
    return slot == api::HashIndex::kNone ? api::Ref<PV>() : records_[slot].volume;
}

std::vector<api::Ref<PV>> VolumeIndex::reserved_for(const api::Key& claim) const {
    std::vector<api::Ref<PV>> volumes;
    const std::vector<std::uint32_t>* known = by_claim_.find(claim);
    if (!known) return volumes;
    std::vector<std::uint32_t> slots = *known;
    std::sort(slots.begin(), slots.end(), [this](std::uint32_t a, std::uint32_t b) {
        return records_[a].seen < records_[b].seen;
    });
    for (std::uint32_t slot : slots) volumes.push_back(records_[slot].volume);
    return volumes;
}

std::vector<const PV*> VolumeIndex::in_order(std::size_t most, const PV* also) const {
    std::vector<const Record*> living;
    for (const Record& r : records_) {
        if (living.size() == most) break;
        if (r.volume && r.volume.get() != also) living.push_back(&r);
    }
    if (also) living.push_back(&records_[slot_of(also->metadata.name)]);
    std::sort(living.begin(), living.end(),
              [](const Record* a, const Record* b) { return a->seen < b->seen; });
    std::vector<const PV*> volumes;
    for (const Record* r : living) volumes.push_back(r->volume.get());
    return volumes;
}

// The reserved volume that the scan would return, with the rank of its set of access modes.
std::pair<std::uint32_t, std::uint8_t> VolumeIndex::reserved(const PVC& claim,
                                                             MatchOptions options) const {
    std::pair<std::uint32_t, std::uint8_t> best(kNone, AccessModes::kSets);
    const std::vector<std::uint32_t>* slots = by_claim_.find(claim.key());
    if (!slots) return best;
    const AccessModes wanted = AccessModes::of(claim.spec.accessModes);
    for (std::uint32_t slot : *slots) {
        const Record& r = records_[slot];
        const PV& v = *r.volume;
        if ((r.modes & wanted.bits()) != wanted.bits() || !is_bound_to(v, claim) ||
            v.metadata.terminating() || volume_modes_differ(claim, v) ||
            storage_capacity(v) < requested_storage(claim))
            continue;
        if (options.attributes_classes ? attributes_class(claim) != attributes_class(v)
                                       : !attributes_class(v).empty())
            continue;
        const std::uint8_t rank = AccessModes::rank(r.modes);
        if (rank < best.second || (rank == best.second && r.seen < records_[best.first].seen))
            best = {slot, rank};
    }
    return best;
}

const CapacityEntry* VolumeIndex::smallest(const ModeSet& set, const PVC& claim,
                                           const TooSmall& too_small) const {
    if (selects_all(claim.spec.selector)) return set.all.first_not(too_small);
    // Over the label sets that the selector takes; one that names a label looks only at the sets
    // with it.
    const api::LabelSelector& selector = *claim.spec.selector;
    const Less less{records_};
    const CapacityEntry* best = nullptr;
    const std::string pair = required_pair(selector);
    // A selector that asks for one label and value only has been answered by having found the sets
    // with them.
    const bool answered =
        !pair.empty() && selector.matchLabels.size() + selector.matchExpressions.size() == 1;
    const auto look = [&](std::uint32_t id, const CapacityOrder& order) {
        if (!answered) {
            const auto matched = api::matches(selector, labels_[id].labels);
            if (!matched || !matched.value()) return;
        }
        const CapacityEntry* e = order.first_not(too_small);
        if (e && (!best || less(*e, *best))) best = e;
    };
    if (!pair.empty()) {
        const auto with = set.with_pair.find(pair);
        if (with == set.with_pair.end()) return nullptr;
        for (std::uint32_t id : with->second) look(id, set.by_labels.at(id));
        return best;
    }
    for (const auto& [id, order] : set.by_labels) look(id, order);
    return best;
}

api::Result<api::Ref<PV>> VolumeIndex::find(const PVC& claim, MatchOptions options) const {
    const api::Ref<PV> none;
    if (!AccessModes::all_known(claim.spec.accessModes)) return none;
    const AccessModes wanted = AccessModes::of(claim.spec.accessModes);
    bool any = false;
    for (unsigned bits = 0; bits < AccessModes::kSets; ++bits)
        any = any || ((bits & wanted.bits()) == wanted.bits() && count_by_modes_[bits] > 0);
    if (!any) return none;
    if (api::Status wrong = check_wish(claim, options); !wrong.ok()) return wrong;

    const auto [reserved_slot, reserved_rank] = reserved(claim, options);
    const auto answer = [&, slot = reserved_slot] {  // clang 14 captures no binding by reference
        return slot == kNone ? none : records_[slot].volume;
    };
    if (options.delay_binding) return answer();
    const auto bucket = buckets_.find(
        bucket_key(storage_class_of(claim), claim.spec.volumeMode,
                   options.attributes_classes ? attributes_class(claim) : std::string_view()));
    if (bucket == buckets_.end()) return answer();
    const TooSmall too_small(records_, requested_storage(claim));
    for (std::uint8_t rank = 0; rank < reserved_rank && rank < AccessModes::kSets; ++rank) {
        const std::uint8_t bits = AccessModes::search_order()[rank];
        const ModeSet* set = bucket->second->sets[bits].get();
        if (!set || (bits & wanted.bits()) != wanted.bits() || set->all.empty()) continue;
        if (const CapacityEntry* e = smallest(*set, claim, too_small))
            return records_[e->slot].volume;
    }
    return answer();
}

}  // namespace model::volume
