// Pod status: what a kubelet says of a pod, from its spec and what the container runtime shows.
// Pure functions. Counterparts: pkg/kubelet/kubelet_pods.go generateAPIPodStatus, getPhase,
// convertToAPIContainerStatuses; pkg/kubelet/status/generate.go and mergePodStatus. Left out:
// probes (a running container is ready), sidecar containers, readiness gates, resize.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/node/containers.hpp"
#include "model/profile.hpp"

namespace model::node {

struct StatusView {
    const api::Pod* pod = nullptr;
    const PodSandbox* sandbox = nullptr;     // null: none was ever made
    const api::PodStatus* before = nullptr;  // as last told; null: what the API server has counts
    api::Text host_ip;
    std::int64_t start_unix_seconds = 0;  // the cluster's clock at time 0
    sim::Time now;
    bool terminal = false;  // no container will be started again
    // Containers that wait because they end again and again: their reason and message.
    std::map<api::Text, std::pair<std::string, std::string>> waiting;
    StatusView() = default;
};

api::PodStatus status_of(const StatusView& view, const Profile& profile);
// The phase that containers' states amount to.
std::string_view phase_of(const api::Pod& pod, const api::Value& containers,
                          const api::Value& init_containers, bool terminal);
bool is_final(std::string_view phase);

// What is sent: what the API server has, with the kubelet's own part replaced. A final phase is not
// told while containers may run. Sets transition times from `now` where a condition turns.
api::PodStatus merged(const api::PodStatus& on_server, api::PodStatus mine, bool may_run);
// What the pod is after the last of its volumes and containers: ended containers, a final phase.
api::PodStatus terminated(api::PodStatus status);
// The strategic merge patch from one to the other; null where they are equal.
api::Value status_patch(const api::PodStatus& from, const api::PodStatus& to);

// The names of a list of containers ("name" of each).
std::vector<api::Text> names_of(const api::Value& containers);

}  // namespace model::node
