// What the scheduler says of a pod that somebody asks about, and of its own unfinished business.
#include <algorithm>

#include "model/scheduler/scheduler.hpp"

namespace model::scheduler {

std::string Scheduler::explain(api::Kind kind, const api::Key& key) const {
    if (kind != api::Kind::Pod) return {};
    if (std::string binding = binder_.waits_for(key); !binding.empty()) return binding;
    if (binding_.contains(key)) return "has chosen a node; the pod is being bound to it";
    const QueuedPod* entry = queue_.find(key);
    if (!entry) return {};
    const std::string because = entry->message.empty() ? "" : ": " + entry->message;
    switch (entry->place) {
        case QueuedPod::Place::Away:
            return "is being scheduled";
        case QueuedPod::Place::Active:
            return "waits for its turn to be scheduled";
        case QueuedPod::Place::Backoff:
        case QueuedPod::Place::ErrorBackoff:
            return "not scheduled" + because + "; tried again at " +
                   sim::seconds_text(queue_.next_release()) + "s at the earliest";
        case QueuedPod::Place::Unschedulable:
            if (entry->pod->gated) return "is not scheduled before its scheduling gates are gone";
            return "not scheduled" + because + "; waits for a change that helps, and is tried at " +
                   sim::seconds_text(queue_.timeout_of(*entry)) + "s in any case";
    }
    return {};
}

// Those who wait for a change are at rest.
sim::Time Scheduler::next_action() const {
    return std::min(queue_.next_release(), binder_.next_look());
}

bool Scheduler::repeats_only() const {
    return queue_.all_backing_off_of([this](const api::Key& key) {
        return repeating_.contains(key);
    }) && std::all_of(binding_.begin(), binding_.end(),
                      [this](const api::Key& key) { return repeating_.contains(key); });
}

}  // namespace model::scheduler
