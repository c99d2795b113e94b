#include "scenarios/built.hpp"

namespace scenarios {
namespace {

struct Entry {
    Part part;
    bool built;
    std::string_view are;  // with its verb
};

constexpr Entry kParts[] = {
    {Part::Core, true, "the API server and kube-controller-manager are"},
    {Part::Scheduler, true, "the scheduler is"},
    {Part::Kubelet, true, "kubelets are"},
    {Part::AttachDetach, true, "the attach/detach controller is"},
    {Part::WorkloadControllers, true, "workload controllers are"},
    {Part::NodeLifecycle, true, "heartbeats and the node lifecycle controller are"},
    {Part::PodGarbage, true, "the pod garbage collector is"},
    {Part::CsiDrivers, true, "CSI drivers are"},
    {Part::Attacher, true, "external-attacher is"},
    {Part::Snapshots, false, "snapshots are"},
    {Part::Expansion, false, "volume expansion is"},
    {Part::Eviction, true, "eviction is"},
    {Part::Partition, true, "network partitions are"},
};

const Entry& entry(Part part) { return kParts[static_cast<std::size_t>(part)]; }

constexpr bool in_order() {
    for (std::size_t i = 0; i < std::size(kParts); ++i) {
        if (kParts[i].part != static_cast<Part>(i)) return false;
    }
    return true;
}
static_assert(in_order(), "one line a part, in the order of the enumeration");

}  // namespace

bool is_built(Part part) { return entry(part).built; }

std::string not_built(Part part) { return std::string(entry(part).are) + " not modelled yet"; }

const std::vector<Component>& components() {
    static const std::vector<Component> all = {
        {"kube-apiserver", Part::Core},
        {"kube-controller-manager", Part::Core},
        {"kube-scheduler", Part::Scheduler},
        {"kubelet", Part::Kubelet},
        {"external-provisioner", Part::CsiDrivers},
        {"external-attacher", Part::Attacher},
        {"external-resizer", Part::Expansion},
        {"external-snapshotter", Part::Snapshots},
        {"csi-driver", Part::CsiDrivers},
        {"csi-node", Part::CsiDrivers},
    };
    return all;
}

}  // namespace scenarios
