#include "model/csi/endpoint.hpp"

#include <algorithm>
#include <utility>

namespace model::csi {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kKubelet = "kubelet";

// Calls that the storage's own interface must carry out; the others the driver answers by itself.
bool reaches_storage(Method m) {
    switch (m) {
        case Method::CreateVolume:
        case Method::DeleteVolume:
        case Method::ControllerPublishVolume:
        case Method::ControllerUnpublishVolume:
        case Method::ControllerModifyVolume:
        case Method::CreateSnapshot:
        case Method::DeleteSnapshot:
        case Method::ControllerExpandVolume:
        case Method::CreateVolumeGroupSnapshot:
        case Method::DeleteVolumeGroupSnapshot:
            return true;
        default:
            return false;
    }
}

// Made anew each time: texts are counted without atomics, and simulations run on several threads.
RpcStatus deadline_exceeded() {
    return RpcStatus(Code::DeadlineExceeded, "context deadline exceeded");
}
RpcStatus connection_lost() {
    return RpcStatus(Code::Unavailable, "error reading from server: EOF");
}
RpcStatus not_running() {
    return RpcStatus(Code::Unavailable,
                     "connection error: desc = \"transport: Error while dialing: dial unix "
                     "/csi/csi.sock: connect: connection refused\"");
}

}  // namespace

Endpoint::Endpoint(sim::Engine& engine, Journal& journal, std::shared_ptr<Driver> driver, Text node,
                   std::int64_t start_nanos)
    : engine_(engine),
      journal_(journal),
      driver_(std::move(driver)),
      node_(std::move(node)),
      start_nanos_(start_nanos),
      latency_stream_(engine.stream("csi/latency/" + name().str() + "/" + node_.str())),
      fault_stream_(engine.stream("csi/faults/" + name().str() + "/" + node_.str())),
      rate_(driver_->settings().profile.rate.qps, driver_->settings().profile.rate.burst) {}

sim::Task<Outcome> Endpoint::send(Text caller, Request request, sim::Duration timeout) {
    const Method method = method_of(request);
    if (!running_) {
        measure(caller, method, Code::Unavailable, 0ns);
        co_return Outcome(not_running());
    }
    const sim::Time began = engine_.now();
    sim::Reply<Outcome> reply(engine_);
    begin(caller, std::move(request), timeout, reply.promise());
    Outcome outcome = co_await reply.get(kind_of(Wait::CsiCall), "the answer of a CSI driver");
    measure(caller, method, outcome.status.code, engine_.now() - began);
    co_return outcome;
}

// As its caller saw it. Counterpart: csi-lib-utils metrics, kubelet's csi_plugin metrics.
void Endpoint::measure(const Text& caller, Method method, Code code, sim::Duration took) {
    Meter* meter = journal_.meter();
    if (!meter) return;
    const std::string name = full_name(method);
    if (caller == kKubelet) {
        meter->observe("csi_operations_seconds",
                       {{"driver_name", this->name().view()},
                        {"grpc_status_code", to_string(code)},
                        {"method_name", name},
                        {"migrated", "false"}},
                       took);
    } else {
        meter->observe("csi_sidecar_operations_seconds",
                       {{"driver_name", this->name().view()},
                        {"grpc_status_code", to_string(code)},
                        {"job", caller.view()},
                        {"method_name", name}},
                       took);
    }
}

void Endpoint::begin(Text caller, Request request, sim::Duration timeout,
                     sim::Promise<Outcome> promise) {
    const std::uint64_t id = next_id_++;
    Call& call = calls_[id];
    call.id = id;
    call.caller = std::move(caller);
    call.request = std::move(request);
    call.started = engine_.now();
    call.begun_in = engine_.current().seq;
    call.promise = std::move(promise);
    tell(call, CsiCall::Moment::Started, nullptr);
    call.fault = faults_->next(method_of(call.request), fault_stream_);
    if (!take_lock(call))
        return answer(id, Outcome(driver_->busy(driver_->lock_key(call.request))));
    std::optional<RpcStatus> refused;
    sim::Duration delay = throttle(call, refused);
    if (refused) return answer(id, Outcome(std::move(*refused)));
    if (call.fault) delay += call.fault->delay;
    call.deadline_at = sim::later(engine_.now(), timeout);
    call.deadline = engine_.call_in(timeout, kind_of(Wait::CsiCall), [this, id] { give_up(id); });
    if (delay == 0ns) return take_turn(id);
    later(id, delay, &Endpoint::take_turn);
}

bool Endpoint::take_lock(Call& call) {
    if (driver_->settings().profile.concurrency != Concurrency::AbortsSameVolume) return true;
    const Text key = driver_->lock_key(call.request);
    if (key.empty()) return true;
    if (!locks_.insert(key).second) return false;
    call.lock = key;
    return true;
}

sim::Duration Endpoint::throttle(const Call& call, std::optional<RpcStatus>& refused) {
    const CallRate& rate = driver_->settings().profile.rate;
    if (rate.qps == 0 || !reaches_storage(method_of(call.request))) return 0ns;
    if (!rate.refuses) return rate_.reserve(engine_.now());
    if (!rate_.try_take(engine_.now())) refused = RpcStatus(rate.code, rate.message);
    return 0ns;
}

void Endpoint::later(std::uint64_t id, sim::Duration delay, void (Endpoint::*step)(std::uint64_t)) {
    engine_.call_in(delay, kind_of(Wait::CsiCall), [this, id, step, process = process_] {
        if (process) (this->*step)(id);
    });
}

void Endpoint::take_turn(std::uint64_t id) {
    const DriverProfile& profile = driver_->settings().profile;
    const std::size_t most = profile.concurrency == Concurrency::OneAtATime
                                 ? 1
                                 : static_cast<std::size_t>(profile.parallel_calls);
    const bool queues = most != 0 && reaches_storage(method_of(calls_.at(id).request));
    if (queues && executing_ >= most) {
        waiting_.push_back(id);
        return;
    }
    calls_.at(id).holds_turn = queues;
    if (queues) ++executing_;
    const Method method = method_of(calls_.at(id).request);
    const sim::Duration latency = profile.latency_of(method).sample(latency_stream_);
    later(id, profile.polled(method, latency), &Endpoint::carry_out);
}

void Endpoint::carry_out(std::uint64_t id) {
    Call& call = calls_.at(id);
    // A call that had to wait for its turn was caused by its caller, not by the call before it.
    journal_.link(Link{engine_.current().seq, call.begun_in, Wait::CsiCall});
    const std::optional<Fault> fault = call.fault;
    Outcome outcome;
    if (!fault || fault->after || (fault->code == Code::Ok && !fault->hang)) {
        CallContext context;
        context.node = node_;
        context.clock_nanos = start_nanos_ + engine_.now().time_since_epoch().count();
        outcome = driver_->handle(call.request, context);
    }
    if (fault && fault->hang) return;
    if (fault && fault->code != Code::Ok) outcome = Outcome(RpcStatus(fault->code, fault->message));
    answer(id, std::move(outcome));
}

void Endpoint::answer(std::uint64_t id, Outcome outcome) {
    const auto node = calls_.extract(id);
    const Call& call = node.mapped();
    if (call.deadline) engine_.cancel(*call.deadline);
    if (!call.lock.empty()) locks_.erase(call.lock);
    tell(call, CsiCall::Moment::Ended, &outcome);
    call.promise.fulfil(std::move(outcome));
    if (!call.holds_turn) return;
    --executing_;
    if (waiting_.empty()) return;
    const std::uint64_t next = waiting_.front();
    waiting_.pop_front();
    take_turn(next);
}

// The caller stops waiting; the driver goes on.
void Endpoint::give_up(std::uint64_t id) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    found->second.deadline.reset();
    found->second.timed_out = true;
    found->second.promise.fulfil(Outcome(deadline_exceeded()));
}

void Endpoint::set_running(bool running) {
    if (running_ == running) return;
    running_ = running;
    std::erase_if(watching_, [](const Listening& l) { return !l.listener; });
    const std::vector<Listening> watching = watching_;
    for (const Listening& l : watching) l.call();
    if (running) return;
    process_.end();
    process_ = control::Life();
    const std::map<std::uint64_t, Call> lost = std::exchange(calls_, {});
    waiting_.clear();
    locks_.clear();
    executing_ = 0;
    for (const auto& entry : lost) {
        const Call& call = entry.second;
        if (call.deadline) engine_.cancel(*call.deadline);
        tell(call, CsiCall::Moment::Lost, nullptr);
        call.promise.fulfil(Outcome(connection_lost()));
    }
    std::vector<Listening> told = std::exchange(listening_, {});
    for (const Listening& l : told)
        if (l.listener) l.call();
}

void Endpoint::on_change(control::Life listener, std::function<void()> call) {
    watching_.push_back({std::move(listener), std::move(call)});
}

void Endpoint::on_disconnect(control::Life listener, std::function<void()> call) {
    std::erase_if(listening_, [](const Listening& l) { return !l.listener; });
    listening_.push_back({std::move(listener), std::move(call)});
}

std::size_t Endpoint::awaited() const {
    return static_cast<std::size_t>(std::count_if(
        calls_.begin(), calls_.end(), [](const auto& c) { return !c.second.is_abandoned(); }));
}

std::vector<CallInFlight> Endpoint::in_flight(const Text& subject) const {
    std::vector<CallInFlight> found;
    for (const auto& entry : calls_) {
        const Call& call = entry.second;
        if (subject_of(call.request) != subject) continue;
        CallInFlight told;
        told.method = method_of(call.request);
        told.subject = subject;
        told.started = call.started;
        if (!call.is_abandoned()) told.deadline = call.deadline_at;
        found.push_back(std::move(told));
    }
    return found;
}

void Endpoint::tell(const Call& call, CsiCall::Moment moment, const Outcome* outcome) {
    if (!journal_.is_heard()) return;
    CsiCall told;
    told.moment = moment;
    told.driver = name();
    told.node = node_;
    told.caller = call.caller;
    told.id = call.id;
    told.request = &call.request;
    told.outcome = outcome;
    told.started = call.started;
    told.abandoned = call.is_abandoned();
    journal_.emit(Stamp{engine_.now(), engine_.current().seq}, told);
}

}  // namespace model::csi
