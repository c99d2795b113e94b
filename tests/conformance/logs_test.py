#!/usr/bin/env python3
"""Shows that the comparisons of logs can fail: each fault that is put into a log is found, what may differ is not.

usage: logs_test.py BUILD
"""
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BINARY = ""
FIRST, SECOND = "pvc-<uid:PersistentVolumeClaim/a>", "pvc-<uid:PersistentVolumeClaim/b>"
FIRST_HERE, SECOND_HERE = "pvc-11111111-0000-4000-8000-000000000000", "pvc-22222222-0000-4000-8000-000000000000"


def calls(first: str, second: str, handle: str, identity: str) -> list[dict]:
    context = {"storage.kubernetes.io/csiProvisionerIdentity": identity}
    topology = {"requisite": [{"segments": {"zone": "a"}}, {"segments": {"zone": "b"}}], "preferred": [{"segments": {"zone": "b"}}]}
    made = {"volume": {"volume_id": f"{handle}1", "capacity_bytes": 7}}
    return [
        {"ev": "start", "id": 3, "method": "CreateVolume", "req": {"name": first, "accessibility_requirements": topology}},
        {"ev": "start", "id": 4, "method": "CreateVolume", "req": {"name": second, "secrets": "x"}},
        {"ev": "end", "id": 3, "method": "CreateVolume", "resp": made},
        {"ev": "end", "id": 4, "method": "CreateVolume", "err": "rpc error: code = Internal desc = no luck"},
        {"ev": "start", "id": 5, "method": "ControllerPublishVolume", "req": {"volume_id": f"{handle}1", "volume_context": context}},
        {"ev": "end", "id": 5, "method": "ControllerPublishVolume", "resp": {"publish_context": {"dev": f"/dev/{handle}1"}}},
        {"ev": "start", "id": 6, "method": "DeleteVolume", "req": {"volume_id": f"{handle}1"}},
    ]


RECORDED = calls(FIRST, SECOND, "lab-vol-", "1-8081-lab")
HERE = calls(FIRST_HERE, SECOND_HERE, "vol-7", "99-1-lab")
WRITES = [
    {"by": "csi-provisioner", "verb": "create", "what": "persistentvolumes", "name": FIRST, "code": 201},
    {"by": "csi-provisioner", "verb": "create", "what": "persistentvolumes", "name": SECOND, "code": 201},
    {"by": "csi-provisioner", "verb": "delete", "what": "persistentvolumes", "name": FIRST, "code": 200},
]


class Logs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.case = Path(folder.name) / "case"
        self.case.mkdir()
        self.log = Path(folder.name) / "log.jsonl"

    def held(self, kind: str, name: str, recorded: list[dict], here: list[dict]) -> bool:
        for path, lines in ((self.case / name, recorded), (self.log, here)):
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        code = subprocess.run([BINARY, kind, self.case, self.log], capture_output=True, timeout=60).returncode
        self.assertIn(code, (0, 1))
        return code == 0

    def calls_hold(self, change=lambda log: None) -> bool:
        here = copy.deepcopy(HERE)
        change(here)
        return self.held("calls", "rpc.jsonl", RECORDED, here)

    def test_other_names_and_handles_of_the_same_volumes_are_equal(self):
        self.assertTrue(self.calls_hold())

    def test_what_may_differ_in_calls_does_not_count(self):
        def change(log):
            log[0]["req"]["accessibility_requirements"]["requisite"].reverse()
            log[1]["req"]["secrets"] = "other"
            log[2], log[3] = log[3], log[2]
            log.insert(0, {"ev": "start", "id": 1, "method": "Probe", "req": {}})
            log.insert(1, {"ev": "start", "id": 2, "method": "GetPluginInfo", "req": {}})

        self.assertTrue(self.calls_hold(change))

    def test_each_fault_in_calls_is_found(self):
        def preferred(log):
            log[0]["req"]["accessibility_requirements"]["preferred"][0]["segments"]["zone"] = "a"

        faults = {
            "order of starts": lambda log: log.insert(0, log.pop(1)),
            "a call too few": lambda log: log.pop(),
            "a call too many": lambda log: log.append({"ev": "start", "id": 9, "method": "DeleteVolume", "req": {}}),
            "method": lambda log: log[6].update(method="NodeUnstageVolume"),
            "request": lambda log: log[0]["req"].update(name=SECOND_HERE),
            "preferred topology": preferred,
            "secrets": lambda log: log[1]["req"].pop("secrets"),
            "identity": lambda log: log[4]["req"]["volume_context"].clear(),
            "code": lambda log: log[3].update(err="rpc error: code = Aborted desc = no luck"),
            "response": lambda log: log[2]["resp"]["volume"].update(capacity_bytes=8),
            "handle": lambda log: log[6]["req"].update(volume_id="vol-72"),
            "an end too few": lambda log: log.pop(5),
            "an end too many": lambda log: log.append({"ev": "end", "id": 6, "method": "DeleteVolume", "resp": {}}),
        }
        for fault, change in faults.items():
            with self.subTest(fault):
                self.assertFalse(self.calls_hold(change))

    def test_the_nearest_recording_counts_and_a_case_without_one_allows_no_call(self):
        self.assertTrue(self.held("calls", "rpc-2.jsonl", RECORDED, HERE))
        (self.case / "rpc.jsonl").write_text("")
        self.assertTrue(self.held("calls", "rpc-2.jsonl", RECORDED, HERE))
        (self.case / "rpc-2.jsonl").unlink()
        self.assertFalse(self.held("calls", "rpc.jsonl", [], HERE))
        (self.case / "rpc.jsonl").unlink()
        self.assertFalse(self.held("calls", "other.jsonl", [], HERE))
        self.assertTrue(self.held("calls", "other.jsonl", [], []))

    def test_writes_tell_made_volumes_by_their_claims(self):
        def renamed(first: str, second: str) -> list[dict]:
            names = {FIRST: first, SECOND: second}
            return [line | {"name": names[line["name"]]} for line in WRITES]

        quota = {"by": "client", "verb": "create", "what": "resourcequotas", "name": "q", "code": 201}
        good = renamed(FIRST_HERE, SECOND_HERE)
        self.assertTrue(self.held("writes", "writes.jsonl", WRITES, good))
        self.assertTrue(self.held("writes", "writes.jsonl", WRITES, [quota, *good]))
        wrong = [*good[:2], good[2] | {"name": SECOND_HERE}]
        self.assertFalse(self.held("writes", "writes.jsonl", WRITES, wrong))
        self.assertFalse(self.held("writes", "writes.jsonl", WRITES, good[:2]))
        self.assertFalse(self.held("writes", "writes.jsonl", WRITES, [*good[:2], good[2] | {"code": 409}]))


if __name__ == "__main__":
    build = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
    BINARY = str(build / "bin/conformance")
    if not os.access(BINARY, os.X_OK):
        print(f"skipped: {BINARY} is absent")
        sys.exit(0)
    unittest.main(argv=sys.argv[:1])
