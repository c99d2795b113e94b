#include "model/workload/quota_controller.hpp"

#include "model/api/admission.hpp"

namespace model::workload {

namespace {
constexpr int kWorkers = 5;  // --concurrent-resource-quota-syncs

// Kinds whose deletion or change of size gives room in a quota.
constexpr api::Kind kCounted[] = {api::Kind::PersistentVolumeClaim, api::Kind::Pod};
}  // namespace

class QuotaController::Heard : public api::ObjectReader {
  public:
    explicit Heard(control::Process& process) : process_(process) {}
    api::ObjectRef find(api::Kind kind, const api::Key& key) const override {
        return process_.informer(kind).get(key);
    }
    void for_each(api::Kind kind, std::string_view ns,
                  const std::function<void(const api::ObjectRef&)>& visit) const override {
        process_.informer(kind).for_each([&](const api::ObjectRef& o) {
            if (ns.empty() || o->metadata.ns == ns) visit(o);
        });
    }
    const api::Scheme& scheme() const override {
        const api::Server& server = process_.server();
        return server.scheme();
    }

  private:
    control::Process& process_;
};

QuotaController::QuotaController(control::Process& process, control::Client& client,
                                 const Profile& profile)
    : process_(process),
      client_(client),
      profile_(profile),
      quotas_(process.informer(api::Kind::ResourceQuota)),
      queue_(process.engine(), process.journal(), kClientName) {
    quotas_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (!after) return;
        const auto old = api::as<api::ResourceQuota>(before);
        const auto now = api::as<api::ResourceQuota>(after);
        if (old && old->spec.hard == now->spec.hard) return;  // its own write of the status
        queue_.add(after->key());
    });
    for (api::Kind kind : kCounted)
        process.informer(kind).add_handler(
            [this](const api::ObjectRef& before, const api::ObjectRef& after) {
                if (before && !after) replenish(*before);
            });
}

void QuotaController::start() {
    for (int i = 0; i < kWorkers; ++i)
        process_.spawn_worker(
            queue_, [this](control::WorkQueue::Item item) { return sync(std::move(item)); });
}

void QuotaController::replenish(const api::Object& deleted) {
    quotas_.for_each([&](const api::ObjectRef& quota) {
        if (quota->metadata.ns == deleted.metadata.ns) queue_.add(quota->key());
    });
}

sim::Task<api::Status> QuotaController::sync(control::WorkQueue::Item item) {
    const api::Ref<api::ResourceQuota> quota = quotas_.get<api::ResourceQuota>(item.key);
    if (!quota) {
        queue_.forget(item.key);
        co_return api::Status();
    }
    api::ResourceQuota next = *quota;
    const Heard heard(process_);
    next.status = api::quota_status(*quota, heard, profile_);
    if (next.status == quota->status) {
        queue_.forget(item.key);
        co_return api::Status();
    }
    auto updating = client_.update(std::move(next), api::Subresource::Status);
    api::Result<api::Ref<api::ResourceQuota>> updated = co_await std::move(updating);
    if (updated.ok() || updated.error().is(api::Reason::NotFound)) {
        queue_.forget(item.key);
        co_return api::Status();
    }
    queue_.add_rate_limited(item.key);
    co_return updated.error();
}

}  // namespace model::workload
