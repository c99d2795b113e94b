#include "model/attachdetach/desired_state.hpp"

namespace model::attachdetach {

void DesiredState::add_node(const api::Text& node, bool keeps_terminated) {
    const auto added = nodes_.try_emplace(node);
    if (added.second) added.first->second.keeps_terminated = keeps_terminated;
}

bool DesiredState::remove_node(const api::Text& node) {
    const auto it = nodes_.find(node);
    if (it == nodes_.end()) return true;
    if (it->second.entries != 0) return false;
    nodes_.erase(it);
    return true;
}

bool DesiredState::keeps_terminated(const api::Text& node) const {
    const auto it = nodes_.find(node);
    return it != nodes_.end() && it->second.keeps_terminated;
}

void DesiredState::add_pod(const api::Ref<api::Pod>& pod, const SpecRef& spec) {
    const VolumeOnNode where{spec->unique_name, pod->spec.nodeName};
    const auto node = nodes_.find(where.node);
    if (node == nodes_.end()) return;
    const auto added = entries_.try_emplace(where);
    Entry& entry = added.first->second;
    if (added.second) {
        entry.spec = spec;
        ++node->second.entries;
        changes_.push_back(where);
    }
    entry.pods.try_emplace(pod->metadata.uid, pod);
}

void DesiredState::remove_pod(const api::Text& uid, const VolumeOnNode& where) {
    const auto it = entries_.find(where);
    if (it == entries_.end()) return;
    it->second.pods.erase(uid);
    if (!it->second.pods.empty()) return;
    changes_.push_back(where);
    entries_.erase(it);
    --nodes_.at(where.node).entries;
}

void DesiredState::tell_multi_attach(const VolumeOnNode& where) {
    if (const auto it = entries_.find(where); it != entries_.end())
        it->second.told_multi_attach = true;
}

const DesiredState::Entry* DesiredState::find(const VolumeOnNode& where) const {
    const auto it = entries_.find(where);
    return it == entries_.end() ? nullptr : &it->second;
}

std::vector<api::Ref<api::Pod>> DesiredState::pods_elsewhere(
    const VolumeOnNode& where, const std::vector<api::Text>& nodes) const {
    std::vector<api::Ref<api::Pod>> pods;
    for (const api::Text& node : nodes) {
        if (node == where.node) continue;
        const Entry* entry = find({where.volume, node});
        if (!entry) continue;
        for (const auto& pod : entry->pods) pods.push_back(pod.second);
    }
    return pods;
}

}  // namespace model::attachdetach
