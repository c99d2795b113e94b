// Operations: the names of a controller's long-running work. A name runs once at a time, and after
// a failure not again before its backoff is over; a refused start is forgotten, and the next sync
// asks again. Counterpart: pkg/util/goroutinemap with exponentialbackoff (500 ms, doubled up to 2
// min 2 s). Running the work is the owner's part.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/time.hpp"

namespace model::volume {

// The memory of failures of one operation.
struct OperationBackoff {
    static constexpr sim::Duration kFirst = std::chrono::milliseconds(500);
    static constexpr sim::Duration kLongest = std::chrono::seconds(122);

    sim::Duration wait{};  // zero: has not failed
    sim::Time failed_at{};

    void fail(sim::Time now);
    // The last instant at which a start is refused.
    sim::Time refused_until() const { return failed_at + wait; }
    bool may_start(sim::Time now) const {
        return wait == sim::Duration(0) || now > refused_until();
    }
};

class Operations {
  public:
    bool may_start(std::string_view name, sim::Time now) const;
    void started(std::string_view name);
    // Success forgets earlier failures.
    void ended(std::string_view name, bool ok, sim::Time now);

    bool is_running(std::string_view name) const;
    // How long a name is held back, or null.
    const OperationBackoff* backoff(std::string_view name) const;
    std::size_t running() const { return running_; }

  private:
    struct Entry {
        bool running = false;
        OperationBackoff backoff;
    };
    std::map<std::string, Entry, std::less<>> entries_;
    std::size_t running_ = 0;
};

}  // namespace model::volume
