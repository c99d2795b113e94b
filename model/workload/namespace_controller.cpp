#include "model/workload/namespace_controller.hpp"

#include <algorithm>

namespace model::workload {

using namespace std::chrono_literals;

namespace {

constexpr int kWorkers = 10;
constexpr sim::Duration kGrace = 5s;  // rides out caches of admission
constexpr sim::Duration kEstimate =
    15s;  // of what finalizers hold; looked at again after half of it and a second
constexpr sim::Duration kAgain = kEstimate / 2 + 1s;
constexpr std::string_view kKubernetes = "kubernetes";

api::Condition condition(std::string_view type, bool on, std::string_view reason,
                         std::string message, api::Timestamp now) {
    api::Condition c;
    c.type = type;
    c.status = on ? "True" : "False";
    c.reason = reason;
    c.message = message;
    c.lastTransitionTime = now;
    return c;
}

// "persistentvolumeclaims. has 2 resource instances, pods. has 1 resource instances"
std::string sentence(const std::map<std::string, std::size_t>& counts, std::string_view what) {
    std::string text;
    for (const auto& [name, n] : counts) {
        if (!text.empty()) text += ", ";
        text += name + std::string(what.substr(0, what.find('#'))) + std::to_string(n) +
                std::string(what.substr(what.find('#') + 1));
    }
    return text;
}

}  // namespace

NamespaceController::NamespaceController(control::Process& process, control::Client& client,
                                         const Profile& profile)
    : process_(process),
      client_(client),
      pods_first_(profile.on(Gate::OrderedNamespaceDeletion)),
      namespaces_(process.informer(api::Kind::Namespace)),
      queue_(process.engine(), process.journal(), "namespace-controller",
             control::BackoffLimits(5ms, 60s)) {
    namespaces_.add_handler([this](const api::ObjectRef&, const api::ObjectRef& after) {
        if (!after || !after->metadata.terminating()) return;
        pending_[after->key()] = process_.engine().now() + kGrace;
        queue_.add_after(after->key(), kGrace);
    });
}

void NamespaceController::start() {
    for (int i = 0; i < kWorkers; ++i)
        process_.spawn_worker(
            queue_, [this](control::WorkQueue::Item item) { return sync(std::move(item)); });
}

sim::Task<api::Status> NamespaceController::sync(control::WorkQueue::Item item) {
    const api::Key key = item.key;
    api::Ref<api::Namespace> ns = namespaces_.get<api::Namespace>(key);
    if (!ns || !ns->metadata.terminating() || ns->spec.finalizers.empty()) {
        pending_.erase(key);
        queue_.forget(key);
        co_return api::Status();
    }
    Remaining remaining;
    api::Status status;
    if (pods_first_) {
        auto pods = delete_content(key.name, true, &remaining);
        status = co_await std::move(pods);
    }
    if (status.ok() && remaining.objects == 0) {
        auto rest = delete_content(key.name, false, &remaining);
        status = co_await std::move(rest);
    }
    if (status.ok()) {
        auto telling = tell(ns, remaining);
        status = co_await std::move(telling);
    }
    if (!status.ok()) {
        queue_.add_rate_limited(key);
        pending_[key] = queue_.due(key);
        co_return status;
    }
    queue_.forget(key);
    if (remaining.objects > 0) {
        queue_.add_after(key, kAgain);
        pending_[key] = process_.engine().now() + kAgain;
        co_return api::Status();
    }
    pending_.erase(key);
    auto finalizing = finalize(key);
    status = co_await std::move(finalizing);
    co_return status;
}

sim::Task<api::Status> NamespaceController::delete_content(api::Text ns, bool pods,
                                                           Remaining* remaining) {
    const api::Scheme& scheme = process_.server().scheme();
    for (std::size_t k = 0; k < scheme.size(); ++k) {
        const auto kind = static_cast<api::Kind>(k);
        const api::KindInfo info = scheme.info(kind);
        if (!info.namespaced || (pods && kind != api::Kind::Pod)) continue;
        auto listing = client_.list(kind, ns);
        api::Response before = co_await std::move(listing);
        if (!before.status.ok()) {
            co_return before.status;
        }
        if (before.items.empty()) continue;
        api::DeleteOptions options;
        options.propagationPolicy = "Background";
        auto deleting = client_.remove_all(kind, ns, std::move(options));
        api::Response deleted = co_await std::move(deleting);
        if (!deleted.status.ok()) {
            co_return deleted.status;
        }
        auto again = client_.list(kind, ns);
        api::Response after = co_await std::move(again);
        if (!after.status.ok()) {
            co_return after.status;
        }
        if (after.items.empty()) continue;
        remaining->objects += after.items.size();
        remaining->by_resource[info.resource + "." + info.group] = after.items.size();
        for (const api::ObjectRef& o : after.items)
            for (const api::Text& f : o->metadata.finalizers) ++remaining->by_finalizer[f.str()];
    }
    co_return api::Status();
}

sim::Task<api::Status> NamespaceController::tell(api::Ref<api::Namespace> ns, Remaining remaining) {
    const api::Timestamp now = process_.server().wall_clock();
    api::Namespace next = *ns;
    std::vector<api::Condition> told;
    told.push_back(condition("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
                             "All resources successfully discovered", now));
    told.push_back(condition("NamespaceDeletionGroupVersionParsingFailure", false,
                             "ParsedGroupVersions", "All legacy kube types successfully parsed",
                             now));
    told.push_back(condition("NamespaceDeletionContentFailure", false, "ContentDeleted",
                             "All content successfully deleted, may be waiting on finalization",
                             now));
    const bool some = remaining.objects > 0;
    told.push_back(condition("NamespaceContentRemaining", some,
                             some ? "SomeResourcesRemain" : "ContentRemoved",
                             some ? "Some resources are remaining: " +
                                        sentence(remaining.by_resource, " has # resource instances")
                                  : "All content successfully removed",
                             now));
    const bool held = !remaining.by_finalizer.empty();
    told.push_back(condition("NamespaceFinalizersRemaining", held,
                             held ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                             held ? "Some content in the namespace has finalizers remaining: " +
                                        sentence(remaining.by_finalizer, " in # resource instances")
                                  : "All content-preserving finalizers finished",
                             now));
    for (api::Condition& c : told) {
        auto old = std::find_if(next.status.conditions.begin(), next.status.conditions.end(),
                                [&](const api::Condition& o) { return o.type == c.type; });
        if (old == next.status.conditions.end()) {
            next.status.conditions.push_back(c);
        } else if (old->status != c.status || old->message != c.message) {
            if (old->status == c.status) c.lastTransitionTime = old->lastTransitionTime;
            *old = c;
        }
    }
    if (next.status == ns->status) {
        co_return api::Status();
    }
    auto updating = client_.update(std::move(next), api::Subresource::Status);
    auto updated = co_await std::move(updating);
    co_return updated.ok() || updated.error().is(api::Reason::NotFound) ? api::Status()
                                                                        : updated.error();
}

sim::Task<api::Status> NamespaceController::finalize(api::Key key) {
    auto getting = client_.get<api::Namespace>(key);
    auto live = co_await std::move(getting);
    if (!live.ok()) {
        co_return live.error().is(api::Reason::NotFound) ? api::Status() : live.error();
    }
    api::Namespace next = **live;
    erase_if(next.spec.finalizers, [](const api::Text& f) { return f == kKubernetes; });
    auto updating = client_.update(std::move(next), api::Subresource::Finalize);
    auto updated = co_await std::move(updating);
    if (!updated.ok()) {
        queue_.add_rate_limited(key);
        co_return updated.error();
    }
    co_return api::Status();
}

std::string NamespaceController::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Namespace) return {};
    auto it = pending_.find(key);
    if (it == pending_.end()) return {};
    return "namespace-controller deletes its content and looks again at " +
           sim::seconds_text(it->second);
}

sim::Time NamespaceController::next_action() const {
    sim::Time next = sim::kNever;
    for (const auto& [key, at] : pending_) next = std::min(next, at);
    return next;
}

}  // namespace model::workload
