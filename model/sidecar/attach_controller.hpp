// AttachController: which attachments are worked on and when each is tried again. Counterpart:
// external-attacher pkg/controller/controller.go and trivial_handler.go. Two queues: attachments,
// and volumes that are being deleted. An attachment's own error does not wake it again, so its
// backoff 1 s x 2^n up to 5 min holds. Where the driver does not attach, every attachment counts as
// attached at once. Where the driver tells which nodes a volume is published on, its list is
// compared with the objects each minute.
#pragma once

#include <memory>
#include <string>

#include "model/sidecar/csi_attacher.hpp"
#include "model/sidecar/retried_queue.hpp"

namespace model::sidecar {

class AttachController final : public control::Controller {
  public:
    // `first_reconcile`: after the start.
    AttachController(control::Process& process, control::Client& client, csi::Endpoint& endpoint,
                     DriverCapabilities capabilities, AttacherOptions options,
                     const Profile& profile, sim::Duration first_reconcile);

    std::string_view name() const override { return name_; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    using Item = control::WorkQueue::Item;

    void on_attachment(const api::ObjectRef& before, const api::ObjectRef& after);
    sim::Task<api::Status> work_on_attachment(Item item);
    sim::Task<api::Status> work_on_volume(Item item);
    sim::Task<api::Status> mark_at_once(api::Ref<Attachment> attachment);
    sim::Task<void> reconcile();

    control::Process& process_;
    control::Client& client_;
    AttacherOptions options_;
    std::string name_;  // external-attacher/DRIVER
    std::string driver_;
    sim::Duration first_reconcile_;
    std::unique_ptr<CsiAttacher> attacher_;  // null: the driver does not attach
    control::Informer& attachments_;
    control::Informer& volumes_;
    RetriedQueue attachment_queue_, volume_queue_;
};

}  // namespace model::sidecar
