// What spec.cluster may hold.
#include "model/guards.hpp"
#include "scenarios/language.hpp"

namespace scenarios::language {
namespace {

ShapeRef node_list() {
    ShapeRef node = record(
        "node", "a node such as {name: node-1, zone: zone-a}",
        {required({"name", text("a name"), "The node's name."}),
         {"zone", text("a zone"),
          "Its label topology.kubernetes.io/zone; zone-a, zone-b, zone-c in turn by default."},
         {"labels", map(text(), "a map of labels"), "Further labels."},
         {"capacity", map(loose_text("a quantity such as 64Gi"), "a map of quantities"),
          "Capacity and allocatable; {cpu: 64, memory: 256Gi, pods: 110} by default."}});
    return one_of("a count or a list of nodes",
                  {integer(0, 100'000), list(node, "a list of nodes such as [{name: node-1}]")});
}

ShapeRef controllers() {
    const ShapeRef on = boolean();
    const ShapeRef nodes = one_of("true, false or a list of nodes",
                                  {boolean(), list(text("a node's name"), "a list of nodes")});
    return record(
        "controllers", "a map such as {kubelet: false}",
        {{"kubeControllerManager", on, "kube-controller-manager."},
         notes(Part::Scheduler, {"scheduler", on, "kube-scheduler."}),
         notes(Part::Kubelet, {"kubelet", nodes,
                               "true, false or the nodes with a kubelet. A node without one: its "
                               "lease is renewed, nothing mounts, pods "
                               "change only by steps."}),
         notes(Part::CsiDrivers,
               {"externalProvisioner", on, "The provisioner beside each CSI driver."}),
         notes(Part::Attacher, {"externalAttacher", on,
                                "The attacher beside each CSI driver; by default beside those "
                                "that attach."}),
         notes(Part::Expansion, {"externalResizer", on, "The resizer beside each CSI driver."}),
         notes(Part::Snapshots,
               {"externalSnapshotter", on, "The snapshotter beside each CSI driver."})});
}

ShapeRef controller_manager() {
    return record(
        "kubeControllerManager", "options such as {kubeAPIQPS: 20}",
        {{"kubeAPIQPS", integer(1, 1'000'000),
          "Requests a second of each controller's client; 20 by default."},
         {"kubeAPIBurst", integer(1, 1'000'000), "Requests at once; 30 by default."},
         {"pvClaimBinderSyncPeriod", duration(),
          "Resync of the PersistentVolume controller; 15s by default."},
         {"enableDynamicProvisioning", boolean(), "true by default."},
         {"enableHostPathProvisioner", boolean(), "false by default."},
         {"startDelay", duration(),
          "From the process's start to its first write; 950ms was measured."},
         needs(Part::AttachDetach, {"attachDetachReconcileSyncPeriod", duration(),
                                    "The attach/detach controller's check; 1m by default."}),
         needs(Part::AttachDetach,
               {"disableAttachDetachReconcileSync", boolean(), "Turns that check off."}),
         needs(Part::AttachDetach, {"disableForceDetachOnTimeout", boolean(),
                                    "No detaching after 6m from a node that is not ready."}),
         needs(Part::NodeLifecycle, {"nodeMonitorGracePeriod", duration(),
                                     "Without a heartbeat for so long a node is not ready."}),
         needs(Part::NodeLifecycle,
               {"nodeMonitorPeriod", duration(), "How often nodes are looked at; 5s by default."}),
         needs(Part::PodGarbage, {"terminatedPodGCThreshold", integer(0),
                                  "Finished pods that are kept; 12500 by default."})});
}

ShapeRef phases() {
    std::vector<Field> fields;
    for (const Loop& loop : loops()) {
        fields.push_back(
            notes(loop.part, {std::string(loop.name), duration(), "First tick of this loop."}));
    }
    return record("phases", "first ticks such as {pvBinderResync: 7.9s}", std::move(fields));
}

ShapeRef api_server() {
    ShapeRef latency = record(
        "apiLatency", "latencies such as {write: 3ms}",
        {{"write", distribution(), "Request sent to commit; median 3ms, p99 9ms by default."},
         {"read", distribution(), "Request sent to the answer being made; 1ms, 4ms."},
         {"response", distribution(), "Commit to the client having the answer; 0.5ms, 3ms."},
         {"watch", distribution(), "Commit to an informer's cache; 0.7ms, 4ms."}});
    return record(
        "apiServer", "options such as {latency: {write: 3ms}}",
        {{"latency", latency, "Drawn for each request, and for each watcher and event."},
         {"requestsAtOnce", integer(0, 100'000),
          "Worked on at full speed; more of them share the server. 6 by default, 0: no limit."}});
}

ShapeRef kubelet() {
    return record(
        "kubelet", "options such as {stopSandbox: 80ms}",
        {{"makeSandbox", distribution(),
          "A pod's sandbox with its network; median 95ms, p99 170ms by default. What containers do "
          "is told by annotations of their pod, for all of them or with .CONTAINER behind for one: "
          "stowage.dev/run-for (they end by themselves after so long; init containers at once), "
          "stowage.dev/exit-code, stowage.dev/stop-time (so long after SIGTERM; by default they do "
          "not listen and are killed when the grace period ends). A PersistentVolume's annotation "
          "stowage.dev/files is the number of its files, for fsGroup."},
         {"createContainer", distribution(), "Creating a container; 8ms, 25ms."},
         {"startContainer", distribution(), "Starting it; 46ms, 150ms."},
         {"stopSandbox", distribution(), "From the last container's end; 80ms, 160ms."},
         {"changeOwner", distribution(), "fsGroup: for each file; 5us."},
         {"startDelay", duration(), "From the process's start to its first look; 900ms."},
         {"enableControllerAttachDetach", boolean(),
          "false: kubelets attach by themselves, which CSI drivers refuse; true by default."},
         {"shutdownGracePeriod", duration(),
          "How long `stop: {node}` gives the pods of a node; 0s by default: it goes at once."},
         {"shutdownGracePeriodCriticalPods", duration(),
          "Of that, the end is for pods of critical priority; 0s by default."},
         {"seLinux", boolean(), "Nodes enforce SELinux; false by default."}});
}

ShapeRef guard() {
    std::vector<std::string> names;
    for (const model::GuardName& g : model::guard_names()) names.emplace_back(g.name);
    return word(std::move(names));
}

std::string guards_help() {
    std::string help;
    for (const model::GuardName& g : model::guard_names())
        help += (help.empty() ? "" : " ") + std::string(g.name) + " (" + std::string(g.failure) +
                "): " + std::string(g.what) + ".";
    return help;
}

}  // namespace

ShapeRef cluster() {
    ShapeRef scheduler =
        record("scheduler", "options such as {choice: {default/web-0: node-2}}",
               {{"choice", map(text("a node's name"), "a map of pods to nodes"),
                 "Among nodes of equal best score only; drawn by the seed by default."},
                {"startDelay", duration(), "From its start to its first look; 780ms by default."}});
    return record(
        "cluster", "a cluster such as {nodes: 3}",
        {{"nodes", node_list(),
          "A count, or a list of nodes. Node objects under objects count too; none by default."},
         {"objects", list(manifest(), "a list of manifests"),
          "What exists before time 0, status included."},
         {"controllers", controllers(), "Which actors run; all by default."},
         {"kubeControllerManager", controller_manager(), "Options of kube-controller-manager."},
         {"phases", phases(), "When a periodic loop first comes by; drawn by the seed by default."},
         notes(Part::Scheduler, {"scheduler", scheduler, "Options of the scheduler."}),
         notes(Part::Kubelet, {"kubelet", kubelet(), "Options of all kubelets."}),
         {"apiServer", api_server(), "Options of the API server."},
         {"guardsOff", list(guard(), "a list of guards such as [attachment-scan]"),
          "Rules that Kubernetes gained because of a failure, turned off to see it again. " +
              guards_help()},
         {"drivers", list(driver(), "a list of drivers"), "CSI drivers with their sidecars."}});
}

const std::vector<Loop>& loops() {
    static const std::vector<Loop> all = {
        {"pvBinderResync", Part::Core},           {"attachDetachReconciler", Part::AttachDetach},
        {"attachDetachSync", Part::AttachDetach}, {"desiredStatePopulator", Part::AttachDetach},
        {"nodeMonitor", Part::NodeLifecycle},     {"podGC", Part::PodGarbage},
        {"nodeHeartbeat", Part::NodeLifecycle},   {"kubeletReconciler", Part::Kubelet},
        {"kubeletPopulator", Part::Kubelet},      {"nodeStatusUpdate", Part::Kubelet},
        {"kubeletRelist", Part::Kubelet},         {"kubeletSync", Part::Kubelet},
        {"kubeletStatus", Part::Kubelet},         {"kubeletPlugins", Part::Kubelet},
        {"schedulerFlush", Part::Scheduler}};
    return all;
}

}  // namespace scenarios::language
