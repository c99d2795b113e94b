#include "model/volume/match.hpp"

#include <array>

#include "model/api/selector.hpp"

namespace model::volume {

namespace {

constexpr std::array<std::string_view, 4> kModes = {
    api::mode::kReadWriteOnce, api::mode::kReadOnlyMany, api::mode::kReadWriteMany,
    api::mode::kReadWriteOncePod};

constexpr std::array<std::uint8_t, AccessModes::kSets> make_search_order() {
    std::array<std::uint8_t, AccessModes::kSets> order{};
    std::size_t n = 0;
    for (int size = 0; size <= 4; ++size)
        for (unsigned bits = 0; bits < AccessModes::kSets; ++bits)
            if (std::popcount(bits) == size) order[n++] = static_cast<std::uint8_t>(bits);
    return order;
}
constexpr auto kSearchOrder = make_search_order();

std::string key_text(const PVC& claim) { return claim.key().to_string(); }

// The rule by which the scan passes this volume over without having compared it, or "".
std::string_view unfit(const PV& volume, const PVC& claim, MatchOptions options) {
    const bool reserved = is_bound_to(volume, claim);
    if (volume.spec.claimRef && !reserved) return "claimed by another claim";
    if (storage_capacity(volume) < requested_storage(claim)) return "too small";
    if (volume_modes_differ(claim, volume)) return "other volume mode";
    if (options.attributes_classes ? attributes_class(claim) != attributes_class(volume)
                                   : !attributes_class(volume).empty())
        return "other volume attributes class";
    if (volume.metadata.terminating()) return "being deleted";
    if (reserved) return "";
    if (options.delay_binding) return "binding waits for the first consumer";
    if (volume.status.phase != api::phase::kAvailable) return "not Available";
    if (claim.spec.selector) {
        const auto matched = api::matches(*claim.spec.selector, volume.metadata.labels);
        if (!matched || !matched.value()) return "labels do not match the selector";
    }
    if (storage_class_of(volume) != storage_class_of(claim)) return "other storage class";
    return "";
}

// One set of access modes; true where the search ends here.
bool search_set(const PVC& claim, const std::vector<const PV*>& volumes,
                const std::vector<std::size_t>& set, MatchOptions options, Match& match) {
    std::size_t smallest = volumes.size();
    for (std::size_t i : set) match.passed_over[i] = "another was found first";
    for (std::size_t i : set) {
        match.passed_over[i] = unfit(*volumes[i], claim, options);
        if (!match.passed_over[i].empty()) continue;
        if (is_bound_to(*volumes[i], claim)) {
            if (smallest < volumes.size())
                match.passed_over[smallest] = "another is reserved for the claim";
            match.volume = volumes[i];
            return true;
        }
        if (smallest < volumes.size()) {
            const bool smaller =
                storage_capacity(*volumes[i]) < storage_capacity(*volumes[smallest]);
            match.passed_over[smaller ? smallest : i] =
                "larger than the one chosen, or as large and later seen";
            if (!smaller) continue;
        }
        smallest = i;
    }
    if (smallest < volumes.size()) match.volume = volumes[smallest];
    return match.volume != nullptr;
}

}  // namespace

AccessModes AccessModes::of(const api::List<api::Text>& modes) {
    AccessModes set;
    for (const api::Text& mode : modes)
        for (std::size_t i = 0; i < kModes.size(); ++i)
            if (mode == kModes[i]) set.bits_ |= static_cast<std::uint8_t>(1u << i);
    return set;
}

bool AccessModes::all_known(const api::List<api::Text>& modes) {
    for (const api::Text& mode : modes) {
        bool known = false;
        for (std::string_view k : kModes) known = known || mode == k;
        if (!known) return false;
    }
    return true;
}

const std::uint8_t* AccessModes::search_order() { return kSearchOrder.data(); }

std::uint8_t AccessModes::rank(std::uint8_t bits) {
    for (std::size_t i = 0; i < kSearchOrder.size(); ++i)
        if (kSearchOrder[i] == bits) return static_cast<std::uint8_t>(i);
    return kSets;
}

api::Status check_wish(const PVC& claim, MatchOptions options) {
    if (!options.attributes_classes && !attributes_class(claim).empty())
        return api::Status(500, api::Reason::InternalError,
                           "unsupported volumeAttributesClassName is set on claim " +
                               key_text(claim) +
                               " when the feature-gate VolumeAttributesClass is disabled");
    if (claim.spec.selector) {
        const auto matched = api::matches(*claim.spec.selector, api::TextMap());
        if (!matched)
            return api::Status(500, api::Reason::InternalError,
                               "error creating internal label selector for claim: " +
                                   key_text(claim) + ": " + matched.error().message.str());
    }
    return api::Status();
}

api::Result<Match> find_best_match(const PVC& claim, const std::vector<const PV*>& volumes,
                                   MatchOptions options) {
    Match match;
    match.passed_over.assign(volumes.size(), "other access modes");
    if (!AccessModes::all_known(claim.spec.accessModes)) return match;
    const AccessModes wanted = AccessModes::of(claim.spec.accessModes);
    std::array<std::vector<std::size_t>, AccessModes::kSets> sets;
    for (std::size_t i = 0; i < volumes.size(); ++i) {
        const AccessModes offered = AccessModes::of(volumes[i]->spec.accessModes);
        if (!offered.contains(wanted)) continue;
        sets[offered.bits()].push_back(i);
        match.passed_over[i] = "a volume with fewer access modes fits";
    }
    for (std::uint8_t bits : kSearchOrder) {
        if (sets[bits].empty()) continue;
        if (api::Status wrong = check_wish(claim, options); !wrong.ok()) return wrong;
        if (search_set(claim, volumes, sets[bits], options, match)) break;
    }
    return match;
}

}  // namespace model::volume
