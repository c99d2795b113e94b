#include "model/csi/livenessprobe.hpp"

namespace model::csi {

namespace {

constexpr int kFine = 200, kServerError = 500;

Health health(int code, std::string text) {
    Health h;
    h.http_code = code;
    h.text = std::move(text);
    return h;
}

}  // namespace

LivenessProbe::LivenessProbe(Endpoint& driver, sim::Duration timeout)
    : driver_(driver), timeout_(timeout) {}

Health health_of(const CallResult<ProbeResponse>& result) {
    if (!result.ok()) return health(kServerError, result.status.text());
    if (!result.response.ready.value_or(true))
        return health(kServerError, "driver responded but is not ready");
    return health(kFine, "ok");
}

sim::Task<Health> LivenessProbe::check() {
    ProbeRequest request;
    auto calling = driver_.call("livenessprobe", request, timeout_);
    auto result = co_await std::move(calling);
    co_return health_of(result);
}

}  // namespace model::csi
