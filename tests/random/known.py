"""Which broken invariant is one of Kubernetes itself: failures that are still possible in 1.36, each with the scenarios that
may show it. Everything that is not here is ours.

The ids are those of the known real-world failures; `design`: it is meant to be so.
"""
import re
from dataclasses import dataclass
from typing import Callable

from scenario import Generated


@dataclass(frozen=True)
class Known:
    id: str
    invariant: str  # the rule's name, as it is told
    detail: str  # a part of what is told about it
    why: str
    may_show: Callable[[Generated, str], bool]  # the scenario, and what is told


def does(*facts: str) -> Callable[[Generated, str], bool]:
    """Any of them."""
    return lambda made, _: any(fact in made.facts for fact in facts)


def is_of_no_attaching_driver(made: Generated, detail: str) -> bool:
    named = re.search(r", driver ([^ :]+)", detail)
    return bool(named) and named.group(1) not in made.attaching


UNUSED = "a volume is in use nowhere when it is deleted"
LEFT = "a volume leaves its node before ControllerUnpublishVolume"

KNOWN: tuple[Known, ...] = (
    Known("D7", UNUSED, "it is staged", "a driver without attachments: nothing says that the node still has the volume staged when "
          "pod and claim are gone", is_of_no_attaching_driver),
    Known("D8", UNUSED, "it is published", "a pod that has ended is deleted at once, its kubelet unmounts later",
          lambda made, detail: is_of_no_attaching_driver(made, detail) and does("pods end", "end node")(made, detail)),
    Known("D9", UNUSED, "it is", "a pod is deleted by force and its claim with it, the node still has the volume",
          does("force delete", "out of service", "lose node")),
    Known("D10", "at most one claim is Bound to a volume", "", "somebody takes the claimRef from a Bound volume, and another claim "
          "gets it", does("release volume")),
    Known("C1", LEFT, "it is staged", "a kubelet that dies between unpublishing and unstaging finds nothing of the volume later",
          does("end kubelet", "end node")),
    Known("A11", LEFT, "it is", "a Node that was deleted and is there again: what it has in use comes with a later status of its kubelet",
          does("lose node")),
    Known("A11", "a volume is not detached from a node whose pods want it", "", "a controller that starts while the Node is deleted "
          "leaves out its pods until it lists all again", lambda made, _: {"lose node", "end kube-controller-manager"} <= made.facts),
    Known("A3", LEFT, "it is", "the taint out-of-service on a node that lives", does("out of service")),
)


def known_failure(made: Generated, invariant: str, detail: str) -> Known | None:
    for known in KNOWN:
        if known.invariant == invariant and known.detail in detail and known.may_show(made, detail):
            return known
    return None
