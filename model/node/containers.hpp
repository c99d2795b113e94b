// ContainerRuntime: the sandboxes and containers of one node. They run on while the kubelet is down
// and end with the node. It knows no waiting: how long making and stopping take is the kubelet's
// part, which acts through it; only containers end by themselves. Counterpart: a CRI runtime
// (containerd). Left out: images, logs, probes, ephemeral containers.
//
// What a container does is told by annotations of its pod, each for all containers, or with
// ".CONTAINER" behind it for one:
//   stowage.dev/run-for     it ends by itself after so long; init containers: 0s unless told
//   stowage.dev/exit-code   with this code; 0
//   stowage.dev/stop-time   after SIGTERM it takes so long and ends with 143; unless told it does
//                           not listen, as a shell that is process 1, and SIGKILL ends it with 137
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/api/objects_core.hpp"
#include "model/control/life.hpp"
#include "sim/engine.hpp"

namespace model::node {

inline constexpr std::string_view kRunForAnnotation = "stowage.dev/run-for",
                                  kExitCodeAnnotation = "stowage.dev/exit-code",
                                  kStopTimeAnnotation = "stowage.dev/stop-time";

struct Container {
    enum class State : unsigned char { Running, Exited };
    api::Text name, id;
    State state = State::Running;
    bool init = false;
    int restarts = 0;
    sim::Time started, finished;
    int exit_code = 0;
    Container() = default;
};

struct PodSandbox {
    api::Key pod;
    api::Text uid, ip;
    bool ready = true;
    std::vector<Container> containers;          // the latest of each name, in the order of starting
    std::map<api::Text, Container> last_ended;  // the one before, where it was restarted
    api::TextMap labels;                        // of the pod, when its sandbox was made
    PodSandbox() = default;
    const Container* find(std::string_view name) const;
    bool is_running() const;  // any container
};

// What a pod's annotations say of one of its containers.
struct ContainerPlan {
    std::optional<sim::Duration> run_for, stop_time;
    int exit_code = 0;
};
ContainerPlan plan_of(const api::Pod& pod, std::string_view container, bool init);

class ContainerRuntime {
  public:
    ContainerRuntime(sim::Engine& engine, api::Text node, int node_number);
    ~ContainerRuntime() { life_.end(); }
    ContainerRuntime(const ContainerRuntime&) = delete;
    ContainerRuntime& operator=(const ContainerRuntime&) = delete;

    const PodSandbox* find(const api::Text& uid) const;
    const std::map<api::Text, PodSandbox>& all() const { return pods_; }

    void make_sandbox(const api::Pod& pod);
    void start_container(const api::Pod& pod, std::string_view name, bool init);
    void end_container(const api::Text& uid, std::string_view name, int exit_code);
    // It ends at `at`, whatever becomes of the kubelet that asked for it.
    void stop_container(const api::Text& uid, const Container& container, sim::Time at,
                        int exit_code);
    void stop_sandbox(const api::Text& uid);
    void remove(const api::Text& uid);  // sandbox and containers are collected as garbage
    // The node lost its power: everything has ended, and is there to be seen when it is back.
    void lose_power();

    // Called when a sandbox or container of this pod came up or ended; one at a time: the kubelet.
    void listen(std::function<void(const api::Text& uid)> listener) {
        listener_ = std::move(listener);
    }
    // Called likewise, and when the node lost its power; for what runs in containers.
    void observe(std::function<void()> observer) { observers_.push_back(std::move(observer)); }
    const api::Text& host_ip() const { return host_ip_; }

  private:
    void changed(const api::Text& uid) {
        if (listener_) listener_(uid);
        for (const auto& observer : observers_) observer();
    }

    sim::Engine& engine_;
    api::Text node_, host_ip_;
    int node_number_;
    int next_ip_ = 2, next_id_ = 1;
    std::map<api::Text, PodSandbox> pods_;  // by uid
    std::function<void(const api::Text&)> listener_;
    std::vector<std::function<void()>> observers_;
    control::Life life_;
};

}  // namespace model::node
