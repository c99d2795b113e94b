#include "model/volume/match.hpp"

#include <doctest/doctest.h>

#include "model/volume/volume_index.hpp"
#include "tests/model/volume/random_volumes.hpp"

using namespace model;
using namespace model::volume;

namespace {

PV a_volume(std::string_view name, std::string_view size,
            api::List<api::Text> modes = {"ReadWriteOnce"}) {
    PV v;
    v.metadata.name = name;
    v.spec.capacity.set("storage", *api::Quantity::parse(size));
    v.spec.accessModes = std::move(modes);
    v.status.phase = "Available";
    return v;
}

PVC a_claim(std::string_view size) {
    PVC c;
    c.metadata.ns = "default";
    c.metadata.name = "claim";
    c.metadata.uid = "uid-1";
    c.spec.accessModes = {"ReadWriteOnce"};
    c.spec.resources.requests.set("storage", *api::Quantity::parse(size));
    return c;
}

std::string chosen(const PVC& c, const std::vector<PV>& volumes, MatchOptions options = {}) {
    std::vector<const PV*> list;
    VolumeIndex index;
    for (const PV& v : volumes) {
        list.push_back(&v);
        index.put(api::freeze(PV(v)));
    }
    const auto scanned = find_best_match(c, list, options);
    const auto found = index.find(c, options);
    REQUIRE(scanned.ok() == found.ok());
    if (!scanned) return "error: " + scanned.error().message.str();
    const std::string by_scan = scanned->volume ? scanned->volume->metadata.name.str() : "none";
    CHECK(by_scan == (*found ? (*found)->metadata.name.str() : "none"));
    return by_scan;
}

PV reserved(PV v, std::string_view uid = "") {
    api::ObjectReference ref;
    ref.ns = "default";
    ref.name = "claim";
    ref.uid = uid;
    v.spec.claimRef = ref;
    return v;
}

}  // namespace

TEST_CASE("the smallest volume that suffices is chosen") {
    CHECK(chosen(a_claim("5Gi"), {a_volume("big", "20Gi"), a_volume("right", "5Gi"),
                                  a_volume("small", "4Gi")}) == "right");
    CHECK(chosen(a_claim("5Gi"), {a_volume("small", "4Gi")}) == "none");
}

TEST_CASE("of equal volumes the first seen is chosen") {
    CHECK(chosen(a_claim("1Gi"), {a_volume("z", "2Gi"), a_volume("a", "2Gi")}) == "z");
}

TEST_CASE("a larger volume with fewer access modes beats a smaller one with more") {
    CHECK(chosen(a_claim("1Gi"), {a_volume("rwx", "1Gi", {"ReadWriteOnce", "ReadWriteMany"}),
                                  a_volume("rwo", "9Gi")}) == "rwo");
}

TEST_CASE("a reserved volume wins within its set of access modes only") {
    const PV wide = reserved(a_volume("reserved", "9Gi", {"ReadWriteOnce", "ReadWriteMany"}));
    CHECK(chosen(a_claim("1Gi"),
                 {a_volume("free", "1Gi"), reserved(a_volume("reserved", "9Gi"))}) == "reserved");
    CHECK(chosen(a_claim("1Gi"), {a_volume("free", "1Gi"), wide}) == "free");
}

TEST_CASE("a reserved volume needs size and mode, but neither class, labels nor phase") {
    PV v = reserved(a_volume("v", "1Gi"), "uid-1");
    v.spec.storageClassName = "other";
    v.status.phase = "Pending";
    CHECK(chosen(a_claim("1Gi"), {v}) == "v");
    CHECK(chosen(a_claim("2Gi"), {v}) == "none");
    v.spec.claimRef->uid = "uid-of-before";
    CHECK(chosen(a_claim("1Gi"), {v}) == "none");
}

TEST_CASE("delayed binding takes reserved volumes only") {
    const MatchOptions delayed(true, true);
    CHECK(chosen(a_claim("1Gi"), {a_volume("free", "1Gi")}, delayed) == "none");
    CHECK(chosen(a_claim("1Gi"), {reserved(a_volume("mine", "1Gi"))}, delayed) == "mine");
}

TEST_CASE("a selector that is none is an error only where a volume offers the access modes") {
    PVC c = a_claim("1Gi");
    c.spec.selector = api::LabelSelector();
    api::SelectorRequirement r;
    r.key = "zone";
    r.op = "Near";
    c.spec.selector->matchExpressions.push_back(r);
    CHECK(chosen(c, {a_volume("rox", "1Gi", {"ReadOnlyMany"})}) == "none");
    CHECK(chosen(c, {a_volume("rwo", "1Gi")})
              .starts_with(
                  "error: error creating internal label selector for claim: default/claim: "));
}

TEST_CASE("the scan tells by which rule each volume was passed over") {
    PV other = a_volume("other-class", "1Gi");
    other.spec.storageClassName = "fast";
    PV deleting = a_volume("deleting", "1Gi");
    deleting.metadata.deletionTimestamp = api::Timestamp{};
    PV pending = a_volume("pending", "1Gi");
    pending.status.phase = "Pending";
    const PV small = a_volume("small", "1"), big = a_volume("big", "2Gi"),
             fits = a_volume("fits", "1Gi"),
             wide = a_volume("wide", "1Gi", {"ReadWriteOnce", "ReadWriteMany"}),
             rox = a_volume("rox", "1Gi", {"ReadOnlyMany"});
    const auto match = find_best_match(
        a_claim("1Gi"), {&other, &deleting, &pending, &small, &big, &fits, &wide, &rox}, {});
    REQUIRE(match.ok());
    CHECK(match->volume == &fits);
    CHECK(match->passed_over == std::vector<std::string_view>{
                                    "other storage class", "being deleted", "not Available",
                                    "too small",
                                    "larger than the one chosen, or as large and later seen", "",
                                    "a volume with fewer access modes fits", "other access modes"});
}

TEST_CASE(
    "index and scan give equal answers to 60,000 random claims while volumes come, change and go") {
    RandomVolumes random(7);
    VolumeIndex index;
    int found_any = 0, reserved_any = 0, errors = 0;
    for (int round = 0; round < 600; ++round) {
        for (int i = 0; i < 12; ++i) {
            const std::string name = "pv-" + std::to_string(random.below(150));
            if (random.one_in(4)) {
                index.erase(name);
            } else {
                index.put(random.volume(name));
            }
        }
        const std::vector<const PV*> volumes = index.in_order();
        for (int i = 0; i < 100; ++i) {
            const PVC c = random.claim();
            const MatchOptions options(random.one_in(4), !random.one_in(5));
            const auto scanned = find_best_match(c, volumes, options);
            const auto found = index.find(c, options);
            REQUIRE(scanned.ok() == found.ok());
            if (!scanned) {
                ++errors;
                REQUIRE(scanned.error().message == found.error().message);
                continue;
            }
            REQUIRE(scanned->volume == found->get());
            if (!scanned->volume) continue;
            ++found_any;
            reserved_any += scanned->volume->spec.claimRef ? 1 : 0;
        }
    }
    // The claims meet volumes often enough for the comparison to mean something.
    CHECK(found_any > 10'000);
    CHECK(reserved_any > 500);
    CHECK(errors > 50);
}

TEST_CASE(
    "a volume that changes keeps its place among equals, and one that comes back has lost it") {
    VolumeIndex index;
    for (std::string_view name : {"a", "b"}) index.put(api::freeze(a_volume(name, "1Gi")));
    index.put(api::freeze(a_volume("a", "1Gi")));
    CHECK((*index.find(a_claim("1Gi"), {}))->metadata.name == "a");
    index.erase("a");
    index.put(api::freeze(a_volume("a", "1Gi")));
    CHECK((*index.find(a_claim("1Gi"), {}))->metadata.name == "b");
    CHECK(index.size() == 2);
}
