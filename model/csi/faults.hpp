// Faults of CSI calls: what goes wrong, how often, in which order. Faults decorate the endpoint; no
// driver knows of them.
#pragma once

#include <array>
#include <deque>
#include <optional>

#include "model/csi/rpc.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace model::csi {

struct Fault {
    std::int64_t times = 1;  // how many calls it meets
    std::int64_t skip = 0;   // calls that pass first (nth - 1)
    Code code = Code::Ok;    // Ok: the call does not fail by it
    api::Text message;
    sim::Duration delay{};   // before the work
    bool after = false;      // the backend does the work, then the call fails
    bool hang = false;       // no answer ever comes
    double probability = 1;  // of meeting a call
    Fault() = default;
};

class FaultPlan {
  public:
    // Behind those of the method that are not used up yet.
    void add(Method method, Fault fault);
    // What meets the next call of the method, if anything does. Takes a draw only for a probability
    // below 1.
    std::optional<Fault> next(Method method, sim::Stream& stream);
    std::size_t left(Method method) const;  // faults not used up

  private:
    std::array<std::deque<Fault>, kMethods> faults_;
};

}  // namespace model::csi
