// NamespaceController: empties a terminating namespace and lets it go.
// Counterpart: pkg/controller/namespace with deletion/namespaced_resources_deleter.go, v1.36. Pods
// go first and must be gone before the rest is deleted (OrderedNamespaceDeletion); what is held by
// finalizers is waited for. Left out: discovery failures.
#pragma once

#include "model/control/process.hpp"
#include "model/profile.hpp"

namespace model::workload {

class NamespaceController : public control::Controller {
  public:
    static constexpr std::string_view kClientName = "namespace-controller";

    NamespaceController(control::Process& process, control::Client& client, const Profile& profile);
    std::string_view name() const override { return kClientName; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;
    sim::Time next_action() const override;

  private:
    struct Remaining {
        std::size_t objects = 0;
        std::map<std::string, std::size_t> by_resource;  // "persistentvolumeclaims." -> count
        std::map<std::string, std::size_t> by_finalizer;
    };
    sim::Task<api::Status> sync(control::WorkQueue::Item item);
    // Deletes what there is of the kinds asked for and counts what stays.
    sim::Task<api::Status> delete_content(api::Text ns, bool pods, Remaining* remaining);
    sim::Task<api::Status> tell(api::Ref<api::Namespace> ns, Remaining remaining);
    sim::Task<api::Status> finalize(api::Key key);

    control::Process& process_;
    control::Client& client_;
    bool pods_first_;
    control::Informer& namespaces_;
    control::WorkQueue queue_;
    std::map<api::Key, sim::Time>
        pending_;  // terminating namespaces and when they are looked at next
};

}  // namespace model::workload
