"""Sizes, names, and what a header owes its reader."""
import re
from pathlib import PurePosixPath
from typing import Iterator

from .source import Finding, Source

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
TOP_LEVEL = {"CMakeLists.txt", "sim", "model", "scenarios", "reports", "tests", "tools", "README.md", "LICENSE"}
EMPTY_NAMES = re.compile(r"(?:.*_)?(?:utils?|common|helpers?|misc)|managers?", re.I)
PROSE_WORDS_MIN = 8


def paths(files: list[str]) -> Iterator[Finding]:
    """What the names of the files say, whatever is in them."""
    told = set()
    for path in files:
        parts = PurePosixPath(path).parts
        if parts[0] not in TOP_LEVEL and not parts[0].startswith(".") and parts[0] not in told:
            told.add(parts[0])
            yield Finding(path, 1, "top-level", f"{parts[0]} stands at the top level",
                          "only layers, tests, tools, CMakeLists.txt, README.md and LICENSE do; move it into one")
        for depth, part in enumerate(parts):
            name = "/".join(parts[: depth + 1])
            if EMPTY_NAMES.fullmatch(part.split(".", 1)[0]) and name not in told:
                told.add(name)
                yield Finding(path, 1, "name", f"{part} is a name that says nothing", "a new file needs a noun: what is in it?")


def check(source: Source) -> Iterator[Finding]:
    if len(source.lines) > FILE_LINES_MAX:
        yield Finding(source.path, FILE_LINES_MAX + 1, "file-length", f"{len(source.lines)} lines in one file",
                      f"split it by noun; the limit is {FILE_LINES_MAX}, 300 is better")
    if not source.is_cpp:
        return
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield Finding(source.path, number, "line-length", f"{len(line)} columns", f"break the line at {COLUMNS_MAX}")
    yield from _functions(source)
    if source.is_header:
        yield from _header(source)


def _functions(source: Source) -> Iterator[Finding]:
    inside_until = -1
    for brace in sorted(source.braces):
        if source.braces[brace] not in ("function", "lambda") or brace < inside_until:
            continue
        end = source.match.get(brace)
        if end is None:
            continue
        inside_until = end
        start = brace
        while start - 1 > source.parent[brace] and not _ends_declaration(source, start - 1):
            start -= 1
        first, last = source.line_of(start), source.line_of(end)
        if last - first + 1 <= FUNCTION_LINES_MAX:
            continue
        finding = Finding(source.path, first, "function-length", f"a function of {last - first + 1} lines",
                          f"branch in the parent, compute in leaves; the limit is {FUNCTION_LINES_MAX}")
        # The comment may stand at the head's end or first in the body as well as above.
        inner = [a for a in source.allowances if a.check == finding.check and a.reason and first <= a.line <= last]
        for allowance in inner:
            allowance.used = True
        if not inner:
            yield finding


def _ends_declaration(source: Source, index: int) -> bool:
    text = source.word(index)
    if text == "}":
        return source.braces.get(source.match.get(index, -1)) != "init"
    return text in (";", "{") or (text == ":" and source.word(index - 1) in ("public", "private", "protected"))


def _header(source: Source) -> Iterator[Finding]:
    if not any(d.text.split() == ["pragma", "once"] for d in source.directives):
        yield Finding(source.path, 1, "header", "no #pragma once", "put it behind the opening comment")
    prose = []
    for line in source.lines:
        stripped = line.strip()
        if stripped.startswith("//"):
            prose.append(stripped.lstrip("/ "))
        elif stripped and stripped != "#pragma once":
            break
    if len(" ".join(prose).split()) < PROSE_WORDS_MIN:
        yield Finding(source.path, 1, "header", "no opening comment",
                      "say in 3 to 8 lines what it is, why it exists and what it leaves out")
