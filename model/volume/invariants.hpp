// Invariants of binding, protection and the API's rules for storage objects, checked at every
// commit: a listener that emits Violated. Each check costs a few look-ups. Sources: the
// PersistentVolume controller's and the API's own promises; nothing that a person may break by hand
// (a status written, a finalizer stripped) counts against the control plane, so most checks look at
// who wrote. Not checked: that a failure's event is told once (it is no commit of the object's).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/api/admission.hpp"
#include "model/api/key_map.hpp"
#include "model/journal.hpp"
#include "model/volume/binding.hpp"

namespace model {
class Cluster;
}

namespace model::volume {

// Checks a cluster from now on; what it holds already is taken as given.
std::unique_ptr<Listener> make_invariants(Cluster& cluster);

// Rules that a guard keeps; see guards.hpp.
namespace rule {
inline constexpr std::string_view kNotUnderPod =
    "a claim is not removed while a scheduled pod names it";
inline constexpr std::string_view kClaimStays =
    "a StatefulSet makes no pod for a claim that is being deleted";
inline constexpr std::string_view kClaimGone = "a volume is released when its claim is gone";
}  // namespace rule

class Invariants final : public Listener {
  public:
    // Listens to the journal until destroyed; emits into it.
    explicit Invariants(Journal& journal);
    ~Invariants() override;
    Invariants(const Invariants&) = delete;
    Invariants& operator=(const Invariants&) = delete;

    // What is there before the first commit that it hears of.
    void learn(const api::ObjectReader& reader);
    void on(const Stamp& stamp, const Happening& happening) override;
    // A pod that got its node while the removal of its claim was on its way is a race that the real
    // system has too; 1 s if not set.
    void set_grace(sim::Duration grace) { grace_ = grace; }

  private:
    struct Commit {  // one Committed with its typed views; null views where the kind is another
        const Stamp& stamp;
        const Committed& told;
        api::Ref<PV> volume, volume_before;
        api::Ref<PVC> claim, claim_before;
    };

    // invariants.cpp: what every object promises
    void check_versions(const Commit& c);
    void check_deletion(const Commit& c);
    void check_parts(const Commit& c);
    void check_immutable(const Commit& c);
    void check_protection(const Commit& c);
    // invariants_of_binding.cpp: what the PersistentVolume controller promises
    void check_binder_on_volume(const Commit& c);
    void check_binder_on_claim(const Commit& c);
    void check_release(const Commit& c);
    void check_one_claim(const Commit& c);
    void check_new_pod(const Commit& c);

    void remember(const Commit& c);
    void remember_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& now,
                      sim::Time at);
    void violated(const Commit& c, std::string invariant, std::string detail);
    template <class T>
    api::Ref<T> current(const api::Key& key) const {
        const auto& objects = T::kKind == api::Kind::PersistentVolume        ? volumes_
                              : T::kKind == api::Kind::PersistentVolumeClaim ? claims_
                                                                             : classes_;
        const api::ObjectRef* object = objects.find(key);
        return object ? api::as<T>(*object) : api::Ref<T>();
    }

    using Objects = api::KeyMap<api::ObjectRef>;
    struct ScheduledPod {
        api::Ref<api::Pod> pod;  // as it is now
        sim::Time since;         // it has its node
    };
    Journal& journal_;
    sim::Duration grace_ = std::chrono::seconds(1);
    Objects volumes_, claims_, classes_;
    api::KeyMap<api::Text> last_writer_;              // of a volume
    api::KeyMap<api::Key> bound_claim_;               // volume -> the claim Bound to it
    api::KeyMap<std::vector<ScheduledPod>> pods_of_;  // claim -> pods that hold it
    api::KeyMap<sim::Time> deleting_;                 // claims, since when
    std::uint64_t last_version_ = 0;
};

}  // namespace model::volume
