#include "model/volume/pv_protection.hpp"

#include "model/volume/finalizers.hpp"

namespace model::volume {

namespace {

using api::PersistentVolume;
using api::finalizer::kPVProtection;

bool is_in_use(const PersistentVolume& volume) { return volume.status.phase == api::phase::kBound; }

}  // namespace

PvProtection::PvProtection(control::Process& process, control::Client& client)
    : process_(process),
      client_(client),
      volumes_(process.informer(api::Kind::PersistentVolume)),
      queue_(process.engine(), process.journal(), "pv-protection-controller") {
    volumes_.add_handler([this](const api::ObjectRef&, const api::ObjectRef& after) {
        if (!after) return;
        if (lacks_finalizer(after->metadata, kPVProtection) ||
            waits_for_removal(after->metadata, kPVProtection))
            queue_.add(after->key());
    });
}

void PvProtection::start() {
    process_.spawn_worker(queue_,
                          [this](control::WorkQueue::Item item) { return work(std::move(item)); });
}

sim::Task<api::Status> PvProtection::work(control::WorkQueue::Item item) {
    auto syncing = sync(item.key);
    api::Status result = co_await std::move(syncing);
    if (result.ok()) {
        queue_.forget(item.key);
    } else {
        queue_.add_rate_limited(item.key);
    }
    co_return result;
}

sim::Task<api::Status> PvProtection::sync(api::Key key) {
    const api::Ref<PersistentVolume> volume = volumes_.get<PersistentVolume>(key);
    if (!volume) co_return api::Status();
    PersistentVolume next = *volume;
    if (waits_for_removal(volume->metadata, kPVProtection)) {
        if (is_in_use(*volume)) co_return api::Status();  // the change of its phase comes back here
        next = without_finalizer(*volume, kPVProtection);
    } else if (lacks_finalizer(volume->metadata, kPVProtection)) {
        next = with_finalizer(*volume, kPVProtection);
    } else {
        co_return api::Status();
    }
    auto saving = client_.update<PersistentVolume>(std::move(next), api::Subresource::None);
    api::Result<api::Ref<PersistentVolume>> saved = co_await std::move(saving);
    co_return saved.ok() ? api::Status() : saved.error();
}

std::string PvProtection::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::PersistentVolume) return {};
    const api::Ref<PersistentVolume> volume = volumes_.get<PersistentVolume>(key);
    if (!volume || !waits_for_removal(volume->metadata, kPVProtection)) return {};
    if (is_in_use(*volume)) return "being deleted; kept while it is Bound";
    return "being deleted; its protection is being taken away";
}

}  // namespace model::volume
