"""The text of a scenario file: block style near the root, one line for what lies deeper."""
import json
import re

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z|[0-9]+(?:\.[0-9]+)?(?:ms|us|s|m|h|Gi|Mi|Ti)\Z")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def scalar(value: object) -> str:
    if isinstance(value, str):
        return value if PLAIN.match(value) and value.lower() not in WORDS else json.dumps(value)
    return json.dumps(value)


def flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def block(value: object, depth: int, indent: str = "") -> str:
    """`depth` levels of maps in block style; a list has an item a line."""
    lines = []
    if isinstance(value, dict) and value and depth > 0:
        for key, inner in value.items():
            if isinstance(inner, dict) and inner and depth > 1:
                lines.append(f"{indent}{scalar(key)}:\n" + block(inner, depth - 1, indent + "  "))
            elif isinstance(inner, list) and inner and depth > 1:
                lines.append(f"{indent}{scalar(key)}:\n" + "".join(f"{indent}- {flow(i)}\n" for i in inner))
            else:
                lines.append(f"{indent}{scalar(key)}: {flow(inner)}\n")
        return "".join(lines)
    return f"{indent}{flow(value)}\n"


def time(ms: int) -> str:
    return f"{ms // 1000}s" if ms % 1000 == 0 else f"{ms}ms"
