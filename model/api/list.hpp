// List: a vector whose copies share one block until one of them is changed. Versions of an object
// differ in few members, so a copy of an object costs counts and no memory. Whatever may change an
// element (non-const begin, [], back) makes the list its own first; iterate a const one. Memory
// comes from the pool of frames. The count is not atomic: a simulation stays on one thread. Left
// out: insertion in bulk but at the end, exceptions of elements' constructors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <utility>

#include "sim/frame_pool.hpp"

namespace model::api {

template <class T>
class List {
  public:
    using value_type = T;
    using iterator = T*;
    using const_iterator = const T*;

    List() = default;
    List(std::initializer_list<T> items) { append(items.begin(), items.end()); }
    List(const List& o) : block_(o.block_) {
        if (block_) ++block_->count;
    }
    List(List&& o) noexcept : block_(std::exchange(o.block_, nullptr)) {}
    List& operator=(List o) noexcept {
        std::swap(block_, o.block_);
        return *this;
    }
    ~List() {
        if (block_ && --block_->count == 0) destroy(block_);
    }

    std::size_t size() const { return block_ ? block_->size : 0; }
    bool empty() const { return size() == 0; }
    const T* begin() const { return block_ ? block_->items() : nullptr; }
    const T* end() const { return block_ ? block_->items() + block_->size : nullptr; }
    const T& operator[](std::size_t i) const { return block_->items()[i]; }
    const T& front() const { return *begin(); }
    const T& back() const { return *(end() - 1); }
    // Both are the same copy: equal without a look.
    bool same(const List& o) const { return block_ == o.block_; }

    T* begin() {
        own();
        return block_ ? block_->items() : nullptr;
    }
    T* end() {
        own();
        return block_ ? block_->items() + block_->size : nullptr;
    }
    T& operator[](std::size_t i) { return begin()[i]; }
    T& front() { return *begin(); }
    T& back() { return *(end() - 1); }

    // One's own block with room for `n`.
    void reserve(std::size_t n) {
        if (block_ && block_->count == 1 && block_->capacity >= n) return;
        if (n != 0) move_to(std::max(n, size()));
    }
    template <class... Args>
    T& emplace_back(Args&&... args) {
        const std::size_t n = size();
        if (!block_ || block_->count > 1 || n == block_->capacity) {
            // Made before the move, since it may be made from one of the elements.
            T made(std::forward<Args>(args)...);
            move_to(n < block_capacity() ? block_capacity() : n + n / 2 + 1);
            ::new (block_->items() + n) T(std::move(made));
        } else {
            ::new (block_->items() + n) T(std::forward<Args>(args)...);
        }
        ++block_->size;
        return block_->items()[n];
    }
    void push_back(T item) { emplace_back(std::move(item)); }
    // Not of elements of this list.
    template <class Iterator>
    void append(Iterator from, Iterator to) {
        reserve(size() + static_cast<std::size_t>(to - from));
        for (; from != to; ++from) emplace_back(*from);
    }
    // `at` is of this list, as begin() gave it.
    T* insert(const T* at, T item) {
        const auto place = at - std::as_const(*this).begin();
        emplace_back(std::move(item));
        std::rotate(begin() + place, end() - 1, end());
        return begin() + place;
    }
    void erase(T* from, T* to) {
        T* const last = std::move(to, end(), from);
        while (block_->items() + block_->size != last) block_->items()[--block_->size].~T();
    }
    void erase(T* at) { erase(at, at + 1); }
    void clear() { *this = List(); }

    friend bool operator==(const List& a, const List& b) {
        return a.block_ == b.block_ || std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

  private:
    struct alignas(16) Block {
        std::uint32_t count = 1;
        std::uint32_t size = 0;
        std::uint32_t capacity = 0;
        T* items() { return reinterpret_cast<T*>(this + 1); }
    };

    static constexpr std::size_t bytes_of(std::size_t capacity) {
        return sizeof(Block) + capacity * sizeof(T);
    }
    std::size_t block_capacity() const { return block_ ? block_->capacity : 0; }

    void own() {
        if (block_ && block_->count > 1) move_to(block_->size);
    }
    // Into a new block for at least `n` elements: taken along where nobody else has them.
    void move_to(std::size_t n) {
        constexpr std::size_t kStep = sim::FramePool::kStep;
        const std::size_t bytes = (bytes_of(n) + kStep - 1) / kStep * kStep;
        Block* const fresh = ::new (sim::allocate_frame(bytes)) Block();
        fresh->capacity = static_cast<std::uint32_t>((bytes - sizeof(Block)) / sizeof(T));
        if (block_) take_along(fresh);
        block_ = fresh;
    }
    void take_along(Block* fresh) {
        T* const items = block_->items();
        for (; fresh->size < block_->size; ++fresh->size) {
            T* const place = fresh->items() + fresh->size;
            if (block_->count == 1) {
                ::new (place) T(std::move(items[fresh->size]));
            } else {
                ::new (place) T(std::as_const(items[fresh->size]));
            }
        }
        if (--block_->count == 0) destroy(block_);
    }
    static void destroy(Block* block) {
        for (std::uint32_t i = 0; i < block->size; ++i) block->items()[i].~T();
        sim::release_frame(block, bytes_of(block->capacity));
    }

    Block* block_ = nullptr;
};

// As std::erase_if and std::erase.
template <class T, class Predicate>
std::size_t erase_if(List<T>& list, Predicate predicate) {
    const List<T>& items = list;
    if (std::none_of(items.begin(), items.end(), predicate)) return 0;
    T* const end = list.end();
    T* const kept = std::remove_if(list.begin(), end, predicate);
    const auto gone = static_cast<std::size_t>(end - kept);
    list.erase(kept, end);
    return gone;
}

}  // namespace model::api
