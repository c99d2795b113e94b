// Filters on what happens, as expectations write them: {reason: FailedBinding, about:
// PersistentVolumeClaim/data} for events, {verb: update, kind: PersistentVolume, code: 409} for
// requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scenarios/view.hpp"

namespace scenarios {

class EventFilter {
  public:
    explicit EventFilter(const Value& written);
    // How often the event was written by this commit: created, or counted up by so many. 0 where it
    // is another event.
    std::int64_t occurrences(const model::Committed& committed) const;

  private:
    bool matches(const model::api::Event& event) const;

    std::string reason_, type_, message_, from_;
    bool message_is_prefix_ = false;
    std::string kind_, name_, ns_;  // of the object it is about
};

class RequestFilter {
  public:
    RequestFilter(const Value& written, View& view);
    bool matches(const model::Requested& request) const;

  private:
    std::string verb_, name_, ns_, subresource_, by_;
    std::optional<model::api::Kind> kind_;
    std::optional<int> code_;
};

class RpcFilter {
  public:
    explicit RpcFilter(const Value& written);
    // A call counts when it begins; where an outcome is asked for, when it ends.
    bool matches(const model::CsiCall& call) const;

  private:
    std::string method_, driver_, code_;
};

}  // namespace scenarios
