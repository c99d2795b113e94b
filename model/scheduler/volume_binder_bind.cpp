// The slow half of binding a pod's volumes: the writes that ask for it, and the wait until others
// have carried it out. Counterpart: binder.go BindPodVolumes, bindAPIUpdate, checkBindings. What
// was written before something failed stays written.
#include <algorithm>

#include "model/scheduler/volume_binder.hpp"

namespace model::scheduler {

using namespace std::chrono_literals;

namespace {

constexpr sim::Duration kLookPeriod = 1s;
constexpr sim::Duration kBindTimeout = 600s;  // bindTimeoutSeconds

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

api::Status failed(std::string text) {
    return api::Status(500, api::Reason::InternalError, "binding volumes: " + std::move(text));
}

}  // namespace

sim::Task<api::Status> VolumeBinder::bind(PodRef pod, api::Text node, PodVolumes volumes) {
    auto writing = write(volumes);
    api::Status written = co_await std::move(writing);
    if (!written.ok()) co_return written;
    auto waiting = wait_until_bound(std::move(pod), std::move(node), std::move(volumes));
    api::Status bound = co_await std::move(waiting);
    co_return bound;
}

sim::Task<api::Status> VolumeBinder::write(PodVolumes& volumes) {
    for (std::size_t i = 0; i < volumes.static_bindings.size(); ++i) {
        auto updating = client_.update<PV>(volumes.static_bindings[i].volume);
        api::Result<api::Ref<PV>> updated = co_await std::move(updating);
        if (!updated) {
            PodVolumes rest = volumes;
            rest.static_bindings.erase(
                rest.static_bindings.begin(),
                rest.static_bindings.begin() + static_cast<std::ptrdiff_t>(i));
            revert(rest);
            co_return updated.error();
        }
        volumes.static_bindings[i].volume = updated.value();
    }
    for (std::size_t i = 0; i < volumes.to_provision.size(); ++i) {
        auto updating = client_.update<PVC>(volumes.to_provision[i]);
        api::Result<api::Ref<PVC>> updated = co_await std::move(updating);
        if (!updated) {
            PodVolumes rest;
            rest.to_provision.assign(volumes.to_provision.begin() + static_cast<std::ptrdiff_t>(i),
                                     volumes.to_provision.end());
            revert(rest);
            co_return updated.error();
        }
        volumes.to_provision[i] = updated.value();
    }
    co_return api::Status();
}

sim::Task<api::Status> VolumeBinder::wait_until_bound(PodRef pod, api::Text node,
                                                      PodVolumes volumes) {
    sim::Engine& engine = process_.engine();
    const auto wait = waits_.emplace(waits_.end(), engine);
    wait->pod = pod->key();
    wait->node = node;
    for (const auto& b : volumes.static_bindings) {
        wait->claims.push_back(b.claim->key());
        wait->volumes.push_back(b.volume->metadata.name);
    }
    for (const api::Ref<PVC>& claim : volumes.to_provision) wait->claims.push_back(claim->key());
    wait->began = engine.now();
    wait->deadline = engine.now() + kBindTimeout;
    const sim::EventId alarm = engine.call_at(wait->deadline, kind_of(model::Wait::Timer),
                                              [life = process_.life(), &signal = wait->signal] {
                                                  if (life) signal.notify_all();
                                              });
    api::Status result;
    for (sim::Time look = wait->began + kLookPeriod;;) {
        co_await engine.sleep_until(look, kind_of(model::Wait::PollGrid));
        if (look >= wait->deadline) {
            result = failed(release_.poll_ends_by_context ? "context deadline exceeded"
                                                          : "timed out waiting for the condition");
            break;
        }
        std::string text;
        const Check found = check(*pod, node, volumes, text);
        if (found == Check::Bound) break;
        if (found == Check::Failed) {
            result = failed(std::move(text));
            break;
        }
        wait->on = std::move(text);
        wait->changed = false;
        while (!wait->changed && engine.now() < wait->deadline)
            co_await wait->signal.wait(kind_of(model::Wait::PollGrid), "volumes being bound");
        const auto passed = (engine.now() - wait->began + kLookPeriod - 1ns) / kLookPeriod;
        look = std::max(look + kLookPeriod, wait->began + passed * kLookPeriod);
    }
    engine.cancel(alarm);
    waits_.erase(wait);
    co_return result;
}

void VolumeBinder::wake(const api::ObjectRef& changed) {
    const api::Key key = changed->key();
    for (Wait& wait : waits_) {
        const bool concerns =
            changed->kind == api::Kind::PersistentVolume
                ? std::find(wait.volumes.begin(), wait.volumes.end(), key.name) !=
                          wait.volumes.end() ||
                      (static_cast<const PV&>(*changed).spec.claimRef &&
                       std::find(
                           wait.claims.begin(), wait.claims.end(),
                           volume::claim_key(*static_cast<const PV&>(*changed).spec.claimRef)) !=
                           wait.claims.end())
            : changed->kind == api::Kind::PersistentVolumeClaim
                ? std::find(wait.claims.begin(), wait.claims.end(), key) != wait.claims.end()
            : changed->kind == api::Kind::Pod ? key == wait.pod
                                              : key.name == wait.node;
        if (!concerns) continue;
        wait.changed = true;
        wait.signal.notify_all();
    }
}

VolumeBinder::Check VolumeBinder::check(const PodInfo& pod, const api::Text& node_name,
                                        const PodVolumes& volumes, std::string& text) const {
    const auto node = informers_.nodes.get<api::Node>(api::Key(api::Text(), node_name));
    if (!node) {
        text = "failed to get node " + in_quotes(node_name) + ": node " + in_quotes(node_name) +
               " not found";
        return Check::Failed;
    }
    const auto known = informers_.pods.get<api::Pod>(pod.key());
    if (!known || known->status.phase == "Succeeded" || known->status.phase == "Failed") {
        text = "pod does not exist any more: pod " + in_quotes(pod.key().name) + " not found";
        return Check::Failed;
    }
    for (const PodVolumes::Binding& binding : volumes.static_bindings)
        if (const Check c = check_binding(binding, *node, text); c != Check::Bound) return c;
    for (const api::Ref<PVC>& claim : volumes.to_provision)
        if (const Check c = check_provisioned(*claim, *node, text); c != Check::Bound) return c;
    return Check::Bound;
}

VolumeBinder::Check VolumeBinder::check_binding(const PodVolumes::Binding& binding,
                                                const api::Node& node, std::string& text) const {
    const api::Key& name = binding.volume->key();
    const api::Ref<PV> v = volumes_.api_object(name);
    const api::Ref<PVC> claim = claims_.api_object(binding.claim->key());
    if (!v || !claim) {
        text = "failed to check binding: could not find " +
               (v ? "pvc " + in_quotes(binding.claim->key().to_string())
                  : "pv " + in_quotes(name.name));
        return Check::Failed;
    }
    text = "claim " + claim->key().to_string() + " to be bound to volume " + name.name.str();
    if (binding.volume->metadata.resourceVersion > v->metadata.resourceVersion) return Check::Wait;
    if (!reaches(*v, node)) {
        text = "pv " + in_quotes(name.name) + " node affinity doesn't match node " +
               in_quotes(node.metadata.name) + ": no matching NodeSelectorTerms";
        return Check::Failed;
    }
    if (!v->spec.claimRef || v->spec.claimRef->uid.empty()) {
        text = "ClaimRef got reset for pv " + in_quotes(name.name);
        return Check::Failed;
    }
    return is_fully_bound(*claim) ? Check::Bound : Check::Wait;
}

VolumeBinder::Check VolumeBinder::check_provisioned(const PVC& written, const api::Node& node,
                                                    std::string& text) const {
    const api::Ref<PVC> claim = claims_.api_object(written.key());
    if (!claim) {
        text = "failed to check provisioning pvc: could not find pvc " +
               in_quotes(written.key().to_string());
        return Check::Failed;
    }
    text = "claim " + claim->key().to_string() + " to be provisioned and bound";
    if (written.metadata.resourceVersion > claim->metadata.resourceVersion) return Check::Wait;
    const api::TextMap& annotations = claim->metadata.annotations;
    if (annotations.empty()) {
        text = "selectedNode annotation reset for PVC " + in_quotes(claim->metadata.name);
        return Check::Failed;
    }
    if (annotations.get(api::annotation::kSelectedNode) != node.metadata.name) {
        text = "provisioning failed for PVC " + in_quotes(claim->metadata.name);
        return Check::Failed;
    }
    if (!claim->spec.volumeName.empty()) {
        const api::Ref<PV> v = volumes_.api_object(api::Key(api::Text(), claim->spec.volumeName));
        if (!v) return Check::Wait;
        if (!reaches(*v, node)) {
            text = "pv " + in_quotes(v->metadata.name) + " node affinity doesn't match node " +
                   in_quotes(node.metadata.name) + ": no matching NodeSelectorTerms";
            return Check::Failed;
        }
    }
    return is_fully_bound(*claim) ? Check::Bound : Check::Wait;
}

sim::Time VolumeBinder::next_look() const {
    sim::Time next = sim::kNever;
    for (const Wait& wait : waits_) next = std::min(next, wait.deadline);
    return next;
}

std::string VolumeBinder::waits_for(const api::Key& pod) const {
    for (const Wait& wait : waits_)
        if (wait.pod == pod)
            return "placed on " + wait.node.str() + ", waits for " +
                   (wait.on.empty() ? "its volumes to be bound" : wait.on) + "; gives up at " +
                   sim::seconds_text(wait.deadline) + "s";
    return {};
}

}  // namespace model::scheduler
