// The recycler pod: a pod that wipes a volume, watched until it is done. Counterpart:
// pkg/volume/plugins.go NewPersistentVolumeRecyclerPodTemplate,
// util/recyclerclient/recycler_client.go. Its deadline is the kubelet's to keep.
#include <algorithm>

#include "model/volume/persistent_volume_controller.hpp"
#include "sim/mailbox.hpp"

namespace model::volume {

namespace {

constexpr std::string_view kNamespace = "default";

struct DeadlineRule {
    std::int64_t minimum, per_gib;  // seconds
};
constexpr DeadlineRule kNfsDeadline{300, 30}, kHostPathDeadline{60, 30};

std::int64_t deadline(const PV& volume) {
    const DeadlineRule rule = volume.spec.source.nfs ? kNfsDeadline : kHostPathDeadline;
    const std::int64_t gib = storage_capacity(volume).value() / (std::int64_t{1} << 30);
    return std::max(rule.minimum, gib * rule.per_gib);
}

api::Value source_of(const PV& volume) {
    api::Value source;
    if (volume.spec.source.nfs) {
        source["nfs"]["server"] = volume.spec.source.nfs->server;
        source["nfs"]["path"] = volume.spec.source.nfs->path;
    } else if (volume.spec.source.hostPath) {
        source["hostPath"]["path"] = volume.spec.source.hostPath->path;
    }
    return source;
}

api::Value container(const Profile& profile) {
    api::Value c;
    c["name"] = "pv-recycler";
    c["image"] = profile.recycler_image;
    c["command"].push_back("/bin/sh");
    c["args"].push_back("-c");
    c["args"].push_back(profile.recycler_script);
    api::Value mount;
    mount["name"] = "vol";
    mount["mountPath"] = "/scrub";
    c["volumeMounts"].push_back(std::move(mount));
    return c;
}

api::Pod recycler_pod(const PV& volume, const Profile& profile) {
    api::Pod pod;
    pod.metadata.ns = kNamespace;
    pod.metadata.name = "recycler-for-" + volume.metadata.name.str();
    pod.spec.activeDeadlineSeconds = deadline(volume);
    pod.spec.restartPolicy = "Never";
    pod.spec.containers.push_back(container(profile));
    api::Volume v;
    v.name = "vol";
    v.extra = source_of(volume);
    pod.spec.volumes.push_back(std::move(v));
    return pod;
}

// What a watch has told about the pod or its events.
struct Sighting {
    api::ObjectRef before, after;
    Sighting() = default;
    Sighting(api::ObjectRef b, api::ObjectRef a) : before(std::move(b)), after(std::move(a)) {}
};

// "" while the pod has not ended; else how: "ok" or the error.
std::string outcome(const Sighting& seen) {
    if (!seen.after) return "recycler pod was deleted";
    const api::Ref<api::Pod> pod = api::as<api::Pod>(seen.after);
    if (pod->status.phase == "Succeeded") return "ok";
    if (pod->status.phase != api::phase::kFailed) return "";
    return pod->status.message.empty() ? "pod failed, pod.Status.Message unknown"
                                       : pod->status.message.str();
}

}  // namespace

// "" is success. The pod is deleted in any case. One that is there already may be an old one or
// somebody's forgery: it is deleted too, and the volume tried again later.
sim::Task<std::string> PersistentVolumeController::run_recycler_pod(api::Ref<PV> volume) {
    api::Pod pod = recycler_pod(*volume, options_.profile);
    const api::Key key = pod.key();
    const std::string text_key = key.to_string();

    // Watches of its own, for these names only, that begin with what is there: old events are told
    // once more, as upstream.
    sim::Mailbox<Sighting> sightings(engine());
    control::Informer pods(process_.server(), process_.latencies(), api::Kind::Pod,
                           "recycler/pods");
    control::Informer events(process_.server(), process_.latencies(), api::Kind::Event,
                             "recycler/events");
    pods.add_handler([&sightings, key](const api::ObjectRef& before, const api::ObjectRef& after) {
        if ((after ? after : before)->key() == key) sightings.post(Sighting(before, after));
    });
    events.add_handler(
        [&sightings, key](const api::ObjectRef& before, const api::ObjectRef& after) {
            const auto event = api::as<api::Event>(after);
            if (before || !event || event->metadata.ns != key.ns ||
                event->involvedObject.name != key.name)
                return;
            sightings.post(Sighting(before, after));
        });
    pods.start();
    events.start();

    auto creating = client_.create<api::Pod>(std::move(pod));
    api::Result<api::Ref<api::Pod>> created = co_await std::move(creating);
    const api::DeleteOptions options;
    if (!created) {
        if (!created.error().is(api::Reason::AlreadyExists))
            co_return "unexpected error creating recycler pod:  " + created.error().message.str();
        auto removing = client_.remove(api::Kind::Pod, key, options);
        api::Response removed = co_await std::move(removing);
        if (!removed.status.ok())
            co_return "failed to delete old recycler pod " + text_key + ": " +
                removed.status.message.str();
        co_return std::string("old recycler pod found, will retry later");
    }
    std::string ended;
    while (ended.empty()) {
        Sighting seen = co_await sightings.receive(kind_of(Wait::Watch), "the recycler pod");
        if (const auto event = api::as<api::Event>(seen.after)) {
            const auto type =
                event->type == "Warning" ? control::EventType::Warning : control::EventType::Normal;
            recorder_.record(*volume, type, "RecyclerPod", "Recycler pod: " + event->message.str());
        } else {
            ended = outcome(seen);
        }
    }
    auto removing = client_.remove(api::Kind::Pod, key, options);
    api::Response removed = co_await std::move(removing);
    if (ended != "ok") co_return "failed to recycle volume: " + ended;
    if (!removed.status.ok())
        co_return "failed to delete recycler pod: " + removed.status.message.str();
    co_return std::string();
}

}  // namespace model::volume
