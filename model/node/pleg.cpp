#include "model/node/pleg.hpp"

#include <utility>

#include "model/wait.hpp"

namespace model::node {

Pleg::Pleg(sim::Engine& engine, ContainerRuntime& runtime, Grid grid, Changed changed)
    : engine_(engine), runtime_(runtime), grid_(grid), changed_(std::move(changed)) {
    runtime_.listen([this](const api::Text& uid) {
        ++dirty_[uid];
        if (look_at_ != sim::kNever) return;
        look_at_ = grid_.after(engine_.now());
        engine_.call_at(look_at_, kind_of(Wait::PollGrid), [this, life = life_] {
            if (life) look();
        });
    });
}

Pleg::~Pleg() {
    life_.end();
    runtime_.listen({});
}

void Pleg::look_at_all() { seen_ = runtime_.all(); }

void Pleg::look() {
    if (look_at_ == sim::kNever || look_at_ > engine_.now()) return;
    look_at_ = sim::kNever;
    const std::map<api::Text, int> changes = std::exchange(dirty_, {});
    for (const auto& [uid, count] : changes) {
        if (const PodSandbox* now = runtime_.find(uid)) {
            seen_[uid] = *now;
        } else {
            seen_.erase(uid);
        }
    }
    for (const auto& [uid, count] : changes) changed_(uid, count);
}

sim::Task<void> Pleg::newer_than(sim::Time than) {
    if (grid_.last(engine_.now()) > than) co_return;
    const sim::Time next = grid_.after(engine_.now());
    co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
    look();
}

const PodSandbox* Pleg::seen(const api::Text& uid) {
    const auto found = seen_.find(uid);
    return found == seen_.end() ? nullptr : &found->second;
}

}  // namespace model::node
