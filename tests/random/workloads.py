"""The objects that a random scenario works with: claims, static volumes, pods and what makes pods."""
from dataclasses import dataclass, field

from clusters import ROX, RWO, RWOP, RWX, Cluster, StorageClass
from draws import Draws

KINDS = {"Pod": "v1", "PersistentVolume": "v1", "PersistentVolumeClaim": "v1", "StatefulSet": "apps/v1",
         "Deployment": "apps/v1", "DaemonSet": "apps/v1", "Job": "batch/v1"}


@dataclass
class Claim:
    name: str
    cls: StorageClass | None  # None: class ""
    modes: list[str]
    block: bool


@dataclass
class Workloads:
    """What was made so far, by kind; names stay when objects go, so that steps meet what is not there too."""
    names: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    claims: list[Claim] = field(default_factory=list)
    sets: dict[str, dict] = field(default_factory=dict)  # manifests of StatefulSets and Deployments
    made: int = 0
    pods_end: bool = False  # some by themselves
    no_grace: bool = False  # some are given no time to end: each of their deletions is one by force

    def new(self, kind: str, letter: str) -> str:
        self.made += 1
        name = f"{letter}{len(self.names[kind]) + 1}"
        self.names[kind].append(name)
        return name


class Maker:
    def __init__(self, d: Draws, cluster: Cluster) -> None:
        self.d, self.cluster, self.all = d, cluster, Workloads()

    # Claims and volumes

    def claim_spec(self, cls: StorageClass | None, may_be_block: bool = True) -> dict:
        d = self.d
        traits = cls.driver.traits if cls and cls.driver else None
        mode = d.pick(traits.modes) if traits else d.weighted([(8, RWO), (2, RWX), (1, ROX), (1, RWOP)])
        if d.chance(3):
            mode = d.pick([RWO, RWX, RWOP])  # that the driver may not have
        if mode == RWOP and not self.cluster.once_per_pod:
            mode = RWO
        spec: dict = {"accessModes": [mode], "resources": {"requests": {"storage": f"{d.pick([1, 1, 2, 3, 5, 8])}Gi"}},
                      "storageClassName": cls.object["metadata"]["name"] if cls else ""}
        if may_be_block and d.chance(12 if traits and traits.block else 1):
            spec["volumeMode"] = "Block"
        return spec

    def some_class(self) -> StorageClass | None:
        return self.d.pick(self.cluster.classes) if self.cluster.classes and self.d.chance(88) else None

    def claim(self) -> dict:
        d, cls = self.d, self.some_class()
        spec = self.claim_spec(cls)
        metadata: dict = {"name": self.all.new("PersistentVolumeClaim", "c")}
        same = [c for c in self.all.claims if c.cls is cls and c.cls and c.cls.driver]
        if same and d.chance(15):
            spec["dataSource"] = {"kind": "PersistentVolumeClaim", "name": d.pick(same).name}
        elif d.chance(2):
            spec["dataSource"] = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "snap"}
        if not (cls and cls.driver):
            if self.all.names["PersistentVolume"] and d.chance(30):
                spec["volumeName"] = d.pick(self.all.names["PersistentVolume"])
            elif d.chance(10):
                spec["selector"] = {"matchLabels": {"tier": d.pick(["gold", "silver"])}}
        if cls and d.chance(3):
            del spec["storageClassName"]
        if d.chance(3):
            metadata["finalizers"] = ["example.com/hold"]
        self.all.claims.append(Claim(metadata["name"], cls, spec["accessModes"], spec.get("volumeMode") == "Block"))
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}

    def volume(self) -> dict:
        d = self.d
        local = [c for c in self.cluster.classes if not c.driver]
        cls = d.pick(local) if local and d.chance(60) else None
        name = self.all.new("PersistentVolume", "v")
        metadata: dict = {"name": name}
        if d.chance(20):
            metadata["labels"] = {"tier": d.pick(["gold", "silver"])}
        once = [RWOP] if self.cluster.once_per_pod else [RWO]
        spec: dict = {"capacity": {"storage": f"{d.pick([1, 2, 5, 10])}Gi"}, "accessModes": d.pick([[RWO], [RWO, RWX], [ROX, RWO], once]),
                      "persistentVolumeReclaimPolicy": d.weighted([(6, "Retain"), (3, "Delete"), (1, "Recycle")]),
                      "storageClassName": cls.object["metadata"]["name"] if cls else ""}
        source = "local" if cls else d.weighted([(5, "hostPath"), (3, "nfs"), (1, "csi")])
        if source == "csi" and not self.cluster.drivers:
            source = "nfs"
        if spec["persistentVolumeReclaimPolicy"] == "Recycle" and source not in ("hostPath", "nfs"):
            spec["persistentVolumeReclaimPolicy"] = "Retain"
        if source == "local":
            spec["local"] = {"path": f"/mnt/{name}"}
            spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": [d.pick(self.cluster.nodes)]}]}]}}
        elif source == "hostPath":
            spec["hostPath"] = {"path": f"/tmp/{name}"}
        elif source == "nfs":
            spec["nfs"] = {"server": "nfs.example.com", "path": f"/{name}"}
        else:
            spec["csi"] = {"driver": d.pick(self.cluster.drivers).name, "volumeHandle": f"by-hand-{name}"}
        free = [c for c in self.all.claims if not (c.cls and c.cls.driver)]
        if free and d.chance(25):
            spec["claimRef"] = {"namespace": "default", "name": d.pick(free).name}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}

    # Pods

    def pod_spec(self, claims: list[Claim], templates: list[tuple[str, bool]] = (), ends: bool = False,
                 alone: bool = False) -> dict:
        """`templates`: names of volumes that a StatefulSet adds, and whether they are devices."""
        d = self.d
        container: dict = {"name": "main", "image": "example.com/main"}
        mounts, devices, volumes = [], [], []
        for i, claim in enumerate(claims):
            used: dict = {"claimName": claim.name}
            if ROX in claim.modes or d.chance(4):
                used["readOnly"] = True
            volumes.append({"name": f"data-{i}", "persistentVolumeClaim": used})
            (devices if claim.block else mounts).append(f"data-{i}")
        for name, block in templates:
            (devices if block else mounts).append(name)
        if d.chance(12):
            volumes.append({"name": "scratch", "emptyDir": {}})
            mounts.append("scratch")
        if d.chance(12) and self.cluster.classes:
            cls = d.pick(self.cluster.classes)
            template = {"spec": self.claim_spec(cls, False)}
            volumes.append({"name": "tmp", "ephemeral": {"volumeClaimTemplate": template}})
            mounts.append("tmp")
        if mounts:
            container["volumeMounts"] = [{"name": m, "mountPath": f"/{m}"} for m in mounts]
        if devices:
            container["volumeDevices"] = [{"name": m, "devicePath": f"/dev/{m}"} for m in devices]
        if d.chance(10):
            container["resources"] = {"requests": {"cpu": d.pick(["100m", "1", "2"]), "memory": "1Gi"}}
        spec: dict = {"containers": [container]}
        if volumes:
            spec["volumes"] = volumes
        if d.chance(8):
            spec["initContainers"] = [{"name": "prepare", "image": "example.com/prepare"}]
        if d.chance(50):
            spec["terminationGracePeriodSeconds"] = d.pick([0, 1, 5, 10, 60])
            self.all.no_grace = self.all.no_grace or spec["terminationGracePeriodSeconds"] == 0
        if d.chance(8):
            spec["securityContext"] = {"fsGroup": 2000} | ({"fsGroupChangePolicy": "OnRootMismatch"} if d.chance(50) else {})
        if ends:
            spec["restartPolicy"] = d.pick(["Never", "OnFailure"])
        self.place(spec, alone)
        return spec

    def place(self, spec: dict, alone: bool) -> None:
        d = self.d
        # Pods of a set that name a node which does not bear them come and go for ever.
        if not self.cluster.scheduler or (alone and d.chance(12)):
            spec["nodeName"] = d.pick(self.cluster.nodes)
        elif d.chance(10):
            key, values = d.pick([("topology.kubernetes.io/zone", list(self.cluster.zones.values())),
                                  ("kubernetes.io/hostname", self.cluster.nodes), ("disk", ["ssd", "hdd"])])
            spec["nodeSelector"] = {key: d.pick(values)}
        if d.chance(15):
            seconds = {"tolerationSeconds": d.pick([0, 5, 30])} if self.cluster.scheduler and d.chance(70) else {}
            spec["tolerations"] = [{"operator": "Exists", "effect": "NoExecute", **seconds}]

    def annotations(self, ends: bool) -> dict:
        d, notes = self.d, {}
        if ends or d.chance(4):
            self.all.pods_end = True
            notes["stowage.dev/run-for"] = f"{d.spread(1, 90)}s"
            if d.chance(15):
                notes["stowage.dev/exit-code"] = "1"
        if d.chance(50):
            notes["stowage.dev/stop-time"] = f"{d.spread(1, 20)}s"
        return {"annotations": notes} if notes else {}

    def some_claims(self, most: int = 2) -> list[Claim]:
        return self.d.some(self.all.claims, self.d.weighted([(1, 0), (8, 1), (2, most)]))

    def pod(self) -> dict:
        ends = self.d.chance(10)
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.all.new("Pod", "p"), **self.annotations(ends)},
                "spec": self.pod_spec(self.some_claims(), ends=ends, alone=True)}

    def template(self, name: str, **arguments) -> dict:
        ends = arguments.get("ends", False)
        return {"metadata": {"labels": {"app": name}, **self.annotations(ends)}, "spec": self.pod_spec(**arguments)}

    def stateful_set(self) -> dict:
        d, name = self.d, self.all.new("StatefulSet", "s")
        templates, used = [], []
        for i in range(d.weighted([(6, 1), (1, 2)])):
            spec = self.claim_spec(self.some_class())
            templates.append({"metadata": {"name": f"vol-{i}"}, "spec": spec})
            used.append((f"vol-{i}", spec.get("volumeMode") == "Block"))
        spec = {"replicas": d.between(1, 3), "serviceName": name, "selector": {"matchLabels": {"app": name}},
                "template": self.template(name, claims=[], templates=used), "volumeClaimTemplates": templates}
        if d.chance(40):
            spec["podManagementPolicy"] = "Parallel"
        if d.chance(30):
            spec["persistentVolumeClaimRetentionPolicy"] = {
                "whenScaled": d.pick(["Delete", "Retain"]), "whenDeleted": d.pick(["Delete", "Retain"])}
        if d.chance(20):
            spec["updateStrategy"] = d.pick([{"type": "OnDelete"}, {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}])
        made = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": spec}
        self.all.sets[name] = made
        return made

    def deployment(self) -> dict:
        d, name = self.d, self.all.new("Deployment", "d")
        spec = {"replicas": d.between(1, 3), "selector": {"matchLabels": {"app": name}},
                "template": self.template(name, claims=self.some_claims())}
        if d.chance(40):
            spec["strategy"] = d.pick([{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {
                "maxSurge": d.between(0, 1), "maxUnavailable": 1}}])
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
        self.all.sets[name] = made
        return made

    def job(self) -> dict:
        d, name = self.d, self.all.new("Job", "j")
        spec = {"completions": d.between(1, 3), "parallelism": d.between(1, 2), "backoffLimit": d.between(0, 3),
                "template": self.template(name, claims=self.some_claims(1), ends=True)}
        if d.chance(20):
            spec["activeDeadlineSeconds"] = d.between(5, 200)
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}

    def daemon_set(self) -> dict:
        name = self.all.new("DaemonSet", "w")
        template = self.template(name, claims=self.some_claims(1))
        template["spec"].pop("nodeName", None)  # the controller places them
        return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name},
                "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}}

    def budget(self) -> dict:
        app = self.d.pick(list(self.all.sets))
        return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": f"keep-{app}-{self.all.made}"},
                "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}}

    def anything(self) -> dict:
        """An object that somebody may create now: rather claims first, then their users."""
        claims = len(self.all.claims)
        makers = [(30 if claims < 8 else 8, self.claim), (8, self.volume), (25, self.pod), (16, self.stateful_set),
                  (8, self.deployment), (6, self.job), (3, self.daemon_set), (3 if self.all.sets else 0, self.budget)]
        return self.d.weighted(makers)()
