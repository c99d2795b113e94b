#include "model/guards.hpp"

#include <algorithm>

namespace model {

const std::vector<GuardName>& guard_names() {
    static const std::vector<GuardName> all = {
        {"missing-claim-lookup", Guard::MissingClaimLookup, "D3",
         "before a volume is released, a claim that the PersistentVolume controller does not know "
         "is asked of its informer and of the server"},
        {"renewed-claim-lookup", Guard::RenewedClaimLookup, "D2",
         "a claim known under another uid than the volume's is asked of the server"},
        {"live-pods-lookup", Guard::LivePodsLookup, "D5",
         "before a claim loses its protection, the server is asked for the pods"},
        {"force-only-unhealthy", Guard::ForceOnlyUnhealthy, "A3",
         "after six minutes a volume is taken only from a node that is not healthy"},
        {"attachment-scan", Guard::AttachmentScan, "A6",
         "the attach/detach controller looks at all VolumeAttachments when it starts"},
        {"attachments-count", Guard::AttachmentsCount, "B1",
         "the scheduler counts a node's VolumeAttachments against its limit"},
        {"unregistered-is-transient", Guard::UnregisteredIsTransient, "C2",
         "a kubelet that has lost a driver's registration draws no conclusion from it"},
        {"terminating-claim-check", Guard::TerminatingClaimCheck, "D6",
         "a StatefulSet makes no pod while its claim is being deleted"},
        {"lost-claim-recreation", Guard::LostClaimRecreation, "D6",
         "a StatefulSet makes the missing claims of a pod that is Pending"},
    };
    return all;
}

bool Guards::turn_off(std::string_view name) {
    const auto& all = guard_names();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const GuardName& g) { return g.name == name; });
    if (found == all.end()) return false;
    turn_off(found->guard);
    return true;
}

}  // namespace model
