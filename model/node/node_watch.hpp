// NodeWatch: a kubelet's watch of the pods that are bound to its node, or of its own Node object:
// an informer with a field selector. The server tells a WatchHub of every commit once, and the hub
// passes it to the one watch that it concerns, so that a thousand nodes cost a commit no more than
// one. Counterpart: client-go Reflector with fields.OneTermEqualSelector. After a cut connection it
// lists again and tells the difference.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include "model/control/client.hpp"
#include "model/control/life.hpp"
#include "model/control/uplink.hpp"

namespace model::node {

class NodeWatch;

// One for each kind and cluster; lives as long as the server.
class WatchHub final : public api::WatchSink {
  public:
    // Pods by spec.nodeName, nodes by their name.
    WatchHub(api::Server& server, api::Kind kind);
    ~WatchHub() override;
    WatchHub(const WatchHub&) = delete;
    WatchHub& operator=(const WatchHub&) = delete;

    static api::Text node_of(const api::Object& object);
    void add(NodeWatch& watch);
    void remove(NodeWatch& watch);
    // Called for nodes that come to be from now on.
    void when_node_appears(std::function<void(const api::Text& node)> call);
    api::Kind kind() const { return kind_; }
    api::Server& server() { return server_; }

    void on_commit(const api::WatchEvent& event) override;
    void on_disconnect() override;

  private:
    api::Server& server_;
    api::Kind kind_;
    bool watching_ = false;
    std::map<api::Text, NodeWatch*> watches_;  // by node
    std::function<void(const api::Text&)> appears_;
};

class NodeWatch {
  public:
    // As of an informer: null before: added; null after: deleted.
    using Handler = std::function<void(const api::ObjectRef& before, const api::ObjectRef& after)>;

    // `link`: the way to the server, where it can be cut.
    NodeWatch(WatchHub& hub, const control::Latencies& latencies, api::Text node, Handler handler,
              control::Uplink* link = nullptr);
    ~NodeWatch();
    NodeWatch(const NodeWatch&) = delete;
    NodeWatch& operator=(const NodeWatch&) = delete;

    // Lists now; the handler is told of every object.
    void start();
    api::ObjectRef get(const api::Key& key) const {
        const auto found = cache_.find(key);
        return found == cache_.end() ? api::ObjectRef() : found->second;
    }
    const std::map<api::Key, api::ObjectRef>& all() const { return cache_; }
    const api::Text& node() const { return node_; }
    bool synced() const { return synced_; }

  private:
    friend class WatchHub;
    void on_commit(const api::WatchEvent& event);
    void on_disconnect();
    void deliver();
    void deliver_one();
    void hold();
    void on_link_lost();
    void connect();
    void put(const api::Key& key, const api::ObjectRef& object);
    void relist();
    void retry_later();

    WatchHub& hub_;
    const control::Latencies& latencies_;
    api::Text node_;
    Handler handler_;
    control::Uplink* link_;
    sim::Stream* stream_ = nullptr;
    std::map<api::Key, api::ObjectRef> cache_;
    std::deque<api::WatchEvent> in_flight_;
    control::Life life_, listening_;
    std::size_t held_ = 0;  // of those in flight, waiting for the link
    sim::Time last_delivery_{};
    sim::Duration retry_delay_{};
    bool synced_ = false;
};

}  // namespace model::node
