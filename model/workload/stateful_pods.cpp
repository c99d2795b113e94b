// What a sync of a StatefulSet does to its pods and their claims.
#include <algorithm>

#include "model/workload/node_conditions.hpp"
#include "model/workload/slow_start.hpp"
#include "model/workload/stateful_set.hpp"

namespace model::workload {

namespace {

bool has_ended(const api::Pod& pod, bool succeeded_too) {
    return pod.status.phase == "Failed" || (succeeded_too && pod.status.phase == "Succeeded");
}

bool is_owned_by(const api::ObjectMeta& meta, const api::Text& uid) {
    for (const api::OwnerReference& o : meta.ownerReferences)
        if (o.uid == uid) return true;
    return false;
}

void disown(api::ObjectMeta& meta, const api::Text& uid) {
    erase_if(meta.ownerReferences, [&](const api::OwnerReference& o) { return o.uid == uid; });
}

void own(api::ObjectMeta& meta, std::string_view version, std::string_view kind,
         const api::Object& owner) {
    if (is_owned_by(meta, owner.metadata.uid)) return;
    api::OwnerReference o;
    o.apiVersion = version;
    o.kind = kind;
    o.name = owner.metadata.name;
    o.uid = owner.metadata.uid;
    meta.ownerReferences.push_back(std::move(o));
}

}  // namespace

sim::Task<api::Status> StatefulSetController::update(Work& work) {
    api::Status result;
    if (!work.set.object->metadata.terminating()) {
        auto processing = process_all(work);
        const Outcome done = co_await std::move(processing);
        result = done.status;
        if (!done.stop && result.ok()) {
            auto ending = end_condemned(work);
            const Outcome ended = co_await std::move(ending);
            result = ended.status;
            if (!ended.stop && result.ok() && !work.set.on_delete) {
                auto rolling = roll(work);
                result = co_await std::move(rolling);
            }
        }
    }
    std::vector<Replica> all = work.replicas;
    all.insert(all.end(), work.condemned.begin(), work.condemned.end());
    auto writing = write_status(work.set, status_of(work, all));
    api::Status written = co_await std::move(writing);
    co_return result.ok() ? written : result;
}

sim::Task<StatefulSetController::Outcome> StatefulSetController::process_all(Work& work) {
    Outcome outcome;
    if (work.set.parallel && profile_.stateful_set_batches) {
        Batches batches;
        batches.count = work.replicas.size();
        batches.actor = "worker of " + work.set.name().str();
        batches.work = [this, &work](std::size_t i) {
            auto one = [](StatefulSetController& self, Work& w,
                          std::size_t index) -> sim::Task<api::Status> {
                auto processing = self.process_replica(w, index);
                const Outcome done = co_await std::move(processing);
                co_return done.status;
            };
            return one(*this, work, i);
        };
        batches.nothing_to_do = [this, &work](std::size_t i) {
            return nothing_to_do(work, work.replicas[i]);
        };
        auto batching = slow_start(process_, std::move(batches));
        BatchResult done = co_await std::move(batching);
        outcome.status = done.status;
        outcome.stop = !done.status.ok();
        co_return outcome;
    }
    for (std::size_t i = 0; i < work.replicas.size(); ++i) {
        auto processing = process_replica(work, i);
        outcome = co_await std::move(processing);
        if (!outcome.status.ok() || (outcome.stop && !work.set.parallel)) co_return outcome;
    }
    outcome.stop = false;
    co_return outcome;
}

// What process_replica would find out without a request.
bool StatefulSetController::nothing_to_do(const Work& work, const Replica& r) const {
    if (!r.pod || has_ended(*r.pod, profile_.stateful_set_waits_for_ended)) return false;
    const bool makes_claims =
        r.pod->status.phase == "Pending" && profile_.stateful_set_waits_for_ended;
    for (const api::Value& t : work.set.claim_templates) {
        const auto claim = claim_of(work, t, r);
        if (makes_claims && (!claim || claim->metadata.terminating())) return false;
        if (claim && !is_owned_rightly(work, r, *claim)) return false;
    }
    return true;
}

// Stop: nothing more can be done for the set before something changes (one after the other).
sim::Task<StatefulSetController::Outcome> StatefulSetController::process_replica(
    Work& work, std::size_t index) {
    Replica& r = work.replicas[index];
    if (r.pod && has_ended(*r.pod, profile_.stateful_set_waits_for_ended)) {
        if (!profile_.stateful_set_waits_for_ended)
            recorder_.record(*work.set.object, control::EventType::Warning, "RecreatingFailedPod",
                             "StatefulSet " + work.set.object->key().to_string() +
                                 " is recreating failed Pod " + r.pod->metadata.name.str());
        api::Status deleted;
        if (!r.pod->metadata.terminating() || !profile_.stateful_set_waits_for_ended) {
            auto deleting = delete_pod(work, r);
            deleted = co_await std::move(deleting);
        }
        if (profile_.stateful_set_waits_for_ended || !deleted.ok())
            co_return Outcome(true, deleted);
        r = new_replica(work, r.ordinal);
    }
    if (!r.pod) {
        if (has_stale_claim(work, r)) co_return Outcome(true, api::Status());
        auto creating = create_pod(work, r);
        api::Status created = co_await std::move(creating);
        co_return Outcome(true, created);
    }
    const api::Pod& pod = *r.pod;
    if (pod.status.phase == "Pending" && profile_.stateful_set_waits_for_ended &&
        profile_.on(Guard::LostClaimRecreation)) {
        auto creating = create_claims(work, r.ordinal);
        api::Status created = co_await std::move(creating);
        if (!created.ok()) co_return Outcome(true, created);
    }
    const bool fine = !pod.metadata.terminating() && is_running_and_ready(pod) &&
                      is_available(pod, work.set.min_ready_seconds, clock());
    if (!fine && !work.set.parallel) co_return Outcome(true, api::Status());
    auto owning = own_claims(work, r);
    api::Status owned = co_await std::move(owning);
    co_return Outcome(!owned.ok(), owned);
}

// Scaling down: from the highest ordinal, and only while all the others are fine.
sim::Task<StatefulSetController::Outcome> StatefulSetController::end_condemned(Work& work) {
    for (Replica& r : work.condemned) {
        auto owning = own_claims(work, r);
        api::Status owned = co_await std::move(owning);
        if (!owned.ok()) co_return Outcome(true, owned);
    }
    for (std::size_t i = work.condemned.size(); i-- > 0;) {
        Replica& r = work.condemned[i];
        if (r.pod->metadata.terminating()) {
            if (!work.set.parallel) co_return Outcome(true, api::Status());
            continue;
        }
        const bool fine = is_running_and_ready(*r.pod) &&
                          is_available(*r.pod, work.set.min_ready_seconds, clock());
        const bool first_bad = work.blocked_by == work.replicas.size() + i;
        if (!fine && !work.set.parallel && !first_bad) co_return Outcome(true, api::Status());
        auto deleting = delete_pod(work, r);
        api::Status deleted = co_await std::move(deleting);
        if (!deleted.ok() || !work.set.parallel) co_return Outcome(true, deleted);
    }
    co_return Outcome();
}

// The pod of the largest ordinal that is not at the update revision goes; it comes back at it.
sim::Task<api::Status> StatefulSetController::roll(Work& work) {
    for (std::size_t i = work.replicas.size(); i-- > 0;) {
        Replica& r = work.replicas[i];
        if (r.ordinal < work.set.partition) break;
        if (!r.pod) continue;
        const bool terminating = r.pod->metadata.terminating();
        if (r.revision != work.revisions.update && !terminating) {
            auto deleting = delete_pod(work, r);
            api::Status deleted = co_await std::move(deleting);
            co_return deleted;
        }
        if (terminating || !is_running_and_ready(*r.pod)) co_return api::Status();
    }
    co_return api::Status();
}

sim::Task<api::Status> StatefulSetController::create_pod(Work& work, Replica& r) {
    const std::string name = work.set.pod_name(r.ordinal);
    auto claiming = create_claims(work, r.ordinal);
    api::Status status = co_await std::move(claiming);
    if (!status.ok()) {
        tell_pod(work.set, "create", name, status);
        co_return status;
    }
    api::Request request;
    request.verb = Verb::Create;
    request.kind = api::Kind::Pod;
    request.key = api::Key(work.set.object->metadata.ns, api::Text(name));
    request.manifest = r.made;
    auto creating = client_.call(std::move(request));
    api::Response answer = co_await std::move(creating);
    if (answer.status.is(api::Reason::AlreadyExists)) co_return answer.status;
    if (answer.status.ok()) {
        r.pod = api::as<api::Pod>(answer.object);
        auto owning = own_claims(work, r);
        api::Status owned = co_await std::move(owning);
        if (!owned.ok()) {
            tell_pod(work.set, "update", name, owned);
            co_return owned;
        }
    }
    tell_pod(work.set, "create", name, answer.status);
    co_return answer.status;
}

sim::Task<api::Status> StatefulSetController::delete_pod(Work& work, Replica& r) {
    const std::string name = r.pod->metadata.name.str();
    auto deleting = client_.remove(api::Kind::Pod, r.pod->key(), api::DeleteOptions());
    api::Response answer = co_await std::move(deleting);
    tell_pod(work.set, "delete", name, answer.status);
    if (answer.status.ok() && answer.object) r.pod = api::as<api::Pod>(answer.object);
    co_return answer.status;
}

sim::Task<api::Status> StatefulSetController::create_claims(const Work& work,
                                                            std::int64_t ordinal) {
    std::string errors;
    int count = 0;
    const auto add = [&](const std::string& text) {
        errors += (errors.empty() ? "" : ", ") + text;
        ++count;
    };
    for (const api::Value& claim : stateful_claims(work.set, ordinal)) {
        const api::Key key(work.set.object->metadata.ns, claim.at({"metadata", "name"})->as_text());
        if (const api::ObjectRef known = claims_.get(key)) {
            if (known->metadata.terminating() && profile_.on(Guard::TerminatingClaimCheck))
                add("pvc " + key.name.str() + " is being deleted");
            continue;
        }
        api::Request request;
        request.verb = Verb::Create;
        request.kind = api::Kind::PersistentVolumeClaim;
        request.key = key;
        request.manifest = claim;
        auto creating = client_.call(std::move(request));
        api::Response answer = co_await std::move(creating);
        if (!answer.status.ok())
            add("failed to create PVC " + key.name.str() + ": " + answer.status.message.str());
        if (answer.status.is(api::Reason::AlreadyExists)) continue;
        const std::string what =
            "Claim " + key.name.str() + (answer.status.ok() ? " Pod " : " for Pod ") +
            work.set.pod_name(ordinal) + " in StatefulSet " + work.set.name().str();
        if (answer.status.ok()) {
            recorder_.record(*work.set.object, control::EventType::Normal, "SuccessfulCreate",
                             "create " + what + " success");
        } else {
            recorder_.record(*work.set.object, control::EventType::Warning, "FailedCreate",
                             "create " + what + " failed error: " + answer.status.message.str());
        }
    }
    if (count == 0) co_return api::Status();
    if (count > 1) errors = "[" + errors + "]";
    co_return api::Status(500, api::Reason::InternalError, errors);
}

bool StatefulSetController::has_stale_claim(const Work& work, const Replica& r) const {
    if (!work.set.deletes_when_scaled) return false;
    const std::string pod = work.set.pod_name(r.ordinal);
    for (const api::Value& t : work.set.claim_templates) {
        const auto claim = claim_of(work, t, r);
        if (!claim) continue;
        for (const api::OwnerReference& o : claim->metadata.ownerReferences)
            if (o.name == pod) return true;  // of a pod that is no more
    }
    return false;
}

api::Ref<api::PersistentVolumeClaim> StatefulSetController::claim_of(const Work& work,
                                                                     const api::Value& made_from,
                                                                     const Replica& r) const {
    return claims_.get<api::PersistentVolumeClaim>(
        api::Key(work.set.object->metadata.ns, work.set.claim_name(made_from, r.ordinal)));
}

StatefulSetController::ClaimOwners StatefulSetController::owners_wanted(const Work& work,
                                                                        const Replica& r) {
    const bool gone = !work.set.in_range(r.ordinal);
    ClaimOwners owners;
    owners.set = work.set.deletes_when_deleted && !(work.set.deletes_when_scaled && gone);
    owners.pod = work.set.deletes_when_scaled && gone;
    return owners;
}

bool StatefulSetController::is_owned_rightly(const Work& work, const Replica& r,
                                             const api::PersistentVolumeClaim& claim) const {
    if (!profile_.on(Gate::StatefulSetAutoDeletePVC)) return true;
    const ClaimOwners wanted = owners_wanted(work, r);
    return is_owned_by(claim.metadata, work.set.object->metadata.uid) == wanted.set &&
           is_owned_by(claim.metadata, r.pod->metadata.uid) == wanted.pod;
}

// The owners of a pod's claims say when they are to go: with the set, with the pod, or never.
sim::Task<api::Status> StatefulSetController::own_claims(const Work& work, const Replica& r) {
    if (!profile_.on(Gate::StatefulSetAutoDeletePVC) || !r.pod) co_return api::Status();
    const ClaimOwners wanted = owners_wanted(work, r);
    for (const api::Value& t : work.set.claim_templates) {
        const auto claim = claim_of(work, t, r);
        if (!claim || is_owned_rightly(work, r, *claim)) continue;
        api::PersistentVolumeClaim next = *claim;
        if (!wanted.set) disown(next.metadata, work.set.object->metadata.uid);
        if (!wanted.pod) disown(next.metadata, r.pod->metadata.uid);
        if (wanted.set) own(next.metadata, "apps/v1", "StatefulSet", *work.set.object);
        if (wanted.pod) own(next.metadata, "v1", "Pod", *r.pod);
        auto updating = client_.update<api::PersistentVolumeClaim>(std::move(next));
        api::Result<api::Ref<api::PersistentVolumeClaim>> updated = co_await std::move(updating);
        if (!updated)
            co_return api::Status(
                updated.error().code, updated.error().reason,
                "could not update claim " + claim->metadata.name.str() +
                    " for delete policy ownerRefs: " + updated.error().message.str());
    }
    co_return api::Status();
}

void StatefulSetController::tell_pod(const StatefulSetView& set, std::string_view verb,
                                     const std::string& pod, const api::Status& status) {
    std::string reason(verb);
    reason[0] = static_cast<char>(reason[0] - 'a' + 'A');
    const std::string what =
        std::string(verb) + " Pod " + pod + " in StatefulSet " + set.name().str();
    if (status.ok()) {
        recorder_.record(*set.object, control::EventType::Normal, "Successful" + reason,
                         what + " successful");
    } else {
        recorder_.record(*set.object, control::EventType::Warning, "Failed" + reason,
                         what + " failed error: " + status.message.str());
    }
}

}  // namespace model::workload
