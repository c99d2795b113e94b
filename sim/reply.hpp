// Reply<T>: one value that somebody will give later, and its two ends.
//
// The Promise is held by whatever carries the request out (a callable in the engine, say) and
// outlives the caller; the Future is awaited by the caller. fulfil wakes the caller through the
// event queue; if the caller died meanwhile nobody is found and nothing happens. The cell is shared
// by count. Left out: several awaiting actors, and threads.
#pragma once

#include <optional>
#include <utility>

#include "sim/engine.hpp"
#include "sim/frame_pool.hpp"
#include "sim/waiter.hpp"

namespace sim {

namespace detail {

template <class T>
struct ReplyCell {
    explicit ReplyCell(Engine& e) noexcept : engine(&e) {}
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) { release_frame(memory, bytes); }

    Engine* engine;
    Waiter* waiter = nullptr;
    std::size_t references = 0;
    bool fulfilled = false;
    std::optional<T> value;
};

// A counted reference to a cell. Not atomic: an engine and all it holds stay on one thread.
template <class T>
class ReplyRef {
  public:
    ReplyRef() = default;
    explicit ReplyRef(ReplyCell<T>* cell) noexcept : cell_(cell) { ++cell_->references; }
    ReplyRef(const ReplyRef& other) noexcept : cell_(other.cell_) {
        if (cell_ != nullptr) ++cell_->references;
    }
    ReplyRef(ReplyRef&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
    ReplyRef& operator=(ReplyRef other) noexcept {
        std::swap(cell_, other.cell_);
        return *this;
    }
    ~ReplyRef() {
        if (cell_ != nullptr && --cell_->references == 0) delete cell_;
    }
    ReplyCell<T>* operator->() const noexcept { return cell_; }
    explicit operator bool() const noexcept { return cell_ != nullptr; }

  private:
    ReplyCell<T>* cell_ = nullptr;
};

}  // namespace detail

template <class T>
class Promise {
  public:
    Promise() = default;
    explicit Promise(detail::ReplyRef<T> cell) noexcept : cell_(std::move(cell)) {}

    // The first value counts; false for any later one, and for an empty promise.
    bool fulfil(T value) const {
        if (!cell_ || cell_->fulfilled) return false;
        cell_->fulfilled = true;
        cell_->value.emplace(std::move(value));
        if (cell_->waiter != nullptr) std::exchange(cell_->waiter, nullptr)->wake();
        return true;
    }
    bool is_fulfilled() const { return cell_ && cell_->fulfilled; }
    // Nobody is left who could take a value: the caller has died, or has its value and is gone.
    bool is_abandoned() const { return cell_ && cell_->references == 1; }
    explicit operator bool() const { return static_cast<bool>(cell_); }

  private:
    detail::ReplyRef<T> cell_;
};

template <class T>
class Future {
  public:
    Future() = default;
    explicit Future(detail::ReplyRef<T> cell) noexcept : cell_(std::move(cell)) {}

    class Get : public Waiter {
      public:
        Get(detail::ReplyRef<T> cell, WaitKind kind, std::string_view note)
            : Waiter(*cell->engine, kind, note), cell_(std::move(cell)) {}
        ~Get() {
            if (cell_->waiter == this) cell_->waiter = nullptr;
        }
        bool await_ready() const noexcept { return cell_->value.has_value(); }
        void await_suspend(std::coroutine_handle<> handle) {
            if (cell_->waiter != nullptr) engine().fail("two actors await one reply");
            if (cell_->fulfilled) engine().fail("the value of a reply was taken before");
            park(handle);
            cell_->waiter = this;
        }
        T await_resume() {
            resumed();
            T value = std::move(*cell_->value);
            cell_->value.reset();
            return value;
        }

      private:
        detail::ReplyRef<T> cell_;
    };

    // `T value = co_await future.get(kind);` The value is moved out: once.
    Get get(WaitKind kind, std::string_view note = {}) const { return Get(cell_, kind, note); }
    bool is_ready() const { return cell_ && cell_->value.has_value(); }
    explicit operator bool() const { return static_cast<bool>(cell_); }

  private:
    detail::ReplyRef<T> cell_;
};

template <class T>
class Reply {
  public:
    explicit Reply(Engine& engine) : cell_(new detail::ReplyCell<T>(engine)) {}

    Promise<T> promise() const { return Promise<T>(cell_); }
    Future<T> future() const { return Future<T>(cell_); }
    typename Future<T>::Get get(WaitKind kind, std::string_view note = {}) const {
        return typename Future<T>::Get(cell_, kind, note);
    }

  private:
    detail::ReplyRef<T> cell_;
};

}  // namespace sim
