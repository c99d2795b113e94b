// What controllers of pods share: which pods belong to which owner, how a pod is made of a
// template, how orphans are adopted and strangers let go. Counterparts:
// pkg/controller/controller_ref_manager.go and GetPodFromTemplate, IsPodActive of
// pkg/controller/controller_utils.go (1.26 and 1.36 alike).
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "model/api/selector.hpp"
#include "model/control/informer.hpp"
#include "model/control/work_queue.hpp"

namespace model::workload {

// The owner that controls the object; null where nobody does.
const api::OwnerReference* controller_of(const api::ObjectMeta& meta);
api::OwnerReference controller_ref(const api::Object& owner, const api::KindInfo& info);
api::Value to_value(const api::OwnerReference& owner);

// The owner of that kind that controls the pod, as the cache has it; null where there is none, or
// another one of its name.
api::ObjectRef owner_in(const control::Informer& owners, std::string_view kind,
                        const api::ObjectRef& pod);
// The pod has become an orphan, or other labels: whoever selects it is queued, and may adopt it.
void queue_who_may_adopt(const control::Informer& owners, control::WorkQueue& queue,
                         const api::ObjectRef& before, const api::ObjectRef& after);
// When the queue hands out a key of one of these next; kNever where none waits.
sim::Time next_due(const control::Informer& owners, const control::WorkQueue& queue);
// A key whose sync failed comes again after a backoff.
void settle(control::WorkQueue& queue, const api::Key& key, const api::Status& status);

api::LabelSelector selector_of(const api::Value& selector);
// No deletion was asked for and it has not ended.
bool is_active(const api::Pod& pod);
bool is_running_and_ready(const api::Pod& pod);
// Ready since so many seconds.
bool is_available(const api::Pod& pod, std::int64_t min_ready_seconds, api::Timestamp now);

// A Pod manifest of the template's metadata and spec, controlled by the owner.
api::Value pod_from_template(const api::Value& pod_template, const api::Object& owner,
                             const api::KindInfo& info);

// Pods by the uid of the controller that owns them, and orphans by their namespace. In the order of
// keys.
class PodsOfOwners {
  public:
    explicit PodsOfOwners(control::Informer& pods);  // call before it starts
    PodsOfOwners(const PodsOfOwners&) = delete;
    PodsOfOwners& operator=(const PodsOfOwners&) = delete;
    std::vector<api::Ref<api::Pod>> of(const api::Text& uid) const;
    std::vector<api::Ref<api::Pod>> orphans(const api::Text& ns) const;

  private:
    std::vector<api::Ref<api::Pod>> find(const std::vector<api::Key>& keys) const;
    control::Informer& pods_;
    std::map<api::Text, std::vector<api::Key>> by_owner_, orphans_;
};

struct Claiming {
    api::ObjectRef owner;
    api::LabelSelector selector;
    std::function<bool(const api::Pod&)> may_belong;  // beside the labels; null: all
    Claiming() = default;
};
struct Claimed {
    std::vector<api::Ref<api::Pod>> pods;
    api::Status status;
    Claimed() = default;
};
// The owner's pods: those of its that match, without those that do not (they are let go), with
// orphans that do (they are adopted, once a live read shows that the owner is not being deleted).
sim::Task<Claimed> claim_pods(control::Client& client, const PodsOfOwners& index, Claiming how);

}  // namespace model::workload
