#include "model/workload/ephemeral_volume.hpp"

#include <algorithm>

#include "model/workload/owned_pods.hpp"

namespace model::workload {

namespace {

constexpr std::size_t kWorkers = 5;

bool has_ephemeral_volume(const api::Pod& pod) {
    for (const api::Volume& v : pod.spec.volumes)
        if (v.ephemeral) return true;
    return false;
}

void take_texts(const api::Value& metadata, std::string_view part, api::TextMap& into) {
    const api::Value* map = metadata.find(part);
    if (!map) return;  // the template says nothing of them
    for (const auto& member : map->as_map()) into.set(member.first, member.second.as_text());
}

}  // namespace

EphemeralVolumeController::EphemeralVolumeController(control::Process& process,
                                                     control::Client& client,
                                                     control::EventRecorder& recorder)
    : process_(process),
      client_(client),
      recorder_(recorder),
      pods_(process.informer(api::Kind::Pod)),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      pods_of_claims_(pods_),
      queue_(process.engine(), process.journal(), kComponent) {
    pods_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        // Another pod of the same name is a new pod.
        if (after && (!before || before->metadata.uid != after->metadata.uid))
            enqueue(api::as<api::Pod>(after));
    });
    claims_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (after) return;
        for (const api::Ref<api::Pod>& pod : pods_of_claims_.of(before->key())) enqueue(pod);
    });
}

void EphemeralVolumeController::start() {
    process_.spawn_workers(queue_, kWorkers,
                           [this](control::WorkQueue::Item item) { return sync(std::move(item)); });
}

void EphemeralVolumeController::enqueue(const api::Ref<api::Pod>& pod) {
    if (!pod->metadata.terminating() && has_ephemeral_volume(*pod)) queue_.add(pod->key());
}

sim::Task<api::Status> EphemeralVolumeController::sync(control::WorkQueue::Item item) {
    const auto pod = pods_.get<api::Pod>(item.key);
    api::Status status;
    if (pod && !pod->metadata.terminating()) {
        const api::List<api::Volume> volumes = pod->spec.volumes;
        for (const api::Volume& volume : volumes) {
            if (!volume.ephemeral || !volume.ephemeral->volumeClaimTemplate) continue;
            auto handling = handle(pod, volume);
            status = co_await std::move(handling);
            if (status.ok()) continue;
            recorder_.record(*pod, control::EventType::Warning, "FailedBinding",
                             "ephemeral volume " + volume.name.str() + ": " + status.message.str());
            break;
        }
    }
    if (status.ok()) {
        queue_.forget(item.key);
    } else {
        queue_.add_rate_limited(item.key);
    }
    co_return status;
}

sim::Task<api::Status> EphemeralVolumeController::handle(api::Ref<api::Pod> pod,
                                                         api::Volume volume) {
    const api::Key key(pod->metadata.ns, pod->metadata.name.str() + "-" + volume.name.str());
    if (const api::ObjectRef known = claims_.get(key)) {
        const api::OwnerReference* owner = controller_of(known->metadata);
        if (owner && owner->uid == pod->metadata.uid) co_return api::Status();
        co_return api::Status(500, api::Reason::InternalError,
                              "PVC " + key.to_string() + " was not created for pod " +
                                  pod->key().to_string() + " (pod is not owner)");
    }
    api::PersistentVolumeClaim claim;
    claim.metadata.name = key.name;
    claim.metadata.ns = key.ns;
    claim.metadata.ownerReferences.push_back(
        controller_ref(*pod, process_.server().scheme().info(api::Kind::Pod)));
    const api::PersistentVolumeClaimTemplate& t = *volume.ephemeral->volumeClaimTemplate;
    take_texts(t.metadata, "labels", claim.metadata.labels);
    take_texts(t.metadata, "annotations", claim.metadata.annotations);
    claim.spec = t.spec;
    auto creating = client_.create<api::PersistentVolumeClaim>(std::move(claim));
    api::Result<api::Ref<api::PersistentVolumeClaim>> made = co_await std::move(creating);
    if (made.ok()) co_return api::Status();
    co_return api::Status(made.error().code, made.error().reason,
                          "create PVC " + key.name.str() + ": " + made.error().message.str());
}

std::string EphemeralVolumeController::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Pod) return {};
    const sim::Time due = queue_.due(key);
    if (due == sim::kNever) return {};
    return "the claims of its ephemeral volumes are tried again at " + sim::seconds_text(due) + "s";
}

}  // namespace model::workload
