// Each rule holds a write or a call of the provisioner against what was known before it.
#include "model/sidecar/provision_rules.hpp"

#include "model/api/constants.hpp"
#include "model/api/typed.hpp"
#include "model/cluster.hpp"

namespace model::sidecar {

namespace {

constexpr std::string_view kProvisioner = "csi-provisioner";
constexpr std::string_view kStorage = "storage";

const api::Quantity* requested(const api::PersistentVolumeClaim& claim) {
    return claim.spec.resources.requests.find(kStorage);
}

}  // namespace

ProvisionRules::ProvisionRules(Journal& journal) : journal_(journal) { journal_.listen(this); }
ProvisionRules::~ProvisionRules() { journal_.ignore(this); }

void ProvisionRules::violated(const Stamp& stamp, std::string_view rule, std::string detail) {
    Violated v;
    v.invariant = std::string(rule);
    v.detail = std::move(detail);
    journal_.emit(stamp, v);
}

void ProvisionRules::learn(const api::ObjectRef& object) {
    if (const auto claim = api::as<api::PersistentVolumeClaim>(object)) {
        claims_[claim->metadata.uid] = claim->key();
        const api::Quantity* request = requested(*claim);
        if (!request) return;
        const auto [known, fresh] = least_request_.emplace(claim->metadata.uid, *request);
        if (!fresh && *request < known->second) known->second = *request;
    }
    const auto volume = api::as<api::PersistentVolume>(object);
    if (!volume || !volume->spec.source.csi) return;
    const api::CSIPersistentVolumeSource& source = *volume->spec.source.csi;
    Storage& storage = storage_[Handle{source.driver, source.volumeHandle}];
    storage.volumes.insert(volume->metadata.name);
    if (volume->spec.claimRef && !volume->spec.claimRef->uid.empty())
        storage.claims.insert(volume->spec.claimRef->uid);
    if (volume->status.phase == api::phase::kReleased &&
        volume->spec.persistentVolumeReclaimPolicy == api::policy::kDelete)
        storage.releasable = true;
}

void ProvisionRules::on(const Stamp& stamp, const Happening& happening) {
    if (const auto* commit = std::get_if<Committed>(&happening)) on_commit(stamp, *commit);
    const auto* call = std::get_if<CsiCall>(&happening);
    if (call && call->request && call->caller == kProvisioner) on_call(stamp, *call);
}

void ProvisionRules::on_commit(const Stamp& stamp, const Committed& commit) {
    if (commit.change != Change::Deleted) learn(commit.object);
    if (commit.change == Change::Deleted && api::as<api::PersistentVolumeClaim>(commit.object))
        claims_.erase(commit.object->metadata.uid);
    if (commit.by != kProvisioner) return;
    const auto volume = api::as<api::PersistentVolume>(commit.object);
    if (volume && commit.change == Change::Added) check_made(stamp, *volume);
    const bool goes = commit.change == Change::Deleted ||
                      (commit.verb == Verb::Delete && commit.change == Change::Modified);
    if (volume && goes) check_gone(stamp, *volume);
    const auto claim = api::as<api::PersistentVolumeClaim>(commit.object);
    const auto before = api::as<api::PersistentVolumeClaim>(commit.previous);
    if (claim && before && (claim->spec != before->spec || claim->status != before->status))
        violated(stamp, rule::kOnlyAnnotations, claim->key().to_string());
}

void ProvisionRules::check_made(const Stamp& stamp, const api::PersistentVolume& volume) {
    const std::string name = volume.metadata.name.str();
    if (!volume.spec.claimRef || volume.spec.claimRef->uid.empty()) {
        violated(stamp, rule::kReserved, name + " names no claim by its uid");
        return;
    }
    const api::Text& claim = volume.spec.claimRef->uid;
    const auto [first, fresh] = volume_of_claim_.emplace(claim, volume.metadata.name);
    if (!fresh && first->second != volume.metadata.name)
        violated(stamp, rule::kOneVolume,
                 name + " and " + first->second.str() + " are made for the claim " + claim.str());
    const auto least = least_request_.find(claim);
    const api::Quantity* capacity = volume.spec.capacity.find(kStorage);
    if (least != least_request_.end() && (!capacity || *capacity < least->second))
        violated(stamp, rule::kReserved,
                 name + " holds " + (capacity ? capacity->to_string() : "nothing") +
                     ", asked for " + least->second.to_string());
}

void ProvisionRules::check_gone(const Stamp& stamp, const api::PersistentVolume& volume) {
    if (!volume.spec.source.csi) return;
    const api::CSIPersistentVolumeSource& source = *volume.spec.source.csi;
    const auto storage = storage_.find(Handle{source.driver, source.volumeHandle});
    if (storage == storage_.end() || !storage->second.deleted)
        violated(stamp, rule::kStorageFirst,
                 volume.metadata.name.str() + ": " + source.volumeHandle.str() +
                     " was not deleted by " + source.driver.str());
}

void ProvisionRules::on_call(const Stamp& stamp, const CsiCall& call) {
    const auto* remove = std::get_if<csi::DeleteVolumeRequest>(call.request);
    if (!remove) return;
    const auto known = storage_.find(Handle{call.driver, remove->volume_id});
    // What no volume names is its own, to be cleaned up, or belongs to a migrated volume.
    if (known == storage_.end()) return;
    if (call.moment == CsiCall::Moment::Ended && call.outcome && call.outcome->status.ok())
        known->second.deleted = true;
    if (call.moment == CsiCall::Moment::Started && !known->second.releasable)
        violated(stamp, rule::kReleasedFirst,
                 remove->volume_id.str() + " of " + call.driver.str() +
                     ": no volume of it was Released with policy Delete");
    if (call.moment != CsiCall::Moment::Started) return;
    for (const api::Text& uid : known->second.claims)
        if (const auto claim = claims_.find(uid); claim != claims_.end())
            violated(stamp, rule::kClaimGone,
                     remove->volume_id.str() + " of " + call.driver.str() + ": claim " +
                         claim->second.to_string() + " is there");
}

std::unique_ptr<Listener> make_provision_rules(Cluster& cluster) {
    auto rules = std::make_unique<ProvisionRules>(cluster.journal());
    for (api::Kind kind : {api::Kind::PersistentVolume, api::Kind::PersistentVolumeClaim})
        cluster.server().for_each(kind, "", [&rules](const api::ObjectRef& o) { rules->learn(o); });
    return rules;
}

}  // namespace model::sidecar
