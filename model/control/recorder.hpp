// EventRecorder: a component's voice. Events pass a queue, are correlated (counted up, aggregated,
// filtered for spam) and written by an actor of their own through the component's client and its
// limits. Counterpart: client-go tools/record (event.go, events_cache.go): queue of 1000; 10
// similar in 10 minutes are combined; 25 at once and one each 5 minutes per source and object; a
// write is tried 12 times, 10 s apart.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "model/api/objects_core.hpp"

namespace model::control {

enum class EventType : unsigned char { Normal, Warning };

// What controllers see. Returns at once; the writing happens later, or never (the queue is full,
// the process dies).
class EventRecorder {
  public:
    virtual ~EventRecorder() = default;
    void record(const api::Object& about, EventType type, std::string_view reason,
                std::string message) {
        record_part(about, {}, type, reason, std::move(message));
    }
    // About a part of the object: "spec.containers{web}".
    virtual void record_part(const api::Object& about, std::string_view field_path, EventType type,
                             std::string_view reason, std::string message) = 0;
};

}  // namespace model::control
