// What a kubelet that has something to do is made of.
#pragma once

#include "model/node/kubelet.hpp"
#include "model/node/plugin_registration.hpp"

namespace model::node {

// Members are destroyed from the last to the first: what refers goes before what is referred to.
struct Kubelet::Parts {
    control::Client* client = nullptr;
    control::EventRecorder* recorder = nullptr;
    std::unique_ptr<NodeWatch> node_watch;
    std::unique_ptr<PluginRegistration> plugins;
    std::unique_ptr<StatusManager> statuses;
    std::unique_ptr<Pleg> pleg;
    std::unique_ptr<VolumeManager> volumes;
    std::unique_ptr<NodeStatus> node_status;
    std::unique_ptr<PodWorkers> workers;
};

}  // namespace model::node
