#include "model/node/node_watch.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "model/api/objects_core.hpp"
#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {
// client-go's reflector: 0.8 s, doubled up to 30 s.
constexpr sim::Duration kFirstRetry = 800ms, kLongestRetry = 30s;
}  // namespace

WatchHub::WatchHub(api::Server& server, api::Kind kind) : server_(server), kind_(kind) {}

WatchHub::~WatchHub() {
    if (watching_) server_.unwatch(kind_, this);
}

api::Text WatchHub::node_of(const api::Object& object) {
    if (object.kind == api::Kind::Pod) return static_cast<const api::Pod&>(object).spec.nodeName;
    return object.metadata.name;
}

void WatchHub::add(NodeWatch& watch) {
    watches_[watch.node()] = &watch;
    if (!watching_) watching_ = server_.watch(kind_, 0, this).ok();
}

void WatchHub::when_node_appears(std::function<void(const api::Text& node)> call) {
    appears_ = std::move(call);
    if (!watching_) watching_ = server_.watch(kind_, 0, this).ok();
}

void WatchHub::remove(NodeWatch& watch) {
    const auto found = watches_.find(watch.node());
    if (found != watches_.end() && found->second == &watch) watches_.erase(found);
}

void WatchHub::on_commit(const api::WatchEvent& event) {
    const api::Text node = node_of(*event.object);
    if (node.empty()) return;
    if (appears_ && event.change == Change::Added) appears_(node);
    const auto found = watches_.find(node);
    if (found != watches_.end()) found->second->on_commit(event);
}

void WatchHub::on_disconnect() {
    watching_ = false;
    for (const auto& [node, watch] : watches_) watch->on_disconnect();
}

NodeWatch::NodeWatch(WatchHub& hub, const control::Latencies& latencies, api::Text node,
                     Handler handler, control::Uplink* link)
    : hub_(hub),
      latencies_(latencies),
      node_(std::move(node)),
      handler_(std::move(handler)),
      link_(link) {}

NodeWatch::~NodeWatch() {
    life_.end();
    listening_.end();
    hub_.remove(*this);
}

void NodeWatch::start() {
    retry_delay_ = kFirstRetry;
    if (link_) link_->listen(listening_, [this] { on_link_lost(); });
    connect();
}

void NodeWatch::connect() {
    if (link_ && !link_->up())
        return link_->wait(sim::kNever, [this, life = life_](const control::Uplink::Lost& lost) {
            if (!life) return;
            if (lost) return retry_later();
            connect();
        });
    if (!hub_.server().up()) return retry_later();
    hub_.add(*this);
    relist();
}

void NodeWatch::put(const api::Key& key, const api::ObjectRef& object) {
    const auto found = cache_.find(key);
    const api::ObjectRef before = found == cache_.end() ? api::ObjectRef() : found->second;
    if (!before && !object) return;
    if (object) {
        cache_[key] = object;
    } else {
        cache_.erase(found);
    }
    handler_(before, object);
}

void NodeWatch::relist() {
    life_.end();  // what is still on its way is older than the list
    life_ = control::Life();
    in_flight_.clear();
    held_ = 0;
    api::Server& server = hub_.server();
    std::map<api::Key, api::ObjectRef> now;
    if (hub_.kind() == api::Kind::Node) {
        const api::Key key("", node_);
        if (const api::ObjectRef node = server.find(api::Kind::Node, key)) now[key] = node;
    } else {
        for (std::uint32_t slot : server.sorted_slots(hub_.kind())) {
            const api::ObjectRef object = server.at(hub_.kind(), slot);
            if (object && WatchHub::node_of(*object) == node_) now[object->key()] = object;
        }
    }
    synced_ = true;
    const std::map<api::Key, api::ObjectRef> before = cache_;
    for (const auto& [key, object] : before)
        if (!now.contains(key)) put(key, nullptr);
    for (const auto& [key, object] : now)
        if (get(key) != object) put(key, object);
}

void NodeWatch::on_commit(const api::WatchEvent& event) {
    sim::Engine& engine = hub_.server().engine();
    if (!stream_)
        stream_ = &engine.stream("watch/kubelet/" + node_.str() + "/" +
                                 hub_.server().scheme().info(hub_.kind()).resource);
    in_flight_.push_back(event);
    last_delivery_ = std::max(last_delivery_, engine.now() + latencies_.watch.sample(*stream_));
    engine.call_at(last_delivery_, kind_of(Wait::Watch), [this, life = life_] {
        if (life) deliver();
    });
}

void NodeWatch::deliver() {
    if (link_ && (held_ > 0 || !link_->up())) return hold();
    deliver_one();
}

void NodeWatch::hold() {
    if (held_++ > 0) return;
    link_->wait(sim::kNever, [this, life = life_](const control::Uplink::Lost& lost) {
        if (!life) return;
        if (lost) return on_link_lost();
        for (std::size_t n = std::exchange(held_, 0); n > 0; --n) deliver_one();
    });
}

void NodeWatch::on_link_lost() {
    life_.end();
    life_ = control::Life();
    in_flight_.clear();
    held_ = 0;
    hub_.remove(*this);
    retry_delay_ = kFirstRetry;
    retry_later();
}

void NodeWatch::deliver_one() {
    const api::WatchEvent event = std::move(in_flight_.front());
    in_flight_.pop_front();
    const api::Key key = event.object->key();
    // A name may be given again: the old object's deletion and the new one's creation stay two.
    const api::ObjectRef known = get(key);
    const bool other = known && known->metadata.uid != event.object->metadata.uid;
    if (event.change == Change::Deleted) return put(key, nullptr);
    if (other) put(key, nullptr);
    put(key, event.object);
}

void NodeWatch::on_disconnect() {
    retry_delay_ = kFirstRetry;
    retry_later();
}

void NodeWatch::retry_later() {
    hub_.server().engine().call_in(retry_delay_, kind_of(Wait::Reconnect), [this, life = life_] {
        if (life) connect();
    });
    retry_delay_ = std::min(retry_delay_ * 2, kLongestRetry);
}

}  // namespace model::node
