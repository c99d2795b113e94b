#!/usr/bin/env python3
"""Runs the programs bench_* of a build folder one after another and prints one table of them all.

usage: bench_table.py BUILD [--filter REGEX] [--repetitions N] [--json FILE]

With repetitions the medians are shown. Figures of two machines do not compare; the counters named *ratio* do, being
measured against a peer in the same run.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KNOWN = {
    "name", "run_name", "run_type", "family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads",
    "iterations", "real_time", "cpu_time", "time_unit", "items_per_second", "bytes_per_second", "label", "aggregate_name",
    "aggregate_unit", "error_occurred", "error_message", "skipped", "skip_message", "big_o", "rms", "cpu_coefficient",
    "real_coefficient",
}
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
HEADINGS = ("benchmark", "time", "items/s", "counters")


def cpu_name() -> str:
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found.group(1) if found else os.uname().machine


def amount(value: float) -> str:
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{unit}"
    return f"{value:.3g}"


def duration(nanoseconds: float) -> str:
    for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if nanoseconds >= scale:
            return f"{nanoseconds / scale:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def programs(build: Path) -> list[Path]:
    found = [p for p in build.rglob("bench_*") if p.is_file() and os.access(p, os.X_OK) and "CMakeFiles" not in p.parts]
    return sorted(found, key=lambda p: p.name)


def run(program: Path, options: argparse.Namespace) -> list[dict]:
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [str(program), f"--benchmark_out={out.name}", "--benchmark_out_format=json"]
        if options.filter:
            command.append(f"--benchmark_filter={options.filter}")
        if options.repetitions > 1:
            command += [f"--benchmark_repetitions={options.repetitions}", "--benchmark_report_aggregates_only=true"]
        print(f"{program.name} ...", file=sys.stderr, flush=True)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        text = Path(out.name).read_text()
    if done.returncode:
        raise RuntimeError(f"{program.name} ended with {done.returncode}:\n{done.stdout}")
    return json.loads(text)["benchmarks"] if text.strip() else []  # a filter that matches nothing writes nothing


def row(entry: dict) -> tuple[str, str, str, str] | None:
    if entry.get("run_type") == "aggregate" and entry.get("aggregate_name") != "median":
        return None
    name = entry.get("run_name", entry["name"])
    if entry.get("error_occurred"):
        return name, "error", "", entry.get("error_message", "")
    counters = [f"{k}={amount(v)}" for k, v in entry.items() if k not in KNOWN and isinstance(v, (int, float))]
    counters.sort(key=lambda c: "ratio" not in c)
    if entry.get("label"):
        counters.append(entry["label"])
    items = amount(entry["items_per_second"]) if "items_per_second" in entry else ""
    return name, duration(entry["real_time"] * NANOSECONDS[entry["time_unit"]]), items, " ".join(counters)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--filter", metavar="REGEX")
    parser.add_argument("--repetitions", type=int, default=1, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all results there")
    options = parser.parse_args()

    entries, failures = [], []
    for program in programs(options.build):
        try:
            entries += run(program, options)
        except RuntimeError as error:
            failures.append(str(error))
    rows = [HEADINGS] + [r for r in map(row, entries) if r]
    widths = [max(len(r[column]) for r in rows) for column in range(3)]
    print(f"{cpu_name()}, {os.cpu_count()} cores; one core each")
    for name, time, items, counters in rows:
        print(f"{name:{widths[0]}}  {time:>{widths[1]}}  {items:>{widths[2]}}  {counters}".rstrip())
    if options.json:
        options.json.write_text(json.dumps({"cpu": cpu_name(), "benchmarks": entries}, indent=1) + "\n")
    for failure in failures or ([] if entries else ["no benchmark ran"]):
        print(failure, file=sys.stderr)
    return 1 if failures or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
