#include "reports/volume_lives.hpp"

#include <algorithm>

#include "model/api/constants.hpp"

namespace reports {

namespace {

using model::Change;

std::vector<Passage> in_order(std::vector<Passage> passages) {
    std::stable_sort(passages.begin(), passages.end(),
                     [](const Passage& a, const Passage& b) { return a.began < b.began; });
    return passages;
}

Passage passage(const std::string& object, sim::Time began, const std::optional<model::Stamp>& end,
                const EventTrace& trace) {
    Passage p{object, began, {}, {}};
    if (!end) return p;
    p.ended = end->at;
    p.segments = path_since(began, end->event, trace);
    return p;
}

}  // namespace

void VolumeLives::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto* commit = std::get_if<model::Committed>(&happening);
    if (!commit || drivers_.empty()) return;
    if (commit->object->kind == model::api::Kind::PersistentVolumeClaim) on_claim(stamp, *commit);
    if (commit->object->kind == model::api::Kind::PersistentVolume) on_volume(stamp, *commit);
}

// The binder's annotation says whose a claim is; it comes a little after the claim.
void VolumeLives::on_claim(const model::Stamp& stamp, const model::Committed& commit) {
    const auto claim = model::api::as<Claim>(commit.object);
    const std::string uid = claim->metadata.uid.str();
    if (commit.change == Change::Deleted) {
        created_.erase(uid);
        return;
    }
    if (commit.change == Change::Added) created_[uid] = stamp.at;
    const auto known = claim_by_uid_.find(uid);
    if (known == claim_by_uid_.end()) {
        const auto created = created_.find(uid);
        if (created == created_.end() || !claim->spec.volumeName.empty() ||
            !is_of_a_driver(claim->metadata.annotations))
            return;
        claim_by_uid_[uid] = claims_.size();
        claims_.push_back({claim->key().to_string(), created->second, {}, {}});
        created_.erase(created);
        return;
    }
    ClaimLife& life = claims_[known->second];
    if (!life.bound && life.made && claim->status.phase == model::api::phase::kBound)
        life.bound = stamp;
}

void VolumeLives::on_volume(const model::Stamp& stamp, const model::Committed& commit) {
    const auto volume = model::api::as<Volume>(commit.object);
    if (!is_of_a_driver(*volume)) return;
    if (commit.change == Change::Added && volume->spec.claimRef) {
        const auto claim = claim_by_uid_.find(volume->spec.claimRef->uid.str());
        if (claim != claim_by_uid_.end() && !claims_[claim->second].made)
            claims_[claim->second].made = stamp;
        return;
    }
    const std::string uid = volume->metadata.uid.str();
    const auto known = volume_by_uid_.find(uid);
    const bool is_released = volume->status.phase == model::api::phase::kReleased;
    if (known == volume_by_uid_.end()) {
        if (!is_released || commit.change == Change::Deleted) return;
        volume_by_uid_[uid] = volumes_.size();
        volumes_.push_back({volume->metadata.name.str(), stamp.at, {}, true});
    }
    VolumeLife& life = volumes_[volume_by_uid_[uid]];
    life.is_to_be_deleted =
        volume->spec.persistentVolumeReclaimPolicy == model::api::policy::kDelete;
    if (commit.change == Change::Deleted) life.gone = stamp;
}

bool VolumeLives::is_of_a_driver(const model::api::TextMap& annotations) const {
    for (std::string_view key :
         {model::api::annotation::kStorageProvisioner,
          model::api::annotation::kBetaStorageProvisioner, model::api::annotation::kMigratedTo})
        if (drivers_.contains(annotations.get(key))) return true;
    return false;
}

bool VolumeLives::is_of_a_driver(const Volume& volume) const {
    const auto& annotations = volume.metadata.annotations;
    if (volume.spec.source.csi && drivers_.contains(volume.spec.source.csi->driver.view()))
        return true;
    return drivers_.contains(annotations.get(model::api::annotation::kProvisionedBy)) ||
           drivers_.contains(annotations.get(model::api::annotation::kMigratedTo));
}

VolumePassages VolumeLives::passages(const EventTrace& trace) const {
    VolumePassages all;
    for (const ClaimLife& life : claims_) {
        all.provisioned.push_back(passage(life.name, life.created, life.made, trace));
        if (life.made) all.bound.push_back(passage(life.name, life.made->at, life.bound, trace));
    }
    for (const VolumeLife& life : volumes_)
        if (life.is_to_be_deleted)
            all.reclaimed.push_back(passage(life.name, life.released, life.gone, trace));
    all.provisioned = in_order(std::move(all.provisioned));
    all.bound = in_order(std::move(all.bound));
    all.reclaimed = in_order(std::move(all.reclaimed));
    return all;
}

}  // namespace reports
