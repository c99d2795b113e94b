"""What happens to the cluster of a random scenario: requests of people, faults, crashes and repairs, in the order of time."""
from typing import Callable

from clusters import CALLS, Cluster
from draws import Draws
from text import time
from workloads import Maker

CODES = ("Internal", "Unavailable", "DeadlineExceeded", "Aborted", "ResourceExhausted", "NotFound", "FailedPrecondition",
         "InvalidArgument", "Canceled", "Unknown", "AlreadyExists", "PermissionDenied", "OutOfRange", "Unimplemented")
API_TROUBLE = [0, 500, 503]
OUT_OF_SERVICE = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}


class Story:
    """Steps in the making. `now` is in milliseconds; what is down stands in `down` with the time of its return."""

    def __init__(self, d: Draws, cluster: Cluster, maker: Maker) -> None:
        self.d, self.cluster, self.maker = d, cluster, maker
        self.steps: list[tuple[int, int, dict]] = []
        self.now = 0
        # Not all that can happen happens in one scenario: what is left out makes room for the rest.
        self.acts = [act for i, act in enumerate(self.all_acts()) if i == 0 or d.chance(60)]
        self.may_end = d.some(("kube-controller-manager", "kube-scheduler", "external-provisioner", "external-attacher",
                               "csi-driver", "kubelet"), d.between(1, 6))
        self.down: dict[str, int] = {}
        self.api_trouble = d.chance(15)
        self.since: dict[str, int] = {}  # when claims were made
        self.gone_nodes: set[str] = set()
        self.did: set[str] = set()
        self.volumes: list[dict] = []  # made by hand
        self.repairs: list[dict] = []  # requests that somebody sends again if they may have been lost
        self.burden: dict[str, int] = {}  # of drivers: faults that may be left at the end, weighed
        self.hung: set[str] = set()  # drivers with a call that never ends: others may wait behind it

    def add(self, at: int, step: dict) -> None:
        self.steps.append((at, len(self.steps), {"at": time(at), **step}))

    def ask(self, at: int, step: dict, *codes: int) -> None:
        """A request: what it is about may be gone, and the server down."""
        self.add(at, {**step, "mayBeRejected": sorted({*API_TROUBLE, 404, 409, *codes})})

    def repair(self, at: int, step: dict) -> None:
        self.ask(at, step)
        self.repairs.append(step)

    def in_order(self) -> list[dict]:
        return [step for _, _, step in sorted(self.steps, key=lambda s: (s[0], s[1]))]

    def facts(self) -> set[str]:
        ends = self.maker.all.pods_end or "terminatedPodGCThreshold" in self.cluster.section.get("kubeControllerManager", {})
        forced = {"force delete"} if self.maker.all.no_grace else set()
        return self.did | forced | ({"pods end"} if ends else set())

    # Requests

    def create(self) -> None:
        made = self.maker.anything()
        if made["kind"] == "PersistentVolumeClaim":
            self.since.setdefault(made["metadata"]["name"], self.now)
        if made["kind"] == "PersistentVolume":
            self.volumes.append(made)
        word = "apply" if self.d.chance(10) else "create"
        self.ask(self.now, {word: made}, 403)

    def named(self, kind: str) -> dict | None:
        names = self.maker.all.names[kind]
        return {"kind": kind, "name": self.d.pick(names)} if names else None

    def delete(self) -> None:
        d = self.d
        kind = d.weighted([(30, "PersistentVolumeClaim"), (30, "Pod"), (10, "StatefulSet"), (6, "Deployment"), (4, "Job"),
                           (3, "DaemonSet"), (8, "PersistentVolume")])
        target = self.named(kind)
        if not target:
            return
        if kind == "Pod" and d.chance(25):
            target["gracePeriodSeconds"] = d.pick([0, 0, 1, 30])
            if target["gracePeriodSeconds"] == 0:
                self.did.add("force delete")
        elif kind in ("StatefulSet", "Deployment", "Job", "DaemonSet") and d.chance(40):
            target["propagationPolicy"] = d.pick(["Background", "Foreground", "Orphan"])
        if kind == "PersistentVolume":
            self.did.add("delete volume")
        self.ask(self.now, {"delete": target})
        if d.chance(20) and kind in ("PersistentVolumeClaim", "StatefulSet", "Deployment"):
            self.make_again(kind, target["name"])

    def make_again(self, kind: str, name: str) -> None:
        """The same name once more, a little later."""
        at = self.now + self.d.spread(1, 30_000)
        if kind in ("StatefulSet", "Deployment"):
            return self.ask(at, {"create": self.maker.all.sets[name]}, 403)
        claim = next(c for c in self.maker.all.claims if c.name == name)
        spec = {"accessModes": claim.modes, "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": claim.cls.object["metadata"]["name"] if claim.cls else ""}
        if claim.block:
            spec["volumeMode"] = "Block"
        self.ask(at, {"create": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}}, 403)

    def delete_pod_of_set(self) -> None:
        sets = self.maker.all.names["StatefulSet"]
        if not sets:
            return
        target: dict = {"kind": "Pod", "name": f"{self.d.pick(sets)}-{self.d.between(0, 1)}"}
        if self.d.chance(30):
            target["gracePeriodSeconds"] = 0
            self.did.add("force delete")
        self.ask(self.now, {"delete": target})

    def delete_claim_of_set(self) -> None:
        sets = self.maker.all.names["StatefulSet"]
        if sets:
            name = f"vol-0-{self.d.pick(sets)}-{self.d.between(0, 1)}"
            self.ask(self.now, {"delete": {"kind": "PersistentVolumeClaim", "name": name}})

    def change_set(self) -> None:
        d = self.d
        target = self.named(d.pick(["StatefulSet", "Deployment"]))
        if not target:
            return
        spec: dict = {"replicas": d.between(0, 4)}
        if d.chance(35):
            spec = {"template": {"metadata": {"labels": {"release": str(d.between(2, 9))}}}}
        self.ask(self.now, {"patch": {**target, "type": d.pick(["merge", "strategic"]), "body": {"spec": spec}}})

    def volume_of_claim(self) -> str | None:
        """A volume that was made for a claim, by its name; not where the claim may never have come to be."""
        known = [name for name, since in self.since.items() if self.now - since > 20_000]
        if self.api_trouble or not known:
            return None
        return "pvc-${uid:PersistentVolumeClaim/" + self.d.pick(known) + "}"

    def touch_volume(self) -> None:
        d = self.d
        static = self.maker.all.names["PersistentVolume"]
        name = d.pick(static) if static and d.chance(40) else self.volume_of_claim()
        if not name:
            return
        target = {"kind": "PersistentVolume", "name": name}
        what = d.weighted([(6, "policy"), (2, "delete"), (1, "release"), (1, "label")])
        if what == "delete":
            self.did.add("delete volume")
            return self.ask(self.now, {"delete": target})
        body: dict = {"metadata": {"labels": {"touched": "yes"}}}
        if what == "policy":
            body = {"spec": {"persistentVolumeReclaimPolicy": d.pick(["Retain", "Delete"])}}
            self.did.add("switch policy")
        elif what == "release":
            body = {"spec": {"claimRef": None}}
            self.did.add("release volume")
        self.ask(self.now, {"patch": {**target, "type": "merge", "body": body}}, 422)

    def change_class(self) -> None:
        if not self.cluster.classes:
            return
        cls = self.d.pick(self.cluster.classes).object
        self.ask(self.now, {"delete": {"kind": "StorageClass", "name": cls["metadata"]["name"]}})
        self.ask(self.now + self.d.spread(10, 120_000), {"create": cls})

    def taint(self) -> None:
        node = self.d.pick(self.cluster.nodes)
        taint = {"node": node, "key": "maintenance", "effect": self.d.pick(["NoSchedule", "PreferNoSchedule", "NoExecute"][:3 if self.cluster.scheduler else 2])}
        self.ask(self.now, {"taint": taint})
        self.repair(self.now + self.d.spread(1000, 300_000), {"taint": {**taint, "remove": True}})

    def drain(self) -> None:
        node = self.d.pick(self.cluster.nodes)
        self.ask(self.now, {self.d.pick(["drain", "drain", "cordon"]): {"node": node}})
        self.repair(self.now + self.d.spread(1000, 300_000), {"uncordon": {"node": node}})

    def report_pod(self) -> None:
        """Where no kubelet runs, a person tells what became of a pod."""
        if len(self.cluster.kubelets) == len(self.cluster.nodes):
            return
        target = self.named("Pod")
        if target:
            phase = self.d.weighted([(6, "Running"), (2, "Succeeded"), (1, "Failed")])
            status = {"phase": phase, "conditions": [{"type": "Ready", "status": "True" if phase == "Running" else "False"}]}
            self.ask(self.now, {"patch": {**target, "subresource": "status", "body": {"status": status}}})

    def let_go(self) -> None:
        """Takes a finalizer of its own from a claim, or the label that holds nothing."""
        target = self.named("PersistentVolumeClaim")
        if target:
            self.ask(self.now, {"patch": {**target, "type": "merge", "body": {"metadata": {"annotations": {"seen": "yes"}}}}})

    def namespace(self) -> None:
        name = f"team-{self.now}"
        self.ask(self.now, {"create": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}})
        for made in (self.maker.claim(), self.maker.pod()):
            made["metadata"]["namespace"] = name
            self.maker.all.names[made["kind"]].pop()
            if made["kind"] == "PersistentVolumeClaim":
                self.maker.all.claims.pop()
            self.ask(self.now + self.d.between(100, 2000), {"create": made}, 403)
        self.ask(self.now + self.d.spread(2000, 120_000), {"delete": {"kind": "Namespace", "name": name}})

    # Faults and deaths

    def fault(self) -> None:
        d = self.d
        if not self.cluster.drivers:
            return
        plan: dict = {"driver": d.pick(self.cluster.drivers).name}
        for call in d.some(CALLS, d.between(1, 2)):
            one: dict = {"times": d.spread(1, 6)} if d.chance(60) else {}
            if d.chance(20):
                one["nth"] = d.between(2, 4)
            if d.chance(15):
                one["probability"] = d.pick([0.2, 0.5, 0.9])
            kind = d.weighted([(10, "code"), (4, "after"), (3, "hang"), (4, "delay")])
            if kind in ("code", "after"):
                one["code"] = d.pick(CODES)
                if d.chance(30):
                    one["msg"] = "as the scenario wants it"
            if kind == "after":
                one["after"] = True
                if call == "CreateVolume":
                    self.did.add("created and failed")
            if kind == "hang":
                one["hang"] = True
                self.hung.add(plan["driver"])
            if kind == "delay" or d.chance(10):
                one["delay"] = time(d.spread(10, 150_000))
            plan[call] = [one]
            # Each time that it is met costs a backoff, or a time-out; an infeasible claim waits longest.
            infeasible = call == "CreateVolume" and one.get("code") in ("InvalidArgument", "OutOfRange", "NotFound")
            weight = 5 if infeasible else 2 if "hang" in one or "delay" in one else 1
            self.burden[plan["driver"]] = self.burden.get(plan["driver"], 0) + weight * one.get("times", 1)
        self.add(self.now, {"faults": plan})

    def components(self) -> list[dict]:
        found: list[dict] = [{"component": "kube-controller-manager"}] * 4
        if self.cluster.scheduler:
            found += [{"component": "kube-scheduler"}] * 2
        if self.api_trouble:
            found += [{"component": "kube-apiserver"}] * 4
        attachers = self.cluster.section.get("controllers", {}).get("externalAttacher", True)
        for driver in self.cluster.drivers:
            of = {"driver": driver.name}
            found += [{"component": "external-provisioner", **of}] * 3
            if driver.attach and attachers:
                found += [{"component": "external-attacher", **of}] * 3
            if self.cluster.kubelets:
                found += [{"component": "csi-driver", **of}] * 2
        found += [{"component": f"kubelet/{node}"} for node in self.cluster.kubelets for _ in range(3)]
        may_end = {*self.may_end, "kube-apiserver"}
        return [target for target in found if target["component"].split("/")[0] in may_end]

    def is_down(self, key: str) -> bool:
        return self.down.get(key, -1) >= self.now

    def component(self) -> None:
        d = self.d
        components = self.components()
        if not components:
            return
        target = d.pick(components)
        node = target["component"].removeprefix("kubelet/")
        key = target["component"] + "/" + target.get("driver", "")
        if self.is_down(key) or self.is_down(f"node/{node}"):
            return
        self.did.add("end " + target["component"].split("/")[0])
        if d.chance(30):
            self.down[key] = self.now + 10_000
            return self.add(self.now, {"restart": target})
        most = 60_000 if target["component"] == "kube-apiserver" else 240_000
        back = self.now + d.spread(50, most)
        self.down[key] = back + 10_000
        if d.chance(70):
            self.add(self.now, {"crash": {**target, "inFlight": "drop"} if d.chance(30) else target})
        else:
            self.add(self.now, {"stop": target})
        self.add(back, {"start": target})

    def node(self) -> None:
        d = self.d
        node = d.pick(self.cluster.nodes)
        key = f"node/{node}"
        if self.is_down(key) or self.is_down(f"kubelet/{node}/"):
            return
        self.did.add("end node")
        if d.chance(20):
            self.down[key] = self.now + 10_000
            return self.add(self.now, {"restart": {"node": node}})
        word = d.pick(["crash", "crash", "stop"])
        least = self.cluster.shutdown_grace + 20_000 if word == "stop" else 500
        back = self.now + d.spread(least, 900_000)
        self.down[key] = back + 10_000
        self.add(self.now, {word: {"node": node}})
        self.add(back, {"start": {"node": node}})
        if d.chance(35) and self.cluster.scheduler:
            at = self.now + d.between(least, max(least, back - self.now))
            self.did.add("out of service")
            self.ask(at, {"taint": {"node": node, **OUT_OF_SERVICE}})
            self.repair(back + d.between(0, 60_000), {"taint": {"node": node, **OUT_OF_SERVICE, "remove": True}})

    def silence(self) -> None:
        d = self.d
        node = d.pick(self.cluster.nodes)
        key = f"node/{node}"
        if self.is_down(key) or self.is_down(f"kubelet/{node}/"):
            return
        back = self.now + d.spread(1000, 600_000)
        self.down[key] = back + 10_000
        self.did.add("silence node")
        self.add(self.now, {d.pick(["crash", "stop"]): {"heartbeats": node}})
        self.add(back, {"start": {"heartbeats": node}})

    def lose_node(self) -> None:
        """Its object is deleted; a node without a kubelet comes back by hand."""
        d = self.d
        node = d.pick(self.cluster.nodes)
        key = f"node/{node}"
        if self.is_down(key) or self.is_down(f"kubelet/{node}/") or node in self.gone_nodes:
            return
        self.gone_nodes.add(node)
        self.did.add("lose node")
        gone = self.now
        if node in self.cluster.kubelets and d.chance(80):
            self.add(self.now, {"crash": {"node": node}})
            gone = self.now + d.spread(1, 120_000)
            back = gone + d.spread(1000, 300_000)
            self.add(back, {"start": {"node": node}})
            self.down[key] = back + 10_000
        else:
            self.down[key] = 1 << 60
        self.ask(gone, {"delete": {"kind": "Node", "name": node}})

    def all_acts(self) -> list[tuple[int, Callable[[], None]]]:
        return [(60, self.create), (26, self.delete), (10, self.delete_pod_of_set), (4, self.delete_claim_of_set),
                (10, self.change_set), (6, self.touch_volume), (1, self.change_class), (4, self.taint), (6, self.drain),
                (3, self.report_pod), (1, self.let_go), (1, self.namespace), (22, self.fault), (26, self.component),
                (10, self.node), (2, self.silence), (1, self.lose_node)]

    def act(self) -> None:
        self.d.weighted(self.acts)()
