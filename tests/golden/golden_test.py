#!/usr/bin/env python3
"""Holds what `stowage run` prints for each scenario of the catalog against the transcript beside it (NAME.txt).

usage: golden_test.py [--rewrite] BUILD [NAME...]

A transcript that differs is printed as a diff. --rewrite renews the transcripts (and makes missing ones) instead; the change is
then explained in the commit. A scenario without a transcript is a failure, so that none is forgotten. Where the binary is
absent the test is skipped. NAME runs only the scenarios whose path holds it.
"""
import argparse
import difflib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOG = ROOT / "scenarios/catalog"
DIFF_LINES_MAX = 60


def is_scenario(path: Path) -> bool:
    return any(line.startswith("kind: Scenario") for line in path.read_text(encoding="utf-8").splitlines())


def transcript(binary: Path, scenario: Path) -> str:
    """What a user sees, called from the root, and the exit code behind it."""
    # A long run that says of itself `transcript: findings` is held without its time line.
    brief = ["--no-timeline"] if "transcript: findings" in scenario.read_text(encoding="utf-8") else []
    done = subprocess.run([str(binary), "run", str(scenario.relative_to(ROOT)), "--color", "never", *brief], cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    output = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    return output + (f"exit code {done.returncode}\n" if done.returncode else "")


def difference(golden: Path, actual: str) -> list[str]:
    """Lines of a diff; none where both are equal."""
    if not golden.exists():
        return [f"{golden.relative_to(ROOT)} is missing: renew with tests/golden/golden_test.py --rewrite BUILD"]
    expected = golden.read_text(encoding="utf-8")
    lines = list(difflib.unified_diff(expected.splitlines(), actual.splitlines(), "expected", "printed", lineterm="", n=2))
    if not lines and expected != actual:
        lines = ["they differ in the last newline"]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("build", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    binary = options.build.resolve() / "bin/stowage"
    if not os.access(binary, os.X_OK):
        print(f"skipped: {binary} is absent")
        return 0
    scenarios = [p for p in sorted(CATALOG.rglob("*.yaml")) if is_scenario(p)]
    scenarios = [p for p in scenarios if not options.names or any(n in str(p) for n in options.names)]
    if not scenarios:
        print("no scenario was found\n0 passed, 1 failed")
        return 1
    passed = failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for scenario, actual in zip(scenarios, pool.map(lambda p: transcript(binary, p), scenarios)):
            golden = scenario.with_suffix(".txt")
            lines = difference(golden, actual)
            if options.rewrite and lines:
                golden.write_text(actual, encoding="utf-8")
                print(f"renewed {golden.relative_to(ROOT)}")
            elif lines:
                failed += 1
                print(f"FAILED: {scenario.relative_to(ROOT)}")
                print("\n".join("    " + line for line in lines[:DIFF_LINES_MAX]))
                continue
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
