#include "scenarios/tally.hpp"

#include <algorithm>

namespace scenarios {

using model::Change;
using model::Committed;

Tally::Tally(const Pattern& pattern, View& view)
    : pattern_(pattern), view_(view), kind_(view.kind(pattern.kind)) {
    seed();
}

bool Tally::fits(const model::api::ObjectRef& object) {
    if (!is_about(*resolved_, object->key())) return false;
    return resolved_->body.is_empty() || matches(resolved_->body, &view_.text(object));
}

// Looks at all objects there are, once the pattern is known.
bool Tally::seed() {
    std::optional<UidReference> missing;
    resolved_ = view_.resolve(pattern_, missing);
    if (!resolved_) return false;
    const std::string ns = resolved_->ns == "*" ? "" : resolved_->ns;
    view_.cluster().server().for_each(kind_, ns, [this](const model::api::ObjectRef& object) {
        if (fits(object)) matching_.insert(object->key());
    });
    return any();
}

bool Tally::update(const Committed& committed) {
    bool changed = is_unresolved() && seed();
    if (is_unresolved() || committed.object->kind != kind_) return changed;
    const model::api::Key key = committed.object->key();
    if (!is_about(*resolved_, key)) return changed;
    const bool fitting = committed.change != Change::Deleted && fits(committed.object);
    if (fitting) return matching_.insert(key).second || changed;
    return matching_.erase(key) > 0 || changed;
}

Tally& Tallies::add(const Pattern& pattern, std::function<void()> on_change) {
    auto entry = std::make_unique<Entry>();
    entry->tally = std::make_unique<Tally>(pattern, view_);
    entry->on_change = std::move(on_change);
    Tally& tally = *entry->tally;
    if (tally.is_unresolved()) ++unresolved_;
    entries_[tally.kind()].push_back(std::move(entry));
    return tally;
}

void Tallies::drop(const Tally& tally) {
    for (auto& entry : entries_[tally.kind()]) {
        if (entry->tally.get() != &tally || entry->dropped) continue;
        entry->dropped = true;
        dropped_ = true;
        if (tally.is_unresolved()) --unresolved_;
    }
}

void Tallies::update(Entry& entry, const Committed& committed) {
    if (entry.dropped) return;
    const bool was_unresolved = entry.tally->is_unresolved();
    const bool changed = entry.tally->update(committed);
    if (was_unresolved && !entry.tally->is_unresolved()) --unresolved_;
    if (changed) entry.on_change();
}

void Tallies::on(const Committed& committed) {
    if (unresolved_ > 0 && committed.change == Change::Added) {
        for (auto& [kind, entries] : entries_) {
            for (std::size_t i = 0; i < entries.size(); ++i) {
                if (entries[i]->tally->is_unresolved()) update(*entries[i], committed);
            }
        }
    }
    const auto found = entries_.find(committed.object->kind);
    if (found != entries_.end()) {
        for (std::size_t i = 0; i < found->second.size(); ++i) update(*found->second[i], committed);
    }
    if (!std::exchange(dropped_, false)) return;
    for (auto& [kind, entries] : entries_) {
        std::erase_if(entries, [](const auto& entry) { return entry->dropped; });
    }
}

}  // namespace scenarios
