#include "model/sidecar/attach_controller.hpp"

#include "model/api/codec.hpp"

namespace model::sidecar {

namespace {

bool attaches(const DriverCapabilities& driver) {
    return driver.plugin.has(csi::PluginCapability::ControllerService) &&
           driver.controller.has(csi::ControllerCapability::PublishUnpublishVolume);
}

// A change of the errors alone is the controller's own doing: working on it at once would break the
// backoff. Counterpart: shouldEnqueueVAChange.
bool is_worth_a_sync(const Attachment& before, const Attachment& after) {
    const auto has_error = [](const Attachment& a) {
        return a.status.attachError || a.status.detachError;
    };
    if (!has_error(before) && !has_error(after)) return true;
    Attachment same = after;
    same.status.attachError = before.status.attachError;
    same.status.detachError = before.status.detachError;
    return !api::same_content(before, same);
}

}  // namespace

AttachController::AttachController(control::Process& process, control::Client& client,
                                   csi::Endpoint& endpoint, DriverCapabilities capabilities,
                                   AttacherOptions options, const Profile& profile,
                                   sim::Duration first_reconcile)
    : process_(process),
      client_(client),
      options_(std::move(options)),
      name_(process.name()),
      driver_(capabilities.driver),
      first_reconcile_(first_reconcile),
      attacher_(attaches(capabilities)
                    ? std::make_unique<CsiAttacher>(process, client, endpoint,
                                                    std::move(capabilities), options_, profile)
                    : nullptr),
      attachments_(process.informer(api::Kind::VolumeAttachment)),
      volumes_(process.informer(api::Kind::PersistentVolume)),
      attachment_queue_(process, "csi-attacher/attachments", options_, options_.resync),
      volume_queue_(process, "csi-attacher/volumes", options_, options_.resync) {
    attachments_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_attachment(before, after);
    });
    if (!attacher_) return;
    volumes_.add_handler([this](const api::ObjectRef&, const api::ObjectRef& after) {
        if (after && attacher_->is_to_release(static_cast<const api::PersistentVolume&>(*after)))
            volume_queue_.add(after->key());
    });
}

void AttachController::start() {
    const auto threads = static_cast<std::size_t>(options_.worker_threads);
    attachment_queue_.start(threads,
                            [this](Item item) { return work_on_attachment(std::move(item)); });
    volume_queue_.start(threads, [this](Item item) { return work_on_volume(std::move(item)); });
    if (attacher_ && attacher_->can_list()) process_.spawn(name_ + " reconcile", reconcile());
}

void AttachController::on_attachment(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (!after) {
        const auto& gone = static_cast<const Attachment&>(*before);
        if (const auto& volume = gone.spec.source.persistentVolumeName)
            volume_queue_.add(api::Key(api::Text(), *volume));
        return;
    }
    if (before && !is_worth_a_sync(static_cast<const Attachment&>(*before),
                                   static_cast<const Attachment&>(*after)))
        return;
    attachment_queue_.add(after->key());
}

sim::Task<api::Status> AttachController::work_on_attachment(Item item) {
    const api::Ref<Attachment> attachment = attachments_.get<Attachment>(item.key);
    if (!attachment || attachment->spec.attacher != driver_) {
        attachment_queue_.gone(item.key);
        co_return api::Status();
    }
    auto syncing = attacher_ ? attacher_->sync(attachment) : mark_at_once(attachment);
    const api::Status result = co_await std::move(syncing);
    attachment_queue_.ended(item.key, result);
    co_return result;
}

sim::Task<api::Status> AttachController::work_on_volume(Item item) {
    const auto volume = volumes_.get<api::PersistentVolume>(item.key);
    if (!volume || !attacher_) {
        volume_queue_.gone(item.key);
        co_return api::Status();
    }
    auto syncing = attacher_->sync_volume(volume);
    const api::Status result = co_await std::move(syncing);
    volume_queue_.ended(item.key, result);
    co_return result;
}

// For a driver that does not attach.
sim::Task<api::Status> AttachController::mark_at_once(api::Ref<Attachment> attachment) {
    if (attachment->status.attached) co_return api::Status();
    api::Value body;
    body["status"]["attached"] = true;
    if (attachment->status.attachError) body["status"]["attachError"] = api::Value();
    auto patching = client_.patch<Attachment>(attachment->key(), std::move(body),
                                              api::PatchType::Merge, api::Subresource::Status);
    const api::Result<api::Ref<Attachment>> patched = co_await std::move(patching);
    co_return patched ? api::Status() : patched.error();
}

sim::Task<void> AttachController::reconcile() {
    co_await process_.engine().sleep_for(first_reconcile_, kind_of(Wait::PollGrid));
    for (;;) {
        auto comparing = attacher_->find_differing();
        const std::vector<api::Key> differing = co_await std::move(comparing);
        for (const api::Key& key : differing) attachment_queue_.add(key);
        co_await process_.engine().sleep_for(options_.reconcile_sync, kind_of(Wait::PollGrid));
    }
}

std::string AttachController::explain(api::Kind kind, const api::Key& key) const {
    std::string text;
    if (kind == api::Kind::VolumeAttachment) text = attachment_queue_.explain(key);
    if (kind == api::Kind::PersistentVolume) text = volume_queue_.explain(key);
    return text.empty() ? text : name_ + ": " + text;
}

sim::Time AttachController::next_action() const {
    return std::min(attachment_queue_.next_action(), volume_queue_.next_action());
}

}  // namespace model::sidecar
