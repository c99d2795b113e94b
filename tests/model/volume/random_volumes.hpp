// Random volumes and claims that meet each other often: few classes, sizes, label sets and names.
#pragma once

#include <string>

#include "model/volume/binding.hpp"
#include "sim/random.hpp"

namespace model::volume {

class RandomVolumes {
  public:
    explicit RandomVolumes(std::uint64_t seed) : stream_(seed, "volumes") {}

    api::Ref<PV> volume(std::string name) {
        PV v;
        v.metadata.name = std::move(name);
        v.spec.capacity.set("storage", size());
        v.spec.accessModes = modes();
        v.spec.storageClassName = cls();
        v.spec.volumeMode = mode();
        if (one_in(12)) v.metadata.annotations.set(api::annotation::kBetaStorageClass, cls());
        if (one_in(8)) v.spec.volumeAttributesClassName = one_in(2) ? "gold" : "";
        v.metadata.labels = labels();
        if (one_in(15)) v.metadata.deletionTimestamp = api::Timestamp{};
        v.status.phase = one_in(6) ? (one_in(2) ? "Pending" : "Released") : "Available";
        if (one_in(5)) {
            api::ObjectReference ref;
            ref.ns = "default";
            ref.name = claim_name();
            if (one_in(2)) ref.uid = "uid-" + std::to_string(below(2));
            v.spec.claimRef = ref;
        }
        return api::freeze(std::move(v));
    }

    PVC claim() {
        PVC c;
        c.metadata.ns = "default";
        c.metadata.name = claim_name();
        c.metadata.uid = "uid-" + std::to_string(below(2));
        c.spec.resources.requests.set("storage", size());
        c.spec.accessModes = modes();
        c.spec.storageClassName = cls();
        c.spec.volumeMode = mode();
        if (one_in(12)) c.metadata.annotations.set(api::annotation::kBetaStorageClass, cls());
        if (one_in(8)) c.spec.volumeAttributesClassName = one_in(2) ? "gold" : "";
        if (one_in(3)) c.spec.selector = selector();
        return c;
    }

    std::uint64_t below(std::uint64_t n) { return stream_.below(n); }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

  private:
    std::string claim_name() { return "claim-" + std::to_string(below(40)); }
    std::string cls() { return below(3) == 0 ? "" : "class-" + std::to_string(below(2)); }
    std::optional<api::Text> mode() {
        if (one_in(3)) return std::nullopt;
        return api::Text(one_in(4) ? "Block" : "Filesystem");
    }
    // Some amounts share their whole bytes and some exceed 64 bits.
    api::Quantity size() {
        if (one_in(20)) return *api::Quantity::parse(one_in(2) ? "200E" : "300E");
        if (one_in(10)) return *api::Quantity::parse(std::to_string(below(4)) + ".5");
        if (one_in(10)) return *api::Quantity::parse(std::to_string(1000 * below(4) + 500) + "m");
        return api::Quantity::of(static_cast<std::int64_t>(below(6)));
    }
    api::List<api::Text> modes() {
        api::List<api::Text> all;
        for (std::string_view m :
             {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})
            if (one_in(2)) all.emplace_back(m);
        if (all.empty()) all.emplace_back("ReadWriteOnce");
        if (one_in(10)) all.push_back(all.front());
        if (one_in(100)) all.emplace_back("ReadSometimes");
        return all;
    }
    api::TextMap labels() {
        api::TextMap l;
        if (one_in(2)) l.set("zone", one_in(2) ? "a" : "b");
        if (one_in(2)) l.set("tier", one_in(2) ? "fast" : "slow");
        return l;
    }
    api::LabelSelector selector() {
        api::LabelSelector s;
        if (one_in(2)) s.matchLabels.set("zone", one_in(3) ? "c" : "a");
        if (one_in(2)) {
            api::SelectorRequirement r;
            r.key = "tier";
            r.op = one_in(4) ? "Exists" : one_in(2) ? "In" : "NotIn";
            if (r.op != "Exists") r.values = {api::Text("fast")};
            if (one_in(30)) r.op = "Near";
            s.matchExpressions.push_back(r);
        }
        return s;
    }

    sim::Stream stream_;
};

}  // namespace model::volume
