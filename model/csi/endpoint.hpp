// Endpoint: the socket of a driver. It gives calls their time: how long they take, how many run at
// a time, what the storage's own rate limit does, what the fault plan does. A call that was sent
// belongs to the driver: it is carried out even if the caller dies or stops waiting. Counterpart:
// grpc-go over a Unix socket (delays of the transport: none).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "model/control/client.hpp"
#include "model/csi/driver.hpp"
#include "model/csi/faults.hpp"
#include "model/journal.hpp"
#include "sim/engine.hpp"
#include "sim/reply.hpp"
#include "sim/task.hpp"

namespace model::csi {

template <class T>
struct CallResult {
    RpcStatus status;
    T response;
    bool ok() const { return status.ok(); }
};

// A call that the driver has and that has not ended.
struct CallInFlight {
    Method method{};
    Text subject;
    sim::Time started;
    std::optional<sim::Time> deadline;  // when its caller stops waiting; nothing: nobody waits
    CallInFlight() = default;
};

class Endpoint {
  public:
    // `node`: where this part of the driver runs; "" for the controller part. `start_nanos`: the
    // cluster's clock at time 0.
    Endpoint(sim::Engine& engine, Journal& journal, std::shared_ptr<Driver> driver, Text node,
             std::int64_t start_nanos);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    // Answers with DeadlineExceeded after `timeout`, whatever becomes of the work; with Unavailable
    // where the driver is down or dies meanwhile. `caller` is for the journal.
    template <class R>
    sim::Task<CallResult<typename R::Response>> call(Text caller, R request,
                                                     sim::Duration timeout) {
        auto sending = send(std::move(caller), Request(std::move(request)), timeout);
        Outcome outcome = co_await std::move(sending);
        CallResult<typename R::Response> result;
        result.status = std::move(outcome.status);
        if (result.status.ok())
            result.response = std::get<typename R::Response>(std::move(outcome.response));
        co_return result;
    }
    sim::Task<Outcome> send(Text caller, Request request, sim::Duration timeout);

    bool running() const { return running_; }
    // The process dies or comes up. What ran in it when it died never ends; its backend stays.
    void set_running(bool running);
    // Called when the connection is lost. Sidecars end then.
    void on_disconnect(control::Life listener, std::function<void()> call);
    // Called at every start and end of the process.
    void on_change(control::Life listener, std::function<void()> call);

    Driver& driver() { return *driver_; }
    const Text& name() const { return driver_->settings().name; }
    const Text& node() const { return node_; }
    FaultPlan& faults() { return *faults_; }
    // The parts of a driver on nodes have one plan with its controller part.
    void share_faults(const Endpoint& with) { faults_ = with.faults_; }
    // Calls that somebody waits for.
    std::size_t awaited() const;
    // Those about this volume id or name, in the order of their start.
    std::vector<CallInFlight> in_flight(const Text& subject) const;

  private:
    struct Call {
        std::uint64_t id = 0;
        Text caller;
        Request request;
        std::optional<Fault> fault;
        sim::Time started;
        Text lock;
        bool holds_turn = false;
        bool timed_out = false;
        std::optional<sim::EventId> deadline;
        sim::Time deadline_at;
        std::uint64_t begun_in = 0;  // the engine event
        sim::Promise<Outcome> promise;
        Call() = default;
        // Its caller has stopped waiting, or has died.
        bool is_abandoned() const { return timed_out || promise.is_abandoned(); }
    };
    struct Listening {
        control::Life listener;
        std::function<void()> call;
    };

    // A call's way: lock, throttle and fault's delay, turn, latency, work, answer.
    void begin(Text caller, Request request, sim::Duration timeout, sim::Promise<Outcome> promise);
    bool take_lock(Call& call);
    sim::Duration throttle(const Call& call, std::optional<RpcStatus>& refused);
    void take_turn(std::uint64_t id);
    void carry_out(std::uint64_t id);
    void answer(std::uint64_t id, Outcome outcome);
    void give_up(std::uint64_t id);
    void later(std::uint64_t id, sim::Duration delay, void (Endpoint::*step)(std::uint64_t));
    void tell(const Call& call, CsiCall::Moment moment, const Outcome* outcome);
    void measure(const Text& caller, Method method, Code code, sim::Duration took);

    sim::Engine& engine_;
    Journal& journal_;
    std::shared_ptr<Driver> driver_;
    Text node_;
    std::int64_t start_nanos_;
    sim::Stream& latency_stream_;
    sim::Stream& fault_stream_;
    control::RateLimit rate_;
    std::shared_ptr<FaultPlan> faults_ = std::make_shared<FaultPlan>();
    std::map<std::uint64_t, Call> calls_;
    std::deque<std::uint64_t> waiting_;  // for their turn, where only so many run at a time
    std::set<Text> locks_;
    std::size_t executing_ = 0;
    std::uint64_t next_id_ = 1;
    control::Life process_;  // a new one each time the driver comes up
    bool running_ = true;
    std::vector<Listening> listening_, watching_;
};

}  // namespace model::csi
