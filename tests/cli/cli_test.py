#!/usr/bin/env python3
"""Calls the binary as a user does: options, exit codes, wrong input, and every example of the help text.

usage: cli_test.py BUILD
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

BINARY = ""

PAIR = """apiVersion: stowage.dev/v1alpha1
kind: Scenario
metadata: {name: pair}
spec:
  kubernetes: "1.36"
  until: 40s
  steps:
  - at: 1s
    create:
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: pv-a}
      spec:
        capacity: {storage: 5Gi}
        accessModes: [ReadWriteOnce]
        hostPath: {path: /tmp/a}
  - at: 3s
    create:
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: ""
        resources: {requests: {storage: 1Gi}}
"""
EXPECT = """  - expect: {within: %s, object: {kind: PersistentVolumeClaim, name: data, status: {phase: Bound}}}
"""
DRIVEN = """apiVersion: stowage.dev/v1alpha1
kind: Scenario
metadata: {name: driven}
spec:
  until: 40s
  cluster:
    drivers: [{name: disk.example.com, profile: instant}]
    objects:
    - apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: fast}
      provisioner: disk.example.com
  steps:
  - at: 1s
    faults: {driver: disk.example.com, CreateVolume: [{times: 1, code: Internal, msg: no luck}, {times: 1, delay_ms: 6000}]}
  - at: 1s
    create:
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: fast
        resources: {requests: {storage: 1Gi}}
  - at: 20s
    delete: {kind: PersistentVolumeClaim, name: data}
"""


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.good = self.file("good.yaml", PAIR + EXPECT % "20s")
        self.failing = self.file("failing.yaml", PAIR + EXPECT % "1ms")
        self.unchecked = self.file("unchecked.yaml", PAIR)
        self.driven = self.file("driven.yaml", DRIVEN)
        self.wrong = self.file("wrong.yaml", PAIR.replace("hostPath", "hostPaht").replace("until", "untill"))

    def file(self, name: str, text: str) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def call(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, cwd=self.root, timeout=300)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done

    # --- run

    def test_run_tells_head_time_line_tables_and_verdict(self):
        out = self.call("run", self.good).stdout
        self.assertRegex(out, r"^pair: Kubernetes 1\.36, seed 1\n")
        self.assertRegex(out, r"first pvBinderResync at \d+\.\d{3}s")
        self.assertRegex(out, r"\n +3\.\d{3}s  client +create PersistentVolumeClaim default/data")
        self.assertRegex(out, r"NAME +STATUS +VOLUME +CAPACITY")
        self.assertRegex(out, r"held +within")
        self.assertRegex(out.splitlines()[-1], r"^ok: 1 check held; ended at 40\.000s after \d+ events, fingerprint [0-9a-f]{16}$")
        self.assertNotIn("\x1b", out)

    def test_a_failing_run_ends_with_1_and_says_why(self):
        done = self.call("run", self.failing, code=1)
        self.assertIn("FAILED", done.stdout)
        self.assertIn("failing.yaml:", done.stdout)
        self.assertTrue(done.stdout.splitlines()[-1].startswith("FAILED: "))

    def test_quiet_prints_one_line_when_all_is_well(self):
        done = self.call("run", self.good, "--quiet")
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertEqual(done.stderr, "")
        self.assertIn("FAILED", self.call("run", "--quiet", self.failing, code=1).stdout)

    def test_verbose_tells_matches_and_resource_versions(self):
        out = self.call("run", self.good, "--verbose").stdout
        self.assertIn("Matches", out)
        self.assertRegex(out, r"  rv \d+")

    def test_color_is_as_asked(self):
        self.assertIn("\x1b[", self.call("run", self.good, "--color", "always").stdout)
        self.assertNotIn("\x1b[", self.call("run", self.good, "--color=never").stdout)
        self.assertIn("auto, always or never", self.call("run", self.good, "--color", "red", code=2).stderr)

    def test_the_same_seed_gives_the_same_bytes_another_seed_does_not(self):
        once, again = (self.call("run", self.good, "--seed", "7").stdout for _ in range(2))
        self.assertEqual(once, again)
        self.assertNotEqual(once, self.call("run", self.good, "--seed", "8").stdout)
        self.assertNotEqual("", self.call("run", self.good, "--shuffle").stdout)

    def test_set_replaces_a_value_and_refuses_what_is_none(self):
        out = self.call("run", self.good, "--set", "spec.cluster.phases.pvBinderResync=3.5s",
                        "--set", "spec.kubernetes=1.26").stdout
        self.assertIn("first pvBinderResync at 3.500s", out)
        self.assertIn("Kubernetes 1.26", out)
        self.assertIn("path=value", self.call("run", self.good, "--set", "nonsense", code=2).stderr)
        self.call("run", self.good, "--set", "spec.nonsense=1", code=2)

    def test_until_ends_earlier(self):
        # The expectation is cut short, which is a failure and not a success.
        self.assertIn("ended at 2.000s", self.call("run", self.good, "--until", "2s", code=None).stdout)

    def test_files_are_written(self):
        names = {o: str(self.root / o) for o in ("record", "requests", "json", "dot", "trace", "html")}
        self.call("run", self.good, "--quiet", *(w for o, f in names.items() for w in (f"--{o}", f)))
        record = [json.loads(line) for line in Path(names["record"]).read_text().splitlines()]
        self.assertEqual({"t", "type", "object"}, set(record[0]))
        requests = [json.loads(line) for line in Path(names["requests"]).read_text().splitlines()]
        self.assertEqual({"t", "by", "verb", "what", "name", "code"}, set(requests[0]))
        report = json.loads(Path(names["json"]).read_text())
        self.assertEqual(report["scenario"], "pair")
        claim = report["claims"][0]
        self.assertEqual(round(claim["total"] * 1e9), sum(round(s["seconds"] * 1e9) for s in claim["segments"]))
        self.assertTrue(Path(names["dot"]).read_text().startswith("digraph"))
        self.assertTrue(Path(names["html"]).read_text().startswith("<!DOCTYPE html>"))
        # The API server's answers are at the same times in the trace as in the log.
        ends = {int(round((e["ts"] + e["dur"]) * 1000) // 1000) for e in json.loads(Path(names["trace"]).read_text())["traceEvents"]
                if e["ph"] == "X" and e["cat"].startswith("request")}
        self.assertLessEqual({round(r["t"] * 1e6) for r in requests}, ends)

    def test_trace_and_page_are_the_same_each_time_and_know_steps_and_failures(self):
        texts = []
        for _ in range(2):
            self.call("run", self.failing, "--quiet", "--trace", "t.json", "--html", "r.html", "--seed", "3", code=1)
            texts.append([(self.root / name).read_text() for name in ("t.json", "r.html")])
        self.assertEqual(texts[0], texts[1])
        names = [e["name"] for e in json.loads(texts[0][0])["traceEvents"]]
        self.assertTrue(any(n.startswith("step 2: create PersistentVolumeClaim") for n in names), names)
        self.assertTrue(any(n.startswith("failed: within 1ms") for n in names))
        self.assertIn("<h2 id=\"expectations\">", texts[0][1])
        self.assertIn("failing.yaml:", texts[0][1])
        json.loads(self.call("run", self.good, "--trace", "-").stdout)
        self.assertTrue(self.call("run", self.good, "--html", "-").stdout.startswith("<!DOCTYPE"))
        for option in ("--trace", "--html"):
            self.assertIn("cannot write", self.call("run", self.good, option, "/no/such/x", code=2).stderr)
            if os.path.exists("/dev/full"):
                self.assertIn("No space left", self.call("run", self.good, option, "/dev/full", code=2).stderr)

    def test_a_dash_is_standard_output_and_nothing_else_is_there(self):
        done = self.call("run", self.good, "--record", "-")
        for line in done.stdout.splitlines():
            json.loads(line)
        self.assertIn("ok: 1 check held", done.stderr)

    def test_a_file_that_cannot_be_written_is_an_error(self):
        self.assertIn("cannot write", self.call("run", self.good, "--record", "/no/such/x", code=2).stderr)
        if os.path.exists("/dev/full"):
            self.assertIn("No space left", self.call("run", self.good, "--record", "/dev/full", code=2).stderr)
            with open("/dev/full", "w") as full:
                done = subprocess.run([BINARY, "run", self.good], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, 2)

    # --- CSI drivers

    def test_a_run_with_a_driver_tells_of_its_calls_and_volumes(self):
        out = self.call("run", self.driven, "--no-timeline").stdout
        self.assertRegex(out, r"From claim to volume\n1 of 1 claim got a volume of a driver\n  default/data: 7\.\d+s = CSI call CreateVolume 6\.\d+s \+ backoff 1\.000s")
        self.assertRegex(out, r"From Released to gone\n1 of 1 volume was deleted by a driver\n  pvc-\S+: .*CSI call DeleteVolume")
        self.assertRegex(out, r"Drivers\n  disk\.example\.com \(instant\)\n +METHOD +CALLS")
        self.assertRegex(out, r"CreateVolume +2 .* 1 OK, 1 Internal\n")
        self.assertIn("holds 0 volumes\n", out)
        self.assertNotIn("Drivers", self.call("run", self.good).stdout)

    def test_rpc_logs_every_call(self):
        path = self.root / "rpc.jsonl"
        self.call("run", self.driven, "--quiet", "--rpc", str(path))
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual([(l["ev"], l["method"]) for l in lines],
                         [(ev, m) for m in ("CreateVolume", "CreateVolume", "DeleteVolume") for ev in ("start", "end")])
        self.assertEqual({"driver", "ev", "id", "method", "req", "t"}, set(lines[0]))
        self.assertEqual(lines[1]["err"], "rpc error: code = Internal desc = no luck")
        self.assertEqual({"ctx_err", "dur_ms", "ev", "id", "method", "resp", "t"}, set(lines[3]))
        self.assertEqual(json.loads(self.call("run", self.driven, "--rpc=-").stdout.splitlines()[0]), lines[0])
        self.assertIn("cannot write", self.call("run", self.driven, "--rpc", "/no/such/x", code=2).stderr)

    def test_metrics_are_what_prometheus_reads(self):
        path = self.root / "metrics.txt"
        self.call("run", self.driven, "--quiet", "--metrics", str(path))
        text = path.read_text()
        self.assertIn("# TYPE csi_sidecar_operations_seconds histogram\n", text)
        self.assertRegex(text, r'\ncontroller_persistentvolumeclaim_provision_failed_total\{class="\w+",source=""\} 1\n')
        for line in text.splitlines():
            self.assertRegex(line, r"^(# TYPE \w+ (counter|gauge|histogram)|\w+(\{.*\})? [0-9.]+)$")
        self.call("run", self.driven, "--quiet", "--metrics", str(path))
        self.assertEqual(path.read_text(), text)
        self.assertIn("cannot write", self.call("run", self.driven, "--metrics", "/no/such/x", code=2).stderr)

    def test_the_json_report_has_passages_and_drivers(self):
        path = self.root / "report.json"
        self.call("run", self.driven, "--quiet", "--json", str(path))
        report = json.loads(path.read_text())
        for name in ("claim-provisioned", "volume-bound", "volume-reclaimed"):
            passage = report["passages"][name]
            self.assertEqual((passage["began"], passage["ended"]), (1, 1))
            each = passage["each"][0]
            self.assertEqual(round(each["total"] * 1e9), sum(round(s["seconds"] * 1e9) for s in each["segments"]))
        spent = {row["name"]: row for row in report["passages"]["claim-provisioned"]["spent"]}
        self.assertEqual(spent["backoff"]["p99"], 1)
        self.assertIn("CSI call CreateVolume", spent)
        driver = report["drivers"][0]
        self.assertEqual((driver["name"], driver["profile"], driver["leaked"]), ("disk.example.com", "instant", 0))
        calls = {c["method"]: c for c in driver["calls"]}
        self.assertEqual(calls["CreateVolume"]["outcomes"], {"OK": 1, "Internal": 1})
        self.assertEqual([n for _, n in calls["DeleteVolume"]["concurrency"]], [1, 0])

    def test_explain_tells_the_call_in_flight(self):
        out = self.call("explain", self.driven, "pvc/data", "--at", "5s").stdout
        self.assertRegex(out, r"CreateVolume pvc-\S+ is in flight since 2\.0\d\ds, given up at 12\.0\d\ds, failed 1 time\b")
        out = self.call("explain", self.driven, "pvc/data", "--at", "1.5s").stdout
        self.assertRegex(out, r"external-provisioner\S*: failed 1 time, tried again at 2\.0\d\ds")

    def test_drivers_lists_profiles_with_sources(self):
        out = self.call("drivers").stdout
        for name in ("instant", "nfs", "host-path", "block-cloud", "block-array", "shared-file"):
            self.assertRegex(out, rf"(?m)^{name}: ")
        one = self.call("drivers", "instant").stdout
        self.assertIn(one, out)
        self.assertRegex(one, r"(?m)^  snapshot ids +lab-snap-\.\.\. +recorded: volumes and snapshots share one count$")
        profiles = json.loads(self.call("drivers", "--json").stdout)
        self.assertEqual(profiles[0]["name"], "instant")
        self.assertEqual(json.loads(self.call("drivers", "--json", "instant").stdout), profiles[:1])
        for profile in profiles:
            for value in profile["values"]:
                self.assertEqual({"name", "value", "source"}, set(value))
        self.assertIn("nearest known: block-cloud", self.call("drivers", "block-clout", code=2).stderr)
        self.call("drivers", "nfs", "instant", code=2)
        self.call("drivers", "--seed", "1", code=2)

    # --- diff

    def test_diff_of_equal_runs_is_0_and_of_others_1(self):
        out = self.call("diff", self.good, self.good).stdout
        self.assertRegex(out, r"^A  \S*good\.yaml --seed 1\nB  \S*good\.yaml --seed 1\n\nThe same: ")
        out = self.call("diff", self.good, "--set-b", "spec.cluster.phases.pvBinderResync=3.5s", "--seed-b", "2", code=1).stdout
        self.assertIn("good.yaml --seed 2 --set spec.cluster.phases.pvBinderResync=3.5s\n", out)
        self.assertRegex(out, r"From creation to Bound: 1 of 1 in A, 1 of 1 in B\n +OBJECT .*\n +default/data .*ms ")
        self.assertRegex(out, r"persistent-volume-binder +update +persistentvolumes/status +\d +\d ")
        self.assertTrue(out.endswith("\nDifferent.\n"))

    def test_diff_tells_other_outcomes_calls_and_events(self):
        out = self.call("diff", self.good, self.failing, code=1).stdout
        self.assertIn("exit code: 0 in A, 1 in B", out)
        calm = self.file("calm.yaml", re.sub(r"  - at: 1s\n    faults:.*\n", "", DRIVEN))
        report = json.loads(self.call("diff", calm, self.driven, "--json", code=1).stdout)
        self.assertFalse(report["same"])
        calls = {(c["method"], c["outcome"]): (c["a"], c["b"]) for c in report["calls"]}
        self.assertEqual(calls["CreateVolume", "Internal"], (0, 1))
        self.assertEqual([], report["events"]["onlyA"])
        self.assertIn("ProvisioningFailed", report["events"]["onlyB"][0])
        claim = report["passages"]["claim-bound"]["differing"][0]
        self.assertEqual(claim["object"], "default/data")
        self.assertAlmostEqual(claim["b"] - claim["a"], claim["difference"])
        self.assertEqual(report["firstDifference"]["a"]["what"], "persistentvolumes")

    def test_diff_says_what_is_wrong_and_on_which_side(self):
        self.assertIn("what shall differ", self.call("diff", self.good, code=2).stderr)
        self.assertIn("which scenarios", self.call("diff", code=2).stderr)
        self.call("diff", self.good, self.good, self.good, code=2)
        self.assertRegex(self.call("diff", self.good, self.wrong, code=2).stderr, r"B:\n\S*wrong\.yaml:6:\d+: ")
        self.assertIn("spec.nonsense", self.call("diff", self.good, "--set-b", "spec.nonsense=1", code=2).stderr)
        self.assertIn("path=value", self.call("diff", self.good, "--set-a", "x", code=2).stderr)
        self.assertIn("takes no --set-a", self.call("run", self.good, "--set-a", "x=1", code=2).stderr)

    # --- bad input

    def test_bad_files_name_place_and_nearest_word(self):
        done = self.call("run", self.wrong, code=2)
        self.assertRegex(done.stderr, r"wrong\.yaml:6:\d+: .*untill.*until")
        self.assertEqual(done.stdout, "")
        self.call("run", str(self.root / "missing.yaml"), code=2)

    def test_bad_options_name_the_nearest(self):
        self.assertIn("--verbose", self.call("run", self.good, "--verbos", code=2).stderr)
        self.assertIn("validate", self.call("validat", self.good, code=2).stderr)
        self.assertIn("--seed needs a whole number", self.call("run", self.good, "--seed", "x", code=2).stderr)
        self.assertIn("a duration", self.call("run", self.good, "--until", "7", code=2).stderr)
        self.assertIn("needs N", self.call("run", self.good, "--seed", code=2).stderr)
        self.assertIn("takes no", self.call("run", self.good, "--junit", "x", code=2).stderr)
        self.call(code=2)
        self.call("run", code=2)
        self.call("run", self.good, self.good, code=2)

    # --- test

    def test_test_counts_and_takes_the_worst_exit_code(self):
        out = self.call("test", self.good).stdout
        self.assertRegex(out, r"ok +\S*good\.yaml  40\.000s of virtual time")
        self.assertEqual(out.splitlines()[-1], "1 passed, 0 failed")
        out = self.call("test", self.good, self.failing, code=1).stdout
        self.assertEqual(out.splitlines()[-1], "1 passed, 1 failed")
        self.assertIn("to see it: stowage run", out)
        out = self.call("test", self.failing, self.wrong, "-j", "2", code=2).stdout
        self.assertEqual(out.splitlines()[-1], "0 passed, 2 failed")

    def test_a_scenario_that_checks_nothing_fails(self):
        out = self.call("test", self.unchecked, code=1).stdout
        self.assertIn("nothing was checked", out)
        self.assertIn("nothing was checked", self.call("run", self.unchecked).stdout)

    def test_folders_are_searched_in_order_and_other_yaml_is_left_alone(self):
        for name in ("b/2.yaml", "a/1.yaml", "b/1.yaml"):
            self.file("all/" + name, PAIR + EXPECT % "20s")
        self.file("all/a/manifest.yaml", "apiVersion: v1\nkind: Pod\n")
        out = self.call("test", "all", "-j4").stdout
        self.assertEqual(re.findall(r"ok +(\S+)", out), ["all/a/1.yaml", "all/b/1.yaml", "all/b/2.yaml"])
        (self.root / "empty").mkdir()
        self.assertIn("no scenario in empty", self.call("test", "empty", code=2).stderr)
        self.assertIn("no such file", self.call("test", "absent", code=2).stderr)

    def test_a_skipped_scenario_is_said_to_be_skipped_and_is_no_success(self):
        path = self.file("skipped.yaml", (PAIR + EXPECT % "20s").replace("{name: pair}", "{name: pair, labels: {skip: later}}"))
        out = self.call("test", path, code=1).stdout
        self.assertRegex(out, r"skipped \S+skipped.yaml: later")
        self.assertEqual(out.splitlines()[-1], "0 passed, 0 failed, 1 skipped")

    def test_seeds_give_shares_and_percentiles(self):
        out = self.call("test", self.good, "--seeds", "5", "-j", "2").stdout
        self.assertIn("5 of 5 seeds", out)
        self.assertIn("held in 5 of 5: ", out)
        self.assertRegex(out, r"p50 +p90 +p99")
        out = self.call("test", self.failing, "--seeds", "3", "--once", code=1).stdout
        self.assertIn("held in 0 of 3", out)
        self.assertIn("first not with seed 1", out)

    def test_junit_is_xml_with_the_failures(self):
        path = str(self.root / "report.xml")
        self.call("test", self.good, self.failing, "--junit", path, code=1)
        suites = xml.parse(path).getroot()
        self.assertEqual([s.get("failures") for s in suites], ["0", "1"])
        self.assertEqual(suites.get("failures"), "1")

    # --- validate, schema, explain, version, help

    def test_validate(self):
        self.assertRegex(self.call("validate", self.good).stdout, r"^ok  \S*good\.yaml: pair, 3 steps")
        out = self.call("validate", self.good, self.wrong, code=2).stdout
        self.assertIn("wrong.yaml:6:", out)

    def test_schema_is_json(self):
        self.assertIn("$schema", json.loads(self.call("schema").stdout))

    def test_explain(self):
        out = self.call("explain", self.good, "pvc/data").stdout
        self.assertRegex(out, r"PersistentVolumeClaim default/data at 40\.000s\n +state +Bound")
        self.assertIn("kubernetes.io/pvc-protection", out)
        self.assertIn("How it came there", out)
        self.assertRegex(self.call("explain", self.good, "pv/pv-a", "--at", "2s").stdout, r"state +Available")
        self.assertIn("default/data", self.call("explain", self.good, "pvc/dat", code=2).stderr)
        self.assertIn("unknown kind", self.call("explain", self.good, "pcv/data", code=2).stderr)
        self.assertIn("KIND/NAME", self.call("explain", self.good, "data", code=2).stderr)
        self.call("explain", self.good, "persistentvolumeclaims/default/data")

    def test_version(self):
        out = self.call("version").stdout
        self.assertRegex(out, r"^stowage \d+\.\d+\.\d+\n")
        for minor in (26, 36):
            self.assertIn(f"1.{minor}", out)
        self.assertEqual(out, self.call("--version").stdout)

    def test_help_of_each_command_and_its_examples_work(self):
        self.assertIn("usage: stowage COMMAND", self.call("--help").stdout)
        self.file("claim.yaml", PAIR + EXPECT % "20s")
        self.file("scenarios/catalog/one.yaml", PAIR + EXPECT % "20s")
        ran = 0
        self.file("before.yaml", PAIR + EXPECT % "20s")
        self.file("after.yaml", PAIR + EXPECT % "20s")
        for command in ("run", "test", "diff", "validate", "schema", "explain", "drivers", "version"):
            text = self.call(command, "--help").stdout
            self.assertIn(f"usage: stowage {command}", text)
            for example in re.findall(r"^  stowage (.*)$", text.split("examples:\n")[1], re.M):
                done = subprocess.run(f"{BINARY} {example}", shell=True, cwd=self.root, capture_output=True, text=True)
                fine = (0, 1) if command == "diff" else (0,)
                self.assertIn(done.returncode, fine, example + done.stdout + done.stderr)
                ran += 1
        self.assertGreaterEqual(ran, 8)


if __name__ == "__main__":
    build = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
    BINARY = str(build / "bin/stowage")
    if not os.access(BINARY, os.X_OK):
        print(f"skipped: {BINARY} is absent")
        sys.exit(0)
    unittest.main(argv=sys.argv[:1])
