// LifecycleRules: the order in which a container orchestrator may call a driver, checked at every
// call; a call out of order is told as Violated. Counterpart: the four life cycles of a volume in
// the CSI specification 1.12 (with and without controller publish, with and without staging). Not
// checked: what the specification makes the driver refuse (a second attachment, another target
// path, a volume that is gone); there the driver's code is the answer.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "model/csi/messages.hpp"
#include "model/csi/profile.hpp"
#include "model/journal.hpp"

namespace model::csi {

// The rules' names, as Violated carries them.
namespace rule {
inline constexpr std::string_view kAttachedFirst =
    "ControllerPublishVolume succeeds before a volume is staged or published on the node";
inline constexpr std::string_view kStagedFirst =
    "NodeStageVolume succeeds before NodePublishVolume";
inline constexpr std::string_view kUnpublishedFirst =
    "every NodeUnpublishVolume succeeds before NodeUnstageVolume";
inline constexpr std::string_view kLeftNodeFirst =
    "a volume leaves its node before ControllerUnpublishVolume";
inline constexpr std::string_view kUnusedFirst = "a volume is in use nowhere when it is deleted";
inline constexpr std::string_view kOnNodeFirst =
    "NodeExpandVolume is for a volume that is staged or published on the node";
inline constexpr std::string_view kOneCall =
    "a caller has one call in flight for a volume and a node";
inline constexpr std::string_view kOffered = "no call is made that the driver does not offer";
}  // namespace rule

class LifecycleRules final : public Listener {
  public:
    // Says of a broken rule that Kubernetes is known to break it so: forced detach.
    using Allow = std::function<bool(std::string_view rule, const CsiCall& call)>;

    // Listens to the journal until destroyed; emits into it.
    explicit LifecycleRules(Journal& journal);
    ~LifecycleRules() override;
    LifecycleRules(const LifecycleRules&) = delete;
    LifecycleRules& operator=(const LifecycleRules&) = delete;

    // Calls of a driver that is not known are not judged. `offered`: see profile.hpp.
    void know(const Text& driver, DriverProfile offered);
    void allow(Allow allow) { allow_ = std::move(allow); }
    // The node was rebooted or is gone: nothing is staged or published there any more.
    void forget_node(const Text& node);

    void on(const Stamp& stamp, const Happening& happening) override;

  private:
    // What was done and whether the caller knows: a success that came after its time-out does not
    // count as one, but what it did is there.
    struct Done {
        bool known = false;
    };
    struct OnNode {
        std::optional<Done> staged;
        std::map<Text, Done> published;  // by target path
        bool empty() const { return !staged && published.empty(); }
    };
    struct State {
        std::map<Text, Done> attached;  // by node
        std::map<Text, OnNode> nodes;
    };
    struct Running {
        Text driver, key;
        bool overlapped = false;  // its caller began another call of the same key meanwhile
    };
    using VolumeKey = std::pair<Text, Text>;         // driver, volume id
    using CallKey = std::pair<Text, std::uint64_t>;  // driver and node part, id

    void begin(const Stamp& stamp, const CsiCall& call);
    void end(const Stamp& stamp, const CsiCall& call);
    void apply(const CsiCall& call);
    void check_one_call(const CsiCall& call);

    void check(const Stamp&, const CsiCall&, const NodeStageVolumeRequest&);
    void check(const Stamp&, const CsiCall&, const NodePublishVolumeRequest&);
    void check(const Stamp&, const CsiCall&, const NodeUnstageVolumeRequest&);
    void check(const Stamp&, const CsiCall&, const NodeExpandVolumeRequest&);
    void check(const Stamp&, const CsiCall&, const ControllerUnpublishVolumeRequest&);
    void check(const Stamp&, const CsiCall&, const DeleteVolumeRequest&);
    template <class R>
    void check(const Stamp&, const CsiCall&, const R&) {}

    void check_attached(const Stamp& stamp, const CsiCall& call, const Text& volume);
    const DriverProfile* profile_of(const CsiCall& call) const;
    State& state_of(const CsiCall& call, const Text& volume) {
        return volumes_[{call.driver, volume}];
    }
    void violated(const Stamp& stamp, const CsiCall& call, std::string_view rule,
                  std::string detail);

    Journal& journal_;
    Allow allow_;
    std::map<Text, DriverProfile> profiles_;
    std::map<VolumeKey, State> volumes_;
    std::map<CallKey, Running> running_;
};

// Whether a driver that reports these capabilities has the call.
bool is_offered(const DriverProfile& offered, Method method);

}  // namespace model::csi
