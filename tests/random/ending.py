"""How a random scenario ends that is left alone: what was lost is brought back, and what must then be true is expected."""
from clusters import RWO, Cluster, Driver, StorageClass
from draws import Draws
from text import time
from trouble import Story

MINUTE = 60_000
OFFERS_CAPACITY = ("instant", "block-array", "host-path")
# Whoever asks for volumes to be deleted may lose them: in memory of what died, or since nobody knows of them any more.
MAY_LEAK = {"end external-provisioner", "end csi-driver", "end kube-apiserver", "delete volume", "release volume",
            "switch policy", "created and failed"}


def seconds_of(text: str) -> float:
    return float(text[:-2]) / 1000 if text.endswith("ms") else float(text[:-1])


def end_quietly(d: Draws, cluster: Cluster, story: Story, at: int) -> tuple[int, list[dict]]:
    """Adds steps from `at` on. When the run ends, and what is expected at its end."""
    for step in story.repairs if "end kube-apiserver" in story.did else []:
        story.ask(at, step)
    for node in sorted(story.gone_nodes & set(cluster.kubelets)):
        if story.down.get(f"node/{node}", 0) > at:  # its kubelet lives, and registers when it starts
            story.add(at, {"restart": {"component": f"kubelet/{node}"}})
    end = at + 20 * MINUTE
    good = [c for c in cluster.classes if c.driver and serves(cluster, story, c.driver) and c.object.get("allowedTopologies") is None]
    if good and serves_pods(cluster, story):
        end = probe(story, d.pick(good), at + MINUTE)
    expected = [{"count": {"backend": {"driver": driver.name, "state": state}, "exactly": 0}}
                for driver in cluster.drivers for state in ("leaked", "dangling") if keeps_account(story, driver)]
    return end, expected


def serves_pods(cluster: Cluster, story: Story) -> bool:
    section = cluster.section
    return (cluster.scheduler and len(cluster.kubelets) == len(cluster.nodes) and "lose node" not in story.did
            and not any("capacity" in node for node in section["nodes"])
            and "externalAttacher" not in section.get("controllers", {}))


def serves(cluster: Cluster, story: Story, driver: Driver) -> bool:
    """Whether nothing in its options keeps it from making a small volume for one pod, sooner or later."""
    options = driver.options
    if story.burden.get(driver.name, 0) > 4:
        return False
    hinders = ("nodes", "capacity", "maxVolumeSize", "attachLimit", "rate", "capabilities", "latency")
    if any(key in options for key in hinders) or not is_patient(driver) or may_stand_still(story, driver):
        return False
    provisioner = options.get("sidecars", {}).get("externalProvisioner", {})
    return "enableCapacity" not in provisioner or driver.profile in OFFERS_CAPACITY


def is_patient(driver: Driver) -> bool:
    """Whether its sidecars wait long enough for a call to end."""
    sidecars = driver.options.get("sidecars", {}).values()
    if driver.profile == "block-array" and seconds_of(driver.options.get("sidecars", {}).get("externalProvisioner", {}).get("timeout", "10s")) < 60:
        return False  # its orders are done one after the other, and each try is a new order
    return "latency" not in driver.options and all(seconds_of(options.get("timeout", "60s")) >= 30 for options in sidecars)


def may_stand_still(story: Story, driver: Driver) -> bool:
    """Whether calls wait for one that hangs, or are refused for its sake."""
    return driver.name in story.hung and (driver.profile != "instant" or "concurrency" in driver.options or "parallelCalls" in driver.options)


def keeps_account(story: Story, driver: Driver) -> bool:
    """Whether every volume of the storage must have its object in the end, and the reverse."""
    by_hand = any("csi" in made["spec"] for made in story.volumes)
    return not by_hand and not (MAY_LEAK & story.did) and is_patient(driver)


def probe(story: Story, cls: StorageClass, at: int) -> int:
    """A new claim with its pod is served, and goes without a trace."""
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "probe"},
             "spec": {"accessModes": [RWO], "resources": {"requests": {"storage": "1Gi"}},
                      "storageClassName": cls.object["metadata"]["name"]}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": {
        "containers": [{"name": "main", "image": "example.com/main", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "probe"}}], "terminationGracePeriodSeconds": 1}}
    story.add(at, {"create": claim})
    story.add(at, {"create": pod})
    story.add(at, {"expect": {"within": time(20 * MINUTE), "object": {"kind": "Pod", "name": "probe", "status": {"phase": "Running"}}}})
    gone = at + 20 * MINUTE
    story.add(gone, {"delete": {"kind": "Pod", "name": "probe"}})
    story.add(gone, {"delete": {"kind": "PersistentVolumeClaim", "name": "probe"}})
    for kind in ("Pod", "PersistentVolumeClaim"):
        story.add(gone, {"expect": {"within": time(15 * MINUTE), "gone": {"kind": kind, "name": "probe"}}})
    if not cls.retains:
        story.add(gone, {"expect": {"within": time(15 * MINUTE), "gone": {
            "kind": "PersistentVolume", "spec": {"claimRef": {"name": "probe"}}}}})
    return gone + 16 * MINUTE
