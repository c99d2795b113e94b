// PvcProtection: keeps the finalizer kubernetes.io/pvc-protection on claims, and takes it from a
// terminating one once no scheduled pod names it. Counterpart: pkg/controller/volume/pvcprotection
// (v1.36). No events; retries 5 ms x 2^n. Pods are asked for in the informer first, whose yes is
// trusted, then by a live list. Since 1.32 keys are gathered by namespace and a batch shares one
// list; before, each claim had its own.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "model/control/process.hpp"
#include "model/profile.hpp"
#include "model/volume/pods_of_claims.hpp"
#include "sim/mailbox.hpp"

namespace model::volume {

// Whether the pod keeps the claim from being deleted: it has a node (a pod that nobody runs yet can
// hold nothing; in which phase it is does not count), and names the claim, directly or as its own
// ephemeral one before it was shut down.
bool keeps_from_deletion(const api::Pod& pod, const api::PersistentVolumeClaim& claim);
// Whether it counts for the condition Unused (gate PersistentVolumeClaimUnusedSinceTime): scheduled
// or not, but not ended.
bool counts_as_user(const api::Pod& pod, const api::PersistentVolumeClaim& claim);

class PvcProtection final : public control::Controller {
  public:
    PvcProtection(control::Process& process, control::Client& client);
    std::string_view name() const override { return "pvc-protection-controller"; }
    void start() override;
    std::string explain(api::Kind kind, const api::Key& key) const override;

  private:
    using Uses = bool (*)(const api::Pod&, const api::PersistentVolumeClaim&);
    // The live list of a batch, made when first needed.
    struct LivePods {
        std::optional<std::vector<api::ObjectRef>> pods;
    };
    // Keys of one namespace, in the order in which they came.
    using Batch = std::vector<control::WorkQueue::Item>;

    void on_claim(const api::ObjectRef& after);
    void on_pod(const api::ObjectRef& before, const api::ObjectRef& after);
    void enqueue_claims_of(const api::Pod& pod, bool deleted);
    sim::Task<api::Status> work(control::WorkQueue::Item item);
    sim::Task<void> gather();
    sim::Task<void> work_on_batches();
    sim::Task<api::Status> sync_and_requeue(api::Key key, LivePods& live);
    sim::Task<api::Status> sync(api::Key key, LivePods& live);
    sim::Task<api::Result<bool>> is_used(api::Ref<api::PersistentVolumeClaim> claim, Uses uses,
                                         LivePods& live);
    sim::Task<api::Status> tell_use(api::Ref<api::PersistentVolumeClaim> claim, LivePods& live);
    sim::Task<api::Status> save(api::PersistentVolumeClaim next, api::Subresource part);
    bool tells_use() const;
    std::uint64_t engine_event() const;

    control::Process& process_;
    control::Client& client_;
    control::Informer& claims_;
    PodsOfClaims pods_;
    control::WorkQueue queue_;
    std::map<api::Text, Batch> batches_;
    sim::Mailbox<api::Text> namespaces_;  // with a batch, in the order in which they got it
};

}  // namespace model::volume
