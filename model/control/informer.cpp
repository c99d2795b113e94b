#include "model/control/informer.hpp"

#include <algorithm>

namespace model::control {

using namespace std::chrono_literals;

namespace {
// client-go's reflector: 0.8 s, doubled up to 30 s (its jitter is left to the watch stream).
constexpr sim::Duration kFirstRetry = 800ms, kLongestRetry = 30s;
}  // namespace

Informer::Informer(api::Server& server, const Latencies& latencies, api::Kind kind,
                   std::string name, Uplink* link)
    : server_(server),
      latencies_(latencies),
      kind_(kind),
      name_(std::move(name)),
      link_(link),
      retry_delay_(kFirstRetry) {}

Informer::~Informer() {
    life_.end();
    listening_.end();
    if (watching_) server_.unwatch(kind_, this);
}

void Informer::start() {
    if (link_) link_->listen(listening_, [this] { on_link_lost(); });
    if (link_ && !link_->up()) {
        reconnect();
    } else if (server_.up()) {
        relist();
    } else {
        retry_later();
    }
}

api::ObjectRef Informer::get(const api::Key& key) const {
    const std::optional<std::uint32_t> slot = server_.slot(kind_, key);
    return slot && *slot < cache_.size() ? cache_[*slot] : api::ObjectRef();
}

void Informer::put(std::uint32_t slot, const api::ObjectRef& object) {
    if (slot >= cache_.size())
        cache_.resize(std::max<std::size_t>(slot + 1, server_.slot_count(kind_)));
    const api::ObjectRef before = std::exchange(cache_[slot], object);
    if (!before && !object) return;
    for (const Handler& handler : handlers_) handler(before, object);
}

// The difference of cache and head; what was deleted meanwhile carries the last state known here.
void Informer::relist() {
    life_.end();  // what is still on its way is older than the list
    life_ = Life();
    in_flight_.clear();
    held_ = 0;
    const std::vector<std::uint32_t> slots = server_.sorted_slots(kind_);
    for (std::uint32_t slot : slots) {
        const api::ObjectRef head = server_.at(kind_, slot);
        const api::ObjectRef mine = slot < cache_.size() ? cache_[slot] : api::ObjectRef();
        if (head != mine) put(slot, head);
    }
    position_ = received_ = server_.resource_version();
    synced_ = true;
    watching_ = server_.watch(kind_, 0, this).ok();
}

void Informer::on_commit(const api::WatchEvent& event) {
    sim::Engine& engine = server_.engine();
    if (!stream_) stream_ = &engine.stream("watch/" + name_);
    received_ = event.resourceVersion;
    in_flight_.push_back(event);
    last_delivery_ = std::max(
        last_delivery_, engine.now() + latencies_.watch.sample(*stream_) + latencies_.lag(name_));
    engine.call_at(last_delivery_, kind_of(Wait::Watch), [this, life = life_] {
        if (life) deliver();
    });
}

// Events of one watch keep their order even where the instants of two deliveries are equal and
// shuffled.
void Informer::deliver() {
    if (link_ && (held_ > 0 || !link_->up())) return hold();
    deliver_one();
}

// What the server has sent over a cut link comes when TCP gets it through; once the connection is
// given up, the next list brings it.
void Informer::hold() {
    if (held_++ > 0) return;
    link_->wait(sim::kNever, [this, life = life_](const Uplink::Lost& lost) {
        if (!life) return;
        if (lost) return on_link_lost();
        for (std::size_t n = std::exchange(held_, 0); n > 0; --n) deliver_one();
    });
}

void Informer::on_link_lost() {
    life_.end();
    life_ = Life();
    in_flight_.clear();
    held_ = 0;
    if (watching_) server_.unwatch(kind_, this);
    watching_ = false;
    received_ = 0;  // a list, not the log
    retry_delay_ = kFirstRetry;
    retry_later();
}

void Informer::deliver_one() {
    const api::WatchEvent event = std::move(in_flight_.front());
    in_flight_.pop_front();
    position_ = event.resourceVersion;
    put(event.slot, event.change == Change::Deleted ? api::ObjectRef() : event.object);
}

void Informer::on_disconnect() {
    watching_ = false;
    retry_delay_ = kFirstRetry;
    retry_later();
}

void Informer::retry_later() {
    server_.engine().call_in(retry_delay_, kind_of(Wait::Reconnect), [this, life = life_] {
        if (life) reconnect();
    });
    retry_delay_ = std::min(retry_delay_ * 2, kLongestRetry);
}

// A bookmark at the head costs nothing here: while connected, an idle watch counts as being at the
// server's version.
void Informer::reconnect() {
    if (link_ && !link_->up())
        return link_->wait(sim::kNever, [this, life = life_](const Uplink::Lost& lost) {
            if (!life) return;
            if (lost) return retry_later();
            reconnect();
        });
    if (!server_.up()) return retry_later();
    if (synced_ && received_ != 0) {
        const api::Status resumed = server_.watch(kind_, received_, this);
        if (resumed.ok()) {
            watching_ = true;
            return;
        }
    }
    relist();
}

}  // namespace model::control
