// kube-scheduler as a program: its clients with their limits, its start. Counterpart:
// cmd/kube-scheduler. Leader election is left to a single instance.
#pragma once

#include <functional>

#include "model/scheduler/scheduler.hpp"

namespace model::scheduler {

struct ProgramSetting {
    SchedulerSetting scheduler;
    sim::Duration start_delay{};
    std::function<void()> ready;  // called once it schedules
    ProgramSetting() = default;
};

// Fills a new process. One that `runs_since_long` is up at once.
void bring_up_scheduler(control::Process& process, ProgramSetting setting, bool runs_since_long);

}  // namespace model::scheduler
