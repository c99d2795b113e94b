// ClientEventRecorder: the recorder that writes Event objects through a component's client.
// Counterpart: client-go tools/record/event.go and events_cache.go. The correlator is its own
// class, since it is pure: an event and the time go in; what is to be written, if anything, comes
// out.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "model/control/client.hpp"
#include "model/control/recorder.hpp"
#include "sim/mailbox.hpp"

namespace model::control {

// The least recently used of 4096 entries makes room, as upstream's caches do.
template <class T>
class LruCache {
  public:
    explicit LruCache(std::size_t capacity) : capacity_(capacity) {}
    T* find(const std::string& key) {
        auto it = index_.find(key);
        if (it == index_.end()) return nullptr;
        order_.splice(order_.begin(), order_, it->second);
        return &it->second->second;
    }
    T& put(const std::string& key, T value) {
        if (T* known = find(key)) return *known = std::move(value);
        if (index_.size() >= capacity_) {
            index_.erase(order_.back().first);
            order_.pop_back();
        }
        order_.emplace_front(key, std::move(value));
        index_[key] = order_.begin();
        return order_.front().second;
    }

  private:
    std::size_t capacity_;
    std::list<std::pair<std::string, T>> order_;
    std::map<std::string, typename std::list<std::pair<std::string, T>>::iterator> index_;
};

class EventCorrelator {
  public:
    struct Correlated {
        api::Event event;       // as it should stand in the store
        bool existing = false;  // seen before: count it up by a patch instead of creating it
        std::string key;        // for `stored`
        Correlated() = default;
    };
    EventCorrelator();
    // Nothing where the spam filter swallows it. `now` is virtual time, `clock` what the cluster's
    // clock shows.
    std::optional<Correlated> correlate(api::Event event, sim::Time now, std::int64_t clock_nanos);
    // The name under which the store has it now (it may have been created anew).
    void stored(const std::string& key, const api::Event& event);

  private:
    struct Similar {
        std::set<std::string> messages;
        sim::Time last;
    };
    struct Observed {
        std::int64_t count = 0;
        std::optional<api::Timestamp> first;
        api::Text name;
    };
    LruCache<Similar> similar_;
    LruCache<Observed> observed_;
    LruCache<RateLimit> spam_;
};

class ClientEventRecorder : public EventRecorder {
  public:
    // `host`: the node of a component that runs on one.
    ClientEventRecorder(Client& client, std::string component, std::string host = {});
    void record_part(const api::Object& about, std::string_view field_path, EventType type,
                     std::string_view reason, std::string message) override;
    // The actor that writes; runs for ever.
    sim::Task<void> run();

  private:
    sim::Task<bool> write(EventCorrelator::Correlated& correlated);

    Client& client_;
    std::string component_, host_;
    sim::Stream& stream_;
    EventCorrelator correlator_;
    sim::Mailbox<api::Ref<api::Event>> queue_;
    std::size_t queued_ = 0;
    std::int64_t last_name_ = 0;  // nanoseconds of the clock, in the name of the event before
};

}  // namespace model::control
