#include "model/csi/backend.hpp"

#include <algorithm>

namespace model::csi {

namespace {

template <class Map>
auto* found(Map& map, const Text& key) {
    const auto it = map.find(key);
    return it == map.end() ? nullptr : &it->second;
}

template <class Map>
auto* first_named(Map& map, const Text& name) {
    for (auto& [id, value] : map)
        if (value.name == name) return &value;
    return static_cast<decltype(&map.begin()->second)>(nullptr);
}

}  // namespace

BackendVolume& Backend::add(BackendVolume volume) {
    ++created_;
    erase(volume.id);
    count(volume, volume.size_bytes);
    for (const auto& [node, attachment] : volume.attached) ++attachments_[node];
    ids_by_name_.try_emplace(volume.name, volume.id);
    Text id = volume.id;
    return volumes_[std::move(id)] = std::move(volume);
}

BackendVolume* Backend::find(const Text& id) { return found(volumes_, id); }
const BackendVolume* Backend::find(const Text& id) const { return found(volumes_, id); }

BackendVolume* Backend::find_named(const Text& name) {
    const Text* id = found(ids_by_name_, name);
    return id ? find(*id) : nullptr;
}

void Backend::erase(const Text& id) {
    const auto it = volumes_.find(id);
    if (it == volumes_.end()) return;
    BackendVolume& volume = it->second;
    count(volume, -volume.size_bytes);
    while (!volume.attached.empty()) detach(volume, Text(volume.attached.begin()->first));
    const auto named = ids_by_name_.find(volume.name);
    if (named != ids_by_name_.end() && named->second == id) ids_by_name_.erase(named);
    volumes_.erase(it);
}

void Backend::keep(const Text& id, Text as) {
    BackendVolume* volume = find(id);
    if (!volume) return;
    BackendVolume kept = *volume;
    kept.kept_as = std::move(as);
    kept_.push_back(std::move(kept));
    erase(id);
}

void Backend::resize(BackendVolume& volume, std::int64_t bytes) {
    count(volume, bytes - volume.size_bytes);
    volume.size_bytes = bytes;
}

void Backend::attach(BackendVolume& volume, const Text& node, Attachment attachment) {
    if (volume.attached.insert_or_assign(node, attachment).second) ++attachments_[node];
}

void Backend::detach(BackendVolume& volume, const Text& node) {
    if (volume.attached.erase(node) == 0) return;
    const auto it = attachments_.find(node);
    if (--it->second == 0) attachments_.erase(it);
}

void Backend::drop_unused(BackendVolume& volume, const Text& node) {
    const auto it = volume.used.find(node);
    if (it != volume.used.end() && it->second.empty()) volume.used.erase(it);
}

void Backend::forget_mounts(const Text& node) {
    for (auto& [id, volume] : volumes_) volume.used.erase(node);
}

void Backend::count(const BackendVolume& volume, std::int64_t bytes) {
    used_by_segment_[Text()] += bytes;
    for (const Topology& segment : volume.topology) used_by_segment_[Text(segment.text())] += bytes;
}

BackendSnapshot& Backend::add(BackendSnapshot snapshot) {
    erase_snapshot(snapshot.id);
    snapshots_by_name_.try_emplace(snapshot.name, snapshot.id);
    Text id = snapshot.id;
    return snapshots_[std::move(id)] = std::move(snapshot);
}

BackendSnapshot* Backend::find_snapshot(const Text& id) { return found(snapshots_, id); }

BackendSnapshot* Backend::find_snapshot_named(const Text& name) {
    const Text* id = found(snapshots_by_name_, name);
    return id ? find_snapshot(*id) : nullptr;
}

void Backend::erase_snapshot(const Text& id) {
    const auto it = snapshots_.find(id);
    if (it == snapshots_.end()) return;
    const auto named = snapshots_by_name_.find(it->second.name);
    if (named != snapshots_by_name_.end() && named->second == id) snapshots_by_name_.erase(named);
    snapshots_.erase(it);
}

BackendGroupSnapshot& Backend::add(BackendGroupSnapshot group) {
    Text id = group.id;
    return groups_[std::move(id)] = std::move(group);
}

BackendGroupSnapshot* Backend::find_group(const Text& id) { return found(groups_, id); }
BackendGroupSnapshot* Backend::find_group_named(const Text& name) {
    return first_named(groups_, name);
}
void Backend::erase_group(const Text& id) { groups_.erase(id); }

std::int64_t Backend::used_bytes(const std::optional<Topology>& segment) const {
    const std::int64_t* bytes = found(used_by_segment_, segment ? Text(segment->text()) : Text());
    return bytes ? *bytes : 0;
}

std::size_t Backend::attached_to(const Text& node) const {
    const std::size_t* attached = found(attachments_, node);
    return attached ? *attached : 0;
}

}  // namespace model::csi
