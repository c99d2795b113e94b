// Attacher: the controller's operations on volumes: attach, detach, and the look whether what is
// attached is so still. Each runs in an actor of its own. Counterparts: pkg/volume/util/
// operationexecutor (GenerateAttachVolumeFunc, GenerateDetachVolumeFunc, VerifyVolumesAreAttached)
// and pkg/volume/csi/csi_attacher.go (v1.36). iscsi and fc have nothing to do on this side.
#pragma once

#include <string>

#include "model/attachdetach/attachment_wait.hpp"
#include "model/attachdetach/world.hpp"
#include "model/control/process.hpp"

namespace model::attachdetach {

// How the error of an operation begins for which no external attacher did anything in 2 min.
inline constexpr std::string_view kTimedOut = "timed out waiting for external-attacher";

class Attacher {
  public:
    using Start = PendingOperations::Start;
    Attacher(control::Process& process, control::Client& client, control::EventRecorder& recorder,
             const VolumeResolver& resolver, World& world, const Profile& profile);

    // Of a desired volume.
    Start attach(const VolumeOnNode& where);
    // Errors: refused as above, or the volume's name says not how to detach it (nothing is started
    // then).
    std::optional<Start> detach(const VolumeOnNode& where, const SpecRef& spec, bool verify_safe);
    // Looks at all that count as attached; what is not any more is marked as detached.
    void verify();
    // "AttachVolume.Attach failed for volume "pv" : why", to all pods that want it there.
    void tell(const DesiredState::Entry& entry, control::EventType type, const std::string& prefix,
              const std::string& suffix);

    // When the operation on it looks again or gives up; kNever where none waits.
    sim::Time next_look(const VolumeOnNode& where) const;

  private:
    struct Target {
        VolumeOnNode where;
        SpecRef spec;
        OperationKey key;
        DesiredState::Entry wanted;  // as it was when the operation began
        sim::Time started;
        Target() = default;
    };
    sim::Task<void> run_attach(Target target);
    sim::Task<void> run_detach(Target target, bool verify_safe, std::string name);
    sim::Task<std::string> attach_csi(SpecRef spec, api::Text node);
    // `name`: of the volume without its plugin.
    sim::Task<std::string> detach_csi(std::string name, api::Text node);
    sim::Task<std::string> verify_safe_to_detach(VolumeOnNode where);
    sim::Task<void> verify_live(std::vector<VolumeOnNode> pairs);
    void end(const Target& target, Operation what, bool ok);

    control::Process& process_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    const VolumeResolver& resolver_;
    World& world_;
    const Profile& profile_;
    control::Informer& attachments_;
    AttachmentWaits waits_;
};

}  // namespace model::attachdetach
