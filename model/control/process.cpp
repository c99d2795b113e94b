#include "model/control/process.hpp"

#include "model/control/event_recorder.hpp"

namespace model::control {

Process::Process(api::Server& server, const Latencies& latencies, std::string name, Uplink* link)
    : server_(server),
      latencies_(latencies),
      name_(std::move(name)),
      link_(link),
      group_(server.engine().make_group(name_)) {}

Process::~Process() {
    life_.end();
    engine().kill_group(group_);
    if (link_) link_->drop();
}

Informer& Process::informer(api::Kind kind) {
    std::unique_ptr<Informer>& informer = informers_[kind];
    if (!informer) {
        const std::string name = name_ + "/" + server_.scheme().info(kind).resource;
        informer = std::make_unique<Informer>(server_, latencies_, kind, name, link_);
    }
    if (started_ && !informer->synced()) {
        // Asked for late: the list is taken once the caller has added its handlers.
        engine().call_in(sim::Duration(0), kind_of(Wait::Watch),
                         [informer = informer.get(), life = informer->life()] {
                             if (life && !informer->synced()) informer->start();
                         });
    }
    return *informer;
}

Client& Process::client(api::Text name, int qps, int burst, sim::Duration timeout) {
    Client::Options options;
    options.name = std::move(name);
    options.qps = qps;
    options.burst = burst;
    options.link = link_;
    options.timeout = timeout;
    clients_.push_back(std::make_unique<Client>(server_, latencies_, std::move(options)));
    return *clients_.back();
}

EventRecorder& Process::recorder(Client& client, std::string component, std::string host) {
    auto recorder =
        std::make_unique<ClientEventRecorder>(client, std::move(component), std::move(host));
    spawn("events of " + client.name().str(), recorder->run());
    recorders_.push_back(std::move(recorder));
    return *recorders_.back();
}

void Process::start() {
    for (auto& [kind, informer] : informers_) informer->start();
    started_ = true;
    for (auto& controller : controllers_) controller->start();
}

sim::ActorId Process::spawn(std::string actor, sim::Task<void> task) {
    return engine().spawn(group_, std::move(actor), std::move(task));
}

void Process::drop_in_flight() {
    for (auto& client : clients_) client->drop_in_flight();
}

void Process::spawn_worker(WorkQueue& queue, Sync sync) {
    spawn("worker of " + std::string(queue.name()), work(queue, std::move(sync)));
}

void Process::spawn_workers(WorkQueue& queue, std::size_t count, Sync sync) {
    spawn("workers of " + std::string(queue.name()), hand_out(queue, count, std::move(sync)));
}

sim::Task<void> Process::work(WorkQueue& queue, Sync sync) {
    for (;;) {
        auto next = queue.next();
        WorkQueue::Item item = co_await std::move(next);
        auto working = do_one(queue, std::move(item), sync);
        co_await std::move(working);
    }
}

sim::Task<void> Process::hand_out(WorkQueue& queue, std::size_t count, Sync sync) {
    sim::Semaphore free(engine(), count);
    for (;;) {
        sim::Permit permit = co_await free.permit(kind_of(Wait::WorkQueue), queue.name());
        auto next = queue.next();
        WorkQueue::Item item = co_await std::move(next);
        std::string name = "worker of " + std::string(queue.name());
        spawn(std::move(name), work_on(queue, std::move(item), std::move(permit), sync));
    }
}

sim::Task<void> Process::work_on(WorkQueue& queue, WorkQueue::Item item, sim::Permit, Sync sync) {
    auto working = do_one(queue, std::move(item), sync);
    co_await std::move(working);
}

sim::Task<void> Process::do_one(WorkQueue& queue, WorkQueue::Item item, const Sync& sync) {
    Synced told;
    told.controller = queue.name();
    told.key = item.key;
    told.added = item.added;
    told.started = engine().now();
    const api::Key key = item.key;
    sim::Task<api::Status> syncing = sync(std::move(item));
    api::Status status = co_await std::move(syncing);
    told.failed = !status.ok();
    told.error = status.message;
    queue.done(key);
    if (journal().is_heard()) journal().emit(Stamp{engine().now(), engine().current().seq}, told);
}

}  // namespace model::control
