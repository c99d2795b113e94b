// Client: a component's connection to the API server: its QPS and burst, its latencies, its name in
// the request log. Counterpart: client-go rest.Request with flowcontrol. A call waits for a token,
// travels, is committed, and its answer travels back. What was sent belongs to the server: it is
// committed even if the caller dies meanwhile.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/api/server.hpp"
#include "model/control/life.hpp"
#include "model/control/uplink.hpp"
#include "sim/distribution.hpp"
#include "sim/engine.hpp"
#include "sim/task.hpp"

namespace model::control {

// Latencies between a client and the server. Defaults: see scenario documentation; the write figure
// fits recordings of a real cluster, the others were fitted so that the measured race shares come
// out.
struct Latencies {
    sim::Distribution write, read, response, watch;
    // So many requests the server works on at full speed; more of them share it. 0: no limit. Fits
    // a server with two cores: measured rows with raised limits.
    int at_once = 6;
    // By informer ("kube-controller-manager/persistentvolumes"): its watch is behind by so much
    // more.
    std::map<std::string, sim::Duration, std::less<>> lags;
    Latencies();
    sim::Duration lag(std::string_view informer) const {
        if (lags.empty()) return sim::Duration(0);
        const auto found = lags.find(informer);
        return found == lags.end() ? sim::Duration(0) : found->second;
    }
};

// Token bucket in integer arithmetic: `burst` tokens, refilled at `qps`. Callers are served in the
// order in which they ask.
class RateLimit {
  public:
    RateLimit(int qps, int burst);  // qps 0: no limit; full at time 0
    RateLimit(sim::Duration refill, int burst,
              sim::Time now);  // one token each `refill`, full at `now`
    // Takes a token; how long the caller must wait for it from `now`.
    sim::Duration reserve(sim::Time now);
    // Takes one only if it is there now.
    bool try_take(sim::Time now);

  private:
    sim::Duration interval_{};
    sim::Duration slack_{};
    sim::Time next_{};
};

class Client {
  public:
    struct Options {
        api::Text name;
        int qps = 0;
        int burst = 0;
        bool in_order = false;    // what is sent later arrives later, as over one connection
        Uplink* link = nullptr;   // the way, where it can be cut; outlives what is sent
        sim::Duration timeout{};  // for which an answer is waited over a cut link; 0: no such limit
        Options() = default;
    };
    Client(api::Server& server, const Latencies& latencies, Options options);

    // Throttle, send, commit, answer. Never fails otherwise than through Response::status.
    sim::Task<api::Response> call(api::Request request);
    // Sends without waiting for a token or an answer (the scenario's user). `on_answer` runs when
    // the answer is back.
    void send(api::Request request, std::function<void(const api::Response&)> on_answer);

    template <class T>
    sim::Task<api::Result<api::Ref<T>>> get(api::Key key) {
        api::Request r = request(Verb::Get, T::kKind, std::move(key));
        auto call_task = call(std::move(r));
        api::Response answer = co_await std::move(call_task);
        co_return typed<T>(answer);
    }
    template <class T>
    sim::Task<api::Result<api::Ref<T>>> create(T object) {
        api::Request r = request(Verb::Create, T::kKind, object.key());
        r.body = api::freeze(std::move(object));
        return answered<T>(std::move(r));
    }
    template <class T>
    sim::Task<api::Result<api::Ref<T>>> update(T object,
                                               api::Subresource sub = api::Subresource::None) {
        return update(api::freeze(std::move(object)), sub);
    }
    // One that nobody else holds becomes the stored version without a copy.
    template <class T>
    sim::Task<api::Result<api::Ref<T>>> update(api::Ref<T> object,
                                               api::Subresource sub = api::Subresource::None) {
        api::Request r = request(Verb::Update, T::kKind, object->key());
        r.subresource = sub;
        r.body = object;
        object = nullptr;
        return answered<T>(std::move(r));
    }
    template <class T>
    sim::Task<api::Result<api::Ref<T>>> patch(api::Key key, api::Value body, api::PatchType type,
                                              api::Subresource sub = api::Subresource::None) {
        api::Request r = request(Verb::Patch, T::kKind, std::move(key));
        r.subresource = sub;
        r.patch = std::move(body);
        r.patch_type = type;
        auto call_task = call(std::move(r));
        api::Response answer = co_await std::move(call_task);
        co_return typed<T>(answer);
    }
    // The answer's object is the last or the terminating version.
    sim::Task<api::Response> remove(api::Kind kind, api::Key key, api::DeleteOptions options);
    sim::Task<api::Response> remove_all(api::Kind kind, api::Text ns, api::DeleteOptions options);
    sim::Task<api::Response> list(api::Kind kind, api::Text ns);

    // What was sent and is not committed yet is lost on its way (a crash that takes the connection
    // down).
    void drop_in_flight() { connected_.end(); }
    const api::Text& name() const { return options_.name; }
    api::Server& server() { return server_; }
    sim::Engine& engine() { return server_.engine(); }

  private:
    struct Flight;
    static api::Request request(Verb verb, api::Kind kind, api::Key key);
    void transmit(std::unique_ptr<Flight> flight);
    void travel(std::unique_ptr<Flight> flight);
    sim::Duration slowed(sim::Duration travel) const;
    // Objects are large to be handed from frame to frame, so a request holds one already.
    template <class T>
    sim::Task<api::Result<api::Ref<T>>> answered(api::Request request) {
        auto call_task = call(std::move(request));
        api::Response answer = co_await std::move(call_task);
        co_return typed<T>(answer);
    }
    template <class T>
    static api::Result<api::Ref<T>> typed(const api::Response& answer) {
        if (!answer.status.ok()) return answer.status;
        return api::as<T>(answer.object);
    }

    api::Server& server_;
    const Latencies& latencies_;
    Options options_;
    RateLimit limit_;
    sim::Stream& write_stream_;
    sim::Stream& read_stream_;
    sim::Stream& reply_stream_;
    sim::Time last_arrival_{};
    Life connected_;
};

}  // namespace model::control
