// Informer: a watch with a cache that lags by its own delay, shared by the controllers of one
// process. Counterpart: client-go tools/cache (Reflector, SharedInformer). A cached read is the
// version of that key at or before the watch's position; events of one watch never overtake each
// other; handlers run after the cache has changed. After a cut connection it resumes from its last
// version, or relists and tells the difference where the log is gone.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/api/server.hpp"
#include "model/control/client.hpp"
#include "model/control/life.hpp"
#include "model/control/uplink.hpp"

namespace model::control {

class Informer : public api::WatchSink {
  public:
    // Null `before`: added. Null `after`: deleted (before is the last state known).
    using Handler = std::function<void(const api::ObjectRef& before, const api::ObjectRef& after)>;

    // `name` keys the random stream of its delays: "kube-controller-manager/persistentvolumes".
    // `link`: the way to the server, where it can be cut.
    Informer(api::Server& server, const Latencies& latencies, api::Kind kind, std::string name,
             Uplink* link = nullptr);
    ~Informer() override;
    Informer(const Informer&) = delete;
    Informer& operator=(const Informer&) = delete;

    // Lists now and begins to watch; handlers added before are told of every object. The cache is
    // in sync on return.
    void start();
    void add_handler(Handler handler) { handlers_.push_back(std::move(handler)); }

    api::ObjectRef get(const api::Key& key) const;
    template <class T>
    api::Ref<T> get(const api::Key& key) const {
        return api::as<T>(get(key));
    }
    // In the order of keys; with an empty namespace all of them.
    template <class F>
    void for_each(F&& visit) const {
        for (std::uint32_t slot : server_.sorted_slots(kind_))
            if (slot < cache_.size() && cache_[slot]) visit(cache_[slot]);
    }
    // False once the informer is gone: for callables that may outlive it.
    Life life() const { return life_; }
    api::Kind kind() const { return kind_; }
    bool synced() const { return synced_; }
    std::uint64_t position() const { return position_; }  // resourceVersion seen last

    // WatchSink
    void on_commit(const api::WatchEvent& event) override;
    void on_disconnect() override;

  private:
    void deliver();
    void deliver_one();
    void hold();
    void on_link_lost();
    void put(std::uint32_t slot, const api::ObjectRef& object);
    void relist();
    void reconnect();
    void retry_later();

    api::Server& server_;
    const Latencies& latencies_;
    api::Kind kind_;
    std::string name_;
    Uplink* link_;
    sim::Stream* stream_ = nullptr;  // of the delays; most kinds never need it
    std::vector<Handler> handlers_;
    std::vector<api::ObjectRef> cache_;      // by slot
    std::deque<api::WatchEvent> in_flight_;  // sent by the server, not yet delivered, oldest first
    Life life_;       // a new one at each relist: what was sent under the old one counts no more
    Life listening_;  // to the link
    std::size_t held_ = 0;  // of those in flight, waiting for the link
    sim::Time last_delivery_{};
    sim::Duration retry_delay_{};
    std::uint64_t received_ = 0;  // resourceVersion sent last by the server, delivered or not
    std::uint64_t position_ = 0;
    bool synced_ = false;
    bool watching_ = false;
};

}  // namespace model::control
