// LivenessProbe: the livenessprobe sidecar, which turns kubelet's HTTP question after a driver's
// health into a Probe call. Counterpart: kubernetes-csi/livenessprobe cmd/livenessprobe, e60f18a.
// Left out: the wait for the driver's socket and name at its start, its metrics.
#pragma once

#include <string>

#include "model/csi/endpoint.hpp"

namespace model::csi {

struct Health {
    int http_code = 200;
    std::string text;  // the body: "ok", or what is wrong
    bool ok() const { return http_code == 200; }
};

class LivenessProbe {
  public:
    // --probe-timeout, 3 s unless told.
    explicit LivenessProbe(Endpoint& driver, sim::Duration timeout = std::chrono::seconds(3));
    // What GET /healthz answers; it takes as long as the driver, at most the timeout.
    sim::Task<Health> check();

  private:
    Endpoint& driver_;
    sim::Duration timeout_;
};

// The HTTP answer to how a Probe ended.
Health health_of(const CallResult<ProbeResponse>& result);

}  // namespace model::csi
