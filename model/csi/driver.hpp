// Driver: what a CSI driver answers. A plugin over a backend: it decides at once, on the state as
// it is, and knows no time of its own; how long a call takes, how many run at a time and what goes
// wrong on the way is the endpoint's part (endpoint.hpp).
#pragma once

#include <memory>

#include "model/csi/backend.hpp"
#include "model/csi/messages.hpp"
#include "model/csi/profile.hpp"

namespace model::csi {

struct CallContext {
    Text node;                     // where the node part runs; "" for the controller part
    std::int64_t clock_nanos = 0;  // the cluster's clock, nanoseconds since 1970
    CallContext() = default;
};

class Driver {
  public:
    virtual ~Driver() = default;
    // Carries the call out. Never throws for bad requests; what the driver does not offer is
    // Unimplemented, or what this driver says instead.
    virtual Outcome handle(const Request& request, const CallContext& context) = 0;
    virtual const DriverSettings& settings() const = 0;
    virtual Backend& backend() = 0;
    // What the driver's part on a node found out about where the node is: NodeGetInfo says it.
    virtual void know_node(const Text& node, Topology segment) = 0;
    // Calls with the same key are parallel calls for one volume; "" where the driver does not mind.
    virtual Text lock_key(const Request& request) const = 0;
    // What the driver answers to the second of two such calls.
    virtual RpcStatus busy(const Text& key) const = 0;
};

// The driver that the settings' profile asks for.
std::unique_ptr<Driver> make_driver(DriverSettings settings);

}  // namespace model::csi
