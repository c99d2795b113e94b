// RestlessKeys: the keys that a periodic resync must look at again. Every other key is clean: its
// last sync wrote nothing, said nothing and hung on no operation, and nothing that it read has
// changed since, so a further sync would do nothing. No upstream counterpart: there a resync
// enqueues every key.
#pragma once

#include <map>
#include <string>

#include "model/api/object.hpp"
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
    };

    // A sync begins: the key is clean until something marks it.
    void begin(const api::Key& key);
    // The sync has ended. `error` is "" for success.
    void end(const api::Key& key, const Pass& pass, std::string_view error);
    // Something that the key reads has changed.
    void mark(const api::Key& key);
    void forget(const api::Key& key);

    bool empty() const { return entries_.empty(); }
    const Entry* find(const api::Key& key) const;
    const std::map<api::Key, Entry>& entries() const { return entries_; }

  private:
    std::map<api::Key, Entry> entries_;
    std::map<api::Key, std::string> last_errors_;  // of keys whose last sync failed
};

}  // namespace model::volume
