// CsiAttacher: one VolumeAttachment becomes ControllerPublishVolume, its deletion
// ControllerUnpublishVolume, with the writes before and after each in upstream's order. When a key
// is tried again is the attach controller's part. Counterpart: external-attacher
// pkg/controller/csi_handler.go and util.go. In-tree volumes are attached as the driver that has
// taken them over sees them. Left out: the repair of their handles when lists are compared.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "model/control/process.hpp"
#include "model/csi/endpoint.hpp"
#include "model/profile.hpp"
#include "model/sidecar/driver_connection.hpp"

namespace model::sidecar {

using Attachment = api::VolumeAttachment;

// "external-attacher/lab-csi-example-com".
std::string attacher_finalizer(std::string_view driver);
// The one mode for all that a volume may be used with.
api::Result<csi::AccessMode> attach_mode(const api::List<api::Text>& modes,
                                         bool single_node_multi_writer);
api::Result<csi::VolumeCapability> capability_of(const api::PersistentVolumeSpec& volume,
                                                 const std::string& default_fstype,
                                                 bool single_node_multi_writer);

class CsiAttacher {
  public:
    CsiAttacher(control::Process& process, control::Client& client, csi::Endpoint& endpoint,
                DriverCapabilities capabilities, AttacherOptions options, const Profile& profile);

    sim::Task<api::Status> sync(api::Ref<Attachment> attachment);
    // The finalizer of a volume that is being deleted goes once nothing attaches it.
    sim::Task<api::Status> sync_volume(api::Ref<api::PersistentVolume> volume);
    bool is_to_release(const api::PersistentVolume& volume) const;
    // Where the driver's list says otherwise than the object's status: these are attached or
    // detached once more at their next sync. Counterpart: ReconcileVA.
    sim::Task<std::vector<api::Key>> find_differing();
    bool can_list() const;

    const std::string& driver() const { return capabilities_.driver; }

  private:
    // How an attempt ended, and the version of the object to tell it on.
    struct Attempt {
        api::Ref<Attachment> attachment;
        std::string error;              // "": it worked
        std::optional<csi::Code> code;  // where the error is the driver's
        api::TextMap publish_context;
        Attempt() = default;
    };

    sim::Task<api::Status> sync_attach(api::Ref<Attachment> attachment);
    sim::Task<api::Status> sync_detach(api::Ref<Attachment> attachment);
    sim::Task<Attempt> attach(api::Ref<Attachment> attachment);
    sim::Task<Attempt> detach(api::Ref<Attachment> attachment);
    sim::Task<api::Result<csi::ControllerPublishVolumeRequest>> prepare(
        api::Ref<Attachment> attachment);
    sim::Task<api::Result<csi::ControllerUnpublishVolumeRequest>> prepare_detach(
        api::Ref<Attachment> attachment);
    sim::Task<api::Status> claim_volume(api::Ref<api::PersistentVolume> volume);
    sim::Task<api::Result<api::TextMap>> secret(std::optional<api::SecretReference> reference);
    sim::Task<api::Status> mark_attached(api::Ref<Attachment> attachment, api::TextMap context);
    sim::Task<api::Status> mark_detached(api::Ref<Attachment> attachment);
    sim::Task<api::Status> save_error(Attempt failed, bool attaching);
    sim::Task<api::Result<api::Ref<Attachment>>> patch(api::Ref<Attachment> from, Attachment to,
                                                       api::Subresource sub);
    api::Result<api::Ref<api::PersistentVolume>> volume_of(const Attachment& attachment) const;
    api::Result<api::PersistentVolumeSpec> spec_of(const Attachment& attachment) const;
    api::Result<api::Text> node_id(const Attachment& attachment, bool by_annotation) const;
    bool consume_forced(const api::Key& key) { return forced_.erase(key) != 0; }
    bool has(csi::ControllerCapability c) const { return capabilities_.controller.has(c); }

    control::Client& client_;
    csi::Endpoint& endpoint_;
    DriverCapabilities capabilities_;
    AttacherOptions options_;
    Profile profile_;
    std::string finalizer_;
    control::Informer& attachments_;
    control::Informer& volumes_;
    control::Informer& csi_nodes_;
    std::set<api::Key> forced_;
    std::map<api::Text, int> attachments_of_volume_;  // as the cache has them
};

}  // namespace model::sidecar
