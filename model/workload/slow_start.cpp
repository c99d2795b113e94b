#include "model/workload/slow_start.hpp"

#include <algorithm>

#include "sim/notify.hpp"

namespace model::workload {

namespace {

// Shared by the actors of a batch and who waits for them; the waiter may die first.
struct Batch {
    explicit Batch(sim::Engine& engine) : ended(engine) {}
    std::function<sim::Task<api::Status>(std::size_t)> work;
    std::size_t left = 0;
    BatchResult result;
    sim::Signal ended;
};

sim::Task<void> do_one(std::shared_ptr<Batch> batch, std::size_t index) {
    auto working = batch->work(index);
    api::Status status = co_await std::move(working);
    if (status.ok()) ++batch->result.done;
    if (!status.ok() && batch->result.status.ok()) batch->result.status = status;
    if (--batch->left == 0) batch->ended.notify_all();
}

}  // namespace

sim::Task<BatchResult> slow_start(control::Process& process, Batches batches) {
    auto batch = std::make_shared<Batch>(process.engine());
    batch->work = std::move(batches.work);
    std::size_t next = 0, size = std::min(batches.first, batches.count);
    while (size > 0 && batch->result.status.ok()) {
        std::vector<std::size_t> busy;
        for (const std::size_t end = next + size; next < end; ++next) {
            if (batches.nothing_to_do && batches.nothing_to_do(next)) {
                ++batch->result.done;
            } else {
                busy.push_back(next);
            }
        }
        batch->left = busy.size();
        for (std::size_t i : busy) process.spawn(batches.actor, do_one(batch, i));
        while (batch->left != 0) {
            co_await batch->ended.wait(kind_of(Wait::Lock), "a batch of requests");
        }
        size = std::min(size * 2, batches.count - next);
    }
    co_return batch->result;
}

}  // namespace model::workload
