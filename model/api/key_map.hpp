// KeyMap: values by Key, for the look-ups that every event makes. The keys' texts keep their
// hashes, so a look-up costs the table's line and the entry's; a std::unordered_map follows a chain
// and hashes each link's key. References to values hold until the next insertion. No upstream
// counterpart. Left out: an order of the entries.
#pragma once

#include <utility>
#include <vector>

#include "model/api/hash_index.hpp"
#include "model/api/object.hpp"

namespace model::api {

template <class V>
class KeyMap {
  public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    bool contains(const Key& key) const { return number_of(key) != HashIndex::kNone; }

    const V* find(const Key& key) const {
        const std::uint32_t n = number_of(key);
        return n == HashIndex::kNone ? nullptr : &nodes_[n].value;
    }
    V* find(const Key& key) { return const_cast<V*>(std::as_const(*this).find(key)); }

    // Made with V() where it is missing.
    V& operator[](const Key& key) {
        const std::uint32_t known = number_of(key);
        if (known != HashIndex::kNone) return nodes_[known].value;
        std::uint32_t n = 0;
        if (free_.empty()) {
            n = static_cast<std::uint32_t>(nodes_.size());
            nodes_.emplace_back();
        } else {
            n = free_.back();
            free_.pop_back();
        }
        nodes_[n].key = key;
        nodes_[n].used = true;
        index_.insert(key.hash(), n);
        ++size_;
        return nodes_[n].value;
    }

    // False where it is not there. `key` may be the entry's own.
    bool erase(const Key& key) {
        const std::uint32_t n = number_of(key);
        if (n == HashIndex::kNone) return false;
        index_.erase(key.hash(), n);
        nodes_[n] = Node();
        free_.push_back(n);
        --size_;
        return true;
    }

    // visit(key, value) for all, in no order that means anything.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Node& node : nodes_)
            if (node.used) visit(node.key, node.value);
    }

  private:
    struct Node {
        Key key;
        V value{};
        bool used = false;
    };

    std::uint32_t number_of(const Key& key) const {
        return index_.find(key.hash(), [&](std::uint32_t n) { return nodes_[n].key == key; });
    }

    HashIndex index_;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    std::size_t size_ = 0;
};

}  // namespace model::api
