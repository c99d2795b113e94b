// PendingOperations: one operation at a time for a volume, or for a volume on a node, and the
// backoff of those that failed. Counterpart: pkg/volume/util/nestedpendingoperations (v1.36), for
// the two operations of the attach/detach controller. An operation of another kind does not heed
// the backoff, and begins it anew. Running the work is the owner's part.
#pragma once

#include <map>
#include <vector>

#include "model/attachdetach/volume_spec.hpp"
#include "model/volume/operations.hpp"

namespace model::attachdetach {

enum class Operation : unsigned char { Attach, Detach };

// The node is "" for a volume that can be attached to one node only: its operations exclude each
// other in the whole cluster.
struct OperationKey {
    api::Text volume, node;
    static OperationKey of(const VolumeOnNode& where, const SpecRef& spec) {
        return {where.volume, allows_multi_attach(spec) ? where.node : api::Text()};
    }
    friend bool operator==(const OperationKey&, const OperationKey&) = default;
};

class PendingOperations {
  public:
    enum class Start : unsigned char { Started, IsPending, BacksOff };

    bool is_pending(const OperationKey& key) const;
    // Not pending, and no backoff of the same operation.
    bool may_retry(const OperationKey& key, Operation what, sim::Time now) const;
    Start start(const OperationKey& key, Operation what, sim::Time now);
    void ended(const OperationKey& key, bool ok, sim::Time now);

    // The last instant at which `what` is refused for an earlier failure; nothing where it is not.
    std::optional<sim::Time> refused_until(const OperationKey& key, Operation what) const;
    std::size_t pending() const { return pending_; }

  private:
    struct Entry {
        OperationKey key;
        Operation what{};
        bool pending = false;
        volume::OperationBackoff backoff;
        Entry() = default;
    };
    // The one that the key meets: a pending one first, then one of exactly that key.
    const Entry* find(const OperationKey& key) const;
    Entry* exact(const OperationKey& key);

    std::map<api::Text, std::vector<Entry>> entries_;  // by volume
    std::size_t pending_ = 0;
};

}  // namespace model::attachdetach
