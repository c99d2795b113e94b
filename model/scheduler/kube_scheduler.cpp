#include "model/scheduler/kube_scheduler.hpp"

namespace model::scheduler {

namespace {

constexpr std::string_view kClient = "scheduler";
constexpr int kQps = 50;  // apis/config/v1/defaults.go
constexpr int kBurst = 100;

void run(control::Process& process, SchedulerSetting setting) {
    control::Client& client = process.client(kClient, kQps, kBurst);
    control::Client& events = process.client(kClient, kQps, kBurst);
    process.add(std::make_unique<Scheduler>(process, client, events, std::move(setting)));
    process.start();
}

sim::Task<void> come_up(control::Process& process, ProgramSetting setting) {
    co_await process.engine().sleep_for(setting.start_delay, kind_of(Wait::Start));
    // Its loops begin with it.
    setting.scheduler.first_flush = process.engine().now();
    run(process, std::move(setting.scheduler));
    setting.ready();
}

}  // namespace

void bring_up_scheduler(control::Process& process, ProgramSetting setting, bool runs_since_long) {
    if (!runs_since_long) {
        process.spawn("start", come_up(process, std::move(setting)));
        return;
    }
    run(process, std::move(setting.scheduler));
    setting.ready();
}

}  // namespace model::scheduler
