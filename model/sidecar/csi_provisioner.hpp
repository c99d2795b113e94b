// CsiProvisioner: turns one claim into one CreateVolume call and its answer into a volume object,
// and one released volume into DeleteVolume. What is tried again, when, and what is told to users
// is the provision controller's part. Counterpart: external-provisioner
// pkg/controller/controller.go (csiProvisioner). A driver that stands in for an in-tree plugin
// makes and deletes that plugin's volumes too. Left out: node deployment.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/profile.hpp"
#include "model/sidecar/driver_connection.hpp"
#include "model/sidecar/topology_requirement.hpp"

namespace model::sidecar {

// Keeps a claim while others are being made from it.
inline constexpr std::string_view kCloneFinalizer =
    "provisioner.storage.kubernetes.io/cloning-protection";

// Keeps a snapshot while a volume is being made from it.
inline constexpr std::string_view kSnapshotFinalizer =
    "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection";
inline constexpr std::string_view kSnapshotGroup = "snapshot.storage.k8s.io";

// What is known about the driver's work for a claim.
enum class ProvisionState : unsigned char {
    Finished,      // nothing may be running: the claim can be forgotten
    InBackground,  // something may exist: ask until the driver gives a final answer
    NoChange,      // failed before the driver was asked
    Reschedule,    // the scheduler should choose another node
};

struct Provisioned {
    std::optional<PV> volume;  // without one: state and error tell why
    ProvisionState state = ProvisionState::Finished;
    std::string error;
    bool ignored = false;     // somebody else's business
    bool infeasible = false;  // the driver says that the request itself is wrong
    Provisioned() = default;
    Provisioned(ProvisionState s, std::string e) : state(s), error(std::move(e)) {}
};

// Who wants to know of attempts that may have changed what storage is left.
class ProvisionWatcher {
  public:
    virtual ~ProvisionWatcher() = default;
    virtual void provisioned(const Provisioned& made, const api::StorageClass& cls) = 0;
    virtual void removed(const PV& volume) = 0;
};

// The claim's state after CreateVolume failed with this code. Counterpart: checkError.
ProvisionState state_after(csi::Code code, bool may_reschedule);

class CsiProvisioner {
  public:
    CsiProvisioner(control::Process& process, control::Client& client,
                   control::EventRecorder& recorder, csi::Endpoint& endpoint,
                   DriverCapabilities capabilities, ProvisionerOptions options,
                   const Profile& profile, std::string identity);

    // True where the claim's annotations name this driver.
    bool is_for_this_driver(const PVC& claim) const;
    // By a class's provisioner: the driver, or the in-tree plugin that it stands in for.
    bool knows(std::string_view provisioner) const;
    sim::Task<Provisioned> provision(api::Ref<PVC> claim, api::Ref<api::StorageClass> cls,
                                     std::string selected_node);
    // OK, or an error the message of which is told to users.
    sim::Task<api::Status> remove(api::Ref<PV> volume);

    void watch(ProvisionWatcher* watcher) { watcher_ = watcher; }
    const DriverCapabilities& capabilities() const { return capabilities_; }
    // What the driver is doing for a claim or volume.
    std::vector<csi::CallInFlight> in_flight(const PVC& claim) const;
    std::vector<csi::CallInFlight> in_flight(const PV& volume) const;

  private:
    // All that is known before the driver is asked.
    struct Prepared {
        csi::CreateVolumeRequest request;
        PV volume;  // but for what the driver's answer adds
    };
    using Preparation = std::variant<Prepared, Provisioned>;

    sim::Task<Provisioned> attempt(api::Ref<PVC> claim, api::Ref<api::StorageClass> cls,
                                   std::string selected_node);
    sim::Task<api::Status> remove_storage(api::Ref<PV> volume);
    sim::Task<Preparation> prepare(api::Ref<PVC> claim, api::Ref<api::StorageClass> cls,
                                   std::string selected_node);
    std::optional<Provisioned> check_source(const PVC& claim);
    std::string missing_capability(const PVC& claim) const;
    sim::Task<std::optional<Provisioned>> add_source(api::Ref<PVC> claim,
                                                     api::Ref<api::StorageClass> cls,
                                                     csi::CreateVolumeRequest& request);
    sim::Task<api::Result<csi::VolumeContentSource>> clone_source(api::Ref<PVC> claim,
                                                                  api::Ref<api::StorageClass> cls);
    sim::Task<api::Status> protect_source(api::Key source);
    sim::Task<api::Result<csi::VolumeContentSource>> snapshot_source(
        api::Ref<PVC> claim, api::Ref<api::StorageClass> cls, api::Key snapshot);
    std::string why_not_restorable(const PVC& claim, const api::StorageClass& cls,
                                   const api::Value& snapshot, const api::Value& content) const;
    sim::Task<api::Status> protect_snapshot(api::Key snapshot);
    sim::Task<void> release_snapshot(api::Key snapshot);
    std::optional<Provisioned> add_topology(const PVC& claim, const api::StorageClass& cls,
                                            const std::string& selected_node,
                                            csi::CreateVolumeRequest& request);
    sim::Task<api::Status> add_secrets(api::Ref<PVC> claim, api::Ref<api::StorageClass> cls,
                                       Prepared& prepared);
    sim::Task<api::Result<api::TextMap>> credentials(api::SecretReference reference);
    api::Status add_parameters(const PVC& claim, const api::StorageClass& cls,
                               csi::CreateVolumeRequest& request) const;
    sim::Task<std::optional<Provisioned>> add_attributes_class(api::Ref<PVC> claim,
                                                               csi::CreateVolumeRequest& request);
    void begin_volume(const PVC& claim, const api::StorageClass& cls, const std::string& fs_type,
                      const csi::CreateVolumeRequest& request, PV& volume) const;
    void finish_volume(const csi::Volume& made, const csi::CreateVolumeRequest& request,
                       PV& volume) const;
    std::string wrong_answer(const PVC& claim, const csi::CreateVolumeRequest& request,
                             const csi::Volume& made) const;
    sim::Task<std::string> clean_up(csi::CreateVolumeRequest request, csi::Volume made);
    sim::Task<api::TextMap> secrets_for_deletion(api::Ref<PV> volume);
    std::string why_attached(const PV& volume) const;
    sim::Task<Provisioned> as_in_tree(PV made);
    std::string unsupported() const;
    api::Text attributes_class_of(const PVC& claim) const;

    control::Client& client_;
    control::EventRecorder& recorder_;
    csi::Endpoint& endpoint_;
    DriverCapabilities capabilities_;
    ProvisionerOptions options_;
    Profile profile_;
    std::string identity_;
    control::Informer& claims_;
    control::Informer& classes_;
    control::Informer* attachments_ = nullptr;  // where the driver attaches
    std::unique_ptr<TopologyRequirements> topology_;
    ProvisionWatcher* watcher_ = nullptr;
};

}  // namespace model::sidecar
