// What the engine says about itself: bounds and their culprits, failures, who waits for what.
#include <algorithm>

#include "sim/engine.hpp"

namespace sim {
namespace {

constexpr std::size_t kCulpritsShown = 5;

std::string busiest(const std::map<std::string, std::uint64_t>& counts) {
    std::vector<std::pair<std::uint64_t, std::string>> order;
    for (const auto& [name, count] : counts) order.emplace_back(count, name);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string text;
    for (std::size_t i = 0; i < order.size() && i < kCulpritsShown; ++i) {
        text +=
            (i == 0 ? "" : ", ") + order[i].second + " (" + std::to_string(order[i].first) + ")";
    }
    return text;
}

}  // namespace

std::string Engine::where() const {
    return "seed " + std::to_string(options_.seed) + ", time " + seconds_text(now_, 9);
}

std::string Engine::full_name(ActorId id) const {
    if (!alive(id)) return "actor #" + std::to_string(id.serial()) + " (dead)";
    const Actor& actor = actors_[id.slot()];
    return groups_[actor.group.value - 1].name + "/" + actor.name;
}

std::string Engine::wait_name(WaitKind kind) const {
    const std::size_t index = static_cast<std::size_t>(kind);
    if (index < wait_names_.size()) return std::string(wait_names_[index]);
    return kind == WaitKind::None ? "nothing in particular" : "kind " + std::to_string(index);
}

std::string Engine::who(ActorId actor, WaitKind kind) const {
    return actor ? full_name(actor) : "callables of " + wait_name(kind);
}

std::string_view Engine::actor_name(ActorId actor) const {
    if (!alive(actor)) return {};
    return actors_[actor.slot()].name;
}

std::string_view Engine::name_of_group_of(ActorId actor) const {
    if (!alive(actor)) return {};
    return group_name(actors_[actor.slot()].group);
}

std::string_view Engine::group_name(GroupId group) const {
    if (!group || group.value > groups_.size()) return {};
    return groups_[group.value - 1].name;
}

void Engine::fail(const std::string& what) const {
    std::string message = what + " (" + where();
    if (current_.actor) message += ", actor " + full_name(current_.actor);
    if (current_.seq != 0) message += ", event " + std::to_string(current_.seq);
    throw CheckFailed(message + ")");
}

void Engine::fail_past(Time at) const {
    fail("an event was scheduled in the past, at " + seconds_text(at, 9));
}

void Engine::fail_pending() const {
    std::map<std::string, std::uint64_t> counts;
    const SlotTable& slots = queue_.slots();
    for (std::uint32_t i = 0; i < slots.size(); ++i) {
        if (slots[i].id) ++counts[who(ActorId(slots[i].actor), slots[i].kind())];
    }
    throw BoundExceeded("more than " + std::to_string(options_.bounds.pending) +
                        " events are pending (" + where() + "); most belong to " + busiest(counts));
}

void Engine::forget_busy() {
    if (events_run_ < check_at_) busy_.clear();
}

// Counting begins where half of a bound is used up: until then it would cost every event something.
void Engine::check_bounds() {
    const Bounds& bounds = options_.bounds;
    std::string exceeded;
    if (events_run_ - instant_began_ >= bounds.events_per_instant) {
        exceeded =
            "more than " + std::to_string(bounds.events_per_instant) + " events at one instant";
    } else if (events_run_ >= bounds.events_per_run) {
        exceeded = "more than " + std::to_string(bounds.events_per_run) + " events in one run";
    }
    if (!exceeded.empty()) {
        throw BoundExceeded(exceeded + " (" + where() + "); the busiest are " + busiest(busy_));
    }
    if (queue_.count_ready() == 0) return;
    const EventSlot& next = queue_.ready(0);
    ++busy_[who(ActorId(next.actor), next.kind())];
}

std::vector<Waiting> Engine::waiting() const {
    std::vector<Waiting> list;
    for (const Actor& actor : actors_) {
        if (!actor.id) continue;
        Waiting entry;
        entry.actor = actor.id;
        entry.group = groups_[actor.group.value - 1].name;
        entry.name = actor.name;
        entry.since = actor.spawned;
        if (actor.parked != nullptr) {
            entry.kind = actor.parked->kind();
            entry.note = std::string(actor.parked->note());
            entry.since = actor.parked->since();
        }
        list.push_back(std::move(entry));
    }
    std::sort(list.begin(), list.end(),
              [](const Waiting& a, const Waiting& b) { return a.actor < b.actor; });
    // What an event will resume stands in the event, so that sleeping need not touch the actor.
    const SlotTable& slots = queue_.slots();
    for (std::uint32_t i = 0; i < slots.size(); ++i) {
        const EventSlot& slot = slots[i];
        const ActorId actor(slot.actor);
        if (!slot.id || slot.callback != nullptr || !alive(actor)) continue;
        const auto entry = std::lower_bound(
            list.begin(), list.end(), actor,
            [](const Waiting& waiting, ActorId wanted) { return waiting.actor < wanted; });
        entry->scheduled = true;
        if (actors_[actor.slot()].parked != nullptr) continue;
        entry->kind = slot.kind();
        entry->since = Time(Duration(slot.scheduled_at));
    }
    return list;
}

std::string Engine::stuck_report() const {
    const std::vector<Waiting> list = waiting();
    std::string text = std::to_string(list.size()) + " actors wait at " + seconds_text(now_) +
                       " (seed " + std::to_string(options_.seed) + ", " +
                       std::to_string(pending()) + " events pending)\n";
    for (const Waiting& entry : list) {
        text += "  " + entry.group + "/" + entry.name + " waits for " + wait_name(entry.kind);
        if (!entry.note.empty()) text += " " + entry.note;
        text += " since " + seconds_text(entry.since);
        if (entry.scheduled) text += ", an event will resume it";
        text += "\n";
    }
    return text;
}

}  // namespace sim
