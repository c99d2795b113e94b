#include "model/attachdetach/actual_state.hpp"

namespace model::attachdetach {

void ActualState::add(const VolumeOnNode& where, SpecRef spec, api::Text device_path,
                      bool confirmed) {
    Volume& volume = volumes_[where.volume];
    volume.spec = std::move(spec);
    volume.device_path = std::move(device_path);
    const auto added = volume.nodes.try_emplace(where.node);
    added.first->second.confirmed = confirmed;
    if (added.second && in_use_[where.node].insert(where.volume).second) assumed_.insert(where);
    changes_.push_back(where);
}

void ActualState::mark_attached(const VolumeOnNode& where, SpecRef spec, api::Text device_path) {
    add(where, std::move(spec), std::move(device_path), true);
    report(where);
}

void ActualState::mark_uncertain(const VolumeOnNode& where, SpecRef spec) {
    add(where, std::move(spec), api::Text(), false);
}

void ActualState::mark_detached(const VolumeOnNode& where) {
    const auto it = volumes_.find(where.volume);
    if (it == volumes_.end() || it->second.nodes.erase(where.node) == 0) return;
    if (it->second.nodes.empty()) volumes_.erase(it);
    stop_reporting(where);
    changes_.push_back(where);
}

const ActualState::Volume* ActualState::find(const api::Text& volume) const {
    const auto it = volumes_.find(volume);
    return it == volumes_.end() ? nullptr : &it->second;
}

ActualState::OnNode* ActualState::on_node(const VolumeOnNode& where) {
    const auto it = volumes_.find(where.volume);
    if (it == volumes_.end()) return nullptr;
    const auto node = it->second.nodes.find(where.node);
    return node == it->second.nodes.end() ? nullptr : &node->second;
}

ActualState::State ActualState::state(const VolumeOnNode& where) const {
    const OnNode* pair = const_cast<ActualState*>(this)->on_node(where);
    if (!pair) return State::Detached;
    return pair->confirmed ? State::Attached : State::Uncertain;
}

std::vector<api::Text> ActualState::nodes_of(const api::Text& volume) const {
    std::vector<api::Text> nodes;
    if (const Volume* v = find(volume))
        for (const auto& pair : v->nodes)
            if (pair.second.confirmed) nodes.push_back(pair.first);
    return nodes;
}

std::optional<sim::Duration> ActualState::ask_detach(const VolumeOnNode& where, sim::Time now) {
    OnNode* pair = on_node(where);
    if (!pair) return std::nullopt;
    if (!pair->detach_asked) pair->detach_asked = now;
    return now - *pair->detach_asked;
}

std::optional<sim::Time> ActualState::detach_asked(const VolumeOnNode& where) const {
    const OnNode* pair = const_cast<ActualState*>(this)->on_node(where);
    return pair ? pair->detach_asked : std::nullopt;
}

void ActualState::forget_detach(const VolumeOnNode& where) {
    if (OnNode* pair = on_node(where)) pair->detach_asked.reset();
}

void ActualState::set_in_use(const api::Text& node, const api::List<api::Text>& volumes) {
    in_use_[node] = {volumes.begin(), volumes.end()};
    std::erase_if(assumed_, [&node](const VolumeOnNode& w) { return w.node == node; });
}

bool ActualState::is_in_use(const VolumeOnNode& where) const {
    const auto it = in_use_.find(where.node);
    return it != in_use_.end() && it->second.contains(where.volume);
}

void ActualState::report(const VolumeOnNode& where) {
    if (!on_node(where)) return;
    Report& r = reports_[where.node];
    if (r.volumes.insert(where.volume).second) r.needs_update = true;
}

void ActualState::stop_reporting(const VolumeOnNode& where) {
    const auto it = reports_.find(where.node);
    if (it != reports_.end() && it->second.volumes.erase(where.volume) != 0)
        it->second.needs_update = true;
}

bool ActualState::is_reported(const VolumeOnNode& where) const {
    const auto it = reports_.find(where.node);
    return it != reports_.end() && it->second.volumes.contains(where.volume);
}

void ActualState::need_update(const api::Text& node) {
    if (const auto it = reports_.find(node); it != reports_.end()) it->second.needs_update = true;
}

bool ActualState::needs_update(const api::Text& node) const {
    const auto it = reports_.find(node);
    return it != reports_.end() && it->second.needs_update;
}

std::vector<api::Text> ActualState::nodes_to_update() const {
    std::vector<api::Text> nodes;
    for (const auto& r : reports_)
        if (r.second.needs_update) nodes.push_back(r.first);
    return nodes;
}

api::List<api::AttachedVolume> ActualState::take_report(const api::Text& node) {
    api::List<api::AttachedVolume> list;
    const auto it = reports_.find(node);
    if (it == reports_.end()) return list;
    it->second.needs_update = false;
    for (const api::Text& volume : it->second.volumes) {
        api::AttachedVolume entry;
        entry.name = volume;
        if (const Volume* v = find(volume)) entry.devicePath = v->device_path;
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace model::attachdetach
