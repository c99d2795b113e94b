// DriverCalls: what was asked of each CSI driver: how often, how it ended, how long it took, how
// many calls ran at a time.
//
// A call counts as unawaited where it ended (or the driver died over it) when its caller had timed
// out or died. Left out: what was asked; the log of calls holds that.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/csi/rpc.hpp"
#include "model/journal.hpp"
#include "reports/latency.hpp"

namespace reports {

// How many run at a time, over time. Of a long history neighbours are put together, the larger
// number staying, so that it never has more than kChangesMax entries.
class Concurrency {
  public:
    static constexpr std::size_t kChangesMax = 512;
    struct Change {
        sim::Time at;
        std::size_t running = 0;
        bool operator==(const Change&) const = default;
    };
    void begin(sim::Time at) { change(at, running_ + 1); }
    void end(sim::Time at) { change(at, running_ - 1); }
    std::size_t running() const { return running_; }
    std::size_t most() const { return most_; }
    const std::vector<Change>& changes() const { return changes_; }

  private:
    void change(sim::Time at, std::size_t running);

    std::vector<Change> changes_;
    std::size_t running_ = 0, most_ = 0;
};

struct MethodCalls {
    std::size_t calls = 0;
    std::map<model::csi::Code, std::size_t> outcomes;
    std::size_t lost = 0;       // the driver died over them
    std::size_t unawaited = 0;  // nobody waited for their end
    std::vector<sim::Duration> took;
    Concurrency concurrency;
};

class DriverCalls : public model::Listener {
  public:
    using ByMethod = std::map<model::csi::Method, MethodCalls>;
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // Empty for a driver that was never called.
    const ByMethod& of(const std::string& driver) const;

  private:
    std::map<std::string, ByMethod> by_driver_;
};

}  // namespace reports
