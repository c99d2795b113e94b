// Mailbox<T>: an unbounded queue of values between actors; several receivers are served first come,
// first served.
//
// A posted value is given to the longest waiting receiver, who is woken through the event queue. If
// that receiver dies before it runs, the value returns to its old place. Left out: bounds (the
// engine bounds pending events) and closing.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "sim/engine.hpp"
#include "sim/waiter.hpp"

namespace sim {

template <class T>
class Mailbox {
  public:
    class Receive;

    explicit Mailbox(Engine& engine) : engine_(&engine) {}
    ~Mailbox() {
        for (Receive* r = woken_; r != nullptr; r = r->next_woken_) r->mailbox_ = nullptr;
    }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void post(T value) { deliver(Letter(next_number_++, std::move(value))); }

    // `T value = co_await mailbox.receive(kind);` Does not wait if a value is there.
    Receive receive(WaitKind kind, std::string_view note = {}) {
        return Receive(*this, kind, note);
    }

    std::optional<T> try_receive() {
        std::optional<T> value;
        if (letters_.empty()) return value;
        value.emplace(std::move(letters_.front().value));
        letters_.pop_front();
        return value;
    }

    // Values not yet given to a receiver.
    std::size_t size() const { return letters_.size(); }
    bool empty() const { return letters_.empty(); }
    std::size_t receivers() const { return waiters_.size(); }

  private:
    struct Letter {
        Letter(std::uint64_t n, T v) : number(n), value(std::move(v)) {}
        std::uint64_t number;
        T value;
    };

    void deliver(Letter letter);
    void put_back(Letter letter);

    Engine* engine_;
    std::uint64_t next_number_ = 0;
    std::deque<Letter> letters_;
    WaitList waiters_;
    Receive* woken_ = nullptr;
};

template <class T>
class Mailbox<T>::Receive : public Waiter {
  public:
    Receive(Mailbox& mailbox, WaitKind kind, std::string_view note)
        : Waiter(*mailbox.engine_, kind, note), mailbox_(&mailbox) {}
    ~Receive() {
        if (!letter_) return;
        Mailbox* mailbox = mailbox_;
        unlink_woken();
        if (mailbox != nullptr) mailbox->put_back(std::move(*letter_));
    }

    bool await_ready() const noexcept { return !mailbox_->letters_.empty(); }
    void await_suspend(std::coroutine_handle<> handle) {
        park(handle);
        mailbox_->waiters_.push_back(*this);
    }
    T await_resume() {
        if (letter_) {
            resumed();
            unlink_woken();
            T value = std::move(letter_->value);
            letter_.reset();
            return value;
        }
        T value = std::move(mailbox_->letters_.front().value);
        mailbox_->letters_.pop_front();
        return value;
    }

  private:
    friend class Mailbox;

    void link_woken() {
        next_woken_ = mailbox_->woken_;
        if (next_woken_ != nullptr) next_woken_->previous_woken_ = this;
        mailbox_->woken_ = this;
    }
    void unlink_woken() {
        if (mailbox_ == nullptr) return;
        if (previous_woken_ != nullptr) {
            previous_woken_->next_woken_ = next_woken_;
        } else {
            mailbox_->woken_ = next_woken_;
        }
        if (next_woken_ != nullptr) next_woken_->previous_woken_ = previous_woken_;
        mailbox_ = nullptr;
    }

    Mailbox* mailbox_;
    Receive* next_woken_ = nullptr;  // those given a letter, so that the mailbox may die first
    Receive* previous_woken_ = nullptr;
    std::optional<Letter> letter_;
};

template <class T>
void Mailbox<T>::deliver(Letter letter) {
    if (waiters_.empty()) {
        letters_.push_back(std::move(letter));
        return;
    }
    Receive& receiver = static_cast<Receive&>(*waiters_.first());
    receiver.letter_.emplace(std::move(letter));
    receiver.wake();
    receiver.link_woken();
}

template <class T>
void Mailbox<T>::put_back(Letter letter) {
    if (!waiters_.empty()) return deliver(std::move(letter));
    auto place = letters_.begin();
    while (place != letters_.end() && place->number < letter.number) ++place;
    letters_.insert(place, std::move(letter));
}

}  // namespace sim
