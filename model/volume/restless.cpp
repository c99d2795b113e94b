#include "model/volume/restless.hpp"

namespace model::volume {

void RestlessKeys::begin(const api::Key& key) { entries_.erase(key); }

void RestlessKeys::end(const api::Key& key, const Pass& pass, std::string_view error) {
    const auto last = last_errors_.find(key);
    const bool same_error = last != last_errors_.end() && last->second == error;
    if (error.empty()) {
        if (last != last_errors_.end()) last_errors_.erase(last);
    } else {
        last_errors_.insert_or_assign(key, std::string(error));
    }
    // Marked while the sync went on: that counts more than what the sync itself found.
    if (entries_.contains(key)) return;
    if (error.empty() && !pass.wrote && !pass.spoke && !pass.hung) return;
    Entry entry;
    entry.operation = pass.operation;
    entry.error = error;
    if (!error.empty()) {
        entry.why = same_error && !pass.wrote ? Why::Repeats : Why::Failed;
    } else {
        entry.why = pass.wrote ? Why::Changed : Why::Repeats;
    }
    entries_.emplace(key, std::move(entry));
}

void RestlessKeys::mark(const api::Key& key) {
    Entry& entry = entries_[key];
    entry.why = Why::Changed;
}

void RestlessKeys::forget(const api::Key& key) {
    entries_.erase(key);
    last_errors_.erase(key);
}

const RestlessKeys::Entry* RestlessKeys::find(const api::Key& key) const {
    const auto it = entries_.find(key);
    return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace model::volume
