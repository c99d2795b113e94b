#include "reports/storage_view.hpp"

#include <algorithm>

#include "model/api/constants.hpp"
#include "model/api/objects_core.hpp"

namespace reports {

namespace {

using model::Change;
using model::api::Kind;

bool contains(const model::api::List<model::api::Text>& modes, std::string_view mode) {
    return std::find(modes.begin(), modes.end(), mode) != modes.end();
}

}  // namespace

void StorageView::take_in(const model::api::ObjectReader& objects) {
    for (Kind kind : {Kind::StorageClass, Kind::PersistentVolume, Kind::PersistentVolumeClaim,
                      Kind::VolumeAttachment})
        objects.for_each(kind, "", [this](const model::api::ObjectRef& object) {
            model::Committed commit;
            commit.change = Change::Added;
            commit.object = object;
            on(sim::Time(), commit);
        });
}

void StorageView::on(sim::Time at, const model::Committed& commit) {
    switch (commit.object->kind) {
        case Kind::PersistentVolumeClaim:
            return on_claim(commit);
        case Kind::PersistentVolume:
            return on_volume(commit);
        case Kind::VolumeAttachment:
            return on_attachment(at, commit);
        case Kind::StorageClass: {
            const auto c = model::api::as<model::api::StorageClass>(commit.object);
            delays_[c->metadata.name.str()] =
                c->volumeBindingMode &&
                *c->volumeBindingMode == model::api::mode::kWaitForFirstConsumer;
            return;
        }
        default:
            return;  // no pod's start depends on it
    }
}

void StorageView::on_claim(const model::Committed& commit) {
    const auto claim = model::api::as<model::api::PersistentVolumeClaim>(commit.object);
    if (commit.change == Change::Deleted) {
        claims_.erase(claim->key());
        return;
    }
    ClaimView& view = claims_[claim->key()];
    view.uid = claim->metadata.uid.str();
    view.class_name = claim->spec.storageClassName ? claim->spec.storageClassName->str() : "";
    view.volume = claim->spec.volumeName.str();
    view.bound = claim->status.phase == model::api::phase::kBound;
    const auto& notes = claim->metadata.annotations;
    namespace annotation = model::api::annotation;
    view.has_selected_node = notes.contains(annotation::kSelectedNode);
    view.is_provisioned_outside = notes.contains(annotation::kStorageProvisioner) ||
                                  notes.contains(annotation::kBetaStorageProvisioner);
}

void StorageView::on_volume(const model::Committed& commit) {
    const auto volume = model::api::as<model::api::PersistentVolume>(commit.object);
    const std::string name = volume->metadata.name.str();
    const auto before = volumes_.find(name);
    if (before != volumes_.end()) {
        const auto count = made_for_.find(before->second.claim_uid);
        if (count != made_for_.end() && --count->second == 0) made_for_.erase(count);
    }
    if (commit.change == Change::Deleted) {
        volumes_.erase(name);
        detached_.erase(name);
        return;
    }
    VolumeView& view = volumes_[name];
    const auto& spec = volume->spec;
    view.claim_uid = spec.claimRef ? spec.claimRef->uid.str() : "";
    view.driver = spec.source.csi ? spec.source.csi->driver.str() : std::string(spec.source.name());
    view.at_one_node = !contains(spec.accessModes, model::api::mode::kReadWriteMany) &&
                       !contains(spec.accessModes, model::api::mode::kReadOnlyMany);
    if (!view.claim_uid.empty()) ++made_for_[view.claim_uid];
}

void StorageView::on_attachment(sim::Time at, const model::Committed& commit) {
    const auto attachment = model::api::as<model::api::VolumeAttachment>(commit.object);
    const auto& volume = attachment->spec.source.persistentVolumeName;
    if (!volume) return;  // an inline volume of a pod: nothing waits for another node
    const std::string node = attachment->spec.nodeName.str();
    const std::pair<std::string, std::string> key(volume->str(), node);
    if (commit.change == Change::Deleted) {
        attached_.erase(key);
        detached_[volume->str()].push_back({node, at});
    } else if (attachment->status.attached) {
        attached_.emplace(key, at);
    } else {
        attached_.erase(key);
    }
}

const ClaimView* StorageView::claim(const model::api::Key& key) const {
    const auto found = claims_.find(key);
    return found == claims_.end() ? nullptr : &found->second;
}

const VolumeView* StorageView::volume(const std::string& name) const {
    const auto found = volumes_.find(name);
    return found == volumes_.end() ? nullptr : &found->second;
}

bool StorageView::delays_binding(const std::string& class_name) const {
    const auto found = delays_.find(class_name);
    return found != delays_.end() && found->second;
}

std::optional<sim::Time> StorageView::attached(const std::string& volume,
                                               const std::string& node) const {
    const auto found = attached_.find({volume, node});
    if (found == attached_.end()) return {};
    return found->second;
}

std::optional<sim::Time> StorageView::detached_elsewhere(const std::string& volume,
                                                         const std::string& node,
                                                         sim::Time since) const {
    const auto history = detached_.find(volume);
    if (history == detached_.end()) return {};
    std::optional<sim::Time> last;
    for (const Detached& d : history->second)
        if (d.node != node && d.at > since) last = d.at;
    return last;
}

}  // namespace reports
