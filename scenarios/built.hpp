// Which parts of the cluster are modelled today. An actor that is on by default and not built yet
// is absent, and a run says so in one line; a key that asks for what is not built is refused. When
// a part is built, its line in built.cpp changes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scenarios {

enum class Part : unsigned char {
    Core,  // API server, kube-controller-manager's storage, protection, namespace, garbage and
           // quota controllers
    Scheduler,
    Kubelet,
    AttachDetach,
    WorkloadControllers,
    NodeLifecycle,  // heartbeats that somebody looks at, node monitor, taint eviction
    PodGarbage,
    CsiDrivers,  // with external-provisioner
    Attacher,
    Snapshots,
    Expansion,
    Eviction,   // the eviction subresource, so drain
    Partition,  // a node or component cut off from the API server
};

bool is_built(Part part);
// "CSI drivers are not modelled yet".
std::string not_built(Part part);
// The part that a component belongs to by the name scenarios use; Part::Core for those that run.
struct Component {
    std::string_view name;  // kube-scheduler; kubelet stands for kubelet/NODE
    Part part;
};
const std::vector<Component>& components();

}  // namespace scenarios
