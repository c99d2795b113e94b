"""Who may include whom. The link graph of CMake is the include graph; this says so at the line that breaks it."""
import re
from typing import Iterator

from .source import Finding, Source

CHECK = "layer"
MAY_INCLUDE = {
    "sim": {"sim"},
    "model": {"sim", "model"},
    "scenarios": {"sim", "model", "scenarios"},
    "reports": {"sim", "model", "reports"},
    "tools": {"sim", "model", "scenarios", "reports", "tools"},
    "tests": {"sim", "model", "scenarios", "reports", "tools", "tests"},
}
EDGES = {"sim/asio_bridge.cpp", "sim/parallel.cpp"}  # where threads, the wall clock and Asio are at home
HEAVY = ("nlohmann/", "yaml-cpp/", "boost/")
INCLUDE = re.compile(r'\s*include\s*([<"])([^>"]+)[>"]')


def check(source: Source) -> Iterator[Finding]:
    for directive in source.directives:
        hit = INCLUDE.match(directive.text)
        if not hit:
            continue
        line = source.line_at(directive.offset)
        quoted, path = hit.group(1) == '"', hit.group(2)
        fault = _project(source, path) if quoted else _library(source, path)
        if fault:
            yield Finding(source.path, line, CHECK, fault[0], fault[1])


def _project(source: Source, path: str) -> tuple[str, str] | None:
    known = MAY_INCLUDE.get(source.layer)
    if known is None:
        return None
    folder = path.split("/", 1)[0] if "/" in path else ""
    if folder not in MAY_INCLUDE:
        return (f'"{path}" is not written from the root', 'write "folder/file.hpp"; third-party headers in <>')
    if folder not in known:
        return (f"{source.layer}/ includes {folder}/", f"{source.layer}/ knows only {', '.join(sorted(known))}; "
                "move the code up a layer, or pass the value in")
    return None


def _library(source: Source, path: str) -> tuple[str, str] | None:
    if path.startswith("boost/asio") and source.path in EDGES:
        return None
    if not path.startswith(HEAVY):
        return None
    library = path.split("/", 1)[0]
    if source.layer in ("sim", "model"):
        return (f"{source.layer}/ includes {library}", "sim and model stand on std alone; "
                "parse in scenarios, print in reports, and keep Asio in " + " and ".join(sorted(EDGES)))
    if source.is_header and path != "nlohmann/json_fwd.hpp":
        return (f"<{path}> in a header", "include it in the .cpp; a header may take <nlohmann/json_fwd.hpp>")
    return None
