#include "model/sidecar/cloning_protection.hpp"

#include "model/api/constants.hpp"
#include "model/volume/finalizers.hpp"

namespace model::sidecar {

using namespace std::chrono_literals;

namespace {
constexpr sim::Duration kResync = 15min;  // DefaultResyncPeriod
}

CloningProtection::CloningProtection(control::Process& process, control::Client& client,
                                     const SidecarOptions& options)
    : client_(client),
      claims_(process.informer(api::Kind::PersistentVolumeClaim)),
      queue_(process, "csi-provisioner/clones", options, kResync) {
    claims_.add_handler([this](const api::ObjectRef&, const api::ObjectRef& after) {
        if (after && volume::waits_for_removal(after->metadata, kCloneFinalizer))
            queue_.add(after->key());
    });
}

void CloningProtection::start() {
    queue_.start(1, [this](control::WorkQueue::Item item) { return work(std::move(item)); });
}

sim::Task<api::Status> CloningProtection::work(control::WorkQueue::Item item) {
    const api::Ref<PVC> claim = claims_.get<PVC>(item.key);
    api::Status result;
    if (claim && volume::waits_for_removal(claim->metadata, kCloneFinalizer)) {
        auto syncing = sync(claim);
        result = co_await std::move(syncing);
    }
    queue_.ended(item.key, result);
    co_return result;
}

sim::Task<api::Status> CloningProtection::sync(api::Ref<PVC> claim) {
    std::string why;
    claims_.for_each([&](const api::ObjectRef& object) {
        const auto& other = static_cast<const PVC&>(*object);
        const auto& source = other.spec.dataSource;
        if (why.empty() && source && other.metadata.ns == claim->metadata.ns &&
            source->kind == "PersistentVolumeClaim" && source->name == claim->metadata.name &&
            other.status.phase == api::phase::kPending)
            why = "PVC '" + other.metadata.name.str() +
                  "' is in 'Pending' state, cloning in progress";
    });
    if (!why.empty()) co_return failed(why);
    auto saving = client_.update<PVC>(volume::without_finalizer(*claim, kCloneFinalizer));
    const api::Result<api::Ref<PVC>> saved = co_await std::move(saving);
    const bool fine = saved || saved.error().is(api::Reason::NotFound);
    co_return fine ? api::Status() : saved.error();
}

std::string CloningProtection::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::PersistentVolumeClaim) return {};
    const std::string text = queue_.explain(key);
    return text.empty() ? text : "cloning protection: a pending claim is made from it; " + text;
}

}  // namespace model::sidecar
