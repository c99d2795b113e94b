#include "model/workload/ttl_controller.hpp"

#include <limits>
#include <utility>

namespace model::workload {

namespace {

constexpr std::size_t kWorkers = 5;

struct Boundary {
    int least, most, seconds;
};
constexpr Boundary kBoundaries[] = {{0, 100, 0},
                                    {90, 500, 15},
                                    {450, 1000, 30},
                                    {900, 2000, 60},
                                    {1800, std::numeric_limits<int>::max(), 300}};

}  // namespace

void TtlStep::add_node() {
    if (++nodes_ > kBoundaries[step_].most) ++step_;
}

void TtlStep::remove_node() {
    if (--nodes_ < kBoundaries[step_].least) --step_;
}

int TtlStep::seconds() const { return kBoundaries[step_].seconds; }

TtlController::TtlController(control::Process& process, control::Client& client)
    : process_(process),
      client_(client),
      nodes_(process.informer(api::Kind::Node)),
      queue_(process.engine(), process.journal(), kClientName) {
    nodes_.add_handler([this](const api::ObjectRef& before, const api::ObjectRef& after) {
        if (!before) step_.add_node();
        if (!after) return step_.remove_node();
        if (is_told(*after)) return;
        has_work_ = true;
        queue_.add(after->key());
        if (started_) work();
    });
}

bool TtlController::is_told(const api::Object& node) const {
    const api::Text* told = node.metadata.annotations.find(kAnnotation);
    return told && *told == std::to_string(step_.seconds());
}

void TtlController::start() {
    started_ = true;
    if (has_work_) work();
}

// Workers begin with the first node that needs them.
void TtlController::work() {
    if (std::exchange(works_, true)) return;
    process_.spawn_workers(queue_, kWorkers,
                           [this](control::WorkQueue::Item item) { return sync(std::move(item)); });
}

sim::Task<api::Status> TtlController::sync(control::WorkQueue::Item item) {
    const auto node = nodes_.get<api::Node>(item.key);
    if (!node || is_told(*node)) {
        queue_.forget(item.key);
        co_return api::Status();
    }
    api::Value body;
    body["metadata"]["annotations"][kAnnotation] = std::to_string(step_.seconds());
    auto patching = client_.patch<api::Node>(item.key, std::move(body), api::PatchType::Strategic);
    const api::Result<api::Ref<api::Node>> patched = co_await std::move(patching);
    if (patched) {
        queue_.forget(item.key);
        co_return api::Status();
    }
    queue_.add_rate_limited(item.key);
    co_return patched.error();
}

}  // namespace model::workload
