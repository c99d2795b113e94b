// Populator: what events missed. Every minute it removes pods that are gone or have ended, and
// volumes that are not attached any more by their driver's will; every third minute it adds the
// volumes of all living pods. Counterpart: pkg/controller/volume/attachdetach/populator (v1.36).
// Here it sleeps while there is nothing that it would find, and wakes at its own minute.
#pragma once

#include "model/attachdetach/alarm.hpp"
#include "model/attachdetach/pod_volumes.hpp"

namespace model::attachdetach {

struct PopulatorOptions {
    sim::Duration period = std::chrono::minutes(1);
    sim::Duration list_period = std::chrono::minutes(3);
    sim::Duration first_pass{};  // after the start
    sim::Duration last_list{};   // how long ago at the start
    bool every_tick = false;
    PopulatorOptions() = default;
};

class Populator {
  public:
    Populator(control::Process& process, World& world, PodVolumes& pod_volumes,
              PopulatorOptions options);

    sim::Task<void> run();
    // A pod's volume could not be removed when its pod went.
    void want_removal();
    // Something has changed that volumes hung on which could not be added.
    void want_list();
    sim::Time next_action() const { return alarm_.at(); }

  private:
    void pass();
    void remove_gone_pods();
    void remove_not_attachable();
    void list_pods();
    void set_alarm();
    sim::Time tick_from(sim::Time at) const;

    sim::Engine& engine_;
    World& world_;
    PodVolumes& pod_volumes_;
    PopulatorOptions options_;
    control::Informer& pods_;
    Alarm alarm_;
    sim::Time first_{}, earliest_{}, last_list_{};
    bool wants_removal_ = false, wants_list_ = false;
};

}  // namespace model::attachdetach
