// Messages of the Identity service, which both parts of a driver answer: who it is, what it offers,
// whether it is ready. Counterpart: csi.proto 1.12; members are the protocol's fields in its order.
// Not here: capabilities of the other services, which those report themselves.
#pragma once

#include "model/csi/message_parts.hpp"

namespace model::csi {

struct GetPluginInfoResponse {
    Text name;
    Text vendor_version;
    TextMap manifest;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("name", s.name);
        v.field("vendor_version", s.vendor_version);
        v.field("manifest", s.manifest);
    }
};

struct GetPluginInfoRequest {
    static constexpr Method kMethod = Method::GetPluginInfo;
    using Response = GetPluginInfoResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

struct GetPluginCapabilitiesResponse {
    Capabilities<PluginCapability> capabilities;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.capabilities(s.capabilities);
    }
};

struct GetPluginCapabilitiesRequest {
    static constexpr Method kMethod = Method::GetPluginCapabilities;
    using Response = GetPluginCapabilitiesResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

// Without `ready` the driver counts as ready.
struct ProbeResponse {
    std::optional<bool> ready;
    template <class V, class S>
    static void describe(V& v, S& s) {
        v.field("ready", s.ready);
    }
};

struct ProbeRequest {
    static constexpr Method kMethod = Method::Probe;
    using Response = ProbeResponse;
    template <class V, class S>
    static void describe(V&, S&) {}
};

}  // namespace model::csi
