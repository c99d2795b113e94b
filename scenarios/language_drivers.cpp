// What spec.cluster.drivers may hold, and the words of CSI in steps and expectations.
#include "model/csi/profile.hpp"
#include "scenarios/language.hpp"

namespace scenarios::language {
namespace {

template <class E>
std::vector<std::string> names_of(const std::vector<E>& all) {
    std::vector<std::string> names;
    for (E e : all) names.emplace_back(model::csi::to_string(e));
    return names;
}

std::vector<Field> common_options() {
    return {{"workerThreads", integer(1, 100'000), "Keys that are worked on at a time."},
            {"timeout", duration(), "Of one CSI call."},
            {"kubeAPIQPS", integer(1, 1'000'000), "Requests a second; 5 by default."},
            {"kubeAPIBurst", integer(1, 1'000'000), "Requests at once; 10 by default."},
            {"retryIntervalStart", duration(), "First backoff; 1s by default."},
            {"retryIntervalMax", duration(), "Longest backoff; 5m by default."},
            {"leaderElection", boolean(),
             "Works only while it holds its lease in kube-system; false by default."},
            {"startDelay", duration(),
             "From the process's start to its first write; 230ms was measured."}};
}

ShapeRef sidecar(const std::string& name) {
    return record(name, "options such as {workerThreads: 100}", common_options());
}

ShapeRef provisioner() {
    std::vector<Field> fields = common_options();
    fields.push_back({"strictTopology", boolean(), "Ask for the selected node's topology only."});
    fields.push_back({"immediateTopology", boolean(),
                      "Ask for a topology with immediate binding too; true by default."});
    fields.push_back({"requeuesFailed", boolean(),
                      "An update or the resync of 15m queues a claim or volume again that waits "
                      "for its backoff; true by default, false up to external-provisioner 2.1."});
    fields.push_back({"extraCreateMetadata", boolean(),
                      "Tell the driver the names of claim, namespace and volume."});
    fields.push_back({"defaultFSType", text(), "Where the class names none."});
    fields.push_back({"volumeNamePrefix", text("a prefix"), "\"pvc\" by default."});
    fields.push_back({"volumeNameUUIDLength", integer(1, 32),
                      "So many letters of the claim's uid, without dashes."});
    fields.push_back({"controllerPublishReadonly", boolean(),
                      "Volumes of a single ReadOnlyMany claim are read-only."});
    fields.push_back({"enableCapacity", boolean(),
                      "Keeps CSIStorageCapacity objects in kube-system; false by default."});
    fields.push_back({"capacityForImmediateBinding", boolean(),
                      "Of classes with immediate binding too; false by default."});
    fields.push_back({"capacityPollInterval", duration(),
                      "Between two questions for all capacities; 1m by default."});
    return record("externalProvisionerOptions", "options such as {workerThreads: 100}",
                  std::move(fields));
}

ShapeRef attacher() {
    std::vector<Field> fields = common_options();
    fields.push_back({"reconcileSync", duration(),
                      "Between two looks at the driver's list of volumes; 1m by default."});
    fields.push_back(
        {"maxEntries", integer(0, 1'000'000), "A page of that list; 0, the default: no limit."});
    fields.push_back({"resync", duration(), "Of its caches; 10m by default."});
    fields.push_back({"defaultFSType", text(), "Where the volume names none."});
    return record("attacherOptions", "options such as {workerThreads: 10}", std::move(fields));
}

ShapeRef sidecars() {
    return record(
        "sidecars", "options of sidecars",
        {{"externalProvisioner", provisioner(), "The provisioner's."},
         {"externalAttacher", attacher(), "The attacher's."},
         needs(Part::Expansion, {"externalResizer", sidecar("resizerOptions"), "The resizer's."}),
         needs(Part::Snapshots,
               {"externalSnapshotter", sidecar("snapshotterOptions"), "The snapshotter's."})});
}

ShapeRef capabilities() {
    using namespace model::csi;
    const auto some = [](std::vector<std::string> words) {
        return list(word(std::move(words)), "a list of capabilities");
    };
    return record(
        "capabilities", "capabilities such as {controller: [CREATE_DELETE_VOLUME]}",
        {{"plugin", some(names_of(plugin_capabilities())), "Of the plugin."},
         {"controller", some(names_of(controller_capabilities())), "Of its controller service."},
         {"node", some(names_of(node_capabilities())), "Of its node service."}});
}

ShapeRef rate() {
    return record("rate", "a limit such as {qps: 20, burst: 40}",
                  {required({"qps", integer(1, 1'000'000), "Calls a second."}),
                   required({"burst", integer(1, 1'000'000), "Calls at once."}),
                   {"refuses", boolean(), "Calls over the limit fail, instead of waiting."},
                   {"code", word(grpc_codes()), "Of such a failure; ResourceExhausted by default."},
                   {"msg", text(), "Its message."}});
}

}  // namespace

ShapeRef driver() {
    std::vector<std::string> profiles;
    for (const model::csi::DriverProfile& p : model::csi::profiles()) profiles.push_back(p.name);
    const ShapeRef size = loose_text("a quantity such as 64Gi");
    return record(
        "driver", "a driver such as {name: ebs.csi.example.com, profile: block-cloud}",
        {required({"name", text("a driver's name"), "As StorageClasses and volumes name it."}),
         {"profile", word(std::move(profiles)),
          "A named set of capabilities, limits and latencies, each of which can be overridden; "
          "instant by default. `stowage drivers` lists them."},
         {"topology", boolean(), "Volumes are reachable from the segment they were made in only."},
         {"snapshots", boolean(), "Can make snapshots."},
         {"attachRequired", boolean(), "CSIDriver's attachRequired; true by default."},
         {"attachLimit", integer(0, 100'000), "Volumes a node."},
         {"nodes", list(text("a node's name"), "a list of nodes"),
          "Where its node part runs; all nodes by default."},
         {"nodePods", map(text(), "labels such as {app: ebs-node}"),
          "There, only while a pod with these labels runs, such as one of a DaemonSet."},
         {"refusesSecondNode", boolean(),
          "Does not attach a volume for one node to a second; true by default."},
         {"latency", map(distribution(), "latencies such as {CreateVolume: 2s}", rpc_names()),
          "Of each CSI call."},
         {"poll",
          map(one_of("a duration, or a list of them",
                     {duration(), list(duration(), "a list of durations")}),
              "periods such as {ControllerPublishVolume: 5s}", rpc_names()),
          "The driver looks so often whether the storage is done with a call; a list: several "
          "waits, each for an equal part of the latency."},
         {"capabilities", capabilities(), "In place of the profile's."},
         {"concurrency", word({"free", "aborts-same-volume", "one-at-a-time"}),
          "Calls side by side; ABORTED for a second one of the same volume; or one after the "
          "other."},
         {"parallelCalls", integer(0, 100'000), "So many at a time; 0: no limit."},
         {"rate", rate(), "The storage's own limit for calls that change something."},
         {"capacity", size, "Of each topology segment, or of all where it has none."},
         {"minVolumeSize", size, "Smaller requests get this much."},
         {"maxVolumeSize", size, "Larger requests are OutOfRange."},
         {"parameters", list(text("a name"), "a list of names"),
          "Of a class; others are refused. Any by default."},
         {"options", map(text(), "options of its behaviour such as {onDelete: retain}"),
          "Of the profiles nfs and host-path."},
         {"sidecars", sidecars(), "Options of the programs beside the driver."}});
}

const std::vector<std::string>& rpc_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (std::size_t m = 0; m < model::csi::kMethods; ++m)
            all.emplace_back(to_string(static_cast<model::csi::Method>(m)));
        return all;
    }();
    return names;
}

const std::vector<std::string>& grpc_codes() {
    static const std::vector<std::string> codes = [] {
        std::vector<std::string> all;
        for (int c = 1; c < static_cast<int>(model::csi::Code::Count_); ++c)
            all.emplace_back(to_string(static_cast<model::csi::Code>(c)));
        return all;
    }();
    return codes;
}

}  // namespace scenarios::language
