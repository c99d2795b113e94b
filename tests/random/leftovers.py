"""Objects that were to go and are still there at the end of a run that was left alone, though nothing holds them.

Read from the record of the run. Whatever a rule of Kubernetes may hold for ever (a pod whose node has no kubelet, a claim that
a pod uses, a finalizer of somebody else) is no leftover.
"""
import json
from collections import defaultdict
from datetime import datetime

PATIENCE = 12 * 60  # seconds: longer than any backoff, time-out or forced detach
OWN_HOLD = "example.com/hold"


class Cluster:
    def __init__(self, record: str, kubelets: list[str]) -> None:
        self.objects: dict[tuple[str, str, str], dict] = {}
        self.kubelets = set(kubelets)
        for line in record.splitlines():
            event = json.loads(line)
            made = event["object"]
            key = (made["kind"], made["metadata"].get("namespace", ""), made["metadata"]["name"])
            if made["kind"] == "Event":
                continue
            if event["type"] == "DELETED":
                self.objects.pop(key, None)
            else:
                self.objects[key] = made
        self.owned = defaultdict(list)
        for made in self.objects.values():
            for owner in made["metadata"].get("ownerReferences", []):
                self.owned[owner["uid"]].append(made)

    def all(self, kind: str) -> list[dict]:
        return [made for (of, _, _), made in self.objects.items() if of == kind]


def claims_of(pod: dict) -> set[str]:
    names = set()
    for volume in pod["spec"].get("volumes", []):
        if "persistentVolumeClaim" in volume:
            names.add(volume["persistentVolumeClaim"]["claimName"])
        if "ephemeral" in volume:
            names.add(f"{pod['metadata']['name']}-{volume['name']}")
    return names


def is_used(cluster: Cluster, claim: dict) -> bool:
    name, space = claim["metadata"]["name"], claim["metadata"]["namespace"]
    return any(pod["metadata"]["namespace"] == space and pod["spec"].get("nodeName") and name in claims_of(pod)
               for pod in cluster.all("Pod"))


def is_cloned(cluster: Cluster, claim: dict) -> bool:
    """Whether a claim that is still to be made names it as its source."""
    return any(other["spec"].get("dataSource", {}).get("name") == claim["metadata"]["name"]
               and other["status"].get("phase") == "Pending" for other in cluster.all("PersistentVolumeClaim"))


def may_stay(cluster: Cluster, made: dict) -> bool:
    kind, metadata = made["kind"], made["metadata"]
    if OWN_HOLD in metadata.get("finalizers", []) or cluster.owned[metadata["uid"]]:
        return True
    if kind == "Pod":
        return made["spec"].get("nodeName") not in cluster.kubelets or bool(metadata.get("finalizers"))
    if kind == "PersistentVolumeClaim":
        return is_used(cluster, made) or is_cloned(cluster, made)
    if kind == "PersistentVolume":
        claim = made["spec"].get("claimRef", {})
        bound = cluster.objects.get(("PersistentVolumeClaim", claim.get("namespace", ""), claim.get("name", "")))
        attached = any(a["spec"]["source"].get("persistentVolumeName") == metadata["name"] for a in cluster.all("VolumeAttachment"))
        return attached or bool(bound and bound["metadata"]["uid"] == claim.get("uid"))
    if kind == "Namespace":
        return any(key[1] == metadata["name"] for key in cluster.objects)
    return False


def leftovers(record: str, kubelets: list[str], start: str, ended: float) -> list[str]:
    """`ended`: seconds since `start`, the cluster's clock at the beginning."""
    cluster = Cluster(record, kubelets)
    found = []
    for (kind, space, name), made in sorted(cluster.objects.items()):
        asked = made["metadata"].get("deletionTimestamp")
        if not asked:
            continue
        since = (datetime.fromisoformat(asked.rstrip("Z")) - datetime.fromisoformat(start.rstrip("Z"))).total_seconds()
        if ended - since > PATIENCE and not may_stay(cluster, made):
            holds = ", ".join(made["metadata"].get("finalizers", [])) or "nothing"
            found.append(f"{kind} {space + '/' if space else ''}{name} was to go at {since:.0f} s and is still there, held by {holds}")
    return found
