#include "model/control/client.hpp"

#include <algorithm>
#include <utility>

#include "sim/reply.hpp"

namespace model::control {

using namespace std::chrono_literals;

// write: fits the 2 to 5 ms of recorded writes. response and watch: fitted so that a worker that
// goes on after its own write loses against another that hears of it by watch in the share of cases
// measured on a real control plane.
Latencies::Latencies()
    : write(sim::Distribution::lognormal(3ms, 9ms)),
      read(sim::Distribution::lognormal(1ms, 4ms)),
      response(sim::Distribution::lognormal(520us, 1600us)),
      watch(sim::Distribution::lognormal(300us, 1500us)) {}

RateLimit::RateLimit(int qps, int burst) {
    if (qps <= 0) return;
    interval_ = sim::Duration(1'000'000'000 / qps);
    slack_ = interval_ * (burst > 0 ? burst : 1);
}

RateLimit::RateLimit(sim::Duration refill, int burst, sim::Time now)
    : interval_(refill), slack_(refill * burst), next_(now) {}

// `next_` is the instant at which the bucket would be empty of debts if every token taken cost one
// interval: the token bucket in its virtual scheduling form. A full bucket may be overdrawn by
// `slack_`.
sim::Duration RateLimit::reserve(sim::Time now) {
    if (interval_ == 0ns) return 0ns;
    next_ = std::max(next_, now) + interval_;
    return std::max<sim::Duration>(0ns, next_ - slack_ - now);
}

bool RateLimit::try_take(sim::Time now) {
    if (interval_ == 0ns) return true;
    const sim::Time next = std::max(next_, now) + interval_;
    if (next - slack_ > now) return false;
    next_ = next;
    return true;
}

// A request on its way, and its answer on the way back. It belongs to the wire, not to the caller.
struct Client::Flight {
    Flight(api::Request r, const Client& client, sim::Time asked_)
        : request(std::move(r)),
          by(client.options_.name),
          asked(asked_),
          link(client.options_.link),
          connected(client.connected_) {
        if (client.options_.timeout > 0ns)
            deadline = client.server_.engine().now() + client.options_.timeout;
    }
    static void* operator new(std::size_t bytes) { return sim::allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) {
        sim::release_frame(memory, bytes);
    }
    void commit(api::Server& server);
    // Goes on at once, or once the link lets it; where it is lost its caller is told.
    template <class F>
    static void pass(std::unique_ptr<Flight> flight, F go);
    void deliver() {
        if (on_answer) return on_answer(answer);
        promise.fulfil(std::move(answer));
    }

    api::Request request;
    api::Response answer;
    api::Text by;
    sim::Time asked, sent, deadline = sim::kNever;
    sim::Duration reply_delay;
    Uplink* link;
    Life connected;
    std::function<void(const api::Response&)> on_answer;  // or, without one:
    sim::Promise<api::Response> promise;
};

template <class F>
void Client::Flight::pass(std::unique_ptr<Flight> flight, F go) {
    Uplink* link = flight->link;
    if (!link || link->up()) return go(std::move(flight));
    const sim::Time deadline = flight->deadline;
    link->wait(deadline, [flight = std::move(flight), go](const Uplink::Lost& lost) mutable {
        if (!lost) return go(std::move(flight));
        flight->answer = api::Response();
        flight->answer.status = *lost;
        flight->deliver();
    });
}

void Client::Flight::commit(api::Server& server) {
    sim::Engine& engine = server.engine();
    answer = server.handle(request, by);
    if (!server.journal().is_heard()) return;
    const api::Request& r = request;
    Requested told{by, r.verb, r.kind, r.key, r.subresource, answer.status, asked, sent, r.id};
    if (told.key.name.empty() && answer.object) told.key = answer.object->key();
    server.journal().emit(Stamp{engine.now(), engine.current().seq}, told);
}

Client::Client(api::Server& server, const Latencies& latencies, Options options)
    : server_(server),
      latencies_(latencies),
      options_(std::move(options)),
      limit_(options_.qps, options_.burst),
      write_stream_(server.engine().stream("api/write/" + options_.name.str())),
      read_stream_(server.engine().stream("api/read/" + options_.name.str())),
      reply_stream_(server.engine().stream("api/reply/" + options_.name.str())) {}

api::Request Client::request(Verb verb, api::Kind kind, api::Key key) {
    api::Request r;
    r.verb = verb;
    r.kind = kind;
    r.key = std::move(key);
    return r;
}

// What a request takes while the server works on so many others.
sim::Duration Client::slowed(sim::Duration travel) const {
    const int in_work = server_.requests_in_work();
    if (latencies_.at_once == 0 || in_work <= latencies_.at_once) return travel;
    return travel * in_work / latencies_.at_once;
}

void Client::transmit(std::unique_ptr<Flight> flight) {
    Flight::pass(std::move(flight),
                 [this](std::unique_ptr<Flight> sent) { travel(std::move(sent)); });
}

void Client::travel(std::unique_ptr<Flight> flight) {
    sim::Engine& engine = server_.engine();
    const Verb verb = flight->request.verb;
    const bool reads = verb == Verb::Get || verb == Verb::List;
    const sim::Duration travel =
        reads ? latencies_.read.sample(read_stream_) : latencies_.write.sample(write_stream_);
    // Both ways are drawn at once, so that what other requests do in between disturbs no draw.
    flight->reply_delay = latencies_.response.sample(reply_stream_);
    flight->sent = engine.now();
    server_.take_request();
    sim::Time arrival = engine.now() + slowed(travel);
    if (options_.in_order) {
        // Strictly later, so that no ready order can turn the two around.
        last_arrival_ = arrival = std::max(arrival, last_arrival_ + 1ns);
    }
    engine.call_at(arrival, kind_of(reads ? Wait::ApiRead : Wait::ApiWrite),
                   [&server = server_, flight = std::move(flight)]() mutable {
                       server.let_go_of_request();
                       if (!flight->connected) return;
                       Flight::pass(std::move(flight), [&server](std::unique_ptr<Flight> come) {
                           come->commit(server);
                           const sim::Duration delay = come->reply_delay;
                           server.engine().call_in(
                               delay, kind_of(Wait::ApiReply), [back = std::move(come)]() mutable {
                                   Flight::pass(std::move(back),
                                                [](const std::unique_ptr<Flight>& answered) {
                                                    answered->deliver();
                                                });
                               });
                       });
                   });
}

sim::Task<api::Response> Client::call(api::Request request) {
    const sim::Time asked = engine().now();
    const sim::Duration wait = limit_.reserve(asked);
    if (wait > 0ns) {
        co_await engine().sleep_for(wait, kind_of(Wait::Throttle));
    }
    sim::Reply<api::Response> reply(engine());
    auto flight = std::make_unique<Flight>(std::move(request), *this, asked);
    flight->promise = reply.promise();
    transmit(std::move(flight));
    api::Response answer =
        co_await reply.get(kind_of(Wait::ApiReply), "the answer of the API server");
    co_return answer;
}

void Client::send(api::Request request, std::function<void(const api::Response&)> on_answer) {
    auto flight = std::make_unique<Flight>(std::move(request), *this, engine().now());
    flight->on_answer = std::move(on_answer);
    transmit(std::move(flight));
}

sim::Task<api::Response> Client::remove(api::Kind kind, api::Key key, api::DeleteOptions options) {
    api::Request r = request(Verb::Delete, kind, std::move(key));
    r.options = std::move(options);
    return call(std::move(r));
}

sim::Task<api::Response> Client::remove_all(api::Kind kind, api::Text ns,
                                            api::DeleteOptions options) {
    api::Request r = request(Verb::DeleteCollection, kind, api::Key(std::move(ns), api::Text()));
    r.options = std::move(options);
    return call(std::move(r));
}

sim::Task<api::Response> Client::list(api::Kind kind, api::Text ns) {
    return call(request(Verb::List, kind, api::Key(std::move(ns), api::Text())));
}

}  // namespace model::control
