#include "model/volume/restless.hpp"

#include <algorithm>

namespace model::volume {

void RestlessKeys::begin(const api::Key& key) { entries_.erase(key); }

void RestlessKeys::end(const api::Key& key, const Pass& pass, std::string_view error) {
    const std::string* last = last_errors_.find(key);
    const bool same_error = last && *last == error;
    if (!error.empty()) {
        last_errors_[key] = error;
    } else if (last) {
        last_errors_.erase(key);
    }
    // Marked while the sync went on: that counts more than what the sync itself found.
    if (entries_.contains(key)) return;
    if (error.empty() && !pass.wrote && !pass.spoke && !pass.hung) return;
    Entry& entry = entries_[key];
    entry.operation = pass.operation;
    entry.error = error;
    if (!error.empty()) {
        entry.why = same_error && !pass.wrote ? Why::Repeats : Why::Failed;
    } else {
        entry.why = pass.wrote ? Why::Changed : Why::Repeats;
    }
    unqueued_.push_back(key);
}

void RestlessKeys::mark(const api::Key& key) {
    const std::size_t before = entries_.size();
    entries_[key].why = Why::Changed;
    if (entries_.size() != before) unqueued_.push_back(key);
}

void RestlessKeys::forget(const api::Key& key) {
    entries_.erase(key);
    last_errors_.erase(key);
}

std::vector<api::Key> RestlessKeys::take_unqueued() {
    std::vector<api::Key> keys;
    for (api::Key& key : unqueued_) {
        Entry* entry = entries_.find(key);
        if (!entry || entry->queued) continue;
        entry->queued = true;
        keys.push_back(std::move(key));
    }
    unqueued_.clear();
    std::sort(keys.begin(), keys.end());
    return keys;
}

void RestlessKeys::put_back(const api::Key& key) {
    Entry* entry = entries_.find(key);
    if (!entry || !entry->queued) return;  // clean, or waiting for the next resync already
    entry->queued = false;
    unqueued_.push_back(key);
}

const RestlessKeys::Entry* RestlessKeys::find(const api::Key& key) const {
    return entries_.find(key);
}

}  // namespace model::volume
