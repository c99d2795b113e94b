#include "model/attachdetach/pending_operations.hpp"

#include <algorithm>

namespace model::attachdetach {

const PendingOperations::Entry* PendingOperations::find(const OperationKey& key) const {
    const auto it = entries_.find(key.volume);
    if (it == entries_.end()) return nullptr;
    const Entry* met = nullptr;
    for (const Entry& e : it->second) {
        const bool meets = e.key.node.empty() || key.node.empty() || e.key.node == key.node;
        if (!meets) continue;
        if (e.pending) return &e;
        if (!met || e.key.node == key.node) met = &e;
    }
    return met;
}

PendingOperations::Entry* PendingOperations::exact(const OperationKey& key) {
    const auto it = entries_.find(key.volume);
    if (it == entries_.end()) return nullptr;
    for (Entry& e : it->second)
        if (e.key == key) return &e;
    return nullptr;
}

bool PendingOperations::is_pending(const OperationKey& key) const {
    const Entry* e = find(key);
    return e && e->pending;
}

bool PendingOperations::may_retry(const OperationKey& key, Operation what, sim::Time now) const {
    const Entry* e = find(key);
    if (!e) return true;
    if (e->pending) return false;
    return e->what != what || e->backoff.may_start(now);
}

PendingOperations::Start PendingOperations::start(const OperationKey& key, Operation what,
                                                  sim::Time now) {
    Entry* e = const_cast<Entry*>(find(key));
    if (e && e->pending) return Start::IsPending;
    if (e && !e->backoff.may_start(now)) {
        if (e->what == what) return Start::BacksOff;
        e->what = what;
        e->backoff = volume::OperationBackoff();
    }
    if (!e) {
        e = &entries_[key.volume].emplace_back();
        e->what = what;
    }
    e->key = key;
    e->pending = true;
    ++pending_;
    return Start::Started;
}

void PendingOperations::ended(const OperationKey& key, bool ok, sim::Time now) {
    Entry* e = exact(key);
    if (!e || !e->pending) return;
    --pending_;
    e->pending = false;
    if (!ok) return e->backoff.fail(now);
    std::vector<Entry>& all = entries_[key.volume];
    std::erase_if(all, [&key](const Entry& x) { return x.key == key; });
    if (all.empty()) entries_.erase(key.volume);
}

std::optional<sim::Time> PendingOperations::refused_until(const OperationKey& key,
                                                          Operation what) const {
    const Entry* e = find(key);
    if (!e || e->pending || e->what != what || e->backoff.wait == sim::Duration(0))
        return std::nullopt;
    return e->backoff.refused_until();
}

}  // namespace model::attachdetach
