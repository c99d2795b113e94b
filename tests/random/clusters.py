"""What the cluster of a random scenario is: version, nodes, drivers with their sidecars, classes, options."""
from dataclasses import dataclass, field

from draws import Draws
from text import time

GATES = ("HonorPVReclaimPolicy", "ReadWriteOncePod", "RetroactiveDefaultStorageClass", "NodeOutOfServiceVolumeDetach",
         "VolumeAttributesClass", "PersistentVolumeLastPhaseTransitionTime", "SchedulerQueueingHints",
         "SchedulerPopFromBackoffQ", "SchedulerAsyncPreemption", "NominatedNodeNameForExpectation", "AnyVolumeDataSource",
         "CrossNamespaceVolumeDataSource", "OrderedNamespaceDeletion", "StorageCapacityScoring", "VolumeLimitScaling",
         "StatefulSetAutoDeletePVC", "MutableCSINodeAllocatableCount", "SELinuxMount")
PHASES = ("pvBinderResync", "attachDetachReconciler", "desiredStatePopulator", "nodeMonitor", "podGC", "kubeletReconciler",
          "kubeletRelist", "schedulerFlush")
CALLS = ("CreateVolume", "DeleteVolume", "ControllerPublishVolume", "ControllerUnpublishVolume", "NodeStageVolume",
         "NodeUnstageVolume", "NodePublishVolume", "NodeUnpublishVolume")


@dataclass
class Profile:
    """What generated claims must know of a driver's profile."""
    attach: bool
    modes: list[str]
    block: bool
    topology: str  # key of its segments where it has any: "always", "asked" or ""
    parameters: list[dict[str, str]]
    weight: int


RWO, RWX, ROX, RWOP = "ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"
NFS = {"server": "nfs.example.com", "share": "/export"}
PROFILES = {
    "instant": Profile(True, [RWO, RWO, RWX, ROX, RWOP], True, "asked", [{}, {}, {"tier": "gold"}], 30),
    "block-cloud": Profile(True, [RWO], True, "asked", [{}, {"type": "gp3"}, {"type": "io2", "iops": "3000"}], 22),
    "block-array": Profile(True, [RWO, RWOP, ROX], True, "", [{}, {"pool": "fast"}], 14),
    "nfs": Profile(False, [RWX, RWO, RWOP], False, "", [
        NFS, {**NFS, "subDir": "${pvc.metadata.namespace}/${pvc.metadata.name}"}, {**NFS, "onDelete": "archive"}], 12),
    "host-path": Profile(False, [RWO, RWX, RWOP], True, "always", [{}, {}], 11),
    "shared-file": Profile(False, [RWX, RWO], False, "", [{}], 11),
}


@dataclass
class Driver:
    name: str
    profile: str
    attach: bool
    topology: bool
    options: dict
    object: dict | None = None

    @property
    def traits(self) -> Profile:
        return PROFILES[self.profile]


@dataclass
class StorageClass:
    name: str
    driver: Driver | None  # None: no provisioner
    object: dict
    retains: bool = False
    waits: bool = False


@dataclass
class Cluster:
    version: str
    nodes: list[str]
    kubelets: list[str]  # nodes that have one
    zones: dict[str, str]
    drivers: list[Driver]
    classes: list[StorageClass]
    section: dict = field(default_factory=dict)  # spec.cluster without objects
    objects: list[dict] = field(default_factory=list)
    gates: dict[str, bool] = field(default_factory=dict)
    shutdown_grace: int = 0  # ms
    scheduler: bool = True

    @property
    def once_per_pod(self) -> bool:
        """Whether the API server takes the access mode ReadWriteOncePod."""
        return self.gates.get("ReadWriteOncePod", self.version != "1.26")


def draw_cluster(d: Draws) -> Cluster:
    version = "1.36" if d.chance(35) else f"1.{d.between(26, 36)}"
    count = d.weighted([(2, 1), (4, 2), (4, 3), (2, 4), (1, 6)])
    names = [f"node-{i + 1}" for i in range(count)]
    zones = ["zone-a", "zone-b", "zone-c"][:d.between(1, 3)]
    cluster = Cluster(version, names, list(names), {n: d.pick(zones) for n in names}, [], [])
    draw_nodes(d, cluster)
    for i in range(d.weighted([(55, 1), (30, 2), (10, 3), (5, 0)])):
        cluster.drivers.append(draw_driver(d, cluster, f"{'abc'[i]}.csi.example.com"))
    for driver in cluster.drivers:
        for i in range(d.weighted([(60, 1), (40, 2)])):
            cluster.classes.append(draw_class(d, cluster, driver, f"{driver.name[0]}-{i + 1}"))
    if d.chance(25):
        local = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "local"},
                 "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
        cluster.classes.append(StorageClass("local", None, local, True, True))
    if cluster.classes and d.chance(20):
        metadata = d.pick(cluster.classes).object["metadata"]
        metadata["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    draw_options(d, cluster)
    for driver in cluster.drivers:
        if driver.object:
            cluster.objects.append(driver.object)
    cluster.objects += [c.object for c in cluster.classes]
    add_csi_nodes(d, cluster)
    if cluster.drivers:
        cluster.section["drivers"] = [driver.options for driver in cluster.drivers]
    return cluster


def draw_nodes(d: Draws, cluster: Cluster) -> None:
    listed = []
    for name in cluster.nodes:
        node: dict = {"name": name, "zone": cluster.zones[name]}
        if d.chance(20):
            node["labels"] = {"disk": d.pick(["ssd", "hdd"])}
        if d.chance(20):
            node["capacity"] = {"cpu": str(d.between(2, 8)), "memory": "16Gi", "pods": str(d.between(4, 20))}
        listed.append(node)
    cluster.section["nodes"] = listed
    controllers: dict = {}
    kind = d.weighted([(80, "all"), (12, "some"), (8, "none")])
    if kind == "some" and len(cluster.nodes) > 1:
        cluster.kubelets = sorted(d.some(cluster.nodes, d.between(1, len(cluster.nodes) - 1)))
        controllers["kubelet"] = cluster.kubelets
    elif kind == "none":
        cluster.kubelets = []
        controllers["kubelet"] = False
    if d.chance(4):
        cluster.scheduler = controllers["scheduler"] = False
    if d.chance(1):
        controllers["externalAttacher"] = False
    if controllers:
        cluster.section["controllers"] = controllers


def some_latency(d: Draws, least: int, most: int) -> object:
    """Milliseconds."""
    low = d.spread(least, most)
    return d.weighted([
        (4, time(low)),
        (3, {"distribution": "lognormal", "median": time(low), "p99": time(low * d.between(2, 6))}),
        (2, {"distribution": "uniform", "min": time(low), "max": time(low * 3)}),
        (1, {"distribution": "exponential", "mean": time(low)}),
        (1, {"distribution": "empirical", "quantiles": {"p0": time(low), "p90": time(low * 2), "p100": time(low * 10)}}),
        (1, {"distribution": "constant", "value": time(low)})])


def common_sidecar(d: Draws) -> dict:
    options: dict = {}
    if d.chance(30):
        options["workerThreads"] = d.pick([1, 2, 10, 100])
    if d.chance(30):
        options["timeout"] = time(d.spread(1000, 120_000))
    if d.chance(25):
        options |= {"kubeAPIQPS": d.spread(1, 200), "kubeAPIBurst": d.spread(1, 200)}
    if d.chance(30):
        start = d.spread(100, 5000)
        options |= {"retryIntervalStart": time(start), "retryIntervalMax": time(start * d.between(1, 60))}
    if d.chance(25):
        options["leaderElection"] = True
    return options


def draw_driver(d: Draws, cluster: Cluster, name: str) -> Driver:
    profile = d.weighted([(p.weight, key) for key, p in PROFILES.items()])
    traits = PROFILES[profile]
    options: dict = {"name": name, "profile": profile}
    topology = traits.topology == "always" or (traits.topology == "asked" and d.chance(45))
    if topology and traits.topology == "asked":
        options["topology"] = True
    attach = traits.attach
    if profile == "instant" and d.chance(20):
        attach = options["attachRequired"] = False
    if d.chance(60):
        draw_behaviour(d, cluster, options, attach)
        draw_sidecars(d, options, topology)
    driver = Driver(name, profile, attach, topology, options)
    if not attach or d.chance(85):
        spec: dict = {"attachRequired": attach}
        if options.get("sidecars", {}).get("externalProvisioner", {}).get("enableCapacity"):
            spec["storageCapacity"] = True
        if d.chance(15):
            spec["podInfoOnMount"] = True
        if d.chance(20):
            spec["fsGroupPolicy"] = d.pick(["None", "File", "ReadWriteOnceWithFSType"])
        if d.chance(10):
            spec["requiresRepublish"] = True
        if d.chance(10):
            spec["seLinuxMount"] = True
        if cluster.version in ("1.35", "1.36") and d.chance(15):
            spec["nodeAllocatableUpdatePeriodSeconds"] = d.pick([10, 60])
        driver.object = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}, "spec": spec}
    return driver


def draw_behaviour(d: Draws, cluster: Cluster, options: dict, attach: bool) -> None:
    """What a driver does otherwise than its profile."""
    profile = options["profile"]
    if attach and d.chance(25):
        options["attachLimit"] = d.between(1, 4)
    if d.chance(15):
        options["snapshots"] = True
    if d.chance(30):
        options["latency"] = {call: some_latency(d, 1, 8000) for call in d.some(CALLS, d.between(1, 3))}
    if d.chance(15):
        options["concurrency"] = d.pick(["free", "aborts-same-volume", "one-at-a-time"])
    if d.chance(8):
        options["parallelCalls"] = d.between(1, 3)
    if d.chance(12):
        options["rate"] = {"qps": d.between(1, 10), "burst": d.between(1, 10)}
        if d.chance(60):
            options["rate"] |= {"refuses": True, "code": d.pick(["ResourceExhausted", "Unavailable", "Internal", "Aborted"])}
    if d.chance(12):
        options["capacity"] = f"{d.pick([5, 20, 50])}Gi"
    if d.chance(8):
        options["minVolumeSize"] = "4Gi"
    if d.chance(8):
        options["maxVolumeSize"] = "6Gi"
    if d.chance(8) and len(cluster.nodes) > 1:
        options["nodes"] = sorted(d.some(cluster.nodes, len(cluster.nodes) - 1))
    if profile == "instant" and d.chance(12):
        options["capabilities"] = {"node": d.pick([[], ["GET_VOLUME_STATS"], ["STAGE_UNSTAGE_VOLUME", "SINGLE_NODE_MULTI_WRITER"]])}
    if profile == "instant" and attach and d.chance(8):
        options.setdefault("capabilities", {})["controller"] = [
            "CREATE_DELETE_VOLUME", "PUBLISH_UNPUBLISH_VOLUME", "LIST_VOLUMES", "LIST_VOLUMES_PUBLISHED_NODES", "GET_CAPACITY"]
    if profile == "nfs" and d.chance(20):
        options["options"] = {"onDelete": d.pick(["retain", "archive", "delete"])}


def draw_sidecars(d: Draws, options: dict, topology: bool) -> None:
    provisioner, attacher = common_sidecar(d), common_sidecar(d)
    if topology and d.chance(25):
        provisioner["strictTopology"] = True
    if topology and d.chance(15):
        provisioner["immediateTopology"] = False
    if d.chance(15):
        provisioner["extraCreateMetadata"] = True
    if d.chance(15):
        provisioner["enableCapacity"] = True
        if d.chance(50):
            provisioner["capacityPollInterval"] = time(d.pick([10_000, 60_000]))
        if d.chance(40):
            provisioner["capacityForImmediateBinding"] = True
    if d.chance(10):
        provisioner["defaultFSType"] = "ext4"
    if d.chance(10):
        attacher["reconcileSync"] = time(d.spread(5000, 120_000))
    sidecars = {key: value for key, value in (("externalProvisioner", provisioner), ("externalAttacher", attacher)) if value}
    if sidecars:
        options["sidecars"] = sidecars


def draw_class(d: Draws, cluster: Cluster, driver: Driver, name: str) -> StorageClass:
    waits, retains = d.chance(60), d.chance(20)
    made: dict = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
                  "provisioner": driver.name, "volumeBindingMode": "WaitForFirstConsumer" if waits else "Immediate",
                  "reclaimPolicy": "Retain" if retains else "Delete"}
    parameters = dict(d.pick(driver.traits.parameters))
    if d.chance(15) and driver.traits.attach:
        parameters["csi.storage.k8s.io/fstype"] = d.pick(["ext4", "xfs"])
    if parameters:
        made["parameters"] = parameters
    if d.chance(10):
        made["mountOptions"] = ["noatime"]
    if driver.profile == "block-cloud" and driver.topology and d.chance(15):
        zone = cluster.zones[d.pick(cluster.nodes)]
        made["allowedTopologies"] = [{"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": [zone]}]}]
    return StorageClass(name, driver, made, retains, waits)


def draw_options(d: Draws, cluster: Cluster) -> None:
    manager: dict = {}
    limits = d.weighted([(60, None), (15, (2, 3)), (10, (5, 5)), (15, (1000, 1000))])
    if limits:
        manager |= {"kubeAPIQPS": limits[0], "kubeAPIBurst": limits[1]}
    for key, percent, values in (("pvClaimBinderSyncPeriod", 12, [3000, 60_000]), ("nodeMonitorGracePeriod", 10, [20_000, 90_000]),
                                 ("attachDetachReconcileSyncPeriod", 10, [5000, 300_000]), ("startDelay", 8, [0, 5000]),
                                 ("nodeMonitorPeriod", 5, [1000, 20_000])):
        if d.chance(percent):
            manager[key] = time(d.pick(values))
    for key, percent in (("disableAttachDetachReconcileSync", 5), ("disableForceDetachOnTimeout", 6)):
        if d.chance(percent):
            manager[key] = True
    if d.chance(5):
        manager["terminatedPodGCThreshold"] = d.between(0, 3)
    if manager:
        cluster.section["kubeControllerManager"] = manager
    if d.chance(30):
        cluster.section["phases"] = {p: time(d.between(0, 900)) for p in d.some(PHASES, 3)}
    if d.chance(25):
        latency = {key: some_latency(d, least, most) for key, least, most in
                   (("write", 1, 200), ("read", 1, 100), ("response", 1, 100), ("watch", 1, 1500)) if d.chance(50)}
        server: dict = {"latency": latency} if latency else {}
        if d.chance(30):
            server["requestsAtOnce"] = d.pick([0, 1, 2, 50])
        if server:
            cluster.section["apiServer"] = server
    kubelet: dict = {}
    if cluster.kubelets and d.chance(12):
        cluster.shutdown_grace = d.pick([20_000, 60_000])
        kubelet |= {"shutdownGracePeriod": time(cluster.shutdown_grace), "shutdownGracePeriodCriticalPods": "10s"}
    if d.chance(8):
        kubelet["seLinux"] = True
    if d.chance(8):
        kubelet["startDelay"] = time(d.pick([100, 8000]))
    if kubelet:
        cluster.section["kubelet"] = kubelet
    if d.chance(12):
        cluster.gates = {gate: d.chance(50) for gate in d.some(GATES, d.between(1, 3))}


def add_csi_nodes(d: Draws, cluster: Cluster) -> None:
    """Where no kubelet registers drivers, the file may say what they are registered as."""
    for node in cluster.nodes:
        if node in cluster.kubelets or not cluster.drivers or d.chance(25):
            continue
        drivers = [{"name": driver.name, "nodeID": node,
                    "topologyKeys": ["topology.kubernetes.io/zone"] if driver.topology else None} for driver in cluster.drivers]
        cluster.objects.append({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": node},
                                "spec": {"drivers": drivers}})
