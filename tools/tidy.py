#!/usr/bin/env python3
"""Checks what a compiler does not: layers, words, coroutine shapes, sizes and names.

usage: tidy.py [--root DIR] [FILE...]

Prints `file:line: what: what to do instead` for each fault and exits 1 if there is one. An exception is written at the
line as `// tidy: allow CHECK (reason)`, or for a file as `// tidy: allow-file CHECK (reason)`; CHECK is one of layer,
determinism, kubernetes-word, unordered, library, await, function-length, line-length, file-length, header, unfinished.
"""
import argparse
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Iterator

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from tidy_checks import awaits, layers, shape, words  # noqa: E402
from tidy_checks.source import Finding, Source, allowance_findings, allowed  # noqa: E402

CODE = (".cpp", ".hpp", ".py", ".sh", ".cmake", "CMakeLists.txt")


def findings_of(source: Source, companion: Source | None = None) -> list[Finding]:
    """All findings about one file that no comment in it allows."""
    found = [f for f in _all_findings(source, companion) if not allowed(source, f)]
    found += allowance_findings(source)
    return sorted(found, key=lambda f: f.line)


def _all_findings(source: Source, companion: Source | None) -> Iterator[Finding]:
    yield from shape.check(source)
    yield from words.unfinished(source)
    if source.is_cpp:
        yield from layers.check(source)
        yield from words.check(source, companion)
        yield from awaits.check(source)


def tracked_files(root: Path) -> list[str]:
    """The files of the project: what git tracks or would track; without git, everything but build/ and dot files."""
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                                capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [p.relative_to(root).as_posix() for p in root.rglob("*")]
        listed = [p for p in listed if not p.startswith(("build/", "."))]
    return sorted(p for p in set(listed) if p and (root / p).is_file())


def is_code(root: Path, path: str) -> bool:
    if path.endswith(CODE):
        return True
    if not path.startswith(("tools/", ".ci/", "tests/")) or "." in path.rsplit("/", 1)[-1]:
        return False
    with open(root / path, "rb") as file:
        return file.read(2) == b"#!"


def read(root: Path, path: str) -> Source:
    return Source(path, (root / path).read_text(encoding="utf-8", errors="replace"))


def check_file(job: tuple[Path, str]) -> list[Finding]:
    root, path = job
    companion = path[:-4] + ".hpp"
    with_companion = path.endswith(".cpp") and (root / companion).is_file()
    return findings_of(read(root, path), read(root, companion) if with_companion else None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("files", nargs="*", help="paths from the root; default: every file of the project")
    options = parser.parse_args()
    files = options.files or tracked_files(options.root)
    found = list(shape.paths(files))
    jobs = [(options.root, path) for path in files if is_code(options.root, path)]
    with ProcessPoolExecutor() as pool:
        for result in pool.map(check_file, jobs, chunksize=8):
            found += result
    for finding in found:
        print(finding)
    print(f"tidy: {len(files)} files, {len(found)} faults", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
