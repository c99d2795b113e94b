// Guards: rules that Kubernetes gained because of a failure in the field, each of which can be
// turned off to see that failure again. All are on in every modelled version unless a scenario says
// otherwise. Guards that upstream keeps behind a feature gate (HonorPVReclaimPolicy,
// NodeOutOfServiceVolumeDetach) are gates of the profile, and not here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace model {

enum class Guard : unsigned char {
    MissingClaimLookup,
    RenewedClaimLookup,
    LivePodsLookup,
    ForceOnlyUnhealthy,
    AttachmentScan,
    AttachmentsCount,
    UnregisteredIsTransient,
    TerminatingClaimCheck,
    LostClaimRecreation,
    Count_,
};

// One guard as a scenario names it, the failure it answers, and what it does.
struct GuardName {
    std::string_view name;
    Guard guard;
    std::string_view failure;  // the id of spec/known-failures
    std::string_view what;
};
const std::vector<GuardName>& guard_names();

class Guards {
  public:
    bool on(Guard g) const { return !off_[static_cast<std::size_t>(g)]; }
    void turn_off(Guard g) { off_[static_cast<std::size_t>(g)] = true; }
    // False where there is no guard of that name.
    bool turn_off(std::string_view name);

  private:
    std::vector<bool> off_ = std::vector<bool>(static_cast<std::size_t>(Guard::Count_));
};

}  // namespace model
