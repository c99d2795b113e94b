// Reconciler: detaches what is not desired, then attaches what is, then tells the nodes; and once a
// minute asks for a look whether what is attached is so still. Counterpart: pkg/controller/volume/
// attachdetach/reconciler/reconciler.go (v1.36): one loop, 100 ms from the end of a pass to the
// next. Here it sleeps until something has changed and wakes at the instant at which the loop would
// have come by; a pass looks only at what is not as it should be. `every_tick` runs the loop in
// full, to hold the one against the other.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "model/attachdetach/attacher.hpp"
#include "model/attachdetach/node_status_updater.hpp"

namespace model::attachdetach {

struct ReconcilerOptions {
    sim::Duration period = std::chrono::milliseconds(100);
    sim::Duration longest_unmount = std::chrono::minutes(6);  // ReconcilerMaxWaitForUnmountDuration
    sim::Duration sync_period = std::chrono::seconds(60);     // below 1 s: never
    bool sync = true;
    bool force_detach = true;    // after the longest unmount, from a node that is not healthy
    sim::Duration first_pass{};  // after the start
    sim::Duration last_sync{};   // how long ago at the start
    bool every_tick = false;
    // Asks for a node's next status, where only that can tell that a volume is free.
    std::function<void(const api::Text& node)> want_status;
    ReconcilerOptions() = default;
};

class Reconciler {
  public:
    Reconciler(control::Process& process, World& world, Attacher& attacher,
               NodeStatusUpdater& statuses, const Profile& profile, ReconcilerOptions options);

    sim::Task<void> run();
    // Something has changed that a pass may act on.
    void wake();
    // The node's state has changed: what could not be detached from it perhaps can.
    void wake_for(const api::Text& node);
    // An attachment was lost, or may have been.
    void want_sync();

    // The last instant at which the pair's detaching is put off for the kubelet; nothing where it
    // is not, or where only the kubelet can end that.
    std::optional<sim::Time> forced_after(const VolumeOnNode& where) const;
    // When it does something about unfinished pairs by its own clock.
    sim::Time next_action() const;
    sim::Time next_action(const VolumeOnNode& where) const;
    // True where all that is left to do has run into the time-out of 2 min before: nobody attaches.
    bool repeats_only() const;

  private:
    sim::Task<void> pass();
    sim::Task<void> detach_undesired(const VolumeOnNode& where);
    void attach_desired(const VolumeOnNode& where);
    void tell_multi_attach(const VolumeOnNode& where, const DesiredState::Entry& entry,
                           const std::vector<api::Text>& nodes);
    void take_changes();
    void rest(const VolumeOnNode& where);
    std::set<VolumeOnNode> unfinished() const;
    void look_again(sim::Time at);
    void sync_if_due(sim::Time tick);
    sim::Time grid_from(sim::Time at) const;
    sim::Time next_sync() const;
    void set_alarm();
    bool may_force(const api::Text& node) const;
    bool is_healthy(const api::Text& node) const;
    bool is_out_of_service(const api::Text& node) const;
    std::vector<VolumeOnNode> all_attached() const;
    std::vector<VolumeOnNode> all_desired() const;

    control::Process& process_;
    sim::Engine& engine_;
    World& world_;
    Attacher& attacher_;
    NodeStatusUpdater& statuses_;
    const Profile& profile_;
    ReconcilerOptions options_;
    control::Informer& nodes_;
    Alarm alarm_;
    std::set<VolumeOnNode> running_;  // an operation works on them, which passes need not look at
    std::set<VolumeOnNode> open_;     // not as they should be, or not looked at since they changed
    std::set<api::Text> blocked_;     // nodes whose kubelets hold up a detach
    sim::Time last_end_{};            // of the last pass: the grid begins there
    sim::Time last_sync_{};
    sim::Time again_ = sim::kNever;  // something waits for this instant
    bool dirty_ = true;
    bool wants_sync_ = false;
};

}  // namespace model::attachdetach
