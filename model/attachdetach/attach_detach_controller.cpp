#include "model/attachdetach/attach_detach_controller.hpp"

namespace model::attachdetach {

namespace {

constexpr std::string_view kManaged = "volumes.kubernetes.io/controller-managed-attach-detach",
                           kKeepsTerminated = "volumes.kubernetes.io/keep-terminated-pod-volumes";

bool is_attached(const api::ObjectRef& attachment) {
    return attachment && static_cast<const api::VolumeAttachment&>(*attachment).status.attached;
}

}  // namespace

AttachDetachController::AttachDetachController(control::Process& process, control::Client& client,
                                               control::EventRecorder& recorder,
                                               AttachDetachOptions options)
    : process_(process),
      options_(std::move(options)),
      pods_(process.informer(api::Kind::Pod)),
      nodes_(process.informer(api::Kind::Node)),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      volumes_(process.informer(api::Kind::PersistentVolume)),
      csi_nodes_(process.informer(api::Kind::CSINode)),
      csi_drivers_(process.informer(api::Kind::CSIDriver)),
      attachments_(process.informer(api::Kind::VolumeAttachment)),
      resolver_(informers(), options_.profile),
      pod_volumes_(world_, resolver_),
      attacher_(process, client, recorder, resolver_, world_, options_.profile),
      statuses_(process, client, world_),
      reconciler_(process, world_, attacher_, statuses_, options_.profile, options_.reconciler),
      populator_(process, world_, pod_volumes_, options_.populator),
      pods_of_claims_(pods_),
      claim_queue_(process.engine(), process.journal(), "attachdetach-controller/pvcs") {
    using Object = const api::ObjectRef&;
    const auto want_list = [this](Object, Object) {
        if (started_ && pod_volumes_.has_unresolved()) populator_.want_list();
    };
    pods_.add_handler([this](Object before, Object after) { on_pod(before, after); });
    nodes_.add_handler([this](Object before, Object after) { on_node(before, after); });
    attachments_.add_handler([this](Object before, Object after) { on_attachment(before, after); });
    csi_drivers_.add_handler([this](Object, Object) { on_driver(); });
    claims_.add_handler([this](Object, Object after) {
        // One that no pod names would be put down again at once.
        if (started_ && after && !pods_of_claims_.of(after->key()).empty())
            claim_queue_.add(after->key());
    });
    for (control::Informer* i : {&claims_, &volumes_, &nodes_, &csi_nodes_, &csi_drivers_})
        i->add_handler(want_list);
    world_.changed = [this] {
        if (started_) reconciler_.wake();
    };
    pod_volumes_.left_behind = [this] {
        if (started_) populator_.want_removal();
    };
}

VolumeResolver::Informers AttachDetachController::informers() const {
    return {claims_, volumes_, csi_nodes_, csi_drivers_};
}

void AttachDetachController::start() {
    take_actual_state();
    if (options_.profile.on(Guard::AttachmentScan)) take_attachments();
    take_desired_state();
    started_ = true;
    process_.spawn("attachdetach-controller reconciler", reconciler_.run());
    process_.spawn("attachdetach-controller populator", populator_.run());
    process_.spawn_worker(claim_queue_, [this](control::WorkQueue::Item item) {
        return sync_claim(std::move(item));
    });
}

// What the nodes list is taken for attached; of what volume it is, the pods will tell.
void AttachDetachController::take_actual_state() {
    nodes_.for_each([this](const api::ObjectRef& object) {
        const auto& node = static_cast<const api::Node&>(*object);
        for (const api::AttachedVolume& v : node.status.volumesAttached)
            world_.actual.mark_attached({v.name, node.metadata.name}, nullptr, v.devicePath);
        world_.actual.set_in_use(node.metadata.name, node.status.volumesInUse);
        add_node(node);
    });
}

// Whether an attachment is said to be attached does not matter: it is looked at.
void AttachDetachController::take_attachments() {
    attachments_.for_each([this](const api::ObjectRef& object) {
        const auto& attachment = static_cast<const api::VolumeAttachment&>(*object);
        const auto& volume = attachment.spec.source.persistentVolumeName;
        const SpecRef spec = volume ? resolver_.of_volume(*volume) : nullptr;
        if (!spec) return;
        const VolumeOnNode where{spec->unique_name, attachment.spec.nodeName};
        if (world_.actual.state(where) == ActualState::State::Detached)
            world_.actual.mark_uncertain(where, spec);
    });
}

void AttachDetachController::take_desired_state() {
    pods_.for_each([this](const api::ObjectRef& object) {
        const auto pod = api::as<api::Pod>(object);
        pod_volumes_.process(pod);
        for (const api::Volume& v : pod->spec.volumes) {
            const SpecRef spec = resolver_.of_pod_volume(v, *pod);
            if (!spec) continue;
            const VolumeOnNode where{spec->unique_name, pod->spec.nodeName};
            if (world_.actual.state(where) != ActualState::State::Attached) continue;
            const api::Text device = world_.actual.find(where.volume)->device_path;
            world_.actual.mark_attached(where, spec, device);
        }
    });
}

void AttachDetachController::add_node(const api::Node& node) {
    if (!node.metadata.annotations.contains(kManaged)) return;
    const bool keeps = options_.profile.attach_keeps_terminated &&
                       node.metadata.annotations.get(kKeepsTerminated) == "true";
    world_.desired.add_node(node.metadata.name, keeps);
}

void AttachDetachController::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (!started_) return;
    if (after) return pod_volumes_.process(api::as<api::Pod>(after));
    (void)pod_volumes_.remove(api::as<api::Pod>(before));
}

void AttachDetachController::on_node(const api::ObjectRef& before, const api::ObjectRef& after) {
    if (!started_) return;
    const auto node = api::as<api::Node>(after ? after : before);
    const api::Text name = node->metadata.name;
    if (after) {
        add_node(*node);
    } else {
        (void)world_.desired.remove_node(name);  // stays while something is desired there
    }
    world_.actual.set_in_use(name, node->status.volumesInUse);
    if (after && !before) {
        // One that came anew has lost what its status listed.
        world_.actual.need_update(name);
        if (world_.actual.needs_update(name)) reconciler_.wake();
    }
    reconciler_.wake_for(name);
}

void AttachDetachController::on_attachment(const api::ObjectRef& before,
                                           const api::ObjectRef& after) {
    if (started_ && is_attached(before) && !is_attached(after)) reconciler_.want_sync();
}

void AttachDetachController::on_driver() {
    if (!started_) return;
    reconciler_.want_sync();
    populator_.want_removal();
}

sim::Task<api::Status> AttachDetachController::sync_claim(control::WorkQueue::Item item) {
    claim_queue_.forget(item.key);
    const auto claim = claims_.get<api::PersistentVolumeClaim>(item.key);
    if (!claim || claim->status.phase != api::phase::kBound || claim->spec.volumeName.empty())
        co_return api::Status();
    for (const api::Ref<api::Pod>& pod : pods_of_claims_.of(item.key))
        if (!pod_volumes_.is_terminated(*pod)) pod_volumes_.add(pod);
    co_return api::Status();
}

sim::Time AttachDetachController::next_action() const {
    return std::min(reconciler_.next_action(), populator_.next_action());
}

bool AttachDetachController::repeats_only() const {
    return populator_.next_action() == sim::kNever && reconciler_.repeats_only();
}

}  // namespace model::attachdetach
