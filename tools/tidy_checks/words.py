"""Words that have no place in a layer, and what stands in for them."""
import re
from typing import Iterator

from .layers import EDGES
from .source import Finding, Source

DETERMINISM = {  # in sim and model, but for their edges
    "random_device": "draw from a named stream of sim's random numbers",
    "rand": "draw from a named stream of sim's random numbers",
    "srand": "seed the run, not the process",
    "mt19937": "draw from a named stream; std's generators are fine, its distributions differ between libraries",
    "getenv": "take it as an option of the run",
    "system_clock": "ask the simulation for its time",
    "steady_clock": "ask the simulation for its time",
    "high_resolution_clock": "ask the simulation for its time",
    "thread": "one simulation is one thread; threads belong to sim/parallel.cpp",
    "jthread": "one simulation is one thread; threads belong to sim/parallel.cpp",
    "async": "start an actor",
}
ONLY_WITH_STD = {"thread", "async"}
ONLY_CALLED = {"rand", "srand", "getenv"}
KUBERNETES = {"pod", "claim", "volume", "node", "kubelet", "kubernetes", "k8s", "pvc", "pv", "csi", "statefulset", "namespace_name"}
WORD_PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*[a-z]*|\d+")
MISSING_HEADERS = {
    "expected": "return Result<T>",
    "print": "write to a std::ostream",
    "generator": "return a vector, or take a visitor",
    "format": "append to a std::string, or use std::to_chars",
}
MISSING_NAMES = {
    "format": "g++ 12 has no std::format; append to a std::string, or use std::to_chars",
    "move_only_function": "g++ 12 has none; use std::function or a template parameter",
    "expected": "g++ 12 has none; return Result<T>",
    "println": "g++ 12 has none; write to a std::ostream",
}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
UNORDERED = {"unordered_map", "unordered_set", "unordered_multimap", "unordered_multiset"}


def check(source: Source, companion: Source | None) -> Iterator[Finding]:
    """The companion of x.cpp is x.hpp, whose members it may iterate."""
    if source.layer in ("sim", "model") and source.path not in EDGES:
        yield from _determinism(source)
    if source.layer == "sim":
        yield from _kubernetes(source)
    if source.layer in ("sim", "model", "scenarios", "reports"):
        yield from _unordered(source, companion)
    yield from _library(source)


def unfinished(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        if hit := UNFINISHED.search(line):
            yield Finding(source.path, number, "unfinished", f"{hit.group(1)} in code",
                          "finish it, or say in the note of the change what is left")


def _determinism(source: Source) -> Iterator[Finding]:
    for index, token in enumerate(source.tokens):
        if token.kind != "word" or token.text not in DETERMINISM:
            continue
        before = source.word(index - 1)
        std = before == "::" and source.word(index - 2) in ("std", "chrono")
        if token.text in ONLY_WITH_STD and not std or before in (".", "->"):
            continue
        if token.text in ONLY_CALLED and source.word(index + 1) != "(":
            continue
        yield source.find(index, "determinism", f"{token.text} in {source.layer}/", DETERMINISM[token.text])


def _kubernetes(source: Source) -> Iterator[Finding]:
    instead = "the kernel does not know Kubernetes; find the general word (actor, task, key, event, entry)"
    for token in (*source.tokens, *source.comments):
        if token.kind not in ("word", "comment", "string"):
            continue
        for part in WORD_PART.findall(token.text):
            word = part.lower()
            if word in KUBERNETES or word.endswith("s") and word[:-1] in KUBERNETES:
                line = source.line_at(token.offset + token.text.index(part))
                yield Finding(source.path, line, "kubernetes-word", f"the word {word} in sim/", instead)
                break


def _library(source: Source) -> Iterator[Finding]:
    for directive in source.directives:
        hit = re.match(r"\s*include\s*<(\w+)>", directive.text)
        if hit and hit.group(1) in MISSING_HEADERS:
            yield Finding(source.path, source.line_at(directive.offset), "library", f"<{hit.group(1)}> is not in g++ 12",
                          MISSING_HEADERS[hit.group(1)])
    for index, token in enumerate(source.tokens):
        if token.text == "namespace" and source.word(index - 1) == "using" and source.word(index + 1) == "std":
            if source.word(index + 2) == ";":
                yield source.find(index, "library", "using namespace std", "write std:: where it is used")
        elif token.text in MISSING_NAMES and source.word(index - 1) == "::" and source.word(index - 2) == "std":
            yield source.find(index, "library", f"std::{token.text}", MISSING_NAMES[token.text])


def _unordered_names(source: Source) -> set[str]:
    """Variables, members and parameters declared in the file with an unordered type, directly or by an alias."""
    types, names = set(UNORDERED), set()
    for index, token in enumerate(source.tokens):
        if token.text not in types or token.kind != "word":
            continue
        if alias := _alias_before(source, index):
            types.add(alias)
        behind = index + 1
        if source.word(behind) == "<":
            behind = source.angle_close(behind) + 1
        while source.word(behind) in ("&", "&&", "*", "const"):
            behind += 1
        if behind and behind < len(source.tokens) and source.tokens[behind].kind == "word" and source.word(behind + 1) != "(":
            names.add(source.word(behind))
    return names


def _alias_before(source: Source, index: int) -> str:
    while source.word(index - 1) in ("::", "std"):
        index -= 1
    return source.word(index - 2) if source.word(index - 1) == "=" and source.word(index - 3) == "using" else ""


def _unordered(source: Source, companion: Source | None) -> Iterator[Finding]:
    names = _unordered_names(source) | (_unordered_names(companion) if companion else set())
    if not names:
        return
    instead = "its order differs between libraries: keep a sorted index, or copy the keys and sort them"
    for index, token in enumerate(source.tokens):
        if token.text == "for" and source.word(index + 1) == "(":
            iterated = _iterated(source, index + 1)
            if iterated in names:
                yield source.find(index, "unordered", f"iterates {iterated}, an unordered container", instead)
        elif token.text in ("begin", "cbegin") and source.word(index - 1) in (".", "->") and source.word(index - 2) in names:
            yield source.find(index, "unordered", f"iterates {source.word(index - 2)}, an unordered container", instead)


def _iterated(source: Source, opened: int) -> str:
    """The last name of the range in `for (auto x : a.b_)`; empty for other loops."""
    index, close = opened + 1, source.match.get(opened, opened)
    while index < close:
        text = source.word(index)
        if text == ";":
            if source.word(close - 1) == ":":
                return ""
        if text == ":":
            return source.word(close - 1)
        index = source.match.get(index, index) + 1 if text in ("(", "[", "{") else index + 1
    return ""
