#!/usr/bin/env python3
"""Runs the tests of a build folder and sums what they count.

usage: run_tests.py [--programs] BUILD [NAME...]

The tests are: every program that ctest knows; `run` and `*_test.sh|py` in the folders of tests/, called with BUILD; the
Python tests `test_*.py` there; tools/tidy.py. A test counts itself, by doctest's summary, unittest's, or lines of its own
`N passed, N failed[, N skipped]`; one that counts nothing is one check, passed if it exits with 0. A line
`skipped: X is absent` is one skipped check. A test that ends badly without having counted a failure is one failure.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS_MAX = 1800
OUTPUT_LINES_MAX = 120

DOCTEST = re.compile(r"^\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped", re.M)
OWN = re.compile(r"^(?:.*: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\n(OK|FAILED)(?: \((.*)\))?$", re.M)
ABSENT = re.compile(r"^\s*skipped: .* is absent", re.M)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Test:
    name: str
    command: list[str]
    folder: str = str(ROOT)
    environment: dict[str, str] = field(default_factory=dict)
    seconds_max: float = SECONDS_MAX


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def count_of(output: str, code: int) -> Count:
    """What a test's output and exit code say."""
    output = COLOUR.sub("", output).replace("\r\n", "\n")
    count = Count(skipped=len(ABSENT.findall(output)))
    counted = count.skipped > 0
    for hit in [*DOCTEST.finditer(output), *OWN.finditer(output)]:
        count += Count(*(int(n or 0) for n in hit.groups()))
        counted = True
    for hit in UNITTEST.finditer(output):
        count += _unittest_count(int(hit.group(1)), hit.group(3) or "")
        counted = True
    if code and not count.failed:
        count.failed += 1
    elif not counted and not code:
        count.passed += 1
    return count


def _unittest_count(ran: int, remarks: str) -> Count:
    said = {word: int(n) for word, n in re.findall(r"(\w+)=(\d+)", remarks)}
    # One test may fail in several subtests, so failures can outnumber tests.
    failed = said.get("failures", 0) + said.get("errors", 0) + said.get("successes", 0)
    skipped = said.get("skipped", 0)
    return Count(max(0, ran - failed - skipped), failed, skipped)


def ctest_tests(build: Path) -> list[Test]:
    listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, capture_output=True, text=True, check=True)
    tests = []
    for entry in json.loads(listed.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        environment = dict(item.split("=", 1) for item in properties.get("ENVIRONMENT", []))
        tests.append(Test(entry["name"], entry.get("command", ["false"]), properties.get("WORKING_DIRECTORY", str(build)),
                          environment, float(properties.get("TIMEOUT", SECONDS_MAX))))
    return tests


def script_tests(build: Path) -> list[Test]:
    tests = []
    for folder in sorted(p for p in (ROOT / "tests").iterdir() if p.is_dir()):
        for path in sorted([folder / "run", *folder.glob("*_test.sh"), *folder.glob("*_test.py")]):
            if path.is_file():
                name = folder.name if path.name == "run" else f"{folder.name}/{path.stem}"
                tests.append(Test(name, _how_to_call(path) + [str(build)]))
        if any(folder.glob("test_*.py")):
            tests.append(Test(f"{folder.name}/unittest", [sys.executable, "-B", "-m", "unittest", "discover", "-s", str(folder)]))
    tests.append(Test("tidy", [sys.executable, str(ROOT / "tools/tidy.py")]))
    return tests


def _how_to_call(path: Path) -> list[str]:
    if os.access(path, os.X_OK):
        return [str(path)]
    return [sys.executable if path.suffix == ".py" else "sh", str(path)]


def run(test: Test, build: Path) -> tuple[Count, str, float]:
    began = time.monotonic()
    environment = {"UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1", **os.environ, **test.environment,
                   "STOWAGE": str(build / "bin/stowage"), "STOWAGE_BUILD": str(build)}
    try:
        done = subprocess.run(test.command, cwd=test.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=test.seconds_max)
        output, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode(errors="replace") + f"\nno end after {test.seconds_max:.0f} s\n", 1
    except OSError as error:
        output, code = f"cannot be started: {error}\n", 1
    if code < 0:
        output += f"\nended by signal {-code}\n"
    return count_of(output, code), output, time.monotonic() - began


def report(test: Test, count: Count, output: str, seconds: float) -> None:
    print(f"{'FAIL' if count.failed else 'ok':4}  {test.name:28} {str(count):44} {seconds:6.1f} s", flush=True)
    if count.failed:
        lines = output.rstrip().split("\n")
        if len(lines) > OUTPUT_LINES_MAX:
            print(f"      ... {len(lines) - OUTPUT_LINES_MAX} lines left out ...")
        for line in lines[-OUTPUT_LINES_MAX:]:
            print("      " + line)
        print("      command: " + " ".join(test.command), flush=True)
    for line in ABSENT.finditer(output):
        print("      " + line.group(0).strip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--programs", action="store_true", help="only the compiled tests")
    parser.add_argument("build", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    build = options.build.resolve()
    tests = ctest_tests(build) + ([] if options.programs else script_tests(build))
    tests = [t for t in tests if not options.names or any(name in t.name for name in options.names)]

    total = Count()
    with ThreadPoolExecutor(int(os.environ.get("JOBS", 0)) or os.cpu_count()) as pool:
        for test, (count, output, seconds) in zip(tests, pool.map(lambda t: run(t, build), tests)):
            report(test, count, output, seconds)
            total += count
    if not total.passed:
        print("nothing was tested")
        total.failed = total.failed or 1
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
