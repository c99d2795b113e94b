#include "scenarios/latencies.hpp"

#include <algorithm>

#include "model/api/objects_storage.hpp"

namespace scenarios {
namespace {

using model::Change;
using model::Committed;
using model::api::as;
using model::api::Key;
using model::api::ObjectRef;
using model::api::PersistentVolume;
using model::api::PersistentVolumeClaim;
using model::api::Pod;
using model::api::VolumeAttachment;

template <class T>
std::string_view phase_of(const ObjectRef& object) {
    const auto typed = as<T>(object);
    return typed ? typed->status.phase.view() : std::string_view();
}

template <class T>
bool becomes(const Committed& c, std::string_view phase) {
    return c.change != Change::Deleted && phase_of<T>(c.object) == phase &&
           (!c.previous || phase_of<T>(c.previous) != phase);
}

// Its volumes are mounted: the status says that containers can start, or, in versions that do not
// say so, that one has.
bool may_start(const Pod& pod) {
    for (const model::api::Condition& c : pod.status.conditions)
        if (c.type == "PodReadyToStartContainers") return c.status == "True";
    return pod.status.phase == "Running" || pod.status.phase == "Succeeded";
}

}  // namespace

LatencySamples::LatencySamples(std::string name) : name_(std::move(name)) {}

void LatencySamples::begin(const Key& key, sim::Time at) { began_.emplace(key, at); }

void LatencySamples::end(const Key& key, sim::Time at) {
    const auto began = began_.find(key);
    if (began == began_.end()) return;
    samples_.push_back(at - began->second);
    ends_.push_back(at);
    began_.erase(began);
}

void LatencySamples::on(sim::Time at, const Committed& committed) {
    if (committed.object->kind == PersistentVolumeClaim::kKind) on_claim(at, committed);
    if (committed.object->kind == PersistentVolume::kKind) on_volume(at, committed);
    if (committed.object->kind == Pod::kKind) on_pod(at, committed);
    if (committed.object->kind == VolumeAttachment::kKind) on_attachment(at, committed);
}

void LatencySamples::on_claim(sim::Time at, const Committed& c) {
    const Key key = c.object->key();
    if (name_ == "claim-bound") {
        if (c.change == Change::Added) begin(key, at);
        if (becomes<PersistentVolumeClaim>(c, "Bound")) end(key, at);
        // A claim that is gone will never be bound; it was not slow, but withdrawn.
        if (c.change == Change::Deleted) began_.erase(key);
    } else if (name_ == "claim-provisioned") {
        if (c.change == Change::Added) begin(key, at);
        // One that got a volume that was there has had none made for it.
        const auto claim = as<PersistentVolumeClaim>(c.object);
        if (c.change == Change::Deleted || !claim->spec.volumeName.empty()) began_.erase(key);
    } else if (name_ == "claim-deleted") {
        const bool asked = c.change == Change::Deleted || c.object->metadata.terminating();
        if (asked) begin(key, at);
        if (c.change == Change::Deleted) end(key, at);
    }
}

void LatencySamples::on_volume(sim::Time at, const Committed& c) {
    if (name_ == "claim-provisioned") return on_provisioned(at, c);
    if (name_ != "volume-reclaimed") return;
    const Key key = c.object->key();
    if (becomes<PersistentVolume>(c, "Released")) begin(key, at);
    if (c.change == Change::Deleted || becomes<PersistentVolume>(c, "Available")) end(key, at);
}

void LatencySamples::on_provisioned(sim::Time at, const Committed& c) {
    const auto volume = as<PersistentVolume>(c.object);
    const bool is_made = c.change == Change::Added && volume->metadata.annotations.contains(
                                                          model::api::annotation::kProvisionedBy);
    if (is_made && volume->spec.claimRef)
        end(Key(volume->spec.claimRef->ns, volume->spec.claimRef->name), at);
}

void LatencySamples::on_pod(sim::Time at, const Committed& c) {
    if (!name_.starts_with("pod-") && name_ != "volume-mounted") return;
    const Key key = c.object->key();
    // One that is gone was withdrawn.
    if (c.change == Change::Deleted) {
        began_.erase(key);
        return;
    }
    const auto pod = as<Pod>(c.object);
    const bool has_node = !pod->spec.nodeName.empty();
    if (name_ == "volume-mounted") {
        const auto before = as<Pod>(c.previous);
        if (has_node && (!before || before->spec.nodeName.empty())) begin(key, at);
        if (may_start(*pod)) end(key, at);
        return;
    }
    if (c.change == Change::Added) begin(key, at);
    if (name_ == "pod-scheduled" ? has_node : pod->status.phase == "Running") end(key, at);
}

void LatencySamples::on_attachment(sim::Time at, const Committed& c) {
    if (name_ != "volume-attached") return;
    const Key key = c.object->key();
    if (c.change == Change::Added) begin(key, at);
    if (c.change == Change::Deleted) {
        began_.erase(key);
    } else if (as<VolumeAttachment>(c.object)->status.attached) {
        end(key, at);
    }
}

std::optional<sim::Duration> LatencySamples::percentile(int percent) const {
    const std::size_t all = samples_.size() + began_.size();
    if (all == 0) return std::nullopt;
    const std::size_t rank =
        std::max<std::size_t>(1, (all * static_cast<std::size_t>(percent) + 99) / 100);
    if (rank > samples_.size()) return std::nullopt;
    std::vector<sim::Duration> sorted = samples_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[rank - 1];
}

std::string LatencySamples::example() const {
    return began_.empty() ? "" : began_.begin()->first.to_string();
}

}  // namespace scenarios
