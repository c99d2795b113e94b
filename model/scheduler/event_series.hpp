// EventSeries: the scheduler's voice, in the form of events.k8s.io: no counts, an action, the same
// event said again becomes a series. Counterpart: client-go tools/events event_broadcaster.go. The
// first repetition is written, further ones only when a series ends (six minutes without one) or
// once in half an hour. Up to 1.26 a series began at one, which the server refuses, so that it was
// not seen before its end. Left out: related objects.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/control/process.hpp"
#include "model/control/recorder.hpp"
#include "model/scheduler/release.hpp"

namespace model::scheduler {

class EventSeries {
  public:
    // Writes through `client`; loops begin when the process starts.
    EventSeries(control::Process& process, control::Client& client, std::string component);

    // Returns at once; each event is written by an actor of its own.
    void record(const api::Pod& about, control::EventType type, std::string_view reason,
                std::string_view action, std::string note);

  private:
    struct Known {
        api::Ref<api::Event> event;  // as it was written first
        std::int64_t series = 0;     // 0: said once
        sim::Time first{}, last{};
    };
    using Key = std::string;

    Key key_of(const api::Event& event) const;
    sim::Task<void> write(Key key, api::Ref<api::Event> event, std::int64_t series,
                          api::MicroTimestamp last);
    // True when there is nothing more to do: written, or refused for good.
    sim::Task<bool> attempt(api::Ref<api::Event> event, std::int64_t series,
                            api::MicroTimestamp last);
    void arm(sim::Duration period, bool finishing);
    void refresh();
    void finish();
    void rewrite(const Key& key, const Known& known);

    control::Process& process_;
    control::Client& client_;
    std::string component_, instance_;
    Release release_;
    sim::Stream& stream_;
    sim::Time began_{};
    std::map<Key, Known> known_;
    bool finish_armed_ = false, refresh_armed_ = false;
    std::int64_t last_name_ = 0;
};

}  // namespace model::scheduler
