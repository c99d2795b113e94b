#include "sim/waiter.hpp"

#include "sim/engine.hpp"

namespace sim {

void Waiter::park(std::coroutine_handle<> handle) {
    handle_ = handle;
    since_ = engine_->now_;
    actor_ = engine_->current_.actor.value;
    parked_ = true;
    const ActorId actor(actor_);
    if (!engine_->alive(actor)) return;
    Waiter*& head = engine_->actors_[actor.slot()].parked;
    actor_next_ = head;
    if (head != nullptr) head->actor_previous_ = this;
    head = this;
}

void Waiter::unpark() {
    parked_ = false;
    if (list_ != nullptr) list_->remove(*this);
    if (actor_next_ != nullptr) actor_next_->actor_previous_ = actor_previous_;
    if (actor_previous_ != nullptr) {
        actor_previous_->actor_next_ = actor_next_;
    } else if (const ActorId actor(actor_); engine_->alive(actor)) {
        engine_->actors_[actor.slot()].parked = actor_next_;
    }
    actor_next_ = nullptr;
    actor_previous_ = nullptr;
}

void Waiter::wake() {
    if (!parked_) return;
    unpark();
    wake_ = engine_->schedule_resume(handle_, engine_->now_, kind_, ActorId(actor_));
}

Waiter::~Waiter() {
    if (parked_) unpark();
    if (wake_) engine_->cancel_resume(wake_);
}

WaitList::~WaitList() {
    for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next_)
        waiter->list_ = nullptr;
}

std::size_t WaitList::size() const {
    std::size_t count = 0;
    for (const Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next_) ++count;
    return count;
}

void WaitList::push_back(Waiter& waiter) {
    waiter.list_ = this;
    waiter.previous_ = last_;
    waiter.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &waiter;
    last_ = &waiter;
}

void WaitList::remove(Waiter& waiter) {
    (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
    (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
    waiter.list_ = nullptr;
    waiter.previous_ = nullptr;
    waiter.next_ = nullptr;
}

}  // namespace sim
