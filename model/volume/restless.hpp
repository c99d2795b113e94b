// RestlessKeys: the keys that a periodic resync must look at again. Every other key is clean: its
// last sync wrote nothing, said nothing and hung on no operation, and nothing that it read has
// changed since, so a further sync would do nothing. No upstream counterpart: there a resync
// enqueues every key.
#pragma once

#include <string>
#include <vector>

#include "model/api/key_map.hpp"
#include "sim/time.hpp"

namespace model::volume {

// What one sync of a key has done so far. The functions of a sync share it by reference.
struct Pass {
    bool wrote = false;  // or tried to
    bool spoke = false;  // emitted an event
    bool hung =
        false;  // started an operation, asked for one that runs or backs off, or woke another key
    std::string operation;  // its name
};

class RestlessKeys {
  public:
    enum class Why : unsigned char {
        Changed,  // something that it read has changed, or it has written itself
        Failed,   // its last sync ended with an error that it had not before
        Repeats,  // it says the same again at every sync
    };
    struct Entry {
        Why why = Why::Changed;
        std::string operation;  // that it hangs on, "" for none
        std::string error;
        bool queued = false;  // a resync has put it into the queue, and no sync has begun since
    };

    // A sync begins: the key is clean until something marks it.
    void begin(const api::Key& key);
    // The sync has ended. `error` is "" for success.
    void end(const api::Key& key, const Pass& pass, std::string_view error);
    // Something that the key reads has changed.
    void mark(const api::Key& key);
    void forget(const api::Key& key);

    // The keys that a resync enqueues, ascending: those that the last one has not left in the
    // queue. While a queue is long, most are there already; a resync must not cost by them.
    std::vector<api::Key> take_unqueued();
    // It is not in the queue after all, or has left it without a sync.
    void put_back(const api::Key& key);

    bool empty() const { return entries_.empty(); }
    const Entry* find(const api::Key& key) const;
    // In no order that means anything.
    const api::KeyMap<Entry>& entries() const { return entries_; }

  private:
    api::KeyMap<Entry> entries_;
    std::vector<api::Key> unqueued_;        // and keys that are clean again, and some twice
    api::KeyMap<std::string> last_errors_;  // of keys whose last sync failed
};

}  // namespace model::volume
