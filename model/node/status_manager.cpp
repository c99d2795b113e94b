#include "model/node/status_manager.hpp"

#include <algorithm>

#include "model/api/server.hpp"
#include "model/wait.hpp"

namespace model::node {

namespace {

bool same(const api::PodStatus& a, const api::PodStatus& b) {
    return status_patch(a, b).is_empty();
}

}  // namespace

StatusManager::StatusManager(control::Client& client, Grid full_sync,
                             std::function<bool(const api::Text& uid)> may_run)
    : client_(client),
      full_sync_(full_sync),
      may_run_(std::move(may_run)),
      asked_(client.engine()) {}

const api::PodStatus* StatusManager::find(const api::Text& uid) const {
    const auto found = told_.find(uid);
    return found == told_.end() ? nullptr : &found->second.status;
}

void StatusManager::ask(const api::Text& uid) { asked_.post(uid); }

void StatusManager::set(const api::Pod& pod, api::PodStatus status) {
    const api::Text& uid = pod.metadata.uid;
    const bool known = told_.contains(uid);
    Told& told = told_[uid];
    if (known && same(told.status, status)) {
        // A pod that is being deleted is looked at all the same: its object may have to go.
        if (!pod.metadata.terminating() || told.version != told.written) return;
    }
    told.pod = pod.key();
    told.status = std::move(status);
    ++told.version;
    ask(uid);
}

void StatusManager::finish(const api::Pod& pod, bool ends_phase) {
    const api::Text& uid = pod.metadata.uid;
    const bool known = told_.contains(uid);
    Told& told = told_[uid];
    if (!known) {
        told.pod = pod.key();
        told.status = pod.status;
    }
    if (ends_phase) told.status = terminated(std::move(told.status));
    told.finished = true;
    ++told.version;
    ask(uid);
}

void StatusManager::reconcile(const api::Pod& on_server) {
    const auto found = told_.find(on_server.metadata.uid);
    if (found == told_.end() || found->second.version != found->second.written) return;
    const Told& told = found->second;
    const api::PodStatus wanted =
        merged(on_server.status, told.status, may_run_(on_server.metadata.uid));
    const bool deletable = told.finished && on_server.metadata.terminating();
    if (same(on_server.status, wanted) && !deletable) return;
    retry_later(on_server.metadata.uid);
}

void StatusManager::retry_later(api::Text uid) {
    if (failed_.contains(uid)) return;
    const sim::Time at = full_sync_.after(client_.engine().now());
    failed_[uid] = at;
    client_.engine().call_at(at, kind_of(Wait::PollGrid), [this, uid, life = life_] {
        if (!life) return;
        failed_.erase(uid);
        if (const auto told = told_.find(uid); told != told_.end()) {
            ++told->second.version;
            ask(uid);
        }
    });
}

sim::Time StatusManager::next_retry() const {
    sim::Time next = sim::kNever;
    for (const auto& [uid, at] : failed_) next = std::min(next, at);
    return next;
}

sim::Task<void> StatusManager::run() {
    for (;;) {
        api::Text uid = co_await asked_.receive(kind_of(Wait::WorkQueue), "a pod's status");
        auto writing = write(uid);
        const bool done = co_await std::move(writing);
        if (!done) retry_later(uid);
    }
}

// False where it has to be tried again.
sim::Task<bool> StatusManager::write(api::Text uid) {
    const auto before = told_.find(uid);
    if (before == told_.end() || before->second.version == before->second.written) co_return true;
    const Told told = before->second;
    auto reading = client_.get<api::Pod>(told.pod);
    const api::Result<api::Ref<api::Pod>> answer = co_await std::move(reading);
    if (!answer) {
        if (!answer.error().is(api::Reason::NotFound)) co_return false;
        co_return true;  // the pod's removal is heard of by the watch
    }
    api::Ref<api::Pod> pod = *answer;
    if (pod->metadata.uid != uid) {
        told_.erase(uid);
        co_return true;
    }
    const api::PodStatus wanted = merged(pod->status, told.status, may_run_(uid));
    api::Value patch = status_patch(pod->status, wanted);
    if (!patch.is_empty()) {
        api::Value body;
        body["metadata"]["uid"] = uid;
        body["status"] = std::move(patch);
        auto writing = client_.patch<api::Pod>(told.pod, std::move(body), api::PatchType::Strategic,
                                               api::Subresource::Status);
        const api::Result<api::Ref<api::Pod>> written = co_await std::move(writing);
        if (!written) co_return written.error().is(api::Reason::NotFound);
        pod = *written;
    }
    const auto now = told_.find(uid);
    if (now == told_.end()) co_return true;
    now->second.written = told.version;
    if (!told.finished || !pod->metadata.terminating()) co_return true;
    api::DeleteOptions options;
    options.gracePeriodSeconds = 0;
    options.uid = uid;
    auto deleting = client_.remove(api::Kind::Pod, told.pod, std::move(options));
    const api::Response gone = co_await std::move(deleting);
    if (!gone.status.ok()) co_return gone.status.is(api::Reason::NotFound);
    told_.erase(uid);
    co_return true;
}

}  // namespace model::node
