// What wakes the scheduler: its cache and its queue follow the informers. Counterpart:
// eventhandlers.go. Pods that have ended are not seen at all, since upstream's informer leaves them
// out.
#include "model/scheduler/node_filters.hpp"
#include "model/scheduler/scheduler.hpp"

namespace model::scheduler {

namespace {

api::Ref<api::Pod> visible(const api::ObjectRef& o) {
    api::Ref<api::Pod> pod = api::as<api::Pod>(o);
    if (pod && (pod->status.phase == "Succeeded" || pod->status.phase == "Failed")) return {};
    return pod;
}

api::Ref<api::Pod> placed(const api::Ref<api::Pod>& pod) {
    return pod && !pod->spec.nodeName.empty() ? pod : api::Ref<api::Pod>();
}

api::Ref<api::Pod> waiting(const api::Ref<api::Pod>& pod) {
    const bool ours =
        pod && (pod->spec.schedulerName.empty() || pod->spec.schedulerName == "default-scheduler");
    return ours && pod->spec.nodeName.empty() ? pod : api::Ref<api::Pod>();
}

}  // namespace

void Scheduler::add_handlers() {
    informers_.pods.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_pod(before, after);
    });
    informers_.nodes.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        on_node(api::as<api::Node>(before), api::as<api::Node>(after));
    });
    const auto follow = [this](control::Informer& informer, Resource resource) {
        informer.add_handler(
            [this, resource](const api::ObjectRef& before, const api::ObjectRef& after) {
                on_storage(resource, before, after);
            });
    };
    follow(informers_.volumes, Resource::PersistentVolume);
    follow(informers_.claims, Resource::PersistentVolumeClaim);
    follow(informers_.classes, Resource::StorageClass);
    follow(informers_.csi_nodes, Resource::CSINode);
    follow(informers_.csi_drivers, Resource::CSIDriver);
    follow(informers_.capacities, Resource::CSIStorageCapacity);
    follow(informers_.attachments, Resource::VolumeAttachment);
}

void Scheduler::on_pod(const api::ObjectRef& before, const api::ObjectRef& after) {
    const api::Ref<api::Pod> was = visible(before), is = visible(after);
    on_placed_pod(placed(was), placed(is));
    on_waiting_pod(waiting(was), waiting(is));
}

void Scheduler::on_placed_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& after) {
    if (!before && !after) return;
    if (!after) {
        cache_.remove_pod(before->metadata.uid);
        return queue_.move(ClusterEvent(Resource::Pod, action::kDelete, before));
    }
    if (before && before->metadata.uid != after->metadata.uid)
        cache_.remove_pod(before->metadata.uid);
    placement_.drop_nomination(after->metadata.uid);
    cache_.put_pod(make_pod_info(after));
    // A pod that came wakes those only that wait for pods like it.
    const ClusterEvent event(Resource::Pod, before ? action::kOther : action::kAdd, before, after);
    queue_.move_by_terms(event, [&](const PodInfo& pod) {
        const QueuedPod* entry = queue_.find(pod.key());
        const bool spreads = queue_.uses_hints() && entry &&
                             entry->rejected_by.has(Plugin::PodTopologySpread) &&
                             pod.pod->metadata.ns == after->metadata.ns;
        return spreads || rules_.concerns_terms(pod, *after);
    });
}

void Scheduler::on_waiting_pod(const api::Ref<api::Pod>& before, const api::Ref<api::Pod>& after) {
    if (!before && !after) return;
    const bool replaced = before && after && before->metadata.uid != after->metadata.uid;
    if (before && (!after || replaced)) {
        queue_.remove(*before);
        repeating_.erase(before->key());
        const bool held_a_place = !placement_.nominated_node_of(before->metadata.uid).empty();
        placement_.drop_nomination(before->metadata.uid);
        // Others may have what it was nominated for.
        if (held_a_place && queue_.uses_hints())
            queue_.move(ClusterEvent(Resource::Pod, action::kDelete, before));
    }
    if (!after || cache_.is_assumed(after->metadata.uid)) return;
    const PodRef pod = make_pod_info(after);
    // What another process, or this one, has nominated it for.
    if (!after->status.nominatedNodeName.empty()) {
        placement_.nominate(pod, after->status.nominatedNodeName);
    } else if (before && !replaced && !before->status.nominatedNodeName.empty()) {
        placement_.drop_nomination(after->metadata.uid);
    }
    if (!before || replaced) return queue_.add(pod);
    queue_.update(before, pod);
}

void Scheduler::on_node(const api::Ref<api::Node>& before, const api::Ref<api::Node>& after) {
    if (!after) {
        cache_.remove_node(before->metadata.name);
        if (queue_.uses_hints()) queue_.move(ClusterEvent(Resource::Node, action::kDelete, before));
        return;
    }
    cache_.put_node(after);
    unsigned changes = action::kAdd;
    if (before) {
        changes = node_changes(*before, *after);
        if (changes == 0) return;  // a heartbeat
    }
    const ClusterEvent event(Resource::Node, changes, before, after);
    if (queue_.uses_hints()) return queue_.move(event);
    const NodeInfo& node = *cache_.find(after->metadata.name);
    queue_.move(event, [&](const PodInfo& pod) { return might_run_on(pod, node, release_); });
}

// What the cache keeps of a node beside its Node and pods.
void Scheduler::follow_node_volumes(const api::ObjectRef& before, const api::ObjectRef& after) {
    const auto node_of = [](const api::VolumeAttachment& va) { return va.spec.nodeName; };
    if (const auto old = api::as<api::VolumeAttachment>(before))
        cache_.remove_attachment(node_of(*old), old->metadata.name);
    if (const auto now = api::as<api::VolumeAttachment>(after))
        cache_.put_attachment(node_of(*now), now->metadata.name);
    if (const auto now = api::as<api::CSINode>(after)) {
        std::optional<std::int64_t> least;
        for (const api::CSINodeDriver& d : now->spec.drivers)
            if (d.allocatable && d.allocatable->count)
                least = std::min(least.value_or(*d.allocatable->count), *d.allocatable->count);
        cache_.set_least_limit(now->metadata.name, least);
    } else if (const auto old = api::as<api::CSINode>(before)) {
        cache_.set_least_limit(old->metadata.name, std::nullopt);
    }
}

void Scheduler::on_storage(Resource resource, const api::ObjectRef& before,
                           const api::ObjectRef& after) {
    const unsigned what = !before ? action::kAdd : !after ? action::kDelete : action::kOther;
    follow_node_volumes(before, after);
    // Nobody has registered for the end of these.
    if (what == action::kDelete && resource != Resource::VolumeAttachment) return;
    if (resource == Resource::StorageClass && !before && !queue_.uses_hints()) {
        const auto& mode = static_cast<const api::StorageClass&>(*after).volumeBindingMode;
        if (mode != api::Text(api::mode::kWaitForFirstConsumer)) return;
    }
    queue_.move(ClusterEvent(resource, what, before, after));
}

}  // namespace model::scheduler
