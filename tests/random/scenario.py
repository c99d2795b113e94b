"""A whole random scenario from a seed, as the text of its file."""
from dataclasses import dataclass, field

from clusters import draw_cluster
from draws import Draws
from ending import end_quietly, is_patient, may_stand_still
from text import block, time
from trouble import Story
from workloads import Maker


@dataclass
class Generated:
    text: str
    facts: set[str]  # what it does that known failures ask for, such as "crash kubelet"
    version: int  # the minor version of Kubernetes
    kubelets: list[str]  # nodes that have one
    attaching: set[str] = field(default_factory=set)  # drivers whose volumes are attached
    stands_still: bool = False  # calls of a driver may never end, or not in the time they are given
    quiet: bool = False  # it is left alone at the end, long enough for everything to end
    until: float = 0  # seconds


def generate(seed: int) -> Generated:
    d = Draws(seed)
    cluster = draw_cluster(d)
    maker = Maker(d, cluster)
    story = Story(d, cluster, maker)
    quiet = d.chance(60)  # whether it is left alone at the end, so that it may come to rest
    end = d.spread(300_000, 1_500_000 if quiet else 3_000_000)
    before = [maker.anything() for _ in range(d.between(0, 5))]
    for made in before:
        if made["kind"] == "PersistentVolumeClaim":
            story.since.setdefault(made["metadata"]["name"], 0)
        if made["kind"] == "PersistentVolume":
            story.volumes.append(made)
    objects_exist = d.chance(30)
    for made in before if not objects_exist else []:
        story.ask(0, {"create": made}, 403)
    tell(d, story, end)
    last = max([at for at, _, _ in story.steps], default=0)
    until, expected = max(end, last + 1000), []
    if quiet:
        until, expected = end_quietly(d, cluster, story, until)
    spec: dict = {"kubernetes": cluster.version}
    if cluster.gates:
        spec["featureGates"] = cluster.gates
    spec |= {"seed": d.between(1, 1_000_000), "until": time(until), "cluster": dict(cluster.section)}
    objects = cluster.objects + (before if objects_exist else [])
    if objects:
        spec["cluster"]["objects"] = objects
    spec["steps"] = story.in_order()
    if expected:
        spec["expect"] = expected
    file = {"apiVersion": "stowage.dev/v1alpha1", "kind": "Scenario", "metadata": {"name": f"random-{seed}"}, "spec": spec}
    text = f"# Made by tests/random from the seed {seed}.\n" + block(file, 4)
    return Generated(text, story.facts(), int(cluster.version.removeprefix("1.")), cluster.kubelets,
                     {driver.name for driver in cluster.drivers if driver.attach},
                     any(may_stand_still(story, driver) or not is_patient(driver) for driver in cluster.drivers), quiet, until / 1000)


def tell(d: Draws, story: Story, end: int) -> None:
    """Something happens until the end: in bursts, or now and then."""
    acts = d.between(5, 40)
    bursts = d.chance(40)
    while story.now < end and acts > 0:
        acts -= 1
        story.now += d.spread(1, 3000) if bursts and d.chance(75) else d.spread(500, max(1000, 3 * end // 40))
        if story.now < end:
            story.act()
