// NodeStatus: what a kubelet writes of its Node: the volumes in use, and that it is ready.
// Counterpart: pkg/kubelet/kubelet_node_status.go: a status is made each 10 s and sent where
// something of it has changed; an attachable volume is not mounted before such a status has told it
// in use. The times of looks are drawn one after the other, but one is an event only where there is
// something to tell. The status that is sent each 5 min although nothing has changed is one only
// where somebody waits for it. Left out: images, addresses, pressure.
#pragma once

#include <algorithm>
#include <functional>

#include "model/control/process.hpp"
#include "model/node/volume_manager.hpp"

namespace model::node {

class NodeStatus {
  public:
    struct Setting {
        api::Text node;
        sim::Time first;           // the first look
        bool tells_ready = false;  // a kubelet that has just come up
        std::function<api::Ref<api::Node>()> cached;
        // Whether its heartbeats come through: then it takes back what others say of it. May be
        // null.
        std::function<bool()> is_heard;
        api::Ref<api::Node>
            remembered;  // what the node was like; for one that is not there any more
    };
    NodeStatus(control::Process& process, control::Client& client, control::EventRecorder& recorder,
               VolumeManager& volumes, Setting setting);
    ~NodeStatus() { life_.end(); }

    static bool is_ready(const api::Node& node);
    // A kubelet that has just come up makes its Node, which mostly is there, and tells of itself.
    sim::Task<void> register_node();
    // The node is about to go: told at once.
    sim::Task<void> tell_shutdown();
    // Something that it tells may have changed.
    void changed();
    // Somebody waits for the next status, whatever it tells.
    void want_report();
    // When a status that has something to tell, or that somebody waits for, is made; else kNever.
    sim::Time next_action() const { return std::min(look_at_, report_at_); }

  private:
    bool is_needed() const;
    void pass_by(sim::Time now);  // looks before now found nothing
    void sent(bool changed);
    sim::Stream& reports_stream() const;
    sim::Task<void> look();
    sim::Task<bool> tell(bool live);
    api::Value patch_for(const api::Node& node) const;
    api::Value ready_conditions(const api::Node& node) const;

    control::Process& process_;
    sim::Engine& engine_;
    control::Client& client_;
    control::EventRecorder& recorder_;
    VolumeManager& volumes_;
    Setting setting_;
    sim::Stream& jitter_;
    sim::Time next_;  // look
    sim::Time look_at_ = sim::kNever;
    sim::Time report_due_{};             // the status of each 5 min
    sim::Time report_at_ = sim::kNever;  // somebody waits for it
    bool reports_ = false;               // the next look sends one
    bool looking_ = false, registering_;
    bool ends_ = false;  // shutting down: it says ready no more
    control::Life life_;
};

}  // namespace model::node
