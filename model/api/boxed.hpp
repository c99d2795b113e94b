// Boxed: an optional value behind a pointer, shared by its copies until one of them is changed.
// For the large members that few objects have, or that few writes touch: a std::optional takes its
// room in every version and is copied with each. As with List, non-const access makes the value
// one's own, and the count is not atomic.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "sim/frame_pool.hpp"

namespace model::api {

template <class T>
class Boxed {
  public:
    Boxed() = default;
    Boxed(std::nullopt_t) {}
    Boxed(T value) : node_(make(std::move(value))) {}
    Boxed(std::optional<T> value) : node_(value ? make(std::move(*value)) : nullptr) {}
    Boxed(const Boxed& o) : node_(o.node_) {
        if (node_) ++node_->count;
    }
    Boxed(Boxed&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
    Boxed& operator=(Boxed o) noexcept {
        std::swap(node_, o.node_);
        return *this;
    }
    ~Boxed() {
        if (node_ && --node_->count == 0) destroy(node_);
    }

    bool has_value() const { return node_ != nullptr; }
    explicit operator bool() const { return node_ != nullptr; }
    const T& operator*() const { return node_->value; }
    const T* operator->() const { return &node_->value; }
    T& operator*() {
        if (node_->count > 1) *this = Boxed(node_->value);
        return node_->value;
    }
    T* operator->() { return &**this; }
    T& emplace() {
        *this = Boxed(T());
        return node_->value;
    }
    void reset() { *this = Boxed(); }

    friend bool operator==(const Boxed& a, const Boxed& b) {
        if (a.node_ == b.node_) return true;
        return a.node_ && b.node_ && a.node_->value == b.node_->value;
    }

  private:
    struct Node {
        T value;
        std::uint32_t count = 1;
    };
    static Node* make(T value) {
        return ::new (sim::allocate_frame(sizeof(Node))) Node{std::move(value)};
    }
    static void destroy(Node* node) {
        node->~Node();
        sim::release_frame(node, sizeof(Node));
    }

    Node* node_ = nullptr;
};

}  // namespace model::api
