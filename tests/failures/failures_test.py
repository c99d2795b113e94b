#!/usr/bin/env python3
"""The core of the known failures of Kubernetes storage: which story plays which, and what its oracle says.

usage: failures_test.py BUILD [ID...]

CORE is the one list: id, status under 1.36, oracle (a rule in its words, or what shows it where no rule is broken), the stories
in which the oracle fires, and those in which it is silent. What a status means: live, design, driver: it fires with the
behaviour of 1.36 as it is; fixed: it is silent there, and fires where the guard (a guard, feature gate or older version) is
missing; part: as fixed, or as live, whichever story the entry has. Stories are named by their path in the catalog. Where the binary
is absent only the list and the files are checked.
"""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOG = ROOT / "scenarios/catalog"
SECONDS_MAX = 120

# The core set of the specification of known failures, most value first; C17 (expansion) is not modelled.
IDS = ("A4 C1 A1 A2 A6 D3 D2 D4 E2 E1 A3 D5 B6 C2 A13 A18 B1 B2 D6 C14 A17 E4 A12 D9").split()

GIVEN_UP = "a volume for one node is published on no other before it has left that node"
LEFT_NODE = "a volume leaves its node before ControllerUnpublishVolume"
UNMOUNTED = "a volume is detached after its node has unmounted it, unless it is forced away"
WRITER = "a volume is not taken from under a running container"
LEFT_OVER = "an attachment that no pod wants goes"
ROOM = "a pod's node has room for its volumes"
CLAIM_GONE = "a volume is deleted from the storage after its claim is gone"
NOT_UNDER_POD = "a claim is not removed while a scheduled pod names it"
CLAIM_STAYS = "a StatefulSet makes no pod for a claim that is being deleted"
UNUSED = "a volume is in use nowhere when it is deleted"
DELETION_ENDS = "what is being deleted goes"
NAMED = "a volume of the storage is named by a volume object"
GHOST = "a controller's own store holds nothing that the server has not"


@dataclass
class Failure:
    id: str
    status: str  # live, design, driver, fixed, part
    oracle: str
    fires: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    # No rule is broken: the story's expectations are the oracle, and this says what they hold.
    by_expectations: str = ""


CORE = [
    Failure("A4", "live", GIVEN_UP, ["failures/a4-detach-undecided"], ["attach/detach-fails"]),
    Failure("C1", "live", LEFT_NODE, ["failures/c1-kubelet-dies-before-unstage"]),
    Failure("A1", "design", WRITER, ["failures/a1-out-of-service-on-a-live-node"],
            ["questions/q01-node-died", "questions/q02-out-of-service-taint"]),
    Failure("A2", "design", DELETION_ENDS, ["failures/a2-kubelet-silent"]),
    Failure("A6", "fixed", LEFT_OVER, ["failures/a6-crash-before-node-status-guard-off"],
            ["failures/a6-crash-before-node-status"]),
    Failure("D3", "fixed", CLAIM_GONE, ["failures/d3-reserved-before-claim-is-known-guard-off"],
            ["failures/d3-reserved-before-claim-is-known"]),
    Failure("D2", "fixed", CLAIM_GONE, ["failures/d2-claim-of-the-same-name-guard-off"],
            ["failures/d2-claim-of-the-same-name"]),
    Failure("D4", "live", GHOST, ["failures/d4-ghost-in-a-private-store"]),
    Failure("E2", "live", NAMED, ["provisioning/provisioner-crash-leaks"], ["provisioning/provisioner-crash-recovers"]),
    Failure("E1", "part", NAMED, ["provisioning/provisioner-crash-leaks"], ["provisioning/claim-deleted-while-creating"]),
    Failure("A3", "fixed", UNMOUNTED, ["failures/a3-slow-unmount-guard-off"], ["failures/a3-slow-unmount"]),
    Failure("D5", "part", NOT_UNDER_POD,
            ["failures/d5-fresh-pod-of-a-deleted-claim-guard-off", "failures/d5-one-list-for-many-claims"],
            ["failures/d5-fresh-pod-of-a-deleted-claim"]),
    # The list says live; by the sources of 1.36.2 it ended with 1.27, when kubelets began to write final phases at once.
    Failure("B6", "fixed", DELETION_ENDS, ["questions/q19-preemption-by-the-node-plugin-1.26"],
            ["questions/q19-preemption-by-the-node-plugin"]),
    Failure("C2", "fixed", LEFT_NODE, ["failures/c2-plugin-gone-while-unmounting-guard-off"],
            ["failures/c2-plugin-gone-while-unmounting"]),
    Failure("A13", "live", LEFT_OVER, ["failures/a13-driver-attaches-no-more"]),
    Failure("A18", "part", DELETION_ENDS, [], ["failures/a18-volume-deleted-while-attaching"]),
    Failure("B1", "fixed", ROOM, ["failures/b1-slot-freed-before-detach-guard-off"],
            ["failures/b1-slot-freed-before-detach"]),
    Failure("B2", "live", ROOM, ["questions/q13-node-before-its-limit"]),
    Failure("D6", "fixed", CLAIM_STAYS, ["failures/d6-pod-of-a-terminating-claim-guard-off"],
            ["failures/d6-pod-of-a-terminating-claim"]),
    Failure("C14", "live", DELETION_ENDS, ["failures/c14-unmount-never-returns"]),
    Failure("A17", "driver", DELETION_ENDS, ["failures/a17-driver-cannot-detach"], ["questions/q18-stuck-attachment"]),
    Failure("E4", "fixed", NAMED, ["reclaim/volume-deleted-first-without-finalizer"],
            ["reclaim/volume-deleted-first-with-finalizer"]),
    Failure("A12", "live", LEFT_OVER, [], ["failures/a12-late-volumes-in-use"],
            "the attachment outlives its last pod by the kubelet's two minutes, and then goes"),
    Failure("D9", "design", UNUSED, ["failures/d9-forced-deletion-under-a-writer"]),
]
WITHOUT_GUARD = ("guardsOff:", "featureGates:", "kubernetes: '1.2", "kubernetes: '1.30")


def opening(text: str) -> str:
    """The comment at the top."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return " ".join(lines)


def has_guards(text: str) -> bool:
    return not any(word in text for word in WITHOUT_GUARD)


def problems_of_list(failure: Failure) -> list[str]:
    """What is wrong with the entry and its files, without playing them."""
    found = []
    texts = {}
    for story in failure.fires + failure.silent:
        path = CATALOG / f"{story}.yaml"
        if not path.exists():
            found.append(f"{story}.yaml is missing")
            continue
        texts[story] = path.read_text(encoding="utf-8")
        words = opening(texts[story]).replace(",", " ").replace(":", " ").replace(")", " ").replace("(", " ").split()
        if failure.id not in [w.strip(".;") for w in words]:
            found.append(f"{story}.yaml does not name {failure.id} in its opening comment")
    fires = [has_guards(texts[s]) for s in failure.fires if s in texts]
    silent = [has_guards(texts[s]) for s in failure.silent if s in texts]
    if failure.status in ("live", "design", "driver") and not failure.by_expectations and True not in fires:
        found.append("no story lets the oracle fire with the behaviour of 1.36")
    if failure.status == "fixed" and (True not in silent or True in fires or not fires):
        found.append("a fixed failure needs a silent story with its guard, and one without in which the oracle fires")
    if failure.status == "part" and not silent:
        found.append("a failure that is mended in part needs a story in which the oracle is silent")
    return found


def play(binary: Path, story: str) -> tuple[int, str]:
    done = subprocess.run([str(binary), "run", f"scenarios/catalog/{story}.yaml", "--color", "never"], cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS_MAX)
    return done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def problems_of_play(binary: Path, failure: Failure) -> list[str]:
    found = []
    for story in failure.fires + failure.silent:
        code, output = play(binary, story)
        if code:
            found.append(f"{story} ends with exit code {code}")
        fired = any(failure.oracle in line and ("HAZARD" in line or "INVARIANT" in line) for line in output.splitlines())
        if fired != (story in failure.fires):
            found.append(f"{story}: the oracle {'fires' if fired else 'is silent'}: {failure.oracle}")
    return found


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    binary = Path(sys.argv[1]).resolve() / "bin/stowage"
    wanted = sys.argv[2:]
    passed = failed = 0
    listed = [f.id for f in CORE]
    if listed != IDS:
        print(f"FAILED: listed are {listed}, the core is {IDS}")
        failed += 1
    playable = os.access(binary, os.X_OK)
    chosen = [f for f in CORE if not wanted or f.id in wanted]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        played = pool.map(lambda f: problems_of_play(binary, f) if playable else [], chosen)
        for failure, problems in zip(chosen, played):
            problems = problems_of_list(failure) + problems
            for problem in problems:
                print(f"FAILED: {failure.id}: {problem}")
            failed += bool(problems)
            passed += not problems
    if not playable:
        print(f"skipped: {binary} is absent")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
